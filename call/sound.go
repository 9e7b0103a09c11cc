package call

import (
	"time"

	"hotline"
)

func (m *Machine) mediaUp(now time.Time, l *leg) {
	l.heard = true
	l.silent = time.Time{}
	if t := m.talk; t != nil && t.leg == l && t.mixed {
		m.answered(now, false)
		m.notAway(t)
	}
}

// mediaLost records the silence and sets when the leg is given up: a leg that was never heard sooner than one that was.
func (m *Machine) mediaLost(now time.Time, l *leg, silence time.Duration) {
	if l.state != legUp || m.phase == phaseKept || m.phase == phaseWatch || m.talk != nil && m.talk.held && m.talk.leg == l {
		return // a phone that holds sends nothing, and may; so does a party of others' call
	}
	m.record(now, l.event(hotline.MediaWentSilent{MS: silence.Milliseconds()}))
	limit := m.limits.Silence
	if !l.heard {
		limit = m.limits.Mute
	}
	l.silent = now.Add(max(0, limit-silence))
	m.goneAway(now, l)
	if l == m.first {
		m.messageOver(now, now.Add(-silence)) // it may end the call
	}
}

package call

import (
	"time"

	"hotline"
)

// comesBack takes a call of an agent's phone in the place of the agent's own leg (RFC 3891 §3): a phone in a page that was loaded
// anew in the middle of a call. It says whether it is one. The old leg stays what it is until the new one is up.
func (m *Machine) comesBack(now time.Time, l *leg, replaces hotline.LegID) bool {
	s := m.seatOf(l.agent)
	if s.leg == nil || s.leg.id != replaces || s.leg.state != legUp || s.kind != seatMain && s.kind != seatGuest {
		return false
	}
	l.back = s.leg
	l.queue, l.muted, l.mutedAt, l.mutedBy = s.leg.queue, s.leg.muted, s.leg.mutedAt, s.leg.mutedBy
	l.deadline = now.Add(m.limits.Answer)
	m.act(hotline.Answer{Leg: l.id})
	return true
}

// isBack puts the new leg in the old one's place. Nothing changes for the shard: the agent is in the call as before.
func (m *Machine) isBack(now time.Time, l *leg) {
	old, t := l.back, m.talk
	l.back = nil
	if old.state != legUp || m.phase >= phaseClosing {
		m.hangup(now, l, hotline.CauseNotFound)
		return
	}
	m.guestOf(func(g *guest) bool {
		if g.leg == old {
			g.leg = l
		}
		return false
	})
	if c := m.consult; c != nil && c.line == old {
		c.line = l
	}
	if tr := m.transfer; tr != nil && tr.asker == old {
		tr.asker = nil // what was asked for goes on; the phone that asked is not there any more
	}
	own := t != nil && t.leg == old
	if own {
		t.leg = l
		m.notAway(t)
	}
	if own && t.held && old.holds {
		m.hold(now, false)
	} else {
		m.mixed()
	}
	m.hangup(now, old, hotline.CauseElsewhere)
}

// goneAway lets the customer hear music while nothing comes from its agent's phone that was heard before: a page that is loaded
// anew, a network that is lost for a while. The agent keeps the call until the silence is too long.
func (m *Machine) goneAway(now time.Time, l *leg) {
	t := m.talk
	alone := m.phase == phaseTalk && t != nil && t.leg == l && t.mixed && !t.held && m.transfer == nil && m.consult == nil
	if !alone || !l.heard || !l.silent.After(now) || m.first.state != legUp || m.first.play != "" || m.own.colleague() {
		return
	}
	t.away = true
	m.play(now, m.first, forWaiting, m.limits.LastWords, "hold")
}

// notAway ends that music.
func (m *Machine) notAway(t *talk) {
	if !t.away {
		return
	}
	t.away = false
	if !t.held && m.transfer == nil && (m.first.purpose == forWaiting || m.first.purpose == forMusic) {
		m.hush(m.first)
	}
}

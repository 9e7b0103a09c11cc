package call

import (
	"fmt"
	"time"

	"hotline"
	"hotline/ivr"
)

// play plays prompts to a leg once; what they are for decides what follows, at the latest after limit.
func (m *Machine) play(now time.Time, l *leg, p purpose, limit time.Duration, prompts ...string) {
	m.startPlay(l, p, false, prompts)
	l.playBy = now.Add(limit)
}

// music plays the queue's music to the caller until something else does.
func (m *Machine) music(queue hotline.QueueID) {
	name := m.plan.Queues[queue].Music
	if name == "" {
		name = "music"
	}
	m.startPlay(m.first, forMusic, true, []string{name})
}

func (m *Machine) startPlay(l *leg, p purpose, loop bool, prompts []string) {
	m.plays++
	l.play = hotline.PlayID(fmt.Sprintf("%s.p%d", m.call, m.plays))
	l.purpose, l.playBy, l.soothed = p, time.Time{}, ""
	m.act(hotline.Play{Leg: l.id, Play: l.play, Prompts: prompts, Lang: m.lang, Loop: loop})
}

// hush stops what plays to a leg.
func (m *Machine) hush(l *leg) {
	if l.play == "" {
		return
	}
	m.act(hotline.Stop{Leg: l.id, Play: l.play})
	l.play, l.playBy, l.soothed = "", time.Time{}, ""
}

// playEnded goes on after a play. The end of an older play, which another replaced, is none.
func (m *Machine) playEnded(now time.Time, l *leg, id hotline.PlayID) {
	if id == "" || id != l.play {
		return
	}
	l.play, l.playBy = "", time.Time{}
	switch l.purpose {
	case forFlow:
		if m.session != nil {
			m.flow(now, m.session.Step(now, ivr.Played{}))
		}
	case forWaiting:
		switch {
		case m.phase == phaseQueue:
			if !passed(now, m.choiceDue()) { // which follows in this step
				m.music(m.visit.queue)
			}
		case m.phase == phaseTalk && (m.talk.held || m.talk.away):
			m.music(m.talk.queue)
		}
	case forNumber:
		m.join(now)
	case forTransfer:
		if m.transfer != nil && m.transfer.pending {
			m.setOff(now)
		}
	case forMessage:
		m.beeped(now)
	case forFarewell:
		m.end(now, m.cause, "")
	}
}

package call

import (
	"time"

	"hotline"
)

// An agent who presses hold in a conference leaves it for a while: nobody hears it, it hears nobody, and the others speak on without
// music. It does not matter whether it was the page's key or the phone's, and what the phone plays meanwhile is heard by nobody.

// out says whether the leg is out of its conference, by its phone's hold key or by command.
func (l *leg) out() bool { return l.holds || l.stepped }

// conferee says whether the leg is that of an agent who takes part in a conference.
func (m *Machine) conferee(l *leg) bool {
	if l == nil || l.agent == "" || l.state != legUp || m.phase != phaseTalk && m.phase != phaseAfter || !m.confers() {
		return false
	}
	if m.talk.leg == l {
		return true
	}
	for _, g := range m.members {
		if g.leg == l {
			return true
		}
	}
	return false
}

// mayStep says why an agent in a conference cannot leave it for a while, or come back.
func (m *Machine) mayStep(s seat, v hotline.Verb, state string, not error) error {
	switch {
	case v == hotline.VerbHold && state == hotline.StateConference:
		return nil
	case v == hotline.VerbUnhold && s.leg.holds && (state == hotline.StateHeld || state == hotline.StateAfter):
		return heldByPhone()
	case v == hotline.VerbUnhold && s.leg.stepped && (state == hotline.StateHeld || state == hotline.StateAfter):
		return nil
	}
	return not
}

func heldByPhone() error { return refuse("the phone itself holds the call: take it back there") }

// stepOut takes the agent out of its conference, or back into it.
func (m *Machine) stepOut(l *leg, on bool) {
	l.stepped = on
	m.mixed()
}

// stepped follows at the end of a step who has left its conference for a while and who is back, whatever was the cause of it.
func (m *Machine) stepped(now time.Time) {
	for _, l := range m.legs {
		in := m.conferee(l)
		l.stepped = l.stepped && in
		away := in && l.out()
		if away == !l.outSince.IsZero() {
			continue
		}
		f := hotline.Held{On: away, Away: true}
		if away {
			l.outSince = now
		} else {
			f.MS = now.Sub(l.outSince).Milliseconds()
			l.outSince = time.Time{}
		}
		m.record(now, l.event(f))
		switch {
		case !in:
		case l == m.talk.leg:
			m.busyWith()
		default:
			m.guestBusy(l, away)
		}
	}
}

// guestBusy tells the shard what an agent does who was brought into the conference.
func (m *Machine) guestBusy(l *leg, away bool) {
	state := hotline.AgentConfer
	if away {
		state = hotline.AgentHeld
	}
	if g := m.guestAt(l); g != nil && g.asked && g.given {
		m.ask(hotline.SetTalk{Agent: l.agent, Call: m.call, State: state})
	}
}

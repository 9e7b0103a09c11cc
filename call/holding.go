package call

import (
	"time"

	"hotline"
)

// holdAsked follows the hold key of any of the call's phones. Whoever is put on hold hears music, whoever does it; those of a
// conference speak on without who holds it.
func (m *Machine) holdAsked(now time.Time, l *leg, on bool) {
	if l.state != legUp || l.holds == on {
		return
	}
	l.holds = on
	l.stepped = l.stepped && on // who takes it back by its phone is back
	switch t, c := m.talk, m.consult; {
	case t != nil && t.own && m.phase != phaseTalk && m.phase != phaseAfter: // its talk has not begun, or is over
	case c != nil && l == c.line && !c.away:
		m.holdLine(now)
	case c != nil && l == c.leg:
		if c.up && !c.away {
			m.soothe(c.line, on)
		}
	case m.confers() && (l != m.first || m.phase != phaseTalk):
		m.mixed()
	case t != nil && l == t.leg:
		m.hold(now, on)
	case m.phase == phaseTalk && l == m.first:
		m.customerHolds(now, on)
	case m.phase == phaseOutside && m.outside.joined && l == m.outside.leg:
		m.soothe(m.first, on)
	case m.phase == phaseOutside && m.outside.joined && l == m.first:
		m.soothe(m.outside.leg, on)
	}
}

// soothe plays music to whom the other side of its talk holds, and ends it.
func (m *Machine) soothe(l *leg, on bool) {
	switch {
	case l.state != legUp:
	case on:
		m.startPlay(l, forMusic, true, []string{"hold"})
	default:
		m.hush(l)
	}
}

// customerHolds lets the agent hear that the customer holds it: the handling goes on, and the customer is heard again as soon
// as it is back.
func (m *Machine) customerHolds(now time.Time, on bool) {
	t := m.talk
	f := hotline.Held{On: on, By: hotline.RoleCustomer}
	if on {
		m.heldSince = now
	} else {
		f.MS = now.Sub(m.heldSince).Milliseconds()
	}
	m.record(now, hotline.Event{Leg: m.first.id, Agent: t.agent, Queue: t.queue, Fact: f})
	switch {
	case m.confers():
		m.mixed()
	case t.mixed && !t.held && m.transfer == nil:
		m.soothe(t.leg, on)
	}
}

package call

import (
	"time"

	"hotline"
)

// dial rings a phone, and keeps how: it may be asked to pick up by itself later.
func (m *Machine) dial(l *leg, d hotline.Dial) {
	l.dialled = &d
	m.act(d)
}

// mayAnswer says why the phone that rings cannot be asked to pick up by itself. There is no word for that to a phone which rings
// already: it is rung anew, once.
func (m *Machine) mayAnswer(s seat) error {
	switch {
	case s.leg == nil || s.leg.state != legNew && !s.leg.anew:
		return refuse("no phone of agent %s rings for this call", s.agent)
	case s.leg.dialled == nil || s.leg.dialled.Agent == "":
		return refuse("the phone of agent %s cannot be made to pick up from here: pick it up", s.agent)
	}
	return nil
}

// pickUp rings the phone anew and asks it to pick up by itself (RFC 5373's Answer-Mode is known to few: Call-Info is).
func (m *Machine) pickUp(now time.Time, s seat) {
	if s.leg.anew || s.leg.dialled.AutoAnswer {
		return
	}
	s.leg.anew = true
	m.hangup(now, s.leg, hotline.CauseElsewhere) // not "missed"
}

// ringAnew rings a phone again whose ringing was ended for that, if it is still wanted. A phone with one line would call itself busy
// before.
func (m *Machine) ringAnew(now time.Time, was *leg) bool {
	was.anew = false
	o, g := m.offerOf(was), m.guestAt(was)
	if m.phase >= phaseEnding || o == nil && g == nil {
		return false
	}
	m.dialled++
	d := *was.dialled
	l := &leg{id: m.call.Sub(m.dialled), role: was.role, agent: was.agent, queue: was.queue, rang: was.rang, confirm: was.confirm}
	l.deadline = now.Add(d.Timeout + m.limits.Accept)
	f := hotline.LegStarted{Role: l.role, To: string(l.agent)}
	if o != nil {
		o.leg, f.Offer = l, o.id
	} else {
		g.leg = l
	}
	m.legs = append(m.legs, l)
	m.record(now, l.event(f))
	d.Leg, d.AutoAnswer = l.id, true
	m.dial(l, d)
	return true
}

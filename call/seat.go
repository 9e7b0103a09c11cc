package call

import (
	"slices"

	"hotline"
)

// seatKind is how an agent takes part in a call.
type seatKind int

const (
	seatNone    seatKind = iota
	seatOffered          // its phone rings for the customer
	seatMain             // the customer is its own
	seatGuest            // it was brought in by who has the customer
	seatOwn              // it has called itself, and is not answered yet or speaks with an emergency
	seatCalled           // a colleague has called it
)

// seat is an agent's place in the call.
type seat struct {
	kind  seatKind
	agent hotline.AgentID
	leg   *leg   // by which it speaks; nil: none yet
	guest *guest // of seatGuest
	offer *offer // of seatOffered
}

// seatOf is the agent's place in the call.
func (m *Machine) seatOf(agent hotline.AgentID) seat {
	s := seat{agent: agent}
	if agent == "" || m.phase >= phaseEnding || m.phase == phaseNew {
		return s
	}
	if t := m.talk; t != nil && t.agent == agent && !t.released {
		s.kind, s.leg = seatMain, t.leg
		if t.own && m.phase != phaseTalk && m.phase != phaseAfter {
			s.kind = seatOwn
		}
		if c := m.consult; c != nil && c.up && c.line.state == legUp && !c.line.holds {
			s.leg = c.line
		}
		return s
	}
	if g := m.guestOf(func(g *guest) bool { return g.kind == hotline.TargetAgent && g.agent == agent }); g != nil {
		s.kind, s.leg, s.guest = seatGuest, g.leg, g
		return s
	}
	if i := slices.IndexFunc(m.offers, func(o *offer) bool { return o.agent == agent && o.rings() }); i >= 0 {
		s.kind, s.offer, s.leg = seatOffered, m.offers[i], m.offers[i].leg
		return s
	}
	switch {
	case m.phase == phaseOutside && m.outside.own && m.first.agent == agent:
		s.kind, s.leg = seatOwn, m.first
	case m.own != nil && m.own.kept && m.first.agent == agent:
		s.kind, s.leg = seatCalled, m.first
	}
	return s
}

// rings says whether the offered phone rings, or is about to again.
func (o *offer) rings() bool { return o.leg.state < legEnding || o.leg.anew }

// shown is the customer as an agent's phone may show it.
func (m *Machine) shown(p hotline.Party) hotline.Party {
	if m.plan.NumbersHidden && !m.own.colleague() {
		return p.Unnumbered()
	}
	return p
}

// seated adds the agents who take part in the call to the list.
func (m *Machine) seated(list []hotline.AgentID) []hotline.AgentID {
	if m.phase >= phaseEnding {
		return list
	}
	if t := m.talk; t != nil && !t.released {
		list = append(list, t.agent)
	}
	m.guestOf(func(g *guest) bool {
		if g.kind == hotline.TargetAgent {
			list = append(list, g.agent)
		}
		return false
	})
	for _, o := range m.offers {
		if o.rings() {
			list = append(list, o.agent)
		}
	}
	if m.phase == phaseOutside && m.outside.own {
		list = append(list, m.first.agent)
	}
	if m.own != nil && m.own.kept {
		list = append(list, m.first.agent)
	}
	return list
}

// stateAt is the call's state as who sits there has it.
func (m *Machine) stateAt(s seat) string {
	switch s.kind {
	case seatOffered:
		return hotline.StateRinging
	case seatOwn:
		return hotline.StateOutbound
	case seatCalled:
		if m.phase == phaseDialling {
			return hotline.StateRinging
		}
		return hotline.StateTalking
	case seatGuest:
		switch {
		case s.leg == nil || s.leg.state != legUp:
			return hotline.StateRinging
		case m.phase == phaseAfter:
			return hotline.StateAfter
		case m.consult != nil && s.guest == &m.consult.guest:
			return hotline.StateConsulting
		case s.leg.out():
			return hotline.StateHeld
		}
		return hotline.StateConference
	case seatMain:
		switch t := m.talk; {
		case m.phase == phaseAfter:
			return hotline.StateAfter
		case m.transfer != nil:
			return hotline.StateTransferring
		case m.consult != nil:
			return hotline.StateConsulting
		case m.confers() && t.leg.out():
			return hotline.StateHeld
		case m.confers():
			return hotline.StateConference
		case t.held:
			return hotline.StateHeld
		case m.phase == phaseTalk && !t.mixed && m.first.state == legNew:
			return hotline.StateRinging
		}
		return hotline.StateTalking
	}
	return hotline.StateOver
}

// State is the call as the agent has it.
func (m *Machine) State(agent hotline.AgentID) hotline.CallState {
	s := m.seatOf(agent)
	st := hotline.CallState{
		Call: m.call, Contact: m.contact, Agent: agent, Direction: hotline.Inbound, State: m.stateAt(s), Since: m.started,
		Parties: []hotline.PartyState{}, Can: []hotline.Verb{},
	}
	if s.kind == seatNone {
		return st
	}
	switch {
	case m.talk != nil:
		st.Queue = m.talk.queue
	case s.leg != nil:
		st.Queue = s.leg.queue
	}
	switch {
	case m.own.colleague():
		st.Direction = hotline.Internal
	case m.born != nil, m.own != nil, m.phase == phaseOutside && m.outside.own:
		st.Direction = hotline.Outbound
	}
	st.Parties = m.parties()
	st.Muted = s.leg != nil && s.leg.muted
	for _, v := range verbs() {
		if m.may(s, v) == nil && m.useful(s, v) {
			st.Can = append(st.Can, v)
		}
	}
	return st
}

// useful says whether what may be asked would change something. Others than the agent itself are muted by who has the conference.
func (m *Machine) useful(s seat, v hotline.Verb) bool {
	others := s.kind == seatMain && m.confers()
	switch v {
	case hotline.VerbMute:
		return others || !s.leg.muted
	case hotline.VerbUnmute:
		return s.leg.muted || others && slices.ContainsFunc(m.legs, func(l *leg) bool { return l.muted && l.state == legUp })
	}
	return true
}

func verbs() []hotline.Verb {
	return []hotline.Verb{
		hotline.VerbAnswer, hotline.VerbHold, hotline.VerbUnhold, hotline.VerbMute, hotline.VerbUnmute, hotline.VerbKeys, hotline.VerbTransfer,
		hotline.VerbConsult, hotline.VerbComplete, hotline.VerbSwap, hotline.VerbConference, hotline.VerbDrop, hotline.VerbHangup,
	}
}

// parties are who takes part in the call, the customer first.
func (m *Machine) parties() []hotline.PartyState {
	var out []hotline.PartyState
	add := func(l *leg, number string, held bool) {
		if l == nil || slices.ContainsFunc(out, func(p hotline.PartyState) bool { return p.Leg == l.id }) {
			return
		}
		p := hotline.PartyState{Leg: l.id, Role: l.role, Agent: l.agent, Number: number, Muted: l.muted}
		switch {
		case l.state >= legEnding:
			p.State = hotline.PartyGone
		case l.state == legNew && (l != m.first || m.phase == phaseCalling || m.phase == phaseDialling):
			p.State = hotline.PartyRinging
		case held:
			p.State = hotline.PartyHeld
		default:
			p.State = hotline.PartyUp
		}
		out = append(out, p)
	}
	t := m.talk
	number := m.from.Number
	if m.first.role != hotline.RoleCustomer {
		number = ""
	}
	c := m.consult
	add(m.first, number, m.phase == phaseTalk && (t.held || m.transfer != nil && !m.confers()))
	if m.first.role == hotline.RoleCustomer {
		out[0].Name = m.from.Name
	}
	if t != nil {
		add(t.leg, "", m.conferee(t.leg) && t.leg.out())
	}
	if c != nil {
		add(c.line, "", false)
	}
	m.guestOf(func(g *guest) bool {
		add(g.leg, g.number, c != nil && g == &c.guest && (c.away || c.line.holds) || m.conferee(g.leg) && g.leg.out())
		return false
	})
	for _, o := range m.offers {
		add(o.leg, "", false)
	}
	if o := m.outside; o != nil && m.phase == phaseOutside {
		add(o.leg, o.to, false)
	}
	return out
}

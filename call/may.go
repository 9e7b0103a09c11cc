package call

import (
	"hotline"
)

// may says why the agent cannot ask that of the call as it stands; nil: it can.
func (m *Machine) may(s seat, v hotline.Verb) error {
	state := m.stateAt(s)
	not := refuse("the call is %s: that is not possible now", state)
	if !m.mayAmong(s, v) {
		return refuse("that is not possible in a call among colleagues")
	}
	switch v {
	case hotline.VerbAnswer:
		return m.mayAnswer(s)
	case hotline.VerbHangup:
		if state == hotline.StateConsulting && s.kind == seatMain {
			return refuse("somebody is being consulted: complete it or drop who is consulted first")
		}
		return nil
	case hotline.VerbMute, hotline.VerbUnmute, hotline.VerbKeys:
		switch {
		case s.leg == nil || s.leg.state != legUp || state == hotline.StateRinging || state == hotline.StateTransferring && !m.confers():
			return not
		case v == hotline.VerbMute && s.leg.muted, v == hotline.VerbUnmute && !s.leg.muted:
			return nil // of others, perhaps
		case v == hotline.VerbKeys && m.partner(s) == nil:
			return not
		}
		return nil
	}
	if (v == hotline.VerbHold || v == hotline.VerbUnhold) && m.conferee(s.leg) {
		return m.mayStep(s, v, state, not)
	}
	if s.kind == seatGuest {
		return refuse("only the customer's agent may do that")
	}
	if s.kind != seatMain || m.phase != phaseTalk || s.leg == nil || m.first.state != legUp || !m.talk.mixed && !m.talk.held {
		if !known(v) {
			return refuse("the verb %q is not known", string(v))
		}
		return not
	}
	return m.mayMain(s, v, state, not)
}

func known(v hotline.Verb) bool {
	for _, k := range verbs() {
		if k == v {
			return true
		}
	}
	return false
}

// mayMain is may for what only the customer's agent does. not is the reason that needs no words of its own.
func (m *Machine) mayMain(s seat, v hotline.Verb, state string, not error) error {
	t, c := m.talk, m.consult
	held := heldByPhone()
	switch v {
	case hotline.VerbHold:
		switch {
		case state != hotline.StateTalking:
			return not
		}
	case hotline.VerbUnhold:
		switch {
		case state != hotline.StateHeld:
			return not
		case t.leg.holds:
			return held
		}
	case hotline.VerbTransfer:
		switch state {
		case hotline.StateTalking, hotline.StateHeld, hotline.StateConsulting, hotline.StateConference:
			return nil
		}
		return not
	case hotline.VerbConsult:
		switch {
		case state != hotline.StateTalking && state != hotline.StateHeld && state != hotline.StateConference:
			return not
		case t.leg.holds:
			return held
		case len(m.members) >= maxParties-2:
			return refuse("%d parties are the most", maxParties)
		}
	case hotline.VerbComplete, hotline.VerbSwap:
		return m.mayTwo(v, state, not)
	case hotline.VerbConference:
		switch {
		case len(m.members) >= maxParties-2:
			return refuse("%d parties are the most", maxParties)
		case state == hotline.StateTalking || state == hotline.StateConference:
		case state != hotline.StateConsulting || !c.up:
			return not
		case c.line.holds:
			return held
		}
	case hotline.VerbDrop:
		switch {
		case state == hotline.StateConsulting, state == hotline.StateConference, len(m.members) > 0:
		case state != hotline.StateTransferring || m.transfer.kind == hotline.TargetQueue && !m.transfer.pending:
			return not
		}
	default:
		return refuse("the verb %q is not known", string(v))
	}
	return nil
}

// mayTwo is may for what needs one who is consulted.
func (m *Machine) mayTwo(v hotline.Verb, state string, not error) error {
	c := m.consult
	switch {
	case state != hotline.StateConsulting:
		return not
	case v == hotline.VerbComplete:
		return nil
	case !c.up:
		return refuse("nobody has picked up yet")
	case !m.shares(c):
		return refuse("the two are on two lines of the phone: change there")
	case c.line.holds:
		return heldByPhone()
	}
	return nil
}

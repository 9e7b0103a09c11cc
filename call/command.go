package call

import (
	"cmp"
	"slices"
	"time"

	"hotline"
)

// maxDone is how many commands a call remembers to have done, so that one which is sent again is not done again.
const maxDone = 64

// Commanded is what a person asks of the call. Output.Denied says why it was not done.
type Commanded struct{ Command hotline.Command }

func (Commanded) input() {}

// commanded does what a person asks, once.
func (m *Machine) commanded(now time.Time, c hotline.Command) {
	if c.ID != "" && slices.Contains(m.done, c.ID) {
		return
	}
	if m.out.Denied = m.command(now, c); m.out.Denied != nil || c.ID == "" {
		return
	}
	if m.done = append(m.done, c.ID); len(m.done) > maxDone {
		m.done = slices.Delete(m.done, 0, 1)
	}
}

func (m *Machine) command(now time.Time, c hotline.Command) error {
	s := m.seatOf(c.Agent)
	state := m.stateAt(s)
	switch {
	case s.kind == seatNone:
		return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "agent %s is not in call %q", Args: []any{c.Agent, m.call}}
	case c.Verb == "":
		return nil
	case c.Expect != "" && c.Expect != state:
		return refuse("the call is %s, not %s", state, c.Expect)
	case m.already(s, c):
		return nil
	}
	if err := m.may(s, c.Verb); err != nil {
		return err
	}
	return m.perform(now, s, c)
}

func refuse(format string, args ...any) error {
	return &hotline.Refusal{Kind: hotline.ErrRefused, Format: format, Args: args}
}

// already says whether what is asked for is so.
func (m *Machine) already(s seat, c hotline.Command) bool {
	t := m.talk
	switch c.Verb {
	case hotline.VerbHold:
		return s.kind == seatMain && m.phase == phaseTalk && m.transfer == nil && m.consult == nil && t.held
	case hotline.VerbUnhold:
		return s.kind == seatMain && m.phase == phaseTalk && m.transfer == nil && m.consult == nil && !t.held
	}
	return false
}

// may says why the agent cannot ask that of the call as it stands; nil: it can.
func (m *Machine) may(s seat, v hotline.Verb) error {
	state := m.stateAt(s)
	not := refuse("the call is %s: that is not possible now", state)
	if !m.mayAmong(s, v) {
		return refuse("that is not possible in a call among colleagues")
	}
	t := m.talk
	switch v {
	case hotline.VerbHold:
		if state != hotline.StateTalking {
			return not
		}
	case hotline.VerbUnhold:
		if state != hotline.StateHeld {
			return not
		}
		if t.leg.holds {
			return refuse("the phone itself holds the call: take it back there")
		}
	case hotline.VerbHangup:
		if state == hotline.StateConsulting && s.kind == seatMain {
			return refuse("somebody is being consulted: complete it or drop who is consulted first")
		}
	default:
		return refuse("the verb %q is not known", string(v))
	}
	return nil
}

// perform does what may be asked.
func (m *Machine) perform(now time.Time, s seat, c hotline.Command) error {
	switch c.Verb {
	case hotline.VerbHold:
		m.hold(now, true)
	case hotline.VerbUnhold:
		m.hold(now, false)
	case hotline.VerbHangup:
		m.putDown(now, s)
	}
	return nil
}

// putDown hangs up for the agent, as if it had put down its phone.
func (m *Machine) putDown(now time.Time, s seat) {
	switch s.kind {
	case seatOffered:
		m.offerGone(now, s.leg, hotline.CauseRejected)
		m.hangup(now, s.leg, hotline.CauseRejected)
	case seatGuest:
		m.guestGone(now, s.guest, hotline.CauseHangup, hotline.RoleAgent)
	case seatMain:
		l := cmp.Or(s.leg, m.talk.leg)
		if m.phase == phaseAfter {
			m.end(now, hotline.CauseHangup, hotline.RoleAgent)
			return
		}
		m.agentGone(now, hotline.CauseHangup, hotline.RoleAgent)
		m.hangup(now, l, hotline.CauseHangup)
	case seatCalled:
		if !m.ownGone(now, hotline.CauseRejected, hotline.RoleAgent) {
			m.end(now, hotline.CauseHangup, hotline.RoleAgent)
			return
		}
		if m.own.dialled {
			m.hangup(now, s.leg, hotline.CauseRejected)
		}
	case seatOwn:
		m.end(now, hotline.CauseHangup, hotline.RoleAgent)
	}
}

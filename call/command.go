package call

import (
	"cmp"
	"slices"
	"strings"
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
	m.doing = c.ID
	if m.done = append(m.done, c.ID); len(m.done) > maxDone {
		m.done = slices.Delete(m.done, 0, 1)
	}
}

// answering keeps the command that the shard's answers are about until something else comes.
func (m *Machine) answering(in Input) {
	switch in.(type) {
	case Ordered, Refused:
	default:
		m.doing = ""
	}
}

// undone says that the shard refused what the command of this step needs: it was not done, and may be asked for again.
func (m *Machine) undone(err error) {
	m.out.Denied = err
	if m.doing != "" {
		m.done = drop(m.done, m.doing)
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
	if (c.Verb == hotline.VerbHold || c.Verb == hotline.VerbUnhold) && m.conferee(s.leg) {
		state := m.stateAt(s)
		return state != hotline.StateTransferring && state != hotline.StateConsulting && s.leg.out() == (c.Verb == hotline.VerbHold)
	}
	talks := s.kind == seatMain && m.phase == phaseTalk && m.transfer == nil && m.consult == nil && !m.confers()
	switch c.Verb {
	case hotline.VerbAnswer:
		return s.leg != nil && s.leg.state == legUp
	case hotline.VerbHold:
		return talks && m.talk.held
	case hotline.VerbUnhold:
		return talks && !m.talk.held
	case hotline.VerbTransfer:
		return s.kind == seatMain && m.transfer != nil && m.transfer.to == c.To
	case hotline.VerbConsult:
		return s.kind == seatMain && m.consult != nil && m.consult.to == c.To
	case hotline.VerbConference:
		return s.kind == seatMain && m.consult == nil && (c.To == "" && m.confers() || m.invited(c.To))
	case hotline.VerbDrop:
		l := m.leg(c.Party)
		return l != nil && l.state >= legEnding
	}
	return false
}

func (m *Machine) invited(to string) bool {
	return to != "" && slices.ContainsFunc(m.members, func(g *guest) bool { return g.to == to })
}

// perform does what may be asked.
func (m *Machine) perform(now time.Time, s seat, c hotline.Command) error {
	switch c.Verb {
	case hotline.VerbAnswer:
		m.pickUp(now, s)
	case hotline.VerbHold, hotline.VerbUnhold:
		if on := c.Verb == hotline.VerbHold; m.conferee(s.leg) {
			m.stepOut(s.leg, on)
		} else {
			m.hold(now, on)
		}
	case hotline.VerbMute, hotline.VerbUnmute:
		return m.mute(now, s, c)
	case hotline.VerbKeys:
		return m.pressKeys(s, c)
	case hotline.VerbTransfer, hotline.VerbConsult:
		return m.sendOrAsk(now, c)
	case hotline.VerbComplete:
		if m.complete(now, nil) != 0 {
			return refuse("who is consulted has just left")
		}
	case hotline.VerbSwap:
		m.swap(now)
	case hotline.VerbConference:
		return m.confer(now, c)
	case hotline.VerbDrop:
		return m.dropParty(now, c)
	case hotline.VerbHangup:
		m.putDown(now, s)
	}
	return nil
}

// partyAt is the leg that a command means: the one named, if it takes part, else other.
func (m *Machine) partyAt(named hotline.LegID, other *leg) (*leg, error) {
	l := other
	if named != "" {
		l = m.leg(named)
	}
	if l == nil || l.state != legUp {
		return nil, refuse("no such party takes part now")
	}
	return l, nil
}

// mute lets nobody hear the agent, or the party that it names, and takes that back.
func (m *Machine) mute(now time.Time, s seat, c hotline.Command) error {
	l, err := m.partyAt(c.Party, s.leg)
	on := c.Verb == hotline.VerbMute
	switch {
	case err != nil:
		return err
	case l != s.leg && s.kind != seatMain:
		return refuse("only the customer's agent mutes others")
	case l == s.leg || !on:
		l.mutedBy = "" // from now on it is its own doing
	case l != s.leg && on && !(m.phase == phaseTalk && m.confers()):
		return refuse("others are muted in a conference only")
	case l != s.leg && on && !l.muted:
		l.mutedBy = s.agent
	}
	if l.muted == on {
		return nil
	}
	l.muted = on
	f := hotline.Muted{On: on, Own: l == s.leg}
	if on {
		l.mutedAt = now
	} else {
		f.MS = now.Sub(l.mutedAt).Milliseconds()
	}
	m.record(now, hotline.Event{Leg: l.id, Agent: s.agent, Queue: l.queue, Fact: f})
	m.mixed()
	return nil
}

// unsilence lets those be heard whom somebody muted that has no conference with them any more: nobody else could.
func (m *Machine) unsilence(now time.Time) {
	for _, l := range m.legs {
		by := l.mutedBy
		if !l.muted || by == "" || l.state != legUp || m.phase >= phaseClosing || m.phase == phaseTalk && m.talk.agent == by && m.confers() {
			continue
		}
		l.muted, l.mutedBy = false, ""
		m.record(now, hotline.Event{Leg: l.id, Agent: by, Queue: l.queue, Fact: hotline.Muted{MS: now.Sub(l.mutedAt).Milliseconds()}})
		if !m.sent.Equal(m.mix()) {
			m.mixed()
		}
	}
}

// pressKeys presses keys towards whom the agent speaks with. They may be the number of a card: they stand nowhere.
func (m *Machine) pressKeys(s seat, c hotline.Command) error {
	if c.Keys == "" || len(c.Keys) > hotline.MaxKeys || strings.Trim(c.Keys, "0123456789*#ABCD") != "" {
		return refuse("keys are 1 to %d of 0-9, *, #, A-D", hotline.MaxKeys)
	}
	l, err := m.partyAt(c.Party, m.partner(s))
	if err != nil {
		return err
	}
	m.presses++
	m.act(hotline.Press{Leg: l.id, Keys: c.Keys, Press: m.presses})
	m.out.Press, m.pressed = m.presses, append(m.pressed, pressed{m.presses, l.id, c.ID})
	return nil
}

// pressed is keys of which the switch has not said yet whether they were taken, and the command that asked for them.
type pressed struct {
	press int
	leg   hotline.LegID
	id    string
}

// keysTaken goes on when the switch has said what came of keys. Those that were not taken may be asked for again.
func (m *Machine) keysTaken(s hotline.Pressed) {
	i := slices.IndexFunc(m.pressed, func(p pressed) bool { return p.press == s.Press })
	if i < 0 {
		return
	}
	if s.Refused {
		m.out.Denied = refuse("the phone takes no keys: neither as events of its sound nor by INFO")
		m.done = drop(m.done, m.pressed[i].id)
	}
	m.pressed = slices.Delete(m.pressed, i, i+1)
}

// partner is whom the agent speaks with.
func (m *Machine) partner(s seat) *leg {
	c := m.consult
	switch {
	case s.kind == seatGuest && c != nil && s.guest == &c.guest:
		return c.line
	case s.kind == seatMain && c != nil && c.up && !c.away:
		return c.leg
	case s.kind == seatOwn && m.outside != nil && m.outside.joined:
		return m.outside.leg
	case m.phase == phaseAfter && s.kind == seatMain && len(m.members) > 0:
		return m.members[0].leg
	case m.phase == phaseAfter && s.kind == seatGuest:
		return m.talk.leg
	case s.kind == seatCalled && m.phase == phaseTalk:
		return m.talk.leg
	case m.phase == phaseTalk:
		return m.first
	}
	return nil
}

// sendOrAsk transfers the customer, or consults somebody about it.
func (m *Machine) sendOrAsk(now time.Time, c hotline.Command) error {
	to, err := m.aimAt(c.To)
	switch {
	case err != nil:
		return err
	case c.Verb == hotline.VerbTransfer && m.confers() && (to.kind == hotline.TargetQueue || to.kind == hotline.TargetFlow):
		return refuse("a conference does not wait in a queue: drop the others first, or transfer it to an agent or a number")
	case c.Verb == hotline.VerbTransfer && m.confers() && c.Announce:
		return refuse("a conference is not told of its transfer: say it yourself")
	case c.Verb == hotline.VerbTransfer:
		if m.blind(now, nil, to, c.Announce) != 0 {
			return refuse("this customer has been in %d queues: it cannot be sent to another", maxVisits)
		}
	case to.kind == hotline.TargetQueue || to.kind == hotline.TargetFlow:
		return refuse("nobody can be asked at %q: transfer the customer there", c.To)
	default:
		m.consult = &consult{line: m.talk.leg, guest: guest{target: to}}
		m.bring(now, &m.consult.guest, m.talk.agent)
	}
	return nil
}

// confer brings whom the agent consults to the customer, or rings somebody who is to join.
func (m *Machine) confer(now time.Time, c hotline.Command) error {
	if c.To == "" && m.consult != nil {
		m.merge(now)
		return nil
	}
	to, err := m.aimAt(c.To)
	switch {
	case err != nil:
		return err
	case m.consult != nil:
		return refuse("somebody is being consulted: complete it or drop who is consulted first")
	case to.kind == hotline.TargetQueue || to.kind == hotline.TargetFlow:
		return refuse("nobody can be asked at %q: transfer the customer there", c.To)
	}
	m.invite(now, to)
	return nil
}

// aimAt finds out what the agent means, or says why nothing can be meant.
func (m *Machine) aimAt(to string) (target, error) {
	if to == "" {
		return target{}, refuse("say to whom: an agent, a queue or a number")
	}
	t, code := m.aim(to, m.talk.agent)
	switch code {
	case 0:
		return t, nil
	case 403:
		return t, refuse("agents may not dial %q", to)
	case 486:
		return t, refuse("agent %s is in this call", to)
	}
	return t, refuse("there is no agent, queue or number %q", to)
}

// dropParty lets a party go: the one named, whom the agent consults, or the one who is brought in; or it calls a transfer off.
func (m *Machine) dropParty(now time.Time, c hotline.Command) error {
	var g *guest
	switch t := m.transfer; {
	case c.Party != "":
		g = m.guestOf(func(g *guest) bool { return g.leg != nil && g.leg.id == c.Party })
	case t != nil:
		g = &t.guest
	case m.consult != nil:
		g = &m.consult.guest
	case len(m.members) == 1:
		g = m.members[0]
	}
	if g == nil {
		return refuse("say which party is to go")
	}
	m.guestGone(now, g, hotline.CauseCancelled, "")
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

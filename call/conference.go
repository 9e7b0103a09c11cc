package call

import (
	"slices"
	"time"

	"hotline"
)

// maxParties is how many parties a conference may have.
const maxParties = 10

// Customer and agent talk in a circle of two; members are who was brought into it besides, or is rung to come in. The agent who
// has the customer has the conference: when it leaves, the first of them who is an agent takes its place.

// invite rings somebody who joins the talk on picking up.
func (m *Machine) invite(now time.Time, to target) {
	g := &guest{target: to}
	m.members = append(m.members, g)
	m.bring(now, g, m.talk.agent)
}

// merge brings whom the agent consults to the customer.
func (m *Machine) merge(now time.Time) {
	t, c := m.talk, m.consult
	m.consult = nil
	m.consulted(now, &c.guest, hotline.ConsultConference)
	m.hush(c.leg)
	t.leg.stepped = false
	if c.line != t.leg { // the agent goes on by the line by which it speaks
		old := t.leg
		t.leg = c.line
		if old.muted && !t.leg.muted { // who is mute on either line stays so
			t.leg.muted, t.leg.mutedAt = true, old.mutedAt
		}
		m.hangup(now, old, hotline.CauseHangup)
	}
	g := &guest{}
	*g = c.guest
	m.members = append(m.members, g)
	m.partyUp(now, g)
}

// partyUp lets a member that has picked up take part.
func (m *Machine) partyUp(now time.Time, g *guest) {
	g.since = now
	g.leg.deadline = time.Time{}
	if m.phase != phaseTalk {
		m.mixed()
		return
	}
	t := m.talk
	m.record(now, hotline.Event{Leg: g.leg.id, Agent: t.agent, Queue: t.queue, Fact: hotline.Conferred{
		Visit: t.visit, Target: g.kind, To: g.to, Parties: m.present(),
	}})
	if t.held {
		m.holdEnds(now)
	}
	if !t.mixed { // its agent was quicker with the hold key: from here on the customer hears somebody
		t.mixed, t.joined = true, now
		m.answered(now, false)
	}
	m.hush(m.first)
	m.mixed()
	if g.kind == hotline.TargetAgent {
		m.ask(hotline.SetTalk{Agent: g.agent, Call: m.call, State: hotline.AgentConfer})
	}
	m.busyWith()
}

// present counts who takes part in the customer's circle.
func (m *Machine) present() int {
	n := 0
	if m.first.state == legUp {
		n++
	}
	if l := m.speaker(); l != nil && l != m.first && l.state == legUp {
		n++
	}
	for _, g := range m.members {
		if g.up() {
			n++
		}
	}
	return n
}

// speaker is the leg of who has the customer: its agent's, or the one outside that it was given to.
func (m *Machine) speaker() *leg {
	switch {
	case m.talk != nil:
		return m.talk.leg
	case m.outside != nil:
		return m.outside.leg
	}
	return nil
}

func (g *guest) up() bool { return g.leg != nil && g.leg.state == legUp }

// confers says whether more than two take part.
func (m *Machine) confers() bool { return slices.ContainsFunc(m.members, (*guest).up) }

// partyLeft goes on without a member: it left, was dropped, or did not come.
func (m *Machine) partyLeft(now time.Time, g *guest, cause hotline.Cause) {
	i := slices.Index(m.members, g)
	if i < 0 {
		return
	}
	m.members = slices.Delete(m.members, i, i+1)
	f := hotline.PartyLeft{Target: g.kind, To: g.to, Cause: cause, Parties: m.present()}
	if !g.since.IsZero() {
		f.MS = now.Sub(g.since).Milliseconds()
	}
	if g.beside {
		m.consulted(now, g, hotline.ConsultEnded)
	} else {
		m.record(now, m.about(g, f))
	}
	switch {
	case m.phase >= phaseEnding:
	case g.since.IsZero():
		m.mixed()
	case m.phase == phaseAfter && !m.confers():
		m.end(now, cause, "")
	case m.phase == phaseTalk:
		m.shrunk(now)
	default:
		m.mixed()
	}
}

// shrunk goes on after a member has left: of a talk of two the agent's hold, or its consult, is the customer's again.
func (m *Machine) shrunk(now time.Time) {
	t := m.talk
	if m.transfer != nil && !m.confers() {
		m.underWay()
		return
	}
	c := m.consult
	aside := c != nil && c.leg != nil && m.shares(c) && !c.away
	if !m.confers() && (t.leg.out() || aside) && !t.held && m.transfer == nil {
		if aside {
			c.held = !t.leg.out()
		}
		m.hold(now, true)
		return
	}
	m.mixed()
	m.busyWith()
}

// about is a fact about a guest, with the ids of the talk.
func (m *Machine) about(g *guest, f hotline.Fact) hotline.Event {
	ev := hotline.Event{Fact: f}
	if g.leg != nil {
		ev.Leg = g.leg.id
	}
	if t := m.talk; t != nil {
		ev.Agent, ev.Queue = t.agent, t.queue
	}
	return ev
}

// heir takes the member out of the list that has the customer when its agent leaves: the first who is an agent, else the first
// outside; nil: there is none. Who is only rung is let go.
func (m *Machine) heir(now time.Time) *guest {
	if !m.confers() {
		return nil
	}
	m.uninvite(now)
	i := max(0, slices.IndexFunc(m.members, func(g *guest) bool { return g.kind == hotline.TargetAgent }))
	g := m.members[i]
	m.members = slices.Delete(m.members, i, i+1)
	g.leg.deadline = time.Time{}
	return g
}

// uninvite lets the members go who have not picked up.
func (m *Machine) uninvite(now time.Time) {
	for _, g := range slices.Clone(m.members) {
		if !g.up() {
			m.dismiss(now, g, hotline.CauseCancelled, "")
			m.partyLeft(now, g, hotline.CauseCancelled)
		}
	}
}

// succeed gives the customer to who is left when its agent leaves the conference. It says whether there is one.
func (m *Machine) succeed(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	if !m.confers() {
		return false
	}
	m.dropConsult(now, hotline.CauseCancelled)
	g, was := m.heir(now), m.talk
	m.transferred(now, &transfer{how: hotline.TransferConference, guest: *g}, hotline.TransferDone)
	if g.kind == hotline.TargetAgent {
		g.asked = false
		m.ask(hotline.Join{Agent: g.agent, Call: m.call, Leg: g.leg.id, Visit: was.visit, Queue: was.queue})
	}
	m.release(now, cause, by)
	m.talk = nil
	m.hangup(now, was.leg, cause)
	if g.kind == hotline.TargetNumber {
		m.goOutside(g)
		return true
	}
	m.takes(now, g, was)
	return true
}

// colleagues says whether an agent takes part besides who has the customer.
func (m *Machine) colleagues() bool {
	return slices.ContainsFunc(m.members, func(g *guest) bool { return g.up() && g.kind == hotline.TargetAgent })
}

// joinsColleague brings a number outside, to which a conference was handed on, to the customer, whom the first colleague in it has now.
func (m *Machine) joinsColleague(now time.Time, number guest, was *talk) {
	h := m.heir(now)
	h.asked, number.since = false, now
	m.members = append(m.members, &number)
	m.ask(hotline.Join{Agent: h.agent, Call: m.call, Leg: h.leg.id, Visit: was.visit, Queue: was.queue})
	m.takes(now, h, was)
}

// goOutside lets customer and number outside go on without an agent.
func (m *Machine) goOutside(g *guest) {
	m.outside = &outside{leg: g.leg, to: g.to, joined: true}
	if g.asked {
		m.outside.colleague = g.agent
	}
	m.phase = phaseOutside
	m.mixed()
}

// takes makes the agent who was brought in the customer's.
func (m *Machine) takes(now time.Time, g *guest, was *talk) {
	m.talk = &talk{
		agent: g.agent, leg: g.leg, first: g.leg.id, visit: was.visit, queue: was.queue, since: was.since, place: was.place, answered: true,
	}
	if g.leg.out() && !m.confers() {
		m.hold(now, true)
		return
	}
	m.join(now)
	if m.confers() {
		m.busyWith()
	}
}

// leftAlone lets the agent speak on with whom it has brought in when the customer has hung up meanwhile. It says whether it does.
func (m *Machine) leftAlone(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	t, c := m.talk, m.consult
	if m.phase != phaseTalk || t.leg == nil || m.transfer != nil && !m.confers() {
		return false
	}
	if x := m.transfer; x != nil { // nobody is to have those who are left
		m.transferred(now, x, string(hotline.CauseCancelled))
		m.transfer = nil
		m.dismiss(now, &x.guest, hotline.CauseCancelled, "")
	}
	with := c != nil && c.up && c.leg.state == legUp && c.line.state == legUp
	if !with && (!m.confers() || t.leg.state != legUp) {
		return false
	}
	m.verdict(cause, by)
	m.phase = phaseAfter
	if t.held {
		m.holdEnds(now)
	}
	if with {
		m.consult = nil
		if c.away {
			m.hush(c.leg)
		}
		if c.line != t.leg {
			m.hangup(now, t.leg, hotline.CauseHangup)
			t.leg = c.line
		}
		g := &guest{}
		*g = c.guest
		g.beside = true
		m.members = append(m.members, g)
	} else {
		m.dropConsult(now, hotline.CauseCancelled)
	}
	m.uninvite(now)
	m.hush(t.leg)
	m.mixed()
	m.stopRecording()
	return true
}

// dropMembers lets all members go when the call ends.
func (m *Machine) dropMembers(now time.Time, cause hotline.Cause, by hotline.Role) {
	for _, g := range slices.Clone(m.members) {
		m.dismiss(now, g, cause, by)
		m.partyLeft(now, g, cause)
	}
}

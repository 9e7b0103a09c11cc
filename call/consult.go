package call

import (
	"time"

	"hotline"
)

// consult is the customer's agent calling somebody else on a second line, to ask or to announce the customer.
type consult struct {
	guest
	line  *leg // the agent's second
	up    bool // the two speak with each other
	alone bool // the customer has left: they speak on by themselves
}

// another takes a call of an agent's that the hub has brought here: it came while the agent is in this one, or it is to take the
// place of one of its legs.
func (m *Machine) another(now time.Time, in hotline.Incoming) {
	switch {
	case m.leg(in.Leg) != nil:
	case in.Agent == "" || m.phase >= phaseEnding: // too late to belong to anything
		m.act(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	default:
		m.secondLine(now, in)
	}
}

// secondLine takes a call of the agent's own that came while it is in this one.
func (m *Machine) secondLine(now time.Time, in hotline.Incoming) {
	l := &leg{id: in.Leg, role: hotline.RoleAgent, agent: in.Agent}
	if m.talk != nil {
		l.queue = m.talk.queue
	}
	m.legs = append(m.legs, l)
	m.record(now, l.event(hotline.LegMoved{From: in.Call}))
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: in.To}))
	if in.Replaces != "" {
		m.takeOver(now, l, in.Replaces)
		return
	}
	t := m.talk
	busy := m.phase != phaseTalk || t == nil || t.agent != in.Agent || t.leg == nil || t.leg.state != legUp ||
		m.transfer != nil || m.consult != nil || t.own && m.own.colleague()
	if busy {
		m.hangup(now, l, hotline.CauseBusy)
		return
	}
	target, code := m.aim(in.To, in.Agent)
	switch {
	case code == 403:
		m.hangup(now, l, hotline.CauseRejected)
	case code == 486:
		m.hangup(now, l, hotline.CauseBusy)
	case code != 0:
		m.hangup(now, l, hotline.CauseNotFound)
	case target.kind == hotline.TargetQueue || target.kind == hotline.TargetFlow:
		m.hangup(now, l, hotline.CauseNotFound) // nobody there speaks for the queue: the customer is transferred to it
	default:
		m.consult = &consult{line: l, guest: guest{target: target}}
		m.bring(now, &m.consult.guest, in.Agent)
	}
}

// consultUp goes on when the one asked has picked up: the agent's second line is answered, and when that is up the two speak.
func (m *Machine) consultUp(now time.Time) {
	c := m.consult
	switch {
	case c.line.state == legNew:
		c.line.deadline = now.Add(m.limits.Answer)
		m.act(hotline.Answer{Leg: c.line.id})
	case c.line.state == legUp && c.leg != nil && c.leg.state == legUp && !c.up:
		c.up = true
		m.mixed()
		m.busyWith()
	}
}

// busyWith tells the shard what the agent does in its call.
func (m *Machine) busyWith() {
	t := m.talk
	if t == nil || t.released {
		return
	}
	state := hotline.AgentTalking
	switch c := m.consult; {
	case c != nil && c.up && !c.line.holds:
		state = hotline.AgentConsult
	case t.held:
		state = hotline.AgentHeld
	}
	m.ask(hotline.SetTalk{Agent: t.agent, Call: m.call, State: state})
}

// consultOver ends the consult; the agent has the customer, as it left it.
func (m *Machine) consultOver(now time.Time, cause hotline.Cause) {
	c := m.consult
	if c == nil {
		return
	}
	if c.alone {
		m.end(now, cause, "")
		return
	}
	up := c.up
	m.dropConsult(now, cause)
	if up {
		m.mixed()
		m.busyWith()
	}
}

func (m *Machine) dropConsult(now time.Time, cause hotline.Cause) {
	if c := m.consult; c != nil {
		m.consult = nil
		m.dismiss(now, &c.guest, cause, "")
		m.hangup(now, c.line, cause)
	}
}

// holdLine follows the hold key on the agent's second line.
func (m *Machine) holdLine(now time.Time) {
	c := m.consult
	if !c.up {
		return
	}
	m.mixed()
	if c.line.holds {
		m.startPlay(c.leg, forMusic, true, []string{"hold"})
	} else {
		m.hush(c.leg)
	}
	m.busyWith()
}

// complete joins the customer with whom the agent has spoken, or whom it rings: then it is a transfer that is under way.
func (m *Machine) complete(now time.Time, asker *leg) int {
	c := m.consult
	t := &transfer{how: hotline.TransferAttended, asker: asker, guest: c.guest}
	switch {
	case c.up && c.leg.state == legUp:
		m.hush(c.leg)
		m.handOver(now, t)
	case c.leg != nil && c.leg.state >= legEnding:
		return 480
	default:
		m.transfer, m.consult = t, nil
		if asker == c.line {
			t.asker = nil
			m.notify(asker, 200)
		}
		m.hangup(now, c.line, hotline.CauseTransferred)
		m.underWay()
		if c.leg != nil && c.leg.state == legUp { // the agent's phone had not heard of it yet
			m.handOver(now, t)
		}
	}
	return 0
}

// leftAlone lets agent and colleague speak on when the customer has hung up meanwhile. It says whether they do.
func (m *Machine) leftAlone(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	c := m.consult
	if m.phase != phaseTalk || c == nil || !c.up || c.leg.state != legUp || c.line.state != legUp {
		return false
	}
	m.verdict(cause, by)
	m.phase, c.alone = phaseAfter, true
	if m.talk.leg != c.line {
		m.hangup(now, m.talk.leg, hotline.CauseHangup)
	}
	m.stopRecording()
	return true
}

// takeOver puts the agent of a new call in the place of the leg that it wants replaced (RFC 3891 §3): that of the customer's
// agent.
func (m *Machine) takeOver(now time.Time, l *leg, replaces hotline.LegID) {
	t := m.talk
	switch {
	case m.phase != phaseTalk || t == nil || t.leg == nil || t.leg.id != replaces || !t.mixed && !t.held || t.agent == l.agent:
		m.hangup(now, l, hotline.CauseNotFound)
	case m.transfer != nil || m.consult != nil || t.own && m.own.colleague():
		m.hangup(now, l, hotline.CauseBusy)
	default:
		g := guest{target: target{kind: hotline.TargetAgent, to: string(l.agent), agent: l.agent}, leg: l, asked: true}
		m.transfer = &transfer{how: hotline.TransferAttended, guest: g}
		m.ask(hotline.CallIn{Agent: l.agent, Contact: m.contact, Call: m.call, Visit: t.visit, By: t.agent})
		l.deadline = now.Add(m.limits.Answer)
		m.act(hotline.Answer{Leg: l.id})
	}
}

// mixed says anew who hears whom: customer and agent unless one holds the other or the customer is on its way elsewhere, the
// agent's second line and the one it speaks with.
func (m *Machine) mixed() { m.act(m.mix()) }

func (m *Machine) mix() hotline.Mix {
	mix := hotline.Mix{Call: m.call}
	if t := m.talk; m.phase == phaseTalk && t != nil && t.mixed && !t.held && m.transfer == nil {
		mix = hotline.Pair(m.call, m.first.id, t.leg.id, 0)
	}
	if c := m.consult; c != nil && c.up && !c.line.holds {
		mix.Members = append(mix.Members, hotline.Pair(m.call, c.line.id, c.leg.id, 0).Members...)
	}
	return m.overheard(mix)
}

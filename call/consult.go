package call

import (
	"time"

	"hotline"
)

// consult is the customer's agent calling somebody else on a second line, to ask or to announce the customer.
type consult struct {
	guest
	line *leg // the agent's second; by a command: the one that it has the customer on
	up   bool // the two speak with each other
	away bool // the agent is back with the customer meanwhile, by the same line; who is consulted hears music
	held bool // the customer was put on hold for it
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
	if m.phase == phaseWatch {
		l.role, l.agent = hotline.RoleSupervisor, ""
	}
	if m.talk != nil {
		l.queue = m.talk.queue
	}
	m.legs = append(m.legs, l)
	m.record(now, l.event(hotline.LegMoved{From: in.Call}))
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: in.To}))
	if in.Replaces != "" && m.lineComesBack(now, l, in) {
		return
	}
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
	case c.line.state == legUp && !c.up && c.leg != nil && c.leg.state == legUp:
		c.up, c.since = true, now
		m.record(now, m.about(&c.guest, hotline.Consulted{On: true, Visit: m.talk.visit, Target: c.kind, To: c.to}))
		if m.shares(c) {
			m.hush(c.line)
		}
		m.mixed()
		if c.line.holds {
			m.soothe(c.leg, true)
		}
		m.busyWith()
	}
}

// shares says whether the agent consults by the line that it has the customer on.
func (m *Machine) shares(c *consult) bool { return m.talk != nil && c.line == m.talk.leg }

// consulted records that a consult is over: Result is what came of it.
func (m *Machine) consulted(now time.Time, g *guest, result string) {
	f := hotline.Consulted{Target: g.kind, To: g.to, Result: result}
	if m.talk != nil {
		f.Visit = m.talk.visit
	}
	if !g.since.IsZero() {
		f.MS = now.Sub(g.since).Milliseconds()
	}
	m.record(now, m.about(g, f))
}

// busyWith tells the shard what the agent does in its call.
func (m *Machine) busyWith() {
	t := m.talk
	if t == nil || t.released {
		return
	}
	state := hotline.AgentTalking
	switch c := m.consult; {
	case c != nil && c.up && !c.away && !c.line.holds:
		state = hotline.AgentConsult
	case m.confers() && !t.leg.out():
		state = hotline.AgentConfer
	case t.held, m.confers():
		state = hotline.AgentHeld
	}
	m.ask(hotline.SetTalk{Agent: t.agent, Call: m.call, State: state})
}

// stepAside puts the customer on hold while its agent consults by the same line. Those of a conference speak on without it.
func (m *Machine) stepAside(now time.Time) {
	t, c := m.talk, m.consult
	if !m.shares(c) {
		return
	}
	switch {
	case m.confers():
		m.mixed()
	case !t.held:
		c.held = true
		m.hold(now, true)
	}
	m.startPlay(t.leg, forMusic, true, []string{"tone:ringback"})
}

// consultOver ends the consult. The agent has the customer as it left it: on hold if it was put there by hand, else as if nothing
// had been.
func (m *Machine) consultOver(now time.Time, cause hotline.Cause) {
	c := m.consult
	if c == nil {
		return
	}
	m.dropConsult(now, cause)
	if !m.shares(c) {
		if c.up {
			m.mixed()
			m.busyWith()
		}
		return
	}
	if c.leg != nil && !c.up {
		m.play(now, c.line, forBeep, m.limits.LastWords, "tone:beep")
	}
	switch t := m.talk; {
	case m.transfer != nil || m.phase != phaseTalk:
	case c.held && t.held && !t.leg.holds:
		m.hold(now, false)
	case c.leg != nil:
		m.mixed()
		m.busyWith()
	}
}

func (m *Machine) dropConsult(now time.Time, cause hotline.Cause) {
	c := m.consult
	if c == nil {
		return
	}
	m.consult = nil
	result := hotline.ConsultEnded
	if !c.up {
		result = string(cause)
	}
	m.consulted(now, &c.guest, result)
	m.dismiss(now, &c.guest, cause, "")
	if m.shares(c) {
		m.hush(c.line)
	} else {
		m.hangup(now, c.line, cause)
	}
}

// swap lets the agent speak with the other of the two: the customer, or whom it consults. The one it leaves hears music.
func (m *Machine) swap(now time.Time) {
	c := m.consult
	c.away = !c.away
	if c.away {
		m.talk.leg.stepped = false
		m.soothe(c.leg, true)
	} else {
		m.hush(c.leg)
	}
	if m.confers() || m.talk.held != c.away {
		m.mixed()
		m.busyWith()
		return
	}
	m.hold(now, !c.away)
}

// holdLine follows the hold key on the line by which the agent consults.
func (m *Machine) holdLine(now time.Time) {
	c := m.consult
	if !c.up {
		return
	}
	m.mixed()
	m.soothe(c.leg, c.line.holds)
	m.busyWith()
}

// complete joins the customer with whom the agent has spoken, or whom it rings: then it is a transfer that is under way.
func (m *Machine) complete(now time.Time, asker *leg) int {
	c := m.consult
	t := &transfer{how: hotline.TransferAttended, asker: asker, guest: c.guest}
	m.uninvite(now)
	switch {
	case c.up && c.leg.state == legUp:
		m.consulted(now, &c.guest, hotline.TransferDone)
		m.hush(c.leg)
		m.handOver(now, t)
	case c.leg != nil && c.leg.state >= legEnding:
		return 480
	default:
		m.consulted(now, &c.guest, hotline.TransferDone)
		m.transfer, m.consult = t, nil
		if m.shares(c) {
			m.hush(c.line)
			if c.held && !c.line.holds {
				m.holdEnds(now) // a customer who comes back does so to its agent, not to the music
				m.busyWith()
			}
		} else {
			if asker == c.line {
				t.asker = nil
				m.notify(asker, 200)
			}
			m.hangup(now, c.line, hotline.CauseTransferred)
		}
		m.underWay()
		if c.leg != nil && c.leg.state == legUp { // the agent's phone had not heard of it yet
			m.handOver(now, t)
		}
	}
	return 0
}

// takeOver puts the agent of a new call in the place of the leg that it wants replaced (RFC 3891 §3): that of the customer's
// agent, or the agent's own, whose phone is back.
func (m *Machine) takeOver(now time.Time, l *leg, replaces hotline.LegID) {
	t := m.talk
	switch {
	case m.comesBack(now, l, replaces):
	case m.phase != phaseTalk || t == nil || t.leg == nil || t.leg.id != replaces || !t.mixed && !t.held || t.agent == l.agent:
		m.hangup(now, l, hotline.CauseNotFound)
	case m.transfer != nil || m.consult != nil || m.confers() || t.own && m.own.colleague():
		m.hangup(now, l, hotline.CauseBusy)
	default:
		m.uninvite(now)
		g := guest{target: target{kind: hotline.TargetAgent, to: string(l.agent), agent: l.agent}, leg: l, asked: true}
		m.transfer = &transfer{how: hotline.TransferAttended, guest: g}
		m.ask(hotline.CallIn{Agent: l.agent, Contact: m.contact, Call: m.call, Visit: t.visit, By: t.agent})
		l.deadline = now.Add(m.limits.Answer)
		m.act(hotline.Answer{Leg: l.id})
	}
}

package call

import (
	"errors"
	"time"

	"hotline"
)

// target is where an agent wants the customer, or itself, to be put through.
type target struct {
	kind   string // hotline.TargetAgent and its like
	to     string // as it was asked for
	agent  hotline.AgentID
	queue  hotline.QueueID
	flow   string
	number string // as it is dialled
}

// aim finds out what the agent by means: a colleague, one of the centre's numbers, a queue by its id, or a number outside that
// agents may dial. The status says why it is none of them; 0: it is.
func (m *Machine) aim(to string, by hotline.AgentID) (target, int) {
	t := target{to: to}
	if _, ok := m.plan.Agents[hotline.AgentID(to)]; ok {
		t.kind, t.agent = hotline.TargetAgent, hotline.AgentID(to)
		if t.agent == by {
			return t, 486 // it is in a call: this one
		}
		return t, 0
	}
	if flow, ok := m.plan.Numbers[to]; ok {
		t.kind, t.flow = hotline.TargetFlow, flow
		if _, there := m.plan.Flows[flow]; !there {
			return t, 404
		}
		return t, 0
	}
	if _, ok := m.plan.Queues[hotline.QueueID(to)]; ok {
		t.kind, t.queue = hotline.TargetQueue, hotline.QueueID(to)
		return t, 0
	}
	number, ok := dialable(to)
	t.kind, t.number = hotline.TargetNumber, number
	switch {
	case !ok, number[0] == '*', number[0] == '#':
		return t, 404
	case !m.plan.MayDial(number):
		return t, 403
	}
	return t, 0
}

// guest is who is brought into the call by its agent, to be spoken with or to be given the customer: a colleague who is called
// in, or a number outside.
type guest struct {
	target
	leg    *leg      // nil until it is dialled
	asked  bool      // the shard was asked to keep the colleague for us
	since  time.Time // when it began to speak with somebody
	given  bool      // it did: its leg is dialled for that
	beside bool      // it was consulted, and speaks on with the agent after the customer has left
	until  time.Time // it must have been dialled by then
}

// bring begins to bring somebody in.
func (m *Machine) bring(now time.Time, g *guest, by hotline.AgentID) {
	if g.kind == hotline.TargetAgent {
		g.asked, g.until = true, now.Add(m.limits.Accept)
		m.ask(hotline.CallIn{Agent: g.agent, Contact: m.contact, Call: m.call, Visit: m.talk.visit, By: by})
		return
	}
	out := m.plan.DialOut
	from := hotline.Party{Number: out.From}
	if out.From == "" {
		from.Number = m.plan.Hotline()
	}
	m.dialGuest(now, g, &leg{role: hotline.RoleParty}, hotline.Dial{To: g.number, Trunk: out.Trunk, From: from})
}

// calledIn dials the colleague whom the shard has given us.
func (m *Machine) calledIn(now time.Time, agent hotline.AgentID, f hotline.CalledIn) {
	if m.ownCalledIn(now, agent, f) {
		return
	}
	g := m.guestOf(func(g *guest) bool { return g.kind == hotline.TargetAgent && g.agent == agent && g.leg == nil })
	if g == nil {
		return // given up in the meantime, and the shard was told
	}
	g.given = true
	l := &leg{role: hotline.RoleAgent, agent: agent, queue: m.talk.queue}
	m.dialGuest(now, g, l, m.ring(l, f.Phone, hotline.Dial{
		From:    m.from,
		Headers: map[string]string{"X-Hotline-Contact": string(m.contact), "X-Hotline-Queue": string(m.talk.queue), "X-Hotline-From": string(m.talk.agent)},
	}))
}

func (m *Machine) dialGuest(now time.Time, g *guest, l *leg, d hotline.Dial) {
	m.dialled++
	l.id, l.deadline = m.call.Sub(m.dialled), now.Add(m.limits.Ring+2*time.Second) // the switch's own limit comes first
	g.leg, g.until = l, time.Time{}
	m.legs = append(m.legs, l)
	if c := m.consult; c != nil && g == &c.guest {
		m.stepAside(now)
	}
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: g.to, Trunk: d.Trunk}))
	d.Call, d.Leg, d.Timeout = m.call, l.id, m.limits.Ring
	m.dial(l, d)
}

// guestOf is the guest of which yes holds; nil if there is none.
func (m *Machine) guestOf(yes func(*guest) bool) *guest {
	if t := m.transfer; t != nil && yes(&t.guest) {
		return &t.guest
	}
	if c := m.consult; c != nil && yes(&c.guest) {
		return &c.guest
	}
	for _, g := range m.members {
		if yes(g) {
			return g
		}
	}
	return nil
}

// guestAt is the guest on the leg; nil if it is not a guest's.
func (m *Machine) guestAt(l *leg) *guest { return m.guestOf(func(g *guest) bool { return g.leg == l }) }

// dismiss lets a guest go: nobody wants it any more.
func (m *Machine) dismiss(now time.Time, g *guest, cause hotline.Cause, by hotline.Role) {
	if g.leg != nil {
		m.hangup(now, g.leg, cause)
	}
	if g.asked {
		g.asked = false
		m.ask(hotline.Release{Agent: g.agent, Call: m.call, Cause: cause, By: by})
	}
}

// guestUp takes a guest's picking up.
func (m *Machine) guestUp(now time.Time, g *guest) {
	if t := m.transfer; t != nil && g == &t.guest {
		m.handOver(now, t)
		return
	}
	if c := m.consult; c != nil && g == &c.guest {
		m.consultUp(now)
		return
	}
	m.partyUp(now, g)
}

// guestRings tells the agent that it rings.
func (m *Machine) guestRings(g *guest) {
	if t := m.transfer; t != nil && g == &t.guest {
		m.notify(t.asker, 180)
		return
	}
	if c := m.consult; c != nil && g == &c.guest && c.line.state == legNew {
		m.act(hotline.Ring{Leg: c.line.id})
	}
}

// guestGone goes on without a guest: it did not come, or it left.
func (m *Machine) guestGone(now time.Time, g *guest, cause hotline.Cause, by hotline.Role) {
	m.dismiss(now, g, cause, by)
	if t := m.transfer; t != nil && g == &t.guest {
		m.transferFailed(now, t, cause)
		return
	}
	if c := m.consult; c != nil && g == &c.guest {
		m.consultOver(now, cause)
		return
	}
	m.partyLeft(now, g, cause)
}

// notGiven goes on when the shard does not give us the colleague.
func (m *Machine) notGiven(now time.Time, q hotline.CallIn, err error) {
	g := m.guestOf(func(g *guest) bool { return g.asked && g.agent == q.Agent })
	final, cause := false, hotline.CauseUnreachable // nobody knows whether it was ordered: the shard hears that it is over
	switch {
	case errors.Is(err, hotline.ErrUnknown):
		final, cause = true, hotline.CauseNotFound
	case errors.Is(err, hotline.ErrRefused):
		final, cause = true, hotline.CauseBusy
	}
	if m.ownNotGiven(now, q.Agent, cause, final) || g == nil {
		return
	}
	g.asked = g.asked && !final
	m.undone(err)
	m.guestGone(now, g, cause, "")
}

// status is how a phone is told that it came to nothing for that cause.
func status(cause hotline.Cause) int {
	switch cause {
	case hotline.CauseBusy, hotline.CauseFull:
		return 486
	case hotline.CauseRejected:
		return 603
	case hotline.CauseNotFound:
		return 404
	case hotline.CauseOverload:
		return 503
	}
	return 480
}

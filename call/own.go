package call

import (
	"cmp"
	"time"

	"hotline"
	"hotline/ivr"
)

// own is a call of an agent's own making. Whom it calls is the call's first party, the customer, so that all that can be done with
// a customer can be done with it; a colleague takes the same place and is no customer.
type own struct {
	target
	cause   hotline.ContactID // that the call was caused by
	granted bool              // the shard shows the agent in the call, or may do so
	asked   bool              // page or program asked for the call: the agent's phone is rung
	kept    bool              // the shard was asked to keep the colleague for us
	rung    bool              // the agent's phone is in the call
	called  bool              // the other side is asked for, or was
	dialled bool              // its phone is in the call
	until   time.Time         // the colleague must have been given to us by then
	denied  error             // why there is no call
}

// colleague says whether another agent is called and no customer.
func (o *own) colleague() bool { return o != nil && o.kind == hotline.TargetAgent }

// Begun says that page or program wants the agent's call made. It begins a call.
type Begun struct {
	Call  hotline.CallID
	Order hotline.OwnCall
}

func (Begun) input() {}

// begun asks the shard for the agent. Nothing of the call is recorded before it says yes.
func (m *Machine) begun(now time.Time, in Begun) {
	if m.phase != phaseNew {
		return
	}
	d := in.Order
	t, code := m.aim(d.To, d.Agent)
	m.call, m.contact, m.started = in.Call, in.Call.Contact(), now
	m.own = &own{target: t, cause: d.For, asked: true, denied: callable(m.plan, d, t, code)}
	if m.own.denied != nil {
		m.phase = phaseOver
		return
	}
	m.phase = phaseDialling
	m.dialled++
	m.place(&leg{id: m.call.Sub(m.dialled), role: hotline.RoleAgent, agent: d.Agent, queue: d.Queue}, d.Queue)
	m.own.until = now.Add(m.limits.Accept)
	m.ask(hotline.BeginOutbound{Agent: d.Agent, Contact: m.contact, Call: m.call, Queue: d.Queue, Ring: true})
}

// callable says why that call cannot be made; nil: it can.
func callable(p *ivr.Plan, d hotline.OwnCall, t target, code int) error {
	no := func(kind error, format string, args ...any) error {
		return &hotline.Refusal{Kind: kind, Format: format, Args: args}
	}
	switch _, there := p.Agents[d.Agent]; {
	case !there:
		return no(hotline.ErrUnknown, "agent %q", string(d.Agent))
	case d.Queue != "" && p.Queues[d.Queue].ID == "":
		return no(hotline.ErrUnknown, "queue %q", string(d.Queue))
	case t.kind == hotline.TargetQueue || t.kind == hotline.TargetFlow:
		return no(hotline.ErrRefused, "%q is the centre's own: a customer can be transferred to it", d.To)
	case code == 486:
		return no(hotline.ErrRefused, "agent %s cannot call itself", d.Agent)
	case code == 403:
		return no(hotline.ErrRefused, "the centre does not allow %q to be dialled", d.To)
	case code != 0:
		return no(hotline.ErrRefused, "number %q cannot be dialled", d.To)
	}
	return nil
}

// dials takes the call of an agent's phone to a colleague or outside. It says whether it is one.
func (m *Machine) dials(now time.Time, in hotline.Incoming) bool {
	t, code := m.aim(in.To, in.Agent)
	if code != 0 || t.kind != hotline.TargetNumber && t.kind != hotline.TargetAgent {
		return false
	}
	l := m.first
	l.role, l.agent = hotline.RoleAgent, in.Agent
	m.own = &own{target: t, rung: true}
	m.phase = phaseDialling
	m.place(l, "")
	m.opened(now)
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(in.Agent)}))
	l.deadline = now.Add(m.limits.Answer)
	m.act(hotline.Answer{Leg: l.id}) // at once: whatever becomes of the call, the agent hears it
	m.ask(hotline.BeginOutbound{Agent: in.Agent, Contact: m.contact, Call: m.call})
	return true
}

// place puts the agent, and whom it calls, into their places. The other side has no leg yet that could be hung up.
func (m *Machine) place(l *leg, queue hotline.QueueID) {
	o := m.own
	m.dialled++
	m.first = &leg{id: m.call.Sub(m.dialled), role: hotline.RoleCustomer}
	m.from = hotline.Party{Number: o.number}
	if o.colleague() {
		m.first.role, m.first.agent = hotline.RoleAgent, o.agent
		m.from = hotline.Party{Number: o.to, Name: m.plan.Agents[o.agent]}
	}
	m.lang = cmp.Or(m.plan.Queues[queue].Language, m.lang)
	m.talk = &talk{agent: l.agent, leg: l, first: l.id, queue: queue, own: true, answered: true, released: true}
}

// opened records the call.
func (m *Machine) opened(now time.Time) {
	o, t := m.own, m.talk
	f := hotline.CallStarted{Direction: hotline.Outbound, To: o.number, For: o.cause}
	if f.From, f.Trunk = m.ownNumber(t.queue); o.colleague() {
		f.Direction, f.To = hotline.Internal, o.to
		f.From, f.Trunk = hotline.Party{Number: string(t.agent), Name: m.plan.Agents[t.agent]}, ""
	}
	m.record(now, hotline.Event{Agent: t.agent, Queue: t.queue, Fact: f})
}

// ownNumber is what is shown of the centre where its agents call, and by which trunk: the queue's, that of dial_out, else the
// hotline's.
func (m *Machine) ownNumber(queue hotline.QueueID) (hotline.Party, string) {
	q, d := m.plan.Queues[queue].Callback, m.plan.DialOut
	return hotline.Party{Number: cmp.Or(q.From, d.From, m.plan.Hotline())}, cmp.Or(q.Trunk, d.Trunk)
}

// ownGiven takes the shard's yes: the agent is in the call.
func (m *Machine) ownGiven(now time.Time) {
	o := m.own
	if o == nil || o.granted || m.phase >= phaseEnding {
		return
	}
	o.granted, m.talk.released = true, false
	m.callOther(now)
}

// ownRefused takes the shard's no. If nobody knows whether it was ordered, the shard hears that it is over.
func (m *Machine) ownRefused(now time.Time, err error, final bool) {
	o := m.own
	if o == nil || m.phase != phaseDialling || o.granted {
		return
	}
	o.denied, m.talk.released = err, final
	if o.asked {
		m.unbegun(now, hotline.CauseError)
		return
	}
	m.tell(now, hotline.CauseRejected, "")
}

// ringOwn rings the agent's phone for the call that page or program asked for. The shard says where the agent sits.
func (m *Machine) ringOwn(now time.Time, agent hotline.AgentID, f hotline.AgentSet) {
	o, t := m.own, m.talk
	if o == nil || !o.asked || m.phase != phaseDialling || o.rung || f.State != hotline.AgentOutbound || agent != t.agent {
		return
	}
	m.ownGiven(now)
	m.opened(now)
	o.rung, o.until = true, time.Time{}
	l := t.leg
	l.deadline = now.Add(m.limits.Ring + 2*time.Second) // the switch's own limit comes first
	m.legs = append(m.legs, l)
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(agent)}))
	m.act(m.ring(l, f.Phone, hotline.Dial{From: m.from, Timeout: m.limits.Ring, AutoAnswer: true, Headers: map[string]string{
		"X-Hotline-Contact": string(m.contact), "X-Hotline-Queue": string(t.queue), "X-Hotline-Own": "yes",
	}}))
}

// callOther calls the other side once the agent hears what comes of it.
func (m *Machine) callOther(now time.Time) {
	o, t := m.own, m.talk
	if m.phase != phaseDialling || !o.granted || o.called || t.leg.state != legUp {
		return
	}
	o.called = true
	m.startPlay(t.leg, forMusic, true, []string{"tone:ringback"})
	if o.colleague() {
		o.kept, o.until = true, now.Add(m.limits.Accept)
		m.ask(hotline.CallIn{Agent: o.agent, Contact: m.contact, Call: m.call, By: t.agent})
		return
	}
	from, trunk := m.ownNumber(t.queue)
	m.dialOther(now, hotline.Dial{To: o.number, Trunk: trunk, From: from, Timeout: m.limits.Dial})
}

// ownCalledIn dials the colleague whom the shard has given us. It says whether it is one that the agent called.
func (m *Machine) ownCalledIn(now time.Time, agent hotline.AgentID, f hotline.CalledIn) bool {
	o := m.own
	if !o.colleague() || agent != o.agent || m.phase != phaseDialling || o.dialled || !o.kept {
		return false
	}
	o.until = time.Time{}
	from := hotline.Party{Number: string(m.talk.agent), Name: m.plan.Agents[m.talk.agent]}
	m.dialOther(now, m.ring(m.first, f.Phone, hotline.Dial{
		From: from, Timeout: m.limits.Ring, Headers: map[string]string{"X-Hotline-From": string(m.talk.agent)},
	}))
	return true
}

func (m *Machine) dialOther(now time.Time, d hotline.Dial) {
	l := m.first
	m.own.dialled = true
	l.deadline = now.Add(d.Timeout + 2*time.Second) // the switch's own limit comes first
	m.legs = append(m.legs, l)
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: m.own.to}))
	d.Call, d.Leg = m.call, l.id
	m.act(d)
}

// ownRings lets the agent hear what the other side's network plays instead of our ringing.
func (m *Machine) ownRings(l *leg, early bool) {
	if o := m.own; o != nil && early && m.phase == phaseDialling && l == m.first && m.session == nil {
		m.hush(m.talk.leg)
		m.act(hotline.Mix{Call: m.call, Members: []hotline.Member{{Leg: m.talk.leg.id, Hears: []hotline.LegID{l.id}}}})
	}
}

// ownUp goes on when a side of the call has picked up.
func (m *Machine) ownUp(now time.Time, l *leg) {
	if l == m.talk.leg {
		m.callOther(now)
		return
	}
	records := m.plan.Queues[m.talk.queue].Record || m.talk.queue == "" && m.plan.DialOut.Record != "never"
	switch {
	case m.own.colleague() || !records:
	case m.plan.Consent.Rule != "":
		m.session = m.plan.DialledOut(m.talk.queue, map[string]string{"language": m.lang})
		m.flow(now, m.session.Step(now, ivr.Start{}))
		return
	default:
		m.startRecording(now)
	}
	m.ownJoined(now)
}

// ownTold joins the two once the customer knows that it is recorded. It returns false if the call is none that waits for that.
func (m *Machine) ownTold(now time.Time) bool {
	if m.own == nil || m.phase != phaseDialling {
		return false
	}
	m.session = nil
	m.ownJoined(now)
	return true
}

func (m *Machine) ownJoined(now time.Time) {
	l := m.talk.leg
	m.phase = phaseTalk
	m.hush(l)
	m.hush(m.first)
	if l.holds { // the agent was quicker with the hold key
		m.hold(now, true)
		return
	}
	m.join(now)
}

// ownGone goes on when the other side did not answer: the agent hears why.
func (m *Machine) ownGone(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	switch {
	case m.phase == phaseClosing && m.talk != nil && m.talk.own: // the agent hears it already
		return true
	case m.phase != phaseDialling:
		return false
	}
	m.session = nil
	m.releaseColleague(cause, by)
	m.tell(now, cause, by)
	return true
}

// tell lets the agent hear that its call has come to nothing, and hangs up.
func (m *Machine) tell(now time.Time, cause hotline.Cause, by hotline.Role) {
	m.verdict(cause, by)
	m.phase = phaseClosing
	l := m.talk.leg
	switch {
	case l.state >= legEnding:
		m.end(now, cause, by)
	case l.state == legUp:
		m.sorry(now)
	}
}

// sorry plays the tone of the call's end to the agent, once its phone is up.
func (m *Machine) sorry(now time.Time) {
	l := m.talk.leg
	switch m.cause {
	case hotline.CauseBusy, hotline.CauseFull:
		m.startPlay(l, forFarewell, true, []string{"tone:busy"})
		l.playBy = now.Add(m.limits.Busy)
	default:
		m.play(now, l, forFarewell, m.limits.LastWords, "tone:error")
	}
}

// ownAgentGone ends the call whose agent is gone, unless the customer is on its way elsewhere or has a queue to stand in.
func (m *Machine) ownAgentGone(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	t := m.talk
	if t == nil || !t.own || m.phase == phaseTalk && !m.own.colleague() && (m.transfer != nil || m.consult != nil || m.confers() || lost(cause) && t.queue != "") {
		return false
	}
	m.end(now, cause, by)
	return true
}

// ownNotGiven goes on when the shard does not give us the colleague.
func (m *Machine) ownNotGiven(now time.Time, agent hotline.AgentID, cause hotline.Cause, final bool) bool {
	o := m.own
	if !o.colleague() || !o.kept || agent != o.agent {
		return false
	}
	o.kept, o.until = !final, time.Time{}
	m.ownGone(now, cause, "")
	return true
}

// releaseColleague gives back whom the agent called.
func (m *Machine) releaseColleague(cause hotline.Cause, by hotline.Role) {
	if o := m.own; o != nil && o.kept {
		o.kept = false
		m.ask(hotline.Release{Agent: o.agent, Call: m.call, Cause: cmp.Or(cause, hotline.CauseError), By: by})
	}
}

// dueOwn gives up what the shard neither gives nor refuses: a colleague, or the agent's phone.
func (m *Machine) dueOwn(now time.Time) {
	o := m.own
	if o == nil || !passed(now, o.until) {
		return
	}
	o.until = time.Time{}
	if m.unbegun(now, hotline.CauseUnreachable) {
		return
	}
	m.ownGone(now, hotline.CauseUnreachable, "")
}

// unbegun ends a call that was asked for and of which nothing is recorded yet, and gives the agent back. It says whether the call
// is one.
func (m *Machine) unbegun(now time.Time, cause hotline.Cause) bool {
	o := m.own
	if o == nil || !o.asked || m.phase != phaseDialling || o.rung {
		return false
	}
	o.until = time.Time{}
	o.denied = cmp.Or(o.denied, error(&hotline.Refusal{Kind: hotline.ErrOverload, Format: "the call of agent %s was not begun: %s", Args: []any{m.talk.agent, string(cause)}}))
	m.release(now, cause, "")
	m.phase = phaseOver
	return true
}

// ring makes a Dial that rings the agent's phone: its own, a desk, which registers under a name of its own, or a number outside.
func (m *Machine) ring(l *leg, phone hotline.PhoneID, d hotline.Dial) hotline.Dial {
	d.Call, d.Leg = m.call, l.id
	if phone.ByNumber() {
		p := m.plan.Phones[l.agent]
		from, trunk := m.ownNumber(l.queue)
		d.To, d.Trunk, d.From, d.Headers, d.AutoAnswer = p.Number, cmp.Or(p.Trunk, trunk), from, nil, false
		l.confirm = p.Confirm
		return d
	}
	d.Agent, d.From = hotline.AgentID(cmp.Or(phone, hotline.PhoneID(l.agent))), m.shown(d.From)
	return d
}

// confirmedBy takes the key by which a person, and no mailbox, takes the call.
func (m *Machine) confirmedBy(now time.Time, l *leg, key byte) {
	if key == '1' && l.state == legUp {
		l.confirm = false
		m.hush(l)
		m.taken(now, l)
	}
}

// mayAmong says whether that may be asked in a call among colleagues: nobody in it is handed on.
func (m *Machine) mayAmong(s seat, v hotline.Verb) bool {
	switch v {
	case hotline.VerbTransfer, hotline.VerbConsult, hotline.VerbConference, hotline.VerbComplete, hotline.VerbSwap:
		return !m.own.colleague()
	case hotline.VerbHangup, hotline.VerbAnswer:
		return true
	}
	return s.kind != seatCalled
}

// Denied is why the call that page or program asked for is not made; nil: it is.
func (m *Machine) Denied() error {
	if m.own == nil {
		return nil
	}
	return m.own.denied
}

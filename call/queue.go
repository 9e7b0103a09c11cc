package call

import (
	"cmp"
	"slices"
	"time"

	"hotline"
	"hotline/ivr"
)

// flow does what the IVR session wants.
func (m *Machine) flow(now time.Time, outs []ivr.Output) {
	if m.session != nil {
		m.memory = m.session.Memory()
	}
	for _, o := range outs {
		if m.wants(now, o) {
			continue
		}
		switch o := o.(type) {
		case ivr.Stepped:
			m.record(now, hotline.Event{Fact: o.Fact})
		case ivr.Answer:
			m.answer(now)
		case ivr.Ring:
			m.act(hotline.Ring{Leg: m.first.id})
		case ivr.Play:
			m.play(now, m.first, forFlow, m.limits.Prompt, o.Prompts...)
		case ivr.Stop:
			m.hush(m.first)
		case ivr.Callback:
			m.promise(o)
		case ivr.Enqueue:
			m.ahead = o.Ahead && m.first.state == legNew
			m.sendTo(now, o)
		case ivr.Stay:
			m.stay(now)
		case ivr.Busy:
			m.depart(now, hotline.OutcomeKey, "")
			m.session = nil
			m.busy(now, cmp.Or(m.ruled, hotline.CauseFlow))
		case ivr.Hangup:
			m.flowOver(now, o.Cause)
		}
	}
}

// leave takes the waiting caller out of its queue. A caller that is gone, or that nothing was heard from any more, has
// abandoned; anything else is our own fault.
func (m *Machine) leave(cause hotline.Cause, by hotline.Role) {
	outcome := hotline.OutcomeLost
	if by == hotline.RoleCustomer || cause == hotline.CauseMediaLost {
		outcome = hotline.OutcomeAbandoned
	}
	m.goFrom(outcome, "")
}

// goFrom asks the shard to end the visit, once.
func (m *Machine) goFrom(outcome hotline.Outcome, to string) {
	if m.visit.open && !m.visit.leaving {
		m.visit.leaving = true
		m.ask(hotline.Leave{Visit: m.visit.id, Outcome: outcome, To: to})
	}
}

// told takes what the shard decided.
func (m *Machine) told(now time.Time, ev hotline.Event) {
	if m.tooEarly(Told{ev}) {
		return
	}
	switch f := ev.Fact.(type) {
	case hotline.CallbackDue:
		m.calling(now, ev, f)
	case hotline.CallbackTried:
		m.triedOut(now, f)
	case hotline.Queued:
		m.queued(ev.Queue, f)
		m.queueTook(now, f.Visit)
	case hotline.Blocked:
		if m.queueRefused(now, f.Visit, blockCause(f.Reason)) {
			return
		}
		if m.visitOver(now, f.Visit) {
			m.follow(now, f.Rule, f.Then, f.To, blockCause(f.Reason))
		}
	case hotline.Left:
		m.left(now, f)
	case hotline.Abandoned:
		if m.visitOver(now, f.Visit) { // the shard has given up on a caller that is still there
			m.then(now, "", "", hotline.CauseError)
		}
	case hotline.Offered:
		m.offered(now, ev.Agent, f)
	case hotline.OfferLost:
		m.offerLost(now, f)
	case hotline.Connected:
		m.connected(now, ev, f)
	case hotline.CalledIn:
		m.calledIn(now, ev.Agent, f)
	case hotline.AgentSet:
		m.ringOwn(now, ev.Agent, f)
	case hotline.Released:
		m.released(now, ev.Agent, f)
	}
}

func blockCause(r hotline.BlockReason) hotline.Cause {
	if r == hotline.BlockFull {
		return hotline.CauseFull
	}
	return hotline.CauseFlow
}

// offered calls the phone of the agent that the shard chose.
func (m *Machine) offered(now time.Time, agent hotline.AgentID, f hotline.Offered) {
	v := m.waits(f.Visit)
	if m.phase != phaseQueue || !m.visit.open || m.visit.leaving || v == nil {
		return // the caller has left; the shard will hear of it, or has
	}
	m.preempt()
	m.dialled++
	ring := max(f.Until.Sub(now), time.Second)
	l := &leg{
		id: m.call.Sub(m.dialled), role: hotline.RoleAgent, agent: agent, queue: v.queue,
		deadline: now.Add(ring + m.limits.Accept),
	}
	m.legs = append(m.legs, l)
	m.offers = append(m.offers, &offer{id: f.Offer, agent: agent, leg: l, visit: f.Visit})
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(agent), Offer: f.Offer}))
	m.dial(l, m.ring(l, f.Phone, hotline.Dial{
		From:    m.from,
		Timeout: ring + 2*time.Second, // the shard's own limit comes first
		Headers: map[string]string{"X-Hotline-Contact": string(m.contact), "X-Hotline-Queue": string(v.queue)},
	}))
}

// accept tells the shard that an offered agent's phone was answered.
func (m *Machine) accept(now time.Time, l *leg) {
	o := m.offerOf(l)
	if o == nil {
		m.hangup(now, l, hotline.CauseElsewhere)
		return
	}
	l.deadline = now.Add(m.limits.Accept)
	m.ask(hotline.Accept{Offer: o.id, Leg: l.id})
	m.breakOff() // from here on the agent is first, whatever the caller types
}

func (m *Machine) offerOf(l *leg) *offer {
	for _, o := range m.offers {
		if o.leg == l {
			return o
		}
	}
	return nil
}

// take removes an offer from the list; nil if there is none.
func (m *Machine) take(id hotline.OfferID) *offer {
	i := slices.IndexFunc(m.offers, func(o *offer) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	o := m.offers[i]
	m.offers = slices.Delete(m.offers, i, i+1)
	return o
}

// offerLost hangs up the phone of an offer that came to nothing. The caller waits on, with its music.
func (m *Machine) offerLost(now time.Time, f hotline.OfferLost) {
	o := m.take(f.Offer)
	if o == nil {
		return
	}
	cause := hotline.CauseCancelled
	switch f.Result {
	case hotline.OfferNoAnswer:
		cause = hotline.CauseNoAnswer
	case hotline.OfferElsewhere:
		cause = hotline.CauseElsewhere
	}
	m.hangup(now, o.leg, cause)
	if len(m.offers) == 0 {
		m.visit.quiet = now.Add(time.Second) // the shard may have the next one already
	}
}

// offerGone tells the shard that an offered phone was not answered, or was put down before the shard joined it. If a
// Connected is already on its way the shard refuses, and connected finds the leg gone.
func (m *Machine) offerGone(_ time.Time, l *leg, cause hotline.Cause) {
	o := m.offerOf(l)
	if o == nil {
		return
	}
	result := hotline.OfferUnreachable
	switch cause {
	case hotline.CauseBusy:
		// Softphones say 486 for the reject button too: who rang was free, so it is a person who does not want to.
		result = hotline.OfferBusy
		if l.rang {
			result = hotline.OfferRejected
		}
	case hotline.CauseRejected, hotline.CauseHangup:
		result = hotline.OfferRejected
	case hotline.CauseNoAnswer:
		result = hotline.OfferNoAnswer
	}
	m.ask(hotline.Decline{Offer: o.id, Result: result})
}

// offerStuck gives up a phone that rings past the shard's own limit, or that was picked up without a Connected.
func (m *Machine) offerStuck(now time.Time, l *leg) {
	cause := hotline.CauseNoAnswer
	if l.state == legUp {
		cause = hotline.CauseUnreachable
	}
	m.offerGone(now, l, cause)
	m.hangup(now, l, cause)
}

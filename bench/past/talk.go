package past

import (
	"strconv"

	"hotline"
)

// offer asks the agent to take the customer.
func (w *world) offer(c *contact, a *agent) {
	c.offers++
	c.legs++
	c.agent, c.offer, c.leg, c.offered = a, c.visit.Offer(c.offers), c.call.Sub(c.legs), w.now
	if c.waiting {
		c.queue.n--
	}
	c.waiting = false
	idle := float64((w.now - a.since) / second)
	w.put(c.agents(hotline.Offered{
		Visit: c.visit, Offer: c.offer, Attempt: c.offers, Until: w.time(w.now + 12*second), WaitMS: w.now - c.since,
		Why:  "longest_idle: idle " + strconv.FormatInt(int64(idle), 10) + " s, ready 3",
		Pick: hotline.Pick{Rule: "longest_idle", Figure: idle, Ready: 3},
	}))
	if a.state != hotline.AgentReserved {
		w.set(a, hotline.AgentReserved, "", hotline.SourceSystem)
	}
	a.stamp = 0
	w.put(c.agentLeg(hotline.LegStarted{Role: hotline.RoleAgent, To: string(a.id), Offer: c.offer}))
	turn, n := c.turn, c.offers
	then := func(ms int64, do func()) {
		w.after(ms, func() {
			if c.turn == turn && c.offers == n && c.agent == a {
				do()
			}
		})
	}
	if w.chance(0.004) {
		then(300, func() { w.missed(c, hotline.OfferUnreachable, hotline.CauseUnreachable, hotline.ReasonUnreachable) })
		return
	}
	w.put(c.agentLeg(hotline.LegRang{}))
	w.set(a, hotline.AgentRinging, "", hotline.SourceSystem)
	switch {
	case w.chance(0.02):
		then(12*second, func() { w.missed(c, hotline.OfferNoAnswer, hotline.CauseNoAnswer, hotline.ReasonNoAnswer) })
	case w.chance(0.01):
		then(w.between(second, 5*second), func() { w.missed(c, hotline.OfferRejected, hotline.CauseRejected, hotline.ReasonRejected) })
	default:
		then(w.between(800, 7*second), func() { w.connects(c) })
	}
}

// missed is an offer that the agent let go: the customer waits on in its place.
func (w *world) missed(c *contact, result hotline.OfferResult, cause hotline.Cause, reason string) {
	a := c.agent
	w.put(c.agents(hotline.OfferLost{Visit: c.visit, Offer: c.offer, Result: result, RingMS: w.now - c.offered}))
	w.set(a, hotline.AgentNotReady, reason, hotline.SourceSystem)
	w.put(c.agentLeg(hotline.LegEnded{Role: hotline.RoleAgent, Cause: cause}))
	c.agent, c.waiting = nil, true
	c.queue.n++
	since := a.since
	w.after(w.between(30*second, 5*minute), func() {
		if a.state == hotline.AgentNotReady && a.since == since {
			w.idle(a, hotline.SourceAgent)
		}
	})
	if next := c.queue.idlest(); next != nil {
		w.offer(c, next)
		return
	}
	c.queue.waiting = append([]*contact{c}, c.queue.waiting...)
}

// connects joins the customer and the agent.
func (w *world) connects(c *contact) {
	a := c.agent
	c.turn++
	w.put(c.agentLeg(hotline.LegAnswered{Role: hotline.RoleAgent, Codec: "PCMA"}))
	ev := c.agents(hotline.Connected{Visit: c.visit, Offer: c.offer, Leg: c.leg, WaitMS: w.now - c.since, RingMS: w.now - c.offered})
	ev.Leg = c.leg
	w.put(ev)
	w.set(a, hotline.AgentTalking, "", hotline.SourceAgent)
	w.put(c.agentLeg(hotline.Answered{Visit: c.visit, WaitMS: w.now - c.since}))
	c.heard = true
	talk, from := w.long(c.queue.talk), w.now
	if w.chance(0.12) {
		hold := min(w.between(5*second, minute), talk/2)
		w.after(talk/3, func() { w.holds(c, a, hold) })
		talk += hold
		w.after(talk, func() { w.parts(c, from, hold) })
		return
	}
	w.after(talk, func() { w.parts(c, from, 0) })
}

func (w *world) holds(c *contact, a *agent, ms int64) {
	w.put(c.agentLeg(hotline.Held{On: true}))
	w.set(a, hotline.AgentHeld, "", hotline.SourceAgent)
	w.after(ms, func() {
		w.put(c.agentLeg(hotline.Held{MS: ms}))
		w.set(a, hotline.AgentTalking, "", hotline.SourceAgent)
	})
}

// parts ends the agent's part: the customer hangs up, or the agent does, or the customer is handed on.
func (w *world) parts(c *contact, from, hold int64) {
	if c.visits < 3 && len(w.queues) > 1 && w.chance(0.05) {
		w.handsOn(c, from, hold)
		return
	}
	by := hotline.RoleCustomer
	if w.chance(0.35) {
		by = hotline.RoleAgent
	}
	a, visit := c.agent, c.visit
	if by == hotline.RoleAgent && w.chance(0.4) {
		w.released(c, from, hold, hotline.CauseHangup, by)
		w.survey(c, a, visit)
		return
	}
	w.put(c.leg0(hotline.LegEnded{Role: hotline.RoleCustomer, Cause: hotline.CauseHangup, Stats: w.stats(c)}))
	w.released(c, from, hold, hotline.CauseHangup, by)
	w.put(c.event(hotline.CallEnded{Cause: hotline.CauseHangup, By: by}))
	w.recorded(c)
}

// released parts agent and customer; after-call work follows.
func (w *world) released(c *contact, from, hold int64, cause hotline.Cause, by hotline.Role) {
	a := c.agent
	wrap := w.between(4*second, 20*second) + w.expo(float64(15*second))
	w.put(c.agents(hotline.Released{
		Visit: c.visit, TalkMS: w.now - from, HoldMS: hold, Cause: cause, By: by, Wrap: "timed", WrapUntil: w.time(w.now + minute),
	}))
	w.set(a, hotline.AgentWrapUp, "", hotline.SourceSystem)
	w.put(c.agentLeg(hotline.LegEnded{Role: hotline.RoleAgent, Cause: cause, Stats: w.stats(c)}))
	visit, queue, id, call, number := c.visit, c.queue, c.id, c.call, c.number
	c.agent = nil
	own := func(f hotline.Fact) hotline.Event {
		return hotline.Event{Shard: Shard, Contact: id, Call: call, Agent: a.id, Queue: queue.id, Fact: f}
	}
	coded := w.chance(0.8)
	w.after(wrap, func() {
		if coded {
			w.put(own(hotline.WrapCoded{Visit: visit, Code: code(queue.index, w.rand.IntN(4))}))
		}
		if w.chance(0.05) {
			w.put(own(hotline.Noted{Visit: visit, Text: "客户要求周三之后再联系，案件 " + strconv.Itoa(w.rand.IntN(1e6))}))
		}
		w.put(own(hotline.WrapEnded{Visit: visit, MS: wrap, Source: hotline.SourceAgent}))
		if w.chance(0.03) {
			w.dials(a, number, id)
			return
		}
		w.idle(a, hotline.SourceSystem)
	})
}

// code is one of the wrap-up codes of the centre file.
func code(queue, n int) string {
	all := [...]string{"claim.new", "claim.progress", "policy.quote", "policy.change", "rescue", "complaint", "other.wrong"}
	return all[(queue*2+n)%len(all)]
}

// handsOn sends the customer to the next queue.
func (w *world) handsOn(c *contact, from, hold int64) {
	to := w.queues[(c.queue.index+1)%len(w.queues)]
	ev := c.agents(hotline.Transferred{
		Visit: c.visit, How: hotline.TransferBlind, Target: hotline.TargetQueue, To: string(to.id), Result: hotline.TransferDone,
	})
	ev.Shard = ""
	w.put(ev)
	w.released(c, from, hold, hotline.CauseTransferred, hotline.RoleAgent)
	c.queue = to
	w.asks(c, hotline.EntryTransfer)
}

// survey asks the customer how it was.
func (w *world) survey(c *contact, a *agent, visit hotline.VisitID) {
	queue := c.queue.id
	say := func(stage, question string, score int) {
		w.put(hotline.Event{Contact: c.id, Call: c.call, Agent: a.id, Queue: queue, Fact: hotline.SurveyStepped{
			Visit: visit, Stage: stage, Question: question, Score: score,
		}})
	}
	say("invited", "", 0)
	if w.chance(0.45) {
		w.after(3*second, func() { w.ends(c, hotline.CauseHangup, hotline.RoleCustomer) })
		return
	}
	w.after(4*second, func() {
		say("accepted", "", 0)
		w.after(6*second, func() {
			say("answered", "satisfied", min(1+w.rand.IntN(6), 5))
			say("completed", "", 0)
			w.ends(c, hotline.CauseFlow, "")
		})
	})
}

// dials is a call that the agent makes because of a contact.
func (w *world) dials(a *agent, number string, because hotline.ContactID) {
	call := w.newCall()
	c := &contact{id: call.Contact(), call: call, number: number, started: w.now, queue: a.queues[0], agent: a, leg: hotline.LegID(call) + "-0"}
	own := func(leg hotline.LegID, f hotline.Fact) hotline.Event {
		return hotline.Event{Contact: c.id, Call: call, Leg: leg, Agent: a.id, Fact: f}
	}
	w.put(own("", hotline.CallStarted{Direction: hotline.Outbound, From: hotline.Party{Number: string(a.id)}, To: number, Trunk: "carrier", For: because}))
	w.put(own(c.leg, hotline.LegStarted{Role: hotline.RoleAgent}))
	w.put(own(c.leg, hotline.LegAnswered{Role: hotline.RoleAgent, Codec: "PCMA"}))
	w.put(hotline.Event{Shard: Shard, Call: call, Agent: a.id, Fact: hotline.AgentSet{
		State: hotline.AgentOutbound, Source: hotline.SourceAgent, From: a.state, MS: w.now - a.since,
	}})
	a.state, a.reason, a.since, a.stamp = hotline.AgentOutbound, "", w.now, 0
	other := call.Sub(1)
	w.put(hotline.Event{Contact: c.id, Call: call, Leg: other, Fact: hotline.LegStarted{Role: hotline.RoleCustomer, To: number}})
	end := func(cause hotline.Cause, talk int64) {
		w.put(hotline.Event{Contact: c.id, Call: call, Leg: other, Fact: hotline.LegEnded{Role: hotline.RoleCustomer, Cause: cause, Stats: w.stats(c)}})
		w.put(hotline.Event{Shard: Shard, Contact: c.id, Call: call, Agent: a.id, Fact: hotline.Released{
			TalkMS: talk, Cause: cause, By: hotline.RoleCustomer, Wrap: "none",
		}})
		w.put(own(c.leg, hotline.LegEnded{Role: hotline.RoleAgent, Cause: hotline.CauseHangup}))
		w.put(c.event(hotline.CallEnded{Cause: cause, By: hotline.RoleCustomer}))
		w.recorded(c)
		w.idle(a, hotline.SourceSystem)
	}
	if w.chance(0.3) {
		w.after(25*second, func() { end(hotline.CauseNoAnswer, 0) })
		return
	}
	w.after(w.between(4*second, 20*second), func() {
		c.heard = true
		w.put(hotline.Event{Contact: c.id, Call: call, Leg: other, Fact: hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"}})
		talk := w.long(60_000)
		w.after(talk, func() { end(hotline.CauseHangup, talk) })
	})
}

package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
)

// Apply makes one logged fact true in the router. Facts of other shards and of calls change nothing. It is total: a fact that
// does not fit the state, which only a damaged log can hold, is passed over as far as it does not fit.
func (r *Router) Apply(ev hotline.Event) {
	if _, ok := ev.Fact.(hotline.EngineStarted); ok && !r.last.IsZero() {
		r.gap = max(0, ev.At.Sub(r.last))
	}
	if ev.At.After(r.last) {
		r.last = ev.At
	}
	if ev.Shard != r.id {
		return
	}
	r.gap = 0
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		r.applyQueued(ev, f)
	case hotline.Relaxed:
		if v := r.visits[f.Visit]; v != nil && f.Step > v.level {
			r.unwait(v)
			v.level = min(f.Step, len(v.levels)-1)
			r.wait(v)
		}
	case hotline.PreferEnded:
		r.applyPreferEnded(f)
	case hotline.Offered:
		r.applyOffered(ev, f)
	case hotline.OfferLost:
		r.applyOfferLost(f)
	case hotline.Connected:
		r.applyConnected(ev, f)
	case hotline.Abandoned:
		if v := r.visits[f.Visit]; v != nil {
			v.queue.left.add(ev.At, 1)
			r.remember(v, ev.At)
			r.closeVisit(v, ev, f.WaitMS)
		}
	case hotline.Left:
		if v := r.visits[f.Visit]; v != nil {
			r.closeVisit(v, ev, f.WaitMS)
		}
	case hotline.Reprioritised:
		r.applyReprioritised(f)
	case hotline.SwitchSet:
		r.switches[f.Switch] = toggle{f.On, ev.At}
	default:
		if r.applyCallback(ev) {
			return
		}
		if f, ok := ev.Fact.(hotline.DeviceChanged); ok && f.Phone != "" {
			r.applyDesk(f)
		} else if ev.Agent != "" {
			a := r.someone(ev.Agent)
			r.applyAgent(a, ev)
			r.rearm(a)
		}
	}
}

func (r *Router) applyAgent(a *agent, ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Released:
		r.applyReleased(a, f)
	case hotline.CalledIn:
		r.applyCalledIn(a, ev)
	case hotline.Joined:
		r.applyJoined(a, ev, f)
	case hotline.WrapEnded:
		if t := a.talk; t != nil && !a.talking() {
			t.handled(f.MS)
			r.joinCall(a, nil)
		}
	case hotline.AgentSet:
		r.applyAgentSet(a, ev, f)
	case hotline.AgentNext:
		r.countAway(a, -1)
		a.next = asked{f.State, f.Reason, f.Source}
		if f.State == "" {
			a.next = asked{}
		}
		if f.State == hotline.AgentSignedOut {
			r.awaits(a, "", time.Time{})
		}
		r.countAway(a, +1)
	default:
		r.applyLife(a, ev)
	}
}

func (r *Router) applyQueued(ev hotline.Event, f hotline.Queued) {
	if r.visits[f.Visit] != nil {
		return
	}
	r.seq++
	v := &visit{
		id: f.Visit, contact: ev.Contact, call: ev.Call, queue: r.line(ev.Queue), from: f.From, attrs: f.Attrs,
		priority: f.Priority, since: f.Since, place: f.Place, entered: ev.At, seq: r.seq,
	}
	if v.place.IsZero() {
		v.place = v.since
	}
	v.needs = f.Needs
	if a := r.agents[f.Prefer]; a != nil && f.Prefer != "" {
		v.prefer, v.preferUntil = a, f.PreferUntil
	}
	v.queue.inside++
	v.queue.came.add(ev.At)
	r.visits[v.id] = v
	r.life.onVisit(v)
	r.settle(v)
	v.callback = f.Callback
	if first := r.visits[f.Beside]; first != nil {
		r.attach(v, first.lead())
	}
	r.keep(v)
	r.returns.forget(comer{v.queue.id, v.from.Number})
	r.wait(v)
}

func (r *Router) applyConnected(ev hotline.Event, f hotline.Connected) {
	v, a := r.closeOffer(f.Offer), r.someone(ev.Agent)
	if v == nil {
		return
	}
	a.calls++
	r.took(a, ev.At)
	if v.queue.rules.LastAgent.For > 0 && v.from.Number != "" {
		r.talks.note(ev.At, v.queue.id, v.from.Number, a.id)
	}
	r.joinCall(a, &talk{
		visit: v.id, contact: v.contact, call: v.call, leg: f.Leg, queue: v.queue, at: ev.At, ringMS: f.RingMS,
	})
	own := v.pool()
	for _, p := range a.pools {
		p.all.add(ev.At, 1)
		if p == own {
			p.own.add(ev.At, 1)
		}
	}
	r.closeVisit(v, ev, f.WaitMS)
}

// closeVisit takes a visit out for good. Offers that are still open end by facts of their own.
func (r *Router) closeVisit(v *visit, ev hotline.Event, waitMS int64) {
	r.unwait(v)
	r.unripe(v)
	v.unsettle()
	delete(r.visits, v.id)
	r.life.offVisit(v)
	v.detach()
	v.queue.inside--
	v.queue.waitSum.add(ev.At, float64(waitMS))
}

func (r *Router) applyReleased(a *agent, f hotline.Released) {
	t := a.talk
	if t == nil {
		return
	}
	a.talkMS += f.TalkMS
	t.talkMS = f.TalkMS
	a.wrapUntil = f.WrapUntil
	if f.Wrap == "" || f.Wrap == "none" {
		t.handled(0)
		r.joinCall(a, nil)
	}
}

func (r *Router) applyAgentSet(a *agent, ev hotline.Event, f hotline.AgentSet) {
	r.unindex(a)
	r.countAway(a, -1)
	r.recount(a, ev.At, f.State, f.Reason)
	if !agentstate.Asked(f.State) {
		a.unreserve()
	}
	r.worked(a, f.State, ev.At)
	at := ev.At.UnixMilli()
	a.occupancy = a.occupancyAt(moment{at, r.today(at)})
	if a.state == hotline.AgentWrapUp {
		a.wrapUntil = time.Time{}
	}
	r.applyLifeSet(a, ev, f)
	switch {
	case onHold(a.state) && a.talk != nil:
		a.talk.holdMS += f.MS
	case a.state == hotline.AgentSignedOut:
		a.talkMS, a.calls = 0, 0
	}
	if f.State == hotline.AgentReady && !a.spared {
		a.idle = ev.At
	}
	a.comeback, a.spared = false, false
	if !agentstate.InCall(f.State) && f.State != hotline.AgentWrapUp {
		a.next = asked{}
		a.comeback = f.State == hotline.AgentNotReady && f.Next == hotline.AgentReady
	}
	a.state, a.reason, a.source, a.since = f.State, f.Reason, f.Source, ev.At
	r.countAway(a, +1)
	r.index(a)
}

// countAway keeps Router.away as the agent's state, or what it asked for, changes.
func (r *Router) countAway(a *agent, d int) {
	if a.state == hotline.AgentNotReady {
		r.away[a.reason] += d
	}
	if f := a.follows(); f.state == hotline.AgentNotReady {
		r.away[f.reason] += d
	}
}

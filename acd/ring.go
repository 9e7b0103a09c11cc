package acd

import (
	"cmp"
	"slices"
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// phones is how many may ring for the visit at once, as far as time has come.
func (v *visit) phones() int {
	most := cmp.Or(v.queue.rules.RingMost, 20)
	switch {
	case v.prefer != nil || v.sated:
		return 1
	case v.queue.rules.Strategy == centre.RingAll:
		return most
	case v.queue.rules.Strategy == centre.Progressive && v.ripe:
		return min(most, len(v.offers)+1)
	}
	return 1
}

func (v *visit) wantsMore() bool { return len(v.offers) < v.phones() }

// ripen lets one phone more ring for a visit of a progressive queue.
func (s *step) ripen(v *visit) {
	s.unripe(v)
	v.ripe = true
	s.unwait(v)
	s.wait(v)
	s.place(v)
}

// unripe makes the visit wait for its next phone, if phones ring for it, until the queue's RingEvery is over.
func (r *Router) unripe(v *visit) {
	v.ripe = false
	r.disarm(v.ripeAt, timerRing, v.seq)
	v.ripeAt = time.Time{}
}

func (r *Router) ripening(v *visit) {
	r.unripe(v)
	if len(v.offers) == 0 || v.queue.rules.Strategy != centre.Progressive || v.prefer != nil || v.sated {
		return
	}
	v.ripeAt = v.offers[len(v.offers)-1].at.Add(cmp.Or(v.queue.rules.RingEvery, 10*time.Second))
	r.arm(v.ripeAt, timerRing, v.seq, timer{ring: v})
}

func (r *Router) applyOffered(ev hotline.Event, f hotline.Offered) {
	v, a := r.visits[f.Visit], r.someone(ev.Agent)
	if v == nil || a.offer != nil || r.offers[f.Offer] != nil {
		return
	}
	r.unwait(v)
	r.unindex(a)
	o := &offer{id: f.Offer, visit: v, agent: a, attempt: f.Attempt, at: ev.At, until: f.Until}
	v.offers = append(v.offers, o)
	v.attempts, v.last, v.queue.asked = f.Attempt, a.id, a.id
	a.unreserve()
	r.open(o)
	r.ripening(v)
	r.wait(v)
	r.hold(v)
}

// open makes a new offer known to its agent, the index and the clock.
func (r *Router) open(o *offer) {
	o.agent.offer = o
	r.offers[o.id] = o
	r.arm(o.until, timerOffer, o.number(), timer{offer: o})
}

// number names the offer among those that ring.
func (o *offer) number() uint64 { return o.visit.seq<<20 | uint64(o.attempt)&(1<<20-1) }

// closeOffer ends an open offer and returns its visit, which then may stand where it should not: wait again. Nil if there is
// no such offer.
func (r *Router) closeOffer(id hotline.OfferID) *visit {
	o := r.offers[id]
	if o == nil {
		return nil
	}
	v := o.visit
	delete(r.offers, id)
	r.disarm(o.until, timerOffer, o.number())
	o.agent.offer = nil
	r.unwait(v)
	v.offers = slices.DeleteFunc(v.offers, func(x *offer) bool { return x == o })
	r.ripening(v)
	return v
}

func (r *Router) applyOfferLost(f hotline.OfferLost) {
	if o := r.offers[f.Offer]; o != nil {
		o.agent.spared = f.Result == hotline.OfferElsewhere // another was quicker: that costs nobody the turn
	}
	if v := r.closeOffer(f.Offer); v != nil && r.visits[v.id] == v {
		r.resume(v)
	}
}

// takeBack ends the visit's open offers by no doing of their agents, who are as ready, and as long idle, as before. It
// returns the agents: they are free once the caller has said what became of the visit, and given free.
func (s *step) takeBack(v *visit, result hotline.OfferResult) []*agent {
	var rang []*agent
	for _, o := range slices.Clone(v.offers) {
		rang = append(rang, o.agent)
		s.emit(s.of(v, o.agent.id, hotline.OfferLost{Visit: v.id, Offer: o.id, Result: result, RingMS: s.since(o.at)}))
	}
	return rang
}

// free makes agents whose offers were taken back ready again: they go to whoever waits, in this step.
func (s *step) free(agents []*agent) {
	for _, a := range agents {
		s.become(a, agentstate.Step(a.state, agentstate.CallerGone), hotline.SourceSystem)
	}
}

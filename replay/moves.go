package replay

import (
	"strings"
	"time"

	"hotline"
	"hotline/centre"
)

// reading is what must be known of earlier facts to tell what a fact came from.
type reading struct {
	restarts []hotline.Event // starts of the engine whose Recover has not been seen
	recover  time.Time       // of the Recover being read: its facts are all consequences
	talks    map[hotline.AgentID]*talk
	next     map[hotline.AgentID]hotline.AgentNext // asked for during the call
	calls    map[hotline.AgentID]hotline.CallID    // that the agent was joined with last
	asked    map[hotline.AgentID]hotline.OfferID   // last
	tries    map[hotline.CallbackID]time.Time      // until when the try under way may last
}

func newReading() reading {
	return reading{
		talks: map[hotline.AgentID]*talk{}, calls: map[hotline.AgentID]hotline.CallID{}, next: map[hotline.AgentID]hotline.AgentNext{}, asked: map[hotline.AgentID]hotline.OfferID{},
		tries: map[hotline.CallbackID]time.Time{},
	}
}

// before notes a fact from before the span.
func (s *reading) before(ev hotline.Event, shard hotline.ShardID) {
	if ev.Shard != shard {
		return
	}
	switch f := ev.Fact.(type) {
	case hotline.CallbackDue:
		s.tries[f.Callback] = f.Until
	case hotline.Offered:
		s.asked[ev.Agent] = f.Offer
	case hotline.Connected:
		s.calls[ev.Agent] = ev.Call
	}
	s.follow(ev)
}

// follow keeps what was asked for during a call.
func (s *reading) follow(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.AgentNext:
		s.next[ev.Agent] = f
	case hotline.CalledIn:
		s.calls[ev.Agent] = ev.Call
	case hotline.AgentSet:
		if f.From == hotline.AgentNotReady && (f.State == hotline.AgentConsult || f.State == hotline.AgentOutbound) {
			s.next[ev.Agent] = hotline.AgentNext{State: f.From, Reason: f.Was} // the break that it is called from follows by itself
		}
		switch f.State {
		case hotline.AgentReady, hotline.AgentNotReady, hotline.AgentSignedOut:
			delete(s.next, ev.Agent)
		}
	}
}

// shard reads fact i of the shard: either it tells of a request, or it followed from one or from the time.
func (r *recording) shard(own []hotline.Event, i int) {
	ev := own[i]
	defer r.live(ev)
	defer r.state.follow(ev)
	if rs := r.state.restarts; len(rs) > 0 && rs[0].Seq < ev.Seq {
		r.state.restarts = rs[1:]
		m := at(rs[0], hotline.Recover{})
		if recovered(ev) {
			m, r.state.recover = at(ev, m.req), ev.At
			r.ticks = append(r.ticks, move{at: ev.At, n: int(ev.Seq) + 1}) // what became due while no engine ran
		}
		r.ready = append(r.ready, m.at)
		r.own = append(r.own, m)
	}
	if ev.At.Equal(r.state.recover) {
		r.bookkeep(ev)
		return
	}
	switch f := ev.Fact.(type) {
	case hotline.Queued, hotline.Blocked:
		r.enqueued(own, i)
	case hotline.Offered, hotline.OfferLost, hotline.Connected:
		r.offer(own, i)
	case hotline.Abandoned:
		r.left(ev, hotline.Leave{Visit: f.Visit, Outcome: hotline.OutcomeAbandoned})
	case hotline.Left:
		r.leftOtherwise(own, i, f)
	case hotline.Released:
		r.released(ev, f)
	case hotline.Relaxed, hotline.PreferEnded:
		r.tick(own, i)
	case hotline.CallbackAsked, hotline.CallbackDue, hotline.CallbackTried, hotline.CallbackEnded:
		r.callback(own, i)
	case hotline.Reprioritised:
		r.did(ev, hotline.Prioritise(f))
	case hotline.SwitchSet:
		r.did(ev, hotline.SetSwitch(f))
	default:
		r.agent(own, i)
	}
}

// recovered says whether the first fact after a start of the engine tells what its stop left open.
func recovered(ev hotline.Event) bool {
	switch f := ev.Fact.(type) {
	case hotline.OfferLost:
		return f.Result == hotline.OfferCallerGone
	case hotline.Left:
		return f.Outcome == hotline.OutcomeLost
	case hotline.Released:
		return f.Cause == hotline.CauseRestart
	case hotline.AgentSet:
		return f.Reason == hotline.ReasonRestarted
	case hotline.DeviceChanged:
		return !f.Up
	}
	return false
}

// bookkeep follows a fact without a request: what it ends is over.
func (r *recording) bookkeep(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.OfferLost:
		if o := r.offers[f.Offer]; o != nil {
			o.end, o.result = ev.At, f.Result
		}
	case hotline.Released:
		if t := r.state.talks[ev.Agent]; t != nil {
			t.length = ev.At.Sub(t.at)
		}
		delete(r.state.talks, ev.Agent)
	}
}

func at(ev hotline.Event, q hotline.Request) move { return move{at: ev.At, n: int(ev.Seq), req: q} }

// did notes a request that somebody made of his own accord.
func (r *recording) did(ev hotline.Event, q hotline.Request) { r.own = append(r.own, at(ev, q)) }

// mostLate bounds how late a clock is taken to be: more was a machine at a standstill.
const mostLate = 50 * time.Millisecond

// clock notes how late the clock came for something whose time is known. By so much it may have been late for what shows in
// no fact, because nothing followed from it or a request made it moot.
func (r *recording) clock(late time.Duration) {
	if late > r.late && late <= mostLate {
		r.late = late
	}
}

// tick notes that time made something due, unless the fact followed from a request.
func (r *recording) tick(own []hotline.Event, i int) {
	ev := own[i]
	if n := len(r.ticks); n > 0 && r.ticks[n-1].at.Equal(ev.At) {
		return
	}
	m := move{at: ev.At, n: int(ev.Seq)}
	if first := moment(own, i); first > 0 {
		m.since = own[first-1].At
	}
	r.ticks = append(r.ticks, m)
}

// earlier says whether a fact of the same moment before fact i fits.
func earlier(own []hotline.Event, i int, fits func(hotline.Event) bool) bool {
	for j := i - 1; j >= 0 && i-j < 64 && own[j].At.Equal(own[i].At); j-- {
		if fits(own[j]) {
			return true
		}
	}
	return false
}

// first says whether nothing that the shard did in the same moment stands before fact i: then only time can have led to it.
func first(own []hotline.Event, i int) bool { return moment(own, i) == i }

// moment is the shard's first fact of the moment of fact i.
func moment(own []hotline.Event, i int) int {
	for i > 0 && own[i-1].At.Equal(own[i].At) {
		i--
	}
	return i
}

// ringing says whether another phone rings for the visit of an offer.
func (r *recording) ringing(f hotline.Offered) bool {
	for n := f.Attempt - 1; n > max(0, f.Attempt-100); n-- {
		if o := r.offers[f.Visit.Offer(n)]; o != nil && o.end.IsZero() {
			return true
		}
	}
	return false
}

// enqueued reads a request for a queue. Visits beside another one are the router's own, or asked for with it.
func (r *recording) enqueued(own []hotline.Event, i int) {
	ev := own[i]
	f, ok := ev.Fact.(hotline.Queued)
	q := hotline.Enqueue{
		Contact: ev.Contact, Call: ev.Call, Visit: f.Visit, Queue: ev.Queue, Entry: f.Entry, Priority: f.Priority, Since: f.Since,
		From: f.From, Attrs: f.Attrs, Place: f.Place, Needs: f.Needs, Prefer: f.Prefer, Callback: f.Callback,
	}
	if !ok {
		b := ev.Fact.(hotline.Blocked)
		q.Visit, q.Entry, q.Since = b.Visit, b.Entry, ev.At
	}
	if f.Beside != "" {
		if !strings.Contains(string(f.Visit), "+") || !earlier(own, i, func(e hotline.Event) bool {
			first, ok := e.Fact.(hotline.Queued)
			return ok && first.Visit == f.Beside
		}) {
			r.tick(own, i)
			return
		}
		for j := len(r.own) - 1; j >= 0; j-- {
			if first, ok := r.own[j].req.(hotline.Enqueue); ok && first.Visit == f.Beside {
				first.Also = append(first.Also, ev.Queue)
				r.own[j].req = first
				break
			}
		}
		return
	}
	if !f.PreferUntil.IsZero() {
		q.PreferFor = f.PreferUntil.Sub(ev.At)
	}
	p := r.person(ev.Contact)
	if p.first.IsZero() {
		p.first, p.queue, p.call = ev.At, ev.Queue, ev.Call
		r.did(ev, q)
		return
	}
	p.again = append(p.again, at(ev, q))
}

// offer reads an offer and its end.
func (r *recording) offer(own []hotline.Event, i int) {
	ev := own[i]
	switch f := ev.Fact.(type) {
	case hotline.Offered:
		o := &ring{id: f.Offer, contact: ev.Contact, agent: ev.Agent, at: ev.At, until: f.Until}
		r.offers[f.Offer] = o
		r.rings[ev.Agent] = append(r.rings[ev.Agent], o)
		switch {
		case f.Pick.Rule == "pulled":
			r.did(ev, hotline.PullVisit{Visit: f.Visit, Agent: ev.Agent})
		case f.Attempt > 1 && f.Pick.Rule == string(centre.Progressive), first(own, i):
			r.tick(own, i) // time let one phone more ring
		case f.Attempt > 1 && r.ringing(f):
			r.tick(own, moment(own, i)) // it had, before the agent came free
		}
	case hotline.OfferLost:
		o := r.offers[f.Offer]
		var m *move
		if o != nil {
			o.end, o.result = ev.At, f.Result
		}
		switch f.Result {
		case hotline.OfferCallerGone, hotline.OfferElsewhere:
			return
		case hotline.OfferNoAnswer:
			if o == nil || !ev.At.Before(o.until) {
				if o != nil {
					r.clock(ev.At.Sub(o.until))
				}
				r.tick(own, i)
				return
			}
		}
		if earlier(own, i, func(e hotline.Event) bool {
			gone, ok := e.Fact.(hotline.DeviceChanged)
			return ok && !gone.Up && e.Agent == ev.Agent
		}) {
			return
		}
		d := at(ev, hotline.Decline{Offer: f.Offer, Result: f.Result})
		m = &d
		if o == nil {
			r.own = append(r.own, d)
			return
		}
		o.answer = m
	case hotline.Connected:
		r.state.calls[ev.Agent] = ev.Call
		accept := at(ev, hotline.Accept{Offer: f.Offer, Leg: f.Leg})
		t := &talk{agent: ev.Agent, queue: ev.Queue, at: ev.At, wrap: -1, ringMS: f.RingMS}
		p := r.person(ev.Contact)
		if p.first.IsZero() || r.offers[f.Offer] == nil { // it began before the span
			r.own = append(r.own, accept)
		} else {
			o := r.offers[f.Offer]
			o.end, o.result, o.answer = ev.At, hotline.OfferAnswered, &accept
			p.talks = append(p.talks, t)
			r.state.talks[ev.Agent] = t
		}
	}
}

// left reads that a caller gave up.
func (r *recording) left(ev hotline.Event, q hotline.Leave) {
	p := r.person(ev.Contact)
	m := at(ev, q)
	if p.first.IsZero() {
		r.own = append(r.own, m)
		return
	}
	p.leaves = append(p.leaves, m)
}

func (r *recording) leftOtherwise(own []hotline.Event, i int, f hotline.Left) {
	ev := own[i]
	switch {
	case f.Rule == hotline.RuleMoved:
		r.did(ev, hotline.MoveVisit{Visit: f.Visit, Queue: hotline.QueueID(f.To), By: f.By})
	case f.Rule == hotline.RuleWithdrawn:
		r.did(ev, hotline.Withdraw{Visit: f.Visit, By: f.By})
	case f.Outcome == hotline.OutcomeDequeued:
	case f.Outcome == hotline.OutcomeTimeout, f.Outcome == hotline.OutcomeNoAgents, f.Outcome == hotline.OutcomeClosed:
		r.tick(own, i)
	case f.Rule == hotline.RuleLongWait:
	case f.Outcome == hotline.OutcomeCallback: // AskCallback, read with CallbackAsked
	default:
		r.left(ev, hotline.Leave{Visit: f.Visit, Outcome: f.Outcome, To: f.To})
	}
}

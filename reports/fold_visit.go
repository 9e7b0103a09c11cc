package reports

import (
	"slices"

	"hotline"
)

// openOffer is an offer that rings. The fold owns it.
type openOffer struct {
	visit *visit
	rec   *record
	index int // in rec.c.Offers
	agent hotline.AgentID
	at    int64 // when it was made
	free  int64 // when both sides were free
}

// applyVisit follows a visit from the request to its closing.
func (f *Fold) applyVisit(ev hotline.Event, rec *record, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.Queued:
		f.queued(ev, fact, rec, at)
	case hotline.Blocked:
		f.blocked(ev, fact, rec, at)
	case hotline.Relaxed:
		if v := f.open[fact.Visit]; v != nil {
			v.free = at
		}
	case hotline.Offered:
		f.offered(ev, fact, rec, at)
	case hotline.OfferLost:
		f.offerLost(ev, fact, at)
	case hotline.Connected:
		f.connected(ev, fact, rec, at)
	case hotline.Answered:
		f.settle(fact.Visit, ev, at)
	case hotline.Abandoned:
		f.settle(fact.Visit, ev, at)
	case hotline.Left:
		if v := f.open[fact.Visit]; v != nil && v.waiting() {
			v.rule, v.then, v.to, v.by = fact.Rule, fact.Then, fact.To, fact.By
		}
		f.settle(fact.Visit, ev, at)
	case hotline.Reprioritised:
		if v := f.open[fact.Visit]; v != nil {
			v.priority = fact.Priority
		}
	case hotline.PreferEnded:
		if v := f.open[fact.Visit]; v != nil {
			v.prefer, v.preferUntil, v.free = "", 0, at
		}
	case hotline.Released:
		f.released(ev, fact, at)
	case hotline.WrapEnded:
		f.wrapEnded(ev, fact, at)
	case hotline.CallEnded:
		if rec == nil {
			return
		}
		for _, v := range rec.visits {
			if v.call == ev.Call && v.waiting() && v.connected != 0 {
				f.settle(v.id, ev, at)
			}
		}
	}
}

func (f *Fold) queued(ev hotline.Event, q hotline.Queued, rec *record, at int64) {
	if f.open[q.Visit] != nil || q.Visit == "" {
		f.metrics.late.Inc()
		return
	}
	since := at
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	v := f.newVisit(ev, q.Visit, q.Entry, rec, since)
	v.priority, v.free, v.place, v.from = q.Priority, at, since, q.From
	if !q.Place.IsZero() {
		v.place = q.Place.UnixMilli()
	}
	v.beside, v.callback, v.prefer, v.preferUntil = q.Beside, q.Callback, q.Prefer, At(q.PreferUntil)
	f.open[v.id] = v
	f.metrics.queued(v)
}

func (f *Fold) blocked(ev hotline.Event, b hotline.Blocked, rec *record, at int64) {
	v := f.newVisit(ev, b.Visit, b.Entry, rec, at)
	v.blocked, v.ended, v.rule, v.then, v.to = b.Reason, at, b.Rule, b.Then, b.To
	f.metrics.blockedVisit(v)
	f.close(v)
}

func (f *Fold) newVisit(ev hotline.Event, id hotline.VisitID, entry string, rec *record, since int64) *visit {
	v := &visit{id: id, contact: ev.Contact, call: ev.Call, queue: ev.Queue, entry: entry, since: since}
	if c := f.calls[ev.Call]; c != nil {
		v.test = c.view.Test
	}
	if rec == nil { // a request that no call was seen for: on its own
		v.first, v.firstIn, v.firstRequest = since, v.queue, true
		return v
	}
	v.contact = rec.c.ID
	v.redial, v.who, v.came = rec.redials(since), rec.who(), rec.cameFrom()
	if rec.asked == 0 {
		rec.asked, rec.askedIn, v.firstRequest = since, v.queue, true
	}
	v.first, v.firstIn = rec.asked, rec.askedIn
	rec.visits = append(rec.visits, v)
	return v
}

func (f *Fold) offered(ev hotline.Event, o hotline.Offered, rec *record, at int64) {
	v := f.open[o.Visit]
	if v == nil || f.offers[o.Offer] != nil {
		f.metrics.late.Inc()
		return
	}
	a := f.agent(ev.Agent)
	f.abandonSegment(a)
	a.work(f, ev, v.queue)
	open := &openOffer{visit: v, rec: rec, agent: ev.Agent, at: at, free: max(v.free, a.readyAt)}
	if rec != nil {
		open.index = len(rec.c.Offers)
		rec.c.Offers = append(rec.c.Offers, Offer{
			ID: o.Offer, Visit: v.id, Queue: v.queue, Agent: a.id, At: Moment(at), Attempt: o.Attempt, Why: o.Why,
			Pick: o.Pick, Phone: o.Phone,
		})
	}
	f.offers[o.Offer] = open
	v.ringing++
	v.agents = append(slices.Clip(v.agents), a.id)
}

// endOffer notes how an offer ended, wherever it is counted.
func (f *Fold) endOffer(id hotline.OfferID, agent hotline.AgentID, v *visit, result hotline.OfferResult, ring, at int64) {
	ring = max(ring, 0)
	if open := f.offers[id]; open != nil && open.visit == v {
		delete(f.offers, id)
		v.ringing--
		if i := slices.Index(v.agents, open.agent); i >= 0 {
			v.agents = slices.Delete(slices.Clone(v.agents), i, i+1)
		}
		if open.rec != nil {
			f.reopen(open.rec)
			o := &open.rec.c.Offers[open.index]
			o.Result, o.RingMS = result, ring
		}
	}
	if v.test {
		return
	}
	v.rings.add(result, 1)
	v.ring += ring
	f.agent(agent).attempts.addSince(at, f.clock, attempt{at: at, result: result, ring: ring, visit: v})
	f.metrics.rang(v.queue, result, ring)
}

func (f *Fold) offerLost(ev hotline.Event, o hotline.OfferLost, at int64) {
	v := f.open[o.Visit]
	if v == nil {
		f.metrics.late.Inc()
		return
	}
	f.endOffer(o.Offer, ev.Agent, v, o.Result, o.RingMS, at)
	f.agent(ev.Agent).rest(ev.Call)
	v.free = at
	f.closeIfDone(v)
}

func (f *Fold) connected(ev hotline.Event, c hotline.Connected, rec *record, at int64) {
	v := f.open[c.Visit]
	if v == nil {
		f.metrics.late.Inc()
		return
	}
	f.endOffer(c.Offer, ev.Agent, v, hotline.OfferAnswered, c.RingMS, at)
	a := f.agent(ev.Agent)
	f.abandonSegment(a)
	a.work(f, ev, v.queue)
	v.agent, v.connected = a.id, at
	v.joined++
	a.visit = v
	a.segment = &Segment{
		Visit: v.id, Queue: v.queue, Agent: a.id, Leg: c.Leg, Connected: Moment(at), RingMS: max(c.RingMS, 0),
	}
	if rec != nil {
		rec.segments = append(rec.segments, a.segment)
	}
}

// settle asks the rule whether the event ends the visit, and counts the end.
func (f *Fold) settle(id hotline.VisitID, ev hotline.Event, at int64) {
	v := f.open[id]
	if v == nil {
		f.metrics.late.Inc()
		return
	}
	outcome, wait, ended := verdict(v, ev)
	if !ended {
		return
	}
	v.outcome, v.wait, v.ended = outcome, max(wait, 0), at
	switch outcome {
	case hotline.OutcomeAnswered:
		f.answered(v, ev, at)
	case hotline.OutcomeAbandoned:
		rec := f.contacts.byID[v.contact]
		v.gaveUp = rec == nil || !rec.answered
	}
	f.metrics.visitEnded(v, f.book.queue(v.queue))
	f.closeIfDone(v)
}

func (f *Fold) answered(v *visit, ev hotline.Event, at int64) {
	fact, _ := ev.Fact.(hotline.Answered)
	v.noMedia = fact.NoMedia
	if rec := f.contacts.byID[v.contact]; rec == nil || !rec.answered {
		v.firstAnswer = true
		if rec != nil {
			rec.answered = true
		}
	}
	if v.connected == 0 {
		return
	}
	f.metrics.setup("join", at-v.connected)
	if a := f.agent(v.agent); a.segment != nil && a.segment.Visit == v.id {
		a.segment.Answered = Moment(at)
		if !v.test {
			a.answers.addSince(at, f.clock, at)
		}
	}
}

func (f *Fold) released(ev hotline.Event, r hotline.Released, at int64) {
	a := f.agent(ev.Agent)
	s := a.segment
	if s == nil && a.lent != nil {
		a.rest(ev.Call)
		f.sentBack(a)
		return
	}
	if s == nil || (r.Visit != "" && s.Visit != r.Visit) {
		return
	}
	if a.visit.waiting() {
		f.settle(s.Visit, ev, at)
	}
	s.Released, s.Cause, s.By = Moment(at), r.Cause, r.By
	s.HoldMS = max(r.HoldMS, 0)
	s.TalkMS = max(r.TalkMS-s.HoldMS, 0)
	if r.Wrap == "" || r.Wrap == "none" {
		f.endSegment(a)
		return
	}
	a.wrapUntil, a.wrapQueue = At(r.WrapUntil), s.Queue
}

func (f *Fold) wrapEnded(ev hotline.Event, w hotline.WrapEnded, at int64) {
	a := f.agent(ev.Agent)
	s := a.segment
	if s == nil && a.own != nil && a.own.released != 0 { // of a call of its own
		return
	}
	if s == nil || s.Released == 0 || (w.Visit != "" && s.Visit != w.Visit) {
		f.metrics.late.Inc()
		return
	}
	s.Wrapped, s.WrapMS = Moment(at), max(w.MS, 0)
	f.endSegment(a)
}

// abandonSegment closes a segment whose end was never told (a crash): the agent is plainly in another one.
func (f *Fold) abandonSegment(a *agent) {
	if a.segment == nil {
		return
	}
	if v := a.visit; v.waiting() { // joined, never heard and never parted: our fault
		v.outcome, v.wait, v.ended = hotline.OutcomeLost, max(f.clock-v.since, 0), f.clock
		f.metrics.visitEnded(v, f.book.queue(v.queue))
	}
	if s := a.segment; s.Released != 0 && a.wrapLeft > int64(s.Released) { // out of wrap-up without a word about it
		s.Wrapped, s.WrapMS = Moment(a.wrapLeft), a.wrapLeft-int64(s.Released)
	}
	f.metrics.late.Inc()
	f.endSegment(a)
}

// endSegment counts the agent's part of a visit, once it is over. One in which the customer never heard the agent is
// not handled.
func (f *Fold) endSegment(a *agent) {
	s, v := a.segment, a.visit
	a.segment, a.visit = nil, nil
	a.wrapUntil, a.wrapQueue, a.wrapLeft = 0, "", 0
	v.joined--
	if s.Answered != 0 && !v.test {
		v.handled++
		v.held += count(s.HoldMS > 0)
		v.talk, v.hold, v.acw = v.talk+s.TalkMS, v.hold+s.HoldMS, v.acw+s.WrapMS
		a.handled.addSince(int64(s.Connected), f.clock, s)
		f.metrics.handled(s)
	}
	f.closeIfDone(v)
}

func (f *Fold) closeIfDone(v *visit) {
	if !v.waiting() && v.joined == 0 && v.ringing == 0 && v.closed == 0 {
		f.close(v)
	}
}

// close moves the visit to the history, where nothing changes it any more.
func (f *Fold) close(v *visit) {
	v.closed = f.clock
	delete(f.open, v.id)
	if r := f.contacts.byID[v.contact]; r != nil {
		f.packAfter(r)
	}
	if v.test {
		return
	}
	f.closed.addSince(min(v.first, v.since), f.clock, v)
}

package replay

import (
	"time"

	"hotline"
)

// begin lets a caller ask for a queue for the first time, and decides how long it will wait.
func (w *world) begin(m move, q hotline.Enqueue) {
	p := w.rec.people[q.Contact]
	c := &caller{person: p, id: q.Contact, first: q}
	w.callers[c.id] = c
	if p.started.Fact != nil {
		w.say(p.started)
	}
	for _, l := range p.leaves {
		w.plan(l.at, l.n, func() { w.giveUp(c, l.at, l.req.(hotline.Leave)) })
	}
	if d, ok := w.patience[p.queue].draw(lot(c.id, "patience"), p.waited); ok && !p.gaveUp() {
		at := m.at.Add(d)
		w.soon(at, func() { w.giveUp(c, at, hotline.Leave{Outcome: hotline.OutcomeAbandoned}) })
	}
	w.enqueue(c, m.at, q)
}

func (w *world) enqueue(c *caller, now time.Time, q hotline.Enqueue) {
	if queue, ok := w.rec.priority[q.Queue]; ok { // Queued has the queue's own priority in it
		q.Priority -= queue
	}
	c.visits++
	c.open = q.Visit
	w.step(now, q)
}

// giveUp lets a caller leave who still waits. For anything else than hanging up it must still be the same visit.
func (w *world) giveUp(c *caller, now time.Time, q hotline.Leave) {
	if c.open == "" || c.over || q.Outcome != hotline.OutcomeAbandoned && c.open != q.Visit {
		return
	}
	q.Visit = c.open
	w.step(now, q)
}

// observe lets people do what follows from a fact.
func (w *world) observe(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Offered:
		w.offered(ev, f)
	case hotline.Connected:
		w.connected(ev, f)
	case hotline.Released:
		if c := w.callers[ev.Contact]; c == nil || c.open != "" || !w.again(c, ev.At) { // else it lost its agent
			w.ended(ev)
		}
	case hotline.Abandoned:
		w.visitOver(ev, f.Visit, "", "")
	case hotline.Left:
		w.visitOver(ev, f.Visit, f.Then, f.To)
	case hotline.Blocked:
		w.visitOver(ev, f.Visit, f.Then, f.To)
	}
}

// visitOver goes on with a caller whose visit is over: as it did in the recording if that went the same way, else as the
// rule says.
func (w *world) visitOver(ev hotline.Event, v hotline.VisitID, then, to string) {
	c := w.callers[ev.Contact]
	if c == nil || c.open != v {
		return
	}
	c.open = ""
	if w.again(c, ev.At) {
		return
	}
	if then != "queue" || to == "" || c.visits >= 10 {
		w.ended(ev)
		return
	}
	q := c.first
	q.Queue, q.Entry, q.Since, q.Visit = hotline.QueueID(to), hotline.EntryOverflow, ev.At, c.id.Visit(c.visits+1)
	if q.Place.IsZero() {
		q.Place = c.first.Since
	}
	w.soon(ev.At, func() { w.enqueue(c, ev.At, q) })
}

// again lets a caller ask for a queue once more, if it did so soon in the recording.
func (w *world) again(c *caller, now time.Time) bool {
	if c.again >= len(c.person.again) {
		return false
	}
	m := c.person.again[c.again]
	if d := m.at.Sub(now); d < 0 || d >= 5*time.Second {
		return false
	}
	c.again++
	w.plan(m.at, m.n, func() { w.enqueue(c, m.at, m.req.(hotline.Enqueue)) })
	return true
}

// ended closes the call of a contact.
func (w *world) ended(ev hotline.Event) {
	c := w.callers[ev.Contact]
	if c == nil || c.over {
		return
	}
	c.over = true
	w.say(hotline.Event{At: ev.At, Call: ev.Call, Contact: ev.Contact, Fact: hotline.CallEnded{Cause: hotline.CauseHangup}})
}

// offered lets the agent's phone ring: as it did, if the agent was asked for the same contact in the same moment.
func (w *world) offered(ev hotline.Event, f hotline.Offered) {
	for _, o := range w.rec.rings[ev.Agent] {
		if o.used || o.contact != ev.Contact || !o.at.Equal(ev.At) {
			continue
		}
		o.used = true
		if o.rang != nil {
			w.plan(o.rang.at, o.rang.n, func() { w.step(o.rang.at, hotline.Rang{Offer: f.Offer}) })
		}
		if o.answer != nil {
			w.plan(o.answer.at, o.answer.n, func() { w.step(o.answer.at, w.answer(o.answer.req, f.Offer)) })
		}
		return
	}
	c := w.callers[ev.Contact]
	if c == nil || w.deaf(ev.Agent, ev.At) {
		return // the ringing time ends it
	}
	ring := 3 * time.Second
	if t := w.habit(c); t != nil {
		ring = time.Duration(t.ringMS) * time.Millisecond
	}
	at := ev.At.Add(ring)
	w.soon(at, func() { w.step(at, hotline.Accept{Offer: f.Offer, Leg: ev.Call.Sub(c.visits)}) })
}

func (w *world) answer(q hotline.Request, o hotline.OfferID) hotline.Request {
	switch q := q.(type) {
	case hotline.Accept:
		q.Offer = o
		return q
	case hotline.Decline:
		q.Offer = o
		return q
	}
	return q
}

// deaf says whether the agent let a phone ring at that time.
func (w *world) deaf(a hotline.AgentID, at time.Time) bool {
	for _, o := range w.rec.rings[a] {
		if o.result == hotline.OfferNoAnswer && !at.Before(o.at) && at.Before(o.end) {
			return true
		}
	}
	return false
}

// habit is the talk that the caller has: its own as recorded, or one of its queue by lot.
func (w *world) habit(c *caller) *talk {
	for _, t := range c.talks {
		if !t.used {
			return t
		}
	}
	all := w.talks[c.queue]
	if len(all) == 0 {
		return nil
	}
	drawn := *all[int(lot(c.id, "talk")*float64(len(all)))] // a copy: its own caller still has it before it
	return &drawn
}

// connected lets agent and contact talk.
func (w *world) connected(ev hotline.Event, f hotline.Connected) {
	c := w.callers[ev.Contact]
	if c == nil {
		return
	}
	c.open = ""
	t, same := w.habit(c), false
	for _, own := range c.talks {
		if !own.used && own.agent == ev.Agent && own.at.Equal(ev.At) {
			t, same = own, true
			break
		}
	}
	if t == nil {
		t = &talk{length: 3 * time.Minute, wrap: -1}
	}
	t.used = true
	w.hear(ev, f, t, same)
	if !same && (len(t.moves) == 0 || t.length == 0) {
		at := ev.At.Add(max(t.length, time.Second))
		w.soon(at, func() {
			w.step(at, hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
		})
		return
	}
	for _, m := range t.moves {
		if same {
			w.plan(m.at, m.n, func() { w.step(m.at, m.req) })
			continue
		}
		at := ev.At.Add(m.at.Sub(t.at))
		w.soon(at, func() { w.step(at, moveTo(m.req, ev.Agent, ev.Call)) })
	}
}

// hear adds that the customer heard the agent.
func (w *world) hear(ev hotline.Event, f hotline.Connected, t *talk, same bool) {
	heard := hotline.Event{At: ev.At, Contact: ev.Contact, Call: ev.Call, Agent: ev.Agent, Queue: ev.Queue, Leg: ev.Leg}
	for _, h := range w.rec.heard[ev.Contact] {
		if d := h.At.Sub(t.at); same && h.Agent == ev.Agent && d >= 0 {
			heard.At = ev.At.Add(d)
			break
		}
	}
	heard.Fact = hotline.Answered{Visit: f.Visit, WaitMS: f.WaitMS + heard.At.Sub(ev.At).Milliseconds()}
	w.soon(heard.At, func() { w.say(heard) })
}

// moveTo is a request of one talk, made in another.
func moveTo(q hotline.Request, a hotline.AgentID, c hotline.CallID) hotline.Request {
	switch q := q.(type) {
	case hotline.SetTalk:
		q.Agent, q.Call = a, c
		return q
	case hotline.Release:
		q.Agent, q.Call = a, c
		return q
	case hotline.EndWrap:
		q.Agent = a
		return q
	case hotline.CodeWrap:
		q.Agent, q.Call = a, c
		return q
	case hotline.ExtendWrap:
		q.Agent = a
		return q
	case hotline.SetAgent:
		return hotline.EndWrap{Agent: a, Source: q.Source}
	}
	return q
}

package acd

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline"
)

// applyCallback makes a fact about a promise true, and says whether it was one.
func (r *Router) applyCallback(ev hotline.Event) bool {
	switch f := ev.Fact.(type) {
	case hotline.CallbackAsked:
		r.applyAsked(ev, f)
	case hotline.CallbackDue:
		if p := r.promises[f.Callback]; p != nil && p.agent == nil {
			r.reserve(p, r.someone(ev.Agent), ev.Call, f)
		}
	case hotline.CallbackTried:
		if p := r.promises[f.Callback]; p != nil {
			if !ours(f.Cause) {
				p.missed++
			}
			if p.agent != nil {
				p.agent.spared = true
			}
			p.call, p.visit, p.agent, p.next, p.until = "", "", nil, f.Next, time.Time{}
		}
	case hotline.CallbackEnded:
		if p := r.promises[f.Callback]; p != nil {
			r.unwait(p.line)
			r.disarm(p.due, timerPromise, p.line.seq)
			if p.agent != nil {
				p.agent.spared = true
			}
			p.agent, p.due = nil, time.Time{}
			p.line.unsettle()
			p.line.queue.promised--
			delete(r.promises, p.id)
		}
	default:
		return false
	}
	return true
}

func (r *Router) applyAsked(ev hotline.Event, f hotline.CallbackAsked) {
	if r.promises[f.Callback] != nil {
		return
	}
	r.seq++
	r.promised++
	p := &promise{id: f.Callback, contact: ev.Contact, asked: ev.Call, number: f.Number, expires: f.Expires}
	p.line = &visit{
		id: hotline.VisitID(f.Callback), contact: ev.Contact, queue: r.line(ev.Queue), priority: f.Priority, since: f.Since,
		entered: ev.At, place: f.Place, needs: f.Needs, from: f.From, attrs: f.Attrs, seq: r.seq, promise: p,
	}
	p.line.queue.promised++
	r.promises[p.id] = p
	r.settle(p.line)
}

// reserve notes that the agent waits for the customer of the promise to be reached.
func (r *Router) reserve(p *promise, a *agent, call hotline.CallID, f hotline.CallbackDue) {
	if a.offer != nil || a.promise != nil {
		return
	}
	r.unwait(p.line)
	r.unindex(a)
	p.tries, p.call, p.until, p.agent, p.visit = f.Try, call, f.Until, a, ""
	a.promise = p
}

// keep notes that the visit keeps a promise: the customer has been reached.
func (r *Router) keep(v *visit) {
	p := r.promises[v.callback]
	if v.callback == "" || p == nil || p.visit != "" {
		return
	}
	r.unwait(p.line)
	r.disarm(p.due, timerPromise, p.line.seq)
	p.due, p.visit = time.Time{}, v.id
	if p.call == "" { // reached after the try was given up
		p.call = v.call
	}
}

// unreserve notes that the agent no longer waits for a customer: it was offered the visit, or its state changed.
func (a *agent) unreserve() {
	if p := a.promise; p != nil {
		if p.agent == a {
			p.agent = nil
		}
		a.promise = nil
	}
}

// adoptPromises readies the promises for new pools: they are stood in line with the next step.
func (r *Router) adoptPromises() {
	for _, p := range r.promises {
		p.line.waiting, p.line.level, p.due = false, 0, time.Time{}
		r.settle(p.line)
	}
}

// checkQueueLife holds groups and promises to what is known of their visits and agents.
func (r *Router) checkQueueLife() error {
	for _, v := range r.visits {
		if err := r.checkGroup(v); err != nil {
			return err
		}
	}
	promised := make(map[*queue]int)
	for _, p := range r.promises {
		promised[p.line.queue]++
		switch {
		case p.agent != nil && (p.agent.promise != p || p.call == ""):
			return fmt.Errorf("acd: callback %s reserves agent %s, who does not know", p.id, p.agent.id)
		case p.visit != "" && (r.visits[p.visit] == nil || r.visits[p.visit].callback != p.id):
			return fmt.Errorf("acd: callback %s is kept by visit %s, which is over", p.id, p.visit)
		case p.line.waiting && p.call != "":
			return fmt.Errorf("acd: callback %s is tried and stands in line", p.id)
		}
	}
	for _, a := range r.roster {
		if p := a.promise; p != nil && (r.promises[p.id] != p || p.agent != a) {
			return fmt.Errorf("acd: agent %s is reserved for callback %s, which does not know", a.id, p.id)
		}
	}
	for _, q := range r.lines {
		if q.promised != promised[q] {
			return fmt.Errorf("acd: queue %s counts %d promises, has %d", q.id, q.promised, promised[q])
		}
	}
	return nil
}

func (r *Router) armedPromises() int {
	n := 0
	for _, p := range r.promises {
		if !p.due.IsZero() {
			n++
		}
	}
	return n
}

type promiseImage struct {
	ID       hotline.CallbackID `json:"id"`
	Contact  hotline.ContactID  `json:"contact"`
	Asked    hotline.CallID     `json:"asked"`
	Queue    hotline.QueueID    `json:"queue"`
	Number   string             `json:"number"`
	From     hotline.Party      `json:"from,omitzero"`
	Attrs    map[string]string  `json:"attrs,omitempty"`
	Needs    string             `json:"needs,omitempty"`
	Priority int                `json:"priority"`
	Since    time.Time          `json:"since"`
	Place    time.Time          `json:"place"`
	Made     time.Time          `json:"made"`
	Seq      uint64             `json:"seq"`
	Expires  time.Time          `json:"expires"`
	Tries    int                `json:"tries,omitempty"`
	Missed   int                `json:"missed,omitempty"`
	Next     time.Time          `json:"next,omitzero"`
	Call     hotline.CallID     `json:"call,omitempty"`
	Until    time.Time          `json:"until,omitzero"`
	Agent    hotline.AgentID    `json:"agent,omitempty"`
	Visit    hotline.VisitID    `json:"visit,omitempty"`
}

func (r *Router) promiseImages() []promiseImage {
	var out []promiseImage
	for _, id := range slices.Sorted(maps.Keys(r.promises)) {
		p := r.promises[id]
		m := promiseImage{
			ID: p.id, Contact: p.contact, Asked: p.asked, Queue: p.line.queue.id, Number: p.number, From: p.line.from,
			Attrs: p.line.attrs, Needs: p.line.needs, Priority: p.line.priority, Since: p.line.since, Place: p.line.place, Made: p.line.entered,
			Seq: p.line.seq, Expires: p.expires, Tries: p.tries, Missed: p.missed, Next: p.next, Call: p.call, Until: p.until,
			Visit: p.visit,
		}
		if p.agent != nil {
			m.Agent = p.agent.id
		}
		out = append(out, m)
	}
	return out
}

func (r *Router) restorePromise(m promiseImage) {
	p := &promise{
		id: m.ID, contact: m.Contact, asked: m.Asked, number: m.Number, expires: m.Expires, tries: m.Tries, missed: m.Missed,
		next: m.Next, call: m.Call, until: m.Until, visit: m.Visit,
	}
	p.line = &visit{
		id: hotline.VisitID(m.ID), contact: m.Contact, queue: r.line(m.Queue), priority: m.Priority, since: m.Since,
		entered: m.Made, place: m.Place, from: m.From, attrs: m.Attrs, needs: m.Needs, seq: m.Seq, promise: p,
	}
	p.line.queue.promised++
	r.promises[p.id] = p
	if m.Agent != "" {
		p.agent = r.someone(m.Agent)
		p.agent.promise = p
	}
}

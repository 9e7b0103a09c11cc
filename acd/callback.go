package acd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/agentstate"
)

// promise is a call that a customer was promised. It stands in line as a caller who is not there would: an agent that comes
// free is reserved for it when its turn has come, and then the customer is dialled. Between two tries, outside the hours for
// callbacks and while a try is being made it does not stand in line.
type promise struct {
	id      hotline.CallbackID
	contact hotline.ContactID
	asked   hotline.CallID // in which it was promised
	number  string
	expires time.Time
	tries   int       // begun
	missed  int       // of these, by the customer's doing
	next    time.Time // no try before

	line *visit // its place in the order
	due  time.Time

	call  hotline.CallID  // of the try being made; empty: none is
	until time.Time       // of the try
	agent *agent          // reserved for the try; nil: none is, or no longer
	visit hotline.VisitID // of the customer, who has been reached; empty: not yet
}

// Bounds of what a customer may ask for.
const (
	maxPromises = 10_000 // open at once
	maxNumber   = 32     // characters
	dialMargin  = 20 * time.Second
)

// askCallback promises a call. A customer that is promised one in the queue already keeps the better of the two places.
func (s *step) askCallback(q hotline.AskCallback) error {
	var v *visit
	if q.Visit != "" {
		var err error
		if v, err = s.waiter(q.Visit); err != nil {
			return err
		}
		q.Queue = cmp.Or(q.Queue, v.queue.id)
		q.Contact, q.Call = cmp.Or(q.Contact, v.contact), cmp.Or(q.Call, v.call)
	}
	line := s.queues[q.Queue]
	switch {
	case line == nil || line.retired:
		return unknown("queue %q", q.Queue)
	case q.Contact == "":
		return refused("a callback needs its contact")
	case !dialable(q.Number):
		return refused("number %q cannot be dialled", q.Number)
	case len(s.promises) >= maxPromises:
		return refused("%d callbacks are promised", len(s.promises))
	}
	f := hotline.CallbackAsked{
		Callback: hotline.CallbackID(fmt.Sprintf("%s.cb%d", q.Contact, s.promised+1)), Number: q.Number, From: q.From,
		Since: s.now, Place: s.now, Priority: line.rules.Priority, Attrs: maps.Clone(q.Attrs),
		Expires: s.now.Add(cmp.Or(line.rules.Callback.Expires, 24*time.Hour)),
	}
	if place := hotline.Millis(q.Place); !q.Place.IsZero() && place.Before(s.now) {
		f.Place = place
	}
	if v != nil {
		f.Callback, f.Visit = hotline.CallbackID(v.id+".cb"), v.id
		f.Since, f.Place, f.Needs = v.since, v.place, v.needs
		f.Priority = min(max(line.rules.Priority+v.priority-v.queue.rules.Priority, 1), 20)
		if f.From == (hotline.Party{}) {
			f.From = v.from
		}
		if f.Attrs == nil {
			f.Attrs = maps.Clone(v.attrs)
		}
		s.conclude(v, hotline.Left{Outcome: hotline.OutcomeCallback})
	}
	if was := s.promisedTo(q.Queue, q.Number); was != nil {
		if was.line.place.Before(f.Place) {
			f.Place = was.line.place
		}
		s.endPromise(was, "cancelled", "asked again")
	}
	s.emit(hotline.Event{Contact: q.Contact, Call: q.Call, Queue: q.Queue, Fact: f})
	s.stand(s.promises[f.Callback])
	return nil
}

func dialable(number string) bool {
	return number != "" && len(number) <= maxNumber && strings.Trim(number, "+*#0123456789") == ""
}

func (s *step) promisedTo(queue hotline.QueueID, number string) *promise {
	for _, p := range s.promises { // at most one fits
		if p.line.queue.id == queue && p.number == number && p.visit == "" {
			return p
		}
	}
	return nil
}

// stand puts the promise in line if its time has come, and reserves the best ready agent for it; or it ends it, when its time
// is over.
func (s *step) stand(p *promise) {
	s.unwait(p.line)
	s.disarm(p.due, timerPromise, p.line.seq)
	p.due = time.Time{}
	if p.call != "" {
		p.due = p.until
		if p.visit != "" {
			p.due = time.Time{}
		}
		s.arm(p.due, timerPromise, p.line.seq, timer{promise: p})
		return
	}
	if !p.expires.After(s.now) {
		s.endPromise(p, "expired", "")
		return
	}
	p.due = p.expires
	switch {
	case p.next.After(s.now):
		p.due = p.next
	case s.timely(p):
		relax, more := p.line.relaxDue()
		for more && !relax.After(s.now) {
			p.line.level++
			relax, more = p.line.relaxDue()
		}
		if more && relax.Before(p.due) {
			p.due = relax
		}
		s.wait(p.line)
	}
	s.arm(p.due, timerPromise, p.line.seq, timer{promise: p})
	if p.line.waiting {
		if a, _, _ := s.choose(p.line); a != nil {
			s.dial(p, a)
		}
	}
}

// timely says whether the customer may be called now.
func (s *step) timely(p *promise) bool {
	return p.expires.After(s.now) && !p.next.After(s.now) && s.centre.OpenAt(p.line.queue.rules.Callback.Hours, s.now)
}

// lineUp lets every promise stand in line whose time has come, the first in the order first.
func (s *step) lineUp() {
	all := slices.SortedFunc(maps.Values(s.promises), func(a, b *promise) int { return a.line.rank().compare(b.line.rank()) })
	for _, p := range all {
		if s.promises[p.id] == p {
			s.stand(p)
		}
	}
}

// dial reserves the agent for the promise; the call that the fact names dials the customer.
func (s *step) dial(p *promise, a *agent) {
	try := p.tries + 1
	ev := s.ofPromise(p, hotline.CallbackDue{
		Callback: p.id, Number: p.number, Try: try,
		Until: s.now.Add(cmp.Or(p.line.queue.rules.Callback.Ring, 30*time.Second) + dialMargin),
	})
	ev.Agent, ev.Call = a.id, hotline.CallID(fmt.Sprintf("%s-%d", p.id, try))
	s.emit(ev)
	s.disarm(p.due, timerPromise, p.line.seq)
	p.due = p.until
	s.arm(p.due, timerPromise, p.line.seq, timer{promise: p})
	s.become(a, agentstate.Step(a.state, agentstate.Offered), hotline.SourceSystem)
}

// callbackFailed ends a try that did not reach the customer.
func (s *step) callbackFailed(q hotline.CallbackFailed) error {
	p := s.promises[q.Callback]
	switch {
	case p == nil:
		return unknown("callback %q", q.Callback)
	case p.call == "" || p.visit != "" || q.Call != "" && q.Call != p.call:
		return refused("callback %q makes no such try", q.Callback)
	}
	s.tried(p, q.Cause)
	return nil
}

// promiseDue does what the promise's time has come for.
func (s *step) promiseDue(p *promise) {
	if p.call != "" && p.visit == "" {
		s.tried(p, hotline.CauseNoAnswer)
		return
	}
	s.stand(p)
}

// tried ends a try. The next follows after the pause that the queue has, unless it was the last or the promise is over by then.
// A try that failed by our own fault costs the customer none.
func (s *step) tried(p *promise, cause hotline.Cause) {
	rules := p.line.queue.rules.Callback
	missed := p.missed
	if !ours(cause) {
		missed++
	}
	f := hotline.CallbackTried{Callback: p.id, Try: p.tries, Cause: cause, Next: s.now.Add(max(rules.Every, time.Second))}
	over := ""
	switch {
	case missed > rules.Retries:
		over = "failed"
	case !f.Next.Before(p.expires):
		over = "expired"
	}
	if over != "" {
		f.Next = time.Time{}
	}
	a, ev := p.agent, s.ofPromise(p, f)
	ev.Call = p.call
	if a != nil {
		ev.Agent = a.id
	}
	s.emit(ev)
	if over != "" {
		s.endPromise(p, over, "")
	} else {
		s.stand(p)
	}
	s.unbind(a)
}

// ours says whether a try failed by the engine's own doing.
func ours(c hotline.Cause) bool {
	switch c {
	case hotline.CauseRestart, hotline.CauseShutdown, hotline.CauseOverload, hotline.CausePanic, hotline.CauseLost:
		return true
	}
	return false
}

// endPromise closes a promise, frees the agent that is reserved for it, and lets the call that dials for it know.
func (s *step) endPromise(p *promise, result, by string) {
	a := p.agent
	if p.call != "" && p.visit == "" {
		ev := s.ofPromise(p, hotline.CallbackTried{Callback: p.id, Try: p.tries, Cause: hotline.CauseCancelled})
		ev.Call = p.call
		s.emit(ev)
	}
	s.emit(s.ofPromise(p, hotline.CallbackEnded{Callback: p.id, Result: result, By: by}))
	s.unbind(a)
}

// unbind gives back an agent whose reservation came to nothing: as ready, and as long idle, as before.
func (s *step) unbind(a *agent) {
	if a != nil && a.promise != nil {
		s.free([]*agent{a})
	}
}

// cancelCallback takes a promise back. A customer who has been reached already waits on as any other.
func (s *step) cancelCallback(q hotline.CancelCallback) error {
	p := s.promises[q.Callback]
	if p == nil {
		return unknown("callback %q", q.Callback)
	}
	s.endPromise(p, "cancelled", q.By)
	return nil
}

// reached settles the promise that a visit kept, if it kept one, now that the visit is over. A customer who hung up, or whom we
// lost, is called again; one who went another way is not.
func (s *step) reached(v *visit, how hotline.Outcome, by string) {
	p := s.promises[v.callback]
	if p == nil || p.visit != v.id {
		return
	}
	switch how {
	case hotline.OutcomeAnswered:
		s.endPromise(p, "connected", "")
	case hotline.OutcomeAbandoned:
		s.tried(p, hotline.CauseHangup)
	case hotline.OutcomeLost:
		s.tried(p, hotline.CauseLost)
	case hotline.OutcomeTimeout, hotline.OutcomeNoAgents, hotline.OutcomeClosed, hotline.OutcomeOverflow:
		s.endPromise(p, "failed", by)
	default:
		s.endPromise(p, "cancelled", by)
	}
}

// callbackGone ends the try that a call made of which nothing is left.
func (s *step) callbackGone(call hotline.CallID) {
	for _, p := range s.promises {
		if p.call == call && p.visit == "" {
			s.tried(p, hotline.CauseLost)
			return
		}
	}
}

// recoverPromises ends the tries whose calls are gone, and the promises of queues that nobody knows any more.
func (s *step) recoverPromises(resumed map[hotline.CallID]bool) {
	for _, id := range slices.Sorted(maps.Keys(s.promises)) {
		p := s.promises[id]
		switch {
		case p.line.queue.unknown && (p.visit == "" || s.visits[p.visit] == nil):
			s.endPromise(p, "failed", "")
		case p.call != "" && p.visit == "" && !resumed[p.call]:
			s.tried(p, hotline.CauseRestart)
		}
	}
}

// ofPromise is an event about a promise.
func (r *Router) ofPromise(p *promise, f hotline.Fact) hotline.Event {
	return hotline.Event{Contact: p.contact, Queue: p.line.queue.id, Fact: f}
}

// keeps says whether the customer comes because of a promise that was made in the queue, which may have left the file since.
func (s *step) keeps(line *queue, q hotline.Enqueue) bool {
	p := s.promises[q.Callback]
	return p != nil && p.line.queue == line && !line.unknown
}

// comes gives a caller who comes the place it has already: that of the promise which is kept by calling it, or the one it had
// when it hung up not long ago.
func (s *step) comes(line *queue, q *hotline.Enqueue) {
	p := s.promises[q.Callback]
	switch {
	case p != nil && p.visit == "" && p.line.queue == line:
		q.Place, q.Priority = p.line.place, p.line.priority-line.rules.Priority
		q.Needs = p.line.needs
		if q.Attrs == nil {
			q.Attrs = p.line.attrs
		}
		if q.From == (hotline.Party{}) {
			q.From = p.line.from
		}
	case q.Place.IsZero() && line.rules.Return > 0 && q.Entry != hotline.EntryCallback:
		q.Place = s.placeOf(line, q.From.Number)
	}
}

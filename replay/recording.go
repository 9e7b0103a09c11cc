package replay

import (
	"context"
	"fmt"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/centre"
)

// move is one request as it was made: at what time, and where among all of them.
type move struct {
	at  time.Time
	n   int
	req hotline.Request

	since time.Time // of a tick: when the shard wrote before it
}

// recording is a span of the log, taken apart into what moved the router.
type recording struct {
	from, to time.Time
	before   []hotline.Event // everything before the span
	events   []hotline.Event // of the span, of every writer
	own      []move          // what people did of their own accord, in order
	ticks    []move          // when time made something due (no request)
	people   map[hotline.ContactID]*person
	offers   map[hotline.OfferID]*ring // of the span
	rings    map[hotline.AgentID][]*ring
	outages  []outage
	ready    []time.Time                           // after each start: when the router knew what it had left open
	runs     []hotline.Event                       // EngineStarted, EngineStopped
	heard    map[hotline.ContactID][]hotline.Event // Answered
	late     time.Duration                         // how late the clock came at most, where it can be seen
	priority map[hotline.QueueID]int               // of each queue, by the file of that time
	state    reading
}

// person is what the span tells of one contact.
type person struct {
	id      hotline.ContactID
	queue   hotline.QueueID
	first   time.Time // asked for a person
	call    hotline.CallID
	again   []move        // its further requests for a queue, which followed from the end of an earlier visit
	leaves  []move        // of visits left of its own accord: given up, or for something else
	open    bool          // waits or rings
	last    time.Time     // when it was last known to be there
	waited  time.Duration // from first to last
	talks   []*talk
	started hotline.Event // its CallStarted
}

// gaveUp says whether the last thing it did was to hang up while waiting.
func (p *person) gaveUp() bool {
	if len(p.leaves) == 0 {
		return false
	}
	q, ok := p.leaves[len(p.leaves)-1].req.(hotline.Leave)
	return ok && q.Outcome == hotline.OutcomeAbandoned
}

// ring is one offer as it went.
type ring struct {
	id      hotline.OfferID
	contact hotline.ContactID
	agent   hotline.AgentID
	at      time.Time
	until   time.Time
	rang    *move
	answer  *move // Accept or Decline; nil: it rang out, or the caller left
	result  hotline.OfferResult
	end     time.Time
	used    bool
}

// talk is an agent and a contact joined, as it went.
type talk struct {
	agent  hotline.AgentID
	queue  hotline.QueueID
	at     time.Time
	moves  []move // SetTalk, Release, EndWrap
	length time.Duration
	wrap   time.Duration // -1: not known
	ringMS int64
	used   bool

	wrapUntil time.Time
}

// read takes the span out of the log.
func read(ctx context.Context, log hotline.Log, shard hotline.ShardID, from, to time.Time) (*recording, error) {
	r := &recording{
		from: from, to: to, people: map[hotline.ContactID]*person{}, offers: map[hotline.OfferID]*ring{},
		rings: map[hotline.AgentID][]*ring{}, heard: map[hotline.ContactID][]hotline.Event{}, state: newReading(),
	}
	var own []hotline.Event
	for ev, err := range log.Read(ctx, 0) {
		if err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
		switch {
		case !ev.At.Before(to):
			continue // a call may have been logged late; what follows may still belong to the span
		case ev.At.Before(from) && len(r.events) == 0:
			r.before = append(r.before, ev)
			r.state.before(ev, shard)
			continue
		}
		r.events = append(r.events, ev)
		if ev.Shard == shard {
			own = append(own, ev)
		} else {
			r.call(ev)
		}
	}
	if len(r.events) == 0 {
		return nil, fmt.Errorf("replay: nothing happened between %s and %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	for i := range own {
		r.shard(own, i)
	}
	r.engine()
	for _, p := range r.people {
		p.close(to)
	}
	return r, nil
}

// outage is a time in which no engine ran, or one whose router did not know yet what had become of its calls.
type outage struct{ from, to time.Time }

// engine reads the starts and stops of the engine, and ends the span with the log.
func (r *recording) engine() {
	var last time.Time
	n := 0 // starts so far
	for _, ev := range r.events {
		switch ev.Fact.(type) {
		case hotline.EngineStarted:
			up := ev.At
			if n < len(r.ready) {
				up = r.ready[n]
			}
			if n++; !last.IsZero() {
				r.outages = append(r.outages, outage{last, up})
			}
			r.runs = append(r.runs, ev)
		case hotline.EngineStopped:
			r.runs = append(r.runs, ev)
		}
		last = ev.At
	}
	if end := last.Add(time.Millisecond); end.Before(r.to) {
		r.to = end
	}
}

// live notes a fact about one of a contact's visits: until then it was there.
func (r *recording) live(ev hotline.Event) {
	p := r.people[ev.Contact]
	if p == nil || p.first.IsZero() {
		return
	}
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		if f.Beside == "" {
			p.open = true
		}
	case hotline.Connected:
		p.open = false
	case hotline.Left:
		p.open = p.open && f.Outcome == hotline.OutcomeDequeued
	case hotline.Abandoned:
		p.open = false
	case hotline.Offered, hotline.OfferLost, hotline.Relaxed, hotline.Reprioritised, hotline.PreferEnded:
	default:
		return
	}
	p.last = ev.At
}

// close says how long a caller is known to have waited, at the end of the span.
func (p *person) close(to time.Time) {
	if p.first.IsZero() {
		return
	}
	if p.open {
		p.last = to
	}
	p.waited = p.last.Sub(p.first)
}

// call reads what a call wrote.
func (r *recording) call(ev hotline.Event) {
	switch ev.Fact.(type) {
	case hotline.CallStarted:
		r.person(ev.Contact).started = ev
	case hotline.Answered:
		r.heard[ev.Contact] = append(r.heard[ev.Contact], ev)
	case hotline.EngineStarted:
		r.state.restarts = append(r.state.restarts, ev)
	}
}

func (r *recording) person(id hotline.ContactID) *person {
	p := r.people[id]
	if p == nil {
		p = &person{id: id}
		r.people[id] = p
	}
	return p
}

// router is a router as it stood when the span began, under the centre file of that time.
func (r *recording) router(shard hotline.ShardID, was *centre.Centre) *acd.Router {
	router := acd.NewRouter(shard, was)
	for _, ev := range r.before {
		router.Apply(ev)
	}
	return router
}

package sim

import (
	"slices"
	"time"

	"hotline"
	"hotline/call/calltest"
	"hotline/reports"
)

// truth is what the simulator counted for one queue.
type truth struct {
	Requested, Blocked, Answered, AnsweredIn, AnsweredIn20, Abandoned, AbandonedIn, Short, Lost int
	Timeout, Key, Moved, Callback, Voicemail                                                    int
	WaitAnswered, WaitAbandoned                                                                 int64
	Rings                                                                                       reports.Rings
}

// truths counts, from what the people experienced, what the reports must say.
func (w *world) truths() (map[hotline.QueueID]*truth, map[hotline.AgentID]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	queues, answered := map[hotline.QueueID]*truth{}, map[hotline.AgentID]int{}
	for _, q := range w.centre.Queues {
		queues[q.ID] = &truth{Rings: *w.rings[q.ID]}
	}
	beside := map[hotline.VisitID]time.Time{} // when who waits began to wait in a second queue as well
	for _, ev := range w.log.Events() {
		if f, ok := ev.Fact.(hotline.Queued); ok && f.Beside != "" {
			beside[f.Beside] = f.Since
		}
	}
	for id, c := range w.callers { // any order: all are added up
		asked := w.requests[id]
		for i, r := range asked {
			stay := stay{request: r, end: time.Now(), last: i+1 == len(asked)}
			if !stay.last {
				stay.end = asked[i+1].at
			}
			if h, ok := stay.heard(c); ok { // in the queue that served it: it waited in two perhaps
				since := r.since
				if h.queue != r.queue {
					since = beside[r.visit]
				}
				w.served(queues[h.queue], h, since)
				answered[h.agent]++
				continue
			}
			queues[r.queue].Requested++
			w.unserved(queues[r.queue], c, stay)
		}
	}
	return queues, answered
}

// stay is a request and the time until the next, or the end of the day.
type stay struct {
	request
	end  time.Time
	last bool
}

func (s stay) within(at time.Time) bool { return at.After(s.at) && !at.After(s.end) }

func (s stay) heard(c *caller) (heard, bool) {
	i := slices.IndexFunc(c.heard, func(h heard) bool { return s.within(h.at) })
	if i < 0 {
		return heard{}, false
	}
	return c.heard[i], true
}

// served counts a request that brought the caller an agent.
func (w *world) served(t *truth, h heard, since time.Time) {
	rules, _ := w.centre.Queue(h.queue)
	wait := h.at.Sub(since)
	t.Requested++
	t.Answered++
	t.WaitAnswered += wait.Milliseconds()
	if wait <= rules.Target.Within {
		t.AnsweredIn++
	}
	if wait <= 20*time.Second {
		t.AnsweredIn20++
	}
}

// unserved counts a request that did not.
func (w *world) unserved(t *truth, c *caller, s stay) {
	rules, _ := w.centre.Queue(s.queue)
	switch {
	case w.moved[s.visit]:
		t.Moved++
	case slices.ContainsFunc(c.vowed, s.within):
		t.Callback++
	case slices.ContainsFunc(c.spoke, s.within):
		t.Voicemail++
	case slices.ContainsFunc(c.chose, s.within):
		t.Key++
	case slices.ContainsFunc(c.lost, s.within):
		t.Lost++
	case !s.last && s.end.Equal(s.at), s.last && c.busy: // it was full
		t.Blocked++
	case !s.last, c.sorry, slices.ContainsFunc(c.ruled, s.within): // sent on after a wait
		t.Timeout++
	case c.left && !c.gone.Before(s.at):
		wait := c.gone.Sub(s.since)
		t.Abandoned++
		t.WaitAbandoned += wait.Milliseconds()
		if wait <= rules.Target.Within {
			t.AbandonedIn++
		}
		if wait < rules.ShortAbandon {
			t.Short++
		}
	default:
		t.Timeout++
	}
}

// back is a customer whom the centre calls back.
func (w *world) back(d hotline.Dial, l *calltest.Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rng("back", w.backs)
	w.backs++
	c := &caller{
		w: w, r: r, will: r, line: l, has: make(chan struct{}), talk: time.Second + exp(r, time.Minute), hangs: r.IntN(2) == 0,
		patience: time.Second + exp(r, time.Minute),
	}
	close(c.has)
	w.callers[d.Call] = c
	l.Hears = c.hears
	l.Gone = func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.gone = hotline.Millis(time.Now())
	}
	time.AfterFunc(between(r, 50*time.Millisecond, time.Second), l.Ring)
	at := between(r, 2*time.Second, 20*time.Second) // some let it ring out
	if r.IntN(10) == 0 {
		time.AfterFunc(at, func() { l.Refuse(hotline.CauseBusy) })
		return
	}
	time.AfterFunc(at, func() { l.PickUp(false) })
}

// lead is a person who now and then sends a waiting caller to another queue, or away.
func (w *world) lead(end time.Time) {
	r := w.rng("lead", 0)
	var act func()
	act = func() {
		if time.Now().After(end) {
			return
		}
		w.mu.Lock()
		var waiting []hotline.CallID
		for id, c := range w.callers {
			if c.queued && !c.served && c.gone.IsZero() && len(w.requests[id]) > 0 {
				waiting = append(waiting, id)
			}
		}
		var visit hotline.VisitID
		if len(waiting) > 0 {
			slices.Sort(waiting)
			asked := w.requests[waiting[r.IntN(len(waiting))]]
			visit = asked[len(asked)-1].visit
		}
		to := []hotline.QueueID{"claims", "rescue", "all", ""}[r.IntN(4)]
		next := exp(r, time.Minute)
		w.mu.Unlock()
		if visit != "" {
			w.move(visit, to)
		}
		time.AfterFunc(next, act)
	}
	time.AfterFunc(time.Minute, act)
}

// move sends a waiting caller to a queue, or away.
func (w *world) move(v hotline.VisitID, to hotline.QueueID) {
	var q hotline.Request = hotline.MoveVisit{Visit: v, Queue: to, By: "lead"}
	if to == "" {
		q = hotline.Withdraw{Visit: v, By: "lead"}
	}
	if w.shard.Submit(w.t.Context(), q) == nil { // it may have been served or given up by now
		w.mu.Lock()
		w.moved[v] = true
		w.mu.Unlock()
	}
}

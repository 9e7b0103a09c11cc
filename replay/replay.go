package replay

import (
	"bytes"
	"context"
	"time"

	"hotline"
	"hotline/centre"
)

// Question is what is asked.
type Question struct {
	Log      hotline.Log
	Shard    hotline.ShardID
	From, To time.Time      // [From, To)
	Was      *centre.Centre // in force at From
	With     *centre.Centre // to be tried; nil: Was
}

// Answer is what was and what would have been: all events up to the end of the span, the former as they stand in the log.
type Answer struct {
	Was, Would []hotline.Event
	To         time.Time // the end of the span, or of the log if that is earlier
	Contacts   int       // who asked for a person in the span
	Changes    int       // centre files applied within the span, which are not tried
	Same       bool      // the router would have decided exactly as it did
	Differ     *Difference
}

// Difference is the first fact that would have been another one.
type Difference struct{ Was, Would hotline.Event }

// Run answers the question. The error is the log's, or says that nothing happened in the span.
func Run(ctx context.Context, q Question) (*Answer, error) {
	rec, err := read(ctx, q.Log, q.Shard, q.From, q.To)
	if err != nil {
		return nil, err
	}
	rec.priority = map[hotline.QueueID]int{}
	for _, queue := range q.Was.Queues {
		rec.priority[queue.ID] = queue.Priority
	}
	w := newWorld(rec, rec.router(q.Shard, q.Was))
	if q.With != nil && q.With.SHA256 != q.Was.SHA256 {
		for _, ev := range w.router.SetCentre(q.From, q.With) {
			w.out = append(w.out, ev)
			w.observe(ev)
		}
	}
	w.run()
	a := &Answer{Contacts: len(w.callers), To: rec.to}
	a.Was = append(append(a.Was, rec.before...), rec.events...)
	a.Would = append(append(a.Would, rec.before...), w.out...)
	for _, ev := range rec.events {
		if f, ok := ev.Fact.(hotline.CentreApplied); ok && f.SHA256 != q.Was.SHA256 {
			a.Changes++
		}
	}
	a.compare(own(rec.events, q.Shard), own(w.out, q.Shard))
	for i := range a.Would {
		a.Would[i].Seq = uint64(i + 1)
	}
	return a, nil
}

func own(evs []hotline.Event, shard hotline.ShardID) []hotline.Event {
	var out []hotline.Event
	for _, ev := range evs {
		if ev.Shard == shard {
			ev.Seq = 0
			out = append(out, ev)
		}
	}
	return out
}

func (a *Answer) compare(was, would []hotline.Event) {
	for i := range max(len(was), len(would)) {
		d := Difference{}
		if i < len(was) {
			d.Was = was[i]
		}
		if i < len(would) {
			d.Would = would[i]
		}
		if !equal(d.Was, d.Would) {
			a.Differ = &d
			return
		}
	}
	a.Same = true
}

// equal compares events as the log would hold them.
func equal(a, b hotline.Event) bool {
	if a.Fact == nil || b.Fact == nil {
		return a.Fact == b.Fact
	}
	x, err := hotline.MarshalEvent(a)
	y, err2 := hotline.MarshalEvent(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

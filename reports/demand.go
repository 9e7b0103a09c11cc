package reports

import (
	"sync"
	"time"

	"hotline"
	"hotline/reports/forecast"
)

// redialWithin is how soon, in ms, a customer who got nobody calls again about the same matter.
const redialWithin = 30 * 60_000

// redials says whether the contact's customer asked for somebody in vain within the last half hour.
func (r *record) redials(now int64) bool {
	p := r.prev
	if p == nil || p.answered || len(p.visits) == 0 {
		return false
	}
	last := p.visits[len(p.visits)-1]
	return last.ended != 0 && last.ended <= now && now-last.ended <= redialWithin
}

// demand is what came to a queue in one quarter, by the start of the wait; the handling time is that of those who arrived in it.
type demand struct {
	offered, redials    int32 // with those blocked because the queue was full or nobody was there: they wanted to be served as well
	handled             int32
	answered, abandoned int32
	within, ended       int32
	handle, waited      int64 // ms; waited is by all whose wait is over
}

func (d *demand) add(v *visit, target int64) {
	d.offered++
	d.redials += int32(count(v.redial))
	d.handled += int32(v.handled)
	d.handle += v.talk + v.hold + v.acw
	if v.blocked != "" || v.waiting() {
		return
	}
	d.ended++
	d.waited += v.wait
	switch v.outcome {
	case hotline.OutcomeAnswered:
		d.answered++
		d.within += int32(count(within(v.wait, target)))
	case hotline.OutcomeAbandoned:
		d.abandoned++
	}
}

func (d *demand) merge(o demand) {
	d.offered, d.redials, d.handled = d.offered+o.offered, d.redials+o.redials, d.handled+o.handled
	d.answered, d.abandoned, d.within, d.ended = d.answered+o.answered, d.abandoned+o.abandoned, d.within+o.within, d.ended+o.ended
	d.handle, d.waited = d.handle+o.handle, d.waited+o.waited
}

// slot is the demand as a forecast learns from it.
func (d *demand) slot() forecast.Slot {
	return forecast.Slot{
		Demand: float64(d.offered - d.redials), Handled: int(d.handled), Handle: time.Duration(d.handle) * time.Millisecond,
	}
}

// dayDemand is a local day's quarters by queue; a queue to which nobody came has none.
type dayDemand struct {
	start, next time.Time
	queues      map[hotline.QueueID][]demand
}

// of is the queue's quarters, zeros where nobody came.
func (d *dayDemand) of(q hotline.QueueID) []demand {
	if l := d.queues[q]; l != nil {
		return l
	}
	return make([]demand, int(d.next.Sub(d.start)/quarter))
}

// settledAfter is when a day's demand changes no more: its last calls and their wrap-ups are over.
const settledAfter = 6 * time.Hour

// demandCache keeps the days that are settled, so that a forecast reads each day of the past once. A change of the centre (targets,
// the zone) empties it.
type demandCache struct {
	mu   sync.Mutex
	book *book
	days map[int64]*dayDemand
}

// maxDemandDays bounds the cache: 20 weeks.
const maxDemandDays = 140

// days is the demand of n local days that end with the one that t is in.
func (f *Fold) days(s *snapshot, t time.Time, n int, now time.Time) []*dayDemand {
	f.demands.mu.Lock()
	defer f.demands.mu.Unlock()
	c := &f.demands
	if c.book != s.book || len(c.days) > maxDemandDays {
		c.book, c.days = s.book, map[int64]*dayDemand{}
	}
	y, m, d := t.In(s.book.loc).Date()
	var out []*dayDemand
	for i := 1 - n; i <= 0; i++ {
		start, next := dayStart(y, m, d+i, s.book.loc), dayStart(y, m, d+i+1, s.book.loc)
		if !next.After(start) {
			continue // a day that the calendar leaves out
		}
		day := c.days[start.UnixMilli()]
		if day == nil {
			day = s.demand(start, next)
			if now.Sub(next) > settledAfter {
				c.days[start.UnixMilli()] = day
			}
		}
		out = append(out, day)
	}
	return out
}

// demand counts what came in [start, next).
func (s *snapshot) demand(start, next time.Time) *dayDemand {
	out := &dayDemand{start: start, next: next, queues: map[hotline.QueueID][]demand{}}
	from, to := start.UnixMilli(), next.UnixMilli()
	s.visits(from, to, func(v *visit) {
		if v.since < from || v.since >= to || !v.counts() || v.blocked == hotline.BlockClosed || v.blocked == hotline.BlockRefused {
			return
		}
		l := out.queues[v.queue]
		if l == nil {
			l = out.of(v.queue)
			out.queues[v.queue] = l
		}
		l[(v.since-from)/quarter.Milliseconds()].add(v, s.book.queue(v.queue).Within.Milliseconds())
	})
	return out
}

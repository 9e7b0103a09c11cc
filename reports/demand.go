package reports

import (
	"time"

	"hotline"
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

// Demand is what came to a queue in one interval, for a forecast: arrivals by the start of their wait, handling times of those
// that arrived in it.
type Demand struct {
	Start                       time.Time
	Offered                     int // with those blocked because the queue was full or nobody was there: they wanted to be served as well
	Redials                     int // of them: the same customer again, having been in vain shortly before
	Handled                     int // talks that were handled, and the time they took
	Handle                      time.Duration
	Answered, Abandoned, Within int
	Waited                      time.Duration // by all whose wait is over
	Ended                       int           // how many those are
}

// Demands is what came to the queue from one time to another, cut into intervals of the given width from from on. Intervals without
// anything are in it.
func (f *Fold) Demands(queue hotline.QueueID, from, to time.Time, width time.Duration) []Demand {
	s := f.snapshot()
	start, step := from.UnixMilli(), width.Milliseconds()
	out := make([]Demand, max(0, (to.UnixMilli()-start+step-1)/step))
	for i := range out {
		out[i].Start = from.Add(time.Duration(i) * width)
	}
	target := s.book.queue(queue).Within.Milliseconds()
	s.visits(start, to.UnixMilli(), func(v *visit) {
		if v.queue != queue || v.since < start || v.since >= to.UnixMilli() || !v.counts() {
			return
		}
		if v.blocked == hotline.BlockClosed || v.blocked == hotline.BlockRefused {
			return
		}
		out[(v.since-start)/step].add(v, target)
	})
	return out
}

func (d *Demand) add(v *visit, target int64) {
	d.Offered++
	d.Redials += count(v.redial)
	d.Handled += v.handled
	d.Handle += time.Duration(v.talk+v.hold+v.acw) * time.Millisecond
	if v.blocked != "" || v.waiting() {
		return
	}
	d.Ended++
	d.Waited += time.Duration(v.wait) * time.Millisecond
	switch v.outcome {
	case hotline.OutcomeAnswered:
		d.Answered++
		d.Within += count(within(v.wait, target))
	case hotline.OutcomeAbandoned:
		d.Abandoned++
	}
}

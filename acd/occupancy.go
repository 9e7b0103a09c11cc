package acd

import (
	"cmp"
	"math/bits"
	"time"

	"hotline"
	"hotline/agentstate"
)

// workday is a day of the centre's time zone, from midnight to midnight, in Unix milliseconds. Occupancy is counted anew each day.
type workday struct{ begins, ends int64 }

// moment is a time in Unix ms, and the day it lies in.
type moment struct {
	now int64
	day workday
}

// moment is now, but never before what has happened.
func (r *Router) moment(now time.Time) moment {
	t := now.UnixMilli()
	if !r.last.IsZero() {
		t = max(t, r.last.UnixMilli())
	}
	return moment{t, r.today(t)}
}

// today returns the day that now lies in.
func (r *Router) today(now int64) workday {
	if now < r.day.begins || now >= r.day.ends {
		y, m, d := time.UnixMilli(now).In(cmp.Or(r.centre.TimeZone, time.UTC)).Date()
		midnight := func(d int) int64 {
			return time.Date(y, m, d, 0, 0, 0, 0, cmp.Or(r.centre.TimeZone, time.UTC)).UnixMilli()
		}
		r.day = workday{midnight(d), midnight(d + 1)}
	}
	return r.day
}

// occupancy is what an agent has done on the day of its latest change of state, up to then, in milliseconds. It was busy from
// the moment a phone was to ring for it until the end of the after-call work, calls of its own included. It was here while it
// was busy, ready, or kept from work because it let an offer go. A break, and all else in which nothing was to come to it,
// counts in neither, and so does the time signed out.
type occupancy struct{ busy, here int64 }

// occupancyAt returns what the agent has done today up to then.
func (a *agent) occupancyAt(m moment) occupancy {
	o, since := a.occupancy, int64(0) // it has never been anything but signed out
	if !a.since.IsZero() {
		since = a.since.UnixMilli()
	}
	if since < m.day.begins {
		o, since = occupancy{}, m.day.begins
	}
	d := max(0, m.now-since)
	switch {
	case a.state == hotline.AgentReady || a.state == hotline.AgentNotReady && missed(a.reason):
		o.here += d
	case agentstate.Working(a.state):
		o.busy, o.here = o.busy+d, o.here+d
	}
	return o
}

// missed says whether an agent is not ready because it let an offer go.
func missed(reason string) bool {
	switch reason {
	case hotline.ReasonNoAnswer, hotline.ReasonRejected, hotline.ReasonBusy, hotline.ReasonUnreachable:
		return true
	}
	return false
}

// share is the part of the time here that was busy, 0 to 1.
func (o occupancy) share() float64 { return float64(o.busy) / float64(max(1, o.here)) }

// compare orders by share, without rounding.
func (o occupancy) compare(p occupancy) int {
	h1, l1 := o.over(p)
	h2, l2 := p.over(o)
	return cmp.Or(cmp.Compare(h1, h2), cmp.Compare(l1, l2))
}

// over is o.busy · p.here: shares compare as these products do.
func (o occupancy) over(p occupancy) (hi, lo uint64) {
	return bits.Mul64(uint64(o.busy), uint64(max(1, p.here)))
}

// keeps is for how many milliseconds o, whose share is not above p's, stays before p while both are ready: the first moment at
// which it no longer does, or never. With equal shares it stays if first. While both are ready here grows by the same in both
// and busy stays, so the sign of o.busy·(p.here+t) − p.busy·(o.here+t) changes once at most.
func (o occupancy) keeps(p occupancy, first bool) int64 {
	slope := o.busy - p.busy
	if slope <= 0 {
		return never
	}
	h1, l1 := p.over(o)
	h2, l2 := o.over(p)
	lo, borrow := bits.Sub64(l1, l2, 0)
	hi, _ := bits.Sub64(h1, h2, borrow)
	if hi >= uint64(slope) {
		return never
	}
	t, rest := bits.Div64(hi, lo, uint64(slope))
	if t >= never {
		return never
	}
	if first || rest > 0 { // still before at t itself
		t++
	}
	return int64(t)
}

// never is later than all that will be, in milliseconds, and leaves room for a sum.
const never = 1 << 61

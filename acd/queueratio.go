package acd

import (
	"math"
	"time"
)

// What the rule queue_ratio adds to the order of visits. Between queues the one that is the longest for its size and its target is
// served. Within a queue it is first come, first served, but for who can no longer be answered within the target: that one
// gives way, for a time that has an end, to those who still can.

// The parts of a queue, in the order in which they are served.
const (
	gaveWay = iota // has given way for as long as it has to
	inTime         // can be answered within the target
	tooLate        // cannot, and gives way
)

// turn says in which part of its queue stands who waits since at.
func (o order) turn(now int64, at rank) int {
	switch waited := now - at.a; {
	case o.giveWay == 0 || waited >= o.within-o.ring+o.giveWay:
		return gaveWay
	case waited <= o.within-o.ring:
		return inTime
	}
	return tooLate
}

// first is who of the lane is served first at the time now.
func (x *lane) first(now int64) (at rank, v *visit, ok bool) {
	at, v, ok = x.waiting.first()
	if !ok || x.of == nil || x.of.order.turn(now, at) != tooLate {
		return at, v, ok
	}
	if _, late := x.parts(now); late < x.waiting.len() {
		v = x.waiting.kth(late)
		at = v.rank()
	}
	return at, v, true
}

// parts says how many of the lane have given way, and how many these and those who are too late are together: the others,
// who came later, are in time.
func (x *lane) parts(now int64) (gave, late int) {
	o := x.of.order
	if o.giveWay == 0 {
		return x.waiting.len(), x.waiting.len()
	}
	made := now - (o.within - o.ring) // who came then or later is in time
	return x.waiting.before(rank{a: made - o.giveWay + 1}), x.waiting.before(rank{a: made})
}

// starving is how many times as long as the length of its queue gives to expect somebody must have waited for the wait to
// count instead of the length: so no caller of a queue to which nobody else comes is forgotten.
const starving = 2

// arrivals is who came to a queue of late, with the memory of loadMemory.
type arrivals struct {
	Sum   float64   `json:"sum"`
	At    time.Time `json:"at"`
	Since time.Time `json:"since"`
}

func (c *arrivals) add(now time.Time) {
	if c.Sum == 0 {
		c.Since, c.At = now, now
	}
	c.Sum = c.Sum*faded(c.At, now) + 1
	if now.After(c.At) {
		c.At = now
	}
}

// rate is how many come in a millisecond. Fewer than one in the memory's time, and the first ten minutes, tell nothing.
func (c arrivals) rate(now time.Time) float64 {
	known := max(10*time.Minute, now.Sub(c.Since))
	over := float64(loadMemory.Milliseconds()) * -math.Expm1(-float64(known)/float64(loadMemory))
	return max(1, c.Sum*faded(c.At, now)) / over
}

// length is the share of the target that who comes to the queue at the time now would wait if all queues were served in
// proportion to who comes to them: by Little's law, who waits divided by who comes in a target's time.
func (q *queue) length(now int64) float64 {
	within := float64(q.order.within)
	share := float64(max(1, q.waiting.len())) / (q.came.rate(time.UnixMilli(now)) * within) // 1: a promise has nobody waiting
	if at, _, ok := q.waiting.first(); ok {
		share = max(share, float64(now-at.a)/starving/within)
	}
	return share
}

// aheadByLength counts those who are served before v at the time now: of its own queue by their turn, of any other as many as
// bring that down to the length that v's own will have.
func (l *line) aheadByLength(now int64, v *visit) int {
	n, at, own := 0, v.rank(), v.lane()
	mine := l.lane(own)
	gave, late := mine.parts(now)
	switch before := mine.waiting.before(at); own.of.order.turn(now, at) {
	case gaveWay:
		n = before
	case inTime:
		n = before - late + gave
	case tooLate:
		n = before + mine.waiting.len() - late
	}
	size := own.of.waiting.len()
	if size == 0 {
		return n
	}
	left := float64(max(0, size-n)) / float64(size) * own.of.length(now)
	for _, x := range l.lanes {
		if x.laneKey == own || x.waiting.len() == 0 {
			continue
		}
		if theirs := x.of.length(now); theirs > left {
			n += int(float64(x.waiting.len()) * (1 - left/theirs))
		}
	}
	return n
}

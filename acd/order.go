package acd

import (
	"cmp"
	"time"

	"hotline/centre"
)

// order is how the visits of one queue compare with all others.
type order struct {
	rule    string
	ageing  int64 // ms of waiting that a point of priority is worth
	within  int64 // ms of the queue's target
	giveWay int64 // ms for which who misses the target lets those go first who can make it
	ring    int64 // ms that a phone rings before it is answered
}

// The rules of centre.Order.
const (
	orderAged  = "aged"
	orderRatio = "delay_ratio"
	orderQueue = "queue_ratio"
)

func orderOf(o centre.Order, q centre.Queue) order {
	ageing := o.Ageing
	if o.Rule == orderAged {
		ageing = cmp.Or(ageing, time.Minute)
	}
	within := max(1, cmp.Or(q.Target.Within, 20*time.Second).Milliseconds())
	return order{o.Rule, ageing.Milliseconds(), within, o.GiveWay.Milliseconds(), o.Ring.Milliseconds()}
}

// usual is the priority that is worth nothing: a queue's where its file gives none.
const usual = 5

// rank is the visit's place among those of its lane. What it is made of changes only while the visit stands nowhere.
func (v *visit) rank() rank {
	o, p := v.queue.order, v.place.UnixMilli()
	if o.rule == orderAged || o.rule == orderRatio || o.rule == orderQueue {
		return rank{p - int64(v.priority-usual)*o.ageing, 0, v.seq}
	}
	return rank{-int64(v.priority), p, v.seq}
}

// laneKey is the lane that a visit stands in: under delay_ratio those with the same target, under queue_ratio those of the same
// queue, otherwise all.
type laneKey struct {
	within int64
	of     *queue
}

func (v *visit) lane() laneKey {
	switch v.queue.order.rule {
	case orderRatio:
		return laneKey{within: v.queue.order.within}
	case orderQueue:
		return laneKey{of: v.queue}
	}
	return laneKey{}
}

// ahead says whether who stands at x in the lane xl is served before who stands at y in the lane yl, at the time now. Within
// a lane that never changes, but for who gives way; between lanes the larger share of the target decides, or the longer queue.
func ahead(now int64, x rank, xl laneKey, y rank, yl laneKey) bool {
	switch {
	case xl == yl:
		if xl.of != nil {
			if l, r := xl.of.order.turn(now, x), xl.of.order.turn(now, y); l != r {
				return l < r
			}
		}
	case xl.of != nil && yl.of != nil:
		if l, r := xl.of.length(now), yl.of.length(now); l != r {
			return l > r
		}
	case xl.within != yl.within:
		if l, r := (now-x.a)*yl.within, (now-y.a)*xl.within; l != r {
			return l > r
		}
	}
	return x.compare(y) < 0
}

// before says whether v is served before w, at the time now.
func (v *visit) before(now time.Time, w *visit) bool {
	return ahead(now.UnixMilli(), v.rank(), v.lane(), w.rank(), w.lane())
}

// line is the visits that wait for the same agents, in the order in which they are served.
type line struct{ lanes []*lane }

// lane is those of a line that never overtake each other.
type lane struct {
	laneKey
	waiting tree[*visit] // for whom no phone rings
	more    tree[*visit] // for whom phones ring, and more may
}

func (l *line) lane(key laneKey) *lane {
	for _, x := range l.lanes {
		if x.laneKey == key {
			return x
		}
	}
	x := &lane{laneKey: key}
	l.lanes = append(l.lanes, x)
	return x
}

// len counts those for whom no phone rings.
func (l *line) len() int {
	n := 0
	for _, x := range l.lanes {
		n += x.waiting.len()
	}
	return n
}

// ahead counts those who are served before v, at the time now; v itself need not stand in the line.
func (l *line) ahead(now time.Time, v *visit) int {
	n, at, own, ms := 0, v.rank(), v.lane(), now.UnixMilli()
	if own.of != nil {
		return l.aheadByLength(ms, v)
	}
	for _, x := range l.lanes {
		if x.laneKey == own {
			n += x.waiting.before(at)
			continue
		}
		lo, hi := 0, x.waiting.len()
		for lo < hi {
			mid := (lo + hi) / 2
			if w := x.waiting.kth(mid); ahead(ms, w.rank(), x.laneKey, at, own) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		n += lo
	}
	return n
}

// turn is the first of several lines.
type turn struct {
	now   int64
	visit *visit
	at    rank
	lane  laneKey
}

func (t *turn) consider(at rank, v *visit, in laneKey) {
	if t.visit == nil || ahead(t.now, at, in, t.at, t.lane) {
		t.visit, t.at, t.lane = v, at, in
	}
}

// first returns who of the line is served first at the time now, nil if nobody waits.
func (l *line) first(now time.Time) *visit {
	t := turn{now: now.UnixMilli()}
	l.waiting(&t)
	return t.visit
}

func (l *line) waiting(t *turn) {
	for _, x := range l.lanes {
		if at, v, ok := x.first(t.now); ok {
			t.consider(at, v, x.laneKey)
		}
	}
}

func (l *line) more(t *turn) {
	for _, x := range l.lanes {
		if at, v, ok := x.more.first(); ok {
			t.consider(at, v, x.laneKey)
		}
	}
}

// nextFor returns the first of all visits that stand in line for someone like the agent, nil if none does. Those for whom no
// phone rings come before those for whom one rings already.
func nextFor(a *agent, now time.Time) *visit {
	t := turn{now: now.UnixMilli()}
	a.own.waiting(&t)
	for _, p := range a.pools {
		p.line.waiting(&t)
	}
	if t.visit != nil {
		return t.visit
	}
	for _, p := range a.pools {
		p.line.more(&t)
	}
	return t.visit
}

// line is the line the visit stands in: its preferred agent's, or its pool's.
func (v *visit) line() *line {
	if v.prefer != nil {
		return &v.prefer.own
	}
	return &v.pool().line
}

// wait puts the visit where it stands now: in line if no phone rings for it, behind all those if phones ring and it may have
// more, nowhere otherwise.
func (r *Router) wait(v *visit) {
	if v.waiting || v.more || v.held() {
		return
	}
	x := v.line().lane(v.lane())
	switch {
	case v.promise != nil:
		v.waiting = true
		x.waiting.insert(v.rank(), v)
		return
	case len(v.offers) == 0:
		v.waiting = true
		v.queue.waiting.insert(v.rank(), v)
		x.waiting.insert(v.rank(), v)
		r.enrol(v)
	case v.wantsMore():
		v.more = true
		x.more.insert(v.rank(), v)
	default:
		return
	}
	v.due = r.dueOf(v)
	r.arm(v.due, timerVisit, v.seq, timer{visit: v})
}

// unwait takes the visit out of line.
func (r *Router) unwait(v *visit) {
	x := v.line().lane(v.lane())
	switch {
	case v.waiting:
		v.queue.waiting.remove(v.rank())
		x.waiting.remove(v.rank())
		r.strike(v)
	case v.more:
		x.more.remove(v.rank())
	default:
		return
	}
	v.waiting, v.more = false, false
	r.disarm(v.due, timerVisit, v.seq)
	v.due = time.Time{}
}

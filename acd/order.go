package acd

import (
	"cmp"
	"time"

	"hotline/centre"
)

// order is how the visits of one queue compare with all others.
type order struct {
	rule   string
	ageing int64 // ms of waiting that a point of priority is worth
	within int64 // ms of the queue's target
}

// The rules of centre.Order.
const (
	orderAged  = "aged"
	orderRatio = "delay_ratio"
)

func orderOf(o centre.Order, q centre.Queue) order {
	ageing := o.Ageing
	if o.Rule == orderAged {
		ageing = cmp.Or(ageing, time.Minute)
	}
	return order{o.Rule, ageing.Milliseconds(), max(1, cmp.Or(q.Target.Within, 20*time.Second).Milliseconds())}
}

// usual is the priority that is worth nothing: a queue's where its file gives none.
const usual = 5

// rank is the visit's place among those of its lane. What it is made of changes only while the visit stands nowhere.
func (v *visit) rank() rank {
	o, p := v.queue.order, v.place.UnixMilli()
	if o.rule == orderAged || o.rule == orderRatio {
		return rank{p - int64(v.priority-usual)*o.ageing, 0, v.seq}
	}
	return rank{-int64(v.priority), p, v.seq}
}

// within is the lane that the visit stands in: under delay_ratio those with the same target, otherwise all.
func (v *visit) within() int64 {
	if v.queue.order.rule == orderRatio {
		return v.queue.order.within
	}
	return 0
}

// ahead says whether who stands at x in the lane xw is served before who stands at y in the lane yw, at the time now. Within
// a lane that never changes; between lanes the larger share of the target decides.
func ahead(now int64, x rank, xw int64, y rank, yw int64) bool {
	if xw != yw {
		if l, r := (now-x.a)*yw, (now-y.a)*xw; l != r {
			return l > r
		}
	}
	return x.compare(y) < 0
}

// before says whether v is served before w, at the time now.
func (v *visit) before(now time.Time, w *visit) bool {
	return ahead(now.UnixMilli(), v.rank(), v.within(), w.rank(), w.within())
}

// line is the visits that wait for the same agents, in the order in which they are served.
type line struct{ lanes []*lane }

// lane is those of a line that never overtake each other.
type lane struct {
	within  int64
	waiting tree[*visit] // for whom no phone rings
	more    tree[*visit] // for whom phones ring, and more may
}

func (l *line) lane(within int64) *lane {
	for _, x := range l.lanes {
		if x.within == within {
			return x
		}
	}
	x := &lane{within: within}
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
	n, at, within, ms := 0, v.rank(), v.within(), now.UnixMilli()
	for _, x := range l.lanes {
		if x.within == within {
			n += x.waiting.before(at)
			continue
		}
		lo, hi := 0, x.waiting.len()
		for lo < hi {
			mid := (lo + hi) / 2
			if w := x.waiting.kth(mid); ahead(ms, w.rank(), x.within, at, within) {
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
	now    int64
	visit  *visit
	at     rank
	within int64
}

func (t *turn) consider(at rank, v *visit, within int64) {
	if t.visit == nil || ahead(t.now, at, within, t.at, t.within) {
		t.visit, t.at, t.within = v, at, within
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
		if at, v, ok := x.waiting.first(); ok {
			t.consider(at, v, x.within)
		}
	}
}

func (l *line) more(t *turn) {
	for _, x := range l.lanes {
		if at, v, ok := x.more.first(); ok {
			t.consider(at, v, x.within)
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
	x := v.line().lane(v.within())
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
	x := v.line().lane(v.within())
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

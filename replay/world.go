package replay

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/acd"
)

// todo is something that will happen in the world.
type todo struct {
	at time.Time
	n  int
	do func()
}

type todos []todo

func (l todos) Len() int { return len(l) }
func (l todos) Less(i, j int) bool {
	return cmp.Or(l[i].at.Compare(l[j].at), cmp.Compare(l[i].n, l[j].n)) < 0
}
func (l todos) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *todos) Push(x any)   { *l = append(*l, x.(todo)) }
func (l *todos) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// stall is by how much the clock may be late at the worst, when the machine stood still: nothing at all was written meanwhile.
const stall = 5 * time.Second

// late is the place of what the recording does not know among what happens in the same moment: behind it.
const late = math.MaxInt / 2

// caller is a contact in the world.
type caller struct {
	*person
	id     hotline.ContactID
	open   hotline.VisitID // waits or rings
	visits int
	again  int // further requests made
	first  hotline.Enqueue
	over   bool
}

// world runs callers and agents against a router, in virtual time.
type world struct {
	rec      *recording
	router   *acd.Router
	todo     todos
	now      time.Time // of the last request
	more     int       // todos so far, for a stable order
	out      []hotline.Event
	callers  map[hotline.ContactID]*caller
	patience map[hotline.QueueID]patience
	talks    map[hotline.QueueID][]*talk
}

func newWorld(rec *recording, router *acd.Router) *world {
	w := &world{rec: rec, router: router, callers: map[hotline.ContactID]*caller{}}
	w.learn()
	for _, m := range rec.own {
		w.plan(m.at, m.n, func() { w.own(m) })
	}
	for _, ev := range rec.runs {
		w.plan(ev.At, int(ev.Seq), func() { w.say(ev) })
	}
	return w
}

// learn makes the habits of the span: patience and talks by queue.
func (w *world) learn() {
	waits := map[hotline.QueueID][]wait{}
	w.talks, w.patience = map[hotline.QueueID][]*talk{}, map[hotline.QueueID]patience{}
	for _, id := range sortedKeys(w.rec.people) {
		p := w.rec.people[id]
		if p.first.IsZero() {
			continue
		}
		if p.waited > 0 || p.gaveUp() || len(p.talks) > 0 {
			waits[p.queue] = append(waits[p.queue], wait{p.waited, p.gaveUp()})
		}
		for _, t := range p.talks {
			if t.length > 0 {
				w.talks[t.queue] = append(w.talks[t.queue], t)
			}
		}
	}
	for q, all := range waits {
		w.patience[q] = newPatience(all)
	}
}

func sortedKeys[V any](m map[hotline.ContactID]V) []hotline.ContactID {
	keys := make([]hotline.ContactID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (w *world) plan(at time.Time, n int, do func()) { heap.Push(&w.todo, todo{at, n, do}) }

// soon plans what the recording does not know.
func (w *world) soon(at time.Time, do func()) {
	w.more++
	w.plan(at, late+w.more, do)
}

// run lets everything happen before the end of the span.
func (w *world) run() {
	for {
		at, n, tick := w.nextTick()
		if len(w.todo) > 0 {
			if next := w.todo[0]; !tick || cmp.Or(next.at.Compare(at), cmp.Compare(next.n, n)) < 0 {
				if !next.at.Before(w.rec.to) {
					return
				}
				heap.Pop(&w.todo)
				next.do()
				continue
			}
		}
		if !tick || !at.Before(w.rec.to) {
			return
		}
		w.step(at, hotline.Tick{})
	}
}

// nextTick is when the router's clock comes next: when it did in the recording, where that has a tick soon after it was due.
func (w *world) nextTick() (at time.Time, n int, ok bool) {
	due, ok := w.router.Next()
	if !ok {
		return time.Time{}, 0, false
	}
	if due.Before(w.now) { // it became due only by what has just happened
		due = w.now
	}
	ticks := w.rec.ticks
	i, _ := slices.BinarySearchFunc(ticks, due, func(m move, due time.Time) int { return m.at.Compare(due) })
	if i < len(ticks) && (ticks[i].at.Sub(due) <= 250*time.Millisecond || ticks[i].at.Sub(due) <= stall && !ticks[i].since.After(due)) {
		return ticks[i].at, ticks[i].n, true
	}
	due = due.Add(w.rec.late)
	for _, o := range w.rec.outages {
		if due.After(o.from) && due.Before(o.to) {
			due = o.to
		}
	}
	return due, -1, true // a timer is at hand as its millisecond begins, a request comes somewhere in it
}

// step asks the router. A refusal is a fact of the other world: nothing happens.
func (w *world) step(now time.Time, q hotline.Request) {
	w.now = now
	evs, err := w.router.Step(now, q)
	if err != nil {
		return
	}
	for _, ev := range evs {
		w.out = append(w.out, ev)
		w.observe(ev)
	}
}

// own makes a request that somebody made of his own accord.
func (w *world) own(m move) {
	switch q := m.req.(type) {
	case hotline.Enqueue:
		w.begin(m, q)
		return
	case hotline.Recover:
		w.router.Apply(hotline.Event{At: m.at, Fact: hotline.EngineStarted{}})
	case hotline.MoveVisit:
		q.Visit = w.visit(q.Visit)
		m.req = q
	case hotline.PullVisit:
		q.Visit = w.visit(q.Visit)
		m.req = q
	case hotline.Withdraw:
		q.Visit = w.visit(q.Visit)
		m.req = q
	case hotline.Prioritise:
		q.Visit = w.visit(q.Visit)
		m.req = q
	case hotline.AskCallback:
		if q.Visit != "" {
			q.Visit = w.visit(q.Visit)
		}
		m.req = q
	}
	w.step(m.at, m.req)
}

// visit is the visit that the contact of a recorded visit has open in this world; of one beside another the one in the same
// queue.
func (w *world) visit(v hotline.VisitID) hotline.VisitID {
	first, queue, beside := strings.Cut(string(v), "+")
	i := strings.LastIndexByte(first, '.')
	if i < 0 {
		return v
	}
	c := w.callers[hotline.ContactID(first[:i])]
	if c == nil || c.open == "" {
		return v
	}
	if beside {
		return c.open + hotline.VisitID("+"+queue)
	}
	return c.open
}

// say adds a fact of the call's to what happened.
func (w *world) say(ev hotline.Event) { w.out = append(w.out, ev) }

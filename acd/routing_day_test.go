package acd

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// clock is a list of things to do at their time.
type clock struct {
	todo todoList
	seq  int
	now  int64
}

type todo struct {
	at  int64
	seq int
	do  func()
}

type todoList []todo

func (l todoList) Len() int { return len(l) }

func (l todoList) Less(i, j int) bool {
	return l[i].at < l[j].at || l[i].at == l[j].at && l[i].seq < l[j].seq
}
func (l todoList) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *todoList) Push(x any)   { *l = append(*l, x.(todo)) }
func (l *todoList) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

func (c *clock) at(ms int64, do func()) {
	c.seq++
	heap.Push(&c.todo, todo{max(ms, c.now), c.seq, do})
}

// day is one trace going through the router.
type day struct {
	result
	clock
	t       *testing.T
	policy  policy
	router  *Router
	index   map[hotline.VisitID]int      // of the call
	open    map[hotline.OfferID]bool     //
	gone    []bool                       // the caller hung up
	waiting map[string][]hotline.VisitID // per class, in order of arrival
	since   []int64                      // when the agent's phone began to ring, -1 if free
	steps   int
	every   int // steps between two looks at the whole router
}

func newDay(t *testing.T, tr *trace, p policy) *day {
	d := &day{
		result: result{trace: tr, waits: make([]int64, len(tr.calls)), busy: make([]float64, len(tr.plan.Agents))},
		t:      t, policy: p, router: NewRouter("main", p.centre(t, tr.plan)), index: map[hotline.VisitID]int{},
		every: 500, open: map[hotline.OfferID]bool{}, gone: make([]bool, len(tr.calls)), waiting: map[string][]hotline.VisitID{},
	}
	d.warm()
	for _, a := range tr.plan.Agents {
		id := hotline.AgentID(strconv.Itoa(a.ID))
		for _, shift := range a.Shifts {
			d.at(ms(shift[0]), func() { d.set(id, hotline.AgentReady) })
			d.at(ms(shift[1]), func() { d.set(id, hotline.AgentSignedOut) })
		}
		d.since = append(d.since, -1)
	}
	for i, c := range tr.calls {
		d.waits[i] = -1
		contact := hotline.ContactID(strconv.Itoa(i))
		v := contact.Visit(1)
		d.index[v] = i
		d.at(c.arrival, func() {
			d.at(c.arrival+c.patience, func() { // before an answer in the same moment
				if d.waits[i] < 0 {
					d.gone[i] = true
					d.step(hotline.Leave{Visit: v, Outcome: hotline.OutcomeAbandoned})
				}
			})
			d.step(hotline.Enqueue{Contact: contact, Call: hotline.CallID(contact), Visit: v, Queue: hotline.QueueID(c.class)})
		})
	}
	return d
}

// warm lets a policy that counts the day's work begin as the reference does: until the figures begin agents are asked in the
// order of the file, and what is done until then does not count.
func (d *day) warm() {
	c := d.router.centre
	if d.policy.strategy != centre.LeastOccupied || d.plan.Warm == 0 {
		return
	}
	c.TimeZone = time.FixedZone("trace", -int(d.plan.Warm)) // midnight is then
	before := *c
	before.Queues = slices.Clone(c.Queues)
	for i := range before.Queues {
		before.Queues[i].Strategy = centre.Linear
	}
	d.router = NewRouter("main", &before)
	d.at(ms(d.plan.Warm), func() {
		for _, ev := range d.router.SetCentre(time.UnixMilli(d.now), c) {
			d.hear(ev)
		}
	})
}

// centre is the policy as a centre file for the plan. There 1 is the best level and 2 the second choice; here 9 is the best,
// and a second choice is a relax step of no delay.
func (p policy) centre(t *testing.T, from plan) *centre.Centre {
	c := &centre.Centre{Order: p.order}
	for _, class := range from.Classes {
		level := func(n int) centre.Expr {
			e, err := centre.ParseExpr(fmt.Sprintf("%s >= %d", class.Name, n))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		timeout := from.RingTimeout
		if timeout == 0 {
			timeout = 15
		}
		q := centre.Queue{
			ID: hotline.QueueID(class.Name), Strategy: p.strategy, Priority: 5 + p.lift[class.Name],
			Needs: level(9), Relax: []centre.Relax{{After: p.delay, Needs: level(8)}, {After: 2 * p.delay, Needs: level(7)}},
			Target:      centre.Target{Within: time.Duration(ms(class.T)) * time.Millisecond},
			RingTimeout: time.Duration(ms(timeout)) * time.Millisecond, WrapUp: centre.WrapUp{Mode: centre.WrapNone},
		}
		if p.only {
			q.BestFirst = "only"
		}
		if p.weights {
			q.Target.Within = time.Duration(ms(class.T/class.W)) * time.Millisecond
		}
		if p.priority {
			q.Priority += class.Prio
		}
		c.Queues = append(c.Queues, q)
	}
	for _, a := range from.Agents {
		skills := make(map[string]int)
		for s, level := range a.Skills {
			skills[s] = 10 - level
		}
		if len(a.Skills) == 1 {
			skills["only"] = 9
		}
		c.Agents = append(c.Agents, centre.Agent{ID: hotline.AgentID(strconv.Itoa(a.ID)), Skills: skills})
	}
	return c
}

func (d *day) set(id hotline.AgentID, state hotline.AgentState) {
	d.step(hotline.SetDevice{Agent: id, Up: true})
	d.step(hotline.SetAgent{Agent: id, State: state, Source: hotline.SourceAgent})
}

func (d *day) run() {
	for len(d.todo) > 0 {
		due, ok := d.router.Next()
		if ok && due.UnixMilli() < d.todo[0].at {
			d.now = due.UnixMilli()
			d.step(hotline.Tick{})
			continue
		}
		next := heap.Pop(&d.todo).(todo)
		d.now = next.at
		next.do()
	}
	for i, c := range d.calls {
		if d.waits[i] < 0 && !d.gone[i] {
			d.t.Errorf("call %d of %s never ended", i, c.class)
		}
	}
}

func (d *day) step(q hotline.Request) {
	evs, err := d.router.Step(time.UnixMilli(d.now), q)
	if err != nil {
		d.t.Fatalf("%T: %v", q, err)
	}
	for _, ev := range evs {
		d.hear(ev)
	}
	if d.steps++; d.steps%d.every == 0 {
		if err := d.router.Check(); err != nil { // among others: nobody waits while a fitting agent is ready
			d.t.Fatal(err)
		}
	}
}

func (d *day) hear(ev hotline.Event) {
	i, _ := strconv.Atoi(string(ev.Agent))
	class := string(ev.Queue)
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		d.waiting[class] = append(d.waiting[class], f.Visit)
	case hotline.Offered:
		d.offered(ev, f, i)
	case hotline.OfferLost:
		delete(d.open, f.Offer)
		if f.Result == hotline.OfferNoAnswer {
			d.rona++
			d.back(ev.Agent, i)
		}
		d.free(i)
		if f.Result == hotline.OfferNoAnswer { // back in its place
			list := append(d.waiting[class], f.Visit)
			slices.SortFunc(list, func(a, b hotline.VisitID) int { return d.index[a] - d.index[b] })
			d.waiting[class] = list
		}
	case hotline.Connected:
		delete(d.open, f.Offer)
		n := d.index[f.Visit]
		d.waits[n] = d.now - d.calls[n].arrival
		d.at(d.now+d.calls[n].service, func() {
			d.free(i)
			d.step(hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
		})
	case hotline.Abandoned:
		d.waiting[class] = without(d.waiting[class], f.Visit)
	}
}

// offered lets the phone ring, and holds the offer to the order: nobody whom the agent could serve comes first by the policy.
func (d *day) offered(ev hotline.Event, f hotline.Offered, i int) {
	mine := d.calls[d.index[f.Visit]]
	score := func(c call) float64 {
		k := slices.IndexFunc(d.plan.Classes, func(x callClass) bool { return x.Name == c.class })
		return d.policy.score(d.plan.Classes[k], d.now, c.arrival)
	}
	for class := range d.plan.Agents[i].Skills {
		if list := d.waiting[class]; d.policy.score != nil && len(list) > 0 && score(d.calls[d.index[list[0]]]) > score(mine)+1e-9 {
			d.t.Errorf("visit %s of %s is served before %s of %s", f.Visit, mine.class, list[0], class)
		}
	}
	d.waiting[mine.class] = without(d.waiting[mine.class], f.Visit)
	d.since[i] = d.now
	d.open[f.Offer] = true
	if d.absent(i, d.now) {
		return // rings unanswered
	}
	d.at(d.now+ms(d.plan.Ring), func() {
		if d.open[f.Offer] {
			d.step(hotline.Accept{Offer: f.Offer, Leg: "leg"})
		}
	})
}

// absent says whether a phone that begins to ring now is not answered.
func (t *trace) absent(i int, now int64) bool {
	for _, away := range t.away[i] {
		if s := float64(now) / 1000; s >= away[0] && s+t.plan.Ring < away[1] {
			return true
		}
	}
	return false
}

// returns is when an agent that let it ring until now is back, ok if its shift is not over then.
func (t *trace) returns(i int, now int64) (at int64, ok bool) {
	for _, away := range t.away[i] {
		s := float64(now) / 1000
		if s < away[0] || s-t.plan.RingTimeout >= away[1] {
			continue
		}
		back := math.Max(away[1], s)
		for _, shift := range t.plan.Agents[i].Shifts {
			if back >= shift[0] && back < shift[1] {
				return ms(back), true
			}
		}
		return 0, false
	}
	return 0, false
}

// back brings an agent that let it ring back when the absence is over and the shift is not.
func (d *day) back(id hotline.AgentID, i int) {
	if at, ok := d.returns(i, d.now); ok {
		d.at(at, func() { d.set(id, hotline.AgentReady) })
	}
}

// free ends the time that the agent's phone rang or the agent was in a call.
func (d *day) free(i int) {
	if d.since[i] >= 0 {
		d.spend(i, d.since[i], d.now)
		d.since[i] = -1
	}
}

// spend counts busy time between warm and end.
func (r *result) spend(i int, from, to int64) {
	r.busy[i] += float64(max(0, min(to, ms(r.plan.End))-max(from, ms(r.plan.Warm))))
}

package replay_test

import (
	"container/heap"
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/centre"
)

// memory is a log in memory.
type memory struct{ evs []hotline.Event }

func (m *memory) Append(evs []hotline.Event) (uint64, error) {
	for _, ev := range evs {
		ev.Seq, ev.At = uint64(len(m.evs)+1), hotline.Millis(ev.At)
		m.evs = append(m.evs, ev)
	}
	return uint64(len(m.evs)), nil
}
func (m *memory) Durable(context.Context, uint64) error { return nil }
func (m *memory) Tail(context.Context, uint64) iter.Seq2[hotline.Event, error] {
	return nil
}

func (m *memory) Read(_ context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for _, ev := range m.evs[after:] {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

const file = `
time_zone: Asia/Shanghai
not_ready_reasons: [{id: rest, max_at_once: 2}, {id: meal}, {id: training, approve: true}]
agents:
%s
queues:
  - {id: claims, needs: claims >= 3, relax: [{after: 40s, needs: claims}], strategy: %s, ring_timeout: 12s, wrap_up: {mode: timed, after: 15s}, overflow: [{after: 30s, queues: [general]}], max_wait: {after: 3m, then: {queue: general}}}
  - {id: sales, needs: sales, priority: 6, ring_timeout: 12s, wrap_up: {mode: manual}, max_waiting: {count: 6, then: {queue: general}}}
  - {id: general, ring_timeout: 12s, strategy: least_talk, max_wait: {after: 4m, then: hangup}}
`

func parse(t testing.TB, agents int, strategy string) *centre.Centre {
	t.Helper()
	list := ""
	for i := range agents {
		list += fmt.Sprintf("  - {id: \"%d\", password: x, skills: {claims: %d, sales: %d}}\n", 8000+i, 1+i%9, 1+(i*5)%9)
	}
	c, faults := centre.Parse("centre.yaml", fmt.Appendf(nil, file, list, strategy), nil)
	if c == nil {
		t.Fatal(faults)
	}
	return c
}

type thing struct {
	at time.Time
	n  int
	do func()
}
type things []thing

func (l things) Len() int { return len(l) }
func (l things) Less(i, j int) bool {
	return l[i].at.Before(l[j].at) || l[i].at.Equal(l[j].at) && l[i].n < l[j].n
}
func (l things) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *things) Push(x any)   { *l = append(*l, x.(thing)) }
func (l *things) Pop() any     { x := (*l)[len(*l)-1]; *l = (*l)[:len(*l)-1]; return x }

// day is people who do what people do, against a real router: the replay must find all of it in the log alone.
type day struct {
	rng    *rand.Rand
	log    *memory
	router *acd.Router
	todo   things
	now    time.Time
	n      int
	open   map[hotline.ContactID]hotline.VisitID
	visits map[hotline.ContactID]int
}

func start() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) }

// record plays a day of hours and returns its log.
func record(t testing.TB, c *centre.Centre, seed uint64, hours, perHour int) *memory {
	t.Helper()
	d := &day{
		rng: rand.New(rand.NewPCG(seed, seed*7+1)), log: &memory{}, router: acd.NewRouter("main", c), now: start(),
		open: map[hotline.ContactID]hotline.VisitID{}, visits: map[hotline.ContactID]int{},
	}
	for _, a := range c.Agents {
		d.agent(a.ID, time.Duration(hours)*time.Hour)
	}
	for i := range hours * perHour {
		id := hotline.ContactID(fmt.Sprintf("c%05d", i))
		at := start().Add(time.Duration(d.rng.Float64() * float64(hours) * float64(time.Hour)))
		queue := []hotline.QueueID{"claims", "claims", "sales", "general"}[d.rng.IntN(4)]
		d.at(at, func() { d.call(id, queue) })
	}
	d.at(start().Add(time.Duration(hours)*time.Hour*2/3), func() { d.crash(c) })
	end := start().Add(time.Duration(hours) * time.Hour)
	for len(d.todo) > 0 {
		due, ok := d.router.Next()
		due = due.Add(time.Duration(d.rng.IntN(3)) * time.Millisecond) // a clock is late by a little
		if stood := due.Add(900 * time.Millisecond); ok && d.rng.IntN(40) == 0 && stood.Before(d.todo[0].at) {
			due = stood // the machine did nothing for a while
		}
		if next := d.todo[0].at; ok && due.Before(next) {
			d.now = maxTime(d.now, due)
			d.step(hotline.Tick{})
			continue
		}
		x := heap.Pop(&d.todo).(thing)
		if x.at.After(end) {
			break
		}
		d.now = maxTime(d.now, x.at)
		x.do()
	}
	return d.log
}

// crash ends the engine as a power cut does. Nothing happens until the next one knows which calls are gone.
func (d *day) crash(c *centre.Centre) {
	d.log.Append([]hotline.Event{{At: d.now.Add(2 * time.Second), Fact: hotline.EngineStarted{}}})
	d.router = acd.NewRouter("main", c)
	for _, ev := range d.log.evs {
		d.router.Apply(ev)
	}
	d.now = d.now.Add(2300 * time.Millisecond)
	clear(d.open)
	d.step(hotline.Recover{})
	d.step(hotline.Tick{}) // what became due meanwhile
	d.now = d.now.Add(time.Millisecond)
	for _, a := range c.Agents {
		d.at(d.now.Add(time.Duration(d.rng.IntN(5000))*time.Millisecond), func() { d.step(hotline.SetDevice{Agent: a.ID, Up: true}) })
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *day) at(at time.Time, do func()) {
	d.n++
	heap.Push(&d.todo, thing{hotline.Millis(at), d.n, do})
}

func (d *day) in(mean time.Duration, do func()) {
	d.at(d.now.Add(time.Duration(-math.Log(1-d.rng.Float64())*float64(mean))), do)
}

func (d *day) agent(id hotline.AgentID, length time.Duration) {
	d.at(start(), func() {
		d.step(hotline.SetDevice{Agent: id, Up: true})
		d.step(hotline.SetAgent{Agent: id, State: hotline.AgentReady, Source: hotline.SourceAgent})
	})
	for range int(length / time.Hour) {
		off := start().Add(time.Duration(d.rng.Float64() * float64(length)))
		reason := []string{"rest", "meal"}[d.rng.IntN(2)]
		d.at(off, func() {
			if d.rng.IntN(3) == 0 { // a lead would have to agree, but something else is more urgent
				d.step(hotline.AskBreak{Agent: id, Reason: "training", Source: hotline.SourceAgent})
			}
			d.step(hotline.SetAgent{Agent: id, State: hotline.AgentNotReady, Reason: reason, Source: hotline.SourcePhone})
		})
		d.at(off.Add(8*time.Minute), func() {
			d.step(hotline.SetAgent{Agent: id, State: hotline.AgentReady, Source: hotline.SourceAgent})
		})
		if d.rng.IntN(3) == 0 {
			lost := off.Add(20 * time.Minute)
			d.at(lost, func() { d.step(hotline.SetDevice{Agent: id}) })
			d.at(lost.Add(time.Minute), func() {
				d.step(hotline.SetDevice{Agent: id, Up: true})
				d.step(hotline.SetAgent{Agent: id, State: hotline.AgentReady, Source: hotline.SourceAPI})
			})
		}
	}
}

func (d *day) call(id hotline.ContactID, queue hotline.QueueID) {
	d.log.Append([]hotline.Event{{At: d.now, Call: hotline.CallID(id), Contact: id, Fact: hotline.CallStarted{Direction: hotline.Inbound}}})
	d.enqueue(id, hotline.Enqueue{Queue: queue, Entry: "ivr", Since: d.now})
	d.in(2*time.Minute, func() {
		if v := d.open[id]; v != "" {
			d.step(hotline.Leave{Visit: v, Outcome: hotline.OutcomeAbandoned})
		}
	})
}

func (d *day) enqueue(id hotline.ContactID, q hotline.Enqueue) {
	d.visits[id]++
	q.Contact, q.Call, q.Visit = id, hotline.CallID(id), id.Visit(d.visits[id])
	d.open[id] = q.Visit
	d.step(q)
}

func (d *day) step(q hotline.Request) (ok bool) {
	evs, err := d.router.Step(d.now, q)
	if err != nil {
		return false
	}
	_, _ = d.log.Append(evs)
	for _, ev := range evs {
		d.react(ev)
	}
	return true
}

func (d *day) react(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		if d.rng.IntN(8) == 0 {
			d.in(10*time.Second, func() { d.step(hotline.Prioritise{Visit: f.Visit, Priority: 1 + d.rng.IntN(9), By: "lead"}) })
		}
	case hotline.Offered:
		switch d.rng.IntN(12) {
		case 0: // nobody there
		case 1:
			d.in(4*time.Second, func() { d.step(hotline.Decline{Offer: f.Offer, Result: hotline.OfferRejected}) })
		default:
			d.in(500*time.Millisecond, func() { d.step(hotline.Rang{Offer: f.Offer}) })
			d.in(4*time.Second, func() { d.step(hotline.Accept{Offer: f.Offer, Leg: "x"}) })
		}
	case hotline.AgentSet:
		if f.State == hotline.AgentNotReady && f.Source != hotline.SourceAgent || f.Reason == hotline.ReasonRejected {
			d.in(time.Minute, func() {
				d.step(hotline.SetAgent{Agent: ev.Agent, State: hotline.AgentReady, Source: hotline.SourceAgent})
			})
		}
		if f.State == hotline.AgentWrapUp {
			d.in(20*time.Second, func() { d.step(hotline.EndWrap{Agent: ev.Agent, Source: hotline.SourceAgent}) })
		}
	case hotline.Connected:
		d.open[ev.Contact] = ""
		d.in(300*time.Millisecond, func() {
			d.log.Append([]hotline.Event{{At: d.now, Call: ev.Call, Contact: ev.Contact, Agent: ev.Agent, Queue: ev.Queue, Fact: hotline.Answered{
				Visit: f.Visit, WaitMS: f.WaitMS,
			}}})
		})
		if d.rng.IntN(4) == 0 {
			d.in(20*time.Second, func() {
				d.step(hotline.SetTalk{Agent: ev.Agent, Call: ev.Call, State: hotline.AgentHeld})
				d.in(10*time.Second, func() { d.step(hotline.SetTalk{Agent: ev.Agent, Call: ev.Call, State: hotline.AgentTalking}) })
			})
		}
		d.in(2*time.Minute, func() {
			if !d.step(hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup, By: hotline.RoleCustomer}) {
				return // the engine crashed meanwhile
			}
			if d.rng.IntN(9) == 0 { // the agent was lost, the caller goes back into the line
				d.enqueue(ev.Contact, hotline.Enqueue{Queue: ev.Queue, Entry: hotline.EntryRequeue, Since: d.now, Place: d.now.Add(-time.Minute)})
			}
		})
	case hotline.Left:
		d.on(ev, f.Then, f.To)
	case hotline.Blocked:
		d.on(ev, f.Then, f.To)
	case hotline.Abandoned:
		d.open[ev.Contact] = ""
	}
}

func (d *day) on(ev hotline.Event, then, to string) {
	d.open[ev.Contact] = ""
	if then == "queue" {
		d.at(d.now.Add(2*time.Millisecond), func() {
			d.enqueue(ev.Contact, hotline.Enqueue{Queue: hotline.QueueID(to), Entry: "overflow", Since: d.now})
		})
	}
}

package acd

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// bench is a router in a steady state: 100 queues, three skills an agent, and either many waiting for busy agents or nobody
// waiting for ready ones.
type bench struct {
	b      *testing.B
	router *Router
	now    time.Time
	pace   int64 // ms between two steps, 1 if none is set
	calls  int
	offers []hotline.Event
	talks  []hotline.Event
	facts  int
}

func newBench(b *testing.B, agents, queues int, strategy string) *bench {
	c := &centre.Centre{}
	for i := range agents {
		c.Agents = append(c.Agents, centre.Agent{
			ID: hotline.AgentID(fmt.Sprint(100000 + i)),
			Skills: map[string]int{
				fmt.Sprint("s", i%queues): 9, fmt.Sprint("s", (i*7+1)%queues): 5, fmt.Sprint("s", (i*13+2)%queues): 3,
			},
		})
	}
	for i := range queues {
		e, err := centre.ParseExpr(fmt.Sprintf("s%d >= 2", i))
		if err != nil {
			b.Fatal(err)
		}
		c.Queues = append(c.Queues, centre.Queue{
			ID: hotline.QueueID(fmt.Sprint("q", i)), Needs: e, Priority: 5, RingTimeout: 15 * time.Second, Strategy: strategy,
			WrapUp: centre.WrapUp{Mode: centre.WrapNone}, MaxWait: centre.Limit{After: time.Hour, Then: centre.Actions{{Kind: centre.StepHangup}}},
		})
	}
	x := &bench{b: b, router: NewRouter("main", c), now: time.UnixMilli(1_700_000_000_000)}
	for _, a := range c.Agents {
		x.step(hotline.SetDevice{Agent: a.ID, Up: true})
		x.step(hotline.SetAgent{Agent: a.ID, State: hotline.AgentReady})
	}
	return x
}

func (x *bench) step(q hotline.Request) {
	x.now = x.now.Add(time.Duration(max(1, x.pace)) * time.Millisecond)
	evs, err := x.router.Step(x.now, q)
	if err != nil {
		x.b.Fatal(err)
	}
	x.facts += len(evs)
	for _, ev := range evs {
		switch ev.Fact.(type) {
		case hotline.Offered:
			x.offers = append(x.offers, ev)
		case hotline.Connected:
			x.talks = append(x.talks, ev)
		}
	}
}

func (x *bench) enqueue() {
	x.calls++
	id := hotline.ContactID(fmt.Sprint("c", x.calls))
	queue := x.router.lines[(x.calls*31)%len(x.router.lines)].id
	x.step(hotline.Enqueue{Contact: id, Call: hotline.CallID(id), Visit: id.Visit(1), Queue: queue, Entry: "ivr"})
}

func (x *bench) accept() {
	ev := x.offers[0]
	x.offers = x.offers[1:]
	x.step(hotline.Accept{Offer: ev.Fact.(hotline.Offered).Offer, Leg: "leg"})
}

func (x *bench) release() {
	ev := x.talks[0]
	x.talks = x.talks[1:]
	x.step(hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
}

// BenchmarkBusy is a call through a centre in which everyone is busy: a caller joins many waiting ones, an agent comes free and
// is offered the first in line, and accepts. ns/step is one of the three.
func BenchmarkBusy(b *testing.B) {
	for _, n := range []int{1_000, 3_000, 10_000, 30_000} {
		b.Run(fmt.Sprintf("agents=%d/waiting=10000", n), func(b *testing.B) {
			x := newBench(b, n, 100, centre.LongestIdle)
			for len(x.router.visits) < 10_000 || len(x.offers) > 0 {
				x.enqueue()
				for len(x.offers) > 0 {
					x.accept()
				}
			}
			b.ReportAllocs()
			x.facts = 0
			var dispatch []time.Duration // from an agent's coming free to the offer
			for b.Loop() {
				x.enqueue()
				begun := time.Now()
				x.release()
				dispatch = append(dispatch, time.Since(begun))
				for len(x.offers) > 0 {
					x.accept()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/step")
			b.ReportMetric(float64(x.facts)/float64(b.N), "facts/call")
			slices.Sort(dispatch)
			b.ReportMetric(float64(dispatch[len(dispatch)*99/100].Nanoseconds()), "p99-ns/dispatch")
		})
	}
}

// BenchmarkIdle is a call through a centre in which half of the agents are ready: the caller is offered at once, the agent
// accepts, and another call ends.
func BenchmarkIdle(b *testing.B) {
	for _, strategy := range []string{centre.LongestIdle, centre.RoundRobin} {
		for _, n := range []int{100, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/agents=%d", strategy, n), func(b *testing.B) {
				x := newBench(b, n, 10, strategy)
				for len(x.talks) < n/2 {
					x.enqueue()
					for len(x.offers) > 0 {
						x.accept()
					}
				}
				b.ReportAllocs()
				for b.Loop() {
					x.enqueue()
					x.release()
					for len(x.offers) > 0 {
						x.accept()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/step")
			})
		}
	}
}

// BenchmarkReplay is Apply alone: what a start or a rebuild costs per fact.
func BenchmarkReplay(b *testing.B) {
	x := newBench(b, 1_000, 100, centre.LongestIdle)
	var log []hotline.Event
	for range 20_000 {
		x.enqueue()
	}
	x = newBench(b, 1_000, 100, centre.LongestIdle)
	keep := func(q hotline.Request) {
		evs, _ := x.router.Step(x.now, q)
		log = append(log, evs...)
	}
	for i := range 10_000 {
		id := hotline.ContactID(fmt.Sprint("c", i))
		keep(hotline.Enqueue{Contact: id, Call: hotline.CallID(id), Visit: id.Visit(1), Queue: x.router.lines[i%100].id})
		keep(hotline.Accept{Offer: id.Visit(1).Offer(1)})
		if v := x.router.visits[id.Visit(1)]; v == nil {
			for _, a := range x.router.roster {
				if a.talk != nil && a.talk.contact == id {
					keep(hotline.Release{Agent: a.id, Call: hotline.CallID(id)})
					break
				}
			}
		}
	}
	r := NewRouter("main", x.router.centre)
	i := 0
	for b.Loop() {
		r.Apply(log[i])
		if i++; i == len(log) {
			i, r = 0, NewRouter("main", x.router.centre)
		}
	}
}

// BenchmarkShard is a request through the goroutine and a log in memory, from many goroutines at once.
func BenchmarkShard(b *testing.B) {
	x := newBench(b, 1_000, 10, centre.LongestIdle)
	log := &memoryLog{}
	s := NewShard(ShardConfig{Router: NewRouter("main", x.router.centre), Log: log, Logger: quiet()})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Submit(ctx, hotline.Tick{}); err != nil {
				b.Error(err)
			}
		}
	})
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

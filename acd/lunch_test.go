package acd

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// lunch is a router of many agents, all ready, with one break of which so many may be had at once.
func lunch(tb testing.TB, agents, quota int) (*Router, *centre.Centre, time.Time) {
	c := &centre.Centre{
		Reasons: []centre.Reason{{ID: "meal", MaxAtOnce: quota, Allowance: time.Hour}},
		Queues:  []centre.Queue{{ID: "q", Priority: 5, RingTimeout: 15 * time.Second}},
	}
	for i := range agents {
		c.Agents = append(c.Agents, centre.Agent{ID: hotline.AgentID(fmt.Sprint(100000 + i))})
	}
	r, now := NewRouter("main", c), time.UnixMilli(1_700_000_000_000).UTC()
	for _, a := range c.Agents {
		steps(tb, r, now, hotline.SetDevice{Agent: a.ID, Up: true}, hotline.SetAgent{Agent: a.ID, State: hotline.AgentReady})
	}
	return r, c, now
}

func steps(tb testing.TB, r *Router, now time.Time, qs ...hotline.Request) (facts int) {
	tb.Helper()
	for _, q := range qs {
		evs, err := r.Step(now, q)
		if err != nil {
			tb.Fatalf("%+v: %v", q, err)
		}
		facts += len(evs)
	}
	return facts
}

// TestLunch sends 500 of 2,000 agents to lunch where 300 may go: each request costs its own fact and no more, the others stand in
// line, and every return lets the next one go.
func TestLunch(t *testing.T) {
	r, c, now := lunch(t, 2000, 300)
	for i, a := range c.Agents[:500] {
		if n := steps(t, r, now, hotline.AskBreak{Agent: a.ID, Reason: "meal", Source: hotline.SourceAgent}); n != 1 {
			t.Fatalf("the %d-th agent that asks makes %d facts", i+1, n)
		}
	}
	if away, line := r.away["meal"], r.inLine("meal"); away != 300 || line != 200 {
		t.Fatalf("%d away, %d in line", away, line)
	}
	for i, a := range c.Agents[:200] {
		n := steps(t, r, now.Add(time.Minute), hotline.SetAgent{Agent: a.ID, State: hotline.AgentReady, Source: hotline.SourceAgent})
		next := r.agents[c.Agents[300+i].ID]
		if n != 3 || next.state != hotline.AgentNotReady || next.reason != "meal" {
			t.Fatalf("the %d-th return makes %d facts, the next in line is %s", i+1, n, next.state)
		}
	}
	if away, line := r.away["meal"], r.inLine("meal"); away != 300 || line != 0 {
		t.Fatalf("%d away, %d in line", away, line)
	}
	// An hour on, every break is too long: one alarm each, in one Tick.
	if n := steps(t, r, now.Add(2*time.Hour), hotline.Tick{}); n != 300 {
		t.Errorf("%d alarms for 300 breaks", n)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// BenchmarkLunch is what one of 500 agents costs that goes to lunch or comes back.
func BenchmarkLunch(b *testing.B) {
	for _, agents := range []int{1000, 3000, 10000} {
		b.Run(fmt.Sprint("agents=", agents), func(b *testing.B) {
			r, c, now := lunch(b, agents, 300)
			b.ResetTimer()
			for n := range b.N {
				a := c.Agents[n%500].ID
				now = now.Add(time.Millisecond)
				steps(b, r, now,
					hotline.AskBreak{Agent: a, Reason: "meal", Source: hotline.SourceAgent},
					hotline.SetAgent{Agent: c.Agents[(n+250)%500].ID, State: hotline.AgentReady, Source: hotline.SourceAgent},
				)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/request")
		})
	}
}

// BenchmarkDevices is what a phone that goes and comes costs whose agent serves three of 100 queues.
func BenchmarkDevices(b *testing.B) {
	for _, agents := range []int{1000, 3000, 10000, 30000} {
		b.Run(fmt.Sprint("agents=", agents), func(b *testing.B) {
			x := newBench(b, agents, 100, centre.LongestIdle)
			b.ResetTimer()
			for n := range b.N {
				a := x.router.roster[n%agents].id
				x.step(hotline.SetDevice{Agent: a})
				x.step(hotline.SetDevice{Agent: a, Up: true})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/event")
		})
	}
}

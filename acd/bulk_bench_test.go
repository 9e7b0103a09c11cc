package acd

import (
	"fmt"
	"testing"
	"time"

	"hotline/centre"
)

// full brings the bench to waiting callers in front of busy agents.
func (x *bench) full(waiting int) {
	for len(x.router.visits) < waiting || len(x.offers) > 0 {
		x.enqueue()
		for len(x.offers) > 0 {
			x.accept()
		}
	}
}

// BenchmarkRatio is BenchmarkBusy under delay_ratio with four targets, so that an agent looks at three lanes of other visits, and
// under queue_ratio, where each queue is a lane.
func BenchmarkRatio(b *testing.B) {
	for _, rule := range []string{centre.OrderDelayRatio, centre.OrderQueueRatio} {
		for _, n := range []int{1_000, 3_000, 10_000, 30_000} {
			b.Run(fmt.Sprintf("%s/agents=%d/waiting=10000", rule, n), func(b *testing.B) { benchRatio(b, rule, n) })
		}
	}
}

func benchRatio(b *testing.B, rule string, agents int) {
	x := newBench(b, agents, 100, centre.LongestIdle)
	c := *x.router.centre
	c.Order.Rule = rule
	if rule == centre.OrderQueueRatio {
		c.Order.GiveWay = 4 * time.Second
	}
	for i := range c.Queues {
		c.Queues[i].Target.Within = time.Duration(10+10*(i%4)) * time.Second
	}
	x.router.SetCentre(x.now, &c)
	x.full(10_000)
	b.ReportAllocs()
	for b.Loop() {
		x.enqueue()
		x.release()
		for len(x.offers) > 0 {
			x.accept()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/step")
}

// BenchmarkSetCentre is a file put in force with 10,000 agents and 10,000 waiting in 100 queues: one that changes a queue's
// wrap-up, one that changes a queue's strategy, and one that changes the order of all.
func BenchmarkSetCentre(b *testing.B) {
	for _, change := range []string{"wrap_up", "strategy", "order"} {
		b.Run(change, func(b *testing.B) {
			x := newBench(b, 10_000, 100, centre.LongestIdle)
			x.full(10_000)
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				c := *x.router.centre
				c.Queues = append([]centre.Queue(nil), c.Queues...)
				switch change {
				case "wrap_up":
					c.Queues[7].WrapUp.After = time.Duration(n) * time.Second
				case "strategy":
					c.Queues[7].Strategy = []string{centre.LeastTalk, centre.LongestIdle}[n%2]
				case "order":
					c.Order.Rule = []string{"aged", "strict"}[n%2]
				}
				b.StartTimer()
				x.router.SetCentre(x.now, &c)
			}
		})
	}
}

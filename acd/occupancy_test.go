package acd

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// TestDecisions holds the router to the models of the reference policies on generated days, call by call: ROUTING_SEEDS days of
// each scenario, 1 by default, from the seed ROUTING_FIRST on.
func TestDecisions(t *testing.T) {
	seeds, _ := strconv.Atoi(cmp.Or(os.Getenv("ROUTING_SEEDS"), "1"))
	first, _ := strconv.ParseUint(cmp.Or(os.Getenv("ROUTING_FIRST"), "3001"), 10, 64)
	dir, files := routingFiles(t)
	reference := make(map[string]model)
	for _, m := range models() {
		reference[m.name] = m
	}
	done := make(map[string]bool)
	for _, file := range files {
		law := readTrace(t, dir, file)
		if done[law.scenario] {
			continue
		}
		done[law.scenario] = true
		for seed := range uint64(seeds) {
			tr := generate(law, first+seed)
			for _, p := range policies() {
				t.Run(fmt.Sprint(tr.scenario, "/seed=", first+seed, "/", p.name), func(t *testing.T) { sameDay(t, tr, p, reference[p.name]) })
			}
		}
	}
}

func sameDay(t *testing.T, tr *trace, p policy, reference model) {
	m, d := newModelDay(tr, reference), newDay(t, tr, p)
	d.every = 5000
	m.run()
	d.run()
	for i, c := range tr.calls {
		if m.waits[i] != d.waits[i] {
			t.Fatalf("call %d of %s at %d ms waits %d ms, the reference's %d", i, c.class, c.arrival, d.waits[i], m.waits[i])
		}
	}
	if m.rona != d.rona {
		t.Errorf("%d rings in vain, the reference's %d", d.rona, m.rona)
	}
}

// BenchmarkLeastOccupied is a call through a centre in which half of the agents are ready and calls last three minutes, beside
// the same with longest_idle.
func BenchmarkLeastOccupied(b *testing.B) {
	for _, n := range []int{1_000, 3_000, 10_000, 30_000} {
		for _, strategy := range []string{centre.LongestIdle, centre.LeastOccupied} {
			b.Run(fmt.Sprintf("%s/agents=%d", strategy, n), func(b *testing.B) {
				x := newBench(b, n, 10, strategy)
				call := func() {
					x.enqueue()
					for len(x.offers) > 0 {
						x.accept()
					}
				}
				x.pace = max(1, int64(180_000/(n/2)/3))
				for len(x.talks) < n/2 {
					call()
				}
				for range 2 * n { // into a steady state
					call()
					x.release()
				}
				b.ReportAllocs()
				for b.Loop() {
					call()
					x.release()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/step")
			})
		}
	}
}

// BenchmarkMidnight is the first question after midnight in a pool of ready agents: every match is played.
func BenchmarkMidnight(b *testing.B) {
	for _, n := range []int{1_000, 30_000} {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			members := make([]*agent, n)
			for i := range members {
				members[i] = &agent{index: i, state: hotline.AgentReady, since: time.UnixMilli(int64(i + 1)), indexed: true}
			}
			t, now := newTournament("", members), int64(0)
			for b.Loop() {
				now += 86_400_000
				t.first(moment{now, workday{now, now + 86_400_000}}, "")
			}
		})
	}
}

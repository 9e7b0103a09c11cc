package wire

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
)

// TestEndsFindEverybody: whatever registers for how long and refreshes when, at each second exactly what is over goes.
func TestEndsFindEverybody(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		r := newRegistrar(Config{Metrics: new(Metrics), MaxContacts: 5}, func(hotline.Signal) {})
		now := r.ends.epoch
		flows := []*flow{{}, {}, {}}
		model := make(map[hotline.AgentID]map[string]Contact)
		for range 2000 {
			agent := hotline.AgentID(fmt.Sprint(rnd.IntN(30)))
			switch rnd.IntN(10) {
			case 0, 1, 2, 3, 4, 5: // registers, refreshes or leaves
				c := Contact{Key: fmt.Sprint(rnd.IntN(3)), expires: now.Add(time.Duration(rnd.IntN(300_000)) * time.Millisecond)}
				if rnd.IntN(2) == 0 {
					c.Path.flow = flows[rnd.IntN(len(flows))]
				}
				if model[agent] == nil {
					model[agent] = make(map[string]Contact)
				}
				model[agent][c.Key] = c
				if rnd.IntN(5) == 0 {
					delete(model[agent], c.Key)
				}
				var next []Contact
				for _, one := range model[agent] {
					next = append(next, one)
				}
				r.mu.Lock()
				r.store(agent, next)
				r.mu.Unlock()
			case 6: // a connection is cut
				f := flows[rnd.IntN(len(flows))]
				r.drop(f)
				for _, cs := range model {
					for k, c := range cs {
						if c.Path.flow == f {
							delete(cs, k)
						}
					}
				}
			default:
				now = now.Add(time.Duration(rnd.IntN(5000)) * time.Millisecond)
				if rnd.IntN(200) == 0 {
					now = now.Add(3 * time.Hour) // the process stood still
				}
				r.expire(now)
			}
			second := now.Truncate(0).Add(-time.Second)
			for agent, cs := range model {
				left := 0
				for k, c := range cs {
					if !now.Before(c.expires) {
						delete(cs, k)
						continue
					}
					left++
				}
				got := r.aors[agent]
				if n := len(live(got, now)); n != left {
					t.Fatalf("seed %d: %d of %d contacts of %s", seed, n, left, agent)
				}
				for _, c := range got {
					if c.expires.Before(second.Add(-5 * time.Second)) {
						t.Fatalf("seed %d: a contact of %s is over since %s", seed, agent, now.Sub(c.expires))
					}
				}
			}
		}
		r.expire(now.Add(24 * time.Hour))
		if len(r.aors)+len(r.ends.due)+len(r.ends.seconds)+len(r.ends.flows) != 0 || r.metrics.Bindings.Load() != 0 {
			t.Fatalf("seed %d: %d agents, %d due, %d seconds, %d flows are left", seed, len(r.aors), len(r.ends.due), len(r.ends.seconds), len(r.ends.flows))
		}
	}
}

// BenchmarkExpire is the tick of a registrar with many phones of which none is due.
func BenchmarkExpire(b *testing.B) {
	for _, n := range []int{100, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRegistrar(Config{Metrics: new(Metrics), MaxContacts: 5}, func(hotline.Signal) {})
			now := r.ends.epoch
			for i := range n {
				r.store(hotline.AgentID(fmt.Sprint(i)), []Contact{{Key: "k", expires: now.Add(time.Hour)}})
			}
			for i := range b.N {
				r.expire(now.Add(time.Duration(i) * time.Millisecond % (30 * time.Minute)))
			}
		})
	}
}

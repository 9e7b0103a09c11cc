package acd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// brute looks at everybody.
func (t *tournament) brute(m moment, not hotline.AgentID) *agent {
	var all []*agent
	for _, a := range t.seats {
		if a.indexed {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *agent) int { return t.compare(a, b, m) })
	if all[0].id == not && len(all) > 1 {
		return all[1]
	}
	return all[0]
}

// TestTournament asks for the first of random agents at random times, among them the very moments at which two change places,
// midnights, and moments before that of the question before.
func TestTournament(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := NewRouter("main", &centre.Centre{TimeZone: time.FixedZone("", 3600*rng.IntN(12))})
		best := []string{"", "s"}[rng.IntN(2)]
		var members []*agent
		for i := range 1 + rng.IntN(40) {
			members = append(members, &agent{
				id: hotline.AgentID(fmt.Sprint(i)), index: i, state: hotline.AgentSignedOut, skills: map[string]int{"s": rng.IntN(3)},
			})
		}
		tour := newTournament(best, slices.Clone(members))
		span := []int64{5, 100, 10_000, 3_600_000}[rng.IntN(4)]
		now, ready := int64(1_800_000_000_000), 0
		states := []hotline.AgentState{
			hotline.AgentReady, hotline.AgentReady, hotline.AgentTalking, hotline.AgentTalking, hotline.AgentWrapUp,
			hotline.AgentNotReady, hotline.AgentSignedOut,
		}
		for range 1000 {
			now += rng.Int64N(span)
			a := members[rng.IntN(len(members))]
			if a.indexed {
				a.indexed = false
				tour.leave(a)
				ready--
			}
			a.occupancy = a.occupancyAt(moment{now, r.today(now)})
			a.state, a.since = states[rng.IntN(len(states))], time.UnixMilli(now)
			a.reason = []string{hotline.ReasonNoAnswer, "lunch"}[rng.IntN(2)]
			if a.state == hotline.AgentReady {
				a.indexed = true
				tour.enter(a)
				ready++
			}
			for range 3 {
				if ready == 0 {
					continue
				}
				at := now + rng.Int64N(span)
				if rng.IntN(3) == 0 { // the end of the final
					if end := tour.matches[1].until; end < now+24*3_600_000 {
						at = max(at, end-rng.Int64N(2))
					}
				}
				m := moment{at, r.today(at)}
				first := tour.brute(m, "")
				if got := tour.first(m, ""); got != first {
					t.Fatalf("seed %d: %s %+v is first, not %s %+v", seed, got.id, got.occupancyAt(m), first.id, first.occupancyAt(m))
				}
				if got, want := tour.first(m, first.id), tour.brute(m, first.id); got != want {
					t.Fatalf("seed %d: %s is second, not %s", seed, got.id, want.id)
				}
				if n := tour.before(first, m); n != 0 {
					t.Fatalf("seed %d: %d before the first", seed, n)
				}
			}
		}
	}
}

// TestKeeps holds the moment at which two agents change places to what the shares are just before it and at it.
func TestKeeps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	crossed := 0
	for range 200_000 {
		most := int64(1) << (1 + rng.IntN(40))
		draw := func() occupancy {
			here := rng.Int64N(most)
			return occupancy{rng.Int64N(here + 1), here}
		}
		o, p, first := draw(), draw(), rng.IntN(2) == 0
		before := func(t int64) bool {
			c := occupancy{o.busy, o.here + t}.compare(occupancy{p.busy, p.here + t})
			return c < 0 || c == 0 && first
		}
		if !before(0) {
			continue
		}
		end := o.keeps(p, first)
		if end == never {
			if !before(1 << 50) {
				t.Fatalf("%v does not stay before %v", o, p)
			}
			continue
		}
		crossed++
		if end < 1 || end < 1<<60 && (!before(end-1) || before(end)) {
			t.Fatalf("%v stays before %v for %d ms, first %t", o, p, end, first)
		}
	}
	if crossed < 10_000 {
		t.Errorf("only %d pairs changed places", crossed)
	}
}

// TestToday holds the days of a zone whose clocks change to their lengths.
func TestToday(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	r := NewRouter("main", &centre.Centre{TimeZone: berlin})
	for _, x := range []struct {
		month time.Month
		day   int
		hours int64
	}{{3, 28, 24}, {3, 29, 23}, {3, 30, 24}, {10, 25, 25}, {3, 29, 23}} {
		for _, hour := range []int{0, 1, 12, 23} {
			now := time.Date(2026, x.month, x.day, hour, 59, 0, 0, berlin).UnixMilli()
			d := r.today(now)
			if d.begins > now || now >= d.ends || d.ends-d.begins != x.hours*3_600_000 {
				t.Errorf("%v has %d ms, want %d h", time.UnixMilli(now).In(berlin), d.ends-d.begins, x.hours)
			}
		}
	}
	r.adopt(&centre.Centre{TimeZone: time.UTC})
	if now := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).UnixMilli(); r.today(now).begins != now-3_600_000 {
		t.Error("another zone keeps the days of the former")
	}
}

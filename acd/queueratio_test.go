package acd

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hotline/centre"
)

// TestGiveWay holds who is first in a queue, and how many are before each, to a look at everybody: nobody lets others go first
// for longer than give_way, and nobody but for one who can still make the target.
func TestGiveWay(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		q := &queue{order: orderOf(centre.Order{
			Rule: orderQueue, Ring: time.Duration(rng.IntN(5)) * time.Second, GiveWay: time.Duration(rng.IntN(8)) * time.Second,
		}, centre.Queue{Target: centre.Target{Within: time.Duration(1+rng.IntN(20)) * time.Second}})}
		var l line
		var all []*visit
		now := time.UnixMilli(1e6)
		for n := range uint64(rng.IntN(12)) {
			v := &visit{queue: q, seq: n + 1, place: now.Add(-time.Duration(rng.IntN(30)) * time.Second)}
			l.lane(v.lane()).waiting.insert(v.rank(), v)
			q.waiting.insert(v.rank(), v)
			all = append(all, v)
		}
		slices.SortFunc(all, func(a, b *visit) int {
			if a.before(now, b) {
				return -1
			}
			return 1
		})
		for i, v := range all {
			if n := l.ahead(now, v); n != i {
				t.Fatalf("seed %d: %d before number %d", seed, n, i)
			}
			for _, w := range all[:i] {
				late := now.Sub(v.place) - q.target() + time.Duration(q.order.ring)*time.Millisecond
				made := now.Sub(w.place) <= q.target()-time.Duration(q.order.ring)*time.Millisecond
				if v.rank().compare(w.rank()) < 0 && (late <= 0 || late >= time.Duration(q.order.giveWay)*time.Millisecond || !made) {
					t.Fatalf("seed %d: who is %v late lets one go first who waits since %v", seed, late, w.place)
				}
			}
		}
		if first := l.first(now); len(all) > 0 && first != all[0] || len(all) == 0 && first != nil {
			t.Fatalf("seed %d: %v is first of %d", seed, first, len(all))
		}
	}
}

func (q *queue) target() time.Duration { return time.Duration(q.order.within) * time.Millisecond }

// TestQueueLength: of queues of one target that is longest which has most waiting for the calls it gets; one caller whom nobody
// follows is the longest in the end.
func TestQueueLength(t *testing.T) {
	start := time.UnixMilli(1e9)
	build := func(came, waiting int) *queue {
		q := &queue{order: orderOf(centre.Order{Rule: orderQueue}, centre.Queue{})}
		for i := range came {
			q.came.add(start.Add(time.Duration(i) * time.Hour / time.Duration(came)))
		}
		for i := range waiting {
			v := &visit{queue: q, seq: uint64(i + 1), place: start.Add(time.Hour)}
			q.waiting.insert(v.rank(), v)
		}
		return q
	}
	now := start.Add(time.Hour).UnixMilli()
	big, small, lone := build(600, 10), build(60, 2), build(600, 1)
	if l := big.length(now); l < 2.7 || l > 3.4 { // 10 of 600 an hour: 60 s, three targets
		t.Errorf("length %v", l)
	}
	if big.length(now) >= small.length(now) || lone.length(now) >= big.length(now) {
		t.Errorf("%v, %v, %v", big.length(now), small.length(now), lone.length(now))
	}
	if later := now + 150_000; lone.length(later) != 150_000.0/starving/20_000 {
		t.Errorf("who waits 150 s counts %v", lone.length(later))
	}
}

// TestGenerate holds the generated days to the given ones: as many calls of each class, as long, as patient, and as many phones
// that ring unanswered.
func TestGenerate(t *testing.T) {
	dir, files := routingFiles(t)
	reference := readReference(t, filepath.Join(dir, "reference.csv"))
	near := func(what string, got, want, by float64) {
		if got < want*(1-by) || got > want*(1+by) {
			t.Errorf("%s: %.1f, given %.1f", what, got, want)
		}
	}
	for _, file := range files {
		given := readTrace(t, dir, file)
		const days = 4
		var made []call
		var rings float64
		for seed := range uint64(days) {
			tr := generate(given, 1+seed)
			made = append(made, tr.calls...)
			if len(tr.plan.Absences) > 0 {
				rings += newModelDay(tr, models()[0]).run()["rona"] / days
			}
		}
		for _, class := range given.plan.Classes {
			n1, service1, patience1 := means(made, class.Name)
			n2, service2, patience2 := means(given.calls, class.Name)
			name := given.scenario + " " + class.Name
			near(name+" calls", n1/days, n2, 0.12)
			near(name+" service", service1, service2, 0.12)
			near(name+" patience", patience1, patience2, 0.15)
		}
		if want := reference[given.scenario+"/"+given.seed+"/ref-lia-fcfs"]; want != nil && rings+want["rona"] > 0 {
			near(given.scenario+" rings unanswered", rings, want["rona"], 0.3)
		}
	}
}

func means(calls []call, class string) (n, service, patience float64) {
	for _, c := range calls {
		if c.class == class {
			n++
			service += float64(c.service)
			patience += float64(c.patience)
		}
	}
	return n, service / n, patience / n
}

// TestBeyond holds on twenty generated days of S4 what docs/routing.md says of giving way beside the best reference: a better
// worst class, and neither more abandonment nor longer waits at the end than chance makes.
func TestBeyond(t *testing.T) {
	dir := filepath.Join("testdata", "routing")
	law := readTrace(t, dir, filepath.Join(dir, "trace_S4-biling_seed1.csv"))
	ours, fqr := candidates(law.scenario)[2], models()[4]
	if fqr.name != "ref-leastflex-fqr" || ours.order.GiveWay != 4*time.Second {
		t.Fatal(fqr.name, ours.name)
	}
	var mine, best []map[string]float64
	for seed := range uint64(20) {
		tr := generate(law, 101+seed)
		d := newDay(t, tr, ours)
		d.every = 5000
		d.run()
		mine = append(mine, d.figures())
		best = append(best, newModelDay(tr, fqr).run())
	}
	for _, x := range []struct {
		metric     string
		least, top float64
	}{{"worst", 0.004, 1}, {"sl", 0.005, 1}, {"ab", -1, 0.001}, {"p99", -99, 1.5}} {
		m, half := spread(mine, best, x.metric)
		t.Logf("%s %+.4f ± %.4f", x.metric, m, half)
		if m < x.least || m > x.top {
			t.Errorf("%s %+.4f, want from %v to %v", x.metric, m, x.least, x.top)
		}
	}
}

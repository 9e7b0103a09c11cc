// Package sim runs the whole brain (shard, calls, reports, log) through a virtual day with phones in memory, and holds it to
// what must always be true.
package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/call"
	"hotline/call/calltest"
	"hotline/centre"
	"hotline/ivr"
	"hotline/reports"
)

// world is the centre and all who have to do with it. Everything below mu is the simulator's own knowledge.
type world struct {
	t      *testing.T
	seed   uint64
	centre *centre.Centre
	log    *calltest.Log
	shard  *acd.Shard
	hub    *call.Hub
	fake   *calltest.Fake
	fold   *reports.Fold
	stop   func()
	seen   seen
	saved  *snapshot

	mu       sync.Mutex
	callers  map[hotline.CallID]*caller
	agents   map[hotline.AgentID]*agent
	requests map[hotline.CallID][]request
	rings    map[hotline.QueueID]*reports.Rings
	backs    int                            // calls that keep a promise
	moved    map[hotline.VisitID]bool       // that a lead sent elsewhere, or ended
	records  map[hotline.CallID][]time.Time // Record actions
	stops    map[hotline.CallID][]time.Time // StopRecord actions
}

// request is one Enqueue that the shard took.
type request struct {
	visit hotline.VisitID
	queue hotline.QueueID
	at    time.Time
	since time.Time // the start of the wait that it names
}

// rng is a generator of its own for each person, so that who acts when does not change what anyone else does.
func (w *world) rng(kind string, n int) *rand.Rand {
	var k uint64
	for _, c := range []byte(kind) {
		k = k*131 + uint64(c)
	}
	return rand.New(rand.NewPCG(w.seed, k<<32+uint64(n)))
}

func loadCentre(t *testing.T, agents int) *centre.Centre {
	t.Helper()
	text, err := os.ReadFile("testdata/centre.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(text)
	b.WriteString("agents:\n")
	for i := range agents {
		skills := fmt.Sprintf("claims: %d", 1+i%9)
		if i%4 == 0 {
			skills += ", english: 2"
		}
		if i%20 == 7 {
			skills = "tiny: 3"
		}
		fmt.Fprintf(&b, "  - {id: \"%d\", name: 坐席%d, password: secret-%d-secret, team: %s, skills: {%s}}\n", 8001+i, i, i, []string{"a", "b"}[i%2], skills)
	}
	c, faults := centre.Parse("centre.yaml", []byte(b.String()), nil)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	return c
}

// newWorld opens the centre. It must be called in a synctest bubble.
func newWorld(t *testing.T, seed uint64, agents int) *world {
	w := &world{
		t: t, seed: seed, centre: loadCentre(t, agents), log: calltest.NewLog(),
		seen: seen{waiting: map[hotline.VisitID]bool{}}, saved: &snapshot{},
		callers: map[hotline.CallID]*caller{}, agents: map[hotline.AgentID]*agent{},
		requests: map[hotline.CallID][]request{}, rings: map[hotline.QueueID]*reports.Rings{},
		moved:   map[hotline.VisitID]bool{},
		records: map[hotline.CallID][]time.Time{}, stops: map[hotline.CallID][]time.Time{},
	}
	for _, q := range w.centre.Queues {
		w.rings[q.ID] = &reports.Rings{}
	}
	logger := slog.New(slog.NewTextHandler(failing{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.shard = acd.NewShard(acd.ShardConfig{
		Router: acd.NewRouter("s1", w.centre), Log: w.log, Logger: logger, Snapshots: w.saved, SnapshotEvery: 1 << 30,
	})
	w.fold = reports.New(reports.Config{Centre: reportsCentre(w.centre), Logger: logger})
	plan := ivr.NewPlan(w.centre)
	w.fake = calltest.NewFake(calltest.FakeConfig{
		Signal: func(c hotline.CallID, s hotline.Signal) { w.hub.Signal(c, s) },
		Phone: func(d hotline.Dial, l *calltest.Line) {
			if d.Agent == "" {
				w.back(d, l)
				return
			}
			w.agents[d.Agent].rung(d, l)
		},
		Trace: w.trace,
	})
	w.hub = call.NewHub(call.Config{
		Log: w.log, Switch: w.fake, Router: counted{w}, Places: w.shard, Plan: func() *ivr.Plan { return plan }, Logger: logger,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{
		"shard": w.shard.Run, "hub": w.hub.Run,
		"reports": func(ctx context.Context) error { return w.fold.Run(ctx, w.log) },
	} {
		running.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	w.stop = sync.OnceFunc(func() {
		w.hub.Close()
		cancel()
		running.Wait()
		w.fake.Close()
	})
	t.Cleanup(w.stop)
	return w
}

// snapshot keeps the one that the shard makes when it stops.
type snapshot struct{ data []byte }

func (s *snapshot) Snapshot(_ string, _ uint64, data []byte) error {
	s.data = data
	return nil
}

func (s *snapshot) LastSnapshot(string) (uint64, []byte, error) { return 0, nil, nil }

// failing turns every warning of the engine into a failure of the test: in a sound day there is nothing to warn of.
type failing struct{ t *testing.T }

func (f failing) Write(p []byte) (int, error) {
	f.t.Errorf("the engine says: %s", p)
	return len(p), nil
}

func reportsCentre(c *centre.Centre) reports.Centre {
	out := reports.Centre{Location: c.TimeZone}
	for _, q := range c.Queues {
		out.Queues = append(out.Queues, reports.Queue{
			ID: q.ID, Name: q.Name, Within: q.Target.Within, Ratio: q.Target.Ratio, Short: q.ShortAbandon,
		})
	}
	for _, a := range c.Agents {
		out.Agents = append(out.Agents, reports.Agent{ID: a.ID, Name: a.Name, Team: a.Team})
	}
	return out
}

// counted is the shard as the calls see it: it writes down when who asked for which queue.
type counted struct{ *world }

func (c counted) Submit(ctx context.Context, q hotline.Request) error {
	at := hotline.Millis(time.Now())
	err := c.shard.Submit(ctx, q)
	if e, ok := q.(hotline.Enqueue); ok {
		if err != nil {
			c.t.Errorf("Enqueue: %v", err)
		}
		c.mu.Lock()
		c.requests[e.Call] = append(c.requests[e.Call], request{e.Visit, e.Queue, at, e.Since})
		c.mu.Unlock()
	}
	return err
}

func (w *world) trace(a hotline.Action) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch a := a.(type) {
	case hotline.Record:
		w.records[a.Call] = append(w.records[a.Call], hotline.Millis(time.Now()))
	case hotline.StopRecord:
		w.stops[a.Call] = append(w.stops[a.Call], hotline.Millis(time.Now()))
	}
}

func (w *world) caller(c hotline.CallID) *caller {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.callers[c]
}

// exp is a random time with the mean given, never longer than eight times it.
func exp(r *rand.Rand, mean time.Duration) time.Duration {
	return min(time.Duration(r.ExpFloat64()*float64(mean)), 8*mean)
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// settle waits until nobody has anything left to do at this moment.
func (w *world) settle() { synctest.Wait() }

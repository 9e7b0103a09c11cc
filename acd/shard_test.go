package acd

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/centre"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// memoryLog is a log in memory that can be told to refuse.
type memoryLog struct {
	mu      sync.Mutex
	events  []hotline.Event
	refuse  error // of Append
	gone    error // of Read
	appends int
}

func (l *memoryLog) Append(evs []hotline.Event) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appends++
	if l.refuse != nil {
		return 0, l.refuse
	}
	for _, ev := range evs {
		ev.Seq = uint64(len(l.events) + 1)
		l.events = append(l.events, ev)
	}
	return uint64(len(l.events)), nil
}

func (l *memoryLog) Durable(context.Context, uint64) error { return nil }

func (l *memoryLog) Read(_ context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	l.mu.Lock()
	defer l.mu.Unlock()
	events, gone := slices.Clone(l.events[after:]), l.gone
	return func(yield func(hotline.Event, error) bool) {
		if gone != nil {
			yield(hotline.Event{}, gone)
			return
		}
		for _, ev := range events {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

func (l *memoryLog) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return l.Read(ctx, after)
}

func (l *memoryLog) set(refuse, gone error) {
	l.mu.Lock()
	l.refuse, l.gone = refuse, gone
	l.mu.Unlock()
}

// size is how many events the log holds, and how often it was tried.
func (l *memoryLog) size() (events, appends int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events), l.appends
}

// kinds is what the log holds, in short.
func (l *memoryLog) kinds() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, ev := range l.events {
		k := ev.Fact.Kind()
		if f, ok := ev.Fact.(hotline.AgentSet); ok {
			k = string(f.State)
			if f.Reason != "" {
				k += "(" + f.Reason + ")"
			}
		}
		all = append(all, k)
	}
	return strings.Join(all, " ")
}

var _ hotline.Log = (*memoryLog)(nil)

// memorySnapshots is a place for snapshots.
type memorySnapshots struct {
	mu    sync.Mutex
	at    uint64
	data  []byte
	saved int
}

func (m *memorySnapshots) Snapshot(_ string, at uint64, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.data = at, data
	m.saved++
	return nil
}

func (m *memorySnapshots) LastSnapshot(string) (uint64, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at, m.data, nil
}

// rig is a running shard in a bubble of virtual time.
type rig struct {
	t     *testing.T
	log   *memoryLog
	shard *Shard
	stop  context.CancelFunc
	done  chan error
}

const oneAgent = `
agents: [{id: "1", password: x, skills: {s: 5}}, {id: "2", password: x, skills: {s: 5}}]
queues: [{id: q, needs: s, ring_timeout: 15s, wrap_up: {mode: timed, after: 20s}}]
`

func start(t *testing.T, log *memoryLog, change func(*ShardConfig)) *rig {
	cfg := ShardConfig{Router: NewRouter("main", mustParse(t, oneAgent)), Log: log, Logger: quiet()}
	if change != nil {
		change(&cfg)
	}
	r := &rig{t: t, log: log, shard: NewShard(cfg), done: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.done <- r.shard.Run(ctx) }()
	return r
}

func (r *rig) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Error(err)
	}
}

func (r *rig) submit(q hotline.Request) error { return r.shard.Submit(context.Background(), q) }

func (r *rig) must(qs ...hotline.Request) {
	r.t.Helper()
	for _, q := range qs {
		if err := r.submit(q); err != nil {
			r.t.Fatalf("%T: %v", q, err)
		}
	}
}

func enqueueOf(contact hotline.ContactID) hotline.Enqueue {
	return hotline.Enqueue{Contact: contact, Call: hotline.CallID(contact), Visit: contact.Visit(1), Queue: "q"}
}

func TestShardTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &memoryLog{}, nil)
		defer r.end()
		r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady}, enqueueOf("c"))
		begun := time.Now()
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if k := r.log.kinds(); strings.Contains(k, "offer_lost") {
			t.Fatal("offer lost too early:", k)
		}
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		want := "device_changed not_ready(signed_in) ready queued offered reserved offer_lost not_ready(no_answer)"
		if k := r.log.kinds(); k != want {
			t.Fatalf("log %s, want %s", k, want)
		}
		last := r.log.events[len(r.log.events)-1].At
		if d := last.Sub(begun.Truncate(time.Millisecond)); d != 15*time.Second {
			t.Errorf("the offer ended after %v", d)
		}
		if pos, wait, err := r.shard.Place(context.Background(), "c.1"); pos != 1 || wait != -1 || err != nil {
			t.Errorf("Place = %d, %v, %v", pos, wait, err)
		}
		if _, _, err := r.shard.Place(context.Background(), "x"); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("Place of nobody: %v", err)
		}
		if err := r.submit(hotline.Accept{Offer: "c.1.1"}); !errors.Is(err, hotline.ErrRefused) {
			t.Errorf("late accept: %v", err)
		}
	})
}

func TestShardRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, snaps := &memoryLog{}, &memorySnapshots{}
		with := func(cfg *ShardConfig) { cfg.Snapshots, cfg.SnapshotEvery = snaps, 4 }
		r := start(t, log, with)
		r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady}, enqueueOf("a"), enqueueOf("b"))
		r.must(hotline.Accept{Offer: "a.1.1", Leg: "l"})
		r.end()
		if snaps.saved == 0 || snaps.at != uint64(len(log.events)) {
			t.Fatalf("%d snapshots, the last at %d of %d", snaps.saved, snaps.at, len(log.events))
		}
		before, _ := r.shard.router.Snapshot()

		// The next run knows everything again, from the snapshot and from the log alone.
		for _, use := range []func(*ShardConfig){with, nil} {
			r = start(t, log, use)
			synctest.Wait()
			r.end()
			if after, _ := r.shard.router.Snapshot(); string(after) != string(before) {
				t.Fatalf("after a restart\n%s\nbefore\n%s", after, before)
			}
		}
		snaps.data = []byte("rubbish") // is passed over
		r = start(t, log, with)
		r.must(hotline.Recover{Resumed: []hotline.CallID{"a"}})
		r.must(hotline.Release{Agent: "1", Call: "a"})
		if err := r.submit(hotline.Leave{Visit: "b.1", Outcome: hotline.OutcomeAbandoned}); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("b is still waiting: %v", err)
		}
		time.Sleep(21 * time.Second)
		r.end()
		if k := log.kinds(); !strings.HasSuffix(k, "talking left released wrap_up wrap_ended ready") {
			t.Error(k)
		}
	})
}

func TestShardLogRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		r := start(t, log, nil)
		defer r.end()
		r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady})
		r.must(enqueueOf("a"), enqueueOf("b"), hotline.Accept{Offer: "a.1.1"})
		held, _ := log.size()

		log.set(hotline.ErrLogFull, nil)
		if err := r.submit(enqueueOf("c")); !errors.Is(err, hotline.ErrOverload) {
			t.Fatalf("a new call while the log is full: %v", err)
		}
		if err := r.shard.Admit(); !errors.Is(err, hotline.ErrOverload) || !errors.Is(err, hotline.ErrLogFull) {
			t.Errorf("Admit = %v", err)
		}
		// The talk ends: the news waits for the log, even though its bearer does not. A wish without a wisher is dropped.
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.shard.Submit(short, hotline.Release{Agent: "1", Call: "a"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("release: %v", err)
		}
		if err := r.shard.Submit(short, hotline.SetAgent{Agent: "2", State: hotline.AgentNotReady}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wish: %v", err)
		}
		waits := make(chan error, 1)
		go func() { waits <- r.submit(hotline.SetAgent{Agent: "1", State: hotline.AgentNotReady}) }()
		if pos, _, err := r.shard.Place(context.Background(), "b.1"); pos != 1 || err != nil {
			t.Errorf("Place while the log is full: %d, %v", pos, err)
		}
		time.Sleep(30 * time.Second)
		events, tries := log.size()
		if events != held {
			t.Fatal("something was logged")
		}
		if tries > 40 {
			t.Errorf("the log was tried %d times in half a minute", tries)
		}
		log.set(nil, nil)
		if err := <-waits; err != nil {
			t.Error(err)
		}
		r.must(enqueueOf("d"))
		if k := log.kinds(); !strings.HasSuffix(k, "talking released wrap_up wrap_ended not_ready(unspecified) queued") {
			t.Error(k)
		}
		if st := r.shard.Stats(); st.AppendErrors == 0 || st.Rebuilds < 2 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestShardHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		var sick error
		var mu sync.Mutex
		r := start(t, log, func(cfg *ShardConfig) {
			cfg.Healthy = func() error {
				mu.Lock()
				defer mu.Unlock()
				return sick
			}
		})
		defer r.end()
		synctest.Wait()
		// Full, and not even readable: the router cannot be rebuilt, and comes back by itself.
		mu.Lock()
		sick = hotline.ErrLogFull
		mu.Unlock()
		log.set(hotline.ErrLogFull, hotline.ErrLogGone)
		if err := r.submit(enqueueOf("a")); !errors.Is(err, hotline.ErrOverload) {
			t.Fatal(err)
		}
		_, tries := log.size()
		time.Sleep(time.Minute)
		if _, now := log.size(); now != tries {
			t.Errorf("the log was tried %d times although it was known to be full", now-tries)
		}
		log.set(nil, nil)
		mu.Lock()
		sick = nil
		mu.Unlock()
		time.Sleep(10 * time.Second)
		r.must(enqueueOf("b"))
	})
}

func TestShardPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		r := start(t, log, nil)
		defer r.end()
		r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady})
		bad := &item{ctx: context.Background(), done: make(chan error, 1), do: func(r *Router, now time.Time) ([]hotline.Event, error) {
			r.agents["1"].state = "nonsense" // half done …
			panic("broken invariant")
		}}
		if err := r.shard.ask(bad); !errors.Is(err, hotline.ErrOverload) {
			t.Fatal(err)
		}
		// … and forgotten.
		r.must(enqueueOf("a"), hotline.Accept{Offer: "a.1.1"})
		if st := r.shard.Stats(); st.Panics != 1 || st.Rebuilds != 2 {
			t.Errorf("%+v", st)
		}
		if err := r.shard.Admit(); err != nil {
			t.Error(err)
		}
	})
}

func TestShardSetCentre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		r := start(t, log, nil)
		defer r.end()
		r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady})
		r.must(enqueueOf("a"), enqueueOf("b"), hotline.Accept{Offer: "a.1.1"})
		// The queue goes while b waits in it; a router rebuilt after that still knows its rules.
		next := mustParse(t, "agents: [{id: \"1\", password: x, skills: {s: 5}}]\nqueues: [{id: other}]\n")
		if err := r.shard.SetCentre(context.Background(), next); err != nil {
			t.Fatal(err)
		}
		log.set(hotline.ErrLogFull, nil)
		_ = r.submit(hotline.Enqueue{Contact: "x", Visit: "x.1", Queue: "other"})
		log.set(nil, nil)
		r.must(hotline.Release{Agent: "1", Call: "a"})
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if k := log.kinds(); !strings.HasSuffix(k, "released wrap_up wrap_ended ready offered reserved") {
			t.Error(k)
		}
		if err := r.submit(enqueueOf("c")); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("a queue that is gone takes calls: %v", err)
		}
	})
}

func TestShardStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{}
		r := start(t, log, nil)
		r.must(enqueueOf("a"))
		r.end()
		if err := r.submit(enqueueOf("b")); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
		log.set(nil, hotline.ErrLogGone)
		s := NewShard(ShardConfig{Router: NewRouter("main", &centre.Centre{}), Log: log, Logger: quiet()})
		if err := s.Run(context.Background()); !errors.Is(err, hotline.ErrLogGone) {
			t.Errorf("a start without a log: %v", err)
		}
		// Nobody serves: a submitter is bound by its own context, and a full inbox refuses new calls at once.
		s = NewShard(ShardConfig{Router: NewRouter("main", &centre.Centre{}), Log: log, Logger: quiet(), Backlog: 1})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Submit(ctx, hotline.Tick{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := s.Submit(ctx, enqueueOf("a")); !errors.Is(err, hotline.ErrOverload) {
			t.Error(err)
		}
	})
}

// TestShardMany has many senders at once on the real clock: everything is ordered, nothing is lost, the log alone gives the
// same router.
func TestShardMany(t *testing.T) {
	log := &memoryLog{}
	r := start(t, log, nil)
	r.must(hotline.SetDevice{Agent: "1", Up: true}, hotline.SetAgent{Agent: "1", State: hotline.AgentReady})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			id := hotline.ContactID(strings.Repeat("c", i+1))
			r.must(enqueueOf(id))
			if _, _, err := r.shard.Place(context.Background(), id.Visit(1)); err != nil {
				t.Error(err)
			}
			r.must(hotline.Leave{Visit: id.Visit(1), Outcome: hotline.OutcomeAbandoned})
		})
	}
	wg.Wait()
	r.end()
	if n := strings.Count(log.kinds(), "abandoned"); n != 50 {
		t.Errorf("%d of 50 left", n)
	}
	again := NewRouter("main", r.shard.centre)
	for _, ev := range log.events {
		again.Apply(throughCodec(t, ev))
	}
	a, _ := again.Snapshot()
	b, _ := r.shard.router.Snapshot()
	if string(a) != string(b) {
		t.Errorf("replay\n%s\nlive\n%s", a, b)
	}
	if err := again.Check(); err != nil {
		t.Error(err)
	}
}

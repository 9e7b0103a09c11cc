package call_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
	"hotline/call/calltest"
	"hotline/ivr"
)

// desk is a shard of one agent who is always there: the least that a hub needs to be tested.
type desk struct {
	log  *calltest.Log
	seen func(hotline.Request) error // called first; an error refuses. May be nil

	mu     sync.Mutex
	visits map[hotline.VisitID]hotline.CallID
	talks  map[hotline.CallID]hotline.VisitID
}

func (d *desk) Submit(ctx context.Context, q hotline.Request) error {
	if d.seen != nil {
		if err := d.seen(q); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	say := func(c hotline.CallID, facts ...hotline.Fact) error {
		var evs []hotline.Event
		for _, f := range facts {
			evs = append(evs, hotline.Event{At: now, Shard: "s", Contact: c.Contact(), Call: c, Agent: "8001", Queue: "claims", Fact: f})
		}
		_, err := d.log.Append(evs)
		return err
	}
	switch q := q.(type) {
	case hotline.Enqueue:
		err := say(q.Call, hotline.Queued{Visit: q.Visit, Since: q.Since, Position: 1},
			hotline.Offered{Visit: q.Visit, Offer: q.Visit.Offer(1), Attempt: 1, Until: now.Add(15 * time.Second)})
		if err == nil {
			d.visits[q.Visit] = q.Call
		}
		return err
	case hotline.Accept:
		for v, c := range d.visits {
			if v.Offer(1) == q.Offer {
				delete(d.visits, v)
				d.talks[c] = v
				return say(c, hotline.Connected{Visit: v, Offer: q.Offer, Leg: q.Leg})
			}
		}
	case hotline.Leave:
		if c, ok := d.visits[q.Visit]; ok {
			delete(d.visits, q.Visit)
			if q.Outcome == hotline.OutcomeAbandoned {
				return say(c, hotline.Abandoned{Visit: q.Visit})
			}
			return say(c, hotline.Left{Visit: q.Visit, Outcome: q.Outcome})
		}
	case hotline.EndWrap, hotline.Supervises:
		return nil
	case hotline.BeginOutbound:
		return say(q.Call, hotline.AgentSet{State: hotline.AgentOutbound, From: hotline.AgentReady})
	case hotline.Release:
		if v, ok := d.talks[q.Call]; ok {
			err := say(q.Call, hotline.Released{Visit: v, Cause: q.Cause, By: q.By})
			if err == nil {
				delete(d.talks, q.Call)
			}
			return err
		}
	}
	return fmt.Errorf("%w: %T", hotline.ErrRefused, q)
}

func (d *desk) Place(context.Context, hotline.VisitID) (int, time.Duration, error) {
	return 2, time.Minute, nil
}

func (d *desk) open() (visits, talks int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.visits), len(d.talks)
}

// house is a hub with everything round it.
type house struct {
	hub  *call.Hub
	log  *calltest.Log
	desk *desk
	fake *calltest.Fake
	logs *lines

	acts   []hotline.Action
	pickup atomic.Int64 // time.Duration from Dial to PickUp
}

// lines is a log for several goroutines.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (w *lines) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *lines) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// open builds a house inside a synctest bubble; its hub runs until the test ends.
func open(t *testing.T, change func(*call.Config, *house)) *house {
	h := &house{log: calltest.NewLog(), logs: &lines{}}
	h.pickup.Store(int64(2 * time.Second))
	h.desk = &desk{log: h.log, visits: map[hotline.VisitID]hotline.CallID{}, talks: map[hotline.CallID]hotline.VisitID{}}
	cfg := call.Config{
		Log: h.log, Router: h.desk, Places: h.desk, Plan: func() *ivr.Plan { return testPlan(true) },
		Logger: slog.New(slog.NewTextHandler(h.logs, nil)),
	}
	h.fake = calltest.NewFake(calltest.FakeConfig{
		Signal: func(c hotline.CallID, s hotline.Signal) { h.hub.Signal(c, s) },
		Phone: func(_ hotline.Dial, l *calltest.Line) {
			time.AfterFunc(time.Duration(h.pickup.Load()), func() { l.PickUp(false) })
		},
		Trace: func(a hotline.Action) { h.acts = append(h.acts, a) }, // under the fake's lock
	})
	cfg.Switch = h.fake
	if change != nil {
		change(&cfg, h)
	}
	h.hub = call.NewHub(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- h.hub.Run(ctx) }()
	t.Cleanup(func() {
		h.hub.Close()
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		h.fake.Close()
	})
	return h
}

func (h *house) ring(to string) *calltest.Line {
	return h.fake.Call(hotline.Incoming{To: to, Trunk: "t", From: hotline.Party{Number: "1"}}, nil, nil)
}

func (h *house) kinds(c hotline.CallID) []string {
	var out []string
	for _, ev := range h.log.Events() {
		if ev.Call == c {
			out = append(out, ev.Fact.Kind())
		}
	}
	return out
}

func (h *house) cause(t *testing.T, c hotline.CallID) hotline.Cause {
	t.Helper()
	for _, ev := range h.log.Events() {
		if f, ok := ev.Fact.(hotline.CallEnded); ok && ev.Call == c {
			return f.Cause
		}
	}
	t.Fatalf("%s has no end: %v", c, h.kinds(c))
	return ""
}

func TestHubRunsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.ring("95502")
		time.Sleep(time.Second)
		if n, open := h.hub.Count(), h.hub.Open(); n != 1 || len(open) != 1 || open[0].Phase != "queue" || open[0].Queue != "vip" {
			t.Errorf("%d calls open: %+v", n, open)
		}
		time.Sleep(20 * time.Second)
		if open := h.hub.Open(); len(open) != 1 || open[0].Phase != "talk" || open[0].Agent != "8001" {
			t.Errorf("open: %+v", open)
		}
		if !h.fake.Recording(l.Call()) {
			t.Error("the call is not recorded")
		}
		l.Hangup()
		time.Sleep(time.Second)
		want := "call_started leg_started flow_stepped queued offered leg_started leg_answered leg_answered connected answered " +
			"announced leg_ended released leg_ended call_ended"
		if got := strings.Join(h.kinds(l.Call()), " "); got != want {
			t.Errorf("facts\n got %s\nwant %s", got, want)
		}
		if h.hub.Count() != 0 || h.fake.Open() != 0 || h.fake.Recording(l.Call()) {
			t.Errorf("left over: %d calls, %d lines, recording %v", h.hub.Count(), h.fake.Open(), h.fake.Recording(l.Call()))
		}
		if s := h.hub.Stats(); s != (call.Stats{Calls: 1}) {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestRecordThenActThenAsk watches the order at the three doors of one call.
func TestRecordThenActThenAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var doors []string
		at := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			doors = append(doors, fmt.Sprintf(format, args...))
		}
		h := open(t, func(c *call.Config, ho *house) {
			c.Log = watchedLog{ho.log, func(evs []hotline.Event) { at("record %s", evs[0].Fact.Kind()) }}
			c.Switch = watchedSwitch{ho.fake, func(a hotline.Action) { at("act %T", a) }}
			ho.desk.seen = func(q hotline.Request) error { at("ask %T", q); return nil }
		})
		l := h.ring("95502")
		time.Sleep(30 * time.Second)
		l.Hangup()
		time.Sleep(time.Second)
		want := []string{
			"record call_started", "act hotline.Answer", "ask hotline.Enqueue",
			"record leg_started", "act hotline.Dial",
			"record leg_answered", "act hotline.Record", "act hotline.Play",
			"act hotline.Play", // please-wait is over
			"record leg_answered", "ask hotline.Accept",
			"record answered", "act hotline.Play", "act hotline.Play",
			"act hotline.Mix",
			"record leg_ended", "act hotline.Hangup", "ask hotline.Release",
			"record leg_ended", "act hotline.StopRecord",
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(doors, want) {
			t.Errorf("order\n got %q\nwant %q", doors, want)
		}
		seqs := map[string]uint64{}
		for _, ev := range h.log.Events() {
			seqs[ev.Fact.Kind()] = ev.Seq
		}
		synctest.Wait()
		for _, a := range h.acts {
			switch a := a.(type) {
			case hotline.Answer:
				if a.After < 2 { // call_started and leg_started
					t.Errorf("Answer rests on %d", a.After)
				}
			case hotline.Mix:
				if a.After < seqs["connected"] || a.After < seqs["answered"] {
					t.Errorf("Mix rests on %d, connected is %d", a.After, seqs["connected"])
				}
			}
		}
	})
}

type watchedLog struct {
	*calltest.Log
	see func([]hotline.Event)
}

func (l watchedLog) Append(evs []hotline.Event) (uint64, error) {
	l.see(evs)
	return l.Log.Append(evs)
}

type watchedSwitch struct {
	call.Switch
	see func(hotline.Action)
}

func (s watchedSwitch) Do(ctx context.Context, a hotline.Action) error {
	s.see(a)
	return s.Switch.Do(ctx, a)
}

// TestInboxRunsOver lets the shard hang at a request while the caller presses keys: whatever is lost with them, the call
// ends and nothing is left over.
func TestInboxRunsOver(t *testing.T) {
	for _, at := range []hotline.Request{hotline.Enqueue{}, hotline.Accept{}} {
		t.Run(fmt.Sprintf("%T", at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reached, gate := make(chan struct{}), make(chan struct{})
				h := open(t, func(c *call.Config, ho *house) {
					c.Inbox = 8
					c.Router = slowRouter{ho.desk, func(q hotline.Request, err error) {
						if fmt.Sprintf("%T", q) == fmt.Sprintf("%T", at) {
							close(reached)
							<-gate
						}
					}}
					ho.desk.seen = func(q hotline.Request) error {
						if fmt.Sprintf("%T", q) == fmt.Sprintf("%T", at) {
							for range 100 { // before its facts, which find the inbox full
								ho.fake.Do(t.Context(), hotline.Play{Leg: "c000001-0", Play: "x", Prompts: []string{"beep"}})
							}
						}
						return nil
					}
				})
				l := h.ring("95502")
				<-reached
				for range 100 {
					l.Press('1') // never blocks
				}
				time.Sleep(time.Second)
				close(gate)
				time.Sleep(20 * time.Second)
				if got := h.cause(t, l.Call()); got != hotline.CauseOverload {
					t.Errorf("cause %s", got)
				}
				if s := h.hub.Stats(); s.Overloads != 1 {
					t.Errorf("stats %+v", s)
				}
				if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 {
					t.Errorf("left over: %d visits, %d talks, %d calls, %d lines", v, k, h.hub.Count(), h.fake.Open())
				}
			})
		})
	}
}

// TestPanicEndsOneCall lets a step panic at every input in turn, and for good from there on: the call ends, what it held
// is given back, the next call runs.
func TestPanicEndsOneCall(t *testing.T) {
	for _, forGood := range []bool{false, true} {
		for n := 1; n <= 16; n++ {
			t.Run(fmt.Sprintf("step %d, for good %v", n, forGood), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := open(t, nil)
					first := true
					h.hub.WrapSteps(func(step func(time.Time, call.Input) call.Output) func(time.Time, call.Input) call.Output {
						if !first {
							return step
						}
						first = false
						i := 0
						return func(now time.Time, in call.Input) call.Output {
							if i++; i == n || forGood && i > n {
								panic("test")
							}
							return step(now, in)
						}
					})
					l := h.ring("95502")
					time.Sleep(30 * time.Second)
					l.Hangup()
					time.Sleep(30 * time.Second)
					if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 {
						t.Errorf("left over: %d visits, %d talks, %d calls, %d lines; %v", v, k, h.hub.Count(), h.fake.Open(),
							h.kinds(l.Call()))
					}
					s := h.hub.Stats()
					if s.Panics == 0 || strings.Count(h.logs.String(), "test") == 0 {
						t.Errorf("stats %+v, logged %q", s, h.logs)
					}
					if n > 1 {
						if got := h.cause(t, l.Call()); got != hotline.CausePanic && got != hotline.CauseHangup {
							t.Errorf("cause %s", got)
						}
					}
					l = h.ring("95502")
					time.Sleep(30 * time.Second)
					l.Hangup()
					time.Sleep(time.Second)
					if got := h.cause(t, l.Call()); got != hotline.CauseHangup {
						t.Errorf("the next call: %s", got)
					}
				})
			})
		}
	}
}

func TestPanicOfTheShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(_ *call.Config, ho *house) {
			ho.desk.seen = func(q hotline.Request) error {
				if _, ok := q.(hotline.Accept); ok {
					panic("shard")
				}
				return nil
			}
		})
		l := h.ring("95502")
		time.Sleep(time.Minute)
		if got := h.cause(t, l.Call()); got != hotline.CausePanic {
			t.Errorf("cause %s", got)
		}
		if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 {
			t.Errorf("left over: %d visits, %d talks, %d calls, %d lines", v, k, h.hub.Count(), h.fake.Open())
		}
	})
}

func TestLogCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		talks := h.ring("95502")
		time.Sleep(10 * time.Second)
		h.log.Fail(hotline.ErrLogFull)
		refused := h.ring("95502")
		time.Sleep(time.Second)
		if got := h.kinds(refused.Call()); len(got) != 0 || h.fake.Open() != 2 {
			t.Errorf("a new call began without a log: %v, %d lines", got, h.fake.Open())
		}
		time.Sleep(time.Minute)
		if h.hub.Count() != 1 || h.fake.Open() != 2 {
			t.Errorf("the talking call did not talk on: %d calls, %d lines", h.hub.Count(), h.fake.Open())
		}
		ended := time.Now()
		talks.Hangup()
		time.Sleep(30 * time.Second)
		h.log.Fail(nil)
		time.Sleep(time.Minute)
		got := h.kinds(talks.Call())
		if !slices.Equal(got[len(got)-4:], []string{"leg_ended", "leg_ended", "call_ended", "released"}) {
			t.Errorf("facts %v", got)
		}
		for _, ev := range h.log.Events() {
			if _, ok := ev.Fact.(hotline.CallEnded); ok && ev.At.Sub(ended) > time.Second {
				t.Errorf("the call ended at %v, its fact says %v", ended, ev.At)
			}
		}
		if s := h.hub.Stats(); s.Refused != 1 || s.AppendErrors == 0 || s.LostFacts != 0 {
			t.Errorf("stats %+v", s)
		}
		if _, k := h.desk.open(); k+h.hub.Count() != 0 {
			t.Errorf("left over: %d talks, %d calls", k, h.hub.Count())
		}
		if n := strings.Count(h.logs.String(), "facts wait"); n != 1 {
			t.Errorf("%d lines about the log", n)
		}
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		waits := h.ring("95502")
		time.Sleep(time.Second)
		h.pickup.Store(int64(time.Hour))
		rings := h.ring("95502")
		menu := h.ring("95500")
		time.Sleep(5 * time.Second)
		if err := h.hub.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 {
			t.Errorf("left over: %d visits, %d talks, %d calls, %d lines", v, k, h.hub.Count(), h.fake.Open())
		}
		for _, l := range []*calltest.Line{waits, rings, menu} {
			if got := h.cause(t, l.Call()); got != hotline.CauseShutdown {
				t.Errorf("cause %s", got)
			}
		}
		late := h.ring("95502")
		time.Sleep(time.Second)
		if len(h.kinds(late.Call())) != 0 || h.fake.Open() != 0 || h.hub.Stats().Refused != 1 {
			t.Error("a call began after the shutdown")
		}
	})
}

func TestDrainWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.ring("95502")
		time.Sleep(10 * time.Second)
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := h.hub.Drain(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain: %v", err)
		}
		h.ring("95502")
		star := h.fake.Call(hotline.Incoming{To: "*3", Agent: "8001"}, nil, nil)
		go func() {
			time.Sleep(time.Minute)
			l.Hangup()
		}()
		if err := h.hub.Drain(t.Context()); err != nil {
			t.Errorf("Drain: %v", err)
		}
		if got := h.cause(t, l.Call()); got != hotline.CauseHangup {
			t.Errorf("cause %s", got)
		}
		if got := h.cause(t, star.Call()); got != hotline.CauseHangup {
			t.Errorf("an agent's code while draining: %s", got)
		}
		if h.hub.Stats().Refused != 1 {
			t.Error("a call began while draining")
		}
	})
}

func TestShardThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *call.Config, ho *house) {
			c.Router = hangingRouter{ho.desk}
		})
		l := h.ring("95502")
		time.Sleep(time.Minute)
		if got := h.cause(t, l.Call()); got != hotline.CauseError {
			t.Errorf("cause %s", got)
		}
		if h.hub.Count() != 1 {
			t.Error("the leave that was not taken is given up")
		}
		time.Sleep(time.Hour)
		if h.hub.Count()+h.fake.Open() != 0 {
			t.Errorf("left over: %d calls, %d lines", h.hub.Count(), h.fake.Open())
		}
	})
}

// slowRouter lets a test wait between what the shard did and its answer.
type slowRouter struct {
	*desk
	did func(hotline.Request, error)
}

func (r slowRouter) Submit(ctx context.Context, q hotline.Request) error {
	err := r.desk.Submit(ctx, q)
	r.did(q, err)
	return err
}

// hangingRouter never answers.
type hangingRouter struct{ *desk }

func (hangingRouter) Submit(ctx context.Context, _ hotline.Request) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestSwitchRefuses(t *testing.T) {
	for _, broken := range []string{"hotline.Answer", "hotline.Dial", "hotline.Play", "hotline.Mix", "hotline.Record", "hotline.Hangup"} {
		t.Run(broken, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t, func(c *call.Config, ho *house) {
					c.Switch = brokenSwitch{ho.fake, broken}
				})
				l := h.ring("95502")
				time.Sleep(30 * time.Second)
				l.Hangup()
				time.Sleep(30 * time.Second)
				h.cause(t, l.Call())
				if v, k := h.desk.open(); v+k+h.hub.Count() != 0 {
					t.Errorf("left over: %d visits, %d talks, %d calls", v, k, h.hub.Count())
				}
			})
		})
	}
}

type brokenSwitch struct {
	call.Switch
	action string
}

func (s brokenSwitch) Do(ctx context.Context, a hotline.Action) error {
	if fmt.Sprintf("%T", a) == s.action {
		return errors.New("out of order")
	}
	return s.Switch.Do(ctx, a)
}

func TestManyCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *call.Config, _ *house) { c.MaxCalls = 300 })
		var lines []*calltest.Line
		for i := range 320 {
			lines = append(lines, h.ring("95502"))
			if i%10 == 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		if got := h.hub.Count(); got != 300 || h.hub.Stats().Refused != 20 {
			t.Errorf("%d calls, %+v", got, h.hub.Stats())
		}
		var wg sync.WaitGroup
		for i, l := range lines {
			wg.Go(func() {
				time.Sleep(time.Duration(i*37%5000) * time.Millisecond)
				l.Hangup()
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 {
			t.Errorf("left over: %d visits, %d talks, %d calls, %d lines", v, k, h.hub.Count(), h.fake.Open())
		}
	})
}

func TestStraySignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.hub.Signal("", hotline.DeviceUp{Agent: "8001"})
		h.hub.Signal("nobody", hotline.Digit{Leg: "nobody-0", Key: '1'})
		if s := h.hub.Stats(); s != (call.Stats{Stray: 1}) {
			t.Errorf("stats %+v", s)
		}
		h.hub.Close()
		h.ring("95502")
		if s := h.hub.Stats(); s.Calls != 0 || s.Refused != 1 {
			t.Errorf("a closed hub began a call: %+v", s)
		}
	})
}

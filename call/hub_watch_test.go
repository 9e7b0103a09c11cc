package call_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
	"hotline/call/calltest"
)

// floor is a house whose phones can be listened at: by the account that was rung, the customer's as "customer".
type floor struct {
	*house

	mu    sync.Mutex
	lines map[hotline.AgentID]*calltest.Line
	hears map[*calltest.Line]calltest.Hearing
}

func openFloor(t *testing.T, change func(*call.Config, *house)) *floor {
	f := &floor{lines: map[hotline.AgentID]*calltest.Line{}, hears: map[*calltest.Line]calltest.Hearing{}}
	f.house = open(t, func(cfg *call.Config, h *house) {
		h.fake.Close()
		h.fake = calltest.NewFake(calltest.FakeConfig{
			Signal: func(c hotline.CallID, s hotline.Signal) { h.hub.Signal(c, s) },
			Phone:  f.rung,
			Trace:  func(a hotline.Action) { h.acts = append(h.acts, a) },
		})
		cfg.Switch = h.fake
		if change != nil {
			change(cfg, h)
		}
	})
	return f
}

// rung lets a phone ring and be picked up after two seconds, but for that of "away", which is not there, and "slow", which rings.
func (f *floor) rung(d hotline.Dial, l *calltest.Line) {
	f.mu.Lock()
	f.lines[d.Agent] = l
	f.mu.Unlock()
	l.Hears = func(h calltest.Hearing) { f.hear(l, h) }
	switch d.Agent {
	case "away":
		l.Refuse(hotline.CauseUnreachable)
		return
	case "slow":
		time.AfterFunc(10*time.Millisecond, l.Ring)
		return
	}
	time.AfterFunc(10*time.Millisecond, l.Ring)
	time.AfterFunc(time.Duration(f.pickup.Load()), func() { l.PickUp(false) })
}

func (f *floor) hear(l *calltest.Line, h calltest.Hearing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hears[l] = h
}

func (f *floor) line(a hotline.AgentID) *calltest.Line {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines[a]
}

// customer calls in and is answered.
func (f *floor) customer() *calltest.Line {
	l := f.fake.Call(hotline.Incoming{To: "95502", Trunk: "t", From: hotline.Party{Number: "1"}}, f.hear, nil)
	f.mu.Lock()
	f.lines["customer"] = l
	f.mu.Unlock()
	time.Sleep(20 * time.Second)
	return l
}

// with is whom the account's phone hears, by their accounts.
func (f *floor) with(a hotline.AgentID) (who []hotline.AgentID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.hears[f.lines[a]]
	if len(h.Prompts) > 0 {
		return []hotline.AgentID{hotline.AgentID(h.Prompts[0])}
	}
	for _, leg := range h.With {
		for id, l := range f.lines {
			if l.Leg() == leg {
				who = append(who, id)
			}
		}
	}
	slices.Sort(who)
	return who
}

func (f *floor) expect(t *testing.T, what string, want map[hotline.AgentID][]hotline.AgentID) {
	t.Helper()
	for a, who := range want {
		if got := f.with(a); !slices.Equal(got, who) {
			t.Errorf("%s: %s hears %v, want %v", what, a, got, who)
		}
	}
}

func (f *floor) supervise(t *testing.T, l *calltest.Line, mode hotline.Mode) (hotline.Supervision, error) {
	s, err := f.hub.Supervise(t.Context(), hotline.Supervise{By: "lead", Phone: "d01", Contact: l.Call().Contact(), Mode: mode})
	time.Sleep(5 * time.Second)
	return s, err
}

// empty holds that nothing is left over.
func (f *floor) empty(t *testing.T) {
	t.Helper()
	time.Sleep(2 * time.Minute)
	if f.hub.Count() != 0 || f.fake.Open() != 0 {
		t.Errorf("left over: %d calls %+v, %d lines", f.hub.Count(), f.hub.Open(), f.fake.Open())
	}
	if v, talks := f.desk.open(); v != 0 || talks != 0 {
		t.Errorf("the shard still has %d visits and %d talks", v, talks)
	}
	if s, ok := f.hub.Supervision("lead"); ok {
		t.Errorf("the lead still has a line: %+v", s)
	}
}

type ears = map[hotline.AgentID][]hotline.AgentID

func list(a ...hotline.AgentID) []hotline.AgentID { return a }

// TestHubSupervision listens, whispers, barges in and listens again by one line; each hears whom it should, and the end of the
// supervision is none of the call's.
func TestHubSupervision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFloor(t, nil)
		l := f.customer()
		f.expect(t, "before", ears{"customer": list("8001"), "8001": list("customer")})
		s, err := f.supervise(t, l, hotline.ModeListen)
		if err != nil || s.State != hotline.SupervisionRinging {
			t.Fatalf("supervise: %+v %v", s, err)
		}
		if s, ok := f.hub.Supervision("lead"); !ok || s.State != hotline.SupervisionUp || s.Agent != "8001" || s.Contact != l.Call().Contact() {
			t.Errorf("supervision: %+v %v", s, ok)
		}
		listening := ears{"customer": list("8001"), "8001": list("customer"), "d01": list("8001", "customer")}
		f.expect(t, "listen", listening)
		whispering := ears{"customer": list("8001"), "8001": list("customer", "d01"), "d01": list("8001", "customer")}
		barging := ears{"customer": list("8001", "d01"), "8001": list("customer", "d01"), "d01": list("8001", "customer")}
		for _, step := range []struct {
			mode hotline.Mode
			want ears
		}{
			{hotline.ModeWhisper, whispering},
			{hotline.ModeBarge, barging},
			{hotline.ModeListen, listening},
			{hotline.ModeBarge, barging},
			{hotline.ModeWhisper, whispering},
		} {
			if s, err := f.supervise(t, l, step.mode); err != nil || s.Mode != step.mode || s.State != hotline.SupervisionUp {
				t.Errorf("%s: %+v %v", step.mode, s, err)
			}
			f.expect(t, string(step.mode), step.want)
		}
		if err := f.hub.Unsupervise("lead", "another"); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("another contact: %v", err)
		}
		if err := f.hub.Unsupervise("lead", l.Call().Contact()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		f.expect(t, "after", ears{"customer": list("8001"), "8001": list("customer")})
		l.Hangup()
		f.empty(t)
		if _, err := f.supervise(t, l, hotline.ModeListen); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("a call that is over: %v", err)
		}
	})
}

// TestHubFollow hears every call of an agent from its first moment, silence between, until the line is ended.
func TestHubFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFloor(t, nil)
		s, err := f.hub.Supervise(t.Context(), hotline.Supervise{By: "lead", Phone: "d01", Follow: "8001", Mode: hotline.ModeListen})
		if err != nil || s.State != hotline.SupervisionRinging {
			t.Fatalf("follow: %+v %v", s, err)
		}
		for n := range 3 {
			time.Sleep(10 * time.Second)
			if s, _ := f.hub.Supervision("lead"); s.State != hotline.SupervisionWaiting || s.Follow != "8001" || s.Mode != hotline.ModeListen {
				t.Errorf("call %d, before: %+v", n, s)
			}
			f.expect(t, "between", ears{"d01": list("silence:1000")})
			l := f.customer()
			f.expect(t, fmt.Sprint("call ", n), ears{"d01": list("8001", "customer"), "customer": list("8001")})
			if _, err := f.supervise(t, l, hotline.ModeBarge); err != nil {
				t.Error(err)
			}
			f.expect(t, "barge", ears{"customer": list("8001", "d01")})
			if n == 2 {
				if err := f.hub.Unsupervise("lead", l.Call().Contact()); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				f.expect(t, "left this one", ears{"customer": list("8001"), "d01": list("silence:1000")})
			}
			l.Hangup()
			f.line("8001").Hangup()
			time.Sleep(time.Second)
		}
		if err := f.hub.Unsupervise("lead", ""); err != nil {
			t.Error(err)
		}
		f.empty(t)
	})
}

// TestHubSupervisionAgainstHangUps plays every mode against every side that goes at that moment. Whatever goes, the customer is
// not hung up unless its own talk is over, and nothing is left.
func TestHubSupervisionAgainstHangUps(t *testing.T) {
	modes := []hotline.Mode{hotline.ModeListen, hotline.ModeWhisper, hotline.ModeBarge, hotline.ModeTakeOver}
	goes := map[string]func(*floor, *calltest.Line){
		"customer": func(_ *floor, l *calltest.Line) { l.Hangup() },
		"agent":    func(f *floor, _ *calltest.Line) { f.line("8001").Hangup() },
		"lead":     func(f *floor, _ *calltest.Line) { f.line("d01").Hangup() },
		"page":     func(f *floor, l *calltest.Line) { _ = f.hub.Unsupervise("lead", l.Call().Contact()) },
		"engine":   func(f *floor, _ *calltest.Line) { _ = f.hub.Shutdown(context.Background()) },
		"all": func(f *floor, l *calltest.Line) {
			go l.Hangup()
			go f.line("d01").Hangup()
			f.line("8001").Hangup()
		},
	}
	for _, mode := range modes {
		for side, goes := range goes {
			for _, at := range []time.Duration{0, 5 * time.Millisecond, 12 * time.Millisecond, 2005 * time.Millisecond, 2015 * time.Millisecond, 10 * time.Second} {
				t.Run(fmt.Sprintf("%s %s %v", mode, side, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { againstHangUp(t, mode, side, at, goes) })
				})
			}
		}
	}
}

func againstHangUp(t *testing.T, mode hotline.Mode, side string, at time.Duration, goes func(*floor, *calltest.Line)) {
	f := openFloor(t, nil)
	l := f.customer()
	asked := make(chan error, 1)
	go func() {
		_, err := f.hub.Supervise(t.Context(), hotline.Supervise{By: "lead", Phone: "d01", Contact: l.Call().Contact(), Mode: mode})
		asked <- err
	}()
	synctest.Wait()
	time.Sleep(at)
	took := f.line("8001").Call() == l.Call() && slices.Contains(f.kinds(l.Call()), "transferred")
	goes(f, l)
	time.Sleep(time.Second)
	stays := side == "page" || side == "lead" && !took && mode != hotline.ModeTakeOver
	if stays && !took {
		f.expect(t, "after", ears{"customer": list("8001")})
	}
	time.Sleep(30 * time.Second)
	<-asked
	l.Hangup()
	f.line("8001").Hangup()
	f.line("d01").Hangup()
	f.empty(t)
}

// TestHubSupervisionSurvivesPanics: a fault in the call ends the supervisor's line, one in the line leaves the call alone.
func TestHubSupervisionSurvivesPanics(t *testing.T) {
	for _, broken := range []string{"call", "line"} {
		for _, mode := range []hotline.Mode{hotline.ModeBarge, hotline.ModeTakeOver} {
			t.Run(broken+" "+string(mode), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := openFloor(t, nil)
					f.hub.WrapSteps(func(step func(time.Time, call.Input) call.Output) func(time.Time, call.Input) call.Output {
						return func(now time.Time, in call.Input) call.Output {
							out := step(now, in)
							if h, ok := in.(call.Heard); ok {
								if d, ok := h.Signal.(hotline.Digit); ok && d.Key == 'A' {
									panic("broken")
								}
							}
							return out
						}
					})
					l := f.customer()
					if _, err := f.supervise(t, l, mode); err != nil {
						t.Fatal(err)
					}
					if broken == "call" {
						l.Press('A')
					} else {
						f.line("d01").Press('A')
					}
					time.Sleep(time.Second)
					if broken == "line" && mode == hotline.ModeBarge {
						f.expect(t, "the line broke", ears{"customer": list("8001"), "8001": list("customer")})
					}
					time.Sleep(time.Minute)
					l.Hangup()
					f.empty(t)
				})
			})
		}
	}
}

// TestHubTakeOver: the customer is the lead's, the agent is released; the lead's hanging up ends the call.
func TestHubTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFloor(t, nil)
		l := f.customer()
		if _, err := f.supervise(t, l, hotline.ModeListen); err != nil {
			t.Fatal(err)
		}
		s, err := f.supervise(t, l, hotline.ModeTakeOver)
		if err != nil || s.State != hotline.SupervisionTook {
			t.Errorf("take over: %+v %v", s, err)
		}
		f.expect(t, "took", ears{"customer": list("d01"), "d01": list("customer")})
		if _, talks := f.desk.open(); talks != 0 {
			t.Error("the agent is not released")
		}
		if _, ok := f.hub.Supervision("lead"); ok {
			t.Error("the lead still supervises")
		}
		f.line("d01").Hold(true)
		time.Sleep(time.Second)
		f.line("d01").Hold(false)
		time.Sleep(time.Second)
		f.line("d01").Hangup()
		time.Sleep(time.Second)
		if c := f.cause(t, l.Call()); c != hotline.CauseHangup {
			t.Errorf("cause %s", c)
		}
		f.empty(t)
	})
}

// TestHubDrainEndsSupervision: a line that waits for calls does not hold up the end of the engine, and none begins.
func TestHubDrainEndsSupervision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFloor(t, nil)
		if _, err := f.hub.Supervise(t.Context(), hotline.Supervise{By: "lead", Phone: "d01", Follow: "8001", Mode: hotline.ModeListen}); err != nil {
			t.Fatal(err)
		}
		l := f.customer()
		drained := make(chan error, 1)
		go func() { drained <- f.hub.Drain(t.Context()) }()
		time.Sleep(10 * time.Second)
		select {
		case <-drained:
			t.Error("drained with a customer there")
		default:
		}
		if _, err := f.hub.Supervise(t.Context(), hotline.Supervise{By: "qa", Phone: "d02", Contact: l.Call().Contact(), Mode: hotline.ModeListen}); !errors.Is(err, hotline.ErrOverload) {
			t.Errorf("while draining: %v", err)
		}
		l.Hangup()
		time.Sleep(5 * time.Second)
		select {
		case err := <-drained:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("a supervisor's line holds up the drain")
		}
	})
}

// TestHubSupervisionRefused says why a line cannot be had.
func TestHubSupervisionRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFloor(t, nil)
		l := f.customer()
		ask := func(q hotline.Supervise) error {
			q.By, q.Contact = "lead", l.Call().Contact()
			_, err := f.hub.Supervise(t.Context(), q)
			time.Sleep(time.Second)
			return err
		}
		if err := ask(hotline.Supervise{Mode: hotline.ModeListen}); !errors.Is(err, hotline.ErrRefused) {
			t.Errorf("no phone: %v", err)
		}
		if err := ask(hotline.Supervise{Mode: hotline.ModeListen, Phone: "away"}); !errors.Is(err, hotline.ErrRefused) {
			t.Errorf("a phone that is not there: %v", err)
		}
		if err := ask(hotline.Supervise{Mode: hotline.ModeListen, Phone: "slow"}); err != nil {
			t.Errorf("a phone that rings: %v", err)
		}
		if err := ask(hotline.Supervise{Mode: hotline.ModeWhisper}); err != nil {
			t.Errorf("another mode while it rings: %v", err)
		}
		if s, _ := f.hub.Supervision("lead"); s.State != hotline.SupervisionRinging || s.Mode != hotline.ModeWhisper {
			t.Errorf("while it rings: %+v", s)
		}
		f.line("slow").PickUp(false)
		time.Sleep(time.Second)
		f.expect(t, "picked up", ears{"8001": list("customer", "slow"), "customer": list("8001")})
		l.Hangup()
		f.empty(t)
	})
}

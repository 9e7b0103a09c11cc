package call_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
	"hotline/call/calltest"
	"hotline/ivr"
)

// asked keeps what a desk was asked, and answers what it is told to.
type asked struct {
	mu     sync.Mutex
	list   []hotline.Request
	answer func(hotline.Request) error // nil: the desk's own
}

func (a *asked) see(q hotline.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, q)
	if a.answer != nil {
		return a.answer(q)
	}
	return nil
}

// of are the requests of one kind, printed.
func (a *asked) of(kind string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, q := range a.list {
		if shortName(q) == kind {
			out = append(out, fmt.Sprintf("%+v", q))
		}
	}
	return out
}

// openMore is a house with the centre of morePlan whose desk keeps what it is asked.
func openMore(t *testing.T, change func(*call.Config, *house)) (*house, *asked) {
	a := new(asked)
	return open(t, func(c *call.Config, ho *house) {
		c.Plan = func() *ivr.Plan { return morePlan("") }
		ho.desk.seen = a.see
		if change != nil {
			change(c, ho)
		}
	}), a
}

// due writes down that a promise is to be kept.
func (h *house) due(t *testing.T, c hotline.CallID) {
	t.Helper()
	_, err := h.log.Append([]hotline.Event{{
		At: time.Now(), Shard: "s", Contact: "p", Call: c, Agent: "8001", Queue: "claims",
		Fact: hotline.CallbackDue{Callback: "p.1.cb", Number: "13800000000", Try: 1, Until: time.Now().Add(50 * time.Second)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestHubKeepsAPromise: a call is born of a fact, the customer and the agent talk, and nothing is left over.
func TestHubKeepsAPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := openMore(t, nil)
		const c = hotline.CallID("p.1.cb-1")
		h.due(t, c)
		h.due(t, c) // the same once more: there is one such call
		time.Sleep(30 * time.Second)
		if open := h.hub.Open(); len(open) != 1 || open[0].Phase != "talk" || open[0].Contact != "p.1.cb-1" {
			t.Fatalf("open: %+v; %v", open, h.kinds(c))
		}
		h.hub.Signal(c, hotline.Ended{Leg: c.Sub(1), Cause: hotline.CauseHangup})
		time.Sleep(time.Minute)
		if got := h.cause(t, c); got != hotline.CauseHangup {
			t.Errorf("cause %s", got)
		}
		if v, k := h.desk.open(); v+k+h.hub.Count() != 0 {
			t.Errorf("left over: %d visits, %d talks, %d calls", v, k, h.hub.Count())
		}
		if s := h.hub.Stats(); s.Calls != 1 || s.Gone != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestHubPassesOverOldPromises: what was due before the start is not dialled again.
func TestHubPassesOverOldPromises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := openMore(t, func(c *call.Config, ho *house) {
			ho.due(t, "p.1.cb-1")
			c.After = ho.log.Last()
		})
		time.Sleep(time.Second)
		synctest.Wait()
		if n := h.hub.Count(); n != 0 || len(h.acts) != 0 {
			t.Errorf("%d calls, %v", n, h.acts)
		}
	})
}

// TestHubCannotKeepAPromise: while draining no customer is called, and the agent kept for it is given back at once.
func TestHubCannotKeepAPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, a := openMore(t, nil)
		if err := h.hub.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.due(t, "p.1.cb-1")
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"{Callback:p.1.cb Call:p.1.cb-1 Cause:shutdown}"}
		if got := a.of("callbackfailed"); !slices.Equal(got, want) || h.hub.Count() != 0 || len(h.acts) != 0 {
			t.Errorf("%q, %d calls, %v", got, h.hub.Count(), h.acts)
		}
	})
}

// TestPromisedCustomerHangsUpAsAgentPicksUp lets the two meet at every moment round the Connected: whoever was first, nothing
// is left over.
func TestPromisedCustomerHangsUpAsAgentPicksUp(t *testing.T) {
	for at := 1900; at <= 2300; at += 10 {
		synctest.Test(t, func(t *testing.T) {
			h, a := openMore(t, func(c *call.Config, ho *house) {
				c.Limits.NoMedia = time.Second
			})
			c := hotline.CallID("p.1.cb-1")
			h.due(t, c)
			time.Sleep(2100*time.Millisecond + time.Duration(at)*time.Millisecond) // the customer picks up after 2 s, the agent after 2 more
			h.hub.Signal(c, hotline.Ended{Leg: c.Sub(1), Cause: hotline.CauseHangup})
			time.Sleep(time.Minute)
			if got := h.cause(t, c); got != hotline.CauseHangup {
				t.Errorf("%d ms: cause %s", at, got)
			}
			if v, k := h.desk.open(); v+k+h.hub.Count() != 0 {
				t.Errorf("%d ms: left over: %d visits, %d talks, %d calls; %v", at, v, k, h.hub.Count(), h.kinds(c))
			}
			if n := len(a.of("callbackfailed")); n != 0 {
				t.Errorf("%d ms: failed although the customer was reached", at)
			}
		})
	}
}

// TestCallGone: a call whose goroutine ends with something still held says so, until the shard has heard it. An orderly end
// says nothing.
func TestCallGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := true
		h, a := openMore(t, func(_ *call.Config, ho *house) {})
		a.mu.Lock()
		a.answer = func(q hotline.Request) error {
			switch q.(type) {
			case hotline.Leave:
				return nil // ordered, it says, and never tells
			case hotline.CallGone:
				if deaf {
					return hotline.ErrOverload
				}
			}
			return nil
		}
		a.mu.Unlock()
		l := h.ring("5")
		time.Sleep(time.Second)
		h.desk.mu.Lock()
		clear(h.desk.visits) // the shard forgets the visit and never says how it ended
		h.desk.mu.Unlock()
		l.Hangup()
		time.Sleep(20 * time.Second) // Linger is 10 s
		if n := len(a.of("callgone")); n == 0 || h.hub.Stats().Gone != 1 || h.hub.Count() != 0 {
			t.Fatalf("asked %d times, %+v", n, h.hub.Stats())
		}
		a.mu.Lock()
		deaf = false
		a.mu.Unlock()
		time.Sleep(time.Minute)
		n := len(a.of("callgone"))
		time.Sleep(time.Minute)
		if again := len(a.of("callgone")); again != n {
			t.Errorf("%d times, then %d", n, again)
		}
		for _, number := range []string{"5", "1"} {
			l = h.ring(number)
			time.Sleep(10 * time.Second)
			l.Hangup()
			time.Sleep(time.Minute)
			if s := h.hub.Stats(); s.Gone != 1 {
				t.Errorf("after an orderly end of %s: %+v", number, s)
			}
		}
	})
}

// TestCallGoneAfterPanic: whatever breaks and whenever, what the shard holds is given back by the call or by CallGone.
func TestCallGoneAfterPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, a := openMore(t, nil)
		a.mu.Lock()
		a.answer = func(q hotline.Request) error {
			switch q.(type) {
			case hotline.Accept:
				panic("shard") // having ordered it, for all anyone knows
			case hotline.Leave:
				return errors.New("down")
			}
			return nil
		}
		a.mu.Unlock()
		h.ring("5")
		time.Sleep(30 * time.Second)
		if n := len(a.of("callgone")); n != 1 || h.hub.Count() != 0 {
			t.Errorf("CallGone %d times, %d calls; %v", n, h.hub.Count(), a.list)
		}
	})
}

// TestLookups: the answer of a web service comes to its call; who cannot be asked, fails or is late is no answer, and none of it
// holds up another call.
func TestLookups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		look := func(ctx context.Context, q ivr.Lookup) (map[string]string, error) {
			if !strings.HasPrefix(q.URL, "https://crm.example/1") {
				t.Errorf("asked %s", q.URL)
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
				return map[string]string{"level": "gold"}, nil
			}
		}
		h, a := openMore(t, func(c *call.Config, _ *house) {
			c.Look = func(ctx context.Context, q ivr.Lookup) (map[string]string, error) { return look(ctx, q) }
		})
		gold := h.ring("3")
		time.Sleep(1500 * time.Millisecond)
		if got := a.of("enqueue"); len(got) != 1 || !strings.Contains(got[0], "level:gold") {
			t.Fatalf("%q", got)
		}
		gold.Hangup()
		look = func(ctx context.Context, _ ivr.Lookup) (map[string]string, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		slow := h.ring("3")
		time.Sleep(10 * time.Second)
		if got := a.of("enqueue"); len(got) != 2 || strings.Contains(got[1], "level") {
			t.Errorf("%q", got)
		}
		slow.Hangup()
		time.Sleep(time.Minute)
		if s := h.hub.Stats(); s.Lookups != 2 || s.LookupErrors != 1 || h.hub.Count() != 0 {
			t.Errorf("%+v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, a := openMore(t, nil) // there is nobody to ask
		h.ring("3").Hangup()
		h.ring("3")
		time.Sleep(10 * time.Second)
		if len(a.of("enqueue")) != 1 || h.hub.Stats().LookupErrors != 1 {
			t.Errorf("%v, %+v", a.of("enqueue"), h.hub.Stats())
		}
	})
}

// TestEmergency goes through when nothing else does: the house is full, and nothing can be written down.
func TestEmergency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, a := openMore(t, func(c *call.Config, _ *house) { c.MaxCalls = 1 })
		h.ring("5")
		time.Sleep(time.Second)
		h.log.Fail(hotline.ErrLogFull)
		urgent := h.fake.Call(hotline.Incoming{To: "110", Agent: "8001", From: hotline.Party{Number: "8001"}}, nil, nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		joined := slices.ContainsFunc(h.acts, func(x hotline.Action) bool {
			m, ok := x.(hotline.Mix)
			return ok && m.Call == urgent.Call() && len(m.Members) == 2
		})
		if !joined {
			t.Fatalf("not joined: %v", h.acts)
		}
		h.log.Fail(nil)
		time.Sleep(5 * time.Second)
		urgent.Hangup()
		time.Sleep(5 * time.Second)
		want := "call_started leg_started leg_started leg_answered leg_answered leg_ended leg_ended call_ended"
		if got := strings.Join(h.kinds(urgent.Call()), " "); got != want {
			t.Errorf("written down afterwards: %s", got)
		}
		if len(a.of("beginoutbound")) != 1 {
			t.Errorf("%v", a.list)
		}
		if _, err := h.log.Append(nil); err != nil {
			t.Error(err)
		}
	})
}

// TestSurveyWhileCustomerHangsUp ends the talk from both sides at nearly the same time: there is a survey or there is none,
// and one end of the call.
func TestSurveyWhileCustomerHangsUp(t *testing.T) {
	for ms := -3; ms <= 3; ms++ {
		synctest.Test(t, func(t *testing.T) {
			var agent *calltest.Line
			h, _ := openMore(t, func(c *call.Config, ho *house) {
				ho.fake = calltest.NewFake(calltest.FakeConfig{
					Signal: func(c hotline.CallID, s hotline.Signal) { ho.hub.Signal(c, s) },
					Phone: func(_ hotline.Dial, l *calltest.Line) {
						agent = l
						time.AfterFunc(time.Second, func() { l.PickUp(false) })
					},
				})
				c.Switch = ho.fake
			})
			customer := h.ring("5")
			time.Sleep(10 * time.Second)
			time.AfterFunc(100*time.Millisecond, func() { agent.Hangup() })
			time.AfterFunc(time.Duration(100+ms)*time.Millisecond, func() { customer.Hangup() })
			time.Sleep(time.Minute)
			ends, invited := 0, 0
			for _, kind := range h.kinds(customer.Call()) {
				switch kind {
				case "call_ended":
					ends++
				case "survey_stepped":
					invited++
				}
			}
			if v, k := h.desk.open(); v+k+h.hub.Count()+h.fake.Open() != 0 || ends != 1 || invited > 1 || ms > 0 && invited != 1 || ms < 0 && invited != 0 {
				t.Errorf("%d ms: %d ends, %d invitations, left over %d %d %d %d", ms, ends, invited, v, k, h.hub.Count(), h.fake.Open())
			}
		})
	}
}

// TestLot: neighbouring contacts have lots of their own, and the share that is drawn is the one asked for.
func TestLot(t *testing.T) {
	for _, sample := range []float64{0, 0.1, 0.3, 0.5, 1} {
		n, runs, last := 0, 0, false
		const of = 20_000
		for i := range of {
			c := hotline.ContactID(fmt.Sprintf("01m4kq%014d", i))
			got := call.Drawn(c, sample)
			if got != call.Drawn(c, sample) {
				t.Fatal("the same contact has two lots")
			}
			if got {
				n++
			}
			if got != last {
				runs++
			}
			last = got
		}
		if share := float64(n) / of; share < sample-0.015 || share > sample+0.015 {
			t.Errorf("sample %v: %v drawn", sample, share)
		}
		if want := 2 * sample * (1 - sample) * of; float64(runs) < 0.9*want {
			t.Errorf("sample %v: %d runs, want about %v: neighbours have the same lot", sample, runs, want)
		}
	}
}

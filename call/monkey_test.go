package call_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// monkey feeds one machine whatever may come and much that may not, and holds its answers to what must always be true.
type monkey struct {
	t     *testing.T
	r     *rand.Rand
	m     *call.Machine
	now   time.Time
	wake  time.Time
	done  bool
	steps []string

	customer hotline.LegID // its leg; empty: the first
	legs     []hotline.LegID
	open     map[hotline.LegID]bool
	hung     map[hotline.LegID]bool
	plays    []hotline.PlayEnded
	visits   []hotline.VisitID
	offers   map[hotline.OfferID]hotline.AgentID
	talks    map[hotline.AgentID]bool // told Connected, not released
	joined   map[hotline.VisitID]bool // told Connected, which is told once
	answered map[hotline.VisitID]bool
	rang     map[hotline.OfferID]bool
	enqueued int
	watching map[hotline.LegID]bool // supervisors beside the call
	asking   int                    // of them that wait for a word
	started  int
	ended    int
}

func (k *monkey) fail(format string, args ...any) {
	k.t.Helper()
	k.t.Fatalf("%s\n%v", fmt.Sprintf(format, args...), k.steps[max(0, len(k.steps)-60):])
}

func (k *monkey) step(in call.Input) {
	inputs := []call.Input{in}
	for n := 0; len(inputs) > 0; n++ {
		if n > 200 {
			k.fail("requests without end")
		}
		k.steps = append(k.steps, fmt.Sprintf("\n%v %T%+v", k.now.Sub(start()), inputs[0], inputs[0]))
		out := k.m.Step(k.now, inputs[0])
		inputs = append(inputs[1:], k.check(out)...)
	}
}

// check holds an output to the rules and returns the answers to its requests.
func (k *monkey) check(out call.Output) (answers []call.Input) {
	for _, ev := range out.Events {
		k.fact(ev)
	}
	for _, a := range out.Actions {
		k.action(a)
	}
	for _, p := range out.Posts {
		k.posted(p)
	}
	for _, q := range out.Requests {
		k.steps = append(k.steps, fmt.Sprintf("\n\task %T%+v", q, q))
		switch q := q.(type) {
		case hotline.Enqueue:
			k.visits = append(k.visits, q.Visit)
			if k.enqueued++; k.enqueued > 10 || q.Since.After(k.now) || q.Place.After(q.Since) {
				k.fail("Enqueue number %d: %+v", k.enqueued, q)
			}
		case hotline.Rang:
			if k.rang[q.Offer] {
				k.fail("%s rang twice", q.Offer)
			}
			k.rang[q.Offer] = true
		case hotline.Release:
			if q.Agent == "" || q.Cause == "" {
				k.fail("Release without an agent or a cause: %+v", q)
			}
			delete(k.talks, q.Agent)
			delete(k.talks, calledIn(q.Agent))
		}
		no := k.r.IntN(10)
		if q, ok := q.(hotline.CallIn); ok && no > 0 {
			k.talks[calledIn(q.Agent)] = true
		}
		if q, ok := q.(hotline.BeginOutbound); ok && no > 0 {
			k.talks[calledIn(q.Agent)] = true
		}
		switch no {
		case 0:
			answers = append(answers, call.Refused{Request: q, Err: hotline.ErrRefused})
		case 1:
			answers = append(answers, call.Refused{Request: q, Err: errors.New("down")})
		default:
			answers = append(answers, call.Ordered{Request: q})
		}
	}
	if out.Place != "" {
		answers = append(answers, call.Placed{Visit: out.Place, Position: k.r.IntN(4), Wait: time.Duration(k.r.IntN(200)-50) * time.Second})
	}
	if !out.Wake.IsZero() && !out.Wake.After(k.now) {
		k.fail("wakes at %v, which is past", out.Wake)
	}
	if k.done && (len(out.Events) > 0 || len(out.Actions) > 0) {
		k.fail("%d events and %d actions after the end", len(out.Events), len(out.Actions))
	}
	k.wake, k.done = out.Wake, out.Done
	return answers
}

func (k *monkey) fact(ev hotline.Event) {
	if ev.At.After(k.now) || ev.At.Before(start()) {
		k.fail("%s at %v", ev.Fact.Kind(), ev.At)
	}
	if k.ended > 0 {
		k.fail("%s after CallEnded", ev.Fact.Kind())
	}
	switch f := ev.Fact.(type) {
	case hotline.Supervised:
		k.supervised(ev.Leg, f)
	case hotline.CallStarted:
		k.started++
	case hotline.LegStarted:
		k.open[ev.Leg] = true
	case hotline.LegAnswered, hotline.LegRang:
		if !k.open[ev.Leg] {
			k.fail("%s of a leg that is not open", ev.Fact.Kind())
		}
	case hotline.LegEnded:
		if !k.open[ev.Leg] {
			k.fail("LegEnded of a leg that is not open")
		}
		delete(k.open, ev.Leg)
	case hotline.Answered:
		if k.answered[f.Visit] || f.WaitMS < 0 {
			k.fail("answered twice, or before its wait: %+v", f)
		}
		k.answered[f.Visit] = true
	case hotline.CallEnded:
		k.ended++
		if len(k.open) > 0 || len(k.watching) > 0 {
			k.fail("CallEnded with %d legs open, %d supervisors", len(k.open), len(k.watching))
		}
		if f.Cause == "" {
			k.fail("CallEnded without a cause")
		}
	}
}

func (k *monkey) action(a hotline.Action) {
	switch a := a.(type) {
	case hotline.Dial:
		if k.hung[cmp.Or(k.customer, "C-0")] {
			k.fail("dials for a caller that is hung up")
		}
		k.legs = append(k.legs, a.Leg)
	case hotline.Play:
		if k.hung[a.Leg] || !k.open[a.Leg] {
			k.fail("plays to %s, which is over", a.Leg)
		}
		if len(a.Prompts) == 0 || a.Lang == "" {
			k.fail("plays nothing: %+v", a)
		}
		k.plays = append(k.plays, hotline.PlayEnded{Leg: a.Leg, Play: a.Play})
	case hotline.Hangup:
		if a.Cause == "" {
			k.fail("hangs up without a cause")
		}
		k.hung[a.Leg] = true
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// signal is any signal.
func (k *monkey) signal() hotline.Signal {
	leg := pick(k.r, append(k.legs, "C-0", "C-0", "C-9"))
	causes := []hotline.Cause{
		hotline.CauseHangup, hotline.CauseBusy, hotline.CauseRejected, hotline.CauseNoAnswer, hotline.CauseCancelled, "",
	}
	switch k.r.IntN(14) {
	case 0:
		return hotline.Ringing{Leg: leg}
	case 1, 2, 3:
		return hotline.PickedUp{Leg: leg, Codec: "PCMA"}
	case 4:
		return hotline.MediaUp{Leg: leg, At: k.now}
	case 5, 6:
		return hotline.Digit{Leg: leg, Key: "0123456789*#"[k.r.IntN(12)]}
	case 7, 8, 9:
		if len(k.plays) > 0 {
			ended := k.plays[max(0, len(k.plays)-1-k.r.IntN(3))]
			ended.Complete = k.r.IntN(4) > 0
			return ended
		}
		return hotline.PlayEnded{Leg: leg, Play: "none"}
	case 10:
		return hotline.HoldAsked{Leg: leg, On: k.r.IntN(2) == 0}
	case 11:
		return hotline.MediaLost{Leg: leg, Silence: time.Duration(k.r.IntN(90)) * time.Second}
	case 12:
		if k.r.IntN(3) > 0 {
			return k.referred(leg)
		}
		return hotline.Ended{Leg: leg, Cause: pick(k.r, causes)}
	}
	return hotline.Failed{Leg: leg, Cause: pick(k.r, causes)}
}

// command is any command.
func (k *monkey) command() hotline.Command {
	verbs := []hotline.Verb{
		hotline.VerbAnswer, hotline.VerbHold, hotline.VerbUnhold, hotline.VerbMute, hotline.VerbUnmute, hotline.VerbKeys, hotline.VerbTransfer,
		hotline.VerbConsult, hotline.VerbComplete, hotline.VerbSwap, hotline.VerbConference, hotline.VerbDrop, hotline.VerbHangup, "dance", "",
	}
	c := hotline.Command{
		Verb: pick(k.r, verbs), Agent: pick(k.r, []hotline.AgentID{"8001", "8001", "8002", "x"}), Announce: k.r.IntN(4) == 0, Keys: "1",
		To: pick(k.r, []string{"8001", "8002", "vip", "95502", "13900000000", "00", ""}),
	}
	if k.r.IntN(4) == 0 {
		c.Party = pick(k.r, append(k.legs, "C-0", "C-9"))
	}
	return c
}

// told is any fact of the shard about a visit that the call asked for.
func (k *monkey) told() (hotline.Event, bool) {
	if len(k.visits) == 0 {
		return hotline.Event{}, false
	}
	v := k.visits[max(0, len(k.visits)-1-k.r.IntN(3))]
	if k.r.IntN(5) == 0 {
		return k.waits(v), true
	}
	if k.r.IntN(6) == 0 {
		a := pick(k.r, []hotline.AgentID{"8001", "8002"})
		return hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: a, Fact: hotline.CalledIn{Visit: v, By: "8001"}}, true
	}
	o := v.Offer(1 + k.r.IntN(4))
	ev := hotline.Event{Shard: "s", Call: "C", Contact: "C", Queue: "claims", Agent: pick(k.r, []hotline.AgentID{"8001", "8002", "x"})}
	then := pick(k.r, []string{"hangup", "busy", "queue", "message", "voicemail", ""})
	to := pick(k.r, []string{"claims", "vip", "nowhere", "closed", ""})
	switch k.r.IntN(12) {
	case 0, 1:
		ev.Fact = hotline.Queued{Visit: v, Since: k.now}
	case 2, 3, 4, 5:
		if _, ok := k.offers[o]; ok {
			return ev, false // an offer is made once
		}
		k.offers[o] = ev.Agent
		ev.Fact = hotline.Offered{Visit: v, Offer: o, Until: k.now.Add(time.Duration(k.r.IntN(20)-2) * time.Second)}
	case 6, 7:
		ev.Fact = hotline.OfferLost{Visit: v, Offer: o, Result: hotline.OfferNoAnswer}
	case 8, 9:
		if k.talks[ev.Agent] || k.joined[v] {
			return ev, false
		}
		k.talks[ev.Agent], k.joined[v] = true, true
		ev.Fact = hotline.Connected{Visit: v, Offer: o}
	case 10:
		ev.Fact = pick(k.r, []hotline.Fact{
			hotline.Left{Visit: v, Outcome: hotline.OutcomeTimeout, Then: then, To: to},
			hotline.Abandoned{Visit: v},
			hotline.Blocked{Visit: v, Reason: hotline.BlockFull, Then: then, To: to},
		})
	default:
		delete(k.talks, ev.Agent)
		delete(k.talks, calledIn(ev.Agent))
		ev.Fact = hotline.Released{Visit: v}
	}
	return ev, true
}

// pass lets time go on to at, ticking when the machine wants it.
func (k *monkey) pass(at time.Time) {
	for !k.done && !k.wake.IsZero() && !k.wake.After(at) {
		k.now = k.wake
		k.step(call.Tick{})
	}
	if at.After(k.now) {
		k.now = at
	}
}

func monkeySeed(t *testing.T) uint64 {
	if s := os.Getenv("SIM_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return uint64(time.Now().UnixNano())
}

// TestMonkey plays thousands of calls in which anything comes at any time. Whatever came, every call ends by itself once
// nothing comes any more, with every leg ended once, and nobody the shard joined to it is left unreleased.
func TestMonkey(t *testing.T) {
	seed := monkeySeed(t)
	calls := 5000
	if testing.Short() {
		calls = 500
	}
	t.Logf("SIM_SEED=%d", seed)
	for i := range calls {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		k := &monkey{
			t: t, r: r, m: call.NewMachine(testPlan(r.IntN(2) == 0), call.Limits{}), now: start(),
			open: map[hotline.LegID]bool{}, hung: map[hotline.LegID]bool{}, offers: map[hotline.OfferID]hotline.AgentID{},
			talks: map[hotline.AgentID]bool{}, joined: map[hotline.VisitID]bool{}, answered: map[hotline.VisitID]bool{}, rang: map[hotline.OfferID]bool{},
		}
		in := hotline.Incoming{Call: "C", Leg: "C-0", To: pick(r, monkeyNumbers())}
		if r.IntN(10) == 0 {
			in.Agent, in.To = "8001", pick(r, []string{"*1", "*0", "*21", "*29", "*3", "8002", "*2"})
		}
		k.step(call.Heard{Signal: in})
		for range r.IntN(60) {
			k.pass(k.now.Add(time.Duration(r.IntN(3000)) * time.Millisecond))
			switch n := r.IntN(20); {
			case n < 12:
				k.step(call.Heard{Signal: k.signal()})
			case n == 12 && in.Agent == "":
				k.second()
			case n == 13:
				k.step(call.Commanded{Command: k.command()})
			case n == 13 && !k.done && k.ended == 0:
				k.watch()
			case n < 19:
				if ev, ok := k.told(); ok {
					k.step(call.Told{Event: ev})
				}
			case r.IntN(10) == 0:
				k.step(call.Abort{Cause: hotline.CauseShutdown})
			}
		}
		k.pass(start().Add(48 * time.Hour))
		if !k.done || k.ended != 1 || k.started != 1 {
			k.fail("call %d: done %v, started %d, ended %d", i, k.done, k.started, k.ended)
		}
		if k.asking > 0 {
			k.fail("call %d: %d supervisors wait for a word", i, k.asking)
		}
		if len(k.talks) > 0 {
			k.fail("call %d: agents joined and not released: %v", i, k.talks)
		}
	}
}

// TestReplayIsEqual feeds two machines the same inputs: a machine has no clock, chance or map order of its own.
func TestReplayIsEqual(t *testing.T) {
	seed := monkeySeed(t)
	t.Logf("SIM_SEED=%d", seed)
	for i := range 200 {
		trace := func() string {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			k := &monkey{
				t: t, r: r, m: call.NewMachine(testPlan(true), call.Limits{}), now: start(),
				open: map[hotline.LegID]bool{}, hung: map[hotline.LegID]bool{}, offers: map[hotline.OfferID]hotline.AgentID{},
				talks: map[hotline.AgentID]bool{}, joined: map[hotline.VisitID]bool{}, answered: map[hotline.VisitID]bool{}, rang: map[hotline.OfferID]bool{},
			}
			out := ""
			next := func(in call.Input) {
				o := k.m.Step(k.now, in)
				k.check(o)
				out += fmt.Sprintf("%+v\n", o)
			}
			next(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", To: pick(r, monkeyNumbers())}})
			for range 40 {
				k.now = k.now.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
				if ev, ok := k.told(); ok && r.IntN(3) == 0 {
					next(call.Told{Event: ev})
				} else {
					next(call.Heard{Signal: k.signal()})
				}
			}
			return out
		}
		if a, b := trace(), trace(); a != b {
			t.Fatalf("call %d differs:\n%s\n%s", i, a, b)
		}
	}
}

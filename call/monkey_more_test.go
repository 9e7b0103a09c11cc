package call_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// TestMonkeyMore plays calls with messages, surveys, outside numbers, web services, callbacks and emergencies, in which
// anything comes at any time. What TestMonkey says holds for them too, and the shard hears what became of every promise.
func TestMonkeyMore(t *testing.T) {
	seed := monkeySeed(t)
	calls := 5000
	if testing.Short() {
		calls = 500
	}
	t.Logf("SIM_SEED=%d", seed)
	for i := range calls {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		k := &monkey{
			t: t, r: r, m: call.NewMachine(morePlan(pick(r, []string{"", "announce", "ask"})), call.Limits{}), now: start(),
			open: map[hotline.LegID]bool{}, hung: map[hotline.LegID]bool{}, offers: map[hotline.OfferID]hotline.AgentID{},
			talks: map[hotline.AgentID]bool{}, joined: map[hotline.VisitID]bool{}, answered: map[hotline.VisitID]bool{}, rang: map[hotline.OfferID]bool{},
		}
		due := hotline.CallbackDue{Callback: "C.cb", Number: pick(r, []string{"13800000000", "", "x"}), Until: start().Add(50 * time.Second)}
		born := r.IntN(3) == 0
		switch {
		case born:
			k.step(call.Told{Event: hotline.Event{Call: "C", Contact: "old", Queue: pick(r, []hotline.QueueID{"claims", "asked", "gone"}), Agent: "8001", Fact: due}})
		case r.IntN(4) == 0:
			k.step(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", Agent: "8001", To: pick(r, []string{"110", "*81", "*82", "*84", "*8", "*8110"})}})
		default:
			k.step(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", To: pick(r, []string{"1", "2", "3", "4", "5", "6"})}})
		}
		for range r.IntN(60) {
			k.pass(k.now.Add(time.Duration(r.IntN(3000)) * time.Millisecond))
			k.once(due)
		}
		k.pass(start().Add(48 * time.Hour))
		if !k.done || k.ended != 1 || k.started != 1 {
			k.fail("call %d: done %v, started %d, ended %d", i, k.done, k.started, k.ended)
		}
		if len(k.talks) > 0 {
			k.fail("call %d: agents joined and not released: %v", i, k.talks)
		}
	}
}

// once lets something happen.
func (k *monkey) once(due hotline.CallbackDue) {
	switch n := k.r.IntN(25); {
	case n == 24:
		k.talk()
	case n < 14:
		k.step(call.Heard{Signal: k.signal()})
	case n < 20:
		if ev, ok := k.told(); ok {
			k.step(call.Told{Event: ev})
		}
	case n < 22:
		in := call.Looked{Number: 1 + k.r.IntN(2), Attrs: map[string]string{"level": "gold"}}
		if k.r.IntN(2) == 0 {
			in.Attrs, in.Err = nil, "down"
		}
		k.step(in)
	case n == 22 && k.r.IntN(5) == 0:
		k.step(call.Told{Event: hotline.Event{Call: "C", Fact: hotline.CallbackTried{Callback: due.Callback, Try: 1}}})
	case n == 23 && k.r.IntN(10) == 0:
		k.step(call.Abort{Cause: hotline.CauseShutdown})
	}
}

// talk lets an agent take the caller as it should be, and hang up.
func (k *monkey) talk() {
	if len(k.visits) == 0 {
		return
	}
	v := k.visits[len(k.visits)-1]
	o, a := v.Offer(9), hotline.AgentID("8001")
	if _, ok := k.offers[o]; ok || k.talks[a] || k.joined[v] {
		return
	}
	told := func(f hotline.Fact) {
		k.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Queue: "claims", Agent: a, Fact: f}})
	}
	dialled := len(k.legs)
	k.offers[o] = a
	told(hotline.Offered{Visit: v, Offer: o, Until: k.now.Add(15 * time.Second)})
	if len(k.legs) == dialled {
		return // the caller has left
	}
	leg := k.legs[len(k.legs)-1]
	k.step(call.Heard{Signal: hotline.PickedUp{Leg: leg, Codec: "PCMA"}})
	k.step(call.Heard{Signal: hotline.MediaUp{Leg: leg, At: k.now}})
	k.talks[a], k.joined[v] = true, true
	told(hotline.Connected{Visit: v, Offer: o})
	k.pass(k.now.Add(time.Duration(k.r.IntN(20)) * time.Second))
	k.step(call.Heard{Signal: hotline.Ended{Leg: leg, Cause: hotline.CauseHangup}})
}

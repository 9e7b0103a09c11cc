package call_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// TestMonkeyOwn plays thousands of calls that agents make, on the phone and by page, in which anything comes at any time.
// Whatever came, every call ends by itself, every agent who was in it is given back, and of a call that was never begun nothing
// is recorded.
func TestMonkeyOwn(t *testing.T) {
	seed := monkeySeed(t)
	calls := 5000
	if testing.Short() {
		calls = 500
	}
	t.Logf("SIM_SEED=%d", seed)
	spoke := 0
	for i := range calls {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		k := &monkey{
			t: t, r: r, m: call.NewMachine(ownPlan(pick(r, []string{"", "announce", "ask"})), call.Limits{}), now: start(),
			open: map[hotline.LegID]bool{}, hung: map[hotline.LegID]bool{}, offers: map[hotline.OfferID]hotline.AgentID{},
			talks: map[hotline.AgentID]bool{}, joined: map[hotline.VisitID]bool{}, answered: map[hotline.VisitID]bool{}, rang: map[hotline.OfferID]bool{},
		}
		to := pick(r, []string{"13800000000", "13800000000", "8002", "8003", "110", "0044", "95500", "x", ""})
		if r.IntN(2) == 0 {
			k.customer = "C-2"
			k.step(call.Begun{Call: "C", Order: hotline.OwnCall{
				Agent: "8001", To: to, Queue: pick(r, []hotline.QueueID{"", "claims", "quiet", "gone"}), For: "old",
			}})
		} else {
			k.customer = "C-1"
			k.step(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", Agent: "8001", To: to}})
		}
		talked := false
		for n := range r.IntN(60) {
			k.pass(k.now.Add(time.Duration(r.IntN(3000)) * time.Millisecond))
			switch {
			case k.done:
			case n < 5 && r.IntN(4) > 0: // as it goes if nothing comes between
				k.ownOn(n)
			default:
				k.ownOnce()
			}
			talked = talked || k.m.Info().Phase == "talk"
		}
		spoke += count(talked)
		k.pass(start().Add(48 * time.Hour))
		if never := k.m.Denied() != nil && k.started == 0 && k.ended == 0; !k.done || !never && (k.ended != 1 || k.started != 1) {
			k.fail("call %d: done %v, started %d, ended %d", i, k.done, k.started, k.ended)
		}
		if len(k.talks) > 0 {
			k.fail("call %d: agents in it and not released: %v", i, k.talks)
		}
	}
	if spoke < calls/20 {
		t.Errorf("only %d of %d calls came to a talk", spoke, calls)
	}
}

// ownOn brings what comes in the n-th place of a call that succeeds.
func (k *monkey) ownOn(n int) {
	switch n {
	case 0:
		k.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: "8001", Fact: hotline.AgentSet{State: hotline.AgentOutbound}}})
	case 2:
		k.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: "8002", Fact: hotline.CalledIn{By: "8001"}}})
	default:
		k.step(call.Heard{Signal: hotline.PickedUp{Leg: append([]hotline.LegID{"C-0"}, k.legs...)[min(n/2, len(k.legs))], Codec: "PCMA"}})
	}
}

// ownOnce lets something happen to a call of an agent's own.
func (k *monkey) ownOnce() {
	fact := func(a hotline.AgentID, f hotline.Fact) {
		k.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: a, Fact: f}})
	}
	phone := pick(k.r, []hotline.PhoneID{"", "desk7", "tel:8003"})
	switch n := k.r.IntN(20); {
	case n == 0:
		fact("8001", hotline.AgentSet{State: hotline.AgentOutbound, Phone: phone})
	case n == 1:
		fact(pick(k.r, []hotline.AgentID{"8002", "8003"}), hotline.CalledIn{By: "8001", Phone: phone})
	case n == 2:
		k.second()
	case n == 3 && k.r.IntN(4) == 0:
		delete(k.talks, calledIn("8001"))
		fact("8001", hotline.Released{})
	case n == 4 && k.r.IntN(4) == 0:
		k.step(call.Abort{Cause: hotline.CauseShutdown})
	case n == 5:
		k.step(call.Commanded{Command: k.command()})
	case n < 8:
		if ev, ok := k.told(); ok {
			k.step(call.Told{Event: ev})
		}
	case n < 11:
		k.step(call.Heard{Signal: hotline.PickedUp{Leg: pick(k.r, append(k.legs, "C-0")), Codec: "PCMA"}})
	case n < 12:
		k.step(call.Heard{Signal: hotline.Ringing{Leg: pick(k.r, append(k.legs, "C-0")), Early: true}})
	default:
		k.step(call.Heard{Signal: k.signal()})
	}
}

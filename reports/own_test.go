package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestOwnCalls: an agent calls a customer back for a contact that was abandoned, hands the customer to a colleague, does its
// after-call work; calls somebody who does not pick up; speaks with a colleague. Others' call is kept as what it is.
func TestOwnCalls(t *testing.T) {
	b := &script{}
	ev := func(call hotline.CallID, agent hotline.AgentID, leg hotline.LegID) hotline.Event {
		return hotline.Event{Contact: call.Contact(), Call: call, Agent: agent, Leg: leg}
	}
	number := hotline.Party{Number: "13800138000"}
	b.add(0, ev("old", "", ""), hotline.CallStarted{Direction: hotline.Inbound, From: number})
	b.add(1000, ev("old", "", ""), hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})

	queue := ev("own", "a1", "")
	queue.Queue = "claims"
	b.add(10_000, queue, hotline.AgentSet{State: hotline.AgentOutbound, From: hotline.AgentReady})
	b.add(10_000, queue, hotline.CallStarted{Direction: hotline.Outbound, From: hotline.Party{Number: "95500"}, To: number.Number, For: "old"})
	b.add(10_000, ev("own", "a1", "own-1"), hotline.LegStarted{Role: hotline.RoleAgent})
	b.add(11_000, ev("own", "a1", "own-1"), hotline.LegAnswered{Role: hotline.RoleAgent})
	b.add(11_000, ev("own", "", "own-2"), hotline.LegStarted{Role: hotline.RoleCustomer, To: number.Number})
	b.add(20_000, ev("own", "", "own-2"), hotline.LegAnswered{Role: hotline.RoleCustomer})
	b.add(30_000, ev("own", "a1", "own-1"), hotline.Held{On: true})
	b.add(35_000, ev("own", "a1", "own-1"), hotline.Held{MS: 5000})
	b.add(40_000, ev("own", "a2", ""), hotline.CalledIn{By: "a1"})
	b.add(50_000, queue, hotline.Transferred{How: hotline.TransferBlind, Target: hotline.TargetAgent, To: "a2", Result: hotline.TransferDone})
	b.add(50_000, ev("own", "a2", "own-3"), hotline.Joined{Leg: "own-3", RingMS: 10_000})
	b.add(50_000, queue, hotline.Released{TalkMS: 40_000, Cause: hotline.CauseTransferred, Wrap: "timed"})
	b.add(50_000, queue, hotline.AgentSet{State: hotline.AgentWrapUp, From: hotline.AgentOutbound})
	b.add(57_000, queue, hotline.WrapEnded{MS: 7000})
	b.add(80_000, ev("own", "a2", ""), hotline.Released{TalkMS: 30_000, Cause: hotline.CauseHangup, Wrap: "none"})
	b.add(80_000, ev("own", "", ""), hotline.CallEnded{Cause: hotline.CauseHangup})

	b.add(90_000, ev("vain", "a1", ""), hotline.CallStarted{Direction: hotline.Outbound, To: "1"})
	b.add(90_000, ev("vain", "a1", "vain-0"), hotline.LegStarted{Role: hotline.RoleAgent})
	b.add(90_000, ev("vain", "", "vain-1"), hotline.LegStarted{Role: hotline.RoleCustomer})
	b.add(95_000, ev("vain", "a1", ""), hotline.Released{TalkMS: 5000, Cause: hotline.CauseBusy, Wrap: "none"})
	b.add(95_000, ev("vain", "", ""), hotline.CallEnded{Cause: hotline.CauseBusy})

	b.add(100_000, ev("peer", "a1", ""), hotline.CallStarted{Direction: hotline.Internal, To: "a2"})
	b.add(100_000, ev("peer", "a1", "peer-0"), hotline.LegStarted{Role: hotline.RoleAgent})
	b.add(100_000, ev("peer", "a2", "peer-1"), hotline.LegStarted{Role: hotline.RoleAgent})
	b.add(102_000, ev("peer", "a2", "peer-1"), hotline.LegAnswered{Role: hotline.RoleAgent})
	b.add(110_000, ev("peer", "a1", ""), hotline.Released{Cause: hotline.CauseHangup, Wrap: "none"})
	b.add(110_000, ev("peer", "a2", ""), hotline.Released{Cause: hotline.CauseHangup, Wrap: "none"})
	b.add(110_000, ev("peer", "", ""), hotline.CallEnded{Cause: hotline.CauseHangup})

	b.add(120_000, ev("kept", "", ""), hotline.CallStarted{Direction: hotline.Recorded})
	b.add(130_000, ev("kept", "", ""), hotline.CallEnded{Cause: hotline.CauseHangup})
	now := &clock{time.UnixMilli(140_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	b.apply(f)

	c, ok := f.Contact("own")
	if !ok || c.Outcome != OutcomeReached || c.For != "old" || c.TalkMS != 55_000 || c.HoldMS != 5000 || c.WrapMS != 7000 ||
		!slices.Equal(c.Agents, []hotline.AgentID{"a1", "a2"}) || len(c.Segments) != 2 || c.Segments[0].RingMS != 10_000 {
		t.Errorf("own: %+v", c)
	}
	if old, _ := f.Contact("old"); !slices.Equal(old.LedTo, []hotline.ContactID{"own"}) || old.Outcome != OutcomeFlow {
		t.Errorf("old: %+v", old)
	}
	if _, ok := f.Contact("peer"); ok {
		t.Error("a call to a colleague is a customer's contact")
	}
	for _, q := range []struct {
		s    Search
		want int
	}{
		{Search{Outcome: OutcomeReached}, 1},
		{Search{Outcome: OutcomeNotReached}, 1},
		{Search{Outcome: OutcomeRecorded}, 1},
		{Search{Outcome: OutcomeFlow}, 1},
		{Search{Agent: "a1"}, 2},
		{Search{Agent: "a2"}, 1},
		{Search{Queue: "claims"}, 1},
		{Search{Agent: "a2", Outcome: OutcomeNotReached}, 0},
	} {
		if p, err := f.Contacts(q.s); err != nil || len(p.Items) != q.want {
			t.Errorf("%+v: %d contacts %v, want %d", q.s, len(p.Items), err, q.want)
		}
	}
	agents, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	wants := map[hotline.AgentID]OutboundCounts{
		"a1": {Calls: 2, Reached: 1, TalkMS: 25_000, HoldMS: 5000, ACWMS: 7000, InternalMS: 8000},
		"a2": {TalkMS: 30_000, InternalMS: 8000},
	}
	for _, row := range agents.Rows {
		if want, ok := wants[row.Agent]; ok && (row.Outbound != want || row.Handled != 0 || row.Answered != 0) {
			t.Errorf("%s: %+v, handled %d, want %+v", row.Agent, row.Outbound, row.Handled, want)
		}
		delete(wants, row.Agent)
	}
	if len(wants) > 0 {
		t.Errorf("no rows of %v", wants)
	}
}

// TestOwnCallLive: the live list says that an agent's call rings, and then that the two speak.
func TestOwnCallLive(t *testing.T) {
	b := &script{}
	ev := func(agent hotline.AgentID, leg hotline.LegID) hotline.Event {
		return hotline.Event{Contact: "own", Call: "own", Agent: agent, Leg: leg}
	}
	now := &clock{time.UnixMilli(10_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	look := func(phase string) {
		t.Helper()
		b.apply(f) // those that were applied before count as late
		if calls := f.View(now.t).Calls; len(calls) != 1 || calls[0].Phase != phase || calls[0].Agent != "a1" {
			t.Errorf("want %s: %+v", phase, calls)
		}
	}
	b.add(0, ev("a1", ""), hotline.CallStarted{Direction: hotline.Outbound, To: "1"})
	b.add(0, ev("a1", "own-0"), hotline.LegStarted{Role: hotline.RoleAgent})
	b.add(0, ev("", "own-1"), hotline.LegStarted{Role: hotline.RoleCustomer})
	look(PhaseDialling)
	b.add(3000, ev("", "own-1"), hotline.LegAnswered{Role: hotline.RoleCustomer})
	look(PhaseTalking)
	b.add(9000, ev("a1", ""), hotline.Released{Cause: hotline.CauseHangup, Wrap: "none"})
	look(PhaseEnding)
}

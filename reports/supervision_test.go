package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestSupervisions: the live view says who is supervised by whom, from call to call of an agent who is followed, and nothing of it
// is a call or a contact of its own. A take-over is no transfer of the agent's.
func TestSupervisions(t *testing.T) {
	b := &script{}
	line := hotline.Event{Call: "w1", Contact: "w1", Leg: "w1-1"}
	call := func(id hotline.ContactID, agent hotline.AgentID, leg hotline.LegID) hotline.Event {
		return hotline.Event{Contact: id, Call: hotline.CallID(id), Queue: "claims", Agent: agent, Leg: leg}
	}
	follows := hotline.Event{Call: "w1", Contact: "w1", Leg: "w1-1", Agent: "a1"}
	now := &clock{time.UnixMilli(0)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	n := 0
	at := func(ms int64) []Supervising {
		t.Helper()
		for _, ev := range b.sorted()[n:] {
			f.Apply(ev)
		}
		n = len(b.events)
		now.t = time.UnixMilli(ms)
		return f.View(now.t).Supervisions
	}
	is := func(what string, got []Supervising, want ...Supervising) {
		t.Helper()
		if len(got) != len(want) {
			t.Errorf("%s: %+v", what, got)
			return
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %+v, want %+v", what, got[i], want[i])
			}
		}
	}
	b.add(0, line, hotline.CallStarted{Direction: hotline.Internal, To: "d01"})
	b.add(0, line, hotline.LegStarted{Role: hotline.RoleSupervisor, To: "d01"})
	is("it rings", at(500))
	if calls := f.View(now.t).Calls; len(calls) != 0 {
		t.Errorf("the line is shown as a call: %+v", calls)
	}
	b.add(1000, follows, hotline.Supervised{By: "lead", Mode: hotline.ModeFollow, On: true, Follow: true})
	is("armed", at(1500), Supervising{Line: "w1", By: "lead", Mode: hotline.ModeFollow, Since: 1000, Agent: "a1", Follow: "a1"})
	for i, id := range []hotline.ContactID{"c1", "c2"} {
		ms := int64(10_000 * (i + 1))
		b.add(ms, call(id, "", ""), hotline.CallStarted{Direction: hotline.Inbound})
		b.add(ms+1000, call(id, "a1", "w1-1"), hotline.Supervised{By: "lead", Mode: hotline.ModeListen, On: true, Follow: true})
		b.add(ms+2000, call(id, "a1", "w1-1"), hotline.Supervised{By: "lead", Mode: hotline.ModeBarge, On: true, Was: hotline.ModeListen, MS: 1000, Follow: true})
		is("in the call", at(ms+2500), Supervising{
			Line: "w1", By: "lead", Mode: hotline.ModeBarge, Since: Moment(ms + 2000), Agent: "a1", Call: hotline.CallID(id), Contact: id, Follow: "a1",
		})
		if i == 0 {
			b.add(ms+3000, call(id, "a1", "w1-1"), hotline.Supervised{By: "lead", Mode: hotline.ModeBarge, MS: 1000, Follow: true})
		}
		b.add(ms+3000, call(id, "", ""), hotline.CallEnded{Cause: hotline.CauseHangup})
		is("between", at(ms+4000), Supervising{Line: "w1", By: "lead", Mode: hotline.ModeFollow, Since: Moment(ms + 3000), Agent: "a1", Follow: "a1"})
	}
	b.add(30_000, follows, hotline.Supervised{By: "lead", Mode: hotline.ModeFollow, Follow: true})
	b.add(30_000, line, hotline.CallEnded{Cause: hotline.CauseHangup})
	is("over", at(31_000))

	b.add(40_000, call("c3", "", ""), hotline.CallStarted{Direction: hotline.Inbound})
	b.add(41_000, call("c3", "a1", "w2-1"), hotline.Supervised{By: "lead", Mode: hotline.ModeListen, On: true})
	b.add(42_000, call("c3", "a1", ""), hotline.Transferred{How: hotline.TransferTakeOver, Target: hotline.TargetSupervisor, To: "lead", Result: hotline.TransferDone})
	is("no line of its own was seen", at(43_000), Supervising{
		Line: "w2", By: "lead", Mode: hotline.ModeListen, Since: 41_000, Agent: "a1", Call: "c3", Contact: "c3",
	})
	if v := f.View(now.t).Unwatched(); len(v.Supervisions) != 0 || len(v.Calls) != 1 {
		t.Errorf("unwatched: %+v", v.Supervisions)
	}
	b.add(44_000, hotline.Event{}, hotline.EngineStarted{})
	is("after a restart", at(45_000))
	if c, ok := f.Contact("c3"); !ok || len(c.Transfers) != 1 {
		t.Errorf("the take-over is not in the record: %+v", c.Transfers)
	}
	if _, ok := f.Contact("w1"); ok {
		t.Error("a supervisor's line is a contact")
	}
	agents, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range agents.Rows {
		if row.Transfers.Failed+row.Transfers.Blind+row.Transfers.Attended > 0 {
			t.Errorf("%s: %+v", row.Agent, row.Transfers)
		}
	}
}

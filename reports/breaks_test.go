package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestBreakLine: who stands in line for a break stands behind those who asked for the same before.
func TestBreakLine(t *testing.T) {
	s := &script{}
	for i, a := range []hotline.AgentID{"a0", "a1", "a2", "a3"} {
		s.add(int64(i)*1000, hotline.Event{Agent: a}, hotline.AgentSet{State: hotline.AgentReady})
		s.add(10_000-int64(i)*1000, hotline.Event{Agent: a}, hotline.BreakAsked{Reason: []string{"meal", "rest", "meal", "meal"}[i]})
	}
	s.add(20_000, hotline.Event{Agent: "a3"}, hotline.BreakAnswered{Reason: "meal", Granted: true, Source: hotline.SourceLead, By: "lead"})
	s.add(21_000, hotline.Event{Agent: "a1"}, hotline.BreakAnswered{Reason: "rest", Source: hotline.SourceAgent})
	f := New(Config{Centre: simCentre(time.UTC), Now: func() time.Time { return time.UnixMilli(30_000) }})
	s.apply(f)
	ahead := map[hotline.AgentID]int{}
	for _, a := range f.View(time.UnixMilli(30_000)).Agents {
		if a.Break != nil {
			ahead[a.ID] = a.Break.Ahead
		}
	}
	if len(ahead) != 2 || ahead["a2"] != 0 || ahead["a0"] != 1 {
		t.Errorf("ahead %v", ahead)
	}
	if v, _, _ := f.Agent("a0", time.UnixMilli(30_000)); v.Break == nil || v.Break.Ahead != 1 {
		t.Errorf("one agent: %+v", v.Break)
	}
	r, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: time.UnixMilli(60_000)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[hotline.AgentID]BreakCounts{"a3": {Granted: 1, WaitMS: 13_000}, "a1": {TakenBack: 1, WaitMS: 12_000}}
	for _, row := range r.Rows {
		if row.Breaks != want[row.Agent] {
			t.Errorf("%s: %+v, want %+v", row.Agent, row.Breaks, want[row.Agent])
		}
	}
}

// TestAgentLive: what a lead sees of an agent beside its state.
func TestAgentLive(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC)})
	seq := uint64(0)
	step := func(at int64, fact hotline.Fact) AgentView {
		seq++
		f.Apply(hotline.Event{Seq: seq, At: time.UnixMilli(at), Agent: "a0", Fact: fact})
		return f.View(time.UnixMilli(at)).Agents[0]
	}
	if v := step(1000, hotline.AgentSet{State: hotline.AgentNotReady, Reason: hotline.ReasonNoAnswer, Misses: 2, Until: time.UnixMilli(11_000)}); v.Misses != 2 || v.Until != 11_000 {
		t.Errorf("misses %d until %d", v.Misses, v.Until)
	}
	if v := step(2000, hotline.PhoneTaken{Phone: "d01"}); v.Phone != "d01" {
		t.Errorf("desk %q", v.Phone)
	}
	if v := step(3000, hotline.Recalled{By: "lead"}); v.Recall != (Recall{Since: 3000, By: "lead"}) {
		t.Errorf("recall %+v", v.Recall)
	}
	if v := step(4000, hotline.AgentSet{State: hotline.AgentReady}); v.Recall != (Recall{}) || v.Until != 0 || v.Misses != 0 {
		t.Errorf("back at work: %+v", v)
	}
	if v := step(5000, hotline.SignOutAsked{Relief: "a1"}); v.Relief != "a1" {
		t.Errorf("relief %q", v.Relief)
	}
	if v := step(6000, hotline.AlarmRaised{Alarm: alarmAgentHealed, Detail: "no dialog"}); len(v.Alarms) != 1 || v.Alarms[0] != alarmAgentHealed {
		t.Errorf("alarms %v", v.Alarms)
	}
	if v := step(7000, hotline.AgentSet{State: hotline.AgentSignedOut}); v.Relief != "" {
		t.Errorf("signed out and still waiting for %q", v.Relief)
	}
	f.Apply(hotline.Event{Seq: 100, At: time.UnixMilli(8000), Agent: "a1", Fact: hotline.AlarmRaised{Alarm: alarmAgentHealed}})
	if v := f.View(time.UnixMilli(9000)); len(v.Alarms) != 2 {
		t.Errorf("the same alarm of two agents: %+v", v.Alarms)
	}
	if v := f.View(time.UnixMilli(6000 + alarmShownMS + 1)); len(v.Alarms) != 1 || v.Alarms[0].Agent != "a1" {
		t.Errorf("an hour later: %+v", v.Alarms)
	}
}

// TestOverBreak: the engine's alarm of a break that lasts too long and the board's own are one alarm.
func TestOverBreak(t *testing.T) {
	c := simCentre(time.UTC)
	c.Reasons = []Reason{{ID: "meal", Allowance: time.Second}}
	f := New(Config{Centre: c})
	f.Apply(hotline.Event{Seq: 1, At: time.UnixMilli(0), Agent: "a0", Fact: hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"}})
	f.Apply(hotline.Event{Seq: 2, At: time.UnixMilli(1000), Agent: "a0", Fact: hotline.AlarmRaised{Alarm: alarmBreakOver, Detail: "meal"}})
	if v := f.View(time.UnixMilli(2000)); len(v.Alarms) != 1 || v.Alarms[0].Kind != AlarmOverTime {
		t.Errorf("%+v", v.Alarms)
	}
}

// TestTestCall: a call that tries out a flow is marked wherever it is shown, and in no figure.
func TestTestCall(t *testing.T) {
	s := &script{}
	ev := hotline.Event{Contact: "t", Call: "t", Queue: "claims"}
	at := ev
	at.Agent = "a0"
	s.add(1000, ev, hotline.CallStarted{Direction: hotline.Internal, Test: true})
	s.add(1000, ev, hotline.Blocked{Visit: "t.1", Reason: hotline.BlockFull})
	s.add(1000, ev, hotline.Queued{Visit: "t.2", Since: time.UnixMilli(1000)})
	s.add(2000, at, hotline.Offered{Visit: "t.2", Offer: "o"})
	s.add(3000, at, hotline.Connected{Visit: "t.2", Offer: "o", RingMS: 1000})
	s.add(3000, ev, hotline.Answered{Visit: "t.2", WaitMS: 2000})
	s.add(9000, at, hotline.Released{Visit: "t.2", TalkMS: 6000})
	s.add(9000, at, hotline.SurveyStepped{Visit: "t.2", Stage: SurveyInvited})
	s.add(9500, ev, hotline.VoicemailLeft{Task: "t-vm", MS: 1000})
	s.add(9600, ev, hotline.CallbackAsked{Callback: "t.cb"})
	now := &clock{time.UnixMilli(10_000)}
	empty := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	s.apply(f)
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Totals[0]; row.Requested != 0 || row.Rings.all() != 0 || row.Handled != 0 || row.Calls.Calls != 0 || row.Survey.Invited != 0 || row.Callbacks.Asked != 0 {
		t.Errorf("%+v", row)
	}
	none := scrape(t, empty)
	for name, n := range scrape(t, f) {
		if n != none[name] && name != "hotline_setup_seconds{stage=join}_count" {
			t.Errorf("%s is %v, %v without the call", name, n, none[name])
		}
	}
	v := f.View(now.t)
	if len(v.Calls) != 1 || !v.Calls[0].Test || v.Tasks.Open != 0 || len(v.Callbacks) != 1 || !v.Callbacks[0].Test {
		t.Errorf("live: %+v %+v %+v", v.Calls, v.Tasks, v.Callbacks)
	}
	if c, ok := f.Contact("t"); !ok || !c.Test || len(c.Visits) != 1 || c.Visits[0].Outcome != hotline.OutcomeAnswered || !c.Tasks[0].Test {
		t.Errorf("record %v %+v", ok, c)
	}
}

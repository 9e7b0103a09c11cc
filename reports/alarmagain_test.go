package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestAcknowledgedOverARestart: what somebody looks after stays so when the engine is started anew and raises it again; not what is
// raised long after, what tells of a moment, and what was over before.
func TestAcknowledgedOverARestart(t *testing.T) {
	s := &script{}
	over := hotline.Event{Agent: "a0"}
	raise := func(ms int64, ev hotline.Event, alarm string) { s.add(ms, ev, hotline.AlarmRaised{Alarm: alarm}) }
	raise(1000, hotline.Event{}, "storage")
	raise(1000, over, alarmBreakOver)
	raise(1000, over, alarmAgentHealed)
	raise(1000, hotline.Event{}, "events_behind:crm")
	for _, key := range []string{"storage::1000", "break_over:a0:1000", "agent_healed:a0:1000", "events_behind:crm::1000"} {
		s.add(2000, hotline.Event{}, hotline.AlarmAcknowledged{Key: key, By: "lead"})
	}
	s.add(3000, over, hotline.AlarmCleared{Alarm: alarmBreakOver})
	s.add(9000, hotline.Event{}, hotline.EngineStarted{})
	raise(10_000, hotline.Event{}, "storage")
	raise(10_000, over, alarmBreakOver)
	raise(10_000, over, alarmAgentHealed)
	raise(9000+againMS+1, hotline.Event{}, "events_behind:crm")
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	want := map[string]bool{"storage": true}
	open, past := f.Alarms(time.UnixMilli(9000 + againMS + 2))
	if len(open) != 4 {
		t.Errorf("open %+v", open)
	}
	for _, a := range open {
		if (a.Acknowledged != nil) != want[a.Alarm] {
			t.Errorf("%s is acknowledged: %+v", a.Key, a.Acknowledged)
		}
	}
	for _, a := range past {
		if a.Since == 1000 && a.Acknowledged == nil {
			t.Errorf("the history has forgotten who looked after %s", a.Key)
		}
	}
}

// TestConditionOverACrash: a level under its target that was acknowledged and is found again by the first view after a crash, of
// which no snapshot tells, is the same alarm.
func TestConditionOverACrash(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	alarm := func(f *Fold, at time.Time, kind string) *Alarm {
		for _, a := range f.View(at).Alarms {
			if a.Kind == kind {
				return &a
			}
		}
		return nil
	}
	s := &script{}
	for i, c := range []string{"w1", "w2", "w3"} {
		wait(s, "claims", c, now.Add(time.Duration(i-10)*time.Minute))
		s.add(now.Add(time.Duration(i-5)*time.Minute).UnixMilli(), hotline.Event{Contact: hotline.ContactID(c), Call: hotline.CallID(c), Queue: "claims"},
			hotline.Abandoned{Visit: hotline.ContactID(c).Visit(1), WaitMS: 300_000})
	}
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	before := alarm(f, now, AlarmServiceLevel)
	if before == nil {
		t.Fatal("the level is no alarm")
	}
	s.add(now.UnixMilli(), hotline.Event{}, hotline.AlarmAcknowledged{Key: before.Key, By: "lead"})
	s.add(now.Add(time.Minute).UnixMilli(), hotline.Event{}, hotline.EngineStarted{})
	again := New(Config{Centre: simCentre(time.UTC)})
	s.apply(again)
	a := alarm(again, now.Add(2*time.Minute), AlarmServiceLevel)
	if a == nil || a.Key != before.Key || a.Since != before.Since || a.Acknowledged == nil || a.Acknowledged.By != "lead" {
		t.Errorf("after the crash %+v, want %+v acknowledged", a, before)
	}
	if a := alarm(again, now.Add(3*time.Minute), AlarmServiceLevel); a == nil || a.Acknowledged == nil {
		t.Errorf("a view later %+v", a)
	}
}

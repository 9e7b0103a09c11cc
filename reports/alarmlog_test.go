package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestAlarmAcknowledged: an acknowledgement holds as long as the condition does without a break, and no longer; what is over
// stands in the history with it.
func TestAlarmAcknowledged(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	s := &script{}
	wait(s, "claims", "w1", now.Add(-3*time.Minute))
	wait(s, "claims", "w2", now.Add(-2*time.Minute))
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	seq := f.Seq()
	put := func(at time.Time, ev hotline.Event, fact hotline.Fact) {
		seq++
		ev.Seq, ev.At, ev.Fact = seq, at, fact
		f.Apply(ev)
	}
	leave := func(at time.Time, c string) {
		put(at, hotline.Event{Contact: hotline.ContactID(c), Call: hotline.CallID(c), Queue: "claims"},
			hotline.Abandoned{Visit: hotline.ContactID(c).Visit(1), WaitMS: 1})
	}
	longest := func(at time.Time) *Alarm {
		for i, a := range f.View(at).Alarms {
			if a.Kind == AlarmLongestWait {
				return &f.View(at).Alarms[i]
			}
		}
		return nil
	}
	key := longest(now).Key
	put(now, hotline.Event{}, hotline.AlarmAcknowledged{Key: key, By: "lead"})
	put(now, hotline.Event{}, hotline.AlarmAcknowledged{Key: key, By: "other"}) // the first looks after it
	if a := longest(now); a == nil || a.Acknowledged == nil || a.Acknowledged.By != "lead" {
		t.Fatalf("alarm %+v, want it acknowledged by lead", a)
	}
	leave(now.Add(time.Second), "w1") // the next one waits too long as well: the same condition
	if a := longest(now.Add(2 * time.Second)); a == nil || a.Key != key || a.Acknowledged == nil {
		t.Errorf("alarm %+v, want %s still acknowledged", a, key)
	}
	leave(now.Add(3*time.Second), "w2")
	if a := longest(now.Add(4 * time.Second)); a != nil {
		t.Errorf("alarm %+v, but nobody waits", a)
	}
	_, past := f.Alarms(now.Add(5 * time.Second))
	if len(past) != 1 || past[0].Key != key || past[0].Acknowledged.By != "lead" || past[0].Until != At(now.Add(4*time.Second)) {
		t.Errorf("history %+v, want %s until its end", past, key)
	}
	if _, past := f.Alarms(now.Add(25 * time.Hour)); len(past) != 0 && past[0].Key == key {
		t.Errorf("history after 25 h: %+v", past)
	}
}

// TestAlarmsOfTheEngine: raised again is another alarm; a new start of the engine ends all of them.
func TestAlarmsOfTheEngine(t *testing.T) {
	s := &script{}
	ev := hotline.Event{Agent: "a0"}
	s.add(1000, ev, hotline.AlarmRaised{Alarm: alarmBreakOver, Detail: "rest"})
	s.add(2000, ev, hotline.AlarmCleared{Alarm: alarmBreakOver})
	s.add(3000, ev, hotline.AlarmRaised{Alarm: alarmBreakOver, Detail: "rest"})
	s.add(4000, hotline.Event{}, hotline.AlarmRaised{Alarm: "storage", Detail: "1 GiB"})
	s.add(5000, hotline.Event{}, hotline.AlarmAcknowledged{Key: "break_over:a0:3000", By: "lead"})
	s.add(9000, hotline.Event{}, hotline.EngineStarted{})
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	open, past := f.Alarms(time.UnixMilli(10_000))
	got := map[string]Moment{}
	for _, a := range past {
		got[a.Key] = a.Until
		if (a.Acknowledged != nil) != (a.Key == "break_over:a0:3000") {
			t.Errorf("%s acknowledged: %+v", a.Key, a.Acknowledged)
		}
	}
	want := map[string]Moment{"break_over:a0:1000": 2000, "break_over:a0:3000": 5000, "storage::4000": 5000}
	for key, until := range want {
		if got[key] != until {
			t.Errorf("%s over at %d, want %d", key, got[key], until)
		}
	}
	if len(open) != 0 || len(got) != len(want) {
		t.Errorf("open %+v, past %v", open, got)
	}
}

// TestBadCalls: three bad calls of one agent's phone within a quarter of an hour are an alarm, two are none.
func TestBadCalls(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC)})
	seq := uint64(0)
	end := func(at time.Duration, role hotline.Role, stats hotline.MediaStats) {
		seq++
		f.Apply(hotline.Event{
			Seq: seq, At: time.Unix(0, 0).Add(at), Agent: "a0", Leg: "x-2",
			Fact: hotline.LegEnded{Role: role, Cause: hotline.CauseHangup, Stats: stats},
		})
	}
	bad := func(at time.Duration) *Alarm {
		for _, a := range f.View(time.Unix(0, 0).Add(at)).Alarms {
			if a.Kind == AlarmQuality {
				return &a
			}
		}
		return nil
	}
	end(1*time.Minute, hotline.RoleAgent, hotline.MediaStats{Received: 5000, MOS: 2.4})
	end(2*time.Minute, hotline.RoleAgent, hotline.MediaStats{Received: 10, Lost: 10})          // too short to say
	end(3*time.Minute, hotline.RoleCustomer, hotline.MediaStats{Received: 5000, MOS: 1.1})     // not the agent's phone
	end(4*time.Minute, hotline.RoleAgent, hotline.MediaStats{Received: 5000, MOS: 4.3})        // good
	end(5*time.Minute, hotline.RoleAgent, hotline.MediaStats{Received: 5000, RemoteLost: 300}) // lost on the way to it
	if a := bad(6 * time.Minute); a != nil {
		t.Errorf("two bad calls are an alarm: %+v", a)
	}
	end(7*time.Minute, hotline.RoleAgent, hotline.MediaStats{Received: 5000, Lost: 200, MOS: 3.5})
	a := bad(8 * time.Minute)
	if a == nil || a.Agent != "a0" || *a.Value != 3 || a.Since != Moment(7*60_000) || a.Detail != "MOS 3.5 · 3.8 %" {
		t.Errorf("three bad calls: %+v", a)
	}
	if a := bad(16*time.Minute + time.Second); a != nil {
		t.Errorf("the first is older than 15 min: %+v", a)
	}
}

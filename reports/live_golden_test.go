package reports

import (
	"encoding/json"
	"testing"
	"time"

	"hotline"
)

// TestLiveGolden is the live view of a moment in which everything that a lead can see is going on.
func TestLiveGolden(t *testing.T) {
	s := &script{}
	who := hotline.Party{Number: "13800138000", Name: "陈建国"}
	call := func(id string, q hotline.QueueID, at int64) hotline.Event {
		ev := hotline.Event{Contact: hotline.ContactID(id), Call: hotline.CallID(id), Queue: q}
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound, From: who, Test: id == "try"})
		return ev
	}
	of := func(ev hotline.Event, a hotline.AgentID) hotline.Event { ev.Agent = a; return ev }
	for _, a := range []hotline.AgentID{"a0", "a1", "a2"} {
		s.add(1000, hotline.Event{Agent: a}, hotline.DeviceChanged{Up: true})
		s.add(1000, hotline.Event{Agent: a}, hotline.AgentSet{State: hotline.AgentReady, Source: hotline.SourceAgent})
	}
	w := call("w", "claims", 60_000) // past its target, kept its place, waits in two queues and rings twice
	s.add(60_000, w, hotline.Queued{Visit: "w.1", Entry: hotline.EntryRequeue, Priority: 7, Since: time.UnixMilli(60_000), Place: time.UnixMilli(30_000), From: who})
	second := w
	second.Queue = "rescue"
	s.add(70_000, second, hotline.Queued{Visit: "w.1+rescue", Entry: hotline.EntryOverflow, Priority: 7, Since: time.UnixMilli(70_000), Place: time.UnixMilli(30_000), Beside: "w.1"})
	s.add(80_000, w, hotline.Reprioritised{Visit: "w.1", Priority: 20, By: "lead"})
	s.add(95_000, of(w, "a0"), hotline.AgentSet{State: hotline.AgentReserved})
	s.add(95_000, of(w, "a0"), hotline.Offered{Visit: "w.1", Offer: "w.1.1", Attempt: 1})
	s.add(95_000, of(w, "a1"), hotline.AgentSet{State: hotline.AgentRinging})
	s.add(95_000, of(w, "a1"), hotline.Offered{Visit: "w.1", Offer: "w.1.2", Attempt: 2})
	p := call("p", "claims", 92_000) // kept for one agent
	s.add(92_000, p, hotline.Queued{Visit: "p.1", Entry: hotline.EntryIVR, Priority: 5, Since: time.UnixMilli(92_000), From: who, Prefer: "a2", PreferUntil: time.UnixMilli(122_000)})
	v := call("v", "claims", 50_000)
	s.add(55_000, v, hotline.VoicemailLeft{Task: "v-vm", Due: time.UnixMilli(90_000), MS: 3000, From: who})
	s.add(56_000, v, hotline.CallbackAsked{Callback: "v.cb", Number: "013800138000", From: who, Since: time.UnixMilli(50_000), Place: time.UnixMilli(50_000), Expires: time.UnixMilli(900_000), Priority: 5})
	s.add(57_000, v, hotline.CallEnded{})
	s.add(58_000, of(v, "a2"), hotline.BreakAsked{Reason: "meal"})
	s.add(59_000, of(hotline.Event{}, "a2"), hotline.PhoneTaken{Phone: "d01"})
	s.add(59_500, of(hotline.Event{}, "a2"), hotline.AlarmRaised{Alarm: alarmLostCall, Detail: "call x"})
	s.add(59_800, hotline.Event{}, hotline.SwitchSet{Switch: "emergency", On: true, By: "lead"})
	try := call("try", "claims", 96_000)
	s.add(96_000, try, hotline.Queued{Visit: "try.1", Since: time.UnixMilli(96_000)})
	c := simCentre(time.UTC)
	c.Switches = []Switch{{"emergency", "紧急公告"}, {"night", "夜间"}}
	f := New(Config{Centre: c})
	s.apply(f)
	b, err := json.MarshalIndent(f.View(time.UnixMilli(100_000)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "live.golden", string(b)+"\n")
}

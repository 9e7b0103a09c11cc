package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestEveryState: whatever an agent does, the times of its states are its time signed in to the millisecond, and the new
// states count as what they are part of.
func TestEveryState(t *testing.T) {
	now := &clock{time.UnixMilli(200_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	states := []hotline.AgentState{
		hotline.AgentReady, hotline.AgentReserved, hotline.AgentRinging, hotline.AgentTalking, hotline.AgentHeld, hotline.AgentConsult,
		hotline.AgentConfer, hotline.AgentWrapUp, hotline.AgentNotReady, hotline.AgentOutbound, hotline.AgentSignedOut,
	}
	s := &script{}
	at, want := int64(1000), StateTimes{}
	for i, st := range states {
		s.add(at, hotline.Event{Agent: "a0", Call: "k"}, hotline.AgentSet{State: st, Reason: "meal"})
		ms := int64(i+1) * 1001
		if st != hotline.AgentSignedOut {
			*want.of(st) += ms
		}
		at += ms
	}
	for _, ev := range s.sorted() {
		f.Apply(ev)
		st := ev.Fact.(hotline.AgentSet).State
		v := f.View(ev.At.Add(time.Second))
		counted := 0
		v.States.each(func(state string, n int) {
			if n > 0 && state == string(st) {
				counted += n
			}
		})
		if all := 1 + 2*count(st == hotline.AgentSignedOut); counted != all || v.Agents[0].State != st {
			t.Errorf("%s: %d agents counted, shown as %s", st, counted, v.Agents[0].State)
		}
	}
	r, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	row := r.Rows[0]
	if row.States != want || row.SignedInMS != 55*1001 || row.Reasons["meal"] != 9*1001 {
		t.Errorf("%+v, signed in %d, reasons %v", row.States, row.SignedInMS, row.Reasons)
	}
	// 2 reserved, 3 ringing, 4 talking, 5 held, 6 consulting, 7 conference, 8 wrap-up, 10 outbound; 1 ready.
	for what, got := range map[string][2]float64{
		"occupancy":           {*row.Occupancy, 45.0 / 46},
		"inbound occupancy":   {*row.OccupancyInbound, 30.0 / 31},
		"handle over login":   {*row.HandleOverLogin, 40.0 / 55},
		"staffed over login":  {*row.StaffedOverLogin, 46.0 / 55},
		"state_seconds_total": {scrape(t, f)["hotline_agent_state_seconds_total{group=a}{state=reserved}"], 2.002},
	} {
		if got[0] != got[1] {
			t.Errorf("%s %v, want %v", what, got[0], got[1])
		}
	}
}

// TestOutboundOrCallback: what an agent does in a call of its own making is outbound work; a call that keeps a promise is not.
func TestOutboundOrCallback(t *testing.T) {
	for want, started := range map[hotline.AgentState]hotline.CallStarted{
		hotline.AgentOutbound: {Direction: hotline.Outbound},
		hotline.AgentTalking:  {Direction: hotline.Outbound, Callback: "c.cb"},
	} {
		f := New(Config{})
		f.Apply(hotline.Event{Seq: 1, At: time.UnixMilli(1), Contact: "c", Call: "k", Fact: started})
		f.Apply(hotline.Event{Seq: 2, At: time.UnixMilli(2), Contact: "c", Call: "k", Agent: "a0", Fact: hotline.AgentSet{State: hotline.AgentTalking}})
		if got := f.View(time.UnixMilli(3)).Agents[0].State; got != want {
			t.Errorf("%+v: %s, want %s", started, got, want)
		}
	}
}

package reports

import (
	"math"
	"testing"
	"time"

	"hotline"
	"hotline/reports/staffing"
)

// TestBreakEffects: with one agent less the level is what Erlang C says of one agent less.
func TestBreakEffects(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	c := Centre{Location: time.UTC, Queues: []Queue{
		{ID: "claims", Name: "理赔", Within: 20 * time.Second, Ratio: 0.8, Agents: []hotline.AgentID{"a0", "a1", "a2"}},
		{ID: "quiet", Agents: []hotline.AgentID{"a0"}},
	}, Agents: []Agent{{ID: "a0"}, {ID: "a1"}, {ID: "a2"}}}
	s := &script{}
	for _, a := range []hotline.AgentID{"a0", "a1", "a2"} {
		s.add(now.Add(-time.Hour).UnixMilli(), hotline.Event{Agent: a}, hotline.AgentSet{State: hotline.AgentReady})
	}
	for i := range 10 { // ten calls of three minutes, by a1: one Erlang
		at := now.Add(-30*time.Minute + time.Duration(i)*3*time.Minute)
		name := hotline.ContactID("c" + string(rune('0'+i)))
		ev := hotline.Event{Contact: name, Call: hotline.CallID(name), Queue: "claims"}
		s.add(at.UnixMilli(), ev, hotline.CallStarted{Direction: hotline.Inbound})
		s.add(at.UnixMilli(), ev, hotline.Queued{Visit: name.Visit(1), Entry: "ivr", Since: at})
		ev.Agent = "a1"
		offer := hotline.OfferID(name.Visit(1) + ".1")
		s.add(at.UnixMilli(), ev, hotline.Offered{Visit: name.Visit(1), Offer: offer, Attempt: 1})
		s.add(at.UnixMilli(), ev, hotline.Connected{Visit: name.Visit(1), Offer: offer})
		s.add(at.UnixMilli(), ev, hotline.Answered{Visit: name.Visit(1)})
		s.add(at.UnixMilli()+180_000, ev, hotline.Released{Visit: name.Visit(1), TalkMS: 180_000, Wrap: "none"})
	}
	f := New(Config{Centre: c, Now: func() time.Time { return now }})
	s.apply(f)
	got, err := f.BreakEffects("a0", now)
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v: want claims alone", got, err)
	}
	l := staffing.Load{Calls: 10, Interval: 30 * time.Minute, AHT: 3 * time.Minute}
	x := got[0]
	if x.Queue != "claims" || x.Agents != 3 || x.Offered != 10 || x.AHTMS != 180_000 {
		t.Errorf("%+v: want 3 agents, 10 calls of 3 min", x)
	}
	if now, without := staffing.C(l, 3, 20*time.Second).SL, staffing.C(l, 2, 20*time.Second).SL; math.Abs(x.Now-now) > 0.001 || math.Abs(x.Without-without) > 0.001 {
		t.Errorf("level %v → %v, want %v → %v", x.Now, x.Without, now, without)
	}
	if p := predicted(l, 2.5, 20*time.Second); !(p > x.Without && p < x.Now) {
		t.Errorf("two and a half agents: %v", p)
	}
}

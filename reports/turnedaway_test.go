package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestTurnedAway: requested = blocked + calls in, in every interval and over the day, also in a quarter in which nothing else happened and
// beside a snapshot in the middle.
func TestTurnedAway(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	now := &clock{start.Add(24 * time.Hour)}
	cfg := Config{Centre: simCentre(time.UTC), Now: now.now}
	f := New(cfg)
	seq, in, blocked := uint64(0), map[int64]int{}, map[int64]int{}
	put := func(at time.Time, ev hotline.Event) {
		seq++
		ev.Seq, ev.At = seq, at
		f.Apply(ev)
	}
	for i := range 270 {
		at := start.Add(time.Duration(i*i) * time.Second)
		quarter := at.Truncate(15 * time.Minute).UnixMilli()
		switch i % 3 {
		case 0:
			id := hotline.CallID("c" + time.Duration(i).String())
			put(at, hotline.Event{Call: id, Contact: hotline.ContactID(id), Fact: hotline.CallStarted{Direction: hotline.Inbound, Trunk: "carrier"}})
			put(at, hotline.Event{Call: id, Contact: hotline.ContactID(id), Fact: hotline.CallEnded{Cause: hotline.CauseHangup}})
			in[quarter]++
		default:
			put(at, hotline.Event{Fact: hotline.TurnedAway{Trunk: "carrier", Reason: hotline.TurnedByMaxCalls, Calls: i}})
			put(at, hotline.Event{Fact: hotline.TurnedAway{Trunk: "other", Reason: hotline.TurnedByEngine, Calls: 1}})
			blocked[quarter] += i
		}
		if i == 150 {
			data, _, err := f.Still()
			if err != nil {
				t.Fatal(err)
			}
			f = New(cfg)
			if err := f.Restore(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	sum := 0
	for _, iv := range []Interval{Quarter, Day} {
		rep, err := f.Trunks(Span{From: start, To: start.Add(24 * time.Hour), Interval: iv})
		if err != nil {
			t.Fatal(err)
		}
		total := TrunkRow{}
		for _, r := range rep.Rows {
			if r.Trunk != "carrier" {
				continue
			}
			if at := int64(r.Start); iv == Quarter && (r.In != in[at] || r.Blocked != blocked[at]) || r.Asked != r.Blocked+r.In {
				t.Errorf("%s: %+v, want %d in, %d blocked", r.Label, r, in[at], blocked[at])
			}
			total.In, total.Blocked = total.In+r.In, total.Blocked+r.Blocked
		}
		if sum == 0 {
			sum = total.Blocked
		}
		if total.In != 90 || total.Blocked != sum || sum < 10_000 {
			t.Errorf("%s: %d in, %d blocked", iv, total.In, total.Blocked)
		}
	}
	if n := *f.metrics.turnedAway.series[keyOf([]string{"carrier", "max_calls"})]; int(n) != sum {
		t.Errorf("metric: %v, want %d", n, sum)
	}
}

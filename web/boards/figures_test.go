package boards

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/reports"
)

// busy is a view of a fold in which callers wait whose numbers and names must stand on no screen.
func busy(t *testing.T, ago map[hotline.QueueID][]time.Duration) (*reports.View, time.Time) {
	t.Helper()
	now := time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)
	f := reports.New(reports.Config{
		Centre: reports.Centre{
			Location: time.FixedZone("", 8*3600),
			Queues: []reports.Queue{
				{ID: "claims", Name: "报案", Within: 20 * time.Second, Ratio: 0.8, Agents: []hotline.AgentID{"1"}},
				{ID: "rescue", Name: "救援", Within: 10 * time.Second, Ratio: 0.9, Agents: []hotline.AgentID{"2"}},
			},
			Agents:  []reports.Agent{{ID: "1", Name: "张伟", Team: "a"}, {ID: "2", Name: "刘洋", Team: "b"}},
			Teams:   []reports.Team{{ID: "a", Name: "一组"}, {ID: "b", Name: "二组"}},
			Reasons: []reports.Reason{{ID: "rest", Name: "小休", Allowance: time.Minute}},
		},
		ExpectedWait: func(q hotline.QueueID) (time.Duration, bool) { return 40 * time.Second, q == "claims" },
	})
	var seq uint64
	put := func(at time.Time, ev hotline.Event, fact hotline.Fact) {
		seq++
		ev.Seq, ev.At, ev.Fact = seq, at, fact
		f.Apply(ev)
	}
	for _, a := range []hotline.AgentID{"1", "2"} {
		put(now.Add(-time.Hour), hotline.Event{Agent: a}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "rest"})
	}
	for _, q := range []hotline.QueueID{"claims", "rescue"} {
		for i, d := range ago[q] {
			id := hotline.ContactID(string(q) + string(rune('a'+i)))
			ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Queue: q}
			put(now.Add(-d), ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13900001234", Name: "王先生"}})
			put(now.Add(-d), ev, hotline.Queued{Visit: id.Visit(1), Entry: "ivr", Since: now.Add(-d)})
		}
	}
	return f.View(now), now
}

func partsOf(t *testing.T, b *Wallboard, v *reports.View) parts {
	t.Helper()
	c, _ := noCentre()
	p, err := newPlan(b, c).parts(v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func decode[T any](t *testing.T, raw json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// The standard board's totals are those of the live view; who waits beyond the target of its own queue has failed already, who
// waits within it is in no term.
func TestGroupIsTheTotals(t *testing.T) {
	v, now := busy(t, map[hotline.QueueID][]time.Duration{
		"claims": {25 * time.Second, 15 * time.Second, 21 * time.Second}, "rescue": {11 * time.Second, 9 * time.Second},
	})
	p := partsOf(t, Standard(), v)
	f := decode[queueFigures](t, p["group:0"])
	if f.Waiting != v.Totals.Waiting.Waiting || f.Soon != v.Totals.AboutTo || f.Over != v.Totals.Breached || f.Longest != v.Totals.LongestFrom || f.Today.Offered != v.Totals.Today.Offered {
		t.Errorf("%+v, the view has %+v", f, v.Totals)
	}
	if f.SL30m.Of != 3 || f.SL30m.Count != 0 || f.SL30m.Of != v.Totals.Level30m.Of || f.SLDay.Of != 3 {
		t.Errorf("level %+v today %+v, want 0 of the 3 that are beyond their target; the view has %+v", f.SL30m, f.SLDay, v.Totals.Level30m)
	}
	if f.Target != nil || f.In != "报案" || f.Within != 20_000 || f.NextAt != reports.At(now.Add(time.Second)) || *f.Expected != 40_000 || f.Slowest != "报案" {
		t.Errorf("%+v", f)
	}
	for i := 1; i < len(f.Since); i++ {
		if f.Since[i] < f.Since[i-1] {
			t.Errorf("the line is not in order: %v", f.Since)
		}
	}
}

// A board of a team or of queues shows nothing of others.
func TestFilters(t *testing.T) {
	v, _ := busy(t, map[hotline.QueueID][]time.Duration{"claims": {5 * time.Second}, "rescue": {60 * time.Second, 70 * time.Second}})
	agents := Tile{Kind: kindAgents, W: 10, H: 5}
	for name, c := range map[string]struct {
		board         *Wallboard
		waiting, over int
		sees, not     string
	}{
		"all":           {one(Tile{Kind: kindQueues, W: 24, H: 8}, agents, Tile{Kind: kindAlarms, W: 24, H: 1}), 3, 2, "刘洋", "13900001234"},
		"team":          {&Wallboard{Team: "a", Pages: []Sheet{{Tiles: []Tile{{Kind: kindQueues}, agents, {Kind: kindAlarms}}}}}, 1, 1, "张伟", "刘洋"},
		"queue":         {&Wallboard{Queues: []hotline.QueueID{"claims"}, Pages: []Sheet{{Tiles: []Tile{{Kind: kindQueues}, agents, {Kind: kindAlarms}}}}}, 1, 1, "报案", "救援"},
		"tile's queue":  {one(Tile{Kind: kindWaiting, Queues: []hotline.QueueID{"rescue"}}, agents), 2, 2, "救援", "报案"},
		"unknown queue": {one(Tile{Kind: kindWaiting, Queues: []hotline.QueueID{"gone"}}, agents), 0, 2, "", "救援"},
	} {
		c.board.Names = true
		p := partsOf(t, c.board, v)
		all, _ := json.Marshal(p)
		f := decode[queueFigures](t, p["group:0"])
		of := "states:0" // tiles that show the same choice share a group
		if p[of] == nil {
			of = "states:1"
		}
		s := decode[stateFigures](t, p[of])
		if f.Waiting != c.waiting || s.Counts["over"] != c.over || len(s.Over) != c.over {
			t.Errorf("%s: %d wait, %d over their time (%d named), want %d, %d", name, f.Waiting, s.Counts["over"], len(s.Over), c.waiting, c.over)
		}
		if !strings.Contains(string(all), c.sees) || strings.Contains(string(all), c.not) {
			t.Errorf("%s: wants %q and no %q in %s", name, c.sees, c.not, all)
		}
	}
}

// Whatever a board shows: no customer's number or name is in it, and agents' names only where the board says so.
func TestNobodyIsNamed(t *testing.T) {
	v, _ := busy(t, map[hotline.QueueID][]time.Duration{"claims": {5 * time.Minute}, "rescue": {5 * time.Second}})
	var tiles []Tile
	for _, k := range Kinds() {
		tiles = append(tiles, Tile{Kind: k.Kind, W: k.W, H: k.H})
	}
	b := one(tiles...)
	for _, names := range []bool{false, true} {
		b.Names = names
		all, _ := json.Marshal(partsOf(t, b, v))
		for _, secret := range []string{"13900001234", "王先生", "claimsa"} {
			if strings.Contains(string(all), secret) {
				t.Errorf("%s stands on a screen", secret)
			}
		}
		if got := strings.Contains(string(all), "张伟"); got != names {
			t.Errorf("agents by name: %v, want %v", got, names)
		}
	}
}

// A fact changes the parts that show it and no others: the rest is not sent again.
func TestOnlyWhatChanged(t *testing.T) {
	a, _ := busy(t, map[hotline.QueueID][]time.Duration{"claims": {5 * time.Second}})
	b, _ := busy(t, map[hotline.QueueID][]time.Duration{"claims": {5 * time.Second, 3 * time.Second}})
	p, q := partsOf(t, Standard(), a), partsOf(t, Standard(), b)
	var changed []string
	for k := range q {
		if string(p[k]) != string(q[k]) {
			changed = append(changed, k)
		}
	}
	for _, k := range changed {
		if strings.Contains(k, "rescue") || strings.HasPrefix(k, "states") || strings.HasPrefix(k, "before") || k == "board" || k == "info" {
			t.Errorf("%s is sent again", k)
		}
	}
	if len(changed) == 0 || len(changed) > 6 {
		t.Errorf("%d parts changed: %v", len(changed), changed)
	}
}

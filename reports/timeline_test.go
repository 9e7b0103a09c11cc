package reports

import (
	"errors"
	"testing"
	"time"

	"hotline"
)

// TestTimeline: the stays of the time line, cut at its ends, are the agents' report to the millisecond, follow one another,
// and name contacts that the agent had.
func TestTimeline(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	start, next := today(instant(t, "2026-05-01T06:00:00Z"), loc)
	d := simulate(11, start, 24*time.Hour, 300, 4)
	now := &clock{next.Add(time.Hour)}
	f := New(Config{Centre: simCentre(loc), Now: now.now})
	d.apply(f)
	had := map[hotline.ContactID]map[hotline.AgentID]bool{}
	for _, c := range allRecords(t, f) {
		had[c.ID] = map[hotline.AgentID]bool{}
		for _, s := range c.Segments {
			had[c.ID][s.Agent] = true
		}
	}
	named := 0
	for _, cut := range []Span{{From: start, To: next}, {From: start.Add(7*time.Hour + 1234*time.Millisecond), To: start.Add(9 * time.Hour)}} {
		r, err := f.Timeline(cut)
		if err != nil {
			t.Fatal(err)
		}
		want, err := f.Agents(AgentQuery{From: cut.From, To: cut.To})
		if err != nil {
			t.Fatal(err)
		}
		rows := map[hotline.AgentID]AgentRow{}
		signed := 0
		for _, a := range want.Rows {
			rows[a.Agent] = a
			signed += count(a.SignedInMS > 0)
		}
		if len(r.Rows) != signed || signed == 0 {
			t.Fatalf("%d rows, %d agents were signed in", len(r.Rows), signed)
		}
		for _, row := range r.Rows {
			var sum int64
			var states StateTimes
			last := At(cut.From)
			for _, s := range row.Spans {
				if s.Start < last || s.End <= s.Start || s.End > At(cut.To) {
					t.Errorf("%s: %d to %d after %d", row.Agent, s.Start, s.End, last)
				}
				last = s.End
				sum += int64(s.End - s.Start)
				*states.of(s.State) += int64(s.End - s.Start)
				if s.Contact != "" {
					named++
					if !had[s.Contact][row.Agent] {
						t.Errorf("%s had no part of %s", row.Agent, s.Contact)
					}
				}
			}
			if a := rows[row.Agent]; sum != a.SignedInMS || states != a.States || row.States != states {
				t.Errorf("%s: %d ms %+v, the report has %d %+v", row.Agent, sum, states, a.SignedInMS, a.States)
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d stays name a contact", named)
	}
	if _, err := f.Timeline(Span{From: start, To: start.Add(51 * time.Hour)}); !errors.Is(err, ErrQuery) {
		t.Errorf("a long time line: %v", err)
	}
}

// TestTimelineOverTime: a break is over time from the end of its allowance on, also when the line begins after it.
func TestTimelineOverTime(t *testing.T) {
	now := &clock{time.UnixMilli(2_000_000)}
	c := simCentre(time.UTC)
	c.Reasons = []Reason{{ID: "meal", Allowance: 10 * time.Minute}}
	f := New(Config{Centre: c, Now: now.now})
	s := &script{}
	s.add(1000, hotline.Event{Agent: "a0"}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"})
	s.add(1_001_000, hotline.Event{Agent: "a0"}, hotline.AgentSet{State: hotline.AgentReady})
	s.apply(f)
	for _, x := range []struct{ from, over, ms int64 }{{0, 601_000, 400_000}, {700_000, 700_000, 301_000}} {
		r, err := f.Timeline(Span{From: time.UnixMilli(x.from), To: time.UnixMilli(3_000_000)})
		if err != nil {
			t.Fatal(err)
		}
		row := r.Rows[0]
		if got := row.Spans[0]; int64(got.OverAt) != x.over || row.OverMS != x.ms || !row.Spans[1].Open {
			t.Errorf("from %d: %+v, over %d", x.from, row.Spans, row.OverMS)
		}
	}
}

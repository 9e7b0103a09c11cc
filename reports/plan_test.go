package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// Adherence, counted again second by second from the time line: in every interval, with states, breaks, a restart and turns over the
// edges of intervals.
func TestAdherenceBySeconds(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	d := simulate(9, start, 6*time.Hour, 150, 4)
	d.add(start.Add(3*time.Hour).UnixMilli(), hotline.Event{}, hotline.EngineStarted{})
	d.set(start.Add(2*time.Hour).UnixMilli(), "a1", "", hotline.AgentNotReady, "rest")
	d.set(start.Add(5*time.Hour).UnixMilli(), "a2", "", hotline.AgentSignedOut, "")
	now := start.Add(5*time.Hour + 30*time.Minute)
	f := New(Config{Centre: simCentre(time.UTC), Now: func() time.Time { return now }})
	d.apply(f)
	at := func(text string) Moment { return At(instant(t, "2026-03-10T"+text+"Z")) }
	plan := Plan{
		"a0": {{at("00:10:00"), at("02:07:30")}, {at("02:40:00"), at("05:59:00")}},
		"a1": {{at("01:00:00"), at("04:00:00")}},
		"a2": {{at("04:30:00"), at("08:00:00")}},
		"a9": {{at("01:00:00"), at("02:00:00")}}, // never came
	}
	lines, err := f.Timeline(Span{From: start, To: start.Add(8 * time.Hour), Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	for _, interval := range []Interval{Whole, Half} {
		rep, err := f.Agents(AgentQuery{From: start, To: start.Add(8 * time.Hour), Interval: interval, Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		met := 0
		for _, r := range rep.Rows {
			var planned, kept int64
			i := slices.IndexFunc(lines.Rows, func(l TimelineRow) bool { return l.Agent == r.Agent })
			for s := r.Start; s < min(r.End, At(now)); s += 500 {
				if !slices.ContainsFunc(plan[r.Agent], func(p Planned) bool { return p.From <= s && s < p.To }) {
					continue
				}
				state := hotline.AgentSignedOut
				for _, sp := range lines.Rows[i].Spans {
					if sp.Start <= s && s < sp.End {
						state = sp.State
					}
				}
				if state != stateUnknown {
					planned += 500
				}
				if state != stateUnknown && state != hotline.AgentSignedOut && state != hotline.AgentNotReady {
					kept += 500
				}
			}
			off := func(a, b int64) bool { return a-b > 20_000 || b-a > 20_000 } // what a look twice a second misses
			if off(planned, r.PlannedMS) || off(kept, r.AdherentMS) || (r.Adherence == nil) != (r.PlannedMS == 0) || r.AdherentMS > r.PlannedMS {
				t.Errorf("%s %s: planned %d, kept %d, counted %d and %d", r.Label, r.Agent, r.PlannedMS, r.AdherentMS, planned, kept)
			}
			met += count(r.AdherentMS > 0 && r.AdherentMS < r.PlannedMS)
			if l := lines.Rows; interval == Whole && i >= 0 && (l[i].PlannedMS != r.PlannedMS || l[i].AdherentMS != r.AdherentMS) {
				t.Errorf("%s: the time line says %d and %d, the report %d and %d", r.Agent, l[i].PlannedMS, l[i].AdherentMS, r.PlannedMS, r.AdherentMS)
			}
		}
		if met < 2 {
			t.Errorf("%s: %d rows say anything", interval, met)
		}
	}
	i := slices.IndexFunc(lines.Rows, func(l TimelineRow) bool { return l.Agent == "a9" })
	if i < 0 || lines.Rows[i].PlannedMS != 3_600_000 || *lines.Rows[i].Adherence != 0 || len(lines.Rows[i].Spans) != 0 {
		t.Errorf("who never came has no row: %d", i)
	}
	teams, err := f.Teams(Span{From: start, To: start.Add(8 * time.Hour), Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, r := range teams.Rows {
		sum += r.PlannedMS
	}
	if sum == 0 {
		t.Error("no team was planned")
	}
}

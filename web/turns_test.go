package web

import (
	"net/http"
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// A table of turns is looked at with all its faults, kept when there is none, and is what the time line and the agents' report are
// held against; a date's own turns go before the weekly ones.
func TestTurns(t *testing.T) {
	b := newBench(t, playDay(40, moment(t, "2026-11-22T09:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	b.Rosters = newBucket()
	lead := b.as(t, auth.Lead)
	agent := b.server.Centre().Agents[0]
	send := func(path, text string) turnsRead {
		t.Helper()
		return read[turnsRead](t, b.do(t, lead, http.MethodPost, path, text, "Content-Type", "text/csv"), 200)
	}
	bad := send("/api/v1/turns?publish=true", "date,agent,from,to\n2026-13-01,"+string(agent.ID)+",08:00,12:00\n2026-11-22,nobody,08:00,12:00\n2026-11-22,"+string(agent.ID)+",8h,12:00\n"+
		"2026-11-22,"+string(agent.ID)+",08:00,12:00\n2026-11-22,"+string(agent.ID)+",11:00,13:00\n")
	if len(bad.Faults) != 4 || bad.Done {
		t.Errorf("%+v", bad)
	}
	for i, row := range []int{2, 3, 4, 6} {
		if i < len(bad.Faults) && bad.Faults[i].Row != row {
			t.Errorf("fault %d is of row %d, not %d", i, bad.Faults[i].Row, row)
		}
	}
	good := "date,agent,from,to\n2026-11-22," + string(agent.ID) + ",09:00,12:00\n2026-11-22," + string(agent.ID) + ",13:00,22:00\n2026-11-23," + string(agent.ID) + ",,\n"
	if r := send("/api/v1/turns", good); r.Done || len(r.Days) != 2 || len(r.Faults) != 0 {
		t.Errorf("looked at: %+v", r)
	}
	if r := send("/api/v1/turns?publish=true", good); !r.Done {
		t.Errorf("kept: %+v", r)
	}
	days := read[[]dayTurns](t, b.get(t, lead, "/api/v1/turns?from=2026-11-22&to=2026-11-23"), 200)
	own := 0
	for _, d := range days {
		if d.Agent == agent.ID && d.Own {
			own++
		}
	}
	if own != 2 {
		t.Errorf("%+v", days)
	}
	if err := b.Rosters.Put(turnKey("2026-12-01"), []byte("torn")); err != nil {
		t.Fatal(err)
	}
	r := b.do(t, lead, http.MethodPost, "/api/v1/turns?publish=true", "date,agent,from,to\n2026-12-01,"+string(agent.ID)+",,\n", "Content-Type", "text/csv")
	if kept, _ := b.Rosters.Get(turnKey("2026-12-01")); r.StatusCode != http.StatusServiceUnavailable || string(kept) != "torn" {
		t.Errorf("turns that cannot be read are written over: %s, %q", r.Status, kept)
	}
	rep := read[reports.AgentReport](t, b.get(t, lead, "/api/v1/reports/agents"), 200)
	line := read[reports.Report[reports.TimelineRow]](t, b.get(t, lead, "/api/v1/reports/timeline"), 200)
	const passed = (3*60+92)*60_000 + 8_000 // 09–12, 13–14:32:08
	for _, r := range rep.Rows {
		if want := map[bool]int64{true: passed}[r.Agent == agent.ID]; r.PlannedMS != want {
			t.Errorf("%s: planned %d, want %d", r.Agent, r.PlannedMS, want)
		}
	}
	found := false
	for _, r := range line.Rows {
		found = found || r.Agent == agent.ID && len(r.Planned) == 2 && r.PlannedMS == passed
	}
	if !found {
		t.Errorf("no frame: %+v", line.Rows)
	}
	if r := b.do(t, b.as(t, auth.QA), http.MethodPost, "/api/v1/turns?publish=true", good, "Content-Type", "text/csv"); r.StatusCode != 403 {
		t.Errorf("quality assurance plans: %s", r.Status)
	}
	if r := b.get(t, lead, "/api/v1/turns?from=2026-01-01&to=2026-12-31"); r.StatusCode != 422 {
		t.Errorf("a year of turns: %s", r.Status)
	}
	if r := b.get(t, lead, "/api/v1/reports/agents?format=csv"); !strings.Contains(r.body, "adherence") {
		t.Error("the file has no adherence")
	}
}

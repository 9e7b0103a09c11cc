package web

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// TestStaffing: the figures of the published row (14 agents, 20 to roster), the curve about them, and a clear word about nonsense.
func TestStaffing(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Lead)
	got := read[staffingOut](t, b.get(t, tok, "/api/v1/staffing?calls=100&aht=180s&shrinkage=0.3&lines=20"), http.StatusOK)
	if got.Agents != 14 || got.Scheduled != 20 || got.Model != "erlang_c" || math.Abs(got.Result.Level-0.888350019179467) > 1e-12 {
		t.Errorf("%+v", got)
	}
	if got.Lines == nil || got.Lines.ForTest != 18 { // the table's corner for 10 Erlang at one in a hundred
		t.Errorf("lines %+v", got.Lines)
	}
	last := -1.0
	for _, s := range got.Curve {
		if s.Level < last || s.ASAMS != nil && *s.ASAMS < 0 {
			t.Errorf("curve at %d: %+v", s.Agents, s)
		}
		last = s.Level
	}
	if len(got.Curve) < 8 || got.Curve[0].Agents > 10 || got.Curve[0].ASAMS != nil {
		t.Errorf("the curve begins with %+v: want too few agents, and no time for them", got.Curve[0])
	}
	patient := read[staffingOut](t, b.get(t, tok, "/api/v1/staffing?calls=400&aht=4m&patience=3m"), http.StatusOK)
	if patient.Model != "erlang_a" || patient.Agents != 55 || patient.Result.Abandoned < 0.04 {
		t.Errorf("%+v", patient.Result)
	}
	for _, bad := range []string{"calls=-1&aht=3m", "calls=1&aht=x", "calls=1&aht=3m&ratio=1", "calls=1&aht=0s", "calls=1&aht=3m&patience=-1s", "aht=3m", "calls=1&aht=3m&shrinkage=1"} {
		if r := b.get(t, tok, "/api/v1/staffing?"+bad); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s %s", bad, r.Status, r.body)
		}
	}
}

// TestRosterAndForecast: a weekday's plan holds for its dates, a date's own goes before it, and the forecast shows it beside the need.
func TestRosterAndForecast(t *testing.T) {
	b := newBench(t, afternoon(t))
	b.Rosters = newBucket()
	lead := b.as(t, auth.Lead)
	plan := func(n int) string {
		return `{"people":[` + strings.TrimSuffix(strings.Repeat(string(rune('0'+n))+",", 48), ",") + `]}`
	}
	if r := b.do(t, lead, http.MethodPut, "/api/v1/roster/claims/7", plan(4)); r.StatusCode != http.StatusNoContent { // Sundays
		t.Fatalf("%s %s", r.Status, r.body)
	}
	f := read[reports.Forecast](t, b.get(t, lead, "/api/v1/forecast?queue=claims"), http.StatusOK)
	if f.Date != "2026-11-22" || len(f.Slots) != 48 || f.Slots[20].Planned == nil || *f.Slots[20].Planned != 4 {
		t.Fatalf("%s, %d slots", f.Date, len(f.Slots))
	}
	if s := f.Slots[28]; s.Came == nil || *s.Came == 0 || s.Staffed == nil || *s.Staffed == 0 {
		t.Errorf("two: %+v", s)
	}
	b.do(t, lead, http.MethodPut, "/api/v1/roster/claims/2026-11-22", plan(7))
	if got := read[roster](t, b.get(t, lead, "/api/v1/roster/claims/2026-11-22"), http.StatusOK); got.People[0] != 7 {
		t.Errorf("%v", got.People)
	}
	b.do(t, lead, http.MethodDelete, "/api/v1/roster/claims/2026-11-22", "")
	if got := read[roster](t, b.get(t, lead, "/api/v1/roster/claims/2026-11-22"), http.StatusOK); got.People[0] != 4 {
		t.Errorf("%v", got.People)
	}
	if r := b.get(t, lead, "/api/v1/roster/claims/2"); r.StatusCode != http.StatusNotFound {
		t.Errorf("nobody is planned: %s", r.Status)
	}
	for _, bad := range []string{`{"people":[1]}`, `{"people":[` + strings.TrimSuffix(strings.Repeat("-1,", 48), ",") + `]}`} {
		if r := b.do(t, lead, http.MethodPut, "/api/v1/roster/claims/7", bad); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
	if r := b.do(t, lead, http.MethodPut, "/api/v1/roster/nowhere/7", plan(1)); r.StatusCode != http.StatusNotFound {
		t.Errorf("%s", r.Status)
	}
	if r := b.get(t, lead, "/api/v1/forecast?queue=nowhere"); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%s", r.Status)
	}
	for team, want := range map[string]int{"a": http.StatusOK, "another": http.StatusForbidden} {
		own := b.token(t, auth.User{Name: "tl-" + team, Role: auth.TeamLead, Team: team})
		for _, path := range []string{"/api/v1/forecast?queue=claims", "/api/v1/roster/claims/7"} {
			if r := b.get(t, own, path, "Accept-Language", "zh"); r.StatusCode != want || want != 200 && !strings.Contains(r.body, "不服务队列") {
				t.Errorf("%s for the lead of team %s: %s %s", path, team, r.Status, r.body)
			}
		}
	}
	csv := b.get(t, lead, "/api/v1/forecast?queue=claims&format=csv")
	if n := strings.Count(csv.body, "\r\n"); n != 49 || json.Valid([]byte(csv.body)) {
		t.Errorf("%d lines", n)
	}
}

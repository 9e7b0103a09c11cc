package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// A figure's list has as many entries as the figure says, and shows customers only to who may see them.
func TestCountedVisits(t *testing.T) {
	b := newBench(t, playDay(40, moment(t, "2026-11-22T09:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	lead := b.as(t, auth.Lead)
	rep := read[reports.QueueReport](t, b.get(t, lead, "/api/v1/reports/queues"), 200)
	for _, row := range append(rep.Rows, rep.Totals...) {
		for figure, want := range map[string]int{
			"requested": row.Requested, "answered": row.Answered, "abandoned": row.Abandoned, "out v1": row.Levels.V1.Of - row.Levels.V1.Count,
		} {
			q := url.Values{"figure": {figure}, "queue": {string(row.Queue)}, "limit": {"500"}}
			p := read[countedPage](t, b.get(t, lead, "/api/v1/reports/visits?"+q.Encode()), 200)
			if p.Count != want || len(p.Items) != min(want, 500) {
				t.Errorf("%s of %q: %d counted, %d listed, want %d", figure, row.Queue, p.Count, len(p.Items), want)
			}
			for _, v := range p.Items {
				if v.From.Number == "" {
					t.Errorf("%s: %s without a customer", figure, v.Contact)
				}
			}
		}
	}
	all := "/api/v1/reports/visits?figure=requested&limit=1"
	seen := read[countedPage](t, b.get(t, lead, all), 200).Items[0].From.Number
	if masked := read[countedPage](t, b.get(t, b.as(t, auth.QA), all), 200).Items[0].From.Number; masked == seen {
		t.Errorf("quality assurance sees %s", masked)
	}
	if r := b.get(t, lead, "/api/v1/reports/visits?figure=abandoned&format=csv"); r.StatusCode != 200 || strings.Count(r.body, "\r\n") < rep.Totals[0].Abandoned+1 {
		t.Errorf("the file: %s, %d lines for %d", r.Status, strings.Count(r.body, "\r\n"), rep.Totals[0].Abandoned)
	}
	for _, bad := range []string{"?figure=nothing", "?figure=answered&from=x", "", "?figure=answered&order=x"} {
		if r := b.get(t, lead, "/api/v1/reports/visits"+bad); r.StatusCode != 422 {
			t.Errorf("%q: %s", bad, r.Status)
		}
	}
}

// The lead of a team is shown the customers of those contacts alone that it may open; the figure counts all.
func TestCountedVisitsOfATeam(t *testing.T) {
	b := newBench(t, playDay(40, moment(t, "2026-11-22T09:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	hidden, shown := 0, 0
	for _, team := range []string{"a", "b"} {
		own := b.token(t, auth.User{Name: "tl-" + team, Role: auth.TeamLead, Team: team})
		for _, v := range read[countedPage](t, b.get(t, own, "/api/v1/reports/visits?figure=requested&limit=20"), 200).Items {
			may := b.get(t, own, "/api/v1/contacts/"+string(v.Contact)).StatusCode == 200
			if has := v.From.Number != ""; has != may {
				t.Errorf("team %s, contact %s: it may be opened: %v, its customer is shown: %v", team, v.Contact, may, has)
			}
			if may {
				shown++
			} else {
				hidden++
			}
		}
	}
	if hidden == 0 || shown == 0 {
		t.Errorf("%d hidden, %d shown: nothing is proven", hidden, shown)
	}
}

// The lists of the other reports: as many as their rows say, and a team's lead sees of agents' figures its own team's alone.
func TestCountedOfOtherReports(t *testing.T) {
	b := newBench(t, playDay(40, moment(t, "2026-11-22T09:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	lead := b.as(t, auth.Lead)
	list := func(token string, q url.Values) countedPage {
		t.Helper()
		return read[countedPage](t, b.get(t, token, "/api/v1/reports/visits?"+q.Encode()), 200)
	}
	rows := 0
	for _, r := range read[reports.Report[reports.TrunkRow]](t, b.get(t, lead, "/api/v1/reports/trunks"), 200).Rows {
		rows += r.In
		if p := list(lead, url.Values{"figure": {"trunk in"}, "id": {r.Trunk}}); p.Count != r.In {
			t.Errorf("trunk %q: %d in, %d listed", r.Trunk, r.In, p.Count)
		}
		if p := list(lead, url.Values{"figure": {"trunk up"}, "id": {r.Trunk}, "moment": {r.PeakAt.Time().Format("2006-01-02T15:04:05.000Z07:00")}}); p.Count != r.Peak {
			t.Errorf("trunk %q: %d at once, %d listed", r.Trunk, r.Peak, p.Count)
		}
	}
	for _, r := range read[reports.HeatReport](t, b.get(t, lead, "/api/v1/reports/heatmap?slot=1h"), 200).Rows {
		rows += r.Offered
		q := url.Values{"figure": {"offered"}, "queue": {string(r.Queue)}, "weekday": {fmt.Sprint(r.Weekday)}, "minute": {fmt.Sprint(r.Minute)}, "slot": {"1h"}}
		if p := list(lead, q); p.Count != r.Offered {
			t.Errorf("%s, %d %d: %d offered, %d listed", r.Queue, r.Weekday, r.Minute, r.Offered, p.Count)
		}
	}
	if rows == 0 {
		t.Error("nothing is proven")
	}
	own := b.token(t, auth.User{Name: "tl-a", Role: auth.TeamLead, Team: "a"})
	for _, v := range list(own, url.Values{"figure": {"agent handled"}}).Items {
		if a, _ := b.server.Centre().Agent(v.Agent); a.Team != "a" {
			t.Errorf("agent %s of team %q is shown", v.Agent, a.Team)
		}
	}
	for _, bad := range []string{"trunk in&moment=x", "offered&weekday=8", "survey invited&satisfied=x", "ivr node&slot=9m", "fcr first&days=91"} {
		if r := b.get(t, lead, "/api/v1/reports/visits?figure="+strings.ReplaceAll(bad, " ", "%20")); r.StatusCode != 422 {
			t.Errorf("%q: %s", bad, r.Status)
		}
	}
}

package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// TestFigureReports asks for every further report as JSON and as a file.
func TestFigureReports(t *testing.T) {
	b := newBench(t, playDay(1, moment(t, "2026-11-22T08:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	who := b.as(t, auth.Director)
	for _, r := range b.figures() {
		for _, format := range []string{"json", "csv", "xlsx", "html"} {
			path := "/api/v1/reports/" + r.name + "?from=2026-11-21T16:00:00Z&format=" + format
			r2 := b.get(t, who, path)
			status, text := r2.StatusCode, r2.body
			if status != http.StatusOK || len(text) < 20 {
				t.Errorf("%s: %d %.200s", path, status, text)
			}
			if format == "json" && !json.Valid([]byte(text)) {
				t.Errorf("%s: no JSON: %.200s", path, text)
			}
		}
	}
	for path, want := range map[string]int{
		"queues?within=10s,20s&curve=true&short=0s&target=30s&clock=first_request&abandons=after_T": 200,
		"queues?within=soon":          422,
		"queues?target=-1s":           422,
		"queues?abandons=some":        422,
		"queues?interval=1y":          200,
		"heatmap?slot=1h":             200,
		"heatmap?slot=7m":             422,
		"fcr?days=91":                 422,
		"fcr?group=agent&interval=1d": 200,
		"quality?interval=15m":        422,
		"quality?group=agent":         200,
		"survey?satisfied=1-2":        200,
		"survey?satisfied=5-4":        422,
		"survey?group=moon":           422,
		"abandoned?state=open":        200,
		"abandoned?cursor=x":          422,
	} {
		if got := b.get(t, who, "/api/v1/reports/"+path); got.StatusCode != want {
			t.Errorf("%s: %d, want %d: %.200s", path, got.StatusCode, want, got.body)
		}
	}
}

// TestTeamLeadSeesItsTeam: rows of agents of its own team alone, queues that the team serves, and no other team's.
func TestTeamLeadSeesItsTeam(t *testing.T) {
	b := newBench(t, playDay(1, moment(t, "2026-11-22T08:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	a, _ := b.Centre().Agent("8001")
	ctx := contextOf(t, auth.User{Name: "tl", Role: auth.TeamLead, Team: a.Team})
	scope := b.scope(ctx)
	if scope.Team != a.Team || len(scope.Queues) == 0 {
		t.Fatalf("scope %+v", scope)
	}
	in := &figureIn{}
	in.From = "2026-11-21T16:00:00Z"
	v, _, err := b.agentReport(ctx, &in.ReportIn)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range v.(*reports.AgentReport).Rows {
		if row.Team != a.Team {
			t.Errorf("agent %s of team %q", row.Agent, row.Team)
		}
	}
	in.Team = "" // the report put it there
	v, _, err = b.queueReport(ctx, &in.ReportIn)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, row := range v.(*reports.QueueReport).Rows {
		if sum += row.Requested; !servedQueue(scope, string(row.Queue)) {
			t.Errorf("queue %s", row.Queue)
		}
	}
	if total := v.(*reports.QueueReport).Totals[0]; total.Requested != sum || sum == 0 {
		t.Errorf("totals %d, rows %d", total.Requested, sum)
	}
	other := &figureIn{}
	other.Team = "another"
	if _, _, err := b.agentReport(ctx, &other.ReportIn); err == nil || !strings.Contains(err.Error(), a.Team) {
		t.Errorf("another team's agents: %v", err)
	}
	if _, _, err := b.teamReport(ctx, &figureIn{ReportIn: ReportIn{Team: "another"}}); err == nil {
		t.Error("another team's figures")
	}
}

func servedQueue(s reports.Scope, id string) bool {
	for _, q := range s.Queues {
		if string(q) == id {
			return true
		}
	}
	return false
}

// TestTeamLeadsContacts: page by page, the lead of a team sees every contact that an agent of it had or that nobody had in its
// queues, once, and no other.
func TestTeamLeadsContacts(t *testing.T) {
	b := newBench(t, playDay(1, moment(t, "2026-11-22T12:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	a, _ := b.Centre().Agent("8001")
	ctx := contextOf(t, auth.User{Name: "tl", Role: auth.TeamLead, Team: a.Team})
	everybody := contextOf(t, auth.User{Name: "di", Role: auth.Director})
	all := func(ctx context.Context, limit int) (ids []hotline.ContactID) {
		q := reports.Search{Limit: limit}
		for {
			q.Of = b.scope(ctx)
			p, err := b.Fold.Contacts(q)
			if err != nil || len(p.Items) > limit {
				t.Fatal(len(p.Items), err)
			}
			for _, c := range p.Items {
				ids = append(ids, c.ID)
			}
			if q.Cursor = p.Next; q.Cursor == "" {
				return ids
			}
		}
	}
	var want []hotline.ContactID
	others := hotline.ContactID("")
	for _, id := range all(everybody, 500) {
		c, _ := b.Fold.Contact(id)
		if b.looksAt(b.scope(ctx), c) {
			want = append(want, id)
		} else if len(c.Agents) > 0 {
			others = id
		}
	}
	if len(want) == 0 || others == "" {
		t.Fatalf("%d of the team, %q of others: the day holds little", len(want), others)
	}
	for _, limit := range []int{1, 7, 500} {
		if limit == 1 && len(want) > 200 {
			continue
		}
		if got := all(ctx, limit); !slices.Equal(got, want) {
			t.Errorf("by %d: %d contacts, want %d", limit, len(got), len(want))
		}
	}
	if _, err := b.contact(ctx, string(others)); err == nil || !strings.Contains(err.Error(), textTeamContact) {
		t.Errorf("another team's contact: %v", err)
	}
	if _, err := b.contact(ctx, string(want[0])); err != nil {
		t.Errorf("its own: %v", err)
	}
}

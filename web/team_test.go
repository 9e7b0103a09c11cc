package web

import (
	"context"
	"testing"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// The lead of one team hears what an agent of it had; who leads no one team hears all.
func TestWhoseRecordings(t *testing.T) {
	b := newBench(t, nil)
	a, ok := b.Centre().Agent("8001")
	if !ok || a.Team == "" {
		t.Fatal("8001 is of no team")
	}
	for _, c := range []struct {
		team   string
		agents []hotline.AgentID
		want   bool
	}{
		{"", []hotline.AgentID{"8001"}, true},
		{"", nil, true},
		{a.Team, []hotline.AgentID{"8001"}, true},
		{a.Team, []hotline.AgentID{"gone", "8001"}, true},
		{a.Team, []hotline.AgentID{"gone"}, false},
		{a.Team, nil, false},
		{"another", []hotline.AgentID{"8001"}, false},
	} {
		ctx := contextOf(t, auth.User{Name: "tl", Role: auth.TeamLead, Team: c.team})
		if got := b.ofTeam(ctx, reports.Contact{Agents: c.agents}); got != c.want {
			t.Errorf("the lead of %q, agents %v: %v", c.team, c.agents, got)
		}
	}
}

func contextOf(t *testing.T, u auth.User) context.Context {
	return context.WithValue(t.Context(), keyUser, u)
}

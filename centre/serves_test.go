package centre_test

import (
	"testing"

	"hotline/centre"
)

// TestServedBy: skills, what is lent of them, and the queue's teams.
func TestServedBy(t *testing.T) {
	c, faults := centre.Parse("c.yaml", []byte(`
teams: [{id: a}, {id: b}]
agents: [{id: "1", password: x, team: a, skills: {claims: 5}}, {id: "2", password: x, team: b, skills: {claims: 5, sales: 2}}]
queues:
  - {id: open, needs: claims >= 3}
  - {id: ours, needs: claims >= 3, teams: [a]}
  - {id: wide, needs: sales >= 5, relax: [{after: 10s, needs: sales >= 2}], teams: [b]}
`), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, x := range []struct {
		queue int
		agent int
		lent  map[string]int
		want  bool
	}{
		{0, 0, nil, true},
		{0, 1, nil, true},
		{0, 1, map[string]int{"claims": 0}, false},
		{0, 1, map[string]int{"claims": 2}, false},
		{1, 0, nil, true},
		{1, 1, nil, false},
		{1, 1, map[string]int{"sales": 9}, false},
		{1, 1, map[string]int{"claims": 5}, false},
		{1, 1, map[string]int{"claims": 2}, false},
		{2, 0, map[string]int{"sales": 2}, false},
		{2, 0, map[string]int{"sales": 1}, false},
		{2, 1, nil, true},
	} {
		if got := c.Queues[x.queue].ServedBy(c.Agents[x.agent], x.lent); got != x.want {
			t.Errorf("queue %s, agent %s, lent %v: %v", c.Queues[x.queue].ID, c.Agents[x.agent].ID, x.lent, got)
		}
	}
}

// TestClosedTo: a skill does nothing for who is of none of the teams whose queues ask for it, unless somebody else may ask for it.
func TestClosedTo(t *testing.T) {
	const file = `
teams: [{id: a}, {id: b}]
agents: [{id: "1", password: x, team: a, skills: {claims: 5}}]
queues:
  - {id: ours, needs: claims >= 3, teams: [a]}
  - {id: wide, needs: sales, relax: [{after: 10s, needs: claims}], teams: [a]}
`
	for _, x := range []struct {
		more, skill, team string
		want              int
	}{
		{"", "claims", "b", 2},
		{"", "claims", "", 2},
		{"", "sales", "b", 1},
		{"", "claims", "a", 0},
		{"", "english", "b", 0}, // nobody asks for it
		{"  - {id: open, needs: claims >= 5}\n", "claims", "b", 0},
		{"  - {id: open, needs: sales}\n", "claims", "b", 2},
		{"  - {id: open, needs: sales, relax: [{after: 5s, needs: claims}]}\n", "claims", "b", 0},
		{"  - {id: open, needs: $what}\n", "claims", "b", 0},
		{"  - {id: theirs, needs: $what, teams: [a]}\n", "claims", "b", 2},
		{"  - {id: open}\nflows: {main: [{set: {needs: claims}}, {queue: open}]}\n", "claims", "b", 0},
		{"  - {id: open}\nflows: {main: [{menu: {prompt: p, keys: {\"1\": [{set: {needs: claims}}, {queue: open}]}}}]}\n", "claims", "b", 0},
		{"  - {id: open}\nflows: {main: [{queue: {id: open, needs: sales}}]}\n", "claims", "b", 2},
	} {
		c, faults := centre.Parse("c.yaml", []byte(file+x.more), func(string) (string, bool) { return "", false })
		if len(faults) > 0 {
			t.Fatal(x.more, faults)
		}
		if got := c.ClosedTo(x.skill, x.team); len(got) != x.want {
			t.Errorf("%q: %s for team %q: closed %v, want %d", x.more, x.skill, x.team, got, x.want)
		}
	}
}

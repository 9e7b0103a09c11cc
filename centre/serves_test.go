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

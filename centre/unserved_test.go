package centre

import (
	"fmt"
	"strings"
	"testing"
)

// TestGaps: a skill that no agent has is named where it keeps somebody out, and a queue that nobody may serve; one that agents must not
// have is not asked for.
func TestGaps(t *testing.T) {
	const text = `
teams: [{id: a}, {id: b}]
agents:
  - {id: "1", password: x, team: a, skills: {claims: 5}}
  - {id: "2", password: x, team: a, skills: {claims: 2, english: 3}}
queues:
  - {id: good, needs: claims >= 3 and not trainee}
  - {id: typo, needs: claims or clams}
  - {id: level, needs: claims >= 7}
  - {id: closed, needs: claims, teams: [b]}
  - {id: relaxed, needs: german and claims, relax: [{after: 10s, needs: claims}]}
  - {id: both, needs: german and french}
  - {id: open}
`
	c, faults := Parse("centre.yaml", []byte(text), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, g := range c.Gaps() {
		got = append(got, fmt.Sprintf("%d %s %s %v", g.Line, g.Key, g.Needs, g.Skills))
	}
	want := `8 queues.typo.needs claims or clams [clams]
9 queues.level  []
10 queues.closed  []
11 queues.relaxed.needs german and claims [german]
12 queues.both  []
12 queues.both.needs german and french [french german]`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("%s", s)
	}
}

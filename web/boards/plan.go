package boards

import (
	"slices"
	"strings"

	"hotline"
)

// Centre is what a board has to know of the centre in force.
type Centre struct {
	Name     string
	Language string
	Zone     string
	Reasons  map[string]string                             // names of the reasons for not ready
	Serves   func(team string) []hotline.QueueID           // queues that a team's agents may serve
	Agents   func(queue hotline.QueueID) []hotline.AgentID // who may serve it
}

// needs is what a group's tiles show of it.
type needs struct{ figures, states, day, rows bool }

// group is one choice of queues and agents; tiles with the same choice share its figures.
type group struct {
	key    string
	queues map[hotline.QueueID]bool // nil: all
	agents map[hotline.AgentID]bool // nil: all
	team   string                   // whose agents only; empty: all
	needs  needs
}

func (g *group) hasQueue(id hotline.QueueID) bool { return g.queues == nil || g.queues[id] }

func (g *group) hasAgent(id hotline.AgentID, team string) bool {
	return (g.team == "" || g.team == team) && (g.agents == nil || g.agents[id])
}

// plan is a board with what its tiles show, worked out once for a centre.
type plan struct {
	board  *Wallboard // each tile has its group
	centre Centre
	groups []*group
	whole  *group // of the board: whose alarms it shows
	alarms bool
}

func newPlan(b *Wallboard, c Centre) *plan {
	copied := *b
	copied.Pages = slices.Clone(b.Pages)
	p := &plan{board: &copied, centre: c, whole: newGroup(b.Team, b.Queues, c)}
	for i := range copied.Pages {
		page := &copied.Pages[i]
		page.Tiles = slices.Clone(page.Tiles)
		for j := range page.Tiles {
			p.place(&page.Tiles[j])
		}
	}
	return p
}

// place finds the group of a tile.
func (p *plan) place(t *Tile) {
	switch t.Kind {
	case kindClock, kindText:
		return
	case kindAlarms:
		p.alarms = true
		return
	}
	team, queues := t.Team, t.Queues
	if team == "" && len(queues) == 0 {
		team, queues = p.board.Team, p.board.Queues
	}
	g := newGroup(team, queues, p.centre)
	i := slices.IndexFunc(p.groups, func(have *group) bool { return have.key == g.key })
	if i < 0 {
		i = len(p.groups)
		p.groups = append(p.groups, g)
	}
	t.Group = i
	n := &p.groups[i].needs
	switch t.Kind {
	case kindAgents:
		n.states = true
	case kindDay, kindSpark:
		n.day = true
	case kindQueues:
		n.rows = true
	default:
		n.figures = true
	}
	n.figures = n.figures || n.day || n.rows
}

// newGroup works out who and what a choice is: a team's agents and, unless queues are chosen, the queues that it serves; of
// chosen queues alone, those who may serve them.
func newGroup(team string, queues []hotline.QueueID, c Centre) *group {
	sorted := slices.Clone(queues)
	slices.Sort(sorted)
	names := make([]string, len(sorted))
	for i, q := range sorted {
		names[i] = string(q)
	}
	g := &group{key: team + "\x00" + strings.Join(names, "\x00"), team: team}
	switch {
	case len(queues) > 0:
		g.queues = setOf(queues)
	case team != "":
		g.queues = setOf(c.Serves(team))
	}
	if len(queues) > 0 && team == "" {
		g.agents = map[hotline.AgentID]bool{}
		for _, q := range queues {
			for _, a := range c.Agents(q) {
				g.agents[a] = true
			}
		}
	}
	return g
}

func setOf(ids []hotline.QueueID) map[hotline.QueueID]bool {
	out := make(map[hotline.QueueID]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

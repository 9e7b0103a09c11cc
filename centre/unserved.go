package centre

import (
	"maps"
	"slices"

	"hotline"
)

// Gap is a need of a queue that the agents of the file do not meet. It is no fault: agents may be hired, and skills lent.
type Gap struct {
	Queue  hotline.QueueID
	Line   int
	Key    string   // path of the value, as in a Fault
	Needs  string   // the expression; empty: of the queue as a whole
	Skills []string // that it asks for and no agent has; empty: no agent may take the queue's calls at all
}

// Gaps returns the needs that name a skill which no agent has, where having it would let somebody in, and the queues that nobody may
// serve even at their widest need. It costs a walk through all agents for each queue.
func (c *Centre) Gaps() (all []Gap) {
	has := map[string]bool{}
	for _, a := range c.Agents {
		for skill, level := range a.Skills {
			has[skill] = has[skill] || level > 0
		}
	}
	for _, q := range c.Queues {
		key := "queues." + string(q.ID)
		if !slices.ContainsFunc(c.Agents, func(a Agent) bool { return q.ServedBy(a, nil) }) {
			all = append(all, Gap{Queue: q.ID, Line: q.Line, Key: key})
		}
		needs := []Gap{{Needs: q.Needs.String(), Key: key + ".needs", Skills: c.lacks(q.Needs, has)}}
		for _, r := range q.Relax {
			needs = append(needs, Gap{Needs: r.Needs.String(), Key: key + ".relax", Skills: c.lacks(r.Needs, has)})
		}
		for _, g := range needs {
			if len(g.Skills) > 0 {
				g.Queue, g.Line = q.ID, q.Line
				all = append(all, g)
			}
		}
	}
	return all
}

// lacks is the skills that no agent has and that keep somebody from meeting the need, or all of them that it names where nobody meets it.
func (c *Centre) lacks(e Expr, has map[string]bool) (skills []string) {
	met := slices.ContainsFunc(c.Agents, func(a Agent) bool { return e.Eval(a.Skills) })
	all := append(slices.Clone(c.Agents), Agent{}) // who has nothing else
	for _, skill := range e.Skills() {
		if has[skill] {
			continue
		}
		if !met || slices.ContainsFunc(all, func(a Agent) bool { return !e.Eval(a.Skills) && e.Eval(with(a.Skills, skill)) }) {
			skills = append(skills, skill)
		}
	}
	return skills
}

// with is the skills and one more, at its best.
func with(skills map[string]int, one string) map[string]int {
	out := maps.Clone(skills)
	if out == nil {
		out = map[string]int{}
	}
	out[one] = 9
	return out
}

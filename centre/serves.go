package centre

import (
	"maps"
	"slices"

	"hotline"
)

// ClosedTo returns the queues that ask for the skill, if it opens none of them to an agent of the team: all of them are other teams'.
// It is empty if some other caller may need the skill: no queue asks for it by name, a flow does, or one that is open to the team asks for
// what an attribute of the caller names. It costs a walk through all queues and flows.
func (c *Centre) ClosedTo(skill, team string) (queues []hotline.QueueID) {
	asks := func(e Expr) bool { return slices.Contains(e.Skills(), skill) }
	for _, q := range c.Queues {
		needs := []Expr{q.Needs}
		for _, r := range q.Relax {
			needs = append(needs, r.Needs)
		}
		named := slices.ContainsFunc(needs, asks)
		open := len(q.Teams) == 0 || slices.Contains(q.Teams, team)
		switch {
		case open && (named || slices.ContainsFunc(needs, func(e Expr) bool { return len(e.Vars()) > 0 })):
			return nil
		case named:
			queues = append(queues, q.ID)
		}
	}
	byFlow := false
	c.everyStep(func(s Step, _, _ string) {
		if e, err := ParseExpr(s.Needs); s.Needs != "" && err == nil && (asks(e) || len(e.Vars()) > 0) {
			byFlow = true
		}
	})
	if byFlow {
		return nil
	}
	return queues
}

// ServedBy says whether the agent may take the queue's calls at all, at its widest need. What is lent for a time counts beside its own
// skills, 0 takes one away.
func (q Queue) ServedBy(a Agent, lent map[string]int) bool {
	skills := a.Skills
	if len(lent) > 0 {
		skills = map[string]int{}
		maps.Copy(skills, a.Skills)
		maps.Copy(skills, lent)
		maps.DeleteFunc(skills, func(_ string, level int) bool { return level == 0 })
	}
	if len(q.Teams) > 0 && !slices.Contains(q.Teams, a.Team) {
		return false
	}
	return q.Needs.Eval(skills) || slices.ContainsFunc(q.Relax, func(r Relax) bool { return r.Needs.Eval(skills) })
}

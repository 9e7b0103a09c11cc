package centre

import (
	"maps"
	"slices"
)

// ServedBy says whether the agent may take the queue's calls at all, at its widest need. What is lent for a time counts beside its own
// skills, 0 takes one away; a skill lent opens what asks for it to other teams than the queue's, too.
func (q Queue) ServedBy(a Agent, lent map[string]int) bool {
	skills := a.Skills
	if len(lent) > 0 {
		skills = map[string]int{}
		maps.Copy(skills, a.Skills)
		maps.Copy(skills, lent)
		maps.DeleteFunc(skills, func(_ string, level int) bool { return level == 0 })
	}
	its := len(q.Teams) == 0 || slices.Contains(q.Teams, a.Team)
	fits := func(e Expr) bool {
		return e.Eval(skills) && (its || slices.ContainsFunc(e.Skills(), func(id string) bool { return lent[id] > 0 }))
	}
	return fits(q.Needs) || slices.ContainsFunc(q.Relax, func(r Relax) bool { return fits(r.Needs) })
}

package centre

import (
	"maps"
	"slices"
)

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

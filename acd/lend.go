package acd

import (
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// Bounds of the time for which skills may be lent.
const (
	shortestLend = time.Minute
	longestLend  = 12 * time.Hour
)

// lending is skills that an agent has for a limited time; a level of 0 takes one of the file's away.
type lending struct {
	skills map[string]int
	until  time.Time // zero: nothing is lent
}

// over lays what is lent over the file's skills.
func (l lending) over(file map[string]int) map[string]int {
	if len(l.skills) == 0 {
		return file
	}
	skills := maps.Clone(file)
	if skills == nil {
		skills = make(map[string]int, len(l.skills))
	}
	for skill, level := range l.skills {
		if level > 0 {
			skills[skill] = level
		} else {
			delete(skills, skill)
		}
	}
	return skills
}

// lend gives the agent other skills for a time, or ends that.
func (s *step) lend(q hotline.Lend) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if len(q.Skills) == 0 {
		s.lendOver(a, q.By)
		return nil
	}
	until := hotline.Millis(q.Until)
	if d := until.Sub(s.now); d < shortestLend || d > longestLend {
		return refused("skills are lent for 1 minute to 12 hours")
	}
	if len(q.Skills) > hotline.MaxLent {
		return refused("%d skills are more than %d", len(q.Skills), hotline.MaxLent)
	}
	for _, skill := range slices.Sorted(maps.Keys(q.Skills)) {
		switch level := q.Skills[skill]; {
		case !s.skilled(skill):
			return unknown("skill %q", skill)
		case level < 0 || level > 9:
			return refused("level %d is not one of 0 to 9", level)
		case level > 0:
			if closed := s.centre.ClosedTo(skill, a.team); len(closed) > 0 {
				return refused("skill %q would do nothing: queue %q belongs to other teams, which a skill does not open", skill, closed[0])
			}
		}
	}
	if l := a.life.lent; maps.Equal(l.skills, q.Skills) && l.until.Equal(until) {
		return nil
	}
	s.emit(s.about(a, hotline.Lent{Skills: maps.Clone(q.Skills), Until: until, By: q.By}))
	s.placeAll()
	return nil
}

// lendOver gives the agent its own skills back.
func (s *step) lendOver(a *agent, by string) {
	if a.life.lent.until.IsZero() {
		return
	}
	s.emit(s.about(a, hotline.Lent{By: by}))
	s.placeAll() // what is spoken of by a caller's attribute alone may be no skill any more
}

// skilled says whether the centre file knows the skill: an agent has it, or a queue asks for it.
func (r *Router) skilled(skill string) bool {
	for _, f := range r.centre.Agents {
		if f.Skills[skill] > 0 {
			return true
		}
	}
	return slices.ContainsFunc(r.centre.Queues, func(q centre.Queue) bool {
		return slices.Contains(q.Needs.Skills(), skill) ||
			slices.ContainsFunc(q.Relax, func(x centre.Relax) bool { return slices.Contains(x.Needs.Skills(), skill) })
	})
}

// applyLent puts the agent into the pools that its skills now admit it to, and takes it out of the others. Nobody else's are
// touched. It costs O(pools + classes), and O(members) in each pool that asks the least occupied first.
func (r *Router) applyLent(a *agent, f hotline.Lent) {
	a.life.lent = lending{f.Skills, f.Until}
	if len(f.Skills) == 0 || f.Until.IsZero() {
		a.life.lent = lending{}
	}
	skills := a.life.lent.over(a.file)
	if a.gone || maps.Equal(skills, a.skills) {
		return
	}
	r.unindex(a)
	was := a.pools
	r.leaveClass(a)
	a.skills, a.sig = skills, ""
	r.joinClass(a)
	for _, p := range was {
		if !slices.Contains(a.pools, p) {
			r.memberMoved(p, a, -1)
		}
	}
	for _, p := range a.pools {
		if !slices.Contains(was, p) {
			r.memberMoved(p, a, +1)
		}
	}
	r.index(a)
	r.learnSkills()
}

// leaveClass takes the agent out of its class, which ends with its last agent.
func (r *Router) leaveClass(a *agent) {
	sig := a.signature()
	r.classes = slices.DeleteFunc(r.classes, func(c *class) bool {
		if c.agents[0].signature() != sig {
			return false
		}
		c.agents = slices.DeleteFunc(c.agents, func(b *agent) bool { return a == b })
		return len(c.agents) == 0
	})
}

// joinClass puts the agent into the class of its skills and team.
func (r *Router) joinClass(a *agent) {
	sig := a.signature()
	i := slices.IndexFunc(r.classes, func(c *class) bool { return c.agents[0].signature() == sig })
	if i < 0 {
		c := &class{skills: a.skills, team: a.team}
		for _, p := range r.pools {
			if p.admits(c.skills, c.team) {
				c.pools = append(c.pools, p)
			}
		}
		for _, q := range r.lines {
			if q.atOnce(c) {
				c.serves++
			}
		}
		i, r.classes = len(r.classes), append(r.classes, c)
	}
	c := r.classes[i]
	c.agents = append(c.agents, a)
	a.pools, a.serves = c.pools, c.serves
}

// memberMoved counts an agent in (d = 1) or out (-1) of a pool. It is not indexed.
func (r *Router) memberMoved(p *pool, a *agent, d int) {
	p.members += d
	p.recount(a.state, a.reason, d)
	if p.least != nil {
		p.least = newTournament(p.best, r.membersOf(p))
	}
	for _, x := range p.watched {
		r.look(x, r.last)
	}
}

// learnSkills notes which skills anybody has. Where that changes, what callers' attributes stand for is looked up again.
func (r *Router) learnSkills() {
	was := r.skills
	r.skills = make(map[string]bool, len(was))
	for _, c := range r.classes {
		for skill := range c.skills {
			r.skills[skill] = true
		}
	}
	if maps.Equal(was, r.skills) {
		return
	}
	for _, v := range r.inOrder() {
		if v.needs == "" && !v.queue.bound {
			continue
		}
		r.unwait(v)
		v.unsettle()
		r.settle(v)
		r.wait(v)
	}
}

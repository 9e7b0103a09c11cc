package acd

import (
	"fmt"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// headcount is how many members of a pool are in each class of states that a rule may count: "ready", "busy", "wrap_up" and
// "not_ready", the last by reason as well.
type headcount struct {
	class  [4]int
	reason map[string]int
}

// The classes, as they stand in a queue's no_agents rule.
const (
	classReady = iota
	classBusy
	classWrapUp
	classNotReady
	classNone // signed out
)

func classOf(s hotline.AgentState) int {
	switch s {
	case hotline.AgentSignedOut:
		return classNone
	case hotline.AgentReady:
		return classReady
	case hotline.AgentWrapUp:
		return classWrapUp
	case hotline.AgentNotReady:
		return classNotReady
	}
	return classBusy
}

func classNamed(word string) int {
	switch word {
	case centre.CountReady:
		return classReady
	case centre.CountBusy:
		return classBusy
	case centre.CountWrapUp:
		return classWrapUp
	case centre.CountNotReady:
		return classNotReady
	}
	return classNone
}

func (h *headcount) add(s hotline.AgentState, reason string, d int) {
	c := classOf(s)
	if c == classNone {
		return
	}
	h.class[c] += d
	if c == classNotReady {
		if h.reason == nil {
			h.reason = make(map[string]int)
		}
		if h.reason[reason] += d; h.reason[reason] == 0 {
			delete(h.reason, reason)
		}
	}
}

// has says whether the rule counts any of these agents.
func (h *headcount) has(rule *centre.NoAgents) bool {
	for _, word := range rule.Count {
		if c := classNamed(word); c < classNone && h.class[c] > 0 {
			return true
		}
	}
	for _, id := range rule.Reason {
		if h.reason[id] > 0 {
			return true
		}
	}
	return false
}

// recount keeps the pools' headcounts as the agent's state changes, and notes which queues it leaves with nobody, or gives
// somebody again. It costs O(1) for each of the agent's pools and each queue there whose callers leave for want of agents.
func (r *Router) recount(a *agent, at time.Time, to hotline.AgentState, reason string) {
	if to == a.state && reason == a.reason {
		return
	}
	for _, p := range a.pools {
		p.recount(a.state, a.reason, -1)
		p.recount(to, reason, +1)
		for _, x := range p.watched {
			r.look(x, at)
		}
	}
}

func (p *pool) recount(s hotline.AgentState, reason string, d int) {
	p.heads.add(s, reason, d)
	p.staff = p.heads.class[classReady] + p.heads.class[classBusy] + p.heads.class[classWrapUp]
}

// turnedAway says why the visit's queue does not take it in: no agent of the file could ever serve it, nobody is there, it is
// closed, or as many as it may hold are in it. Whom a ready agent can take at once is let in by the limits, and who comes back
// through no fault of its own, or was called by us, always is.
func (s *step) turnedAway(v *visit, entry string) (hotline.Blocked, bool) {
	b := hotline.Blocked{Visit: v.id, Entry: entry}
	q, then := v.queue, centre.Actions(nil)
	members, atOnce := s.reach(v)
	if v.prefer != nil {
		members, atOnce = members+1, atOnce || v.prefer.indexed
	}
	back := entry == hotline.EntryRequeue || entry == hotline.EntryCallback
	switch limit := q.rules.MaxWaiting.Count; {
	case !back && len(q.rules.Closing.Join) > 0 && s.closed(q):
		b.Reason, b.Rule, then = hotline.BlockClosed, hotline.RuleClosed, q.rules.Closing.Join
	case !back && !atOnce && v.prefer == nil && q.ruled(centre.AtJoin) && s.nobodyFor(v):
		b.Reason, b.Rule, then = hotline.BlockNoStaff, hotline.RuleNoAgents, q.rules.NoAgents.Then
	case members == 0: // without a rule: the call says that it is sorry
		b.Reason = hotline.BlockNoStaff
		return b, true
	case !back && !atOnce && limit > 0 && q.inside >= limit:
		b.Reason, b.Rule, then = hotline.BlockFull, hotline.RuleMaxWaiting, q.rules.MaxWaiting.Then
	default:
		return b, false
	}
	b.Then, b.To = then.First()
	return b, true
}

// nobodyFor says whether no agent that the rule counts is there for a visit that is not yet in.
func (s *step) nobodyFor(v *visit) bool {
	levels, specs, _ := s.levelsOf(v, 0)
	for i, p := range levels {
		if p != nil {
			if p.heads.has(&v.queue.rules.NoAgents) {
				return false
			}
			continue
		}
		for _, c := range s.classes {
			var there headcount
			if specs[i].admits(c.skills, c.team) {
				for _, a := range c.agents {
					there.add(a.state, a.reason, +1)
				}
			}
			if there.has(&v.queue.rules.NoAgents) {
				return false
			}
		}
	}
	return true
}

// tooLong sends a visit on that has just come in and would wait longer than its queue lets it, and says so.
func (s *step) tooLong(v *visit, entry string) bool {
	rule := v.queue.rules.LongWait
	if rule.After == 0 || entry == hotline.EntryRequeue || entry == hotline.EntryCallback || v.prefer != nil {
		return false
	}
	if _, atOnce := s.reach(v); atOnce {
		return false
	}
	p := v.pool()
	if v.queue.estimate(s.now, p, p.line.ahead(s.now, v)) <= rule.After {
		return false
	}
	s.leaveBy(v, hotline.OutcomeOverflow, hotline.RuleLongWait, rule.Then)
	return true
}

// leaveBy ends a wait by a rule of its queue.
func (s *step) leaveBy(v *visit, outcome hotline.Outcome, rule string, then centre.Actions) {
	left := hotline.Left{Outcome: outcome, Rule: rule}
	left.Then, left.To = then.First()
	s.conclude(v, left)
}

// checkHeads holds the headcounts, and what follows from them, to the agents.
func (r *Router) checkHeads() error {
	for _, p := range r.pools {
		var want headcount
		for _, a := range r.roster {
			if slices.Contains(a.pools, p) {
				want.add(a.state, a.reason, +1)
			}
		}
		staff := want.class[classReady] + want.class[classBusy] + want.class[classWrapUp]
		if want.class != p.heads.class || len(want.reason) != len(p.heads.reason) || staff != p.staff {
			return fmt.Errorf("acd: pool %s counts %v of its agents, %d at work, has %v", p.key, p.heads, p.staff, want)
		}
	}
	return nil
}

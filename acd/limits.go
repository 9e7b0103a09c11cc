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

// vacancy is what a queue whose callers leave when nobody is there knows of it.
type vacancy struct {
	since   time.Time    // nobody who counts is there; zero: somebody is, or the rule is off
	waiting tree[*visit] // in order of coming
	due     time.Time    // the armed timer, zero if none
}

// ruled says whether the no_agents rule is on at that moment, "join" or "waiting".
func (q *queue) ruled(at string) bool {
	rule := &q.rules.NoAgents
	return len(rule.Count)+len(rule.Reason) > 0 && !q.unknown && (rule.At == at || rule.At == "" || rule.At == centre.AtBoth)
}

// deserted says whether no agent that the rule counts is there for visits of these levels.
func (q *queue) deserted(levels []*pool) bool {
	for _, p := range levels {
		if p.heads.has(&q.rules.NoAgents) {
			return false
		}
	}
	return true
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
		for _, q := range p.watched {
			r.look(q, at)
		}
	}
}

func (p *pool) recount(s hotline.AgentState, reason string, d int) {
	p.heads.add(s, reason, d)
	p.staff = p.heads.class[classReady] + p.heads.class[classBusy] + p.heads.class[classWrapUp]
}

// look notes whether the queue has somebody at this time.
func (r *Router) look(q *queue, at time.Time) {
	deserted := q.deserted(q.levels)
	if deserted == !q.vacancy.since.IsZero() {
		return
	}
	q.vacancy.since = time.Time{}
	if deserted {
		q.vacancy.since = at
		if at.IsZero() { // nothing has happened yet
			q.vacancy.since = time.UnixMilli(0).UTC()
		}
	}
	r.watch(q)
}

// adoptVacancies tells the pools which queues watch their headcounts. A queue that the file leaves with nobody has nobody
// since the last event.
func (r *Router) adoptVacancies() {
	for _, q := range r.lines {
		q.vacancy.waiting, q.vacancy.due = tree[*visit]{}, time.Time{}
		switch {
		case q.unknown: // its rules may yet be told
			continue
		case !q.ruled(centre.AtWaiting):
			q.vacancy.since = time.Time{}
			continue
		}
		for _, p := range q.levels {
			if !slices.Contains(p.watched, q) {
				p.watched = append(p.watched, q)
			}
		}
		r.look(q, r.last)
	}
}

// watch arms the queue's timer for the first of its visits that must leave if nobody comes.
func (r *Router) watch(q *queue) {
	due := time.Time{}
	if _, v, ok := q.vacancy.waiting.first(); ok && !q.vacancy.since.IsZero() {
		due = v.patience()
	}
	if due.Equal(q.vacancy.due) {
		return
	}
	r.disarm(q.vacancy.due, timerQueue, uint64(q.index))
	q.vacancy.due = due
	r.arm(due, timerQueue, uint64(q.index), timer{queue: q})
}

// patience is how long the visit waits for somebody to come to a queue that has nobody.
func (v *visit) patience() time.Time {
	from := v.entered
	if since := v.queue.vacancy.since; since.After(from) {
		from = since
	}
	return from.Add(v.queue.rules.NoAgents.After)
}

// enrol notes that the visit waits, strike that it no longer does.
func (r *Router) enrol(v *visit) {
	if q := v.queue; v.first == nil && q.ruled(centre.AtWaiting) {
		q.vacancy.waiting.insert(rank{v.entered.UnixMilli(), 0, v.seq}, v)
		r.watch(q)
	}
}

func (r *Router) strike(v *visit) {
	if q := v.queue; q.vacancy.waiting.remove(rank{v.entered.UnixMilli(), 0, v.seq}) {
		r.watch(q)
	}
}

// empty ends the waits for which nobody has been there for too long.
func (s *step) empty(q *queue) {
	for !q.vacancy.due.IsZero() && !q.vacancy.due.After(s.now) {
		_, v, _ := q.vacancy.waiting.first()
		s.leaveBy(v, hotline.OutcomeNoAgents, hotline.RuleNoAgents, q.rules.NoAgents.Then)
	}
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
	for _, q := range r.lines {
		if q.unknown {
			continue
		}
		n := 0
		for _, v := range r.visits {
			if v.queue == q && v.waiting && v.first == nil && q.ruled(centre.AtWaiting) {
				n++
			}
		}
		if v := q.vacancy; n != v.waiting.len() || v.since.IsZero() != !(q.ruled(centre.AtWaiting) && q.deserted(q.levels)) {
			return fmt.Errorf("acd: queue %s has nobody since %v with %d of %d waiting", q.id, v.since, v.waiting.len(), n)
		}
	}
	return nil
}

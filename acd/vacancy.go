package acd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
)

// vacancy is what a queue whose callers leave when nobody is there knows of the agents for some of them: for those that need
// no more than the queue (key ""), and for those that wait now and need something besides. Since when nobody is there stands in
// queue.empty by key.
type vacancy struct {
	queue   *queue
	key     string
	levels  []*pool
	waiting tree[*visit] // in order of coming
	due     time.Time    // the armed timer, zero if none
	n       uint64       // names the timer
}

// ruled says whether the no_agents rule is on at that moment, "join" or "waiting".
func (q *queue) ruled(at string) bool {
	rule := &q.rules.NoAgents
	return len(rule.Count)+len(rule.Reason) > 0 && !q.unknown && (rule.At == at || rule.At == "" || rule.At == centre.AtBoth)
}

// deserted says whether no agent that the rule counts is there.
func (x *vacancy) deserted() bool {
	for _, p := range x.levels {
		if p.heads.has(&x.queue.rules.NoAgents) {
			return false
		}
	}
	return true
}

// vacate makes the vacancy of a key known to its pools.
func (r *Router) vacate(q *queue, key string, levels []*pool) *vacancy {
	r.vacancies++
	x := &vacancy{queue: q, key: key, levels: levels, n: r.vacancies}
	for _, p := range levels {
		if !slices.Contains(p.watched, x) {
			p.watched = append(p.watched, x)
		}
	}
	q.vacancies[key] = x
	r.look(x, r.last)
	return x
}

// look notes whether somebody is there at this time.
func (r *Router) look(x *vacancy, at time.Time) {
	deserted := x.deserted()
	if _, was := x.queue.empty[x.key]; was == deserted {
		return
	}
	if deserted {
		x.queue.empty[x.key] = at
	} else {
		delete(x.queue.empty, x.key)
	}
	r.watch(x)
}

// readyVacancies makes the vacancies of all queues anew: adopt stands the visits in line after it, and calls keepVacancies then.
// Where the file leaves nobody, nobody is there since the last event.
func (r *Router) readyVacancies() {
	for _, q := range r.lines {
		q.vacancies = make(map[string]*vacancy)
		if q.empty == nil {
			q.empty = make(map[string]time.Time)
		}
		if q.ruled(centre.AtWaiting) {
			r.vacate(q, "", q.levels)
		}
	}
}

func (r *Router) keepVacancies() {
	for _, q := range r.lines {
		if !q.unknown { // its rules may yet be told
			maps.DeleteFunc(q.empty, func(key string, _ time.Time) bool { return q.vacancies[key] == nil })
		}
	}
}

// watch arms the timer for the first of the visits that must leave if nobody comes.
func (r *Router) watch(x *vacancy) {
	due := time.Time{}
	if _, v, ok := x.waiting.first(); ok {
		if since, empty := x.queue.empty[x.key]; empty {
			due = v.patience(since)
		}
	}
	if due.Equal(x.due) {
		return
	}
	r.disarm(x.due, timerQueue, x.n)
	x.due = due
	r.arm(due, timerQueue, x.n, timer{vacancy: x})
}

// patience is how long the visit waits for somebody to come where nobody is since then.
func (v *visit) patience(since time.Time) time.Time {
	if since.Before(v.entered) {
		since = v.entered
	}
	return since.Add(v.queue.rules.NoAgents.After)
}

// enrol notes that the visit waits, strike that it no longer does.
func (r *Router) enrol(v *visit) {
	q := v.queue
	if v.first != nil || !q.ruled(centre.AtWaiting) {
		return
	}
	key := ""
	if !slices.Equal(v.levels, q.levels) {
		var b strings.Builder
		for _, p := range v.levels {
			b.WriteString(p.key + "\n")
		}
		key = b.String()
	}
	x := q.vacancies[key]
	if x == nil {
		x = r.vacate(q, key, v.levels)
	}
	v.vacancy = x
	x.waiting.insert(rank{v.entered.UnixMilli(), 0, v.seq}, v)
	r.watch(x)
}

func (r *Router) strike(v *visit) {
	x := v.vacancy
	if x == nil {
		return
	}
	v.vacancy = nil
	x.waiting.remove(rank{v.entered.UnixMilli(), 0, v.seq})
	r.watch(x)
	if x.key == "" || x.waiting.len() > 0 {
		return
	}
	delete(x.queue.vacancies, x.key)
	delete(x.queue.empty, x.key)
	for _, p := range x.levels {
		p.watched = slices.DeleteFunc(p.watched, func(y *vacancy) bool { return x == y })
	}
}

// desert ends the waits for which nobody has been there for too long.
func (s *step) desert(x *vacancy) {
	for !x.due.IsZero() && !x.due.After(s.now) {
		_, v, _ := x.waiting.first()
		s.leaveBy(v, hotline.OutcomeNoAgents, hotline.RuleNoAgents, x.queue.rules.NoAgents.Then)
	}
}

// checkVacancies holds the vacancies to the visits and the agents, and counts their timers.
func (r *Router) checkVacancies() (timers int, err error) {
	waiting := make(map[*vacancy]int)
	for _, v := range r.visits {
		if want := v.waiting && v.first == nil && v.queue.ruled(centre.AtWaiting); want != (v.vacancy != nil) {
			return 0, fmt.Errorf("acd: visit %s waits for somebody to come: %t", v.id, v.vacancy != nil)
		}
		waiting[v.vacancy]++
	}
	for _, q := range r.lines {
		for _, x := range q.vacancies {
			since, empty := q.empty[x.key]
			if empty != x.deserted() || x.waiting.len() != waiting[x] || x.key != "" && waiting[x] == 0 {
				return 0, fmt.Errorf("acd: queue %s has nobody for %q since %v, with %d of %d waiting", q.id, x.key, since, x.waiting.len(), waiting[x])
			}
			if !x.due.IsZero() {
				timers++
			}
		}
		if !q.unknown && len(q.empty) > len(q.vacancies) {
			return 0, fmt.Errorf("acd: queue %s remembers %d empty pools, has %d", q.id, len(q.empty), len(q.vacancies))
		}
	}
	return timers, nil
}

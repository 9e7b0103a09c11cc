package acd

import (
	"maps"
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// SetCentre puts another centre file in force and returns the facts that follow from it. No visit is dropped: a queue that is
// no longer in the file takes nobody in and serves who waits by its former rules; rings and talks go on, and an agent that is
// no longer in the file is signed out as soon as its call is over. Relax steps taken are kept, as far as the queue still has
// them. The router must be told again after a rebuild from the log: the file is not a fact.
func (r *Router) SetCentre(now time.Time, c *centre.Centre) []hotline.Event {
	s := &step{Router: r, now: hotline.Millis(now), all: true}
	r.adopt(c)
	for _, a := range r.roster {
		if !a.gone || a.state == hotline.AgentSignedOut || agentstate.InCall(a.state) {
			continue
		}
		if a.state == hotline.AgentWrapUp {
			s.emit(s.wrapEnded(a, hotline.SourceSystem))
		}
		s.set(a, hotline.AgentSignedOut, "", hotline.SourceSystem)
	}
	s.grantBreaks()
	s.all = false
	s.placeAll()
	s.wake()
	return s.out
}

// adopt takes over the file and builds every index anew from agents, queues and visits.
func (r *Router) adopt(c *centre.Centre) {
	r.centre, r.day = c, workday{}
	r.adoptAgents(c.Agents)
	r.adoptDesks(c)
	r.adoptQueues(c.Queues)
	visits := r.inOrder()
	r.adoptPools(visits)
	r.timers = tree[timer]{}
	r.alarms, r.awake = make(map[string]time.Time), false
	r.readyVacancies()
	r.adoptPromises()
	for _, a := range r.roster {
		a.indexed = false
		r.index(a)
		a.due = time.Time{}
		r.rearm(a)
	}
	for _, v := range visits {
		for _, o := range v.offers {
			r.arm(o.until, timerOffer, o.number(), timer{offer: o})
		}
		v.waiting, v.more, v.due, v.ripeAt, v.vacancy = false, false, time.Time{}, time.Time{}, nil
		r.ripening(v)
		r.wait(v)
	}
	r.keepVacancies()
}

func (r *Router) adoptAgents(file []centre.Agent) {
	old, kept := r.roster, make(map[hotline.AgentID]bool, len(file))
	r.roster = nil
	for _, f := range file {
		kept[f.ID] = true
		a := r.agents[f.ID]
		if a == nil {
			a = &agent{id: f.ID, state: hotline.AgentSignedOut}
			r.agents[f.ID] = a
		}
		skills := a.life.lent.over(f.Skills)
		if a.gone || a.team != f.Team || !maps.Equal(a.skills, skills) {
			a.sig = ""
		}
		a.skills, a.file, a.team, a.weight, a.gone = skills, f.Skills, f.Team, f.Weight, false
		r.roster = append(r.roster, a)
	}
	for _, a := range old {
		if kept[a.id] {
			continue
		}
		if a.state == hotline.AgentSignedOut {
			delete(r.agents, a.id)
			continue
		}
		a.skills, a.file, a.gone = nil, nil, true
		r.roster = append(r.roster, a)
	}
	for i, a := range r.roster {
		a.index = i
	}
}

func (r *Router) adoptQueues(file []centre.Queue) {
	old, kept := r.lines, make(map[hotline.QueueID]bool, len(file))
	r.lines = nil
	for _, f := range file {
		kept[f.ID] = true
		q := r.queues[f.ID]
		if q == nil {
			q = &queue{id: f.ID}
			r.queues[f.ID] = q
		}
		q.rules, q.retired, q.unknown = f, false, false
		r.lines = append(r.lines, q)
	}
	for _, q := range old {
		if kept[q.id] {
			continue
		}
		if q.inside+q.promised == 0 {
			delete(r.queues, q.id)
			continue
		}
		q.retired = true
		r.lines = append(r.lines, q)
	}
	for _, q := range r.lines {
		q.order = orderOf(r.centre.Order, q.rules)
		q.waiting = tree[*visit]{}
	}
}

// line returns the queue of a logged fact. One that the file no longer holds is made as a retired one that nobody serves, so
// that what waits in it can still be ended.
func (r *Router) line(id hotline.QueueID) *queue {
	q := r.queues[id]
	if q == nil {
		q = &queue{id: id, retired: true, unknown: true, levels: []*pool{{key: nobody}}, order: orderOf(r.centre.Order, centre.Queue{})}
		r.queues[id] = q
		r.lines = append(r.lines, q)
	}
	return q
}

// someone returns the agent of a logged fact. One that the file no longer holds is made as gone.
func (r *Router) someone(id hotline.AgentID) *agent {
	a := r.agents[id]
	if a == nil {
		a = &agent{id: id, index: len(r.roster), gone: true, state: hotline.AgentSignedOut}
		r.agents[id] = a
		r.roster = append(r.roster, a)
	}
	return a
}

// retired returns the rules of queues that are no longer in the file and still have visits; retire gives them to a router that
// is about to replay the log of those visits.
func (r *Router) retired() []centre.Queue {
	var rules []centre.Queue
	for _, q := range r.lines {
		if q.retired && !q.unknown {
			rules = append(rules, q.rules)
		}
	}
	return rules
}

func (r *Router) retire(rules []centre.Queue) {
	var empty []*queue
	for _, f := range rules {
		if q := r.line(f.ID); q.unknown {
			q.rules, q.unknown = f, false
			q.inside++ // adopt drops a retired queue without visits, and the visits come after
			empty = append(empty, q)
		}
	}
	r.adopt(r.centre)
	for _, q := range empty {
		q.inside--
	}
}

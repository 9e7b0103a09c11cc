package acd

import (
	"fmt"
	"slices"

	"hotline"
	"hotline/agentstate"
)

// Check returns nil, or what is wrong with the router's state. It holds after every Step and costs O(agents + visits); tests
// and simulations call it, the engine does not.
//
// An agent has at most one call and its state says which; a visit waits or rings, never both; who waits has no ready agent
// that fits; indexes, counters and timers agree with the agents and visits.
func (r *Router) Check() error {
	away := make(map[string]int)
	for _, a := range r.roster {
		if err := r.checkAgent(a); err != nil {
			return err
		}
		if a.state == hotline.AgentNotReady {
			away[a.reason]++
		}
		if f := a.follows(); f.state == hotline.AgentNotReady {
			away[f.reason]++
		}
	}
	for reason, n := range r.away {
		if n != away[reason] {
			return fmt.Errorf("acd: reason %s is held by %d agents, counted %d", reason, away[reason], n)
		}
	}
	timers := 0
	inside, waiting := make(map[*queue]int), make(map[*queue]int)
	for _, v := range r.visits {
		inside[v.queue]++
		if v.waiting {
			waiting[v.queue]++
		}
		if !v.due.IsZero() {
			timers++
		}
		if !v.ripeAt.IsZero() {
			timers++
		}
		if err := r.checkVisit(v); err != nil {
			return err
		}
	}
	for _, q := range r.lines {
		if q.inside != inside[q] || q.waiting.len() != waiting[q] {
			return fmt.Errorf("acd: queue %s counts %d visits and %d waiting, has %d and %d", q.id, q.inside, q.waiting.len(),
				inside[q], waiting[q])
		}
	}
	for _, a := range r.roster {
		if !a.due.IsZero() {
			timers++
		}
	}
	n, err := r.checkVacancies()
	if err != nil {
		return err
	}
	timers += n
	timers += len(r.alarms) + r.armedPromises()
	if timers += len(r.offers); timers != r.timers.len() {
		return fmt.Errorf("acd: %d timers armed, %d needed", r.timers.len(), timers)
	}
	if err := r.checkHeads(); err != nil {
		return err
	}
	if err := r.checkQueueLife(); err != nil {
		return err
	}
	if err := r.checkLife(); err != nil {
		return err
	}
	return r.checkPools()
}

func (r *Router) checkAgent(a *agent) error {
	if agentstate.Asked(a.state) != (a.offer != nil || a.promise != nil) {
		return fmt.Errorf("acd: agent %s is %s with offer %v", a.id, a.state, a.offer)
	}
	if a.offer != nil && (r.offers[a.offer.id] != a.offer || a.offer.agent != a || !slices.Contains(a.offer.visit.offers, a.offer)) {
		return fmt.Errorf("acd: agent %s and offer %s disagree", a.id, a.offer.id)
	}
	joined := agentstate.Joined(a.state) || a.state == hotline.AgentOutbound
	if joined && a.talk == nil || a.talk != nil && !joined && a.state != hotline.AgentWrapUp {
		return fmt.Errorf("acd: agent %s is %s with contact %v", a.id, a.state, a.talk)
	}
	if a.talk != nil && a.talk.lent && (!agentstate.Joined(a.state) || a.talk.visit != "") {
		return fmt.Errorf("acd: agent %s is called in and %s with %s", a.id, a.state, a.talk.visit)
	}
	if a.state == hotline.AgentReady && (!a.device || a.gone) {
		return fmt.Errorf("acd: agent %s is ready without a phone or a place in the file", a.id)
	}
	if a.indexed != (a.state == hotline.AgentReady) {
		return fmt.Errorf("acd: agent %s is %s, indexed %t", a.id, a.state, a.indexed)
	}
	if a.next.state != "" && !agentstate.InCall(a.state) && a.state != hotline.AgentWrapUp {
		return fmt.Errorf("acd: agent %s is %s and still to become %s", a.id, a.state, a.next.state)
	}
	if a.own.len() > 0 && (a.indexed || !agentstate.Working(a.state)) {
		return fmt.Errorf("acd: visit %s waits for agent %s, who is %s", a.own.first(r.last).id, a.id, a.state)
	}
	return nil
}

func (r *Router) checkVisit(v *visit) error {
	if v.waiting != (len(v.offers) == 0 && !v.held()) || v.more && v.waiting {
		return fmt.Errorf("acd: visit %s waits: %t, rings: %d, wants more: %t", v.id, v.waiting, len(v.offers), v.more)
	}
	if v.due.IsZero() != (r.dueOf(v).IsZero() || !v.waiting && !v.more) {
		return fmt.Errorf("acd: visit %s is to be looked at at %v, timer at %v", v.id, v.nextDue(), v.due)
	}
	for _, o := range v.offers {
		if r.offers[o.id] != o || o.agent.offer != o {
			return fmt.Errorf("acd: visit %s and offer %s disagree", v.id, o.id)
		}
	}
	return nil
}

func (r *Router) checkPools() error {
	for _, p := range r.pools {
		if p.line.len() > 0 && p.ready.len() > 0 {
			_, a, _ := p.ready.first()
			return fmt.Errorf("acd: visit %s waits while agent %s, who fits, is ready", p.line.first(r.last).id, a.id)
		}
		for _, x := range p.line.lanes {
			if _, v, ok := x.more.first(); ok && p.ready.len() > 0 {
				return fmt.Errorf("acd: visit %s wants more phones, while %d agents who fit are ready", v.id, p.ready.len())
			}
		}
		ready, staff := 0, 0
		for _, a := range r.roster {
			if a.gone || !p.admits(a.skills, a.team) {
				continue
			}
			if a.indexed {
				ready++
			}
			if agentstate.Working(a.state) {
				staff++
			}
		}
		if p.least != nil && ready > 0 {
			m := r.moment(r.last)
			if a := p.least.first(m, ""); !a.indexed || p.turn(a, m) != 0 {
				return fmt.Errorf("acd: pool %s asks %s, who is not the least occupied", p.key, a.id)
			}
		}
		if ready != p.ready.len() || staff != p.staff {
			return fmt.Errorf("acd: pool %s counts %d ready of %d at work, has %d of %d", p.key, p.ready.len(), p.staff, ready, staff)
		}
	}
	return nil
}

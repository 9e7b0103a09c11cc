package acd

import (
	"hotline"
)

// moveVisit sends a waiting caller to another queue: the call asks for it, with the time it has waited.
func (s *step) moveVisit(q hotline.MoveVisit) error {
	v, err := s.waiter(q.Visit)
	if err != nil {
		return err
	}
	to := s.queues[q.Queue]
	switch {
	case to == nil || to.retired:
		return unknown("queue %q", q.Queue)
	case to == v.queue:
		return refused("visit %q is in queue %q", v.id, to.id)
	}
	s.conclude(v, hotline.Left{
		Outcome: hotline.OutcomeMoved, Rule: hotline.RuleMoved, Then: "queue", To: string(q.Queue), By: q.By,
	})
	return nil
}

// withdraw ends a caller's wait by a person's word.
func (s *step) withdraw(q hotline.Withdraw) error {
	v, err := s.waiter(q.Visit)
	if err != nil {
		return err
	}
	s.conclude(v, hotline.Left{Outcome: hotline.OutcomeMoved, Rule: hotline.RuleWithdrawn, By: q.By})
	return nil
}

// waiter returns the first visit of the contact whose visit is named: the one that speaks for the contact.
func (s *step) waiter(id hotline.VisitID) (*visit, error) {
	v := s.visits[id]
	if v == nil {
		return nil, unknown("visit %q", id)
	}
	return v.lead(), nil
}

// prioritise gives a waiting caller another priority.
func (s *step) prioritise(q hotline.Prioritise) error {
	v := s.visits[q.Visit]
	switch {
	case v == nil:
		return unknown("visit %q", q.Visit)
	case q.Priority < 1 || q.Priority > 20:
		return refused("priority %d is not one of 1 to 20", q.Priority)
	case q.Priority == v.priority:
		return nil
	}
	s.emit(s.of(v, "", hotline.Reprioritised{Visit: v.id, Priority: q.Priority, By: q.By}))
	return nil
}

// pullVisit gives a waiting caller to one ready agent, whatever the order and the needs.
func (s *step) pullVisit(q hotline.PullVisit) error {
	v := s.visits[q.Visit]
	if v == nil {
		return unknown("visit %q", q.Visit)
	}
	a, err := s.agent(q.Agent)
	switch {
	case err != nil:
		return err
	case v.ringing() != nil:
		return refused("a phone rings for visit %q already", v.id)
	case a.state != hotline.AgentReady:
		return refused("agent %s is %s", a.id, a.state)
	}
	s.offer(v, a, "pulled by "+q.By, hotline.Pick{Rule: "pulled", Ready: 1})
	return nil
}

func (r *Router) applyReprioritised(f hotline.Reprioritised) {
	v := r.visits[f.Visit]
	if v == nil {
		return
	}
	waiting := v.waiting
	r.unwait(v)
	v.priority = f.Priority
	if waiting {
		r.wait(v)
	}
}

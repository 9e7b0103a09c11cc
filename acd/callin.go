package acd

import (
	"hotline"
	"hotline/agentstate"
)

// callIn keeps an agent for a colleague's call, as long as that takes: nobody is offered to it meanwhile. Whatever it does when
// it is free, it may be called in; it comes back to a break that it was called in from, after-call work is over by it. Asking
// again is success.
func (s *step) callIn(q hotline.CallIn) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	m := agentstate.Step(a.state, agentstate.CalledIn)
	switch {
	case q.Call == "":
		return refused("a call of agent %s has no id", a.id)
	case a.talking() && a.talk.call == q.Call:
		return nil
	case m.Refuse != "":
		return refused("agent %s: %s", a.id, m.Refuse)
	case !a.device:
		return refused("agent %s has no registered phone", a.id)
	}
	if a.state == hotline.AgentWrapUp {
		s.emit(s.wrapEnded(a, hotline.SourceAgent))
	}
	ev := s.about(a, hotline.CalledIn{Visit: q.Visit, By: q.By, Phone: a.life.desk})
	ev.Contact, ev.Call = q.Contact, q.Call
	s.emit(ev)
	ev.Fact = hotline.AgentSet{
		State: m.To, Source: hotline.SourceSystem, From: a.state, Was: a.reason, MS: s.since(a.since), Next: a.next.state,
		Misses: a.life.misses,
	}
	s.emit(ev)
	s.overtimeEnds(a)
	return nil
}

// join makes the agent who was called in the customer's. Joining again is success.
func (s *step) join(q hotline.Join) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	switch {
	case !a.talking() || a.talk.call != q.Call || a.state == hotline.AgentOutbound:
		return unknown("agent %s is not in call %q", a.id, q.Call)
	case !a.talk.lent:
		return nil
	case q.Queue != "" && s.queues[q.Queue] == nil:
		return unknown("queue %q", q.Queue)
	}
	ringMS := s.since(a.talk.at)
	s.become(a, agentstate.Step(a.state, agentstate.Talk), hotline.SourceSystem)
	ev := a.talk.event(a, hotline.Joined{Visit: q.Visit, Leg: q.Leg, RingMS: ringMS})
	ev.Queue, ev.Leg = q.Queue, q.Leg
	s.emit(ev)
	return nil
}

// applyCalledIn and applyJoined are the two facts as they become true.
func (r *Router) applyCalledIn(a *agent, ev hotline.Event) {
	r.joinCall(a, &talk{contact: ev.Contact, call: ev.Call, at: ev.At, lent: true})
}

func (r *Router) applyJoined(a *agent, ev hotline.Event, f hotline.Joined) {
	t := a.talk
	if t == nil {
		return
	}
	t.visit, t.leg, t.at, t.holdMS, t.lent = f.Visit, f.Leg, ev.At, 0, false
	if ev.Queue != "" {
		t.queue = r.line(ev.Queue)
	}
	a.calls++
	r.took(a, ev.At)
}

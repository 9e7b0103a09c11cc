package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// talk is an agent and a contact joined.
type talk struct {
	visit   hotline.VisitID // empty in a call of the agent's own making
	contact hotline.ContactID
	call    hotline.CallID
	leg     hotline.LegID // the agent's; empty in a call of its own making
	queue   *queue        // nil in a call of the agent's own making that is for no queue
	at      time.Time
	ringMS  int64
	holdMS  int64 // of holds that are over
	talkMS  int64 // set when released
	lent    bool  // called in by a colleague and not joined with the customer

	code    string // what it was about; empty: not coded yet
	extends int    // how often the agent got longer for its after-call work
}

// event is about the agent in its call.
func (t *talk) event(a *agent, f hotline.Fact) hotline.Event {
	ev := hotline.Event{Contact: t.contact, Call: t.call, Agent: a.id, Fact: f}
	if t.queue != nil {
		ev.Queue = t.queue.id
	}
	return ev
}

// handled counts the call in its queue's handling time, with the after-call work. Calls of the agent's own making do not count.
func (t *talk) handled(wrapMS int64) {
	if t.visit != "" {
		t.queue.handle.add(float64(t.ringMS + t.talkMS + wrapMS))
	}
}

// talking says whether the agent is joined with a contact.
func (a *agent) talking() bool {
	return a.talk != nil && (agentstate.Joined(a.state) || a.state == hotline.AgentOutbound)
}

// onHold says whether the customer of an agent in that state is on hold.
func onHold(s hotline.AgentState) bool {
	return s == hotline.AgentHeld || s == hotline.AgentConsult
}

// rang notes that the phone of a reserved agent rings.
func (s *step) rang(q hotline.Rang) error {
	o := s.offers[q.Offer]
	if o == nil {
		return refused("offer %q is over", q.Offer)
	}
	s.become(o.agent, agentstate.Step(o.agent.state, agentstate.Rang), hotline.SourceSystem)
	return nil
}

// setTalk notes what the agent does in its call.
func (s *step) setTalk(q hotline.SetTalk) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if !a.talking() || a.talk.call != q.Call {
		return unknown("agent %s is not in call %q", a.id, q.Call)
	}
	in := agentstate.Talk
	switch q.State {
	case hotline.AgentTalking:
	case hotline.AgentHeld:
		in = agentstate.Hold
	case hotline.AgentConsult:
		in = agentstate.Consult
	case hotline.AgentConfer:
		in = agentstate.Confer
	default:
		return refused("an agent in a call cannot be %q", q.State)
	}
	s.become(a, agentstate.Step(a.state, in), hotline.SourceAgent)
	return nil
}

// beginOutbound notes a call of the agent's own making. After-call work that it interrupts is over.
func (s *step) beginOutbound(q hotline.BeginOutbound) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	m := agentstate.Step(a.state, agentstate.CallsOut)
	switch {
	case q.Call == "":
		return refused("a call of agent %s has no id", a.id)
	case q.Queue != "" && s.queues[q.Queue] == nil:
		return unknown("queue %q", q.Queue)
	case a.state == hotline.AgentOutbound && a.talk.call == q.Call:
		return nil
	case m.Refuse != "":
		return refused("agent %s: %s", a.id, m.Refuse)
	case q.Ring && !a.device:
		return refused("agent %s has no registered phone", a.id)
	}
	phone := hotline.PhoneID("")
	if q.Ring {
		phone = a.life.desk
	}
	if a.state == hotline.AgentWrapUp {
		s.emit(s.wrapEnded(a, hotline.SourceAgent))
	}
	ev := s.about(a, hotline.AgentSet{
		State: m.To, Source: hotline.SourceAgent, From: a.state, Was: a.reason, MS: s.since(a.since), Next: a.next.state,
		Phone: phone,
	})
	ev.Contact, ev.Call, ev.Queue = q.Contact, q.Call, q.Queue
	s.emit(ev)
	s.overtimeEnds(a)
	return nil
}

// release parts agent and contact; after-call work follows as the queue has it.
func (s *step) release(q hotline.Release) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if !a.talking() || a.talk.call != q.Call {
		return unknown("agent %s is not in call %q", a.id, q.Call)
	}
	lost := q.Cause == hotline.CauseMediaLost && q.By == hotline.RoleAgent // a phone that fell silent gets no further call
	if lost {
		s.part(a, q.Cause, q.By, centre.WrapUp{Mode: centre.WrapNone})
		s.become(a, agentstate.Step(a.state, agentstate.ReleaseLost), hotline.SourceSystem)
		return nil
	}
	s.finish(a, q.Cause, q.By)
	return nil
}

// finish ends the agent's call; after-call work follows as its queue has it.
func (s *step) finish(a *agent, cause hotline.Cause, by hotline.Role) {
	rules := centre.WrapUp{Mode: centre.WrapNone}
	if a.talk.queue != nil && !a.gone {
		rules = a.talk.queue.rules.WrapUp
	}
	s.part(a, cause, by, rules)
	in := agentstate.ReleaseFree
	if rules.Mode == centre.WrapTimed || rules.Mode == centre.WrapManual {
		in = agentstate.ReleaseWrap
	}
	s.become(a, agentstate.Step(a.state, in), hotline.SourceSystem)
}

// part says that agent and contact are apart.
func (s *step) part(a *agent, cause hotline.Cause, by hotline.Role, rules centre.WrapUp) {
	t := a.talk
	f := hotline.Released{
		Visit: t.visit, TalkMS: s.since(t.at), HoldMS: t.holdMS, Cause: cause, By: by, Wrap: centre.WrapNone,
	}
	if onHold(a.state) {
		f.HoldMS += s.since(a.since)
	}
	if t.lent { // it spoke with a colleague at most
		f.TalkMS, f.HoldMS = 0, 0
	}
	switch rules.Mode {
	case centre.WrapTimed:
		f.Wrap, f.WrapUntil = rules.Mode, s.now.Add(rules.After)
	case centre.WrapManual:
		f.Wrap = rules.Mode
	}
	f.Missing = f.Wrap == centre.WrapNone && t.uncoded()
	s.emit(t.event(a, f))
}

package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
)

// talk is an agent and a contact joined.
type talk struct {
	visit   hotline.VisitID // empty in a call of the agent's own making
	contact hotline.ContactID
	call    hotline.CallID
	queue   *queue // nil in a call of the agent's own making that is for no queue
	at      time.Time
	ringMS  int64
	holdMS  int64 // of holds that are over
	talkMS  int64 // set when released
}

// event is about the agent in its call.
func (t *talk) event(a *agent, f hotline.Fact) hotline.Event {
	ev := hotline.Event{Contact: t.contact, Call: t.call, Agent: a.id, Fact: f}
	if t.queue != nil {
		ev.Queue = t.queue.id
	}
	return ev
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

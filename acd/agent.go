package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
)

// become moves the agent as the table says: after a call to what was asked for during it, else to what was before a call of
// its own. An agent that becomes ready takes the first visit it fits.
func (s *step) become(a *agent, m agentstate.Move, source hotline.Source) {
	f := hotline.AgentSet{State: m.To, Reason: m.Reason, Source: source, Misses: a.life.misses}
	if agentstate.Joined(m.To) {
		f.Misses = 0
	}
	switch back := a.life.back; {
	case m.Next && a.next.state != "":
		f.State, f.Reason, f.Source = a.next.state, a.next.reason, a.next.source
	case m.Back && back.state != "":
		f.State, f.Reason, f.Source, f.Until = back.state, back.reason, back.source, a.life.backUntil
	}
	s.move(a, f)
}

// set gives the agent a state.
func (s *step) set(a *agent, to hotline.AgentState, reason string, source hotline.Source) {
	s.move(a, hotline.AgentSet{State: to, Reason: reason, Source: source, Misses: a.life.misses})
}

// move gives the agent the state of f, under the two rules that hold for every way to it: no phone, not ready; no longer in the
// file, signed out as soon as the call is over. What follows from the new state is done before the agent takes a visit.
func (s *step) move(a *agent, f hotline.AgentSet) {
	wanted := f.State
	f.State, f.Reason = agentstate.Settle(f.State, f.Reason, a.device)
	if a.gone && !agentstate.InCall(f.State) {
		f.State, f.Reason, f.Source = hotline.AgentSignedOut, "", hotline.SourceSystem
	}
	if f.State == a.state && f.Reason == a.reason {
		return
	}
	f.From, f.Was, f.MS, f.Next = a.state, a.reason, s.since(a.since), ""
	switch {
	case agentstate.InCall(f.State) || f.State == hotline.AgentWrapUp:
		f.Next = a.next.state
	case f.State == hotline.AgentNotReady && wanted == hotline.AgentReady, f.Reason == hotline.ReasonDeviceLost:
		f.Next = hotline.AgentReady
	}
	if f.State != hotline.AgentNotReady {
		f.Until = time.Time{}
	}
	if f.State == hotline.AgentSignedOut {
		f.Misses = 0
	}
	s.emit(s.about(a, f))
	s.overtimeEnds(a)
	switch {
	case a.state == hotline.AgentReady:
		s.serve(a)
	case !agentstate.Working(a.state):
		s.forsake(a)
	}
	if a.state == hotline.AgentSignedOut {
		s.signedOut(a, f.Source)
	}
	if f.From == hotline.AgentSignedOut {
		s.relieve(a)
	}
}

// setAgent handles a state asked for by a person or a program.
func (s *step) setAgent(q hotline.SetAgent) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	in, reason, err := s.wanted(a, q)
	if err != nil {
		return err
	}
	m := agentstate.Step(a.state, in)
	switch {
	case m.Refuse != "":
		return refused("agent %s: %s", a.id, m.Refuse)
	case !m.Later && in == agentstate.AskReady && !a.device:
		return refused("agent %s has no registered phone", a.id)
	case a.state == hotline.AgentWrapUp && s.mustCode(a, q.Source):
		return notCoded(a)
	}
	switch held, err := s.handOver(a, q); {
	case err != nil || held:
		return err
	case m.Later:
		s.later(a, asked{q.State, reason, q.Source})
		return nil
	}
	if a.state == hotline.AgentWrapUp {
		s.emit(s.wrapEnded(a, q.Source))
	}
	s.wants(a, q.State, reason, q.Source)
	s.move(a, hotline.AgentSet{State: q.State, Reason: reason, Source: q.Source})
	return nil
}

// agent returns the agent named. One that is no longer in the file is known until its call is over.
func (r *Router) agent(id hotline.AgentID) (*agent, error) {
	a := r.agents[id]
	if a == nil || a.gone && a.state == hotline.AgentSignedOut {
		return nil, unknown("agent %q", id)
	}
	return a, nil
}

// wanted checks the state and reason asked for.
func (s *step) wanted(a *agent, q hotline.SetAgent) (agentstate.Input, string, error) {
	switch q.State {
	case hotline.AgentReady:
		return agentstate.AskReady, "", nil
	case hotline.AgentSignedOut:
		return agentstate.AskSignedOut, "", nil
	case hotline.AgentNotReady:
	default:
		return "", "", refused("state %q cannot be asked for", q.State)
	}
	if q.Reason == "" {
		return agentstate.AskNotReady, hotline.ReasonUnspecified, nil
	}
	for _, r := range s.centre.Reasons {
		if r.ID != q.Reason {
			continue
		}
		if full := s.quota(a, r, q.Source); full != nil {
			return "", "", full
		}
		return agentstate.AskNotReady, q.Reason, nil
	}
	if q.Source == hotline.SourceSystem || q.Reason == hotline.ReasonUnspecified {
		return agentstate.AskNotReady, q.Reason, nil
	}
	return "", "", unknown("reason %q", q.Reason)
}

// later notes what is to follow the call. Ready follows anyway, so asking for it takes back what was asked before.
func (s *step) later(a *agent, want asked) {
	if want.state == hotline.AgentReady && a.life.back.state == "" {
		want = asked{source: want.source}
	}
	if want.state == a.next.state && want.reason == a.next.reason {
		return
	}
	s.wants(a, want.state, want.reason, want.source)
	s.emit(s.about(a, hotline.AgentNext{State: want.state, Reason: want.reason, Source: want.source}))
}

// about is an event about an agent.
func (r *Router) about(a *agent, f hotline.Fact) hotline.Event {
	return hotline.Event{Agent: a.id, Fact: f}
}

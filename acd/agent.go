package acd

import (
	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// become moves the agent as the table says. An agent that becomes ready takes the first visit it fits.
func (s *step) become(a *agent, m agentstate.Move, source hotline.Source) {
	to, reason := m.To, m.Reason
	if m.Next && a.next.state != "" {
		to, reason, source = a.next.state, a.next.reason, a.next.source
	}
	s.set(a, to, reason, source)
}

// set gives the agent a state, under the two rules that hold for every way to it: no phone, not ready; no longer in the file,
// signed out as soon as the call is over.
func (s *step) set(a *agent, to hotline.AgentState, reason string, source hotline.Source) {
	to, reason = agentstate.Settle(to, reason, a.device)
	if a.gone && !agentstate.InCall(to) {
		to, reason, source = hotline.AgentSignedOut, "", hotline.SourceSystem
	}
	if to == a.state && reason == a.reason {
		return
	}
	next := hotline.AgentState("")
	if agentstate.InCall(to) || to == hotline.AgentWrapUp {
		next = a.next.state
	}
	s.emit(s.about(a, hotline.AgentSet{
		State: to, Reason: reason, Source: source, From: a.state, Was: a.reason, MS: s.since(a.since), Next: next,
	}))
	switch {
	case to == hotline.AgentReady:
		s.serve(a)
	case !agentstate.Working(to):
		s.forsake(a)
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
	case m.Later:
		s.later(a, asked{q.State, reason, q.Source})
		return nil
	case in == agentstate.AskReady && !a.device:
		return refused("agent %s has no registered phone", a.id)
	}
	if a.state == hotline.AgentWrapUp {
		s.emit(s.wrapEnded(a, q.Source))
	}
	s.set(a, q.State, reason, q.Source)
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

// quota holds max_at_once: agents that have the reason, or will have it after their call, count. A lead may go beyond it.
func (s *step) quota(a *agent, r centre.Reason, source hotline.Source) error {
	if r.MaxAtOnce == 0 || source == hotline.SourceLead || source == hotline.SourceSystem {
		return nil
	}
	taken := s.away[r.ID] - a.holds(r.ID)
	if taken < r.MaxAtOnce {
		return nil
	}
	return refused("reason %s (%s): %d of %d at once are taken", r.ID, r.Name, taken, r.MaxAtOnce)
}

// holds counts how often the agent stands in Router.away for the reason: by its state, and by what it asked for.
func (a *agent) holds(reason string) int {
	n := 0
	if a.state == hotline.AgentNotReady && a.reason == reason {
		n++
	}
	if a.next.state == hotline.AgentNotReady && a.next.reason == reason {
		n++
	}
	return n
}

// later notes what is to follow the call. Ready follows anyway, so asking for it takes back what was asked before.
func (s *step) later(a *agent, want asked) {
	if want.state == hotline.AgentReady {
		want = asked{source: want.source}
	}
	if want.state == a.next.state && want.reason == a.next.reason {
		return
	}
	s.emit(s.about(a, hotline.AgentNext{State: want.state, Reason: want.reason, Source: want.source}))
}

// setDevice handles the first phone of an agent and the loss of the last.
func (s *step) setDevice(q hotline.SetDevice) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if a.device == q.Up {
		return nil
	}
	s.emit(s.about(a, hotline.DeviceChanged{Up: q.Up}))
	in := agentstate.DeviceDown
	if q.Up {
		in = agentstate.DeviceUp
	}
	m := agentstate.Step(a.state, in)
	switch {
	case q.Up && a.comeback:
		s.set(a, hotline.AgentReady, "", hotline.SourceSystem)
	case m.To == a.state:
	case a.offer != nil:
		s.lose(a.offer, hotline.OfferUnreachable)
	default:
		s.become(a, m, hotline.SourcePhone)
	}
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
	rules := centre.WrapUp{Mode: centre.WrapNone}
	if a.talk.queue != nil {
		rules = a.talk.queue.rules.WrapUp
	}
	lost := q.Cause == hotline.CauseMediaLost && q.By == hotline.RoleAgent // a phone that fell silent gets no further call
	if a.gone || lost {
		rules = centre.WrapUp{Mode: centre.WrapNone}
	}
	s.part(a, q.Cause, q.By, rules)
	in := agentstate.ReleaseFree
	switch {
	case lost:
		in = agentstate.ReleaseLost
	case rules.Mode == centre.WrapTimed || rules.Mode == centre.WrapManual:
		in = agentstate.ReleaseWrap
	}
	s.become(a, agentstate.Step(a.state, in), hotline.SourceSystem)
	return nil
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
	switch rules.Mode {
	case centre.WrapTimed:
		f.Wrap, f.WrapUntil = rules.Mode, s.now.Add(rules.After)
	case centre.WrapManual:
		f.Wrap = rules.Mode
	}
	s.emit(t.event(a, f))
}

// endWrap ends the after-call work by hand.
func (s *step) endWrap(q hotline.EndWrap) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if m := agentstate.Step(a.state, agentstate.EndWrap); m.Refuse != "" {
		return refused("agent %s: %s", a.id, m.Refuse)
	}
	s.wrapOver(a, q.Source)
	return nil
}

// wrapOver ends the after-call work: the state asked for during the call follows, else ready.
func (s *step) wrapOver(a *agent, source hotline.Source) {
	s.emit(s.wrapEnded(a, source))
	s.become(a, agentstate.Step(a.state, agentstate.EndWrap), source)
}

func (s *step) wrapEnded(a *agent, source hotline.Source) hotline.Event {
	ev := s.about(a, nil)
	f := hotline.WrapEnded{MS: s.since(a.since), Source: source}
	if t := a.talk; t != nil {
		f.Visit = t.visit
		return t.event(a, f)
	}
	ev.Fact = f
	return ev
}

// about is an event about an agent.
func (r *Router) about(a *agent, f hotline.Fact) hotline.Event {
	return hotline.Event{Agent: a.id, Fact: f}
}

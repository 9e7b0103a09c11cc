package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// uncoded says whether the queue of the talk requires a wrap-up code that is not given yet.
func (t *talk) uncoded() bool {
	return t != nil && !t.lent && t.code == "" && t.queue != nil && t.queue.rules.WrapUp.Codes == centre.CodesRequired
}

// mustCode says whether the agent cannot end its after-call work itself: a required code is missing. A lead may end it, and the
// time does.
func (s *step) mustCode(a *agent, source hotline.Source) bool {
	return !above(source) && a.talk.uncoded()
}

// notCoded is why an agent cannot leave its after-call work.
func notCoded(a *agent) error { return refused("agent %s has not coded the call", a.id) }

// endWrap ends the after-call work by hand.
func (s *step) endWrap(q hotline.EndWrap) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if m := agentstate.Step(a.state, agentstate.EndWrap); m.Refuse != "" {
		return refused("agent %s: %s", a.id, m.Refuse)
	}
	if s.mustCode(a, q.Source) {
		return notCoded(a)
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
	f := hotline.WrapEnded{MS: s.since(a.since), Source: source, Missing: a.talk.uncoded()}
	if t := a.talk; t != nil {
		f.Visit = t.visit
		return t.event(a, f)
	}
	return s.about(a, f)
}

// codeWrap notes what a talk was about. One that is over is not known here any more: who asks has seen to it that it was the
// agent's.
func (s *step) codeWrap(q hotline.CodeWrap) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	switch ok, may := s.centre.MayCode(q.Queue, q.Code); {
	case !ok:
		return unknown("wrap-up code %q", q.Code)
	case !may:
		return refused("wrap-up code %s is none of queue %s", q.Code, q.Queue)
	case q.Contact == "":
		return refused("a wrap-up code needs its contact")
	}
	f := hotline.WrapCoded{Visit: q.Visit, Code: q.Code, By: q.By}
	if t := a.talk; t.is(q.Contact, q.Visit) {
		if t.code == q.Code {
			return nil
		}
		f.Was = t.code
	}
	s.emit(hotline.Event{Contact: q.Contact, Call: q.Call, Agent: a.id, Queue: q.Queue, Fact: f})
	return nil
}

// extendWrap gives the agent longer for its after-call work.
func (s *step) extendWrap(q hotline.ExtendWrap) error {
	a, err := s.agent(q.Agent)
	switch {
	case err != nil:
		return err
	case a.state != hotline.AgentWrapUp:
		return refused("agent %s: %s", a.id, agentstate.Step(a.state, agentstate.EndWrap).Refuse)
	case a.talk == nil || a.talk.queue == nil || a.wrapUntil.IsZero():
		return refused("the after-call work of agent %s has no end", a.id)
	}
	rules := a.talk.queue.rules.WrapUp
	switch {
	case rules.Extend == 0:
		return refused("queue %s gives no longer for after-call work", a.talk.queue.id)
	case a.talk.extends >= rules.Extends && !above(q.Source):
		return refused("agent %s had longer %d times, and no more", a.id, a.talk.extends)
	}
	s.emit(a.talk.event(a, hotline.WrapExtended{
		Visit: a.talk.visit, Until: a.wrapUntil.Add(rules.Extend), Times: a.talk.extends + 1, Source: q.Source,
	}))
	return nil
}

// is says whether that is the talk.
func (t *talk) is(contact hotline.ContactID, visit hotline.VisitID) bool {
	return t != nil && !t.lent && t.contact == contact && t.visit == visit
}

// applyWrapCoded and applyWrapExtended are the two facts as they become true.
func (r *Router) applyWrapCoded(a *agent, ev hotline.Event, f hotline.WrapCoded) {
	if t := a.talk; t.is(ev.Contact, f.Visit) {
		t.code = f.Code
	}
}

func (r *Router) applyWrapExtended(a *agent, f hotline.WrapExtended) {
	if a.talk == nil || a.state != hotline.AgentWrapUp {
		return
	}
	a.wrapUntil, a.talk.extends = f.Until.Truncate(time.Millisecond), f.Times
}

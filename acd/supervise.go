package acd

import "hotline"

// supervises keeps who sits at a supervisor's phone from being offered calls while the supervisor's line is up, and puts it back to
// work after that. An agent in a call, or in the work after one, is kept from the next one. One that is not ready for another reason
// stays so, and one that asks for ready meanwhile has its way.
func (s *step) supervises(q hotline.Supervises) {
	a := s.supervisor(q)
	if a == nil {
		return
	}
	away := asked{hotline.AgentNotReady, hotline.ReasonSupervising, hotline.SourceSystem}
	next := func(want asked) {
		s.emit(s.about(a, hotline.AgentNext{State: want.state, Reason: want.reason, Source: want.source}))
	}
	switch follows := a.follows(); {
	case !q.Off && a.state == hotline.AgentReady:
		s.set(a, away.state, away.reason, away.source)
	case !q.Off && a.occupied() && follows.state == "":
		next(away)
	case q.Off && a.state == away.state && a.reason == away.reason:
		s.set(a, hotline.AgentReady, "", away.source)
	case q.Off && a.next.reason == away.reason:
		next(asked{})
	case q.Off && a.next.state == "" && follows.reason == away.reason: // it took the customer over
		next(asked{state: hotline.AgentReady, source: away.source})
	}
}

// supervisor is the agent whose phone the line has; nil: none.
func (r *Router) supervisor(q hotline.Supervises) *agent {
	if a := r.agents[q.Agent]; a != nil && !a.gone {
		return a
	}
	if d := r.life.desks[q.Phone]; d != nil {
		return d.agent
	}
	return nil
}

// supervised says whether a stop of the engine has ended a supervisor's line that kept the agent from work.
func (a *agent) supervised() bool {
	return a.state == hotline.AgentNotReady && a.reason == hotline.ReasonSupervising
}

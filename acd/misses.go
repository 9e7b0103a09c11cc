package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
)

// shortestRest keeps a phone that rejects by itself from being asked over and over.
const shortestRest = time.Second

// miss takes readiness from an agent that let an offer go: for a rest while the centre's limit of misses running is not
// reached, then until somebody says otherwise. A phone that is gone is no miss. What was asked for while it rang comes first.
func (s *step) miss(a *agent, result hotline.OfferResult) {
	if !a.device {
		s.become(a, agentstate.Step(a.state, agentstate.DeviceDown), hotline.SourceSystem)
		return
	}
	m := agentstate.Step(a.state, loss(result))
	f := hotline.AgentSet{State: m.To, Reason: m.Reason, Source: hotline.SourceSystem, Misses: a.life.misses + 1}
	if result == hotline.OfferRejected {
		f.Source = hotline.SourceAgent
	}
	switch rules := s.centre.Misses; {
	case a.next.state != "":
		f.State, f.Reason, f.Source = a.next.state, a.next.reason, a.next.source
	case f.Misses < rules.Limit:
		f.Until = s.now.Add(max(shortestRest, rules.Rest[result]))
	}
	s.move(a, f)
}

package acd

import (
	"maps"
	"slices"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// recover ends what a stop of the engine left open. Visits and talks of calls that were not resumed are over; phones that
// rang no longer do. Breaks and after-call work go on as they were. Nobody is taken to be at a phone that has not been heard
// of since: agents that were ready, or in a call that is lost, wait as "restarted" and are ready again the moment their phone
// is heard of, if the stop was shorter than outage. Only agents in resumed calls keep their phone.
func (s *step) recover(q hotline.Recover) {
	resumed := make(map[hotline.CallID]bool, len(q.Resumed))
	for _, c := range q.Resumed {
		resumed[c] = true
	}
	short := max(s.gap, s.now.Sub(s.last)) <= outage
	for _, v := range s.inOrder() {
		s.takeBack(v, hotline.OfferCallerGone)
		switch {
		case s.visits[v.id] == nil: // with another one of its contact
		case !resumed[v.call]:
			s.over(v, hotline.Left{Outcome: hotline.OutcomeLost})
		case v.queue.unknown:
			s.over(v, hotline.Left{Outcome: hotline.OutcomeNoAgents})
		}
	}
	for _, a := range s.roster {
		if a.talking() && resumed[a.talk.call] {
			continue
		}
		if a.talking() {
			s.part(a, hotline.CauseRestart, "", centre.WrapUp{Mode: centre.WrapNone})
		}
		s.restart(a, short)
		if a.life.ownPhone {
			s.emit(s.about(a, hotline.DeviceChanged{}))
		}
		if a.life.over { // every start of the engine forgets the alarms of the former
			s.overtime(a)
		}
	}
	s.desksGone(resumed)
	s.recoverPromises(resumed)
	s.placeAll()
	s.backAtNumbers()
	if s.awake {
		s.lineUp()
	}
	s.wake()
}

// restart gives the agent the state that it has after a stop of the engine.
func (s *step) restart(a *agent, short bool) {
	if a.next.reason == hotline.ReasonSupervising { // no supervisor's line outlives the engine
		s.emit(s.about(a, hotline.AgentNext{Source: hotline.SourceSystem}))
	}
	m, then := agentstate.Step(a.state, agentstate.Restart), a.follows()
	if a.supervised() {
		m = agentstate.Step(hotline.AgentReady, agentstate.Restart)
	}
	switch {
	case m.To == a.state && !a.supervised():
	case m.Next && then.state != "" && then.state != hotline.AgentReady && then.reason != hotline.ReasonSupervising, a.gone:
		s.become(a, m, hotline.SourceSystem)
	default:
		f := hotline.AgentSet{
			State: m.To, Reason: m.Reason, Source: hotline.SourceSystem, From: a.state, Was: a.reason, MS: s.since(a.since),
			Misses: a.life.misses,
		}
		if short {
			f.Next = hotline.AgentReady
		}
		s.emit(s.about(a, f))
	}
}

// inOrder returns all visits, the first to be served first.
func (r *Router) inOrder() []*visit {
	type place struct {
		at    rank
		visit *visit
	}
	places := make([]place, 0, len(r.visits))
	for _, v := range r.visits {
		places = append(places, place{v.rank(), v})
	}
	slices.SortFunc(places, func(a, b place) int { return a.at.compare(b.at) })
	all := make([]*visit, len(places))
	for i, p := range places {
		all[i] = p.visit
	}
	return all
}

// placeAll places every visit that stands in line, the first to be served first.
func (s *step) placeAll() {
	s.placeInTurn(slices.Collect(maps.Values(s.visits)))
}

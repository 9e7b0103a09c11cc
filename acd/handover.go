package acd

import (
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// handOver holds a sign-out while the roster names a relief that has not signed in, if the centre asks for it. A lead may always
// sign an agent out. held: the wish is noted and follows when the relief is there, or when the shift has been over for the
// centre's grace. Asking for ready takes the wish back.
func (s *step) handOver(a *agent, q hotline.SetAgent) (held bool, err error) {
	if q.State == hotline.AgentReady && a.life.relief != "" && person(q.Source) {
		s.emit(s.about(a, hotline.SignOutAsked{Relief: a.life.relief, Off: true}))
	}
	rules := s.centre.Handover
	gone := a.state == hotline.AgentSignedOut || a.next.state == hotline.AgentSignedOut
	if q.State != hotline.AgentSignedOut || gone || above(q.Source) || rules.Rule == "" {
		return false, nil
	}
	relief, until := s.missing(a, rules)
	switch {
	case relief == "":
		return false, nil
	case rules.Rule == centre.HandoverRefuse:
		return false, refused("agent %s, the relief of agent %s, has not signed in", relief, a.id)
	case rules.Rule == centre.HandoverQueue && a.life.relief == "":
		s.emit(s.about(a, hotline.SignOutAsked{Relief: relief, Until: until}))
	}
	return true, nil
}

// missing returns the relief of the agent's shift if it has not signed in, and when nobody waits for it any longer.
func (s *step) missing(a *agent, rules centre.Handover) (relief hotline.AgentID, until time.Time) {
	id, end, ok := s.centre.Relief(a.id, s.now)
	until = hotline.Millis(end.Add(rules.Grace))
	b := s.agents[id]
	if !ok || b == nil || b.gone || b == a || b.state != hotline.AgentSignedOut || !s.now.Before(until) {
		return "", time.Time{}
	}
	return id, until
}

// relieve lets those leave who waited for the agent that has signed in.
func (s *step) relieve(a *agent) {
	waiting := slices.SortedFunc(maps.Keys(s.life.reliefs[a.id]), func(x, y *agent) int { return x.index - y.index })
	for _, b := range waiting {
		s.depart(b)
	}
}

// depart signs an agent out that waited for its relief: at once, or after the call that it is in or finishes.
func (s *step) depart(a *agent) {
	want := asked{state: hotline.AgentSignedOut, source: hotline.SourceSystem}
	if a.occupied() {
		s.later(a, want)
		return
	}
	s.set(a, want.state, "", want.source)
}

// awaits notes whom the agent waits for before it leaves; empty: nobody.
func (r *Router) awaits(a *agent, relief hotline.AgentID, until time.Time) {
	l := &a.life
	if l.relief != "" {
		delete(r.life.reliefs[l.relief], a)
		if len(r.life.reliefs[l.relief]) == 0 {
			delete(r.life.reliefs, l.relief)
		}
	}
	l.relief, l.reliefUntil = relief, until
	if relief == "" {
		return
	}
	if r.life.reliefs[relief] == nil {
		r.life.reliefs[relief] = make(map[*agent]bool)
	}
	r.life.reliefs[relief][a] = true
}

package acd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hotline"
)

// The alarms of what had to be given back. They tell of a moment and are never taken back.
const (
	alarmLostCall    = "lost_call"
	alarmAgentHealed = "agent_healed"
)

// onCall is what the shard holds for one call, so that it can be given back when nothing is left of the call: hardly ever more
// than one of each.
type onCall struct {
	visits []*visit
	agents []*agent
}

// on returns what is held for the call, to add to it.
func (l *lives) on(call hotline.CallID) *onCall {
	c := l.calls[call]
	if c == nil {
		c = &onCall{}
		l.calls[call] = c
	}
	return c
}

func (l *lives) onVisit(v *visit) {
	c := l.on(v.call)
	c.visits = append(c.visits, v)
}

func (l *lives) offVisit(v *visit) {
	if c := l.calls[v.call]; c != nil {
		c.visits = slices.DeleteFunc(c.visits, func(x *visit) bool { return x == v })
		l.forget(v.call, c)
	}
}

func (l *lives) forget(call hotline.CallID, c *onCall) {
	if len(c.visits)+len(c.agents) == 0 {
		delete(l.calls, call)
	}
}

// joinCall notes the agent's call, nil for none.
func (r *Router) joinCall(a *agent, t *talk) {
	if was := a.talk; was != nil {
		if c := r.life.calls[was.call]; c != nil {
			c.agents = slices.DeleteFunc(c.agents, func(x *agent) bool { return x == a })
			r.life.forget(was.call, c)
		}
	}
	if a.talk = t; t != nil {
		c := r.life.on(t.call)
		c.agents = append(c.agents, a)
	}
}

// callGone gives back what the shard still holds for a call of which nothing is left: its visits end, the agents whose phones
// ring for it are free, those in it go to after-call work.
func (s *step) callGone(q hotline.CallGone) {
	s.callbackGone(q.Call)
	c := s.life.calls[q.Call]
	if c == nil {
		return
	}
	visits := slices.SortedFunc(slices.Values(c.visits), func(a, b *visit) int { return cmp.Compare(a.seq, b.seq) })
	agents := slices.SortedFunc(slices.Values(c.agents), func(a, b *agent) int { return cmp.Compare(a.index, b.index) })
	agents = slices.DeleteFunc(agents, func(a *agent) bool { return !a.talking() })
	if len(visits)+len(agents) == 0 {
		return
	}
	s.emit(hotline.Event{Call: q.Call, Fact: hotline.AlarmRaised{
		Alarm: alarmLostCall, Detail: fmt.Sprintf("visits %d, agents %d", len(visits), len(agents)),
	}})
	for _, v := range visits {
		if s.visits[v.id] == v { // the end of one may have ended another
			s.conclude(v, hotline.Left{Outcome: hotline.OutcomeLost})
		}
	}
	for _, a := range agents {
		if a.talking() && a.talk.call == q.Call {
			s.finish(a, hotline.CauseLost, "")
		}
	}
}

// heal frees an agent whose call is backed by no live dialog. After-call work follows as usual; a call that still goes on
// without the agent is the call's own matter.
func (s *step) heal(q hotline.Heal) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	rings := a.offer != nil && a.offer.visit.call == q.Call
	joined := a.talking() && a.talk.call == q.Call
	if !rings && !joined {
		return unknown("agent %s is not in call %q", a.id, q.Call)
	}
	const longest = 200
	ev := s.about(a, hotline.AlarmRaised{
		Alarm: alarmAgentHealed, Detail: strings.ToValidUTF8(q.Evidence[:min(len(q.Evidence), longest)], ""),
	})
	ev.Call = q.Call
	s.emit(ev)
	if rings {
		s.lose(a.offer, hotline.OfferUnreachable)
		return nil
	}
	s.finish(a, hotline.CauseLost, "")
	return nil
}

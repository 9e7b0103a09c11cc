package acd

import (
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// alarmBreakOver is raised while an agent's break lasts longer than its reason allows.
const alarmBreakOver = "break_over"

// quota holds max_at_once and approve: agents that have the reason, or will have it after their call, count. A lead may go
// beyond both.
func (s *step) quota(a *agent, r centre.Reason, source hotline.Source) error {
	switch {
	case above(source) || a.holds(r.ID) > 0:
		return nil
	case r.Approve:
		return refused("reason %s (%s) needs a lead's word: ask for it", r.ID, r.Name)
	case s.full(r):
		return refused("reason %s (%s): %d of %d at once are taken: ask for it", r.ID, r.Name, s.away[r.ID], r.MaxAtOnce)
	}
	return nil
}

func (r *Router) full(reason centre.Reason) bool {
	return reason.MaxAtOnce > 0 && r.away[reason.ID] >= reason.MaxAtOnce
}

// holds counts how often the agent stands in Router.away for the reason: by its state, and by what is to follow.
func (a *agent) holds(reason string) int {
	n := 0
	if a.state == hotline.AgentNotReady && a.reason == reason {
		n++
	}
	if f := a.follows(); f.state == hotline.AgentNotReady && f.reason == reason {
		n++
	}
	return n
}

// askBreak gives the agent its break if it may have it now, and otherwise a place in the line for it.
func (s *step) askBreak(q hotline.AskBreak) error {
	a, err := s.agent(q.Agent)
	if err != nil {
		return err
	}
	if q.Reason == "" {
		s.leaveLine(a, q.Source)
		return nil
	}
	r, ok := s.reason(q.Reason)
	switch {
	case !ok:
		return unknown("reason %q", q.Reason)
	case a.state == hotline.AgentSignedOut:
		return refused("agent %s is signed out", a.id)
	case a.holds(r.ID) > 0 || a.life.ask == r.ID:
		return nil
	case !r.Approve && !s.full(r):
		return s.setAgent(hotline.SetAgent{Agent: a.id, State: hotline.AgentNotReady, Reason: r.ID, Source: q.Source})
	}
	s.leaveLine(a, q.Source)
	s.emit(s.about(a, hotline.BreakAsked{Reason: r.ID, Ahead: s.inLine(r.ID)}))
	return nil
}

// answerBreak is a lead's word, which goes beyond max_at_once.
func (s *step) answerBreak(q hotline.AnswerBreak) error {
	a, err := s.agent(q.Agent)
	switch {
	case err != nil:
		return err
	case a.life.ask == "":
		return refused("agent %s has asked for no break", a.id)
	case !q.Grant:
		s.emit(s.about(a, hotline.BreakAnswered{Reason: a.life.ask, Source: hotline.SourceLead, By: q.By}))
		return nil
	}
	s.grant(a, hotline.SourceLead, q.By)
	return nil
}

// grant gives the agent the break it stands in line for: at once, or after the call that it is in or finishes.
func (s *step) grant(a *agent, source hotline.Source, by string) {
	reason := a.life.ask
	s.emit(s.about(a, hotline.BreakAnswered{Reason: reason, Granted: true, Source: source, By: by}))
	if a.occupied() {
		s.later(a, asked{hotline.AgentNotReady, reason, source})
		return
	}
	s.set(a, hotline.AgentNotReady, reason, source)
}

// grantBreaks gives places that have come free to who stands first in line for them. It is asked at the end of every step and
// costs nothing while nobody stands in a line.
func (s *step) grantBreaks() {
	if len(s.life.lines) == 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.life.lines)) {
		r, ok := s.reason(id)
		for s.inLine(id) > 0 && (!ok || !r.Approve && !s.full(r)) {
			_, a, _ := s.life.lines[id].first()
			if !ok { // no longer in the file
				s.leaveLine(a, hotline.SourceSystem)
				continue
			}
			s.grant(a, hotline.SourceSystem, "")
		}
	}
}

// wants takes the agent out of the line for a break that it gets otherwise, or does not want any more because it leaves or
// takes another one.
func (s *step) wants(a *agent, state hotline.AgentState, reason string, source hotline.Source) {
	_, other := s.reason(reason)
	switch {
	case a.life.ask == "":
	case reason == a.life.ask:
		s.emit(s.about(a, hotline.BreakAnswered{Reason: reason, Granted: true, Source: source}))
	case other, state == hotline.AgentSignedOut:
		s.leaveLine(a, source)
	}
}

// leaveLine takes the agent out of the line that it stands in.
func (s *step) leaveLine(a *agent, source hotline.Source) {
	if a.life.ask != "" {
		s.emit(s.about(a, hotline.BreakAnswered{Reason: a.life.ask, Source: source}))
	}
}

func (r *Router) inLine(reason string) int {
	if line := r.life.lines[reason]; line != nil {
		return line.len()
	}
	return 0
}

func (r *Router) applyBreakAsked(a *agent, f hotline.BreakAsked) {
	r.outOfLine(a)
	r.life.asks++
	a.life.ask, a.life.askSeq = f.Reason, r.life.asks
	r.intoLine(a)
}

func (r *Router) intoLine(a *agent) {
	line := r.life.lines[a.life.ask]
	if line == nil {
		line = &tree[*agent]{}
		r.life.lines[a.life.ask] = line
	}
	line.insert(a.askRank(), a)
}

func (r *Router) outOfLine(a *agent) {
	line := r.life.lines[a.life.ask]
	if line == nil {
		return
	}
	if line.remove(a.askRank()); line.len() == 0 {
		delete(r.life.lines, a.life.ask)
	}
	a.life.ask, a.life.askSeq = "", 0
}

func (a *agent) askRank() rank { return rank{a: int64(a.life.askSeq), n: a.life.askSeq} }

// recall asks an agent to come back.
func (s *step) recall(q hotline.Recall) error {
	a, err := s.agent(q.Agent)
	switch {
	case err != nil:
		return err
	case a.state != hotline.AgentNotReady:
		return refused("agent %s is not away", a.id)
	}
	s.emit(s.about(a, hotline.Recalled{By: q.By}))
	return nil
}

// breakOverAt is when the allowance of the agent's break is used up; zero: never, or it is known already.
func (r *Router) breakOverAt(a *agent) time.Time {
	if a.state != hotline.AgentNotReady || a.life.over {
		return time.Time{}
	}
	f, _ := r.reason(a.reason)
	if f.Allowance <= 0 {
		return time.Time{}
	}
	return a.since.Add(f.Allowance)
}

func (s *step) overtime(a *agent) {
	s.emit(s.about(a, hotline.AlarmRaised{Alarm: alarmBreakOver, Detail: a.reason}))
}

// overtimeEnds takes the alarm back when the agent has another state or reason than it was raised for.
func (s *step) overtimeEnds(a *agent) {
	if a.life.over {
		s.emit(s.about(a, hotline.AlarmCleared{Alarm: alarmBreakOver}))
	}
}

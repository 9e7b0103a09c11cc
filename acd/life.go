package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// outage is the longest absence, of the engine or of a phone, after which agents that were ready come back by themselves.
const outage = 10 * time.Minute

// agentLife is what belongs to an agent's working day besides its calls.
type agentLife struct {
	ownPhone bool            // its own phone is registered
	desk     hotline.PhoneID // where it sits; empty: at its own phone

	misses    int       // offers let go in a row
	until     time.Time // not ready only until then; zero: until somebody says otherwise
	back      asked     // the break it makes a call of its own from, or does the after-call work of one; zero: none
	backUntil time.Time // until of that

	over   bool   // the alarm is raised that its break is too long
	ask    string // the break it stands in line for, empty for none
	askSeq uint64 // its place in that line

	relief      hotline.AgentID // it leaves when this one has signed in; empty: no sign-out was asked for
	reliefUntil time.Time       // or then

	lent lending // skills for a limited time
}

// lives is what the shard knows about its agents' working days together.
type lives struct {
	desks   map[hotline.PhoneID]*desk
	lines   map[string]*tree[*agent] // break → who stands in line for it
	asks    uint64                   // how often a line was joined
	reliefs map[hotline.AgentID]map[*agent]bool
	calls   map[hotline.CallID]*onCall
}

func newLives() lives {
	return lives{
		desks: make(map[hotline.PhoneID]*desk), lines: make(map[string]*tree[*agent]),
		reliefs: make(map[hotline.AgentID]map[*agent]bool), calls: make(map[hotline.CallID]*onCall),
	}
}

// agentRequest handles the requests about agents.
func (s *step) agentRequest(q hotline.Request) error {
	switch q := q.(type) {
	case hotline.Rang:
		return s.rang(q)
	case hotline.Release:
		return s.release(q)
	case hotline.SetTalk:
		return s.setTalk(q)
	case hotline.BeginOutbound:
		return s.beginOutbound(q)
	case hotline.CallIn:
		return s.callIn(q)
	case hotline.Join:
		return s.join(q)
	case hotline.SetAgent:
		return s.setAgent(q)
	case hotline.EndWrap:
		return s.endWrap(q)
	case hotline.CodeWrap:
		return s.codeWrap(q)
	case hotline.ExtendWrap:
		return s.extendWrap(q)
	case hotline.AskBreak:
		return s.askBreak(q)
	case hotline.AnswerBreak:
		return s.answerBreak(q)
	case hotline.Recall:
		return s.recall(q)
	case hotline.UsePhone:
		return s.usePhone(q)
	case hotline.Lend:
		return s.lend(q)
	case hotline.Supervises:
		s.supervises(q)
		return nil
	case hotline.SetDevice:
		return s.setDevice(q)
	case hotline.CallGone:
		s.callGone(q)
		return nil
	case hotline.Heal:
		return s.heal(q)
	}
	return refused("request %T", q)
}

// nextDue is when something is to be done about the agent, zero for never: the end of after-call work, of a rest, of a break's
// allowance, of the wait for a relief, or of skills lent.
func (r *Router) nextDue(a *agent) time.Time {
	var due time.Time
	for _, t := range [...]time.Time{r.wrapOverAt(a), a.restOverAt(), r.breakOverAt(a), a.life.reliefUntil, a.life.lent.until} {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	return due
}

func (r *Router) wrapOverAt(a *agent) time.Time {
	if a.state != hotline.AgentWrapUp {
		return time.Time{}
	}
	return a.wrapUntil
}

func (a *agent) restOverAt() time.Time {
	if a.state != hotline.AgentNotReady {
		return time.Time{}
	}
	return a.life.until
}

// rearm sets the agent's timer anew after a change.
func (r *Router) rearm(a *agent) {
	due := r.nextDue(a)
	if due.Equal(a.due) {
		return
	}
	r.disarm(a.due, timerAgent, uint64(a.index))
	a.due = due
	r.arm(a.due, timerAgent, uint64(a.index), timer{agent: a})
}

// agentDue does for an agent what its time has come for.
func (s *step) agentDue(a *agent) {
	due := func(t time.Time) bool { return !t.IsZero() && !t.After(s.now) }
	switch {
	case due(s.breakOverAt(a)):
		s.overtime(a)
	case due(a.life.reliefUntil):
		s.depart(a)
	case due(a.life.lent.until):
		s.lendOver(a, "")
	case due(a.restOverAt()):
		s.set(a, hotline.AgentReady, "", hotline.SourceSystem)
	case due(s.wrapOverAt(a)):
		s.wrapOver(a, hotline.SourceSystem)
	}
	if due(a.due) { // several at one moment
		s.agentDue(a)
	}
}

// follows is the state that comes after the agent's call, as far as it is known.
func (a *agent) follows() asked {
	if a.next.state != "" {
		return a.next
	}
	return a.life.back
}

// applyLife makes a fact about an agent's working day true.
func (r *Router) applyLife(a *agent, ev hotline.Event) {
	l := &a.life
	switch f := ev.Fact.(type) {
	case hotline.DeviceChanged:
		l.ownPhone = f.Up
		r.seePhone(a)
	case hotline.PhoneTaken:
		r.applyPhoneTaken(a, f)
	case hotline.BreakAsked:
		r.applyBreakAsked(a, f)
	case hotline.BreakAnswered:
		if l.ask == f.Reason {
			r.outOfLine(a)
		}
	case hotline.SignOutAsked:
		r.awaits(a, "", time.Time{})
		if !f.Off {
			r.awaits(a, f.Relief, f.Until)
		}
	case hotline.Lent:
		r.applyLent(a, f)
	case hotline.WrapCoded:
		r.applyWrapCoded(a, ev, f)
	case hotline.WrapExtended:
		r.applyWrapExtended(a, f)
	case hotline.AlarmRaised:
		l.over = l.over || f.Alarm == alarmBreakOver
	case hotline.AlarmCleared:
		l.over = l.over && f.Alarm != alarmBreakOver
	}
}

// applyLifeSet is told of an agent's new state before the agent has it.
func (r *Router) applyLifeSet(a *agent, ev hotline.Event, f hotline.AgentSet) {
	l := &a.life
	calledIn := f.State == hotline.AgentConsult && !agentstate.InCall(a.state)
	if (f.State == hotline.AgentOutbound || calledIn) && a.state == hotline.AgentNotReady && !a.comeback { // who was only waiting for its phone is back
		l.back, l.backUntil = asked{a.state, a.reason, a.source}, l.until
	}
	switch {
	case f.State == hotline.AgentOutbound:
		t := &talk{contact: ev.Contact, call: ev.Call, at: ev.At}
		if ev.Queue != "" {
			t.queue = r.line(ev.Queue)
		}
		r.joinCall(a, t)
	case f.State != hotline.AgentWrapUp && !agentstate.Joined(f.State):
		l.back, l.backUntil = asked{}, time.Time{}
	}
	if f.State == hotline.AgentSignedOut {
		r.awaits(a, "", time.Time{})
	}
	l.misses, l.until = f.Misses, f.Until
}

// occupied says whether the agent has a call, or the work after one.
func (a *agent) occupied() bool { return agentstate.InCall(a.state) || a.state == hotline.AgentWrapUp }

// reason returns the not-ready reason of the file; ok is false for one of the engine's own.
func (r *Router) reason(id string) (reason centre.Reason, ok bool) {
	for _, f := range r.centre.Reasons {
		if f.ID == id {
			return f, true
		}
	}
	return centre.Reason{}, false
}

// signedOut clears what an agent that has left leaves behind.
func (s *step) signedOut(a *agent, source hotline.Source) {
	s.leaveLine(a, source)
	if a.life.desk != "" {
		s.emit(s.about(a, hotline.PhoneTaken{Was: a.life.desk, Source: source}))
	}
}

// person says whether somebody, and not a rule, has asked for it.
func person(source hotline.Source) bool { return source != hotline.SourceSystem }

// above says whether a source need not ask anybody.
func above(source hotline.Source) bool {
	return source == hotline.SourceLead || source == hotline.SourceSystem
}

// loss is the input that an offer lost by the agent's doing is to the table.
func loss(result hotline.OfferResult) agentstate.Input {
	switch result {
	case hotline.OfferNoAnswer:
		return agentstate.NoAnswer
	case hotline.OfferRejected:
		return agentstate.Rejected
	case hotline.OfferBusy:
		return agentstate.Busy
	}
	return agentstate.Unreachable
}

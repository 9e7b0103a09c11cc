package reports

import (
	"cmp"

	"hotline"
)

// stateUnknown is added to the states of the vocabulary: the engine was away.
const stateUnknown hotline.AgentState = "unknown"

// agent is one agent's live state and history. The fold owns it; the histories may be copied under its lock.
type agent struct {
	id      hotline.AgentID
	state   hotline.AgentState
	reason  string
	since   int64 // of the state
	from    int64 // start of the span not yet in spans: since, or the engine's start after it
	call    hotline.CallID
	contact hotline.ContactID
	queue   hotline.QueueID
	next    hotline.AgentState
	nextWhy string
	device  bool
	readyAt int64
	until   Moment // when the engine makes the agent ready again by itself
	misses  int    // offers let go in a row
	phone   hotline.PhoneID
	line    *breakLine      // it stands in line for a break
	recall  Recall          // a lead asked it to come back
	relief  hotline.AgentID // whom it waits for before it may leave
	wrap    *wrapping       // what it may code now
	hand    *Hand           // it wants the lead
	deskSeq uint64          // the last event that its desk should know of

	segment   *Segment // the one that is not over
	visit     *visit   // its visit
	wrapUntil Moment
	wrapQueue hotline.QueueID
	wrapLeft  int64 // when the state wrap_up ended

	spans    history[span]     // signed in, by end
	attempts history[attempt]  // rings that ended
	answers  history[int64]    // when calls were answered
	handled  history[*Segment] // segments that are over, by their end
	breaks   history[breakEnd]
	surveys  history[surveyStep]
	codes    history[codeStep]

	transfers history[transferStep]
	lent      *visit // it was called in for its customer and has not got it

	own  *ownTalk // its part of a call that an agent made
	owns history[ownStep]

	lending *LentView // skills for a limited time
	bad     []badCall // of late, at its phone: the oldest first
}

// span is a stay in one state.
type span struct {
	start, end int64
	state      hotline.AgentState
	reason     string
}

// attempt is one ring that ended.
type attempt struct {
	at     int64
	result hotline.OfferResult
	ring   int64
	visit  *visit // nil: on disk
	was    *rung  // what stays of it then
}

func (f *Fold) agent(id hotline.AgentID) *agent {
	a := f.agents[id]
	if a == nil {
		a = &agent{id: id, state: hotline.AgentSignedOut}
		a.attach(f.shelf)
		f.agents[id] = a
	}
	return a
}

// applyAgent follows what an agent does.
func (f *Fold) applyAgent(ev hotline.Event, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.AgentSet:
		f.agentSet(ev, fact, at)
	case hotline.AgentNext:
		a := f.agent(ev.Agent)
		a.next, a.nextWhy = fact.State, fact.Reason
	case hotline.DeviceChanged:
		f.agent(ev.Agent).device = fact.Up
	case hotline.PhoneTaken:
		f.agent(ev.Agent).phone = fact.Phone
	case hotline.Lent:
		f.agent(ev.Agent).lending = lentView(fact, at)
	case hotline.LegEnded:
		f.heardBad(ev, fact, at)
	case hotline.BreakAsked, hotline.BreakAnswered, hotline.Recalled, hotline.SignOutAsked:
		f.applyBreak(ev, at)
	}
}

func (f *Fold) agentSet(ev hotline.Event, s hotline.AgentSet, at int64) {
	a := f.agent(ev.Agent)
	state := s.State
	if c := f.calls[cmp.Or(ev.Call, a.call)]; c != nil && c.ownMaking() {
		switch state {
		case hotline.AgentRinging, hotline.AgentTalking, hotline.AgentHeld:
			state = hotline.AgentOutbound
		}
	}
	at = max(at, a.from)
	a.closeSpan(f, at)
	if a.state == hotline.AgentWrapUp {
		a.wrapLeft = at
	}
	if state != a.state || s.Reason != a.reason {
		a.recall = Recall{}
	}
	a.state, a.reason, a.since, a.from = state, s.Reason, at, at
	a.until, a.misses = At(s.Until), s.Misses
	if a.next != s.Next {
		a.next, a.nextWhy = s.Next, ""
	}
	switch state {
	case hotline.AgentReady:
		a.readyAt = at
		fallthrough
	case hotline.AgentNotReady, hotline.AgentSignedOut:
		if state == hotline.AgentSignedOut {
			a.relief, a.line = "", nil
		}
		a.call, a.contact, a.queue = "", "", ""
	default:
		if ev.Call != "" {
			a.work(f, ev, ev.Queue)
		}
	}
}

// closeSpan puts the time up to at into the history. Time signed out is not kept.
func (a *agent) closeSpan(f *Fold, at int64) {
	if a.state == hotline.AgentSignedOut || at <= a.from {
		return
	}
	a.spans.addSince(a.from, at, span{start: a.from, end: at, state: a.state, reason: a.reason})
	f.metrics.stateTime(f.book.agent(a.id).Team, a.state, at-a.from)
}

// unknown marks [from, to) as time in which nobody could see the agent; its state goes on after it unless the shard
// says otherwise.
func (a *agent) unknown(f *Fold, from, to int64) {
	if a.state == hotline.AgentSignedOut || to <= from {
		return
	}
	from = max(from, a.from)
	a.closeSpan(f, from)
	state, reason := a.state, a.reason
	a.state, a.reason, a.from = stateUnknown, "", from
	a.closeSpan(f, to)
	a.state, a.reason, a.from = state, reason, max(from, to)
}

// work notes what the agent is busy with.
func (a *agent) work(f *Fold, ev hotline.Event, q hotline.QueueID) {
	a.call, a.contact = ev.Call, ev.Contact
	if c := f.calls[ev.Call]; c != nil && a.contact == "" {
		a.contact = c.view.Contact
	}
	if q != "" {
		a.queue = q
	}
}

// rest forgets the call, if it is still that one.
func (a *agent) rest(call hotline.CallID) {
	if a.call == call {
		a.call, a.contact, a.queue = "", "", ""
	}
}

// open is the span that is not over yet, up to now.
func (a *agent) open(now int64) (span, bool) {
	if a.state == hotline.AgentSignedOut || now <= a.from {
		return span{}, false
	}
	return span{start: a.from, end: now, state: a.state, reason: a.reason}, true
}

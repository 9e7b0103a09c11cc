package reports

import (
	"cmp"

	"hotline"
)

// liveCall is a call that is up. The fold owns it.
type liveCall struct {
	view  CallView
	rec   *record // nil: an agent's own call to the engine, or a colleague: no contact of a customer
	visit hotline.VisitID
	own   *ownCall // an agent made it; nil: none did

	watches bool // it is a supervisor's line

	lined   bool // counted among the calls that are up
	heard   bool // somebody or something has answered it
	further []furtherLine
	path    *path // its way through the flow, until an agent has it; nil: none
}

// ownMaking says that an agent made the call: what it does in it is outbound work. A call that keeps a promise is not.
func (c *liveCall) ownMaking() bool {
	return c.view.Direction == hotline.Outbound && c.view.Callback == ""
}

// applyCall follows calls and legs, for the live list and the contact record.
func (f *Fold) applyCall(ev hotline.Event, rec *record, at int64) {
	if c := f.calls[ev.Call]; c != nil {
		c.view.Rev = ev.Seq
	}
	switch fact := ev.Fact.(type) {
	case hotline.CallStarted:
		f.callStarted(ev, fact, rec, at)
		return
	case hotline.CallEnded:
		f.callEnded(ev, fact, rec, at)
		return
	case hotline.LegStarted, hotline.LegRang, hotline.LegAnswered, hotline.LegEnded, hotline.MediaWentSilent:
		if rec != nil {
			f.leg(ev, rec, at)
		}
		return
	case hotline.FlowStepped:
		if rec != nil && len(rec.c.Flow) < maxTimeline {
			rec.c.Flow = append(rec.c.Flow, FlowStep{Moment(at), fact.Flow, fact.Path, fact.Step, fact.Detail})
		}
	case hotline.ConsentAsked:
		if rec != nil {
			rec.c.Consent = &fact.Given
		}
	}
	if c := f.calls[ev.Call]; c != nil {
		c.step(f, ev, at)
	}
}

func (f *Fold) callStarted(ev hotline.Event, s hotline.CallStarted, rec *record, at int64) {
	if f.calls[ev.Call] != nil {
		f.metrics.late.Inc()
		return
	}
	id := ev.Contact
	if rec != nil {
		id = rec.c.ID
		rec.c.Calls = append(rec.c.Calls, ev.Call)
		rec.up++
		rec.c.Ended = 0
		f.know(rec)
	}
	f.calls[ev.Call] = &liveCall{rec: rec, view: CallView{
		ID: ev.Call, Contact: id, Direction: s.Direction, Started: Moment(at), Phase: PhaseFlow, Since: Moment(at),
		From: s.From, To: s.To, Trunk: s.Trunk, Flow: s.Flow, Callback: s.Callback, Test: s.Test, Rev: ev.Seq,
	}}
}

func (f *Fold) callEnded(ev hotline.Event, e hotline.CallEnded, rec *record, at int64) {
	c := f.calls[ev.Call]
	if c == nil {
		f.metrics.late.Inc()
		return
	}
	delete(f.calls, ev.Call)
	f.ownEnded(c)
	f.lineEnded(c, e, at)
	f.pathEnded(c, e, at)
	if rec == nil {
		return
	}
	rec.up--
	rec.c.Cause, rec.c.By = e.Cause, e.By
	if rec.up <= 0 {
		rec.c.Ended = Moment(at)
		f.packLater(rec)
	}
}

// conferring is the number of parties of what is a conference; 0: it is none any more.
func conferring(parties int) int {
	if parties < 3 {
		return 0
	}
	return parties
}

// step moves the call to its next phase.
func (c *liveCall) step(f *Fold, ev hotline.Event, at int64) {
	v := &c.view
	switch fact := ev.Fact.(type) {
	case hotline.FlowStepped:
		v.Flow = fact.Path
	case hotline.Queued:
		if fact.Beside != "" { // it waits already: shown in the first of its queues
			return
		}
		v.Phase, v.Since, v.Queue, v.Priority = PhaseWaiting, Moment(at), ev.Queue, fact.Priority
		if !fact.Since.IsZero() {
			v.Since = At(fact.Since)
		}
		c.visit = fact.Visit
	case hotline.Reprioritised:
		if fact.Visit == c.visit {
			v.Priority = fact.Priority
		}
	case hotline.Offered:
		v.Phase, v.Agent = PhaseRinging, ev.Agent
	case hotline.OfferLost:
		if open := f.open[fact.Visit]; v.Phase == PhaseRinging && (open == nil || open.ringing == 0) { // ring-all: the last one
			v.Phase, v.Agent = PhaseWaiting, ""
		}
	case hotline.Connected:
		v.Phase, v.Agent, v.Queue, c.visit = PhaseJoining, ev.Agent, cmp.Or(ev.Queue, v.Queue), fact.Visit
	case hotline.Answered:
		v.Phase, v.Since = PhaseTalking, Moment(at)
	case hotline.Joined:
		v.Phase, v.Since, v.Agent = PhaseTalking, Moment(at), ev.Agent
	case hotline.Transferred:
		c.transferred(ev.Agent, fact, at)
	case hotline.Held:
		if fact.By == hotline.RoleCustomer || fact.Away { // the talk goes on: with who is back soon, or without an agent of a conference
			return
		}
		v.Phase, v.Since = PhaseTalking, Moment(at)
		if fact.On {
			v.Phase = PhaseHeld
		}
	case hotline.Muted:
		v.Muted = v.Muted && !fact.Own || fact.Own && fact.On
	case hotline.Conferred:
		v.Parties = fact.Parties
	case hotline.PartyLeft:
		v.Parties = conferring(fact.Parties)
	case hotline.Released:
		if ev.Agent != v.Agent { // who handed the customer on, or was called in for nothing
			return
		}
		v.Phase, v.Since = PhaseEnding, Moment(at)
	case hotline.Abandoned:
		c.left(fact.Visit, at)
	case hotline.Left:
		c.left(fact.Visit, at)
	}
}

// transferred takes the agent from the call who has handed it on. Outside the centre it goes on without one.
func (c *liveCall) transferred(agent hotline.AgentID, x hotline.Transferred, at int64) {
	v := &c.view
	if x.Result != hotline.TransferDone || v.Agent != agent {
		return
	}
	v.Agent = ""
	switch x.Target {
	case hotline.TargetNumber, hotline.TargetSupervisor:
		v.Phase, v.Since = PhaseTalking, Moment(at)
	case hotline.TargetFlow:
		v.Phase, v.Since = PhaseFlow, Moment(at)
	}
}

// left takes the call out of its queue. A further visit that is over beside the one that counts changes nothing.
func (c *liveCall) left(id hotline.VisitID, at int64) {
	if id == c.visit {
		v := &c.view
		v.Phase, v.Since, v.Queue, v.Agent = PhaseFlow, Moment(at), "", ""
	}
}

// leg follows one party's line.
func (f *Fold) leg(ev hotline.Event, rec *record, at int64) {
	l := rec.leg(ev.Leg)
	if l == nil {
		if len(rec.c.Legs) >= maxLegs {
			return
		}
		rec.c.Legs = append(rec.c.Legs, Leg{ID: ev.Leg})
		l = &rec.c.Legs[len(rec.c.Legs)-1]
	}
	if ev.Agent != "" {
		l.Agent = ev.Agent
	}
	switch fact := ev.Fact.(type) {
	case hotline.LegStarted:
		l.Role, l.To, l.Offer, l.Started = fact.Role, fact.To, fact.Offer, Moment(at)
		if o := f.offers[fact.Offer]; o != nil {
			l.Agent = o.agent
			f.metrics.dispatched(at - o.free)
		}
	case hotline.LegRang:
		l.Rang = Moment(at)
		if o := f.offers[l.Offer]; o != nil {
			f.metrics.setup("ring", at-o.at)
		}
	case hotline.LegAnswered:
		l.Answered, l.Codec = Moment(at), fact.Codec
		if fact.Role != "" {
			l.Role = fact.Role
		}
		if l.Role == hotline.RoleCustomer {
			f.metrics.setup("answer", at-int64(rec.c.Started))
		}
	case hotline.LegEnded:
		l.Ended, l.Cause = Moment(at), fact.Cause
		if fact.Role != "" {
			l.Role = fact.Role
		}
		stats := fact.Stats
		l.Stats = &stats
		if !rec.c.Test {
			f.metrics.quality(&stats)
		}
	case hotline.MediaWentSilent:
		l.SilentMS = max(l.SilentMS, fact.MS)
	}
}

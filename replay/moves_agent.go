package replay

import "hotline"

// released reads the end of a talk.
func (r *recording) released(ev hotline.Event, f hotline.Released) {
	q := hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: f.Cause, By: f.By}
	t := r.state.talks[ev.Agent]
	if t == nil {
		r.did(ev, q)
		return
	}
	t.length, t.wrapUntil = ev.At.Sub(t.at), f.WrapUntil
	t.moves = append(t.moves, at(ev, q))
}

// callback reads the life of a promise to call back.
func (r *recording) callback(own []hotline.Event, i int) {
	ev := own[i]
	switch f := ev.Fact.(type) {
	case hotline.CallbackAsked:
		r.did(ev, hotline.AskCallback{
			Contact: ev.Contact, Call: ev.Call, Visit: f.Visit, Queue: ev.Queue, Number: f.Number, From: f.From, Attrs: f.Attrs,
			Place: f.Place,
		})
	case hotline.CallbackDue:
		r.state.tries[f.Callback] = f.Until
		if !earlier(own, i, func(e hotline.Event) bool { return e.Agent == ev.Agent || e.Contact == ev.Contact }) {
			r.tick(own, i) // a try was due, or the hours began
		}
		if first(own, i) { // its time has come
			r.tick(own, i)
		}
	case hotline.CallbackTried:
		if until, ok := r.state.tries[f.Callback]; ok && !ev.At.Before(until) {
			r.tick(own, i)
			return
		}
		r.did(ev, hotline.CallbackFailed{Callback: f.Callback, Call: ev.Call, Cause: f.Cause})
	case hotline.CallbackEnded:
		switch f.Result {
		case "cancelled":
			r.did(ev, hotline.CancelCallback{Callback: f.Callback, By: f.By})
		case "expired":
			r.tick(own, i)
		}
	}
}

// agent reads a fact about an agent.
func (r *recording) agent(own []hotline.Event, i int) {
	ev := own[i]
	switch f := ev.Fact.(type) {
	case hotline.AgentSet:
		r.agentSet(own, i, f)
	case hotline.AgentNext:
		state := f.State
		if state == "" {
			state = hotline.AgentReady
		}
		granted := earlier(own, i, func(e hotline.Event) bool {
			b, ok := e.Fact.(hotline.BreakAnswered)
			return ok && b.Granted && e.Agent == ev.Agent
		})
		if !granted && f.Source != hotline.SourceSystem { // the relief has signed in
			r.did(ev, hotline.SetAgent{Agent: ev.Agent, State: state, Reason: f.Reason, Source: f.Source})
		}
	case hotline.WrapEnded:
		r.wrapEnded(own, i, f)
	case hotline.WrapCoded:
		r.ofTalk(ev, hotline.CodeWrap{
			Agent: ev.Agent, Contact: ev.Contact, Call: ev.Call, Visit: f.Visit, Queue: ev.Queue, Code: f.Code, By: f.By,
		})
	case hotline.WrapExtended:
		if t := r.state.talks[ev.Agent]; t != nil {
			t.wrapUntil = f.Until
		}
		r.ofTalk(ev, hotline.ExtendWrap{Agent: ev.Agent, Source: f.Source})
	case hotline.DeviceChanged:
		phone := ev.Agent
		if f.Phone != "" {
			phone = hotline.AgentID(f.Phone)
		}
		r.did(ev, hotline.SetDevice{Agent: phone, Up: f.Up})
	case hotline.BreakAsked:
		r.did(ev, hotline.AskBreak{Agent: ev.Agent, Reason: f.Reason, Source: hotline.SourceAgent})
	case hotline.BreakAnswered:
		switch f.Source {
		case hotline.SourceLead:
			r.did(ev, hotline.AnswerBreak{Agent: ev.Agent, Grant: f.Granted, By: f.By})
		case hotline.SourceAgent, hotline.SourcePhone, hotline.SourceAPI:
			if !f.Granted {
				r.did(ev, hotline.AskBreak{Agent: ev.Agent, Source: f.Source})
			}
		}
	case hotline.CalledIn:
		delete(r.state.talks, ev.Agent) // what it does from now on is not part of its last talk
		r.did(ev, hotline.CallIn{Agent: ev.Agent, Contact: ev.Contact, Call: ev.Call, Visit: f.Visit, By: f.By})
	case hotline.Joined:
		r.did(ev, hotline.Join{Agent: ev.Agent, Call: ev.Call, Leg: f.Leg, Visit: f.Visit, Queue: ev.Queue})
	case hotline.Recalled:
		r.did(ev, hotline.Recall{Agent: ev.Agent, By: f.By})
	case hotline.PhoneTaken:
		if f.Source != hotline.SourceSystem {
			r.did(ev, hotline.UsePhone{Agent: ev.Agent, Phone: f.Phone, Source: f.Source})
		}
	case hotline.SignOutAsked:
		state := hotline.AgentSignedOut
		if f.Off {
			state = hotline.AgentReady
		}
		r.did(ev, hotline.SetAgent{Agent: ev.Agent, State: state, Source: hotline.SourceAgent})
	case hotline.AlarmRaised, hotline.AlarmCleared:
		if !followed(own, i) {
			r.tick(own, i)
		}
	}
}

// ofTalk notes a request that belongs to what the agent does with a contact, where that is known.
func (r *recording) ofTalk(ev hotline.Event, q hotline.Request) {
	if t := r.state.talks[ev.Agent]; t != nil && r.state.calls[ev.Agent] == ev.Call {
		t.moves = append(t.moves, at(ev, q))
		return
	}
	r.did(ev, q)
}

// consequence says whether a state followed from the fact about the agent just before it. A phone's coming and going changes
// states by itself only, and one state follows from another only if the engine sets it.
func consequence(own []hotline.Event, i int, source hotline.Source) bool {
	by := source == hotline.SourceSystem
	for j := i - 1; j >= 0 && i-j < 64 && own[j].At.Equal(own[i].At); j-- {
		if own[j].Agent != own[i].Agent {
			continue
		}
		switch f := own[j].Fact.(type) {
		case hotline.DeviceChanged:
			return by || source == hotline.SourcePhone
		case hotline.AgentSet:
			return by
		case hotline.BreakAsked:
			continue
		case hotline.BreakAnswered:
			if !f.Granted { // no longer wanted, because of this
				continue
			}
		}
		return true
	}
	return false
}

// followed says whether something else happened to the agent in the same moment before: the fact followed from that.
func followed(own []hotline.Event, i int) bool {
	return earlier(own, i, func(e hotline.Event) bool { return e.Agent == own[i].Agent })
}

func (r *recording) agentSet(own []hotline.Event, i int, f hotline.AgentSet) {
	ev := own[i]
	inTalk := func(s hotline.AgentState) bool {
		return s == hotline.AgentTalking || s == hotline.AgentHeld || s == hotline.AgentConsult || s == hotline.AgentConfer
	}
	switch {
	case f.State == hotline.AgentRinging && f.From == hotline.AgentReserved:
		r.rang(ev)
	case inTalk(f.State) && inTalk(f.From) && f.Source == hotline.SourceSystem: // the agent who was called in is joined
	case inTalk(f.State) && inTalk(f.From):
		q := hotline.SetTalk{Agent: ev.Agent, Call: r.state.calls[ev.Agent], State: f.State}
		if t := r.state.talks[ev.Agent]; t != nil {
			t.moves = append(t.moves, at(ev, q))
		} else {
			r.did(ev, q)
		}
	case f.State == hotline.AgentReserved, f.State == hotline.AgentRinging, f.State == hotline.AgentWrapUp, inTalk(f.State):
	case f.State == hotline.AgentOutbound:
		r.did(ev, hotline.BeginOutbound{Agent: ev.Agent, Contact: ev.Contact, Call: ev.Call, Queue: ev.Queue})
	case consequence(own, i, f.Source):
	case f.Source == hotline.SourceSystem && f.Reason == hotline.ReasonSupervising:
		r.did(ev, hotline.Supervises{Agent: ev.Agent})
	case f.Source == hotline.SourceSystem && f.Was == hotline.ReasonSupervising && f.State == hotline.AgentReady:
		r.did(ev, hotline.Supervises{Agent: ev.Agent, Off: true})
	case f.Source == hotline.SourceSystem:
		r.tick(own, i)
	default:
		r.did(ev, hotline.SetAgent{Agent: ev.Agent, State: f.State, Reason: f.Reason, Source: f.Source})
	}
}

// rang notes that the offer under way at the agent began to ring.
func (r *recording) rang(ev hotline.Event) {
	all := r.rings[ev.Agent]
	if len(all) == 0 { // it was asked before the span
		r.did(ev, hotline.Rang{Offer: r.state.asked[ev.Agent]})
		return
	}
	m := at(ev, hotline.Rang{Offer: all[len(all)-1].id})
	all[len(all)-1].rang = &m
}

// wrapEnded reads the end of after-call work: by the time, by the agent's word, or by the state asked for instead.
func (r *recording) wrapEnded(own []hotline.Event, i int, f hotline.WrapEnded) {
	ev := own[i]
	if f.Source == hotline.SourceSystem {
		if t := r.state.talks[ev.Agent]; t != nil && !t.wrapUntil.IsZero() {
			r.clock(ev.At.Sub(t.wrapUntil))
		}
		r.tick(own, i)
		return
	}
	var q hotline.Request = hotline.EndWrap{Agent: ev.Agent, Source: f.Source}
	next := i + 1
	if next < len(own) && own[next].Agent == ev.Agent && own[next].At.Equal(ev.At) {
		if _, ok := own[next].Fact.(hotline.CalledIn); ok {
			return // ended by a colleague's call, which is asked for again
		}
	}
	if next < len(own) && own[next].Agent == ev.Agent {
		if b, ok := own[next].Fact.(hotline.BreakAnswered); ok && !b.Granted { // no longer wanted, because of this
			next++
		}
	}
	if next < len(own) && own[next].Agent == ev.Agent && own[next].At.Equal(ev.At) {
		if set, ok := own[next].Fact.(hotline.AgentSet); ok && set.Reason != hotline.ReasonDeviceLost &&
			!follows(r.state.next[ev.Agent], set) { // ready without a phone is device_lost
			q = hotline.SetAgent{Agent: ev.Agent, State: set.State, Reason: set.Reason, Source: f.Source}
		}
	}
	t := r.state.talks[ev.Agent]
	if t == nil {
		r.did(ev, q)
		return
	}
	t.wrap = ev.At.Sub(t.at.Add(t.length))
	t.moves = append(t.moves, at(ev, q))
	delete(r.state.talks, ev.Agent)
}

// follows says whether a state is the one that comes after work by itself: what was asked for, else ready.
func follows(next hotline.AgentNext, set hotline.AgentSet) bool {
	if next.State == "" {
		return set.State == hotline.AgentReady
	}
	return set.State == next.State && set.Reason == next.Reason
}

package main

import (
	"strings"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/reports"
)

// mostMessage bounds the length of a message that nobody saw the end of.
const mostMessage = 2 * time.Minute

// cutOff closes in the log a call that a stop of the engine cut off: its legs, a message that was being left, the call.
func cutOff(now time.Time, call hotline.CallID, c reports.Contact) []hotline.Event {
	var evs []hotline.Event
	add := func(ev hotline.Event) {
		ev.At, ev.Call, ev.Contact = now, call, c.ID
		evs = append(evs, ev)
	}
	var answered time.Time // of the customer: where the recording begins
	for _, l := range c.Legs {
		if l.Role == hotline.RoleCustomer && answered.IsZero() {
			answered = l.Answered.Time()
		}
		if l.Ended == 0 && strings.HasPrefix(string(l.ID), string(call)+"-") {
			add(hotline.Event{Leg: l.ID, Agent: l.Agent, Fact: hotline.LegEnded{Role: l.Role, Cause: hotline.CauseRestart}})
		}
	}
	if n := len(c.Flow); n > 0 && c.Flow[n-1].Step == centre.StepVoicemail && !answered.IsZero() {
		// What was said up to now is in the recording. Somebody has to hear it: nobody else knows of it.
		from := c.Flow[n-1].At.Time()
		add(hotline.Event{Fact: hotline.VoicemailLeft{
			Task: hotline.TaskID(string(c.ID) + ".cut"), Due: now.Add(24 * time.Hour), From: c.From,
			OffsetMS: max(0, from.Sub(answered).Milliseconds()), MS: min(max(0, now.Sub(from)), mostMessage).Milliseconds(),
		}})
	}
	add(hotline.Event{Fact: hotline.CallEnded{Cause: hotline.CauseRestart}})
	return evs
}

package main

import (
	"testing"
	"time"

	"hotline"
	"hotline/reports"
)

// TestCutOff: legs that were up are ended, those that were not are left alone, and a message that was being left is a task.
func TestCutOff(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 1, 0, 0, time.UTC)
	at := func(s int) reports.Moment { return reports.At(now.Add(time.Duration(s) * time.Second)) }
	c := reports.Contact{
		ID: "c1", From: hotline.Party{Number: "138"},
		Legs: []reports.Leg{
			{ID: "c1-0", Role: hotline.RoleCustomer, Answered: at(-50)},
			{ID: "c1-1", Role: hotline.RoleAgent, Agent: "8001", Ended: at(-20)},
			{ID: "c0-0", Role: hotline.RoleCustomer},
		},
		Flow: []reports.FlowStep{{Step: "menu", At: at(-40)}, {Step: "voicemail", At: at(-10)}},
	}
	evs := cutOff(now, "c1", c)
	if len(evs) != 3 {
		t.Fatalf("%+v", evs)
	}
	if f, ok := evs[0].Fact.(hotline.LegEnded); !ok || evs[0].Leg != "c1-0" || f.Cause != hotline.CauseRestart {
		t.Errorf("%+v", evs[0])
	}
	if f, ok := evs[1].Fact.(hotline.VoicemailLeft); !ok || f.OffsetMS != 40_000 || f.MS != 10_000 || f.Due.IsZero() {
		t.Errorf("%+v", evs[1])
	}
	if _, ok := evs[2].Fact.(hotline.CallEnded); !ok || evs[2].Contact != "c1" {
		t.Errorf("%+v", evs[2])
	}
	c.Flow = append(c.Flow, reports.FlowStep{Step: "play", At: at(-1)})
	if evs := cutOff(now, "c1", c); len(evs) != 2 {
		t.Errorf("a message that was over: %+v", evs)
	}
}

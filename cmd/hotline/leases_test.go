package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/acd"
)

// TestWatch: who lost its call or dialog is healed at the second look, who has one never, and what ends in time is left alone.
func TestWatch(t *testing.T) {
	calls := map[hotline.CallID]bool{"c1": true, "c2": true, "c4": true, "c6": true}
	legs := map[hotline.LegID]bool{"c1-1": true, "c4-1": true, "d-0": true}
	w := watch{
		call: func(c hotline.CallID) bool { return calls[c] }, leg: func(l hotline.LegID) bool { return legs[l] },
		line: func(c hotline.CallID, a hotline.AgentID) hotline.LegID { // the customer has left: it speaks on by its second line
			return map[hotline.AgentID]hotline.LegID{"8006": "d-0"}[a]
		},
	}
	leases := []acd.Lease{{Agent: "8001", Call: "c1", Leg: "c1-1"}, {Agent: "8002", Call: "c2", Leg: "c2-1"}, {Agent: "8003", Call: "c3"}, {Agent: "8006", Call: "c6", Leg: "c6-1"}, {Agent: "8004", Call: "c4"}}
	if got := w.look(leases); got != nil {
		t.Errorf("healed at first sight: %v", got)
	}
	want := []hotline.Heal{
		{Agent: "8002", Call: "c2", Evidence: "no dialog for leg c2-1"}, {Agent: "8003", Call: "c3", Evidence: "no call c3"},
	}
	if d := cmp.Diff(want, w.look(leases)); d != "" {
		t.Error(d)
	}
	delete(calls, "c1")
	w.look(leases[:1])
	if got := w.look([]acd.Lease{{Agent: "8001", Call: "c5"}}); got != nil {
		t.Errorf("another call of the same agent is healed: %v", got)
	}
}

// TestDesks: a call from a desk is its sitter's, until somebody else sits down or the sitter goes.
func TestDesks(t *testing.T) {
	var d desks
	sit := func(a hotline.AgentID, phone, was hotline.PhoneID) {
		d.apply(hotline.Event{Agent: a, Fact: hotline.PhoneTaken{Phone: phone, Was: was}})
	}
	sit("8001", "d1", "")
	sit("8002", "d2", "")
	sit("8002", "d1", "d2") // the former sitter's leaving is told before or after
	sit("8001", "", "d1")
	if a, b, c := d.sitter("d1"), d.sitter("d2"), d.sitter("8003"); a != "8002" || b != "d2" || c != "8003" {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}

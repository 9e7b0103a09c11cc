package recorder

import (
	"testing"
	"time"

	"hotline"
)

// TestConferenceSpan: a span runs from the third who speaks with the others until two are left, whoever left.
func TestConferenceSpan(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	st := new(story)
	for i, f := range []hotline.Fact{
		hotline.CallStarted{},
		hotline.Conferred{Parties: 3},
		hotline.Conferred{Parties: 4},
		hotline.PartyLeft{Parties: 3},
		hotline.Transferred{How: hotline.TransferConference, Result: hotline.TransferDone, Target: hotline.TargetAgent},
		hotline.Conferred{Parties: 3},
		hotline.PartyLeft{Parties: 2},
	} {
		st.apply(hotline.Event{At: start.Add(time.Duration(i) * time.Second), Contact: "c", Agent: "8001", Queue: "claims", Fact: f})
	}
	var got []time.Duration
	for _, s := range st.list {
		if s.Kind == "conference" {
			got = append(got, s.from.Sub(start), s.to.Sub(start))
		}
	}
	want := []time.Duration{1 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got, want)
			break
		}
	}
}

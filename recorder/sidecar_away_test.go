package recorder

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestAwaySpan: who leaves a conference for a while has a span of its own, beside that of another and beside a hold of the customer,
// and hold and handling are what they would be without.
func TestAwaySpan(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	st := new(story)
	for i, s := range []struct {
		agent hotline.AgentID
		fact  hotline.Fact
	}{
		{"", hotline.CallStarted{}},
		{"8001", hotline.Joined{}},
		{"8001", hotline.Conferred{Parties: 3}},
		{"8001", hotline.Held{On: true, Away: true}},
		{"8002", hotline.Held{On: true, Away: true}},
		{"8001", hotline.Held{Away: true, MS: 2000}},
		{"8001", hotline.PartyLeft{Parties: 2}},
		{"8001", hotline.Held{On: true}},
		{"8001", hotline.Held{MS: 1000}},
		{"8002", hotline.Released{}},
		{"8001", hotline.Released{}},
	} {
		st.apply(hotline.Event{At: start.Add(time.Duration(i) * time.Second), Contact: "c", Agent: s.agent, Queue: "claims", Fact: s.fact})
	}
	var got []Span
	for _, s := range st.list {
		s.FromMS, s.ToMS = s.from.Sub(start).Milliseconds(), s.to.Sub(start).Milliseconds()
		got = append(got, s.Span)
	}
	want := []Span{
		{Kind: "agent", Queue: "claims", Agent: "8001", FromMS: 1000, ToMS: 10_000},
		{Kind: "conference", Queue: "claims", Agent: "8001", FromMS: 2000, ToMS: 6000},
		{Kind: "away", Queue: "claims", Agent: "8001", FromMS: 3000, ToMS: 5000},
		{Kind: "away", Queue: "claims", Agent: "8002", FromMS: 4000, ToMS: 9000},
		{Kind: "hold", Queue: "claims", Agent: "8001", FromMS: 7000, ToMS: 8000},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

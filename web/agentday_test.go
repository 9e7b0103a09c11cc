package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

// An agent's desk draws its own day: no quarter holds more than a quarter of an hour, the states' sums are those of the
// report, the contacts are its own with their numbers masked, and nobody else's day is shown to it.
func TestAgentDay(t *testing.T) {
	b := newBench(t, afternoon(t))
	mine := b.as(t, auth.Agent)
	var got agentDay
	r := b.get(t, mine, "/api/v1/agents/8001/day")
	if err := json.Unmarshal([]byte(r.body), &got); r.StatusCode != http.StatusOK || err != nil {
		t.Fatalf("%s %v\n%s", r.Status, err, r.body)
	}
	if len(got.Quarters) != 3 || len(got.Recent) == 0 || len(got.Recent) > recentMost {
		t.Fatalf("%d quarters, %d contacts", len(got.Quarters), len(got.Recent))
	}
	var talk, all int64
	for _, q := range got.Quarters {
		sum := q.TalkMS + q.WrapMS + q.ReadyMS + q.NotReadyMS
		if sum > 15*60*1000 {
			t.Errorf("%v holds %d ms", q.Start, sum)
		}
		talk, all = talk+q.TalkMS, all+sum
	}
	var now agentNow
	if err := json.Unmarshal([]byte(b.get(t, mine, "/api/v1/agents/8001").body), &now); err != nil {
		t.Fatal(err)
	}
	s := now.Today.States
	if want := s.ReservedMS + s.RingingMS + s.TalkingMS + s.HeldMS + s.ConsultingMS + s.ConferenceMS + s.OutboundMS; talk != want || all != now.Today.SignedInMS {
		t.Errorf("quarters hold %d ms of talk and %d in all, the report %d and %d", talk, all, want, now.Today.SignedInMS)
	}
	for i, c := range got.Recent {
		if !strings.Contains(c.From.Number, "****") || c.From.Name != "" {
			t.Errorf("an agent is shown %+v", c.From)
		}
		if i > 0 && got.Recent[i-1].At < c.At {
			t.Error("the newest does not stand first")
		}
	}
	if r := b.get(t, mine, "/api/v1/agents/8002/day"); r.StatusCode != http.StatusForbidden {
		t.Errorf("another's day: %s", r.Status)
	}
	if r := b.get(t, b.as(t, auth.Lead), "/api/v1/agents/9999/day"); r.StatusCode != http.StatusNotFound {
		t.Errorf("nobody's day: %s", r.Status)
	}
}

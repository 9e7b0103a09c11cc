package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// beside writes the log of calls that wait in two queues at once; each ends after ten seconds, in its own way.
type beside struct {
	script
	n int
}

func (b *beside) call(end func(at int64, first, second hotline.Event, v1, v2 hotline.VisitID)) {
	b.n++
	id := hotline.ContactID([]string{"", "c1", "c2", "c3", "c4", "c5"}[b.n])
	at := int64(b.n) * 100_000
	ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
	b.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound})
	first, second := ev, ev
	first.Queue, second.Queue = "claims", "rescue"
	v1, v2 := id.Visit(1), id.Visit(1)+"+rescue"
	b.add(at, first, hotline.Queued{Visit: v1, Entry: hotline.EntryIVR, Since: time.UnixMilli(at)})
	b.add(at+4000, second, hotline.Queued{
		Visit: v2, Entry: hotline.EntryOverflow, Since: time.UnixMilli(at + 4000), Place: time.UnixMilli(at), Beside: v1,
	})
	end(at+10_000, first, second, v1, v2)
}

// TestBeside: of several visits at once one counts. The others are in no rate, an abandon is the first one's, and a call is
// one call.
func TestBeside(t *testing.T) {
	b := &beside{}
	b.call(func(at int64, first, second hotline.Event, v1, v2 hotline.VisitID) { // the overflow queue answers
		second.Agent = "a3"
		b.add(at-2000, second, hotline.Offered{Visit: v2, Offer: "o1"})
		b.add(at, second, hotline.Connected{Visit: v2, Offer: "o1", WaitMS: 6000, RingMS: 2000})
		b.add(at, first, hotline.Left{Visit: v1, Outcome: hotline.OutcomeDequeued, WaitMS: 10_000})
		b.add(at, second, hotline.Answered{Visit: v2, WaitMS: 6000})
	})
	b.call(func(at int64, first, second hotline.Event, v1, v2 hotline.VisitID) { // the caller leaves
		b.add(at, first, hotline.Abandoned{Visit: v1, WaitMS: 10_000})
		b.add(at, second, hotline.Left{Visit: v2, Outcome: hotline.OutcomeDequeued, WaitMS: 6000})
		b.add(at, first, hotline.CallEnded{By: hotline.RoleCustomer})
	})
	b.call(func(at int64, first, second hotline.Event, v1, v2 hotline.VisitID) { // a rule of the first queue
		b.add(at, first, hotline.Left{Visit: v1, Outcome: hotline.OutcomeNoAgents, Rule: hotline.RuleNoAgents, Then: "voicemail", WaitMS: 10_000})
		b.add(at, second, hotline.Left{Visit: v2, Outcome: hotline.OutcomeDequeued, WaitMS: 6000})
		b.add(at, first, hotline.CallEnded{})
	})
	b.call(func(at int64, first, second hotline.Event, v1, v2 hotline.VisitID) {}) // waits still
	now := &clock{time.UnixMilli(415_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	b.apply(f)
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	checkIdentities(t, r)
	claims, rescue, total := r.Rows[0], r.Rows[1], r.Totals[0]
	got := [][]int{counts(claims), counts(rescue), counts(total)}
	//                   requested answered abandoned no_agents waiting dequeued
	want := [][]int{{3, 0, 1, 1, 1, 1}, {2, 1, 0, 0, 1, 2}, {5, 1, 1, 1, 2, 3}}
	for i, name := range []string{"claims", "rescue", "total"} {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%s: %v, want %v", name, got[i], want[i])
		}
	}
	if total.Calls.CallCounts != (CallCounts{Calls: 4, Answered: 1, Within: 1, Waiting: 1, Abandoned: 1}) {
		t.Errorf("calls %+v", *total.Calls)
	}
	if a := rescue.ASAMS; a == nil || *a != 6000 {
		t.Errorf("the wait of the second visit is %v, want 6000: its place is older, its wait is not", a)
	}
	v := f.View(now.t)
	if v.Totals.Waiting.Waiting != 2 || v.Totals.Calls.Waiting != 1 {
		t.Errorf("waiting %d visits, %d calls, want 2 and 1", v.Totals.Waiting.Waiting, v.Totals.Calls.Waiting)
	}
	phases := map[hotline.CallID]string{}
	for _, c := range v.Calls {
		phases[c.ID] = c.Phase + " " + string(c.Queue)
	}
	if phases["c1"] != "talking rescue" || phases["c4"] != "waiting claims" {
		t.Errorf("phases %v", phases)
	}
	for id, outcome := range map[hotline.ContactID]string{"c1": "answered", "c2": "abandoned", "c3": "no_agents", "c4": ""} {
		c, _ := f.Contact(id)
		if c.Outcome != outcome {
			t.Errorf("contact %s: %q, want %q", id, c.Outcome, outcome)
		}
		if second := c.Visits[1]; second.Beside != c.Visits[0].ID || second.Place != c.Visits[0].Since || second.Since != second.Place+4000 {
			t.Errorf("contact %s: second visit %+v", id, second)
		}
	}
	if c, _ := f.Contact("c3"); c.Visits[0].Rule != hotline.RuleNoAgents || c.Visits[0].Then != "voicemail" {
		t.Errorf("the record does not name the rule: %+v", c.Visits[0])
	}
}

func counts(r QueueRow) []int {
	return []int{r.Requested, r.Answered, r.Abandoned, r.FlowOut.NoAgents, r.Waiting, r.Dequeued}
}

// TestElsewhere: several phones ring for one caller, one wins. The others' offers are no misses.
func TestElsewhere(t *testing.T) {
	s := &script{}
	ev := hotline.Event{Contact: "c", Call: "c", Queue: "claims"}
	s.add(1000, ev, hotline.CallStarted{Direction: hotline.Inbound})
	s.add(1000, ev, hotline.Queued{Visit: "c.1", Since: time.UnixMilli(1000)})
	agents := []hotline.AgentID{"a0", "a1", "a2"}
	of := func(a hotline.AgentID) hotline.Event { e := ev; e.Agent = a; return e }
	for i, a := range agents {
		s.add(2000, of(a), hotline.Offered{Visit: "c.1", Offer: hotline.OfferID(a), Attempt: i + 1, Pick: hotline.Pick{Rule: "ring_all", Ready: 3}, Phone: "d01"})
	}
	s.add(5000, of("a0"), hotline.OfferLost{Visit: "c.1", Offer: "a0", Result: hotline.OfferRejected, RingMS: 3000})
	s.add(6000, of("a1"), hotline.Connected{Visit: "c.1", Offer: "a1", WaitMS: 5000, RingMS: 4000})
	s.add(6000, of("a2"), hotline.OfferLost{Visit: "c.1", Offer: "a2", Result: hotline.OfferElsewhere, RingMS: 4000})
	s.add(6000, ev, hotline.Answered{Visit: "c.1", WaitMS: 5000})
	now := &clock{time.UnixMilli(7000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	for _, e := range s.sorted() {
		f.Apply(e)
		if e.At.UnixMilli() == 2000 && e.Agent == "a2" {
			if got := f.View(e.At).Queues[0].Callers[0].Ringing; !slices.Equal(got, agents) {
				t.Errorf("rings at %v, want %v", got, agents)
			}
		}
	}
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	row := firstRow(t, r)
	if row.Rings != (Rings{Answered: 1, Rejected: 1, Elsewhere: 1}) || row.RingTotalMS != 11_000 || row.Levels.RONA.Count != 1 {
		t.Errorf("rings %+v, %d ms, RONA %+v", row.Rings, row.RingTotalMS, row.Levels.RONA)
	}
	as, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t, Agent: "a2"})
	if err != nil {
		t.Fatal(err)
	}
	if a := as.Rows[0]; a.RONA.Count != 0 || a.Rings.Elsewhere != 1 {
		t.Errorf("the agent who came second: %+v", a.Rings)
	}
	if n := scrape(t, f)["hotline_ring_attempts_total{queue=claims}{result=elsewhere}"]; n != 1 {
		t.Errorf("metric %v", n)
	}
	c, _ := f.Contact("c")
	if len(c.Offers) != 3 || c.Offers[2].Result != hotline.OfferElsewhere || c.Offers[2].Pick.Ready != 3 || c.Offers[2].Phone != "d01" {
		t.Errorf("offers %+v", c.Offers)
	}
}

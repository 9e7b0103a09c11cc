package reports

import (
	"testing"
	"time"

	"hotline"
)

// TestTransfer: a customer is answered by one agent, handed to a second and from there to a number outside. One visit is
// answered once and handled twice; each agent has its own part; a transfer and a consult that come to nothing are no more than
// that; the agent who was called in for nothing has handled nothing.
func TestTransfer(t *testing.T) {
	b := &script{}
	ev := func(agent hotline.AgentID) hotline.Event {
		return hotline.Event{Contact: "c1", Call: "c1", Queue: "claims", Agent: agent}
	}
	v := hotline.ContactID("c1").Visit(1)
	b.add(0, ev(""), hotline.CallStarted{Direction: hotline.Inbound})
	b.add(0, ev(""), hotline.Queued{Visit: v, Entry: hotline.EntryIVR, Since: time.UnixMilli(0)})
	b.add(0, ev("a1"), hotline.Offered{Visit: v, Offer: "o1"})
	b.add(2000, ev("a1"), hotline.Connected{Visit: v, Offer: "o1", WaitMS: 2000, RingMS: 2000})
	b.add(2000, ev("a1"), hotline.Answered{Visit: v, WaitMS: 2000})
	b.add(10_000, ev("a3"), hotline.CalledIn{Visit: v, By: "a1"})
	b.add(12_000, ev("a1"), hotline.Transferred{Visit: v, How: hotline.TransferBlind, Target: hotline.TargetAgent, To: "a3", Result: "busy"})
	b.add(12_000, ev("a3"), hotline.Released{Cause: hotline.CauseBusy, Wrap: "none"})
	b.add(20_000, ev("a2"), hotline.CalledIn{Visit: v, By: "a1"})
	b.add(30_000, ev("a1"), hotline.Transferred{Visit: v, How: hotline.TransferAttended, Target: hotline.TargetAgent, To: "a2", Result: hotline.TransferDone})
	b.add(30_000, ev("a2"), hotline.Joined{Visit: v, Leg: "c1-2", RingMS: 10_000})
	b.add(30_000, ev("a1"), hotline.Released{Visit: v, TalkMS: 28_000, HoldMS: 8000, Cause: hotline.CauseTransferred, Wrap: "timed"})
	b.add(35_000, ev("a1"), hotline.WrapEnded{Visit: v, MS: 5000})
	b.add(60_000, ev("a2"), hotline.Transferred{Visit: v, How: hotline.TransferBlind, Target: hotline.TargetNumber, To: "110", Result: hotline.TransferDone})
	b.add(60_000, ev("a2"), hotline.Released{Visit: v, TalkMS: 30_000, Cause: hotline.CauseTransferred, Wrap: "none"})
	now := &clock{time.UnixMilli(70_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	b.apply(f)
	if calls := f.View(now.t).Calls; len(calls) != 1 || calls[0].Phase != PhaseTalking || calls[0].Agent != "" {
		t.Errorf("live: %+v", calls)
	}
	c, ok := f.Contact("c1")
	if !ok || len(c.Transfers) != 3 || c.Transfers[1].Agent != "a1" || c.Transfers[0].Result != "busy" {
		t.Errorf("transfers %+v", c.Transfers)
	}
	if len(c.Segments) != 2 || c.Segments[1].Agent != "a2" || c.Segments[1].TalkMS != 30_000 || c.TalkMS != 50_000 || c.HoldMS != 8000 || c.WrapMS != 5000 {
		t.Errorf("%+v, segments %+v", c, c.Segments)
	}
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	checkIdentities(t, r)
	q := r.Rows[0]
	rate := q.Transfers.Rate
	q.Transfers.Rate = nil
	want := TransferCounts{Blind: 1, Attended: 1, ToAgent: 1, ToNumber: 1, Failed: 1}
	if q.Requested != 1 || q.Answered != 1 || q.Handled != 2 || q.TalkTotalMS != 50_000 || q.Transfers != want || rate == nil || *rate != 1 {
		t.Errorf("claims: requested %d answered %d handled %d talk %d %+v", q.Requested, q.Answered, q.Handled, q.TalkTotalMS, q.Transfers)
	}
	agents, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range agents.Rows {
		row.Transfers.Rate = nil
		wants := map[hotline.AgentID]struct {
			answered, handled int
			transfers         TransferCounts
		}{
			"a1": {1, 1, TransferCounts{Attended: 1, ToAgent: 1, Failed: 1}},
			"a2": {0, 1, TransferCounts{Blind: 1, ToNumber: 1}},
		}[row.Agent]
		if row.Answered != wants.answered || row.Handled != wants.handled || row.Transfers != wants.transfers {
			t.Errorf("%s: answered %d, handled %d, %+v", row.Agent, row.Answered, row.Handled, row.Transfers)
		}
	}
	if f.open[v] != nil {
		t.Error("the visit is still open: somebody is counted in it")
	}
}

package reports

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestConferenceIsSeen: the live call shows how many confer and that its agent is mute, changes its revision with each fact, and
// the record tells of it without a customer's number to who may not see one.
func TestConferenceIsSeen(t *testing.T) {
	b := &script{}
	ev := func(agent hotline.AgentID) hotline.Event {
		return hotline.Event{Contact: "c1", Call: "c1", Queue: "claims", Agent: agent}
	}
	v := hotline.ContactID("c1").Visit(1)
	const third = "13912345678"
	b.add(0, ev(""), hotline.CallStarted{Direction: hotline.Inbound})
	b.add(0, ev(""), hotline.Queued{Visit: v, Entry: hotline.EntryIVR, Since: time.UnixMilli(0)})
	b.add(0, ev("a1"), hotline.Offered{Visit: v, Offer: "o1"})
	b.add(2000, ev("a1"), hotline.Connected{Visit: v, Offer: "o1", WaitMS: 2000, RingMS: 2000})
	b.add(2000, ev("a1"), hotline.Answered{Visit: v, WaitMS: 2000})
	now := &clock{time.UnixMilli(70_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	b.apply(f)
	last := f.View(now.t).Calls[0].Rev
	for i, step := range []struct {
		fact    hotline.Fact
		parties int
		muted   bool
	}{
		{hotline.Consulted{On: true, Target: hotline.TargetNumber, To: third}, 0, false},
		{hotline.Conferred{Target: hotline.TargetNumber, To: third, Parties: 3}, 3, false},
		{hotline.Muted{On: true}, 3, false}, // another's
		{hotline.Muted{On: true, Own: true}, 3, true},
		{hotline.Muted{}, 3, true},
		{hotline.Muted{Own: true}, 3, false},
		{hotline.Held{On: true, Away: true}, 3, false}, // the others speak on
		{hotline.PartyLeft{Target: hotline.TargetNumber, To: third, Parties: 2}, 0, false},
	} {
		e := ev("a1")
		e.At, e.Fact, e.Seq = time.UnixMilli(int64(10_000+i*1000)), step.fact, uint64(1000+i)
		f.Apply(e)
		c := f.View(now.t).Calls[0]
		if c.Parties != step.parties || c.Muted != step.muted || c.Rev == last {
			t.Errorf("after %+v: %d parties, muted %v, rev %d after %d", step.fact, c.Parties, c.Muted, c.Rev, last)
		}
		if c.Phase != PhaseTalking {
			t.Errorf("after %+v: %s", step.fact, c.Phase)
		}
		last = c.Rev
	}
	c, _ := f.Contact("c1")
	seen, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := json.Marshal(c.Redact(func(hotline.Party) hotline.Party { return hotline.Party{Number: "***"} }))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(seen), third) != 3 || strings.Contains(string(hidden), third) {
		t.Errorf("seen %s\nhidden %s", seen, hidden)
	}
}

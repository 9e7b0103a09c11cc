package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestLentSkillsCount: who is lent a queue's skill is counted among those who may serve it, in the live view and in what a break would
// do, and no longer where the skill is taken away; when the time is over all is as the centre has it.
func TestLentSkillsCount(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	c := Centre{Location: time.UTC, Queues: []Queue{
		{ID: "claims", Agents: []hotline.AgentID{"a0", "a1"}}, {ID: "sales", Agents: []hotline.AgentID{"a1"}},
	}, Agents: []Agent{{ID: "a0"}, {ID: "a1"}}}
	serves := func(a hotline.AgentID, lent map[string]int) (all []hotline.QueueID) {
		for _, q := range c.Queues {
			if level, is := lent[string(q.ID)]; level > 0 || !is && slices.Contains(q.Agents, a) {
				all = append(all, q.ID)
			}
		}
		return all
	}
	f := New(Config{Centre: c, Now: func() time.Time { return now }, Serves: serves})
	s := &script{}
	for _, a := range []hotline.AgentID{"a0", "a1"} {
		s.add(now.Add(-time.Hour).UnixMilli(), hotline.Event{Agent: a}, hotline.AgentSet{State: hotline.AgentReady})
	}
	for i := range 4 { // calls that show what a break would do
		at := now.Add(-20*time.Minute + time.Duration(i)*4*time.Minute)
		name := hotline.ContactID("c" + string(rune('0'+i)))
		ev := hotline.Event{Contact: name, Call: hotline.CallID(name), Queue: "sales", Agent: "a1"}
		offer := name.Visit(1).Offer(1)
		for _, fact := range []hotline.Fact{
			hotline.CallStarted{Direction: hotline.Inbound},
			hotline.Queued{Visit: name.Visit(1), Since: at},
			hotline.Offered{Visit: name.Visit(1), Offer: offer, Attempt: 1},
			hotline.Connected{Visit: name.Visit(1), Offer: offer},
			hotline.Answered{Visit: name.Visit(1)},
		} {
			s.add(at.UnixMilli(), ev, fact)
		}
		s.add(at.UnixMilli()+180_000, ev, hotline.Released{Visit: name.Visit(1), TalkMS: 180_000, Wrap: "none"})
		s.add(at.UnixMilli()+180_000, hotline.Event{Agent: "a1"}, hotline.AgentSet{State: hotline.AgentReady})
	}
	s.apply(f)
	ready := func() (n [2]int) {
		now = now.Add(2 * time.Second) // no view is kept that long
		for i, id := range []hotline.QueueID{"claims", "sales"} {
			for _, q := range f.View(now).Queues {
				if q.ID == id {
					n[i] = q.States.Ready
				}
			}
		}
		return n
	}
	effects := func() []BreakEffect {
		all, err := f.BreakEffects("a0", now)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := ready(); got != [2]int{2, 1} {
		t.Errorf("%v ready before", got)
	}
	if got := effects(); len(got) != 0 {
		t.Errorf("a break of who does not serve sales does nothing to it: %+v", got)
	}
	lend := func(skills map[string]int) {
		more := &script{events: nil}
		more.add(now.UnixMilli(), hotline.Event{Agent: "a0"}, hotline.Lent{Skills: skills, Until: now.Add(time.Hour)})
		for _, ev := range more.events {
			ev.Seq = f.Seq() + 1
			f.Apply(ev)
		}
	}
	lend(map[string]int{"sales": 3, "claims": 0})
	if got := ready(); got != [2]int{1, 2} {
		t.Errorf("%v ready while a0 is lent sales and has no claims", got)
	}
	if got := effects(); len(got) != 1 || got[0].Queue != "sales" || got[0].Agents != 2 || got[0].Without >= got[0].Now {
		t.Errorf("a break of who is lent sales: %+v", got)
	}
	lend(nil)
	if got := ready(); got != [2]int{2, 1} {
		t.Errorf("%v ready afterwards", got)
	}
}

// TestConferenceIsCoded: who only took part in another's conference writes about it. Its code stands in the record and is found, but the
// talk is counted once, and nothing is required of the guest; if the customer becomes its own, its code counts.
func TestConferenceIsCoded(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	c := Centre{Location: time.UTC, Queues: []Queue{{ID: "claims", Codes: CodesRequired}}, Agents: []Agent{{ID: "a0"}, {ID: "a1"}}}
	f := New(Config{Centre: c, Now: func() time.Time { return now }})
	at := now.Add(-time.Minute)
	ev := hotline.Event{Contact: "c1", Call: "c1", Queue: "claims", Agent: "a0", At: at}
	guest := ev
	guest.Agent = "a1"
	apply := func(ev hotline.Event, facts ...hotline.Fact) {
		for _, fact := range facts {
			ev.Seq, ev.Fact = f.Seq()+1, fact
			f.Apply(ev)
		}
	}
	apply(ev, hotline.CallStarted{Direction: hotline.Inbound}, hotline.Queued{Visit: "c1.1", Since: at}, hotline.Offered{Visit: "c1.1", Offer: "c1.1.1", Attempt: 1},
		hotline.Connected{Visit: "c1.1", Offer: "c1.1.1"}, hotline.Answered{Visit: "c1.1"})
	apply(guest, hotline.CalledIn{Visit: "c1.1", By: "a0"}, hotline.AgentSet{State: hotline.AgentConsult})
	if _, had := f.Part("c1", "a1", ""); had {
		t.Error("a part before it took part")
	}
	apply(ev, hotline.Conferred{Visit: "c1.1", Target: hotline.TargetAgent, To: "a1", Parties: 3})
	part, had := f.Part("c1", "a1", "")
	if !had || !part.Beside || part.Visit != "c1.1" || part.Queue != "claims" {
		t.Fatalf("%+v, %v", part, had)
	}
	if v, _ := f.AgentNow("a1", now); v.Wrap == nil || v.Wrap.Rule != CodesOptional || v.Wrap.Missing {
		t.Errorf("what the guest may write: %+v", v.Wrap)
	}
	apply(guest, hotline.WrapCoded{Visit: "c1.1", Code: "theft"}, hotline.Noted{Visit: "c1.1", Text: "asked for the police report"})
	codes := func() map[string]int {
		all, err := f.Queues(QueueQuery{From: now.Add(-time.Hour), To: now.Add(time.Minute), Interval: Whole})
		if err != nil {
			t.Fatal(err)
		}
		return all.Rows[0].Codes.ByCode
	}
	if got := codes(); len(got) != 0 {
		t.Errorf("counted: %v", got)
	}
	if x, _ := f.Contact("c1"); len(x.Coded) != 1 || x.Coded[0].Agent != "a1" || x.Coded[0].Note == "" || !slices.Equal(x.Codes, []string{"theft"}) {
		t.Errorf("the record: %+v", x.Coded)
	}
	apply(guest, hotline.Joined{Visit: "c1.1", Leg: "c1-2"})
	if part, _ = f.Part("c1", "a1", ""); part.Beside || part.Coded.Code != "theft" {
		t.Errorf("the customer is its own now: %+v", part)
	}
	if got := codes(); got["theft"] != 1 {
		t.Errorf("counted: %v", got)
	}
}

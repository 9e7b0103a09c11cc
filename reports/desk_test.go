package reports

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// deskDay is a morning at two desks: a contact coded twice, one whose code is missing, one let go, tasks, a notice, a hand.
func deskDay() *script {
	s := &script{}
	const start = 1_773_100_800_000 // 2026-03-10 08:00 in Shanghai
	at := func(sec int64) int64 { return start + sec*1000 }
	queue := func(c string) hotline.Event {
		return hotline.Event{Shard: "main", Contact: hotline.ContactID(c), Call: hotline.CallID(c), Queue: "claims"}
	}
	of := func(c string, a hotline.AgentID) hotline.Event { ev := queue(c); ev.Agent = a; return ev }
	who := func(a hotline.AgentID) hotline.Event { return hotline.Event{Shard: "main", Agent: a} }
	caller := hotline.Party{Number: "13800138000", Name: "陈建国"}
	for _, a := range []hotline.AgentID{"8001", "8002"} {
		s.add(at(0), who(a), hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentSignedOut})
	}
	talk := func(c string, a hotline.AgentID, from int64, code string, missing bool) {
		v := hotline.ContactID(c).Visit(1)
		s.add(at(from), queue(c), hotline.CallStarted{Direction: hotline.Inbound, From: caller, To: "95500"})
		s.add(at(from), queue(c), hotline.Queued{Visit: v, Entry: "ivr", Priority: 5, Since: time.UnixMilli(at(from)), From: caller})
		s.add(at(from), of(c, a), hotline.Offered{Visit: v, Offer: v.Offer(1), Attempt: 1, Until: time.UnixMilli(at(from + 15))})
		s.add(at(from), of(c, a), hotline.AgentSet{State: hotline.AgentReserved, From: hotline.AgentReady})
		s.add(at(from+3), of(c, a), hotline.Connected{Visit: v, Offer: v.Offer(1), WaitMS: 3000, RingMS: 3000})
		s.add(at(from+3), of(c, a), hotline.AgentSet{State: hotline.AgentTalking, From: hotline.AgentReserved})
		s.add(at(from+3), of(c, a), hotline.Answered{Visit: v, WaitMS: 3000})
		if code != "" {
			s.add(at(from+10), of(c, a), hotline.WrapCoded{Visit: v, Code: code})
		}
		s.add(at(from+20), queue(c), hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
		s.add(at(from+20), of(c, a), hotline.Released{Visit: v, TalkMS: 17000, Wrap: "timed", WrapUntil: time.UnixMilli(at(from + 40))})
		s.add(at(from+20), of(c, a), hotline.AgentSet{State: hotline.AgentWrapUp, From: hotline.AgentTalking})
		s.add(at(from+30), of(c, a), hotline.WrapExtended{Visit: v, Until: time.UnixMilli(at(from + 70)), Times: 1, Source: hotline.SourceAgent})
		s.add(at(from+70), of(c, a), hotline.WrapEnded{Visit: v, MS: 50000, Source: hotline.SourceSystem, Missing: missing})
		s.add(at(from+70), of(c, a), hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentWrapUp})
	}
	talk("c1", "8001", 60, "car", false)
	s.add(at(95), of("c1", "8001"), hotline.Noted{Visit: "c1.1", Text: "回电 13800138000"})
	talk("c2", "8002", 200, "", true)
	talk("c3", "8001", 400, "", true)
	s.add(at(2000), of("c1", "8001"), hotline.WrapCoded{Visit: "c1.1", Code: "home", Was: "car", By: "lead"})
	s.add(at(2010), of("c2", "8002"), hotline.WrapCoded{Visit: "c2.1", Code: "car"})
	// c4: 8001 lets it go, 8002 has it and it is not over.
	s.add(at(3000), queue("c4"), hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "+8613800138000"}})
	s.add(at(3000), queue("c4"), hotline.Queued{Visit: "c4.1", Entry: "ivr", Priority: 5, Since: time.UnixMilli(at(3000))})
	s.add(at(3000), of("c4", "8001"), hotline.Offered{Visit: "c4.1", Offer: "c4.1.1", Attempt: 1})
	s.add(at(3015), of("c4", "8001"), hotline.OfferLost{Visit: "c4.1", Offer: "c4.1.1", Result: hotline.OfferNoAnswer, RingMS: 15000})
	s.add(at(3015), of("c4", "8002"), hotline.Offered{Visit: "c4.1", Offer: "c4.1.2", Attempt: 2})
	s.add(at(3018), of("c4", "8002"), hotline.Connected{Visit: "c4.1", Offer: "c4.1.2", WaitMS: 18000, RingMS: 3000})
	s.add(at(3018), of("c4", "8002"), hotline.AgentSet{State: hotline.AgentTalking, From: hotline.AgentReady})
	s.add(at(3018), of("c4", "8002"), hotline.Answered{Visit: "c4.1", WaitMS: 18000})
	s.add(at(3020), of("c4", "8002"), hotline.HandRaised{On: true, Note: "额度"})
	s.add(at(3030), of("c4", "8002"), hotline.TaskOpened{Task: "t1", What: hotline.TaskCallback, From: caller, Owner: "8002", Due: time.UnixMilli(at(3100)), Note: "报价", By: "8002"})
	s.add(at(3040), of("c4", "8002"), hotline.TaskChanged{Task: "t1", Owner: "a", Due: time.UnixMilli(at(3100)), Note: "报价 2", By: "lead"})
	s.add(at(3050), of("c4", "8002"), hotline.TaskOpened{Task: "t2", What: hotline.TaskFollowUp, From: caller, Owner: "8002", By: "8002"})
	s.add(at(3060), of("c4", "8002"), hotline.TaskClosed{Task: "t2", By: "8002", Note: "好"})
	s.add(at(3070), hotline.Event{}, hotline.NoticePosted{Notice: "n1", Rev: 1, Title: "费率", Teams: []string{"a"}, By: "lead"})
	s.add(at(3080), who("8001"), hotline.NoticeRead{Notice: "n1", Rev: 1, By: "8001"})
	s.add(at(3090), hotline.Event{}, hotline.NoticePosted{Notice: "n2", Rev: 1, Title: "会", By: "lead"})
	s.add(at(3095), hotline.Event{}, hotline.NoticeRemoved{Notice: "n2", By: "lead"})
	return s
}

// TestDesk folds the morning and compares what the desks, the lists and the figures say of it.
func TestDesk(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T00:55:00Z")} // 08:55 in Shanghai
	c := morningCentre(zone(t, "Asia/Shanghai"))
	c.Queues[0].Codes, c.Queues[0].Extend, c.Queues[0].Extends = CodesRequired, 30*time.Second, 2
	f := New(Config{Centre: c, Now: now.now})
	deskDay().apply(f)
	var b strings.Builder
	put := func(name string, v any) {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b.WriteString("# " + name + "\n" + string(text) + "\n")
	}
	live := f.View(now.t)
	put("agents", live.Agents[:2])
	put("counts", []any{live.Tasks, live.Notices})
	open, _ := f.Tasks(TaskQuery{})
	closed, _ := f.Tasks(TaskQuery{Closed: true})
	put("tasks", [][]Task{open.Items, closed.Items})
	put("missed", f.Missed("8001", now.t.Add(-time.Hour)))
	put("notices of 8002", f.Notices(NoticeQuery{User: "8002", Team: "a"}))
	put("notices of the lead", f.Notices(NoticeQuery{User: "lead", All: true, Names: true}))
	put("history", f.History("13800138000", 3, "c4"))
	q := QueueQuery{From: instant(t, "2026-03-10T00:00:00Z"), To: now.t, Interval: Half}
	rep, err := f.Queues(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range append(rep.Rows, rep.Totals...) {
		put("codes "+row.Label+" "+string(row.Queue), row.Codes)
	}
	hand, _ := f.AtHand("8002", now.t)
	put("at hand", []any{hand.Agent.ID, hand.Contact.ID, hand.Visit, hand.Agent.Wrap})
	golden(t, "desk.golden", b.String())

	mask := func(hotline.Party) hotline.Party { return hotline.Party{Number: "***"} }
	one, _ := f.Contact("c1")
	if masked, _ := json.Marshal(one.Redact(mask)); strings.Contains(string(masked), "13800138000") || strings.Contains(string(masked), "陈建国") {
		t.Errorf("redacted: %s", masked)
	}
}

// TestCodesAddUp: whatever is coded again in whatever order, the counts are those of the codes that stand.
func TestCodesAddUp(t *testing.T) {
	s := deskDay()
	const late = 1_773_104_600_000
	for i, code := range []string{"home", "car", "home", "fire", "car"} {
		for _, c := range []string{"c1", "c3"} {
			ev := hotline.Event{Shard: "main", Contact: hotline.ContactID(c), Call: hotline.CallID(c), Agent: "8001", Queue: "claims"}
			s.add(late+int64(i), ev, hotline.WrapCoded{Visit: hotline.ContactID(c).Visit(1), Code: code})
		}
	}
	now := &clock{instant(t, "2026-03-10T01:55:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	s.apply(f)
	rep, err := f.Queues(QueueQuery{From: now.t.Add(-3 * time.Hour), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	want := CodeCounts{ByCode: map[string]int{"car": 3}}
	if d := cmp.Diff(want, rep.Rows[0].Codes); d != "" {
		t.Error(d)
	}
	agents, err := f.Agents(AgentQuery{From: now.t.Add(-3 * time.Hour), To: now.t, Agent: "8001"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(CodeCounts{ByCode: map[string]int{"car": 2}}, agents.Rows[0].Codes); d != "" {
		t.Error(d)
	}
	for code, n := range map[string]int{"car": 3, "home": 0} {
		page, err := f.Contacts(Search{Codes: []string{code, "none"}})
		if err != nil || len(page.Items) != n {
			t.Errorf("%s: %d contacts, %v", code, len(page.Items), err)
		}
	}
	if page, _ := f.Contacts(Search{Codes: []string{"car"}, Agent: "8001"}); len(page.Items) != 2 {
		t.Errorf("of 8001: %d", len(page.Items))
	}
}

func TestNumberKey(t *testing.T) {
	for number, want := range map[string]string{
		"13800138000": "13800138000", "+8613800138000": "13800138000", "008613800138000": "13800138000", "138-0013-8000": "13800138000",
		"02150001234": "02150001234", "+442079460000": "442079460000", "anonymous": "", "": "", "8001a": "", strings.Repeat("1", 30): "", "86138001380": "86138001380",
	} {
		if got := NumberKey(number); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

// TestOwnCallIsCoded: a call of the agent's own making has a part too, whether the agent is outbound before the call begins
// (asked for by a page) or after it (dialled on the phone).
func TestOwnCallIsCoded(t *testing.T) {
	for _, page := range []bool{true, false} {
		s := &script{}
		ev := hotline.Event{Shard: "main", Contact: "o1", Call: "o1", Agent: "8001", Queue: "claims"}
		facts := []hotline.Fact{
			hotline.AgentSet{State: hotline.AgentOutbound, From: hotline.AgentReady},
			hotline.CallStarted{Direction: hotline.Outbound, To: "13800138000", From: hotline.Party{Number: "95500"}},
		}
		if !page {
			slices.Reverse(facts)
		}
		for i, f := range append(facts,
			hotline.Released{TalkMS: 1000, Wrap: "timed", WrapUntil: time.UnixMilli(60_000)},
			hotline.AgentSet{State: hotline.AgentWrapUp, From: hotline.AgentOutbound},
			hotline.CallEnded{Cause: hotline.CauseHangup},
		) {
			s.add(int64(1000+i), ev, f)
		}
		now := &clock{time.UnixMilli(5000)}
		c := morningCentre(time.UTC)
		c.Queues[0].Codes = CodesRequired
		f := New(Config{Centre: c, Now: now.now})
		s.apply(f)
		h, ok := f.AtHand("8001", now.t)
		if !ok || h.Contact.ID != "o1" || h.Agent.Wrap == nil || !h.Agent.Wrap.Missing || h.Agent.WrapUntil != 60_000 {
			t.Errorf("page %t: %+v %+v", page, h.Agent, h.Agent.Wrap)
		}
		p, ok := f.Part("o1", "8001", "")
		if !ok || p.Queue != "claims" || p.Call != "o1" || !f.Had("8001", "13800138000", now.t) || f.Had("8002", "13800138000", now.t) {
			t.Errorf("page %t: part %+v %t", page, p, ok)
		}
		s.add(3000, ev, hotline.WrapEnded{MS: 1995, Missing: true})
		s.add(4000, ev, hotline.WrapCoded{Code: "car"})
		late := New(Config{Centre: c, Now: now.now})
		s.apply(late)
		if open, _ := late.Tasks(TaskQuery{}); len(open.Items) != 0 {
			t.Errorf("page %t: %+v", page, open.Items)
		}
		if one, _ := late.Contact("o1"); len(one.Codes) != 1 || one.Codes[0] != "car" {
			t.Errorf("page %t: %+v", page, one.Coded)
		}
	}
}

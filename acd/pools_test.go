package acd

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// TestManyNeeds lets more callers each need something else than there may be pools for: nobody is refused for it, the number is
// bounded, and pools that nobody needs any more make room.
func TestManyNeeds(t *testing.T) {
	e, err := centre.ParseExpr("a")
	if err != nil {
		t.Fatal(err)
	}
	c := &centre.Centre{
		Agents: []centre.Agent{{ID: "8001", Skills: map[string]int{"a": 5}}, {ID: "8002", Skills: map[string]int{"a": 5, "b": 5}}},
		Queues: []centre.Queue{{ID: "q", Needs: e, Priority: 5, RingTimeout: 15 * time.Second}},
	}
	r, now := NewRouter("main", c), time.UnixMilli(1_700_000_000_000)
	var last []hotline.Event
	step := func(q hotline.Request) {
		t.Helper()
		if last, err = r.Step(now, q); err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
	}
	visit := func(i int) hotline.VisitID { return hotline.ContactID(fmt.Sprint("c", i)).Visit(1) }
	enqueue := func(i int, needs string) {
		step(hotline.Enqueue{
			Contact: hotline.ContactID(fmt.Sprint("c", i)), Call: hotline.CallID(fmt.Sprint("c", i)), Visit: visit(i), Queue: "q", Needs: needs,
		})
	}
	const many = mostMade + 5
	for i := range many {
		enqueue(i, fmt.Sprintf("b and not other%d", i))
		if r.visits[visit(i)] == nil {
			t.Fatalf("caller %d is not taken in: %+v", i, last)
		}
	}
	if r.made != mostMade || len(r.pools) != mostMade+1 {
		t.Errorf("%d pools made, %d in all; want %d", r.made, len(r.pools), mostMade)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	data, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Restore("main", c, data)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := again.Snapshot(); string(b) != string(data) {
		t.Error("a restored router differs")
	}
	for i := range many {
		step(hotline.Leave{Visit: visit(i), Outcome: hotline.OutcomeAbandoned})
	}
	enqueue(many, "b and not another")
	if r.made != 1 || r.visits[visit(many)].pool() == r.queues["q"].levels[0] {
		t.Errorf("%d pools made after all are gone, want one", r.made)
	}

	// 8001 does not speak b, so it is 8002 who is asked, and the record says why.
	step(hotline.SetDevice{Agent: "8001", Up: true})
	step(hotline.SetAgent{Agent: "8001", State: hotline.AgentReady})
	step(hotline.SetDevice{Agent: "8002", Up: true})
	step(hotline.SetAgent{Agent: "8002", State: hotline.AgentReady})
	for _, ev := range last {
		if f, ok := ev.Fact.(hotline.Offered); ok && (ev.Agent != "8002" || f.Pick != (hotline.Pick{Rule: "free", Ready: 1, Line: 1})) {
			t.Errorf("offered to %s: %+v", ev.Agent, f.Pick)
		}
	}
	now = now.Add(90 * time.Second)
	enqueue(many+1, "")
	for _, ev := range last {
		if f, ok := ev.Fact.(hotline.Offered); ok && f.Pick != (hotline.Pick{Rule: centre.LongestIdle, Figure: 90, Ready: 1}) {
			t.Errorf("offered to %s: %+v", ev.Agent, f.Pick)
		}
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

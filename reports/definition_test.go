package reports

import (
	"testing"
	"time"

	"hotline"
)

// The named levels are the switches' own in the golden trace: what a queue is set to agrees with what stands beside it.
func TestDefinitionsAreTheNamedLevels(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	s := &script{}
	dir, suffixes := traceSets(t)
	rows := readCSV(t, dir+"/kpi_trace"+suffixes[0]+".csv")
	for _, row := range rows {
		traceVisit(t, s, row)
	}
	events := s.sorted()
	now := &clock{events[len(events)-1].At.Add(time.Hour)}
	queues := traceQueues(rows)
	for name, c := range map[string]struct {
		def  Definition
		same func(Levels) Level
	}{
		"V1":         {Definition{}, func(l Levels) Level { return l.V1 }},
		"V2":         {Definition{FlowOuts: Exclude}, func(l Levels) Level { return l.V2 }},
		"V3 offered": {Definition{Abandons: AbandonsNotShort}, func(l Levels) Level { return l.V3Offered }},
		"V3":         {Definition{Abandons: AbandonsNotShort, FlowOuts: Exclude}, func(l Levels) Level { return l.V3 }},
		"V4":         {Definition{Abandons: AbandonsAfter}, func(l Levels) Level { return l.V4 }},
		"V5":         {Definition{Positive: true}, func(l Levels) Level { return l.V5 }},
		"V6":         {Definition{Abandons: AbandonsNone, FlowOuts: Exclude}, func(l Levels) Level { return l.V6 }},
		"CN20":       {Definition{Blocked: Include}, func(l Levels) Level { return l.CN20 }},
	} {
		for i := range queues {
			queues[i].SL = c.def
		}
		f := New(Config{Now: now.now, Centre: Centre{Location: loc, Queues: queues}})
		for _, ev := range events {
			f.Apply(ev)
		}
		r, err := f.Queues(QueueQuery{From: events[0].At.Add(-time.Hour), To: now.t, Interval: Half})
		if err != nil {
			t.Fatal(err)
		}
		of := 0
		for _, row := range r.Rows {
			want := c.same(row.Levels)
			if of += row.Level.Of; row.Level.Count != want.Count || row.Level.Of != want.Of || (row.Level.Ratio == nil) != (want.Of == 0) {
				t.Errorf("%s %s %s: level %d/%d, want %d/%d", name, row.Label, row.Queue, row.Level.Count, row.Level.Of, want.Count, want.Of)
			}
		}
		if of == 0 {
			t.Errorf("%s: nothing counted", name)
		}
	}
}

// A figure of a final row that is corrected later is restated, and the row says when.
func TestRestated(t *testing.T) {
	at := func(minute int64) int64 { return instant(t, "2026-03-10T01:00:00Z").UnixMilli() + minute*60_000 }
	s := &script{}
	ev := hotline.Event{Contact: "c1", Call: "c1", Queue: "claims", Agent: "8001"}
	s.add(at(0), hotline.Event{Contact: "c1", Call: "c1"}, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "1"}})
	s.add(at(1), ev, hotline.Queued{Visit: "c1.1", Entry: "ivr", Since: time.UnixMilli(at(1))})
	s.add(at(2), ev, hotline.Connected{Visit: "c1.1", Offer: "o", WaitMS: 60_000})
	s.add(at(2), ev, hotline.Answered{Visit: "c1.1", WaitMS: 60_000})
	s.add(at(4), ev, hotline.Released{Visit: "c1.1", TalkMS: 120_000, Wrap: "timed"})
	s.add(at(5), ev, hotline.WrapCoded{Visit: "c1.1", Code: "car"})
	s.add(at(6), ev, hotline.WrapEnded{Visit: "c1.1", MS: 120_000})
	s.add(at(7), hotline.Event{Contact: "c1", Call: "c1"}, hotline.CallEnded{By: hotline.RoleCustomer})
	now := &clock{time.UnixMilli(at(300))}
	f := New(Config{Now: now.now, Centre: morningCentre(zone(t, "Asia/Shanghai"))})
	s.apply(f)
	row := func() (QueueRow, AgentRow) {
		q, err := f.Queues(QueueQuery{From: time.UnixMilli(at(0)), To: time.UnixMilli(at(60)), Interval: Hour, Queue: "claims"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := f.Agents(AgentQuery{From: time.UnixMilli(at(0)), To: time.UnixMilli(at(60)), Interval: Hour, Agent: "8001"})
		if err != nil {
			t.Fatal(err)
		}
		return q.Rows[0], a.Rows[0]
	}
	if q, a := row(); q.Open || q.Restated != 0 || a.Restated != 0 || q.Codes.ByCode["car"] != 1 {
		t.Errorf("before: %+v, %v", q.Codes, q.Restated)
	}
	ev.Seq, ev.At, ev.Fact = uint64(len(s.events)+1), time.UnixMilli(at(290)), hotline.WrapCoded{Visit: "c1.1", Code: "home", By: "lead"}
	f.Apply(ev)
	if q, a := row(); q.Restated != Moment(at(290)) || a.Restated != Moment(at(290)) || q.Codes.ByCode["home"] != 1 || q.Codes.ByCode["car"] != 0 {
		t.Errorf("after: %+v, %v %v", q.Codes, q.Restated, a.Restated)
	}
}

// How lines sounded adds up over days of the centre, by trunk and by agent.
func TestQuality(t *testing.T) {
	s := &script{}
	loc := zone(t, "Asia/Kathmandu")
	day, next := today(instant(t, "2026-05-01T06:00:00Z"), loc)
	for i, at := range []int64{day.UnixMilli() + 1000, next.UnixMilli() - 5000, next.UnixMilli() + 1000} {
		id := hotline.ContactID([]string{"q1", "q2", "q3"}[i])
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound, Trunk: "carrier"})
		leg := ev
		leg.Leg = hotline.LegID(id + ".1")
		s.add(at, leg, hotline.LegStarted{Role: hotline.RoleCustomer})
		s.add(at+1000, leg, hotline.LegEnded{Role: hotline.RoleCustomer, Stats: hotline.MediaStats{Received: 98, Lost: 2, JitterMS: 4, Codec: "PCMA", MOS: []float64{4.2, 3.0, 4.4}[i]}})
		leg.Leg, leg.Agent = hotline.LegID(id+".2"), "8001"
		s.add(at, leg, hotline.LegStarted{Role: hotline.RoleAgent})
		s.add(at+2000, leg, hotline.LegEnded{Role: hotline.RoleAgent, Stats: hotline.MediaStats{Received: 50, Codec: "PCMA"}})
		s.add(at+3000, ev, hotline.CallEnded{})
	}
	f := New(Config{Now: func() time.Time { return next.Add(48 * time.Hour) }, Centre: Centre{Location: loc, Agents: []Agent{{"8001", "王芳", "a"}}}})
	s.apply(f)
	r, err := f.Quality(Span{From: day, To: next.Add(time.Hour), Interval: Day}, GroupTrunk)
	if err != nil || len(r.Rows) != 2 {
		t.Fatal(err, r)
	}
	if q := r.Rows[0]; q.ID != "carrier" || q.Legs != 2 || q.Rated != 2 || *q.MOS != 3.6 || *q.Worst != 3.0 || q.Bands != [5]int64{1, 0, 0, 1, 0} || *q.Lost != 0.02 || *q.JitterMS != 4 {
		t.Errorf("%+v", q)
	}
	if q := r.Rows[1]; q.Legs != 1 || *q.MOS != 4.4 || q.Bands[4] != 1 {
		t.Errorf("%+v", q)
	}
	if r, err = f.Quality(Span{From: day, To: next.Add(time.Hour), Of: Scope{Team: "a"}}, GroupAgent); err != nil || len(r.Rows) != 1 || r.Rows[0].Legs != 3 || r.Rows[0].MOS != nil {
		t.Errorf("%v %+v", err, r)
	}
	if r, err = f.Quality(Span{From: day, To: next.Add(time.Hour), Of: Scope{Team: "b"}}, GroupAgent); err != nil || len(r.Rows) != 0 {
		t.Errorf("another team: %v %+v", err, r)
	}
}

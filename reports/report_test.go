package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline"
)

// answer plays one call: in the queue at once, answered after wait, talk, wrap-up.
func answer(s *script, name string, q hotline.QueueID, a hotline.AgentID, at time.Time, wait, talk, acw time.Duration) {
	c := hotline.ContactID(name)
	v := c.Visit(1)
	ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: q}
	ag := ev
	ag.Agent = a
	ms := func(d time.Duration) int64 { return at.Add(d).UnixMilli() }
	s.add(ms(0), ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "1" + name}})
	s.add(ms(0), ev, hotline.Queued{Visit: v, Entry: "ivr", Since: at})
	s.add(ms(0), ag, hotline.Offered{Visit: v, Offer: v.Offer(1), Attempt: 1})
	s.add(ms(wait), ag, hotline.Connected{Visit: v, Offer: v.Offer(1), WaitMS: wait.Milliseconds(), RingMS: wait.Milliseconds()})
	s.add(ms(wait), ag, hotline.Answered{Visit: v, WaitMS: wait.Milliseconds()})
	s.add(ms(wait+talk), ag, hotline.Released{Visit: v, TalkMS: talk.Milliseconds(), Wrap: "timed"})
	s.add(ms(wait+talk), ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
	s.add(ms(wait+talk+acw), ag, hotline.WrapEnded{Visit: v, MS: acw.Milliseconds()})
}

// TestKPISheet: last month and this month in the centre's time zone, their change, and whether targets are met.
func TestKPISheet(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	s := &script{}
	// October: 4 answered of 4, one late. November: 3 of 4, all in time; 170 s of talk instead of 100.
	oct, nov := time.Date(2026, 10, 31, 23, 50, 0, 0, loc), time.Date(2026, 11, 1, 0, 0, 0, 0, loc)
	login := hotline.Event{Agent: "a0"}
	s.add(oct.Add(-time.Hour).UnixMilli(), login, hotline.AgentSet{State: hotline.AgentReady})
	s.add(nov.Add(2*time.Hour).UnixMilli(), login, hotline.AgentSet{State: hotline.AgentSignedOut})
	for i := range 4 {
		wait := 5 * time.Second
		if i == 0 {
			wait = 21 * time.Second
		}
		answer(s, fmt.Sprint("o", i), "claims", "a0", oct.Add(time.Duration(i-4)*3*time.Minute), wait, 100*time.Second, 20*time.Second)
	}
	for i := range 3 {
		answer(s, fmt.Sprint("n", i), "claims", "a0", nov.Add(time.Duration(i)*5*time.Minute), 5*time.Second, 170*time.Second, 30*time.Second)
	}
	blocked := hotline.Event{Contact: "b", Call: "b", Queue: "claims"}
	s.add(nov.Add(time.Hour).UnixMilli(), blocked, hotline.Blocked{Visit: "b.1", Entry: "ivr", Reason: hotline.BlockFull})
	now := &clock{nov.Add(3 * time.Hour)}
	ninety := 90_000.0
	c := simCentre(loc)
	c.KPI = []KPITarget{{ID: KPIAHT, Max: &ninety}}
	f := New(Config{Centre: c, Now: now.now})
	s.apply(f)
	r, err := f.KPI(2026, time.November)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.Rows {
		met := "—"
		if row.Met != nil {
			met = fmt.Sprint(*row.Met)
		}
		got = append(got, strings.Join([]string{row.ID, show(row.Last), show(row.This), show(row.Change), show(row.Rel), met}, " "))
	}
	want := []string{
		"connect 1 0.75 -0.25 -0.25 false",
		"cn20 0.75 0.75 0 0 false",
		"abandon 0 0 0 null —",
		"asa 9000 5000 -4000 -0.4444444444444444 —",
		"per_agent 4 3 -1 -0.25 —",
		"talk 100000 170000 70000 0.7 true",
		"acw 20000 30000 10000 0.5 —",
		"aht 120000 200000 80000 0.6666666666666666 false",
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("row %d: %s, want %s", i, got[i], w)
		}
	}
	if r.Month != "2026-11" || r.Final {
		t.Errorf("month %s final %v", r.Month, r.Final)
	}
	now.t = time.Date(2026, 12, 1, 0, 0, 0, 0, loc)
	if r, _ := f.KPI(2026, time.November); !r.Final {
		t.Error("not final when the month and its visits are over")
	}
	half := nov.Add(30 * time.Minute)
	if r, err := f.KPIOver(Scope{}, nov, half); err != nil || *r.Rows[0].This != 1 || r.Rows[0].Count != 3 || r.Month != "" || r.To != At(half) {
		t.Errorf("half an hour: %+v %v", r, err)
	}
	if r, err := f.KPIOver(Scope{}, nov.Add(time.Hour), nov.Add(2*time.Hour)); err != nil || *r.Rows[0].This != 0 || *r.Rows[0].Last != 1 {
		t.Errorf("an hour and the one before: %+v %v", r, err)
	}
	if r, err := f.KPI(2030, time.May); err != nil || r.Rows[0].This != nil || r.Final {
		t.Errorf("a month to come: %+v %v", r, err)
	}
}

// TestRepeatedHour: on the day the clocks go back the repeated hour has two rows, each with its own calls.
func TestRepeatedHour(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	s := &script{}
	for i, at := range []string{"2026-10-25T00:10:00Z", "2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z"} { // 02:10+02, 02:50+02, 02:10+01
		answer(s, fmt.Sprint("c", i), "claims", "a0", instant(t, at), time.Second, time.Minute, 0)
	}
	now := &clock{instant(t, "2026-10-26T00:00:00Z")}
	f := New(Config{Centre: simCentre(loc), Now: now.now})
	s.apply(f)
	from := dayStart(2026, 10, 25, loc)
	hours, err := f.Queues(QueueQuery{From: from, To: dayStart(2026, 10, 26, loc), Interval: Hour, Queue: "claims"})
	if err != nil {
		t.Fatal(err)
	}
	if len(hours.Rows) != 25 {
		t.Errorf("%d hours, want 25", len(hours.Rows))
	}
	got := map[string]int{}
	for _, r := range hours.Rows {
		if r.Offered > 0 {
			got[r.Label] = r.Offered
		}
	}
	if fmt.Sprint(got) != "map[2026-10-25T02:00+01:00:1 2026-10-25T02:00+02:00:2]" {
		t.Error(got)
	}
	days, err := f.Queues(QueueQuery{From: from, To: from.AddDate(0, 0, 1), Interval: Day, Queue: "claims"})
	if err != nil || days.Rows[0].Offered != 3 || days.Rows[0].Open {
		t.Errorf("the day: %+v %v", days.Rows, err)
	}
}

// TestOpenAndFinal: an interval is final when it is over and every visit of it is closed, wrap-up included.
func TestOpenAndFinal(t *testing.T) {
	start := instant(t, "2026-03-10T01:00:00Z")
	s := &script{}
	answer(s, "c", "claims", "a0", start.Add(14*time.Minute), 10*time.Second, 2*time.Minute, 30*time.Second)
	now := &clock{start}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	evs := s.sorted()
	open := func() (open bool, row QueueRow) {
		r, err := f.Queues(QueueQuery{From: start, To: start.Add(15 * time.Minute), Interval: Quarter, Queue: "claims"})
		if err != nil {
			t.Fatal(err)
		}
		checkIdentities(t, r)
		return r.Rows[0].Open, r.Rows[0]
	}
	var got []string
	for _, ev := range evs {
		f.Apply(ev)
		now.t = ev.At
		o, row := open()
		got = append(got, fmt.Sprintf("%s:%v/%d/%d", ev.Fact.Kind(), o, row.Waiting, row.Handled))
	}
	want := "call_started:true/0/0 queued:true/1/0 offered:true/1/0 connected:true/1/0 answered:true/0/0 released:true/0/0 " +
		"call_ended:true/0/0 wrap_ended:false/0/1"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("\n%s, want\n%s", s, want)
	}
}

func TestQueriesRefuse(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC)})
	now := instant(t, "2026-03-10T01:00:00Z")
	for _, q := range []QueueQuery{
		{},
		{From: now, To: now},
		{From: now, To: now.Add(time.Hour), Interval: "7m"},
		{From: now, To: now.Add(time.Hour), By: "mood"},
		{From: now.AddDate(-5, 0, 0), To: now, Interval: Quarter},
	} {
		if _, err := f.Queues(q); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v: %v, want ErrQuery", q, err)
		}
	}
	if _, err := f.Agents(AgentQuery{From: now, To: now.Add(-1)}); !errors.Is(err, ErrQuery) {
		t.Errorf("agents: %v, want ErrQuery", err)
	}
	c := Centre{}
	for i := range 100 {
		c.Agents = append(c.Agents, Agent{ID: hotline.AgentID(fmt.Sprint(i))})
	}
	f.SetCentre(c)
	if _, err := f.Agents(AgentQuery{From: now.AddDate(0, 0, -100), To: now, Interval: Quarter}); !errors.Is(err, ErrQuery) {
		t.Errorf("a million rows: %v, want ErrQuery", err)
	}
}

func TestAgentsFilter(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	for _, tc := range []struct {
		q    AgentQuery
		want string
	}{
		{AgentQuery{}, "8001 8002 8003 8004"},
		{AgentQuery{Team: "b"}, "8003 8004"},
		{AgentQuery{Agent: "8002"}, "8002"},
		{AgentQuery{Agent: "8002", Team: "b"}, ""},
	} {
		tc.q.From, tc.q.To = now.t.Add(-time.Hour), now.t
		r, err := f.Agents(tc.q)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, row := range r.Rows {
			ids = append(ids, string(row.Agent))
		}
		if got := strings.Join(ids, " "); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.q, got, tc.want)
		}
	}
	// Who has left the centre keeps the figures under the id.
	c := morningCentre(time.UTC)
	c.Agents, c.Queues = c.Agents[2:], c.Queues[1:]
	f.SetCentre(c)
	r, err := f.Agents(AgentQuery{From: now.t.Add(-time.Hour), To: now.t, Agent: "8002"})
	if err != nil || len(r.Rows) != 1 || r.Rows[0].Answered != 2 || r.Rows[0].Name != "8002" {
		t.Errorf("%+v %v", r.Rows, err)
	}
	q, err := f.Queues(QueueQuery{From: now.t.Add(-time.Hour), To: now.t, Queue: "claims"})
	if err != nil || len(q.Rows) != 1 || q.Rows[0].Answered != 2 || q.Rows[0].Name != "claims" {
		t.Errorf("%+v %v", q.Rows, err)
	}
	now.t = now.t.Add(time.Second)
	if v := f.View(now.t); len(v.Queues) != 2 || v.Queues[1].ID != "claims" || len(v.Agents) != 4 {
		t.Errorf("view: %d queues, %d agents", len(v.Queues), len(v.Agents))
	}
}

// TestRecordStaysSmall: whatever a caller makes a flow do, the record keeps its bound and says what it left out.
func TestRecordStaysSmall(t *testing.T) {
	f := New(Config{})
	ev := hotline.Event{At: time.UnixMilli(1000), Contact: "c", Call: "c"}
	seq := uint64(0)
	put := func(leg string, fact hotline.Fact) {
		seq++
		ev.Seq, ev.Leg, ev.Fact = seq, hotline.LegID(leg), fact
		f.Apply(ev)
	}
	put("", hotline.CallStarted{Direction: hotline.Inbound})
	for i := range 5000 {
		put("", hotline.FlowStepped{Path: "main.1"})
		put(fmt.Sprint(i), hotline.LegStarted{Role: hotline.RoleAgent})
	}
	c, ok := f.Contact("c")
	if !ok || len(c.Timeline) != maxTimeline || len(c.Legs) != maxLegs || len(c.Flow) != maxTimeline || c.Cut != 10_001-maxTimeline {
		t.Errorf("%d facts, %d legs, %d steps, %d cut", len(c.Timeline), len(c.Legs), len(c.Flow), c.Cut)
	}
}

func TestExpectedWait(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC), ExpectedWait: func(q hotline.QueueID) (time.Duration, bool) {
		return 90 * time.Second, q == "rescue"
	}})
	v := f.View(instant(t, "2026-03-10T01:00:00Z"))
	if v.Queues[0].Expected != nil || v.Queues[1].Expected == nil || *v.Queues[1].Expected != 90_000 {
		t.Errorf("expected waits %v %v", v.Queues[0].Expected, v.Queues[1].Expected)
	}
}

func TestMoment(t *testing.T) {
	at := instant(t, "2026-03-10T01:02:03.045Z")
	b, err := json.Marshal(struct {
		A Moment   `json:"a"`
		B Moment   `json:"b,omitzero"`
		C []Moment `json:"c"`
	}{At(at), 0, []Moment{At(at.Truncate(time.Second))}})
	if err != nil || string(b) != `{"a":"2026-03-10T01:02:03.045Z","c":["2026-03-10T01:02:03.000Z"]}` {
		t.Errorf("%s %v", b, err)
	}
	var m Moment
	if err := m.UnmarshalText([]byte("2026-03-10T09:02:03.0459+08:00")); err != nil || m != At(at) || !m.Time().Equal(at) {
		t.Errorf("%v %v", m.Time(), err)
	}
	if err := m.UnmarshalText(nil); err != nil || m != 0 || !m.Time().IsZero() || At(time.Time{}) != 0 {
		t.Errorf("never: %v %v", m, err)
	}
	if err := m.UnmarshalText([]byte("yesterday")); err == nil {
		t.Error("yesterday was read")
	}
}

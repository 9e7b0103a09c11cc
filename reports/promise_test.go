package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestCallbacks follows promises to every end, by table with exact figures.
func TestCallbacks(t *testing.T) {
	s := &script{}
	ask := func(id hotline.ContactID, q hotline.QueueID, at int64) hotline.Event {
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Queue: q}
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13800138000"}})
		s.add(at, ev, hotline.Queued{Visit: id.Visit(1), Entry: hotline.EntryIVR, Since: time.UnixMilli(at)})
		s.add(at+30_000, ev, hotline.Left{Visit: id.Visit(1), Outcome: hotline.OutcomeCallback, WaitMS: 30_000})
		s.add(at+30_000, ev, hotline.CallbackAsked{
			Callback: hotline.CallbackID(id) + ".cb", Visit: id.Visit(1), Number: "013800138000", Since: time.UnixMilli(at),
			Place: time.UnixMilli(at), Expires: time.UnixMilli(at + 3_600_000), Priority: 5,
		})
		s.add(at+31_000, ev, hotline.CallEnded{})
		return ev
	}
	due := func(ev hotline.Event, at int64, try int) hotline.Event {
		ev.Agent, ev.Call = "a0", ev.Call+hotline.CallID([]string{"", "-1", "-2"}[try])
		s.add(at, ev, hotline.CallbackDue{Callback: hotline.CallbackID(ev.Contact) + ".cb", Number: "013800138000", Try: try, Until: time.UnixMilli(at + 50_000)})
		s.add(at, ev, hotline.AgentSet{State: hotline.AgentReserved})
		born := ev // the call is a contact of its own
		born.Contact = ev.Call.Contact()
		s.add(at+100, born, hotline.CallStarted{Direction: hotline.Outbound, To: "013800138000", Callback: hotline.CallbackID(ev.Contact) + ".cb"})
		return born
	}
	of := func(ev hotline.Event, id hotline.ContactID) hotline.Event { ev.Contact = id; return ev } // events of the promise
	// p1: at the second try the customer picks up and is joined 110 s after it first waited.
	p1 := ask("p1", "claims", 10_000)
	try := due(p1, 60_000, 1)
	s.add(70_000, try, hotline.CallEnded{Cause: hotline.CauseNoAnswer})
	s.add(70_000, of(try, "p1"), hotline.CallbackTried{Callback: "p1.cb", Try: 1, Cause: hotline.CauseNoAnswer, Next: time.UnixMilli(100_000)})
	try = due(p1, 110_000, 2)
	s.add(115_000, try, hotline.Queued{
		Visit: "p1-2.1", Entry: hotline.EntryCallback, Since: time.UnixMilli(115_000), Place: time.UnixMilli(10_000), Callback: "p1.cb",
	})
	s.add(115_000, try, hotline.Offered{Visit: "p1-2.1", Offer: "o", Pick: hotline.Pick{Rule: "callback"}})
	s.add(120_000, try, hotline.Connected{Visit: "p1-2.1", Offer: "o", WaitMS: 5000, RingMS: 5000})
	s.add(120_000, of(try, "p1"), hotline.CallbackEnded{Callback: "p1.cb", Result: CallbackConnected})
	s.add(120_100, try, hotline.Answered{Visit: "p1-2.1", WaitMS: 5100})
	// p2 fails, p3 expires, p4 is taken back, p5 is open and dials, p6 is open in the other queue.
	p2 := ask("p2", "claims", 11_000)
	s.add(200_000, p2, hotline.CallbackTried{Callback: "p2.cb", Try: 3, Cause: hotline.CauseBusy})
	s.add(200_000, p2, hotline.CallbackEnded{Callback: "p2.cb", Result: CallbackFailed})
	s.add(201_000, ask("p3", "claims", 12_000), hotline.CallbackEnded{Callback: "p3.cb", Result: CallbackExpired})
	s.add(202_000, ask("p4", "claims", 13_000), hotline.CallbackEnded{Callback: "p4.cb", Result: CallbackCancelled, By: "lead"})
	due(ask("p5", "claims", 9_000), 250_000, 1)
	ask("p6", "rescue", 15_000)
	now := &clock{time.UnixMilli(260_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	s.apply(f)
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	checkIdentities(t, r)
	mean := 110_000.0
	claims := r.Rows[0]
	got, total := claims.Callbacks, r.Totals[0].Callbacks
	got.wait = 0
	if w := got.WaitMS; w == nil || *w != mean {
		t.Errorf("mean wait %v, want %v", w, mean)
	}
	got.WaitMS = nil
	if got != (CallbackCounts{Asked: 5, Connected: 1, Failed: 1, Expired: 1, Cancelled: 1, Open: 1}) || total.Asked != 6 || total.Open != 2 {
		t.Errorf("claims %+v\ntotal %+v", got, total)
	}
	// Five asked and left as callbacks; the sixth visit is the one that was answered, within its target by its own wait.
	if claims.Requested != 6 || claims.FlowOut.Callback != 5 || claims.Answered != 1 || claims.AnsweredIn != 1 {
		t.Errorf("%+v", claims)
	}
	m := scrape(t, f)
	for _, result := range []string{CallbackConnected, CallbackFailed, CallbackExpired, CallbackCancelled} {
		if n := m["hotline_callbacks_total{queue=claims}{result="+result+"}"]; n != 1 {
			t.Errorf("%s: %v", result, n)
		}
	}
	v := f.View(now.t)
	if len(v.Callbacks) != 2 || v.Callbacks[0].ID != "p5.cb" || v.Callbacks[0].Agent != "a0" || v.Queues[0].Promises != 1 || v.Queues[1].Promises != 1 {
		t.Errorf("open: %+v", v.Callbacks)
	}
	if v.Totals.Waiting.Waiting != 0 {
		t.Errorf("%d wait: a promise never does", v.Totals.Waiting.Waiting)
	}
	over := f.Callbacks("claims", false, 2)
	if len(over) != 2 || over[0].ID != "p4.cb" || over[0].By != "lead" || over[1].ID != "p3.cb" {
		t.Errorf("over: %+v", over)
	}
	if c, _ := f.Contact("p1"); len(c.Callbacks) != 1 || c.Callbacks[0].Tries != 2 || c.Callbacks[0].Result != CallbackConnected ||
		c.Outcome != "callback" || len(c.Calls) != 1 {
		t.Errorf("record %+v", c)
	}
	if c, _ := f.Contact("p1-2"); c.Outcome != "answered" || *c.Keeps != (Kept{"p1.cb", "p1"}) || c.Visits[0].Callback != "p1.cb" || c.WaitMS != 5100 {
		t.Errorf("the call that kept it: %+v", c)
	}
	if calls := r.Totals[0].Calls; calls.CallCounts != (CallCounts{Calls: 7, Answered: 1, Within: 1}) {
		t.Errorf("calls %+v", *calls)
	}
}

// TestTasks: a message is a task until somebody says that it is dealt with.
func TestTasks(t *testing.T) {
	now := &clock{time.UnixMilli(100_000)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	s := &script{}
	for i, id := range []hotline.ContactID{"m1", "m2", "m3"} {
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Queue: "claims"}
		at := int64(i+1) * 1000
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound})
		s.add(at, ev, hotline.VoicemailLeft{
			Task: hotline.TaskID(id + "-vm"), Owner: "a", Due: time.UnixMilli([]int64{90_000, 80_000, 120_000}[i]), OffsetMS: 5000, MS: 7000,
		})
	}
	s.add(50_000, hotline.Event{Contact: "m1"}, hotline.TaskClosed{Task: "m1-vm", By: "lead"})
	s.add(51_000, hotline.Event{Contact: "m1"}, hotline.TaskClosed{Task: "m1-vm", By: "other"}) // too late: it stays the first one's
	s.add(52_000, hotline.Event{Contact: "m2"}, hotline.RecordingStored{File: "m2.wav"})
	s.apply(f)
	list := func(q TaskQuery) (ids []string) {
		p, err := f.Tasks(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Items {
			id := string(x.ID)
			if x.Overdue {
				id += " overdue"
			}
			if x.Recorded {
				id += " recorded"
			}
			ids = append(ids, id)
		}
		return ids
	}
	for _, c := range []struct {
		q    TaskQuery
		want []string
	}{
		{TaskQuery{}, []string{"m2-vm overdue recorded", "m3-vm"}},
		{TaskQuery{Closed: true}, []string{"m1-vm"}},
		{TaskQuery{Owner: "b"}, nil},
		{TaskQuery{Owner: "a", Queue: "rescue"}, nil},
	} {
		if got := list(c.q); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
	v := f.View(now.t)
	if v.Tasks.Open != 2 || v.Tasks.Overdue != 1 || v.Queues[0].Tasks != 2 {
		t.Errorf("live %+v, queue %d", v.Tasks, v.Queues[0].Tasks)
	}
	if x, ok := f.Task("m1-vm"); !ok || x.By != "lead" || x.Closed != 50_000 {
		t.Errorf("%+v", x)
	}
	if c, _ := f.Contact("m2"); len(c.Tasks) != 1 || c.Tasks[0].OffsetMS != 5000 || c.Tasks[0].MS != 7000 {
		t.Errorf("record %+v", c.Tasks)
	}
}

// TestSurveys: stages are counted once a survey, ratings each; both belong to the interval of the invitation and to the
// queue and the agent that they are about.
func TestSurveys(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC), Now: func() time.Time { return time.UnixMilli(4_000_000) }})
	s := &script{}
	at := int64(1_790_000) // the answers come after the half hour is over
	for i, c := range []struct {
		id     hotline.ContactID
		agent  hotline.AgentID
		stages []string
		scores []int
	}{
		{"s1", "a0", []string{"invited", "accepted", "answered", "answered", "completed"}, []int{0, 0, 5, 4, 0}},
		{"s2", "a0", []string{"invited", "accepted", "answered"}, []int{0, 0, 1}},
		{"s3", "a1", []string{"invited", "accepted", "accepted"}, []int{0, 0, 0}},
		{"s4", "a1", []string{"invited", "hacked"}, []int{0, 9}},
	} {
		ev := hotline.Event{Contact: c.id, Call: hotline.CallID(c.id), Queue: "claims", Agent: c.agent}
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound})
		for j, stage := range c.stages {
			s.add(at+int64(i+j)*10_000, ev, hotline.SurveyStepped{Visit: c.id.Visit(1), Stage: stage, Question: "q", Score: c.scores[j]})
		}
	}
	s.apply(f)
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: time.UnixMilli(3_600_000), Interval: Half})
	if err != nil {
		t.Fatal(err)
	}
	first, second := r.Rows[0].Survey, r.Rows[2].Survey // claims, in both half hours
	if first.Invited != 1 || first.Accepted != 1 || first.Answered != 1 || first.Completed != 1 || first.Ratings != 2 || first.ScoreSum != 9 || *first.Mean != 4.5 {
		t.Errorf("first half hour %+v", first)
	}
	if second.Invited != 3 || second.Accepted != 2 || second.Answered != 1 || second.Scores[1] != 1 || *second.Participation.Ratio != 1.0/3 {
		t.Errorf("second half hour %+v", second)
	}
	as, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: time.UnixMilli(3_600_000), Agent: "a0"})
	if err != nil {
		t.Fatal(err)
	}
	if a := as.Rows[0].Survey; a.Invited != 2 || a.Ratings != 3 || a.ScoreSum != 10 || *a.Participation.Ratio != 1 {
		t.Errorf("agent %+v", a)
	}
	m := scrape(t, f)
	for stage, want := range map[string]float64{"invited": 4, "accepted": 3, "answered": 2, "completed": 1} {
		if n := m["hotline_survey_total{queue=claims}{stage="+stage+"}"]; n != want {
			t.Errorf("%s: %v, want %v", stage, n, want)
		}
	}
	if c, _ := f.Contact("s1"); len(c.Surveys) != 1 || c.Surveys[0].Stage != "completed" || len(c.Surveys[0].Ratings) != 2 {
		t.Errorf("record %+v", c.Surveys)
	}
}

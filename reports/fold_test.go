package reports

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// TestVerdict is the table of how a visit ends.
func TestVerdict(t *testing.T) {
	at := time.UnixMilli(60_000)
	for _, tc := range []struct {
		name    string
		v       visit
		fact    hotline.Fact
		outcome hotline.Outcome
		wait    int64
	}{
		{"answered", visit{connected: 1}, hotline.Answered{WaitMS: 7}, "answered", 7},
		{"abandoned", visit{}, hotline.Abandoned{WaitMS: 8}, "abandoned", 8},
		{"left", visit{}, hotline.Left{Outcome: hotline.OutcomeTimeout, WaitMS: 9}, "timeout", 9},
		{"joined, the customer goes", visit{connected: 1, since: 50_000}, hotline.Released{By: hotline.RoleCustomer}, "abandoned", 10_000},
		{"joined, the agent goes", visit{connected: 1, since: 50_000}, hotline.Released{By: hotline.RoleAgent}, "lost", 10_000},
		{"joined, the engine fails", visit{connected: 1, since: 50_000}, hotline.Released{Cause: hotline.CauseRestart}, "lost", 10_000},
		{"joined, call over by the customer", visit{connected: 1, since: 50_000}, hotline.CallEnded{By: hotline.RoleCustomer}, "abandoned", 10_000},
		{"joined, call over by the engine", visit{connected: 1, since: 50_000}, hotline.CallEnded{Cause: hotline.CausePanic}, "lost", 10_000},
		{"waiting, call over: the shard will say", visit{}, hotline.CallEnded{By: hotline.RoleCustomer}, "", 0},
		{"waiting, released: not its own", visit{}, hotline.Released{}, "", 0},
		{"joined is not answered", visit{}, hotline.Connected{}, "", 0},
		{"the first verdict stands", visit{outcome: "abandoned"}, hotline.Answered{WaitMS: 7}, "", 0},
		{"a blocked request never ends", visit{blocked: "full"}, hotline.Abandoned{}, "", 0},
	} {
		o, wait, ended := verdict(&tc.v, hotline.Event{At: at, Fact: tc.fact})
		if o != tc.outcome || wait != tc.wait || ended != (tc.outcome != "") {
			t.Errorf("%s: %q after %d ms (%v), want %q after %d ms", tc.name, o, wait, ended, tc.outcome, tc.wait)
		}
	}
}

// TestBoundaries holds "within" inclusive and "short" strict, on the millisecond.
func TestBoundaries(t *testing.T) {
	for _, tc := range []struct {
		wait, bound   int64
		within, short bool
	}{
		{19_999, 20_000, true, true}, {20_000, 20_000, true, false}, {20_001, 20_000, false, false}, {0, 0, true, false},
	} {
		if within(tc.wait, tc.bound) != tc.within || short(tc.wait, tc.bound) != tc.short {
			t.Errorf("%d in %d: within %v short %v", tc.wait, tc.bound, within(tc.wait, tc.bound), short(tc.wait, tc.bound))
		}
	}
}

// TestRestart: while the engine was away nobody knows what agents did; the time is shown, counts as signed in and is in
// no ratio. The state goes on after it unless the shard says otherwise.
func TestRestart(t *testing.T) {
	at := func(min int64) int64 { return min * 60_000 }
	s := &script{}
	ev := hotline.Event{Agent: "a1"}
	s.add(at(1), hotline.Event{}, hotline.EngineStarted{Version: "1"})
	s.add(at(2), ev, hotline.AgentSet{State: hotline.AgentReady})
	s.add(at(2), hotline.Event{Agent: "a2"}, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"})
	s.add(at(10), hotline.Event{}, hotline.AlarmRaised{Alarm: "disk"})
	s.add(at(15), hotline.Event{}, hotline.EngineStarted{Version: "2"})
	s.add(at(16), ev, hotline.AgentSet{State: hotline.AgentNotReady, Reason: hotline.ReasonRestarted})
	now := &clock{time.UnixMilli(at(20))}
	f := New(Config{Now: now.now})
	s.apply(f)
	r, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	one, two := r.Rows[0], r.Rows[1]
	if one.States != (StateTimes{ReadyMS: at(8) + at(1), UnknownMS: at(5), NotReadyMS: at(4)}) || one.SignedInMS != at(18) {
		t.Errorf("a1: %+v, signed in %d", one.States, one.SignedInMS)
	}
	if two.States != (StateTimes{NotReadyMS: at(8) + at(5), UnknownMS: at(5)}) || two.Reasons["meal"] != at(13) {
		t.Errorf("a2: %+v %v", two.States, two.Reasons)
	}
	if *one.StaffedOverLogin != 9.0/13 {
		t.Errorf("a1: staffed %v, want 9 of 13 known minutes", *one.StaffedOverLogin)
	}
	v := f.View(now.t)
	if a := v.Agents[1]; a.State != hotline.AgentNotReady || a.Since != Moment(at(2)) {
		t.Errorf("a2 now: %+v: its break began at minute 2", a)
	}
	if len(v.Alarms) != 0 {
		t.Errorf("alarms of the former run: %+v", v.Alarms)
	}
	m := scrape(t, f)
	if m["hotline_start_timestamp_seconds"] != 900 || m["hotline_build_info{commit=}{version=1}"] != 1 {
		t.Errorf("start %v", m["hotline_start_timestamp_seconds"])
	}
}

// TestNext: what an agent asked for during a call is shown with its reason until it comes true.
func TestNext(t *testing.T) {
	f := New(Config{})
	for i, fact := range []hotline.Fact{
		hotline.AgentSet{State: hotline.AgentRinging},
		hotline.AgentNext{State: hotline.AgentNotReady, Reason: "meal"},
		hotline.AgentSet{State: hotline.AgentTalking, Next: hotline.AgentNotReady},
	} {
		f.Apply(hotline.Event{Seq: uint64(i + 1), At: time.UnixMilli(int64(i + 1)), Agent: "a", Fact: fact})
	}
	if v, _, _ := f.Agent("a", time.UnixMilli(9)); v.Next != hotline.AgentNotReady || v.NextReason != "meal" {
		t.Errorf("next %q %q", v.Next, v.NextReason)
	}
	f.Apply(hotline.Event{Seq: 4, At: time.UnixMilli(9), Agent: "a", Fact: hotline.AgentSet{State: hotline.AgentNotReady, Reason: "meal"}})
	if v, row, ok := f.Agent("a", time.UnixMilli(20)); !ok || v.Next != "" || v.NextReason != "" || row.SignedInMS != 19 {
		t.Errorf("after it: next %q %q, signed in %d", v.Next, v.NextReason, row.SignedInMS)
	}
	if _, _, ok := f.Agent("nobody", time.UnixMilli(20)); ok {
		t.Error("an agent nobody knows")
	}
}

// TestStampsOutOfOrder: two writers' clocks may disagree by a little; no time is counted twice.
func TestStampsOutOfOrder(t *testing.T) {
	now := &clock{time.UnixMilli(10_000)}
	f := New(Config{Now: now.now})
	for i, at := range []int64{1000, 3000, 2990, 5000} {
		state := []hotline.AgentState{"ready", "ringing", "talking", "signed_out"}[i]
		f.Apply(hotline.Event{Seq: uint64(i + 1), At: time.UnixMilli(at), Agent: "a", Fact: hotline.AgentSet{State: state}})
	}
	r, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Rows[0]; got.SignedInMS != 4000 || got.States != (StateTimes{ReadyMS: 2000, TalkingMS: 2000}) {
		t.Errorf("%+v, signed in %d, want 4000", got.States, got.SignedInMS)
	}
}

// TestCrashLeavesNothingOpen: the agent's next call closes a segment whose end was never written.
func TestCrashLeavesNothingOpen(t *testing.T) {
	s := &script{}
	for i, c := range []hotline.ContactID{"x", "y"} {
		base := int64(i+1) * 100_000
		ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: "claims"}
		a := ev
		a.Agent = "a1"
		s.add(base, ev, hotline.CallStarted{Direction: hotline.Inbound})
		s.add(base, ev, hotline.Queued{Visit: c.Visit(1), Entry: "ivr"})
		s.add(base, a, hotline.Offered{Visit: c.Visit(1), Offer: "o" + hotline.OfferID(c)})
		s.add(base+1000, a, hotline.Connected{Visit: c.Visit(1), Offer: "o" + hotline.OfferID(c), WaitMS: 1000})
	}
	now := &clock{time.UnixMilli(300_000)}
	f := New(Config{Now: now.now})
	s.apply(f)
	r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t})
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Rows[0]; row.Offered != 2 || row.Lost != 1 || row.Waiting != 1 {
		t.Errorf("offered %d lost %d waiting %d, want 2 1 1", row.Offered, row.Lost, row.Waiting)
	}
}

// TestAnyEvents throws events at the fold in any order, with unknown ids and hostile values: nothing breaks, and the
// identities hold.
func TestAnyEvents(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewChaCha8([32]byte{byte(seed), 1}))
		now := &clock{time.UnixMilli(40_000_000)}
		f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
		p := f.packer
		for i := range 800 {
			ev := anyEvent(rng)
			ev.Seq = uint64(i + 1)
			f.Apply(ev)
			if rng.IntN(100) == 0 {
				p.drain(t.Context())
				f.View(ev.At).Redact(func(hotline.Party) hotline.Party { return hotline.Party{} })
				c, _ := f.Contact(ev.Contact)
				c.Redact(func(hotline.Party) hotline.Party { return hotline.Party{} })
			}
		}
		for _, by := range []Attribution{ByArrival, ByWaitEnd, ByCompletion} {
			r, err := f.Queues(QueueQuery{From: time.UnixMilli(0), To: now.t, Interval: Hour, By: by})
			if err != nil {
				t.Fatal(err)
			}
			checkIdentities(t, r)
		}
		as, err := f.Agents(AgentQuery{From: time.UnixMilli(0), To: now.t, Interval: Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range as.Rows {
			if s := row.States; s.ReadyMS+s.NotReadyMS+s.UnknownMS+s.busy() != row.SignedInMS {
				t.Errorf("%s %s: states %+v, signed in %d ms", row.Label, row.Agent, s, row.SignedInMS)
			}
		}
		if _, err := f.Contacts(Search{}); err != nil {
			t.Fatal(err)
		}
		for _, closed := range []bool{true, false} {
			f.Callbacks("", closed, 10)
			if _, err := f.Tasks(TaskQuery{Closed: closed}); err != nil {
				t.Fatal(err)
			}
		}
		scrape(t, f)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func anyEvent(rng *rand.Rand) hotline.Event {
	pick := func(s ...string) string { return s[rng.IntN(len(s))] }
	contact := hotline.ContactID(pick("", "a", "b", "c", "d"))
	visit := hotline.VisitID(pick("", "v1", "v2", "v3", "v4", "v5"))
	offer := hotline.OfferID(pick("o1", "o2", "o3"))
	ms := rng.Int64N(100_000) - 1000
	facts := []hotline.Fact{
		hotline.CallStarted{Direction: hotline.Direction(pick("inbound", "outbound", "internal"))},
		hotline.CallEnded{By: hotline.Role(pick("", "customer"))},
		hotline.LegStarted{Role: "agent", Offer: offer},
		hotline.LegRang{},
		hotline.LegAnswered{Role: "customer"},
		hotline.LegEnded{},
		hotline.FlowStepped{},
		hotline.Held{On: rng.IntN(2) == 0},
		hotline.MediaWentSilent{MS: ms},
		hotline.Queued{Visit: visit, Entry: pick("ivr", "<script>")},
		hotline.Blocked{Visit: visit, Reason: "full"},
		hotline.Relaxed{Visit: visit},
		hotline.Offered{Visit: visit, Offer: offer},
		hotline.OfferLost{Visit: visit, Offer: offer, Result: "rejected", RingMS: ms},
		hotline.Connected{Visit: visit, Offer: offer, RingMS: ms},
		hotline.Answered{Visit: visit, WaitMS: ms},
		hotline.Abandoned{Visit: visit, WaitMS: ms},
		hotline.Left{Visit: visit, Outcome: hotline.Outcome(pick("dequeued", "overflow", "odd")), WaitMS: ms},
		hotline.Released{Visit: visit, TalkMS: ms, HoldMS: ms, Wrap: pick("", "timed")},
		hotline.WrapEnded{Visit: visit, MS: ms},
		hotline.AgentSet{State: hotline.AgentState(pick("ready", "talking", "signed_out", "wrap_up", "not_ready", "odd"))},
		hotline.AgentNext{},
		hotline.EngineStarted{},
		hotline.RecordingStored{File: "f"},
		hotline.RecordingFailed{Error: "e"},
		hotline.AlarmRaised{Alarm: pick("x", "lost_call", "agent_healed", "break_over")},
		hotline.AlarmCleared{Alarm: "x"},
	}
	facts = append(facts, laterFacts(rng, visit, offer, ms)...)
	return hotline.Event{
		At: time.UnixMilli(rng.Int64N(39_000_000)), Contact: contact, Call: hotline.CallID(pick(string(contact), "k")), Leg: "l",
		Agent: hotline.AgentID(pick("", "a1", "a2")), Queue: hotline.QueueID(pick("", "claims", "gone", "\xff")), Fact: facts[rng.IntN(len(facts))],
	}
}

// laterFacts are those of breaks, promises, tasks, surveys and of visits in several queues.
func laterFacts(rng *rand.Rand, visit hotline.VisitID, offer hotline.OfferID, ms int64) []hotline.Fact {
	pick := func(s ...string) string { return s[rng.IntN(len(s))] }
	cb, task := hotline.CallbackID(pick("", "p1", "p2")), hotline.TaskID(pick("", "t1", "t2"))
	at := time.UnixMilli(ms * 500)
	return []hotline.Fact{
		hotline.CallStarted{Direction: "outbound", Callback: cb},
		hotline.CallStarted{Direction: "internal", Test: rng.IntN(3) == 0},
		hotline.Queued{Visit: visit, Entry: "requeue", Since: at, Place: time.UnixMilli(1), Beside: "v1", Prefer: "a1", PreferUntil: at, Callback: cb},
		hotline.Queued{Visit: visit, Entry: "callback", Since: time.Time{}.AddDate(9000, 0, 0)},
		hotline.PreferEnded{Visit: visit},
		hotline.Reprioritised{Visit: visit, Priority: int(ms)},
		hotline.Blocked{Visit: visit, Reason: "\xff", Rule: "\xff"},
		hotline.OfferLost{Visit: visit, Offer: offer, Result: hotline.OfferResult(pick("elsewhere", "\xff"))},
		hotline.Left{Visit: visit, Outcome: hotline.Outcome(pick("dequeued", "moved", "no_agents", "callback", "\xff")), Rule: "moved", By: "x"},
		hotline.AgentSet{
			State: hotline.AgentState(pick("reserved", "consulting", "conference", "outbound", "\xff")), Until: at, Misses: int(ms), Reason: "\xff",
		},
		hotline.BreakAsked{Reason: pick("meal", "rest")},
		hotline.BreakAnswered{Reason: "meal", Granted: rng.IntN(2) == 0, Source: hotline.Source(pick("agent", "lead"))},
		hotline.Recalled{By: "x"},
		hotline.PhoneTaken{Phone: "d01"},
		hotline.SignOutAsked{Relief: "a2", Off: rng.IntN(2) == 0},
		hotline.CallbackAsked{Callback: cb, Visit: visit, Since: at, Expires: at},
		hotline.CallbackDue{Callback: cb, Try: int(ms)},
		hotline.CallbackTried{Callback: cb, Try: int(ms), Next: at},
		hotline.CallbackEnded{Callback: cb, Result: pick("connected", "failed", "expired", "cancelled", "\xff")},
		hotline.VoicemailLeft{Task: task, Due: at, OffsetMS: ms, MS: ms},
		hotline.TaskClosed{Task: task},
		hotline.SurveyStepped{Visit: visit, Stage: pick("invited", "accepted", "answered", "completed", "\xff"), Score: int(ms)},
		hotline.SwitchSet{Switch: pick("emergency", "\xff"), On: rng.IntN(2) == 0},
		hotline.ConsentAsked{},
		hotline.TurnedAway{Trunk: pick("carrier", "\xff"), Reason: pick("max_cps", "\xff"), Calls: int(ms)},
	}
}

// TestQueriesBesideApply runs every query while events come in; the race detector watches.
func TestQueriesBesideApply(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	d := simulate(3, start, 4*time.Hour, 400, 4)
	now := &clock{time.UnixMilli(d.end)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	evs := d.sorted()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 5 {
		p := f.packer
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch i {
				case 0:
					f.View(now.t)
				case 1:
					r, err := f.Queues(QueueQuery{From: start, To: now.t, Interval: Half})
					if err != nil {
						t.Error(err)
						return
					}
					checkIdentities(t, r)
				case 2:
					p, _ := f.Contacts(Search{Queue: "claims"})
					for _, c := range p.Items {
						f.Contact(c.ID)
					}
				case 4:
					p.drain(t.Context())
				case 3:
					_, _ = f.Agents(AgentQuery{From: start, To: now.t, Interval: Hour})
					f.SetCentre(simCentre(time.UTC))
				}
			}
		})
	}
	for _, ev := range evs {
		f.Apply(ev)
	}
	close(stop)
	readers.Wait()
}

// TestMetricNames holds the names and labels that dashboards rely on (kpi 2.1).
func TestMetricNames(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{
		Centre: morningCentre(time.UTC), Now: now.now, Commit: "abc", Version: "1",
		ExpectedWait: func(q hotline.QueueID) (time.Duration, bool) { return 90 * time.Second, q == "claims" },
	})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	m := scrape(t, f)
	var b strings.Builder
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s %v\n", k, m[k])
	}
	golden(t, "metrics.golden", b.String())
	for _, secret := range []string{"c1", "8001", "8002", "13800004410"} {
		if strings.Contains(b.String(), "="+secret+"}") {
			t.Errorf("%s is a label", secret)
		}
	}
	for _, edge := range []float64{15, 20} {
		if !slices.Contains(edges(), edge) || !slices.Contains(fineEdges(), edge) {
			t.Errorf("no classic bucket at %v s", edge)
		}
	}
	// A counter never falls, even if a fact stamped before the last scrape takes time back.
	before := m["hotline_agent_state_seconds_total{group=a}{state=talking}"]
	f.Apply(hotline.Event{Seq: f.Seq() + 1, At: now.t.Add(-10 * time.Second), Agent: "8002", Fact: hotline.AgentSet{State: hotline.AgentReady}})
	if after := scrape(t, f)["hotline_agent_state_seconds_total{group=a}{state=talking}"]; after < before {
		t.Errorf("talking fell from %v to %v", before, after)
	}
}

func TestSearchRefuses(t *testing.T) {
	f := New(Config{})
	for _, s := range []Search{{Limit: 501}, {Limit: -1}, {Cursor: "x"}} {
		if _, err := f.Contacts(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
	if p, err := f.Contacts(Search{}); err != nil || p.Items == nil || len(p.Items) != 0 {
		t.Errorf("empty: %+v %v", p, err)
	}
}

func TestSearch(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	start := instant(t, "2026-03-10T01:00:00Z")
	for _, tc := range []struct {
		s    Search
		want string
	}{
		{Search{}, "c7 c6 c5 c4 c3 c2 c1"},
		{Search{Limit: 2}, "c7 c6"},
		{Search{Number: "1380000"}, "c1"},
		{Search{Number: "4410"}, "c1"},
		{Search{Queue: "rescue"}, "c6"},
		{Search{Agent: "8002"}, "c7 c4 c1"},
		{Search{Agent: "8002", Outcome: "answered"}, "c7 c1"},
		{Search{Agent: "8001"}, ""},
		{Search{Outcome: "lost"}, "c4"},
		{Search{Outcome: "short"}, "c2"},
		{Search{Outcome: "blocked"}, "c3"},
		{Search{Outcome: "ivr"}, "c5"},
		{Search{Outcome: "ivr", Queue: "claims"}, ""},
		{Search{Outcome: "open"}, "c7 c6"},
		{Search{Outcome: "open", Queue: "claims"}, "c7"},
		{Search{From: At(start.Add(20 * time.Second)), To: At(start.Add(4 * time.Minute))}, "c5 c4 c3 c2"},
		{Search{To: At(start)}, ""},
	} {
		p, err := f.Contacts(tc.s)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, c := range p.Items {
			ids = append(ids, string(c.ID))
		}
		if got := strings.Join(ids, " "); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.s, got, tc.want)
		}
	}
}

// TestPack: a packed record reads exactly as before, and one that gets another fact goes on.
func TestPack(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	before, _ := f.Contact("c1")
	f.packer.drain(t.Context())
	if f.contacts.byID["c1"].packed == nil || f.contacts.byID["c7"].packed != nil {
		t.Fatal("c1 is over and should be packed, c7 is not")
	}
	after, _ := f.Contact("c1")
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("before -, after +:\n%s", d)
	}
	f.Apply(hotline.Event{Seq: f.Seq() + 1, At: now.t, Contact: "c1", Fact: hotline.RecordingFailed{Error: "bad sector"}})
	late, _ := f.Contact("c1")
	if len(late.Timeline) != len(before.Timeline)+1 || late.Recording.Error == "" || len(late.Legs) != len(before.Legs) {
		t.Errorf("after a late fact: %d facts, recording %+v", len(late.Timeline), late.Recording)
	}
	f.Apply(hotline.Event{Seq: f.Seq() + 1, At: now.t.Add(2 * time.Minute), Fact: hotline.Audited{}})
	f.packer.drain(t.Context())
	if f.contacts.byID["c1"].packed == nil {
		t.Error("not packed again")
	}
}

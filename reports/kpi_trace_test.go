package reports

import (
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
)

// traceSets finds every kpi_trace*.csv, in $TESTKIT/kpi when that is set, else in testdata/kpi.
func traceSets(t *testing.T) (dir string, suffixes []string) {
	t.Helper()
	dirs := []string{"testdata/kpi"}
	if kit := os.Getenv("TESTKIT"); kit != "" {
		dirs = append([]string{filepath.Join(kit, "kpi")}, dirs...)
	}
	for _, dir := range dirs {
		names, err := fs.Glob(os.DirFS(dir), "kpi_trace*.csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			suffixes = append(suffixes, strings.TrimSuffix(strings.TrimPrefix(n, "kpi_trace"), ".csv"))
		}
		if len(suffixes) > 0 {
			return dir, suffixes
		}
	}
	t.Fatal("no kpi_trace*.csv in $TESTKIT/kpi or testdata/kpi")
	return "", nil
}

func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	rows := make([]map[string]string, 0, len(all))
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func num(t *testing.T, row map[string]string, key string) int64 {
	t.Helper()
	if row[key] == "" {
		return 0
	}
	n, err := strconv.ParseInt(row[key], 10, 64)
	if err != nil {
		t.Fatalf("%v: %s: %v", row, key, err)
	}
	return n
}

// traceOutcomes translates the trace's words into the vocabulary's.
var traceOutcomes = map[string]hotline.Outcome{
	"flow_overflow": hotline.OutcomeOverflow, "flow_timeout": hotline.OutcomeTimeout, "flow_key": hotline.OutcomeKey,
	"flow_callback": hotline.OutcomeCallback, "flow_voicemail": hotline.OutcomeVoicemail, "flow_move": hotline.OutcomeMoved,
	"flow_moved": hotline.OutcomeMoved, "flow_admin_move": hotline.OutcomeMoved, "flow_key_exit": hotline.OutcomeKey,
	"sys_lost": hotline.OutcomeLost, "lost_system": hotline.OutcomeLost, "dequeued": hotline.OutcomeDequeued,
}

var traceBlocks = map[string]hotline.BlockReason{
	"busy_full": hotline.BlockFull, "queue_full": hotline.BlockFull, "closed": hotline.BlockClosed,
	"no_staff": hotline.BlockNoStaff, "busy_no_staff": hotline.BlockNoStaff,
}

// traceVisit turns one line of the trace into the events that the engine would have written.
func traceVisit(t *testing.T, s *script, row map[string]string) {
	t.Helper()
	contact := hotline.ContactID("k" + row["call"])
	visit := contact.Visit(int(num(t, row, "visit")))
	call := hotline.CallID(contact)
	ev := hotline.Event{Contact: contact, Call: call, Queue: hotline.QueueID(row["queue"])}
	request, enqueue, end := num(t, row, "request_ms"), num(t, row, "enqueue_ms"), num(t, row, "end_wait_ms")
	if row["visit"] == "1" {
		s.add(request, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: row["call"]}})
	}
	if reason, ok := traceBlocks[row["outcome"]]; ok {
		s.add(request, ev, hotline.Blocked{Visit: visit, Entry: row["entry"], Reason: reason})
		return
	}
	s.add(enqueue, ev, hotline.Queued{Visit: visit, Entry: row["entry"], Since: time.UnixMilli(enqueue).UTC()})
	offers := 0
	ring := func(agent string) hotline.Event {
		offers++
		ring := ev
		ring.Agent = hotline.AgentID(agent)
		s.add(enqueue, ring, hotline.Offered{Visit: visit, Offer: visit.Offer(offers), Attempt: offers})
		return ring
	}
	for range num(t, row, "rona") {
		missed := ring("missed")
		s.add(enqueue, missed, hotline.OfferLost{Visit: visit, Offer: visit.Offer(offers), Result: hotline.OfferNoAnswer})
	}
	wait := end - enqueue
	switch row["outcome"] {
	case "answered":
		talk, hold, acw := num(t, row, "talk_ms"), num(t, row, "hold_ms"), num(t, row, "acw_ms")
		// One agent of the trace may be in two calls at once: the visit's own name keeps them apart.
		a := ring(row["agent"] + "/" + string(visit))
		s.add(end, a, hotline.Connected{Visit: visit, Offer: visit.Offer(offers), WaitMS: wait})
		s.add(end, a, hotline.Answered{Visit: visit, WaitMS: wait})
		s.add(end+talk+hold, a, hotline.Released{Visit: visit, TalkMS: talk + hold, HoldMS: hold, Wrap: "timed"})
		s.add(end+talk+hold+acw, a, hotline.WrapEnded{Visit: visit, MS: acw})
	case "abandoned":
		s.add(end, ev, hotline.Abandoned{Visit: visit, WaitMS: wait})
	case "", "waiting", "still_waiting":
	default:
		outcome, ok := traceOutcomes[row["outcome"]]
		if !ok {
			t.Fatalf("outcome %q", row["outcome"])
		}
		s.add(end, ev, hotline.Left{Visit: visit, Outcome: outcome, WaitMS: wait, To: row["next"]})
	}
}

// traceStates turns the agents' states into events.
func traceStates(t *testing.T, s *script, rows []map[string]string) {
	t.Helper()
	starts := map[string]map[int64]bool{}
	for _, row := range rows {
		if starts[row["agent"]] == nil {
			starts[row["agent"]] = map[int64]bool{}
		}
		starts[row["agent"]][num(t, row, "start_ms")] = true
	}
	for _, row := range rows {
		ev := hotline.Event{Agent: hotline.AgentID(row["agent"])}
		start, end := num(t, row, "start_ms"), num(t, row, "end_ms")
		set := hotline.AgentSet{Source: hotline.SourceAgent}
		switch row["state"] {
		case "ready", "ringing":
			set.State = hotline.AgentState(row["state"])
		case "talk":
			set.State = hotline.AgentTalking
		case "hold":
			set.State = hotline.AgentHeld
		case "acw":
			set.State = hotline.AgentWrapUp
		case "outbound":
			set.State = hotline.AgentOutbound
		default:
			set.State, set.Reason = hotline.AgentNotReady, row["state"]
		}
		s.add(start, ev, set)
		if !starts[row["agent"]][end] { // a gap: signed out in between
			s.add(end, hotline.Event{Agent: ev.Agent}, hotline.AgentSet{State: hotline.AgentSignedOut})
		}
	}
}

// queueFigures names the figures of a row as the expectations do.
func queueFigures(r QueueRow) map[string]*float64 {
	n := func(v int) *float64 { f := float64(v); return &f }
	wait := 0.0
	if r.Waits.MaxMS != nil {
		wait = float64(*r.Waits.MaxMS)
	}
	l := r.Levels
	return map[string]*float64{
		"requested": n(r.Requested), "blocked": n(r.BlockedAll), "offered": n(r.Offered), "answered": n(r.Answered),
		"answered_T": n(r.AnsweredIn), "abandoned": n(r.Abandoned), "abandoned_T": n(r.AbandonedIn),
		"short_abandoned": n(r.Short), "flowout": n(r.FlowOutAll), "sys_lost": n(r.Lost),
		"rona": n(r.Rings.NoAnswer + r.Rings.Rejected), "max_wait_ms": &wait,
		"asa_ms": r.ASAMS, "avg_abandon_ms": r.AbandonMS, "avg_wait_all_ms": r.WaitMS, "att_ms": r.TalkMS, "aht_ms": r.AHTMS,
		"sl_offered": l.V1.Ratio, "sl_ans_plus_ab": l.V2.Ratio, "sl_excl_short": l.V3Offered.Ratio,
		"sl_ans_plus_ab_excl_short": l.V3.Ratio, "sl_excl_ab_in_T": l.V4.Ratio, "sl_positive": l.V5.Ratio,
		"sl_answered_only": l.V6.Ratio, "cn_20s": l.CN20.Ratio, "cn_connect": l.Connect.Ratio,
		"abandon_rate": l.Abandon.Ratio, "abandon_rate_excl_short": l.AbandonX.Ratio,
	}
}

func agentFigures(r AgentRow) map[string]*float64 {
	n := func(v int64) *float64 { f := float64(v); return &f }
	out := map[string]*float64{
		"ready": n(r.States.ReadyMS), "ringing": n(r.States.RingingMS), "talk": n(r.States.TalkingMS),
		"hold": n(r.States.HeldMS), "acw": n(r.States.WrapUpMS), "outbound": n(r.States.OutboundMS),
		"login_ms": n(r.SignedInMS), "handle_ms": n(r.States.TalkingMS + r.States.HeldMS + r.States.WrapUpMS),
		"occupancy_all": r.Occupancy, "occupancy_inbound": r.OccupancyInbound,
		"handle_over_login": r.HandleOverLogin, "staffed_over_login": r.StaffedOverLogin,
	}
	for reason, ms := range r.Reasons {
		out[reason] = n(ms)
	}
	return out
}

func TestKPITrace(t *testing.T) {
	dir, suffixes := traceSets(t)
	for _, suffix := range suffixes {
		t.Run("trace"+suffix, func(t *testing.T) { kpiTrace(t, dir, suffix) })
	}
}

func kpiTrace(t *testing.T, dir, suffix string) {
	loc := zone(t, "Asia/Shanghai")
	s := &script{}
	visits := readCSV(t, filepath.Join(dir, "kpi_trace"+suffix+".csv"))
	first := int64(math.MaxInt64)
	for _, row := range visits {
		traceVisit(t, s, row)
		first = min(first, num(t, row, "request_ms"))
	}
	states := filepath.Join(dir, "agent_states"+suffix+".csv")
	if _, err := os.Stat(states); err == nil {
		traceStates(t, s, readCSV(t, states))
	}
	b, err := os.ReadFile(filepath.Join(dir, "kpi_expected"+suffix+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]map[string]*float64
	if err := json.Unmarshal(b, &expected); err != nil {
		t.Fatal(err)
	}
	events := s.sorted()
	now := &clock{events[len(events)-1].At.Add(time.Hour)}
	f := New(Config{Now: now.now, Centre: Centre{Location: loc, Queues: traceQueues(visits)}})
	for _, ev := range events {
		f.Apply(ev)
	}
	// The agents' half hours are counted from that of the first request.
	base := time.UnixMilli(first).Truncate(30 * time.Minute)
	values := 0
	for _, key := range slices.Sorted(maps.Keys(expected)) {
		got := traceFigures(t, f, key, base, loc)
		for name, want := range expected[key] {
			values++
			if _, known := got[name]; !known && (want == nil || *want != 0 || keyKind(key) != "agent") {
				t.Errorf("%s: no figure is called %s", key, name)
				continue
			}
			if got[name] == nil && keyKind(key) == "agent" && want != nil { // a state that the agent was not in
				got[name] = new(float64)
			}
			if !near(got[name], want) {
				t.Errorf("%s: %s = %s, want %s", key, name, show(got[name]), show(want))
			}
		}
	}
	t.Logf("%d values compared", values)
	if values == 0 {
		t.Error("nothing compared")
	}
}

// keyKind is what an expectation's key begins with.
func keyKind(key string) string {
	first, _, _ := strings.Cut(key, "/")
	return first
}

// traceFigures asks the fold for what an expectation's key names.
func traceFigures(t *testing.T, f *Fold, key string, base time.Time, loc *time.Location) map[string]*float64 {
	t.Helper()
	part := strings.Split(key, "/")
	day := func(s string) (time.Time, time.Time) {
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		return dayStart(d.Year(), d.Month(), d.Day(), loc), dayStart(d.Year(), d.Month(), d.Day()+1, loc)
	}
	queues := func(q QueueQuery) *QueueReport {
		r, err := f.Queues(q)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		checkIdentities(t, r)
		return r
	}
	switch {
	case part[0] == "agent":
		bin, err := strconv.Atoi(strings.TrimPrefix(part[2], "bin"))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		from := base.Add(time.Duration(bin) * 30 * time.Minute)
		r, err := f.Agents(AgentQuery{From: from, To: from.Add(30 * time.Minute), Agent: hotline.AgentID(part[1])})
		if err != nil || len(r.Rows) != 1 {
			t.Fatalf("%s: %d rows, %v", key, len(r.Rows), err)
		}
		return agentFigures(r.Rows[0])
	case part[0] == "call_level":
		from, to := day(strings.TrimPrefix(part[1], "day"))
		c := queues(QueueQuery{From: from, To: to}).Totals[0].Calls
		n := func(v int) *float64 { x := float64(v); return &x }
		return map[string]*float64{"calls": n(c.Calls), "answered": n(c.Answered), "answered_T": n(c.Within)}
	case strings.HasPrefix(part[0], "day"):
		from, to := day(strings.TrimPrefix(part[0], "day"))
		return queueFigures(firstRow(t, queues(QueueQuery{From: from, To: to, Queue: hotline.QueueID(part[1])})))
	}
	by, ok := map[string]Attribution{"arrival": ByArrival, "end_of_wait": ByWaitEnd, "completion": ByCompletion}[part[0]]
	if !ok {
		t.Fatalf("key %q", key)
	}
	from, err := time.ParseInLocation("2006-01-02 15:04", part[2], loc)
	if err != nil {
		t.Fatal(err)
	}
	r := queues(QueueQuery{From: from, To: from.Add(30 * time.Minute), Interval: Half, Queue: hotline.QueueID(part[1]), By: by})
	return queueFigures(firstRow(t, r))
}

// traceQueues are the queues that the trace names.
func traceQueues(rows []map[string]string) (all []Queue) {
	seen := map[string]bool{}
	for _, row := range rows {
		if id := row["queue"]; !seen[id] {
			seen[id] = true
			all = append(all, Queue{ID: hotline.QueueID(id), Within: 20 * time.Second, Short: 5 * time.Second})
		}
	}
	return all
}

func near(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) < 1e-6
}

func show(v *float64) string {
	if v == nil {
		return "null"
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

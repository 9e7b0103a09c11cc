package reports

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"hotline"
)

// tallyTruth counts the simulator's own notes in plain loops: the independent oracle.
func tallyTruth(ts []truth, keep func(truth) bool, target, short func(hotline.QueueID) int64) map[string]int64 {
	n := map[string]int64{}
	for _, tr := range ts {
		if !keep(tr) {
			continue
		}
		n["rona"] += int64(tr.rona)
		if tr.outcome == hotline.OutcomeDequeued {
			n["dequeued"]++
			continue
		}
		n["requested"]++
		if tr.blocked {
			n["blocked"]++
			continue
		}
		n["offered"]++
		n["talk"], n["hold"], n["acw"] = n["talk"]+tr.talk, n["hold"]+tr.hold, n["acw"]+tr.acw
		in := tr.wait <= target(tr.queue)
		switch tr.outcome {
		case "":
			n["waiting"]++
		case hotline.OutcomeAnswered:
			n["answered"]++
			n["wait"] += tr.wait
			if in {
				n["answered_in"]++
			}
			if tr.wait <= 20_000 {
				n["answered_20"]++
			}
		case hotline.OutcomeAbandoned:
			n["abandoned"]++
			if in {
				n["abandoned_in"]++
			}
			if tr.wait < short(tr.queue) {
				n["short"]++
			}
		case hotline.OutcomeLost:
			n["lost"]++
		default:
			n["flow_out"]++
		}
	}
	return n
}

// tallyRow is the same counts of a report row.
func tallyRow(r QueueRow) map[string]int64 {
	return map[string]int64{
		"dequeued": int64(r.Dequeued), "requested": int64(r.Requested), "blocked": int64(r.BlockedAll),
		"offered": int64(r.Offered), "rona": int64(r.Rings.NoAnswer), "talk": r.TalkTotalMS, "hold": r.HoldTotalMS,
		"acw": r.ACWTotalMS, "waiting": int64(r.Waiting), "answered": int64(r.Answered), "answered_in": int64(r.AnsweredIn),
		"answered_20": int64(r.AnsweredIn20), "abandoned": int64(r.Abandoned), "abandoned_in": int64(r.AbandonedIn),
		"short": int64(r.Short), "lost": int64(r.Lost), "flow_out": int64(r.FlowOutAll),
	}
}

func compare(t *testing.T, what string, got, want map[string]int64) {
	t.Helper()
	for k, v := range got {
		if v != want[k] {
			t.Errorf("%s: %s = %d, want %d", what, k, v, want[k])
		}
	}
}

func bounds(f *Fold) (target, short func(hotline.QueueID) int64) {
	return func(q hotline.QueueID) int64 { return f.book.queue(q).Within.Milliseconds() },
		func(q hotline.QueueID) int64 { return f.book.queue(q).Short.Milliseconds() }
}

// scrape is every sample of the fold's metrics as name{label=value,…} → value.
func scrape(t *testing.T, f *Fold) map[string]float64 {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(f.Metrics())
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, fam := range families {
		for _, m := range fam.Metric {
			key := fam.GetName()
			for _, l := range m.Label {
				key += fmt.Sprintf("{%s=%s}", l.GetName(), l.GetValue())
			}
			switch fam.GetType() {
			case dto.MetricType_COUNTER:
				out[key] = m.Counter.GetValue()
			case dto.MetricType_GAUGE:
				out[key] = m.Gauge.GetValue()
			case dto.MetricType_HISTOGRAM:
				out[key+"_count"], out[key+"_sum"] = float64(m.Histogram.GetSampleCount()), m.Histogram.GetSampleSum()
			}
		}
	}
	return out
}

// TestFiguresAgree simulates stretches of random calls and holds every view of them against the simulator's own notes:
// interval report, its roll-ups, board, metrics and contact list.
func TestFiguresAgree(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			loc := zone(t, []string{"Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "UTC"}[seed%5])
			start, _ := today(instant(t, "2026-04-04T12:00:00Z").Add(time.Duration(seed)*33*time.Hour), loc)
			start = start.Add(time.Duration(seed%4) * time.Hour)
			d := simulate(seed, start, 10*time.Hour, 600, 4)
			now := &clock{time.UnixMilli(d.end)}
			f := New(Config{Centre: simCentre(loc), Now: now.now})
			d.apply(f)
			var kept []truth
			for _, tr := range d.truths {
				if d.within(tr.since) {
					kept = append(kept, tr)
				}
			}
			d.truths = kept
			agreeIntervals(t, f, d, start)
			agreeBoard(t, f, d, start, now.t)
			agreeMetrics(t, f, d)
			agreeContacts(t, f, d)
			agreeCalls(t, f, d, start)
			agreeAgents(t, f, d, start)
		})
	}
}

func agreeIntervals(t *testing.T, f *Fold, d *day, start time.Time) {
	t.Helper()
	target, short := bounds(f)
	to := start.Add(24 * time.Hour)
	for _, iv := range []Interval{Quarter, Half, Hour, Day, Week, Month, Whole} {
		r, err := f.Queues(QueueQuery{From: start, To: to, Interval: iv})
		if err != nil {
			t.Fatal(err)
		}
		checkIdentities(t, r)
		total := 0
		for _, row := range r.Rows {
			want := tallyTruth(d.truths, func(tr truth) bool {
				return tr.queue == row.Queue && tr.since >= int64(row.Start) && tr.since < int64(row.End)
			}, target, short)
			compare(t, fmt.Sprintf("%s %s %s", iv, row.Label, row.Queue), tallyRow(row), want)
			total += row.Requested + row.Dequeued
			if row.Waiting > 0 && !row.Open {
				t.Errorf("%s %s: final with %d waiting", row.Label, row.Queue, row.Waiting)
			}
		}
		if total != len(d.truths) {
			t.Errorf("%s: %d requests in all rows, want %d", iv, total, len(d.truths))
		}
	}
}

func agreeBoard(t *testing.T, f *Fold, d *day, start, now time.Time) {
	t.Helper()
	target, short := bounds(f)
	v := f.View(now)
	midnight := int64(v.Day)
	for _, q := range v.Queues {
		want := tallyTruth(d.truths, func(tr truth) bool { return tr.queue == q.ID && tr.since >= midnight }, target, short)
		compare(t, "board "+string(q.ID), map[string]int64{
			"requested": int64(q.Today.Requested), "offered": int64(q.Today.Offered), "answered": int64(q.Today.Answered),
			"abandoned": int64(q.Today.Abandoned), "short": int64(q.Today.Short), "blocked": int64(q.Today.Blocked),
			"flow_out": int64(q.Today.FlowOut), "lost": int64(q.Today.Lost), "waiting": int64(q.Waiting.Waiting),
			"answered_in": int64(q.SLDay.Count),
		}, want)
		sum := 0
		for _, n := range q.Today.Arrivals {
			sum += n
		}
		if int64(sum) != want["requested"]+want["dequeued"] {
			t.Errorf("board %s: arrivals sum to %d, want %d", q.ID, sum, want["requested"]+want["dequeued"])
		}
		slidingLevel(t, d, q, now.UnixMilli(), target(q.ID))
	}
	again := New(Config{Centre: simCentre(f.book.loc)})
	for i, ev := range d.events { // the memo of the day, fed bit by bit, equals one pass over the history
		again.Apply(ev)
		if i%97 == 0 {
			again.View(ev.At)
		}
	}
	w := again.View(now)
	for i := range v.Queues {
		if d := cmp.Diff(v.Queues[i], w.Queues[i]); d != "" {
			t.Errorf("board %s: at once -, step by step +:\n%s", v.Queues[i].ID, d)
		}
	}
}

// slidingLevel recounts the last 30 minutes: who waits beyond the target has failed, who waits within it is in no term.
func slidingLevel(t *testing.T, d *day, q QueueView, now, target int64) {
	t.Helper()
	in, of := 0, 0
	for _, tr := range d.truths {
		if tr.queue != q.ID || tr.blocked || tr.outcome == hotline.OutcomeDequeued || tr.since < now-30*60_000 {
			continue
		}
		if tr.outcome == "" && now-tr.since <= target {
			continue
		}
		of++
		if tr.outcome == hotline.OutcomeAnswered && tr.wait <= target {
			in++
		}
	}
	if q.SL30m.Count != in || q.SL30m.Of != of || (q.SL30m.Ratio == nil) != (of == 0) {
		t.Errorf("board %s: 30 min %d/%d, want %d/%d", q.ID, q.SL30m.Count, q.SL30m.Of, in, of)
	}
}

func agreeMetrics(t *testing.T, f *Fold, d *day) {
	t.Helper()
	target, short := bounds(f)
	m := scrape(t, f)
	for _, id := range simQueues {
		q := "{queue=" + f.metrics.queue(id) + "}"
		want := tallyTruth(d.truths, func(tr truth) bool { return tr.queue == id }, target, short)
		get := func(name string) int64 { return int64(m["hotline_"+name]) }
		flow := int64(0)
		for _, o := range []hotline.Outcome{
			hotline.OutcomeOverflow, hotline.OutcomeTimeout, hotline.OutcomeKey, hotline.OutcomeMoved, hotline.OutcomeClosed,
			hotline.OutcomeNoAgents,
		} {
			flow += get("queue_visits_ended_total{outcome=" + string(o) + "}" + q)
		}
		compare(t, "metrics "+string(id), map[string]int64{
			"requested": get("queue_requests_total{entry=ivr}"+q) - want["dequeued"],
			"offered":   get("queue_visits_total{entry=ivr}"+q) - want["dequeued"],
			"blocked":   get("queue_blocked_total" + q + "{reason=full}"),
			"answered":  get("queue_visits_ended_total{outcome=answered}" + q),
			"abandoned": get("queue_visits_ended_total{outcome=abandoned}" + q), "flow_out": flow,
			"lost":        get("queue_visits_ended_total{outcome=lost}" + q),
			"dequeued":    get("queue_visits_ended_total{outcome=dequeued}" + q),
			"answered_in": get("queue_answered_within_target_total" + q), "short": get("queue_abandoned_short_total" + q),
			"abandoned_in": get("queue_abandoned_within_target_total" + q),
			"rona":         get("ring_attempts_total" + q + "{result=no_answer}"),
		}, want)
		if n := get("queue_wait_seconds{outcome=answered}" + q + "_count"); n != want["answered"] {
			t.Errorf("metrics %s: %d waits observed, want %d", id, n, want["answered"])
		}
		sum := m["hotline_handle_phase_seconds_total{phase=talk}"+q]
		if diff := sum - float64(want["talk"])/1000; diff > 1e-6 || diff < -1e-6 {
			t.Errorf("metrics %s: talk %v s, want %v ms", id, sum, want["talk"])
		}
	}
}

func agreeContacts(t *testing.T, f *Fold, d *day) {
	t.Helper()
	list := func(s Search) []Contact {
		var all []Contact
		s.Limit = 37
		for {
			p, err := f.Contacts(s)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p.Items...)
			if p.Next == "" {
				return all
			}
			s.Cursor = p.Next
		}
	}
	for _, id := range simQueues {
		for _, o := range []string{"answered", "abandoned", "overflow", "lost", "dequeued", "blocked"} {
			want := map[hotline.ContactID]bool{}
			for _, tr := range d.truths {
				if tr.queue == id && (string(tr.outcome) == o || (o == "blocked" && tr.blocked)) {
					want[tr.contact] = true
				}
			}
			got := list(Search{Queue: id, Outcome: o})
			for _, c := range got {
				if !want[c.ID] {
					t.Errorf("contacts %s %s: %s is none", id, o, c.ID)
				}
			}
			if len(got) != len(want) {
				t.Errorf("contacts %s %s: %d, want %d", id, o, len(got), len(want))
			}
		}
	}
	all := list(Search{})
	for i := 1; i < len(all); i++ {
		if all[i].Seq >= all[i-1].Seq {
			t.Fatalf("contacts: %s is not older than %s", all[i].ID, all[i-1].ID)
		}
	}
	if len(all) != len(f.contacts.order) {
		t.Errorf("contacts: %d in all pages, want %d", len(all), len(f.contacts.order))
	}
}

func agreeCalls(t *testing.T, f *Fold, d *day, start time.Time) {
	t.Helper()
	r, err := f.Queues(QueueQuery{From: start, To: start.Add(24 * time.Hour), Interval: Quarter})
	if err != nil {
		t.Fatal(err)
	}
	type request struct {
		at    int64
		queue hotline.QueueID
	}
	firsts, answered := map[hotline.ContactID]request{}, map[hotline.ContactID]bool{}
	want := map[int]CallCounts{}
	bin := func(at int64) int { return int((at - start.UnixMilli()) / quarterMS) }
	for _, tr := range d.truths {
		if tr.first {
			firsts[tr.contact] = request{tr.since, tr.queue}
			c := want[bin(tr.since)]
			c.Calls++
			want[bin(tr.since)] = c
		}
		if tr.outcome == "" && !tr.blocked {
			c := want[bin(firsts[tr.contact].at)]
			c.Waiting++
			want[bin(firsts[tr.contact].at)] = c
		}
		if tr.outcome == hotline.OutcomeAnswered {
			answered[tr.contact] = true
		}
		if tr.outcome == hotline.OutcomeAbandoned && !answered[tr.contact] {
			c := want[bin(firsts[tr.contact].at)]
			c.Abandoned++
			want[bin(firsts[tr.contact].at)] = c
		}
		if first := firsts[tr.contact]; tr.firstAnswer {
			c := want[bin(first.at)]
			c.Answered++
			if tr.fromFirst <= f.book.queue(first.queue).Within.Milliseconds() {
				c.Within++
			}
			want[bin(first.at)] = c
		}
	}
	for i, row := range r.Totals {
		if row.Calls.CallCounts != want[i] {
			t.Errorf("calls %s: %+v, want %+v", row.Label, *row.Calls, want[i])
		}
	}
}

// agreeAgents recounts the agents: calls and handle times from the simulator's notes, state times against the time
// signed in, which they must fill to the millisecond in every interval.
func agreeAgents(t *testing.T, f *Fold, d *day, start time.Time) {
	t.Helper()
	for _, iv := range []Interval{Quarter, Hour, Whole} {
		r, err := f.Agents(AgentQuery{From: start, To: start.Add(24 * time.Hour), Interval: iv})
		if err != nil {
			t.Fatal(err)
		}
		signedIn, answered, talk := map[hotline.AgentID]int64{}, map[hotline.AgentID]int{}, map[hotline.AgentID]int64{}
		for _, row := range r.Rows {
			s := row.States
			sum := s.ReadyMS + s.RingingMS + s.TalkingMS + s.HeldMS + s.WrapUpMS + s.NotReadyMS + s.OutboundMS + s.UnknownMS
			if sum != row.SignedInMS {
				t.Errorf("%s %s: states sum to %d ms, signed in %d ms", row.Label, row.Agent, sum, row.SignedInMS)
			}
			if cover := overlap(int64(row.Start), int64(row.End), d.login[row.Agent], d.end); cover != row.SignedInMS {
				t.Errorf("%s %s: signed in %d ms, want %d", row.Label, row.Agent, row.SignedInMS, cover)
			}
			reasons := int64(0)
			for _, ms := range row.Reasons {
				reasons += ms
			}
			if reasons != s.NotReadyMS {
				t.Errorf("%s %s: reasons sum to %d, not ready %d", row.Label, row.Agent, reasons, s.NotReadyMS)
			}
			signedIn[row.Agent] += row.SignedInMS
			answered[row.Agent] += row.Answered
			talk[row.Agent] += row.TalkMS
		}
		for id, login := range d.login {
			wantAnswered, wantTalk := 0, int64(0)
			for _, tr := range d.truths {
				if tr.agent == id {
					wantAnswered, wantTalk = wantAnswered+1, wantTalk+tr.talk
				}
			}
			if signedIn[id] != d.end-login || answered[id] != wantAnswered || talk[id] != wantTalk {
				t.Errorf("%s %s: signed in %d answered %d talk %d, want %d %d %d", iv, id, signedIn[id], answered[id], talk[id],
					d.end-login, wantAnswered, wantTalk)
			}
		}
	}
}

func overlap(a, b, c, d int64) int64 { return max(0, min(b, d)-max(a, c)) }

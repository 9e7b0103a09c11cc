package sim

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/replay"
	"hotline/reports"
)

func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q: %v", name, s, err)
	}
	return n
}

// TestDay runs a virtual day of 5,000 calls and 60 agents. SIM_SEED repeats one, SIM_CALLS changes its size.
func TestDay(t *testing.T) {
	seed := number(t, "SIM_SEED", uint64(time.Now().UnixNano()))
	calls := 5000
	if testing.Short() {
		calls = 800
	}
	calls = int(number(t, "SIM_CALLS", uint64(calls)))
	t.Logf("SIM_SEED=%d SIM_CALLS=%d", seed, calls)
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, 60)
		start := time.Now()
		w.run(calls)
		w.stop()
		t.Logf("virtual %v, %d events", time.Since(start).Round(time.Second), w.log.Last())
		w.checkLog()
		w.checkReplay()
		w.checkSamePolicy()
		w.checkRecordings()
		w.checkReports(start)
	})
	t.Logf("took %v", time.Since(begun).Round(time.Millisecond))
}

// run is the day: shifts begin, calls come with two peaks, the last one ends, everybody goes home.
func (w *world) run(calls int) {
	for i, a := range w.centre.Agents {
		person := &agent{w: w, id: a.ID, r: w.rng("agent", i), begun: map[hotline.LegID]bool{}}
		w.mu.Lock()
		w.agents[a.ID] = person
		w.mu.Unlock()
	}
	for _, a := range w.centre.Agents {
		w.agents[a.ID].begin()
	}
	r := w.rng("arrivals", 0)
	length := time.Duration(float64(6*time.Hour) * float64(calls) / 5000)
	at := make([]time.Duration, calls)
	for i := range at {
		at[i] = arrival(r, length)
	}
	slices.Sort(at)
	start := time.Now()
	w.lead(start.Add(length))
	for i, d := range at {
		time.Sleep(time.Until(start.Add(d)))
		w.call(i)
		if i%50 == 0 {
			w.glance()
		}
	}
	time.Sleep(20 * time.Minute) // the promises are kept, or expire
	if err := w.hub.Drain(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	time.Sleep(10 * time.Minute) // the last wrap-ups end
	for _, a := range w.centre.Agents {
		w.mu.Lock()
		w.agents[a.ID].out = true
		w.mu.Unlock()
	}
	time.Sleep(time.Minute)
	w.settle()
	if n := w.hub.Count() + w.fake.Open(); n != 0 {
		w.t.Errorf("%d calls and lines are left at the end of the day", n)
	}
}

// arrival is a time in the day: two peaks over an even ground.
func arrival(r *rand.Rand, length time.Duration) time.Duration {
	x := r.Float64()
	switch r.IntN(3) {
	case 0:
		x = 0.3 + 0.08*r.NormFloat64()
	case 1:
		x = 0.75 + 0.05*r.NormFloat64()
	}
	return time.Duration(math.Min(math.Max(x, 0), 1) * float64(length))
}

// glance compares, in the middle of the day, what different parts believe of the same moment.
func (w *world) glance() {
	w.settle()
	for ev := range w.log.Read(w.t.Context(), w.seen.seq) {
		w.seen.seq = ev.Seq
		switch f := ev.Fact.(type) {
		case hotline.CallStarted:
			w.seen.calls++
		case hotline.CallEnded:
			w.seen.calls--
		case hotline.Queued:
			w.seen.waiting[f.Visit] = true
		case hotline.Answered: // joined alone is not enough
			delete(w.seen.waiting, f.Visit)
		case hotline.Released:
			delete(w.seen.waiting, f.Visit)
		case hotline.Abandoned:
			delete(w.seen.waiting, f.Visit)
		case hotline.Left:
			delete(w.seen.waiting, f.Visit)
		}
	}
	if n := w.hub.Count(); n != w.seen.calls {
		w.t.Errorf("the hub has %d calls, the log %d", n, w.seen.calls)
	}
	v := w.fold.View(time.Now())
	if v.Seq != w.seen.seq {
		w.t.Errorf("the board is at %d, the log at %d", v.Seq, w.seen.seq)
	}
	n := 0
	for _, q := range v.Queues {
		n += q.Waiting.Waiting
	}
	if n != len(w.seen.waiting) {
		w.t.Errorf("the board shows %d waiting, the log has %d", n, len(w.seen.waiting))
	}
}

// seen is the log as far as glance has read it.
type seen struct {
	seq     uint64
	calls   int
	waiting map[hotline.VisitID]bool
}

// ledger is what the log says of one contact.
type ledger struct {
	started, ended, legs int
	open                 map[hotline.VisitID]bool
	closed               map[hotline.VisitID]int
	answered             map[hotline.VisitID]bool
}

// checkLog reads the day's log in its order and holds the shard and the calls to their invariants after every step.
func (w *world) checkLog() {
	mirror := acd.NewRouter("s1", w.centre)
	contacts := map[hotline.ContactID]*ledger{}
	lines := newLines()
	var last time.Time
	bad := 0
	for _, ev := range w.log.Events() {
		if bad > 10 {
			w.t.Fatal("too much is wrong")
		}
		if ev.Shard != "" {
			if ev.At.After(last) { // a step's facts have one time: the former step is whole
				if err := mirror.Check(); err != nil {
					w.t.Errorf("before %d: %v", ev.Seq, err)
					bad++
				}
				last = ev.At
			}
			mirror.Apply(ev)
			if err := lines.see(ev); err != "" {
				w.t.Errorf("%d: %s", ev.Seq, err)
				bad++
			}
		}
		if ev.Contact == "" {
			continue
		}
		l := contacts[ev.Contact]
		if l == nil {
			l = &ledger{open: map[hotline.VisitID]bool{}, closed: map[hotline.VisitID]int{}, answered: map[hotline.VisitID]bool{}}
			contacts[ev.Contact] = l
		}
		if err := l.see(ev); err != "" {
			w.t.Errorf("%d %s %s: %s", ev.Seq, ev.Contact, ev.Fact.Kind(), err)
			bad++
		}
		if raw, err := hotline.MarshalEvent(ev); err != nil {
			w.t.Errorf("%d: %v", ev.Seq, err)
		} else if back, err := hotline.UnmarshalEvent(raw); err != nil || back.Fact.Kind() != ev.Fact.Kind() {
			w.t.Errorf("%d: %v", ev.Seq, err)
		}
	}
	for id, l := range contacts {
		if l.started != 1 || l.ended != 1 || l.legs != 0 || len(l.open) != 0 {
			w.t.Errorf("%s: started %d, ended %d, %d legs and %d visits open", id, l.started, l.ended, l.legs, len(l.open))
		}
	}
	if err := mirror.Check(); err != nil {
		w.t.Error(err)
	}
}

// see takes a contact's fact and says what is wrong with it.
func (l *ledger) see(ev hotline.Event) string {
	closes := func(v hotline.VisitID) string {
		delete(l.open, v)
		if l.closed[v]++; l.closed[v] > 1 {
			return "the visit ended before"
		}
		return ""
	}
	if l.ended > 0 {
		switch ev.Fact.(type) {
		case hotline.Released, hotline.AgentSet, hotline.WrapEnded, hotline.CallbackDue, hotline.CallbackTried, hotline.CallbackEnded:
		default:
			return "after CallEnded"
		}
	}
	switch f := ev.Fact.(type) {
	case hotline.CallStarted:
		l.started++
	case hotline.CallEnded:
		l.ended++
	case hotline.LegStarted:
		l.legs++
	case hotline.LegEnded:
		l.legs--
	case hotline.Queued:
		if len(l.open) > 0 && !l.open[f.Beside] {
			return "it waits in a queue already"
		}
		l.open[f.Visit] = true
	case hotline.Connected:
		return closes(f.Visit)
	case hotline.Abandoned:
		return closes(f.Visit)
	case hotline.Left:
		return closes(f.Visit)
	case hotline.Answered:
		if l.answered[f.Visit] {
			return "answered twice"
		}
		l.answered[f.Visit] = true
		if l.closed[f.Visit] != 1 {
			return "answered without Connected"
		}
	}
	return ""
}

// checkReplay builds a router from the log alone and wants it to be the one that lived.
func (w *world) checkReplay() {
	replayed := acd.NewRouter("s1", w.centre)
	for _, ev := range w.log.Events() {
		replayed.Apply(ev)
	}
	lived := withoutLast(w.t, w.saved.data)
	again, err := replayed.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	if again := withoutLast(w.t, again); lived != again {
		w.t.Errorf("the replayed router differs from the one that lived:\n%s\n%s", lived, again)
	}
}

// checkSamePolicy runs the day through the router again as `hotline replay` does, from what the log tells of the people alone:
// the same file must give the very facts.
func (w *world) checkSamePolicy() {
	evs := w.log.Events()
	a, err := replay.Run(context.Background(), replay.Question{
		Log: w.log, Shard: "s1", From: evs[0].At, To: evs[len(evs)-1].At.Add(time.Millisecond), Was: w.centre,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if !a.Same {
		was, _ := hotline.MarshalEvent(a.Differ.Was)
		would, _ := hotline.MarshalEvent(a.Differ.Would)
		w.t.Errorf("the same policy decides otherwise:\n was   %s\n would %s", was, would)
	}
}

// withoutLast takes out the time of the last event, which a shard that lives does not see of the calls' own facts.
func withoutLast(t *testing.T, data []byte) string {
	t.Helper()
	var image map[string]json.RawMessage
	if err := json.Unmarshal(data, &image); err != nil {
		t.Fatal(err)
	}
	delete(image, "last")
	out, err := json.Marshal(image)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// checkRecordings wants a recording round every answered contact, begun once and ended once, from its answer to its end.
func (w *world) checkRecordings() {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	ended := map[hotline.CallID]time.Time{}
	up, left := map[hotline.CallID]time.Time{}, map[hotline.CallID]time.Time{} // the customer's
	for _, ev := range w.log.Events() {
		switch f := ev.Fact.(type) {
		case hotline.LegAnswered:
			if f.Role == hotline.RoleCustomer {
				up[ev.Call] = ev.At
			}
		case hotline.CallEnded:
			ended[ev.Call] = ev.At
		case hotline.LegEnded:
			if f.Role == hotline.RoleCustomer {
				left[ev.Call] = ev.At
			}
		case hotline.Answered:
			n++
			if starts := w.records[ev.Call]; len(starts) != 1 || !starts[0].Equal(up[ev.Call]) {
				w.t.Errorf("%s was answered at %v, its recording begun at %v", ev.Call, up[ev.Call], starts)
			}
		}
	}
	for c, starts := range w.records {
		stops := w.stops[c] // at the call's end, or as the customer leaves agents who speak on about it
		if len(starts) != 1 || len(stops) != 1 || !stops[0].Equal(ended[c]) && !stops[0].Equal(left[c]) {
			w.t.Errorf("%s: recordings begun %v, ended %v; the call ended %v", c, starts, stops, ended[c])
		}
	}
	if n == 0 {
		w.t.Error("nobody was answered all day")
	}
}

// checkReports wants the reports to say what the people experienced.
func (w *world) checkReports(start time.Time) {
	queues, answered := w.truths()
	from := start.Add(-24 * time.Hour)
	to := start.Add(48 * time.Hour)
	r, err := w.fold.Queues(reports.QueueQuery{From: from, To: to})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range r.Rows {
		want := *queues[row.Queue]
		got := truth{
			Requested: row.Requested, Blocked: row.BlockedAll, Answered: row.Answered, AnsweredIn: row.AnsweredIn,
			AnsweredIn20: row.AnsweredIn20, Abandoned: row.Abandoned, AbandonedIn: row.AbandonedIn, Short: row.Short,
			Timeout: row.FlowOut.Timeout, Key: row.FlowOut.Key, Moved: row.FlowOut.Moved, Callback: row.FlowOut.Callback, Voicemail: row.FlowOut.Voicemail, Lost: row.Lost, Rings: row.Rings,
			WaitAnswered: total(row.ASAMS, row.Answered), WaitAbandoned: total(row.AbandonMS, row.Abandoned),
		}
		if got != want {
			w.t.Errorf("%s\nreported %+v\n   lived %+v", row.Queue, got, want)
		}
		if row.Waiting+row.FlowOut.Overflow+row.FlowOut.NoAgents != 0 || row.Requested != row.BlockedAll+row.Offered ||
			row.Offered != row.Answered+row.Abandoned+row.FlowOutAll+row.Lost {
			w.t.Errorf("%s does not add up: %+v", row.Queue, row)
		}
		w.t.Logf("%-8s requested %4d blocked %3d answered %4d (in target %4d) abandoned %3d timeout %3d key %2d moved %2d callback %d voicemail %d lost %d rings %+v", row.Queue,
			want.Requested, want.Blocked, want.Answered, want.AnsweredIn, want.Abandoned, want.Timeout, want.Key, want.Moved, want.Callback, want.Voicemail, want.Lost, want.Rings)
	}
	agents, err := w.fold.Agents(reports.AgentQuery{From: from, To: to})
	if err != nil {
		w.t.Fatal(err)
	}
	moved := 0
	for _, row := range agents.Rows {
		given := w.agents[row.Agent].given
		if row.Answered != answered[row.Agent] || row.Handled != row.Answered+given {
			w.t.Errorf("%s: reported %d answered, %d handled, lived %d and %d given", row.Agent, row.Answered, row.Handled, answered[row.Agent], given)
		}
		moved += row.Transfers.Blind + row.Transfers.Attended
	}
	if n := w.handedOn(); n != moved || n == 0 {
		w.t.Errorf("reported %d transfers, lived %d", moved, n)
	}
	w.t.Logf("%d transfers", moved)
}

// total is the sum behind a mean.
func total(mean *float64, n int) int64 {
	if mean == nil {
		return 0
	}
	return int64(math.Round(*mean * float64(n)))
}

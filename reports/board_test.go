package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// wait puts callers into a queue at the given times.
func wait(s *script, q hotline.QueueID, name string, at time.Time) {
	c := hotline.ContactID(name)
	ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: q}
	s.add(at.UnixMilli(), ev, hotline.CallStarted{Direction: hotline.Inbound})
	s.add(at.UnixMilli(), ev, hotline.Queued{Visit: c.Visit(1), Entry: "ivr", Since: at})
}

func TestWaitingLine(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	s := &script{}
	for i, ago := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 20*time.Second + time.Millisecond, 61 * time.Second} {
		wait(s, "claims", fmt.Sprint("w", i), now.Add(-ago))
	}
	f := New(Config{Centre: simCentre(time.UTC)})
	s.apply(f)
	v := f.View(now)
	w := v.Queues[0].Waiting
	if w.Waiting != 7 || w.Breached != 2 || w.AboutTo != 3 || *w.NextMS != 0 || *w.LongestMS != 61_000 {
		t.Errorf("waiting %d breached %d about to %d next %d longest %d; want 7 2 3 0 61000", w.Waiting, w.Breached, w.AboutTo, *w.NextMS, *w.LongestMS)
	}
	if !slices.IsSorted(w.Since) || w.LongestFrom != w.Since[0] {
		t.Errorf("line %v, longest from %d", w.Since, w.LongestFrom)
	}
	// Who waits beyond the target has failed; who waits within it is in no term.
	if l := v.Queues[0].SL30m; l.Of != 2 || l.Count != 0 || *l.Ratio != 0 {
		t.Errorf("level %+v, want 0 of 2", l)
	}
	// Who came before the window is not in it, however long it waits.
	old := &script{}
	wait(old, "claims", "old", now.Add(-30*time.Minute-time.Millisecond))
	g := New(Config{Centre: simCentre(time.UTC)})
	old.apply(g)
	if q := g.View(now).Queues[0]; q.SL30m.Of != 0 || q.Breached != 1 {
		t.Errorf("window %+v, breached %d, want 0 and 1", q.SL30m, q.Breached)
	}
	// Nothing but time passes: the next second breaches one more, and a view made of the same events says so.
	if later := f.View(now.Add(time.Second)); later.Queues[0].Breached != 3 || later.Version != v.Version+1 || later.Seq != v.Seq {
		t.Errorf("a second later: breached %d version %d seq %d", later.Queues[0].Breached, later.Version, later.Seq)
	}
}

// TestRingAll: a call rings until the last of its offers is lost.
func TestRingAll(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	s := &script{}
	wait(s, "claims", "w", now)
	ev := hotline.Event{Contact: "w", Call: "w", Queue: "claims"}
	for i, a := range []hotline.AgentID{"a0", "a1"} {
		ev.Agent = a
		s.add(now.UnixMilli()+1, ev, hotline.Offered{Visit: "w.1", Offer: hotline.OfferID(a)})
		s.add(now.UnixMilli()+int64(i+1)*1000, ev, hotline.OfferLost{Visit: "w.1", Offer: hotline.OfferID(a), Result: hotline.OfferNoAnswer})
	}
	f := New(Config{Centre: simCentre(time.UTC)})
	var phases []string
	for _, e := range s.sorted() {
		f.Apply(e)
		c := f.View(now.Add(time.Minute)).Calls[0]
		phases = append(phases, c.Phase)
		if c.Since != At(now) {
			t.Errorf("%s since %v, want the start of the wait", c.Phase, c.Since)
		}
	}
	if got := strings.Join(phases, " "); got != "ivr waiting ringing ringing ringing waiting" {
		t.Error(got)
	}
}

func TestAlarms(t *testing.T) {
	now := instant(t, "2026-03-10T02:00:00Z")
	s := &script{}
	wait(s, "claims", "w1", now.Add(-61*time.Second))
	wait(s, "rescue", "w2", now.Add(-31*time.Second))
	agentEv := hotline.Event{Agent: "a1"}
	s.add(now.Add(-10*time.Minute).UnixMilli(), agentEv, hotline.AgentSet{State: hotline.AgentNotReady, Reason: "rest"})
	s.add(now.Add(-time.Hour).UnixMilli(), hotline.Event{}, hotline.AlarmRaised{Alarm: "disk", Detail: "full"})
	c := simCentre(time.UTC)
	c.Reasons = []Reason{{ID: "rest", Allowance: 9 * time.Minute}}
	f := New(Config{Centre: c})
	s.apply(f)
	var got []string
	for _, a := range f.View(now).Alarms {
		got = append(got, fmt.Sprintf("%s %s %s%s %d", a.Severity, a.Kind, a.Queue, a.Agent, now.UnixMilli()-int64(a.Since)))
	}
	want := []string{
		"crit engine  3600000", "crit longest_wait claims 1000", "crit longest_wait rescue 1000",
		"crit service_level claims 0", "crit service_level rescue 0", "warn over_time a1 60000",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// The level's alarm keeps its age, and all go when their cause goes.
	later := now.Add(30 * time.Second)
	if a := f.View(later).Alarms[3]; a.Kind != AlarmServiceLevel || int64(later.UnixMilli())-int64(a.Since) != 30_000 {
		t.Errorf("%+v: want the level's alarm, 30 s old", a)
	}
	seq := f.Seq()
	for i, id := range []hotline.VisitID{"w1.1", "w2.1"} {
		f.Apply(hotline.Event{Seq: seq + uint64(i) + 1, At: later, Fact: hotline.Left{Visit: id, Outcome: hotline.OutcomeDequeued}})
	}
	f.Apply(hotline.Event{Seq: seq + 3, At: later, Fact: hotline.AlarmCleared{Alarm: "disk"}})
	f.Apply(hotline.Event{Seq: seq + 4, At: later, Agent: "a1", Fact: hotline.AgentSet{State: hotline.AgentReady}})
	if a := f.View(later).Alarms; len(a) != 0 {
		t.Errorf("alarms without a cause: %+v", a)
	}
}

// TestMidnight: today begins at the centre's midnight; a call in progress then stays in yesterday.
func TestMidnight(t *testing.T) {
	loc := zone(t, "Asia/Kathmandu")
	midnight := instant(t, "2026-03-10T18:15:00Z")
	s := &script{}
	wait(s, "claims", "before", midnight.Add(-time.Millisecond))
	wait(s, "claims", "at", midnight)
	end := midnight.Add(3 * time.Second)
	for _, c := range []hotline.ContactID{"before", "at"} {
		s.add(end.UnixMilli(), hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: "claims"}, hotline.Abandoned{Visit: c.Visit(1), WaitMS: 3000})
	}
	wait(s, "claims", "lastweek", midnight.AddDate(0, 0, -7).Add(16*time.Minute))
	f := New(Config{Centre: simCentre(loc)})
	s.apply(f)
	if v := f.View(midnight.Add(-time.Millisecond)); v.Queues[0].Today.Requested != 1 {
		t.Errorf("before midnight: %+v", v.Queues[0].Today)
	}
	v := f.View(midnight.Add(16 * time.Minute))
	day := v.Queues[0].Today
	if v.Day != At(midnight) || day.Requested != 1 || day.Abandoned != 1 || fmt.Sprint(day.Arrivals) != "[1 0]" {
		t.Errorf("after midnight: day %d, %+v", v.Day, day)
	}
	if len(day.LastWeek) != 96 || day.LastWeek[1] != 1 {
		t.Errorf("a week ago: %v", day.LastWeek)
	}
}

// TestSetCentre: a definition changed now holds for what was counted before, on the board and in the report.
func TestSetCentre(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	if l := f.View(now.t).Queues[0].SLDay; l.Count != 2 {
		t.Fatalf("before: %+v", l)
	}
	c := morningCentre(time.UTC)
	c.Queues[0].Within, c.Queues[0].Short, c.Queues[0].Name = 5*time.Second, 2*time.Second, "理赔"
	f.SetCentre(c)
	now.t = now.t.Add(time.Second)
	q := f.View(now.t).Queues[0]
	if q.SLDay.Count != 1 || q.Today.Short != 0 || q.Name != "理赔" {
		t.Errorf("after: %+v %+v %s", q.SLDay, q.Today, q.Name)
	}
	r, err := f.Queues(QueueQuery{From: now.t.Add(-time.Hour), To: now.t, Queue: "claims"})
	if err != nil || r.Rows[0].AnsweredIn != 1 || r.Rows[0].AnsweredIn20 != 2 || r.Rows[0].Short != 0 {
		t.Errorf("report: %+v %v", r.Rows, err)
	}
	if got, _ := f.Contact("c1"); *got.Visits[0].TargetMet {
		t.Error("record: met a target of 5 s with 9.05 s")
	}
}

// tape is a Log that tails what a test feeds it.
type tape struct {
	hotline.Log
	ch  chan hotline.Event
	err error
}

func (l *tape) Tail(ctx context.Context, _ uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for {
			select {
			case ev, ok := <-l.ch:
				if !ok {
					yield(hotline.Event{}, l.err)
					return
				}
				if !yield(ev, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &tape{ch: make(chan hotline.Event)}
		f := New(Config{Centre: simCentre(time.UTC)})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx, log) }()
		first, err := f.Watch(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		// A fact is seen by every watcher within 250 ms, in one and the same view.
		start := time.Now()
		views := make(chan *View)
		for range 10 {
			go func() {
				v, err := f.Watch(ctx, first.Version)
				if err != nil {
					t.Error(err)
				}
				views <- v
			}()
		}
		synctest.Wait()
		log.ch <- hotline.Event{Seq: 1, At: start, Agent: "a1", Fact: hotline.AgentSet{State: hotline.AgentReady}}
		one := <-views
		if d := time.Since(start); d > 250*time.Millisecond || one.Seq != 1 || one.States.Ready != 1 {
			t.Errorf("after %s: seq %d, ready %d", d, one.Seq, one.States.Ready)
		}
		for range 9 {
			if v := <-views; v != one {
				t.Error("two watchers got two views")
			}
		}
		// Without facts there is a new view every second, for windows slide.
		start = time.Now()
		v, err := f.Watch(ctx, one.Version)
		if d := time.Since(start); err != nil || v.Version <= one.Version || d > 1100*time.Millisecond {
			t.Errorf("version %d after %s, %v", v.Version, d, err)
		}
		// A version of a former run is answered at once.
		if v, err := f.Watch(ctx, 1<<40); err != nil || v == nil {
			t.Errorf("%v %v", v, err)
		}
		// A watcher that gives up leaves nothing behind; Run ends when told to.
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := f.Watch(gone, v.Version); err == nil {
			t.Error("a cancelled watcher got a view")
		}
		stop()
		if err := <-done; err == nil {
			t.Error("Run ended without saying why")
		}
		if f.board.waiters != 0 {
			t.Errorf("%d waiters left", f.board.waiters)
		}
	})
}

func TestRunLogFails(t *testing.T) {
	log := &tape{ch: make(chan hotline.Event), err: hotline.ErrLogGone}
	close(log.ch)
	f := New(Config{})
	err := f.Run(t.Context(), log)
	if err == nil || !strings.Contains(err.Error(), hotline.ErrLogGone.Error()) {
		t.Errorf("%v, want %v", err, hotline.ErrLogGone)
	}
	if n := scrape(t, f)["hotline_event_store_errors_total"]; n != 1 {
		t.Errorf("store errors %v, want 1", n)
	}
}

// TestViewNeverChanges: what was handed out stays as it was while the fold goes on.
func TestViewNeverChanges(t *testing.T) {
	d := simulate(7, instant(t, "2026-03-10T00:00:00Z"), time.Hour, 80, 3)
	f := New(Config{Centre: simCentre(time.UTC)})
	type kept struct {
		v    *View
		text string
	}
	var all []kept
	for i, ev := range d.sorted() {
		f.Apply(ev)
		if i%50 == 0 {
			v := f.View(ev.At)
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, kept{v, string(b)})
		}
	}
	for _, k := range all {
		if b, _ := json.Marshal(k.v); string(b) != k.text {
			t.Errorf("view %d changed after it was handed out", k.v.Version)
		}
	}
}

func TestRedact(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	mask := func(p hotline.Party) hotline.Party { return hotline.Party{Number: "***"} }
	c, _ := f.Contact("c1")
	v := f.View(now.t)
	for name, x := range map[string]any{"contact": c.Redact(mask), "view": v.Redact(mask)} {
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"13800004410", "张三", "13600000009", "13500000008"} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s still shows %s", name, secret)
			}
		}
	}
	if b, _ := json.Marshal(c); !strings.Contains(string(b), "13800004410") {
		t.Error("the record itself was changed")
	}
	if v.Calls[0].From.Number == "***" {
		t.Error("the shared view was changed")
	}
}

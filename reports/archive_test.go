package reports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// heap is a Past in memory, which can lose blocks and refuse chapters.
type heap struct {
	mu       sync.Mutex
	chapters [][][]byte
	lost     map[place]bool
	refuse   func() error
}

func (h *heap) Chapters() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.chapters)
}

func (h *heap) Add(blocks [][]byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		if err := h.refuse(); err != nil {
			return err
		}
	}
	for _, b := range blocks {
		if len(b) == 0 {
			return errors.New("an empty block")
		}
	}
	h.chapters = append(h.chapters, blocks)
	return nil
}

func (h *heap) Block(chapter, block int) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if block < 0 {
		block += len(h.chapters[chapter])
	}
	if h.lost[place{int32(chapter), int32(block)}] {
		return nil, errors.New("lost")
	}
	return h.chapters[chapter][block], nil
}

func (h *heap) Replace(chapter int, blocks map[int][]byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		if err := h.refuse(); err != nil {
			return err
		}
	}
	all := slices.Clone(h.chapters[chapter])
	for i, b := range blocks {
		all[i] = b
	}
	h.chapters[chapter] = all
	return nil
}

// richDay is a day with everything that a record can hold, some of it hours after the contact was over.
func richDay(t testing.TB, seed uint64, calls int) *day {
	start := instant(t, "2026-03-10T00:00:00Z")
	d := simulate(seed, start, 10*time.Hour, calls, 12)
	rng := rand.New(rand.NewChaCha8([32]byte{9, byte(seed)}))
	for i := range calls {
		c := hotline.ContactID(fmt.Sprintf("c%04d", i+1))
		agent := hotline.AgentID(fmt.Sprintf("a%d", rng.IntN(12)))
		ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: simQueues[rng.IntN(3)], Agent: agent}
		at := start.UnixMilli() + rng.Int64N(10*3_600_000)
		task := hotline.TaskID(fmt.Sprintf("t%04d", i))
		promise := hotline.CallbackID(fmt.Sprintf("p%04d", i))
		switch rng.IntN(9) {
		case 0:
			d.put(at, ev, hotline.WrapCoded{Visit: c.Visit(1), Code: fmt.Sprint("code", rng.IntN(4))})
			d.put(at+rng.Int64N(5*3_600_000), ev, hotline.WrapCoded{Visit: c.Visit(1), Code: fmt.Sprint("code", rng.IntN(4)), By: "lead"})
		case 1:
			d.put(at, ev, hotline.Noted{Visit: c.Visit(1), Text: "说明 138001380000"})
		case 2:
			d.put(at, ev, hotline.TaskOpened{Task: task, What: hotline.TaskCallback, From: hotline.Party{Number: "138"}, Owner: string(agent), By: string(agent)})
			if rng.IntN(4) > 0 {
				d.put(at+rng.Int64N(4*3_600_000), ev, hotline.TaskClosed{Task: task, By: "x", Note: "好"})
			}
		case 3:
			for j, stage := range []string{SurveyInvited, SurveyAccepted, SurveyAnswered, SurveyAnswered, SurveyCompleted}[:1+rng.IntN(5)] {
				d.put(at+int64(j)*rng.Int64N(2*3_600_000), ev, hotline.SurveyStepped{Visit: c.Visit(1), Stage: stage, Question: "q", Score: rng.IntN(11)})
			}
		case 4:
			d.put(at, ev, hotline.RecordingStored{File: string(c) + ".wav", MS: 100, Bytes: 5, SHA256: "ab"})
		case 5:
			d.put(at, ev, hotline.Transferred{Visit: c.Visit(1), How: hotline.TransferBlind, Target: hotline.TargetAgent, To: "a1", Result: []string{hotline.TransferDone, "busy"}[rng.IntN(2)]})
		case 6:
			d.put(at, ev, hotline.CallbackAsked{Callback: promise, Visit: c.Visit(1), Number: "138", From: hotline.Party{Number: "138"}, Since: time.UnixMilli(at - 1000).UTC()})
			if rng.IntN(4) > 0 {
				d.put(at+rng.Int64N(3*3_600_000), ev, hotline.CallbackEnded{Callback: promise, Result: []string{CallbackConnected, CallbackExpired}[rng.IntN(2)]})
			}
		case 7: // a call out, made for the contact; some to a number that called in
			out := hotline.Event{Contact: "o" + c, Call: hotline.CallID("o" + c), Agent: agent, Queue: "claims"}
			d.put(at, out, hotline.CallStarted{Direction: hotline.Outbound, To: fmt.Sprintf("138%08d", rng.IntN(calls)), For: c})
			d.put(at, out, hotline.LegStarted{Role: hotline.RoleAgent})
			d.put(at+5000, out, hotline.Noted{Text: "n"})
			d.put(at+9000, out, hotline.CallEnded{Cause: hotline.CauseNoAnswer})
		}
	}
	for i := range calls { // through a trunk and a flow, some on the day before
		c := hotline.ContactID(fmt.Sprintf("v%04d", i))
		ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Leg: hotline.LegID(c + ".1")}
		at := start.UnixMilli() + rng.Int64N(10*3_600_000) - 3_000_000
		d.put(at, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "139"}, To: "95500", Trunk: fmt.Sprint("trunk", rng.IntN(9)), Flow: "main"})
		d.put(at, ev, hotline.LegStarted{Role: hotline.RoleCustomer})
		for step := range rng.IntN(4) {
			d.put(at+int64(step)*3000, ev, hotline.FlowStepped{Flow: "main", Path: fmt.Sprint("/", step), Step: fmt.Sprint("play", rng.IntN(3))})
		}
		d.put(at+rng.Int64N(1_200_000)+10_000, ev, hotline.LegEnded{Role: hotline.RoleCustomer, Stats: hotline.MediaStats{Codec: "PCMA", Received: 500, Lost: uint64(rng.IntN(9)), MOS: 3 + rng.Float64()}})
		d.put(at+1_210_000, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
	}
	return d
}

// everything is the answer to every question that can be asked.
func everything(t *testing.T, f *Fold, d *day, now time.Time, ids []hotline.ContactID) map[string]any {
	t.Helper()
	out := map[string]any{}
	ok := func(name string, v any, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = v
	}
	from := now.Add(-11 * time.Hour)
	for _, by := range []Attribution{ByArrival, ByWaitEnd, ByCompletion} {
		for _, iv := range []Interval{Whole, Quarter, Hour} {
			q, err := f.Queues(QueueQuery{From: from, To: now, Interval: iv, By: by})
			ok(fmt.Sprint("queues ", by, iv), q, err)
		}
	}
	narrow, err := f.Queues(QueueQuery{From: now.Add(-7 * time.Hour), To: now.Add(-6 * time.Hour), Interval: Quarter})
	ok("queues of an hour", narrow, err)
	for _, iv := range []Interval{Whole, Quarter} {
		a, err := f.Agents(AgentQuery{From: from, To: now, Interval: iv})
		ok("agents "+string(iv), a, err)
	}
	k, err := f.KPISpan(from, now)
	ok("kpi", k, err)
	v := *f.View(now)
	v.Version, v.Alarms = 0, nil // since when a condition holds is known from looking alone
	out["view"] = v
	out["callbacks"], out["open callbacks"] = f.Callbacks("", false, 500), f.Callbacks("claims", true, 500)
	for _, s := range searches(now) {
		out[fmt.Sprintf("search %+v", s)] = pages(t, f, s)
	}
	for _, closed := range []bool{false, true} {
		var all []Task
		for q := (TaskQuery{Closed: closed, Limit: 7}); ; {
			p, err := f.Tasks(q)
			ok("tasks", nil, err)
			all = append(all, p.Items...)
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		out[fmt.Sprint("tasks ", closed)] = all
		for _, task := range all {
			one, found := f.Task(task.ID)
			if !found || !cmp.Equal(one, task) {
				t.Errorf("task %s alone is %+v, in the list %+v", task.ID, one, task)
			}
		}
	}
	for _, id := range ids {
		c, found := f.Contact(id)
		out["contact "+string(id)] = []any{c, found}
		out["history "+string(id)] = f.History(c.Customer().Number, 5, "")
		for a := range 3 {
			agent := hotline.AgentID(fmt.Sprintf("a%d", a))
			p, found := f.Part(id, agent, "")
			out[fmt.Sprint("part ", id, agent)] = []any{p, found}
			out[fmt.Sprint("had ", id, agent)] = f.Had(agent, c.Customer().Number, now.Add(-6*time.Hour))
		}
	}
	for _, iv := range []Interval{Whole, Quarter, Day} {
		span := Span{From: from, To: now, Interval: iv}
		ivr, err := f.IVR(span, "")
		ok(fmt.Sprint("ivr ", iv), ivr, err)
		trunks, err := f.Trunks(span)
		ok(fmt.Sprint("trunks ", iv), trunks, err)
		peaks, err := f.Peaks(span)
		ok(fmt.Sprint("peaks ", iv), peaks, err)
	}
	for _, group := range []string{GroupTrunk, GroupAgent} {
		quality, err := f.Quality(Span{From: from, To: now, Interval: Day}, group)
		ok("quality "+group, quality, err)
	}
	for a := range 12 {
		agent := hotline.AgentID(fmt.Sprintf("a%d", a))
		out["missed "+string(agent)] = f.Missed(agent, now.Add(-8*time.Hour))
	}
	return out
}

func searches(now time.Time) []Search {
	all := []Search{
		{},
		{Number: "13800000"},
		{Number: "0012"},
		{Number: "7"},
		{From: At(now.Add(-5 * time.Hour)), To: At(now.Add(-3 * time.Hour))},
		{Agent: "a1"},
		{Agent: "a3", Queue: "claims"},
		{Queue: "gone"},
		{Codes: []string{"code1", "code2"}},
		{Codes: []string{"code0"}, Agent: "a2"},
		{Agent: "nobody"},
		{Number: "no number"},
		{Number: "1380000012", Queue: "claims"},
	}
	for _, o := range []string{"answered", "abandoned", "lost", "blocked", "ivr", "short", "open", "reached", "not_reached", "recorded"} {
		all = append(all, Search{Outcome: o}, Search{Outcome: o, Queue: "rescue"}, Search{Outcome: o, Agent: "a4"})
	}
	return all
}

// pages reads a search to its end, page by page.
func pages(t *testing.T, f *Fold, s Search) []Contact {
	t.Helper()
	var all []Contact
	s.Limit = 23
	for {
		p, err := f.Contacts(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Items...)
		if s.Cursor = p.Next; p.Next == "" {
			return all
		}
	}
}

func differences(t *testing.T, where string, want, got map[string]any) {
	t.Helper()
	n := 0
	for name := range want {
		if reflect.DeepEqual(want[name], got[name]) {
			continue
		}
		if d := cmp.Diff(want[name], got[name], cmp.Exporter(func(reflect.Type) bool { return true })); n < 3 {
			t.Errorf("%s: %s differs from what it is without an archive (-without +with):\n%.3000s", where, name, d)
			n++
		}
	}
}

func archiveFold(p Past, now func() time.Time) *Fold {
	return New(Config{Centre: simCentre(time.UTC), Now: now, Past: p, ArchiveAfter: 10 * time.Minute, Chapter: 16})
}

// TestArchive: whatever is asked, the answer is the same with nearly all on disk as with all in memory; also of a fold that has begun
// anew, with the chapters of the one before, at any time.
func TestArchive(t *testing.T) {
	for seed := range uint64(3) {
		d := richDay(t, seed+40, 700)
		events := d.sorted()
		now := &clock{}
		plain := New(Config{Centre: simCentre(time.UTC), Now: now.now})
		disk := &heap{}
		bound := archiveFold(disk, now.now)
		rng := rand.New(rand.NewChaCha8([32]byte{byte(seed)}))
		var ids []hotline.ContactID
		for range 40 {
			ids = append(ids, hotline.ContactID(fmt.Sprintf("c%04d", rng.IntN(720))), hotline.ContactID(fmt.Sprintf("oc%04d", rng.IntN(720))))
		}
		checks := []int{len(events) / 4, len(events) / 2, len(events) * 4 / 5, len(events)}
		done := 0
		for _, to := range checks {
			for i := done; i < to; i++ {
				plain.Apply(events[i])
				bound.Apply(events[i])
				if rng.IntN(200) == 0 {
					bound.Tidy(t.Context())
				}
			}
			done = to
			now.t = events[to-1].At
			bound.Tidy(t.Context())
			plain.Tidy(t.Context())
			want := everything(t, plain, d, now.t, ids)
			differences(t, fmt.Sprintf("seed %d, event %d", seed, to), want, everything(t, bound, d, now.t, ids))
			if len(plain.contacts.byID) < 2*len(bound.contacts.byID) && to == len(events) {
				t.Errorf("seed %d: %d contacts are in memory, %d without the archive", seed, len(bound.contacts.byID), len(plain.contacts.byID))
			}
			for _, r := range bound.contacts.order {
				if r.settled() && !r.due {
					t.Errorf("seed %d: contact %s is over and in no line to leave memory", seed, r.c.ID)
				}
			}
			anew := archiveFold(disk, now.now)
			for i, ev := range events[:to] {
				anew.Apply(ev)
				if i%997 == 0 && rng.IntN(2) == 0 {
					anew.Tidy(t.Context()) // which may add chapters: the other fold goes on without knowing of them
				}
			}
			differences(t, fmt.Sprintf("seed %d, event %d, begun anew", seed, to), want, everything(t, anew, d, now.t, ids))
			bound = anew
		}
		if n := bound.Archive(); n.Chapters < 10 || n.Damaged+n.Strange > 0 || len(bound.closed.past) == 0 || len(bound.paths.over.past) == 0 || len(bound.lines.over.past) == 0 {
			t.Errorf("seed %d: %+v", seed, n)
		}
	}
}

// TestLongWrapUp: a contact whose agent writes about it for longer than its record waits for that leaves memory all the same.
func TestLongWrapUp(t *testing.T) {
	start := instant(t, "2026-03-10T09:00:00Z")
	at := func(minutes int64) int64 { return start.UnixMilli() + minutes*60_000 }
	ev := hotline.Event{Contact: "c1", Call: "c1", Queue: "claims", Agent: "a1"}
	var s script
	s.add(at(0), hotline.Event{Agent: "a1"}, hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentSignedOut})
	s.add(at(0), ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "138"}})
	s.add(at(0), ev, hotline.Queued{Visit: "c1.1", Since: time.UnixMilli(at(0))})
	s.add(at(0), ev, hotline.Offered{Visit: "c1.1", Offer: "c1.1.1", Attempt: 1})
	s.add(at(0), ev, hotline.Connected{Visit: "c1.1", Offer: "c1.1.1"})
	s.add(at(0), ev, hotline.AgentSet{State: hotline.AgentTalking, From: hotline.AgentReady})
	s.add(at(0), ev, hotline.Answered{Visit: "c1.1"})
	s.add(at(2), ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
	s.add(at(2), ev, hotline.Released{Visit: "c1.1", TalkMS: 120_000, Wrap: "manual"})
	s.add(at(2), ev, hotline.AgentSet{State: hotline.AgentWrapUp, From: hotline.AgentTalking})
	s.add(at(20), hotline.Event{Agent: "a2"}, hotline.AgentSet{State: hotline.AgentNotReady, From: hotline.AgentSignedOut})
	s.add(at(30), ev, hotline.WrapEnded{Visit: "c1.1", MS: 28 * 60_000, Source: hotline.SourceAgent})
	s.add(at(30), hotline.Event{Agent: "a1"}, hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentWrapUp})
	s.add(at(120), hotline.Event{Agent: "a2"}, hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentNotReady})
	f := New(Config{Centre: simCentre(time.UTC), Past: &heap{}, Chapter: 1})
	for _, ev := range s.sorted() {
		f.Apply(ev)
		f.Tidy(t.Context())
	}
	if len(f.contacts.byID) > 0 {
		t.Error("the contact is still in memory")
	}
	if c, ok := f.Contact("c1"); !ok || len(c.Visits) != 1 || c.Visits[0].Outcome != "answered" {
		t.Errorf("%v %+v", ok, c)
	}
}

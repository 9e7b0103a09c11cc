package reports

import (
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestLinesByRecords counts calls and waiting callers at once, hand-over, repeat calls and ways through the flow again from the
// contacts' records, millisecond by turn.
func TestLinesByRecords(t *testing.T) {
	loc := zone(t, "Asia/Kathmandu")
	start, next := today(instant(t, "2026-05-01T06:00:00Z"), loc)
	d := simulate(7, start, 24*time.Hour, 200, 4)
	d.mixed(start, 24*time.Hour, 200)
	now := &clock{next.Add(49 * time.Hour)}
	f := New(Config{Centre: simCentre(loc), Now: now.now})
	d.apply(f)
	all := allRecords(t, f)
	for _, iv := range []Interval{Quarter, Hour, Whole} {
		span := Span{From: start, To: next, Interval: iv}
		peaksAgree(t, f, span, all, now.t.UnixMilli())
	}
	fcrAgrees(t, f, start, next, all, now.t.UnixMilli())
	handOverAgrees(t, f, start, next, all)
	flowAgrees(t, f, start, next, all)
}

// life is a time of something.
type life struct{ from, to int64 }

// most counts how many there are at every beginning and picks the largest number; who ends at that moment is gone.
func most(lives []life, from, to int64) (n int, at int64) {
	moments := []int64{from}
	for _, l := range lives {
		if l.from >= from && l.from < to {
			moments = append(moments, l.from)
		}
	}
	slices.Sort(moments)
	for _, m := range moments {
		up := 0
		for _, l := range lives {
			if l.from <= m && l.to > m {
				up++
			}
		}
		if up > n {
			n, at = up, m
		}
	}
	return n, at
}

func peaksAgree(t *testing.T, f *Fold, q Span, all []Contact, now int64) {
	t.Helper()
	var calls, trunk []life
	waits := map[hotline.QueueID][]life{}
	in := map[string]int{}
	for _, c := range all {
		end := int64(c.Ended)
		if end == 0 {
			end = now
		}
		calls = append(calls, life{int64(c.Started), end})
		if c.Trunk == "t" {
			trunk = append(trunk, calls[len(calls)-1])
			in["t"]++
		}
		for _, v := range c.Visits {
			w := life{int64(v.Since), int64(v.Ended)}
			if v.Outcome == "" {
				w.to = now
			}
			waits[v.Queue] = append(waits[v.Queue], w)
			if v.Beside == "" {
				waits[""] = append(waits[""], w)
			}
		}
	}
	rep, err := f.Peaks(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rep.Rows {
		if n, at := most(waits[r.Queue], int64(r.Start), int64(r.End)); r.Waiting.Most != n || n > 0 && int64(r.Waiting.At) != at {
			t.Errorf("%s %q: %+v waiting, want %d at %d", r.Label, r.Queue, r.Waiting, n, at)
		}
		if r.Queue != "" {
			continue
		}
		if n, at := most(calls, int64(r.Start), int64(r.End)); r.Calls.Most != n || n > 0 && int64(r.Calls.At) != at {
			t.Errorf("%s: %+v calls, want %d at %d", r.Label, *r.Calls, n, at)
		}
	}
	use, err := f.Trunks(q)
	if err != nil {
		t.Fatal(err)
	}
	came := 0
	for _, r := range use.Rows {
		if r.Trunk != "t" {
			continue
		}
		came += r.In
		busy := int64(0)
		for _, l := range trunk {
			busy += overlap(int64(r.Start), int64(r.End), l.from, l.to)
		}
		if n, _ := most(trunk, int64(r.Start), int64(r.End)); r.Peak != n || r.BusyMS != busy {
			t.Errorf("%s trunk: peak %d, %d ms, want %d, %d ms", r.Label, r.Peak, r.BusyMS, n, busy)
		}
	}
	if came != in["t"] || came == 0 {
		t.Errorf("%d calls in, want %d", came, in["t"])
	}
}

func fcrAgrees(t *testing.T, f *Fold, start, next time.Time, all []Contact, now int64) {
	t.Helper()
	first := func(c Contact) int64 {
		at := int64(0)
		for _, s := range stays(c) {
			at = s.asked
		}
		return at
	}
	for _, days := range []int{1, 3} {
		n := int64(days) * 86_400_000
		want := FCRRow{}
		for _, c := range all {
			if c.Outcome != "answered" || c.From.Number == "" {
				continue
			}
			before, after := false, false
			for _, o := range all {
				if gap := first(o) - first(c); o.ID != c.ID && first(o) != 0 && o.From.Number == c.From.Number {
					before = before || gap <= 0 && gap >= -n
					after = after || gap > 0 && gap <= n
				}
			}
			want.Repeats.Of++
			switch {
			case before:
				want.Repeats.Count++
			case now < first(c)+n:
				want.First++
				want.Pending++
			default:
				want.First++
				want.FCR.Of++
				if !after {
					want.FCR.Count++
				}
			}
		}
		r, err := f.FCR(FCRQuery{Span: Span{From: start, To: next}, Days: days})
		if err != nil {
			t.Fatal(err)
		}
		got := r.Rows[0]
		if got.ID != "" || got.First != want.First || got.Pending != want.Pending || got.Repeats.Count != want.Repeats.Count ||
			got.Repeats.Of != want.Repeats.Of || got.FCR.Count != want.FCR.Count || got.FCR.Of != want.FCR.Of {
			t.Errorf("%d days: %+v, want %+v", days, got, want)
		}
		if (got.FCR.Ratio == nil) != (got.FCR.Of == 0) || days == 1 && got.FCR.Of == 0 || days == 3 && (got.Pending == 0 || !got.Open) {
			t.Errorf("%d days: %+v", days, got)
		}
	}
}

func handOverAgrees(t *testing.T, f *Fold, start, next time.Time, all []Contact) {
	t.Helper()
	visits, calls := map[hop]int{}, map[hop]int{}
	for _, c := range all {
		seen := map[hop]bool{}
		last := hotline.QueueID("")
		for _, v := range c.Visits {
			came := last
			if v.Beside == "" || v.Outcome == hotline.OutcomeAnswered {
				last = v.Queue
			}
			if came == "" || v.Outcome == hotline.OutcomeDequeued || v.Beside != "" && v.Outcome != hotline.OutcomeAnswered {
				continue
			}
			way := hop{came, v.Queue}
			visits[way]++
			if !seen[way] {
				seen[way] = true
				calls[way]++
			}
		}
	}
	r, err := f.Queues(QueueQuery{From: start, To: next})
	if err != nil {
		t.Fatal(err)
	}
	twice := 0
	for _, h := range r.HandOver {
		if way := (hop{h.From, h.To}); h.Visits != visits[way] || h.Calls != calls[way] {
			t.Errorf("%s to %s: %d visits, %d calls, want %d, %d", h.From, h.To, h.Visits, h.Calls, visits[way], calls[way])
		}
		twice += h.Visits - h.Calls
	}
	if len(r.HandOver) != len(visits) || len(visits) < 5 {
		t.Errorf("%d ways, want %d (%d gone twice)", len(r.HandOver), len(visits), twice)
	}
}

func flowAgrees(t *testing.T, f *Fold, start, next time.Time, all []Contact) {
	t.Helper()
	r, err := f.IVR(Span{From: start, To: next}, "main")
	if err != nil {
		t.Fatal(err)
	}
	want := int64(0)
	for _, c := range all {
		if c.Trunk == "t" {
			want++
		}
	}
	if r.Calls != want || r.Calls != r.Asked+r.Voicemail+r.Callback+r.Abandoned+r.Ended || r.Asked != want {
		t.Errorf("%d calls: %+v", want, r)
	}
	out, in := map[string]int64{}, map[string]int64{}
	for _, l := range r.Links {
		out[l.From] += l.Count
		in[l.To] += l.Count
	}
	for _, n := range r.Nodes {
		if n.Kind == "step" && in[n.ID] != out[n.ID] || n.Kind != nodeStart && n.Count != in[n.ID] || n.Kind == nodeStart && out[n.ID] != n.Count {
			t.Errorf("%+v: %d in, %d out", n, in[n.ID], out[n.ID])
		}
	}
}

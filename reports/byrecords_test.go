package reports

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestFiguresByRecords counts every figure again from the contacts' records alone, in plain loops that share nothing with the
// folds: several queues at once, overflow, transfers, colleagues, a restart in the middle, days of 46 to 50 half hours, any
// definition of the level.
func TestFiguresByRecords(t *testing.T) {
	days := []struct{ zone, noon string }{
		{"Asia/Shanghai", "2026-03-10T04:00:00Z"},
		{"Europe/Berlin", "2026-03-29T10:00:00Z"},
		{"Europe/Berlin", "2026-10-25T11:00:00Z"},
		{"Asia/Kathmandu", "2026-05-01T06:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:30:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T01:00:00Z"},
		{"America/Santiago", "2026-09-06T15:00:00Z"},
		{"Africa/Cairo", "2026-04-24T09:00:00Z"},
	}
	for i, c := range days {
		t.Run(fmt.Sprint(i, c.zone), func(t *testing.T) {
			loc := zone(t, c.zone)
			start, next := today(instant(t, c.noon), loc)
			length := next.Sub(start)
			d := simulate(uint64(i+100), start, length, 250, 4)
			d.mixed(start, length, 150)
			now := &clock{next.Add(2 * time.Hour)}
			f := New(Config{Centre: simCentre(loc), Now: now.now})
			d.apply(f)
			var all []stay
			for _, c := range allRecords(t, f) {
				all = append(all, stays(c)...)
			}
			if len(all) < 500 {
				t.Fatalf("only %d visits", len(all))
			}
			rng := rand.New(rand.NewChaCha8([32]byte{byte(i)}))
			for range 3 {
				q := randomQuery(rng, start, next)
				for _, by := range []Attribution{ByArrival, ByWaitEnd} {
					for _, iv := range []Interval{Quarter, Half, Hour, Day, Whole} {
						q.By, q.Interval = by, iv
						agreeRecords(t, f, q, all, now.t.UnixMilli())
					}
				}
			}
		})
	}
}

func randomQuery(rng *rand.Rand, from, to time.Time) QueueQuery {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	short := time.Duration(rng.IntN(3)) * 5 * time.Second
	positive := rng.IntN(2) == 0
	return QueueQuery{
		From: from, To: to, Curve: true, Within: []time.Duration{0, 10 * time.Second, 20 * time.Second, time.Minute},
		Override: Override{
			Within: time.Duration(1+rng.IntN(40)) * time.Second, Short: &short, Positive: &positive,
			Abandons: pick(AbandonsAll, AbandonsAfter, AbandonsNotShort, AbandonsNone), FlowOuts: pick(Include, Exclude),
			Blocked: pick(Include, Exclude), Clock: pick(ClockEnqueue, ClockRequest, ClockFirst),
		},
	}
}

func allRecords(t *testing.T, f *Fold) (all []Contact) {
	t.Helper()
	for s := (Search{Limit: 500}); ; {
		p, err := f.Contacts(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Items {
			full, ok := f.Contact(c.ID)
			if !ok {
				t.Fatal(c.ID)
			}
			all = append(all, full)
		}
		if s.Cursor = p.Next; p.Next == "" {
			return all
		}
	}
}

// stay is a visit or a blocked request, as a record tells it.
type stay struct {
	contact              hotline.ContactID
	id                   hotline.VisitID
	queue                hotline.QueueID
	since, ended, wait   int64
	asked                int64 // first request of the contact
	outcome              string
	talk, hold, acw      int64
	handled, held, rings int
	rona                 int
	done                 bool
}

// stays reads a record.
func stays(c Contact) (all []stay) {
	asked := int64(1) << 62
	for _, v := range c.Visits {
		asked = min(asked, int64(v.Since))
	}
	for _, b := range c.Blocked {
		asked = min(asked, int64(b.At))
	}
	for _, b := range c.Blocked {
		all = append(all, stay{contact: c.ID, queue: b.Queue, since: int64(b.At), ended: int64(b.At), asked: asked, outcome: "blocked", done: true})
	}
	for _, v := range c.Visits {
		s := stay{contact: c.ID, id: v.ID, queue: v.Queue, since: int64(v.Since), ended: int64(v.Ended), wait: v.WaitMS, asked: asked, outcome: string(v.Outcome), done: true}
		for _, o := range c.Offers {
			if o.Visit == v.ID && o.Result != "" {
				s.rings++
				if o.Result == hotline.OfferNoAnswer || o.Result == hotline.OfferRejected {
					s.rona++
				}
			}
		}
		for _, g := range c.Segments {
			if g.Visit != v.ID {
				continue
			}
			if over := g.Wrapped != 0; !over {
				s.done = false
				continue
			}
			if g.Answered != 0 {
				s.handled++
				s.talk, s.hold, s.acw = s.talk+g.TalkMS, s.hold+g.HoldMS, s.acw+g.WrapMS
				if g.HoldMS > 0 {
					s.held++
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// agreeRecords holds every row against the records.
func agreeRecords(t *testing.T, f *Fold, q QueueQuery, all []stay, now int64) {
	t.Helper()
	r, err := f.Queues(q)
	if err != nil {
		t.Fatal(err)
	}
	checkIdentities(t, r)
	for _, row := range append(slices.Clone(r.Rows), r.Totals...) {
		var in []stay
		for _, s := range all {
			when := s.since
			if q.By == ByWaitEnd {
				when = s.ended
			}
			if when != 0 && when >= int64(row.Start) && when < int64(row.End) && (row.Queue == "" || s.queue == row.Queue) {
				in = append(in, s)
			}
		}
		got, want := recordRow(row), countStays(in, q.Override, now)
		if !reflect.DeepEqual(got, want) {
			for k, v := range want {
				if fmt.Sprint(got[k]) != fmt.Sprint(v) {
					t.Errorf("%s %s %s %s: %s = %v, want %v", q.By, q.Interval, row.Label, row.Queue, k, got[k], v)
				}
			}
		}
	}
}

// recordRow is a row's figures by name.
func recordRow(r QueueRow) map[string]any {
	frac := func(l Level) [2]int { return [2]int{l.Count, l.Of} }
	m := map[string]any{
		"requested": r.Requested, "blocked": r.BlockedAll, "offered": r.Offered, "answered": r.Answered, "abandoned": r.Abandoned,
		"lost": r.Lost, "waiting": r.Waiting, "flow_out": r.FlowOutAll, "dequeued": r.Dequeued, "handled": r.Handled, "held": r.Held,
		"talk": r.TalkTotalMS, "hold": r.HoldTotalMS, "acw": r.ACWTotalMS, "rings": r.Levels.RONA.Of, "rona": r.Levels.RONA.Count,
		"level": frac(r.Level), "v1": frac(r.Levels.V1), "v2": frac(r.Levels.V2), "v3": frac(r.Levels.V3), "v3o": frac(r.Levels.V3Offered),
		"v4": frac(r.Levels.V4), "v5": frac(r.Levels.V5), "v6": frac(r.Levels.V6), "cn20": frac(r.Levels.CN20), "abandon_excl": frac(r.Levels.AbandonX),
		"asa": show(r.ASAMS), "avg_abandon": show(r.AbandonMS), "avg_wait": show(r.WaitMS), "p50": opt(r.Waits.P50MS), "p95": opt(r.Waits.P95MS),
		"p99": opt(r.Waits.P99MS), "max": opt(r.Waits.MaxMS),
	}
	for _, x := range r.Thresholds {
		m[fmt.Sprint("within", x.WithinMS)] = [4]int{x.Answered, x.Abandoned, x.Level.Count, x.Level.Of}
	}
	for _, s := range []int{0, 5, 20, 119, 120} {
		m[fmt.Sprint("curve", s)] = [2]int{r.Curve.Answered[s], r.Curve.Abandoned[s]}
	}
	return m
}

func opt(v *int64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

// countStays counts the same from records.
func countStays(in []stay, o Override, now int64) map[string]any {
	n := map[string]int{}
	sum := map[string]int64{}
	var waits []int64
	T, S := o.Within.Milliseconds(), o.Short.Milliseconds()
	for _, s := range in {
		n["rings"] += s.rings
		n["rona"] += s.rona
		if s.outcome == "dequeued" {
			n["dequeued"]++
			continue
		}
		n["requested"]++
		if s.outcome == "blocked" {
			n["blocked"]++
			continue
		}
		n["offered"]++
		n["handled"] += s.handled
		n["held"] += s.held
		sum["talk"], sum["hold"], sum["acw"] = sum["talk"]+s.talk, sum["hold"]+s.hold, sum["acw"]+s.acw
		if s.outcome == "" {
			n["waiting"]++
			if now-s.since <= T {
				n["undecided"]++
			}
			if now-s.since <= 20_000 {
				n["undecided20"]++
			}
			continue
		}
		waits = append(waits, s.wait)
		sum["wait"] += s.wait
		switch s.outcome {
		case "answered", "abandoned":
			n[s.outcome]++
			sum[s.outcome] += s.wait
			for name, ok := range map[string]bool{"T": s.wait <= T, "20": s.wait <= 20_000, "S": s.wait < S} {
				if ok {
					n[s.outcome+name]++
				}
			}
		case "lost":
			n["lost"]++
		default:
			n["flow_out"]++
		}
	}
	return named(in, n, sum, waits, o, now)
}

// named gives the counts their names.
func named(in []stay, n map[string]int, sum map[string]int64, waits []int64, o Override, now int64) map[string]any {
	m := map[string]any{"talk": sum["talk"], "hold": sum["hold"], "acw": sum["acw"]}
	for _, k := range []string{"requested", "blocked", "offered", "answered", "abandoned", "lost", "waiting", "flow_out", "dequeued", "handled", "held", "rings", "rona"} {
		m[k] = n[k]
	}
	aT, a, b, bT, s, of := n["answeredT"], n["answered"], n["abandoned"], n["abandonedT"], n["abandonedS"], n["offered"]-n["undecided"]
	for k, v := range map[string][2]int{
		"v1": {aT, of}, "v2": {aT, a + b}, "v3o": {aT, of - s}, "v3": {aT, a + b - s}, "v4": {aT, of - bT}, "v5": {aT + bT, of}, "v6": {aT, a},
		"cn20": {n["answered20"], n["requested"] - n["undecided20"]}, "abandon_excl": {b - s, n["offered"] - s},
	} {
		m[k] = v
	}
	mean := func(sum int64, n int) string {
		if n == 0 {
			return "null"
		}
		v := float64(sum) / float64(n)
		return show(&v)
	}
	m["asa"], m["avg_abandon"], m["avg_wait"] = mean(sum["answered"], a), mean(sum["abandoned"], b), mean(sum["wait"], n["offered"]-n["waiting"])
	slices.Sort(waits)
	for name, share := range map[string]float64{"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1} {
		m[name] = "null"
		for i, w := range waits { // the smallest that the share of all does not exceed
			if float64(i+1)+1e-9 >= share*float64(len(waits)) {
				m[name] = fmt.Sprint(w)
				break
			}
		}
	}
	m["level"] = ownLevel(in, o, o.Within.Milliseconds(), now)
	for _, w := range []int64{0, 10_000, 20_000, 60_000} {
		l := ownLevel(in, o, w, now)
		m[fmt.Sprint("within", w)] = [4]int{until(in, "answered", w), until(in, "abandoned", w), l[0], l[1]}
	}
	for _, s := range []int64{0, 5, 20, 119, 120} {
		m[fmt.Sprint("curve", s)] = [2]int{until(in, "answered", s*1000), until(in, "abandoned", s*1000)}
	}
	return m
}

func until(in []stay, outcome string, wait int64) (n int) {
	for _, s := range in {
		if s.outcome == outcome && s.wait <= wait {
			n++
		}
	}
	return n
}

// ownLevel counts a level by the words of its definition.
func ownLevel(in []stay, o Override, T, now int64) [2]int {
	up, down := 0, 0
	for _, s := range in {
		wait := s.wait
		if s.outcome == "" {
			wait = now - s.since
		}
		if o.Clock == "first_request" {
			wait += s.since - s.asked
		}
		others := cmp.Or(o.FlowOuts, "include") == "include"
		switch s.outcome {
		case "dequeued":
		case "blocked":
			if o.Blocked == "include" {
				down++
			}
		case "answered":
			down++
			if wait <= T {
				up++
			}
		case "abandoned":
			counted := o.Abandons == "all" || o.Abandons == "after_T" && wait > T || o.Abandons == "exclude_short" && wait >= o.Short.Milliseconds()
			if counted {
				down++
				if *o.Positive && wait <= T {
					up++
				}
			}
		case "":
			if others && wait > T {
				down++
			}
		default:
			if others {
				down++
			}
		}
	}
	return [2]int{up, down}
}

package reports_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/bench/past"
	"hotline/reports"
	"hotline/store/archive"
)

// everything is all that a fold can be asked, as text.
func everything(t *testing.T, f *reports.Fold, now time.Time) string {
	t.Helper()
	var b strings.Builder
	say := func(what string, v any, err error) {
		t.Helper()
		text, err2 := json.MarshalIndent(v, "", " ")
		if err := errors.Join(err, err2); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, text)
	}
	view := *f.View(now)
	view.Version = 0
	say("view", view, nil)
	from := now.AddDate(0, 0, -8)
	queries(t, f, from, now, say)
	span := reports.Span{From: from, To: now}
	ivr, err := f.IVR(span, "")
	say("ivr", ivr, err)
	for _, group := range []string{reports.GroupTrunk, reports.GroupAgent, reports.GroupCodec} {
		quality, err := f.Quality(span, group)
		say("quality", quality, err)
	}
	heat, err := f.Heatmap(reports.QueueQuery{From: from, To: now}, time.Hour)
	say("heatmap", heat, err)
	for _, when := range []time.Time{now, now.AddDate(0, -1, 0)} {
		kpi, err := f.KPI(when.Year(), when.Month())
		say("kpi", kpi, err)
	}
	var numbers []string
	for s := (reports.Search{Limit: 100}); ; {
		p, err := f.Contacts(s)
		say("contacts", p, err)
		for _, c := range p.Items {
			whole, _ := f.Contact(c.ID)
			say("contact", whole, nil)
			numbers = append(numbers, c.From.Number)
			for _, a := range c.Agents {
				part, ok := f.Part(c.ID, a, "")
				say("part", []any{part, ok, f.Had(a, c.From.Number, from)}, nil)
			}
		}
		if s.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	for _, n := range numbers {
		say("history", f.History(n, 20, ""), nil)
	}
	tasks, err := f.Tasks(reports.TaskQuery{})
	say("tasks", tasks, err)
	say("callbacks", []any{f.Callbacks("", true, 500), f.Callbacks("", false, 500)}, nil)
	say("notices", f.Notices(reports.NoticeQuery{All: true, Names: true}), nil)
	open, past := f.Alarms(now)
	say("alarms", []any{open, past}, nil)
	for i := range 16 {
		id := hotline.AgentID(fmt.Sprint(8001 + i))
		a, row, ok := f.Agent(id, now)
		hand, _ := f.AtHand(id, now)
		say("agent", []any{a, row, ok, f.Missed(id, from), hand}, nil)
	}
	b.WriteString(counts(t, f))
	return b.String()
}

// queries asks every report that takes a span: whoever adds one need not come here.
func queries(t *testing.T, f *reports.Fold, from, to time.Time, say func(string, any, error)) {
	t.Helper()
	v := reflect.ValueOf(f)
	for i := range v.NumMethod() {
		m := v.Type().Method(i)
		if m.Type.NumIn() != 2 || m.Type.In(1).Kind() != reflect.Struct || m.Type.NumOut() != 2 {
			continue
		}
		in := reflect.New(m.Type.In(1)).Elem()
		begin, end := in.FieldByName("From"), in.FieldByName("To")
		if !begin.IsValid() || !end.IsValid() || begin.Type() != reflect.TypeFor[time.Time]() {
			continue
		}
		begin.Set(reflect.ValueOf(from))
		end.Set(reflect.ValueOf(to))
		for _, interval := range []string{"", "1h", "1d"} {
			if x := in.FieldByName("Interval"); x.IsValid() && x.Kind() == reflect.String {
				x.SetString(interval)
			}
			out := v.Method(i).Call([]reflect.Value{in})
			err, _ := out[1].Interface().(error)
			if err != nil { // one that wants more than a span
				continue
			}
			say(m.Name+" "+interval, out[0].Interface(), nil)
		}
	}
}

// counts is the metrics, but for the agents' time, which begins with each run.
func counts(t *testing.T, f *reports.Fold) string {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(f.Metrics())
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range all {
		if m.GetName() != "hotline_agent_state_seconds_total" {
			fmt.Fprintln(&b, m.String())
		}
	}
	return b.String()
}

// pastFold is a fold of the made-up past's centre.
var _ = 0

func pastFold(cfg past.Config, now *time.Time) *reports.Fold {
	return reports.New(reports.Config{Version: "test", Centre: past.Centre(cfg), Now: func() time.Time { return *now }})
}

// TestStill: a log cut anywhere: a snapshot there and the rest of the log tell the same as the whole log, by every view, report and metric,
// at the cut and at the end, again and again.
func TestStill(t *testing.T) {
	for name, log := range map[string][]hotline.Event{"morning": morning(t), "past": somePast(t, 3), "other past": somePast(t, 4)} {
		t.Run(name, func(t *testing.T) {
			cfg := past.Config{Agents: 16}
			now := log[len(log)-1].At.Add(time.Minute)
			whole, resumed := pastFold(cfg, &now), pastFold(cfg, &now)
			rng := rand.New(rand.NewPCG(uint64(len(log)), 9))
			cuts := 6
			for i, ev := range log {
				whole.Apply(ev)
				resumed.Apply(ev)
				if i != len(log)-1 && rng.IntN(len(log)) > cuts {
					continue
				}
				data, seq, err := resumed.Still()
				if err != nil || seq != ev.Seq {
					t.Fatalf("snapshot at %d: %d, %v", ev.Seq, seq, err)
				}
				resumed = pastFold(cfg, &now)
				if err := resumed.Restore(data); err != nil {
					t.Fatal(err)
				}
				now = ev.At.Add(30 * time.Second)
				want, got := everything(t, whole, now), everything(t, resumed, now)
				if want != got {
					t.Fatalf("cut after %d, -whole +snapshot and rest:\n%s", ev.Seq, firstDifference(want, got))
				}
				t.Logf("at %d: %d bytes", ev.Seq, len(data))
			}
		})
	}
}

// TestStillBesideChapters: the same with chapters on disk, which may be made after the snapshot and before the crash: nothing is told
// twice and nothing is missing.
func TestStillBesideChapters(t *testing.T) {
	cfg := past.Config{Agents: 16}
	log := somePast(t, 5)
	now := log[len(log)-1].At.Add(time.Minute)
	disk, err := archive.Open(archive.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	onDisk := func() *reports.Fold {
		return reports.New(reports.Config{Version: "test", Centre: past.Centre(cfg), Now: func() time.Time { return now }, Past: disk, Chapter: 16})
	}
	whole, resumed := pastFold(cfg, &now), onDisk()
	rng := rand.New(rand.NewPCG(8, 9))
	var kept []byte
	from := 0
	for i := 0; i < len(log); i++ {
		if log[i].Seq > whole.Seq() {
			whole.Apply(log[i])
		}
		resumed.Apply(log[i])
		if i%200 == 0 {
			resumed.Tidy(t.Context())
		}
		switch {
		case i == len(log)-1:
		case rng.IntN(len(log)) < 6: // a snapshot
			data, seq, err := resumed.Still()
			if err != nil || seq != log[i].Seq {
				t.Fatal(seq, err)
			}
			kept, from = data, i
			continue
		case kept != nil && rng.IntN(len(log)) < 6: // a crash: back to the snapshot, with the chapters there are by now
			resumed = onDisk()
			if err := resumed.Restore(kept); err != nil {
				t.Fatal(err)
			}
			t.Logf("back from %d to %d, %+v", i, from, resumed.Archive())
			if i > from { // the second time there is no crash
				kept = nil
			}
			i = from
			continue
		default:
			continue
		}
		resumed.Tidy(t.Context())
		now = log[i].At.Add(30 * time.Second)
		if want, got := everything(t, whole, now), everything(t, resumed, now); want != got {
			t.Fatalf("-whole +snapshot, chapters and rest:\n%s", firstDifference(want, got))
		}
	}
	if n := resumed.Archive(); n.Chapters == 0 || n.Damaged+n.Strange > 0 {
		t.Errorf("%+v", n)
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			from := max(0, i-15)
			return cmp.Diff(strings.Join(x[from:min(len(x), i+15)], "\n"), strings.Join(y[from:min(len(y), i+15)], "\n"))
		}
	}
	return "the second is longer"
}

func morning(t *testing.T) (all []hotline.Event) {
	t.Helper()
	f, err := os.Open("testdata/morning.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		ev, err := hotline.UnmarshalEvent(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ev)
	}
	return all
}

func somePast(t *testing.T, seed uint64) (all []hotline.Event) {
	t.Helper()
	for ev := range past.Events(past.Config{Seed: seed, Contacts: 250, Days: 3, Agents: 16}) {
		all = append(all, ev)
	}
	return all
}

// TestStillRefused: a snapshot that is damaged, cut short or of another version is refused with a word why.
func TestStillRefused(t *testing.T) {
	cfg := past.Config{Agents: 16}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	f := pastFold(cfg, &now)
	for _, ev := range somePast(t, 3)[:3000] {
		f.Apply(ev)
	}
	data, _, err := f.Still()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 5))
	for i := range 50 {
		bad := append([]byte{}, data...)
		if i%2 == 0 {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		} else {
			bad = bad[:r.IntN(len(bad))]
		}
		if err := pastFold(cfg, &now).Restore(bad); !errors.Is(err, reports.ErrStill) {
			t.Errorf("%v", err)
		}
	}
	if err := f.Restore(data); !errors.Is(err, reports.ErrStill) {
		t.Errorf("into a fold that has begun: %v", err)
	}
}

package reports

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"hotline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// script collects events out of order and hands them out in order, numbered, as a log would.
type script struct {
	events []hotline.Event
}

func (s *script) add(at int64, ev hotline.Event, fact hotline.Fact) {
	ev.At, ev.Fact = time.UnixMilli(at).UTC(), fact
	s.events = append(s.events, ev)
}

// sorted numbers the events from 1 in the order of time; of those at one time, in the order of their adding.
func (s *script) sorted() []hotline.Event {
	slices.SortStableFunc(s.events, func(a, b hotline.Event) int { return a.At.Compare(b.At) })
	for i := range s.events {
		s.events[i].Seq = uint64(i + 1)
	}
	return s.events
}

func (s *script) apply(f *Fold) {
	for _, ev := range s.sorted() {
		f.Apply(ev)
	}
}

// clock is a Config.Now that a test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// golden compares with testdata/name, or rewrites it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update rewrites it):\n%s", path, diff(string(want), got))
	}
}

// diff shows the first lines that differ.
func diff(want, got string) string {
	w, g := splitLines(want), splitLines(got)
	for i := range max(len(w), len(g)) {
		a, b := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a, b)
		}
	}
	return ""
}

func splitLines(s string) []string {
	var out []string
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != '\n' {
			i++
		}
		out = append(out, s[:i])
		s = s[min(i+1, len(s)):]
	}
	return out
}

// checkIdentities holds the two identities of kpi 1.0 in every row, and that the totals are the sums of the rows.
func checkIdentities(t testing.TB, r *QueueReport) {
	t.Helper()
	sum := map[Moment]QueueRow{}
	for _, row := range r.Rows {
		identities(t, row)
		s := sum[row.Start]
		s.Requested += row.Requested
		s.Answered += row.Answered
		s.AnsweredIn += row.AnsweredIn
		s.TalkTotalMS += row.TalkTotalMS
		sum[row.Start] = s
	}
	for _, tot := range r.Totals {
		identities(t, tot)
		s := sum[tot.Start]
		if s.Requested != tot.Requested || s.Answered != tot.Answered || s.AnsweredIn != tot.AnsweredIn || s.TalkTotalMS != tot.TalkTotalMS {
			t.Errorf("%s: totals are not the sums of the rows", tot.Label)
		}
	}
}

func identities(t testing.TB, row QueueRow) {
	t.Helper()
	if row.Requested != row.BlockedAll+row.Offered {
		t.Errorf("%s %s: requested %d ≠ blocked %d + offered %d", row.Label, row.Queue, row.Requested, row.BlockedAll, row.Offered)
	}
	if c := row.Callbacks; c.Asked != c.Connected+c.Failed+c.Expired+c.Cancelled+c.Open {
		t.Errorf("%s %s: promises %+v", row.Label, row.Queue, c)
	}
	if row.Offered != row.Answered+row.Abandoned+row.FlowOutAll+row.Lost+row.Waiting {
		t.Errorf("%s %s: offered %d ≠ %d+%d+%d+%d+%d", row.Label, row.Queue, row.Offered, row.Answered, row.Abandoned,
			row.FlowOutAll, row.Lost, row.Waiting)
	}
}

func firstRow(t testing.TB, r *QueueReport) QueueRow {
	t.Helper()
	if len(r.Rows) == 0 {
		t.Fatal("no rows")
	}
	return slices.MinFunc(r.Rows, func(a, b QueueRow) int { return cmp.Compare(a.Start, b.Start) })
}

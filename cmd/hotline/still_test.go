package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/bench/past"
	"hotline/reports"
	"hotline/store/local"
)

// oldLog writes a past of small segments into the data folder, with its recordings.
func oldLog(t *testing.T, dir string, cfg past.Config) {
	t.Helper()
	s, err := local.Open(filepath.Join(dir, "data"), local.Config{SegmentSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var batch []hotline.Event
	flush := func() {
		seq, err := s.Append(batch)
		if err == nil {
			err = s.Durable(t.Context(), seq) // so that the next may begin a segment
		}
		if err != nil {
			t.Fatal(err)
		}
		batch = batch[:0]
	}
	for ev := range past.Events(cfg) {
		if f, ok := ev.Fact.(hotline.RecordingStored); ok && ev.Seq%5 == 0 {
			if err := record(filepath.Join(dir, "data", "recordings"), ev.Contact, &f); err != nil {
				t.Fatal(err)
			}
			ev.Fact = f
		} else if ok {
			continue
		}
		if batch = append(batch, ev); len(batch) == 400 {
			flush()
		}
	}
	flush()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// told is what the engine's figures say of the past, and the counters.
func told(t *testing.T, e *engine) (figures, counters string) {
	t.Helper()
	for e.fold.Seq() < e.store.Last() {
		time.Sleep(5 * time.Millisecond)
	}
	from, to := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var all []any
	for _, i := range []reports.Interval{reports.Whole, reports.Day, reports.Quarter} {
		q, err1 := e.fold.Queues(reports.QueueQuery{From: from, To: to, Interval: i})
		a, err2 := e.fold.Agents(reports.AgentQuery{From: from, To: to, Interval: i})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		all = append(all, q.Rows, a.Rows)
	}
	for s := (reports.Search{Limit: 500}); ; {
		p, err := e.fold.Contacts(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Items {
			whole, _ := e.fold.Contact(c.ID)
			all = append(all, whole)
		}
		if s.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	r := prometheus.NewRegistry()
	r.MustRegister(e.fold.Metrics())
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range families {
		switch name := m.GetName(); {
		case strings.HasSuffix(name, "_total") && !strings.Contains(name, "agent_state_seconds"), strings.HasSuffix(name, "_seconds") && m.GetType().String() == "HISTOGRAM":
			counters += m.String() + "\n"
		}
	}
	return string(b), counters
}

// TestColdLog: the log of old months goes, and no report, record, counter or recording goes with it: not at once, not after a restart,
// not when the newest snapshot is damaged. What asks for the log itself hears since when there is one.
func TestColdLog(t *testing.T) {
	cfg := past.Config{Contacts: 300, Days: 20, Agents: 16}
	dir := t.TempDir()
	oldLog(t, dir, cfg)
	keep := func(c *config) { c.Log = logConfig{Keep: 24 * time.Hour, Archive: filepath.Join(dir, "old")} }
	e := pastEngine(t, dir, cfg, func(c *config) { c.Log.Keep = 0 })
	figures, counters := told(t, e)
	if n, err := e.dropOld(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("for ever: %d segments gone, %v", n, err)
	}
	e.stop(time.Second, "test")
	e.close()

	e = pastEngine(t, dir, cfg, keep)
	compare(t, "with a snapshot", e, figures, counters)
	if n, err := e.dropOld(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("%d segments gone with one snapshot: %v", n, err)
	}
	for range 2 {
		if _, err := e.store.Append([]hotline.Event{{At: time.Now(), Fact: hotline.Audited{User: "test", Act: "login"}}}); err != nil {
			t.Fatal(err)
		}
		told(t, e)
		if err := e.saveStill(); err != nil {
			t.Fatal(err)
		}
	}
	e.stop(time.Second, "test")
	e.close() // the shard's snapshot is made at the end

	e = pastEngine(t, dir, cfg, keep)
	told(t, e)
	if err := e.saveStill(); err != nil {
		t.Fatal(err)
	}
	n, err := e.dropOld(t.Context(), time.Now())
	if err != nil || n < 5 || e.store.First() == 1 {
		t.Fatalf("%d segments gone, first %d: %v", n, e.store.First(), err)
	}
	compare(t, "with the log gone", e, figures, counters)
	hearsSinceWhen(t, e)
	e.stop(time.Second, "test")
	e.close()

	e = pastEngine(t, dir, cfg, keep)
	compare(t, "after a restart", e, figures, counters)
	var said bytes.Buffer
	if err := e.verify(t.Context(), &said); err != nil || strings.HasPrefix(said.String(), "0 ") {
		t.Errorf("recordings: %s %v", said.String(), err)
	}
	e.stop(time.Second, "test")
	e.close()
	damage(t, filepath.Join(dir, "data", stillFile))
	e = pastEngine(t, dir, cfg, keep)
	compare(t, "with a damaged snapshot", e, figures, counters)
	e.close()
	putBack(t, filepath.Join(dir, "old"), filepath.Join(dir, "data", "log"))
	s, err := local.Open(filepath.Join(dir, "data"), local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.First() != 1 {
		t.Errorf("put back, the log begins with %d", s.First())
	}
}

func compare(t *testing.T, when string, e *engine, figures, counters string) {
	t.Helper()
	f, c := told(t, e)
	if f != figures {
		t.Errorf("%s, the figures are others:\n%.3000s", when, cmp.Diff(strings.Split(figures, "\n"), strings.Split(f, "\n")))
	}
	if c != counters {
		t.Errorf("%s, the counters are others:\n%.3000s", when, cmp.Diff(strings.Split(counters, "\n"), strings.Split(c, "\n")))
	}
}

// hearsSinceWhen asks for what is gone.
func hearsSinceWhen(t *testing.T, e *engine) {
	t.Helper()
	for _, err := range e.store.Read(t.Context(), 0) {
		var gone *hotline.GoneError
		if !errors.As(err, &gone) || gone.First != e.store.First() {
			t.Errorf("reading from 0: %v", err)
		}
		break
	}
	err := e.replay(t.Context(), url.Values{"from": {"2026-10-13"}, "to": {"2026-10-14"}}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "the log is kept since 2026-") {
		t.Errorf("replay of what is gone: %v", err)
	}
	if _, err := (explainer{e}).router(t.Context(), time.Date(2026, 10, 13, 0, 0, 0, 0, time.UTC)); !errors.Is(err, hotline.ErrLogGone) {
		t.Errorf("explanation of what is gone: %v", err)
	}
}

func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 4
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// putBack unpacks archived segments into the log's folder.
func putBack(t *testing.T, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "2026-*", "*.seg.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d archived segments, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		seg, err := io.ReadAll(zip)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, strings.TrimSuffix(filepath.Base(f), ".gz")), seg, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

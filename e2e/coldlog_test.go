//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/bench/past"
	"hotline/store/local"
)

// TestColdLog: months of contacts and a load on top; kill -9 in the middle. The next start reads a snapshot and what came after it; figures of
// the past are the same, the counters go on, and a backup under load restores to what the engine had.
func TestColdLog(t *testing.T) {
	cfg := past.Config{Contacts: 8000, Days: 40, Agents: 16}
	centre := strings.Replace(string(past.CentreFile(cfg)), "password: demo8001", "password: pw-8001", 1)
	e := startEngine(t, "127.0.0.72", centre)
	e.stop()
	data := filepath.Join(e.dir, "data")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	events := writePast(t, data, cfg)
	e.start() // reads all of it
	before := e.pastFigures()
	counted := e.metric("hotline_queue_visits_total")
	if counted < 5000 {
		t.Fatalf("%v visits counted", counted)
	}
	e.stop()

	began := time.Now()
	e.start()
	t.Logf("a start with %d events behind it: %v until ready", events, time.Since(began).Round(time.Millisecond))
	if after := e.figuresAfter(); after < events {
		t.Errorf("the log was read from %d on, the snapshot should know %d", after, events)
	}
	load := startLoad(t, e, "--rate", "8", "--duration", "6s", "--patience", "2s")
	time.Sleep(3 * time.Second)
	if out, err := e.command("backup", "--no-recordings", filepath.Join(e.dir, "b.tar.gz")); err != nil {
		t.Errorf("backup: %v\n%s", err, out)
	}
	e.kill()
	load.cmd.Process.Kill()
	<-load.done
	e.start()
	if after := e.figuresAfter(); after < events {
		t.Errorf("after kill -9 the log was read from %d on, the snapshot should know %d", after, events)
	}
	if now := e.pastFigures(); now != before {
		t.Errorf("figures of the past differ after kill -9:\n%.2000s\n%.2000s", before, now)
	}
	visits := e.metric("hotline_queue_visits_total")
	if visits < counted {
		t.Errorf("%v visits counted, before the crash %v", visits, counted)
	}
	e.stop()

	again := e.dir + "/again"
	config, err := os.ReadFile(filepath.Join(e.dir, "hotline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.dir, "hotline.yaml"), []byte(strings.Replace(string(config), "./data", again, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := e.command("restore", filepath.Join(e.dir, "b.tar.gz")); err != nil {
		t.Fatalf("restore: %v\n%s", err, out)
	}
	e.start()
	if now := e.pastFigures(); now != before {
		t.Errorf("figures of the restored past differ:\n%.2000s\n%.2000s", before, now)
	}
}

// writePast makes a log.
func writePast(t *testing.T, dir string, cfg past.Config) (last uint64) {
	t.Helper()
	s, err := local.Open(dir, local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var batch []hotline.Event
	for ev := range past.Events(cfg) {
		if batch = append(batch, ev); len(batch) == 512 {
			if _, err := s.Append(batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	if last, err = s.Append(batch); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return last
}

// pastFigures are the rows of reports over the made-up past.
func (e *engine) pastFigures() string {
	e.t.Helper()
	var all []json.RawMessage
	for _, path := range []string{
		"/api/v1/reports/queues?from=2026-09-20T00:00:00Z&to=2026-11-02T00:00:00Z&interval=1d",
		"/api/v1/reports/agents?from=2026-09-20T00:00:00Z&to=2026-11-02T00:00:00Z&interval=1d",
		"/api/v1/contacts?limit=200&to=2026-11-02T00:00:00Z",
	} {
		var got struct{ Rows, Items json.RawMessage }
		e.json(path, &got)
		all = append(all, got.Rows, got.Items)
	}
	b, err := json.Marshal(all)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(b)
}

// figuresAfter is from where the log was read at the last start, as the engine says.
func (e *engine) figuresAfter() (after uint64) {
	e.t.Helper()
	b, err := os.ReadFile(filepath.Join(e.dir, "engine.log"))
	if err != nil {
		e.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if _, rest, ok := strings.Cut(line, "figures are up to date\" after="); ok {
			after = 0
			for _, c := range rest {
				if c < '0' || c > '9' {
					break
				}
				after = after*10 + uint64(c-'0')
			}
		}
	}
	return after
}

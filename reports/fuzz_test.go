package reports

import (
	"bytes"
	"os"
	"testing"
	"time"

	"hotline"
)

// FuzzFold folds any lines that the codec takes, in any order: nothing breaks, and the identities hold.
func FuzzFold(f *testing.F) {
	morning, err := os.ReadFile("testdata/morning.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.Split(morning, []byte("\n"))
	for i := 0; i+8 < len(lines); i += 8 {
		f.Add(bytes.Join(lines[i:i+8], []byte("\n")))
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		now := &clock{instant(t, "2026-03-10T01:05:00Z")}
		fold := New(Config{Centre: simCentre(time.UTC), Now: now.now})
		for i, line := range bytes.Split(log, []byte("\n")) {
			ev, err := hotline.UnmarshalEvent(line)
			if err != nil {
				continue
			}
			ev.Seq = uint64(i + 1)
			fold.Apply(ev)
		}
		fold.packer.drain(t.Context())
		fold.View(now.t)
		r, err := fold.Queues(QueueQuery{From: now.t.Add(-24 * time.Hour), To: now.t, Interval: Hour})
		if err != nil {
			t.Fatal(err)
		}
		checkIdentities(t, r)
		if _, err := fold.Contacts(Search{}); err != nil {
			t.Fatal(err)
		}
	})
}

package reports

import (
	"testing"
	"time"
)

// TestBehind: where no snapshot can be used and the log has lost its beginning, what is on disk is not taken for the beginning of what
// comes: every visit counts once, those of the log that is left as well.
func TestBehind(t *testing.T) {
	d := richDay(t, 77, 2500)
	events := d.sorted()
	now := &clock{t: events[len(events)-1].At}
	disk := &heap{}
	whole := archiveFold(disk, now.now)
	for i, ev := range events {
		whole.Apply(ev)
		if i%500 == 0 {
			whole.Tidy(t.Context())
		}
	}
	whole.Tidy(t.Context())
	closed := whole.snapshot().closed
	if len(closed.past) < 3 {
		t.Fatalf("%d chunks of visits on disk", len(closed.past))
	}
	last := time.UnixMilli(closed.past[len(closed.past)-1].last)
	report := func(f *Fold) QueueRow {
		t.Helper()
		r, err := f.Queues(QueueQuery{From: now.t.Add(-24 * time.Hour), To: now.t.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return r.Totals[0]
	}
	for name, behind := range map[string]bool{"behind": true, "as if the log were whole": false} {
		f := New(Config{Centre: simCentre(time.UTC), Now: now.now, Past: disk, ArchiveAfter: 10 * time.Minute, Chapter: 16, Behind: behind})
		for _, ev := range events {
			if ev.At.After(last.Add(-2 * time.Hour)) { // before that everything is on disk
				f.Apply(ev)
			}
		}
		want, got := report(whole), report(f)
		same := want.Offered == got.Offered && want.Answered == got.Answered && want.Abandoned == got.Abandoned && want.TalkTotalMS == got.TalkTotalMS
		if same != behind {
			t.Errorf("%s: offered %d, answered %d, abandoned %d, want %d, %d, %d", name, got.Offered, got.Answered, got.Abandoned, want.Offered, want.Answered, want.Abandoned)
		}
	}
	alone := New(Config{Centre: simCentre(time.UTC), Now: now.now, Past: disk, Behind: true})
	r, err := alone.Agents(AgentQuery{From: now.t.Add(-24 * time.Hour), To: now.t})
	if err != nil || len(r.Rows) < 12 || r.Rows[11].SignedInMS == 0 {
		t.Errorf("agents of whom the log that is left says nothing: %v, %v", r, err)
	}
}

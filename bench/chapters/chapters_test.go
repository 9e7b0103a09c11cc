// Package chapters measures what the reports cost with their past on disk.
package chapters

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hotline"
	"hotline/bench/past"
	"hotline/reports"
	"hotline/store/archive"
)

// The run: go test ./bench/chapters -bench . -benchtime 1x -contacts 1000000 -days 365 -dir /big/disk
var (
	contacts = flag.Int("contacts", 20_000, "contacts of the past")
	days     = flag.Int("days", 30, "its days")
	dir      = flag.String("dir", "", "keep the archive there, and use what is there")
)

// made is a fold whose past is on disk.
type made struct {
	fold *reports.Fold
	disk *archive.Archive
	end  time.Time
	cfg  past.Config
}

func heapBytes() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func make1(b *testing.B, contacts, days int, dir string) *made {
	b.Helper()
	m := &made{cfg: past.Config{Contacts: contacts, Days: days, Queues: 8}}
	if dir == "" {
		dir = b.TempDir()
	}
	ready := filepath.Join(dir, "ready")
	var err error
	if m.disk, err = archive.Open(archive.Config{Dir: filepath.Join(dir, "archive")}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.disk.Close() })
	begin := time.Now()
	m.fold = reports.New(reports.Config{Centre: past.Centre(m.cfg), Past: m.disk, Now: func() time.Time { return m.end }})
	if at, err := os.ReadFile(ready); err == nil { // the fold has only what is on disk: enough to ask
		if m.end, err = time.Parse(time.RFC3339, string(at)); err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(os.Stderr, "  opened in %v; %.0f MB of heap; %+v\n", time.Since(begin), heapBytes()/1e6, m.fold.Archive())
		return m
	}
	n := 0
	var last hotline.Event
	for ev := range past.Events(m.cfg) {
		m.fold.Apply(ev)
		last = ev
		if n++; n%4096 == 0 {
			m.fold.Tidy(b.Context())
		}
	}
	m.fold.Tidy(b.Context())
	m.end = last.At
	if err := os.WriteFile(ready, []byte(m.end.Format(time.RFC3339)), 0o600); err != nil {
		b.Fatal(err)
	}
	a := m.fold.Archive()
	fmt.Fprintf(os.Stderr, "  %d events folded in %v; %+v; %.0f bytes on disk a contact; %.0f MB of heap\n", n, time.Since(begin), a,
		float64(m.disk.Bytes())/float64(max(1, a.Contacts)), heapBytes()/1e6)
	return m
}

func BenchmarkChapters(b *testing.B) {
	m := make1(b, *contacts, *days, *dir)
	ask := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	day := m.end.AddDate(0, 0, -*days/3).Truncate(24 * time.Hour)
	queues := func(q reports.QueueQuery) func() error {
		return func() error { _, err := m.fold.Queues(q); return err }
	}
	ask("month by day and queue", queues(reports.QueueQuery{From: day.AddDate(0, 0, -min(*days/2, 30)), To: day, Interval: reports.Day}))
	ask("day by 15 min", queues(reports.QueueQuery{From: day, To: day.AddDate(0, 0, 1), Interval: reports.Quarter}))
	ask("agents of a day", func() error {
		_, err := m.fold.Agents(reports.AgentQuery{From: day, To: day.AddDate(0, 0, 1)})
		return err
	})
	ask("agents of a month", func() error {
		_, err := m.fold.Agents(reports.AgentQuery{From: day.AddDate(0, 0, -min(*days/2, 30)), To: day})
		return err
	})
	p, err := m.fold.Contacts(reports.Search{From: reports.At(day), To: reports.At(day.Add(time.Hour)), Limit: 50})
	if err != nil || len(p.Items) == 0 {
		b.Fatal(err, len(p.Items))
	}
	var one reports.Contact
	for _, one = range p.Items {
		if len(one.Agents) > 0 && len(one.From.Number) >= 7 {
			break
		}
	}
	number := one.From.Number
	search := func(s reports.Search) func() error {
		return func() error { _, err := m.fold.Contacts(s); return err }
	}
	ask("search: newest", search(reports.Search{}))
	ask("search: number", search(reports.Search{Number: number}))
	ask("search: seven digits", search(reports.Search{Number: number[len(number)-7:]}))
	ask("search: five digits", search(reports.Search{Number: number[len(number)-5:]}))
	ask("search: no such number", search(reports.Search{Number: "99999999999"}))
	ask("search: hour long ago", search(reports.Search{From: reports.At(day), To: reports.At(day.Add(time.Hour))}))
	if len(one.Agents) > 0 {
		ask("search: agent", search(reports.Search{Agent: one.Agents[0]}))
		ask("search: agent, lost", search(reports.Search{Agent: one.Agents[0], Outcome: "lost"}))
	}
	ask("search: short", search(reports.Search{Outcome: "short"}))
	ask("record", func() error { m.fold.Contact(one.ID); return nil })
	ask("history of a customer", func() error { m.fold.History(number, 20, ""); return nil })
	fmt.Fprintf(os.Stderr, "  after the questions: %.0f MB of heap\n", heapBytes()/1e6)
}

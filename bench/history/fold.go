package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"hotline"
	"hotline/bench/past"
	"hotline/reports"
	"hotline/store/archive"
)

// made is what was folded.
type made struct {
	events   uint64
	contacts int
	logBytes int64
	bytes    int64 // of chapters and snapshot
	took     time.Duration
	fold     *reports.Fold
}

func open(o options) (*reports.Fold, error) {
	disk, err := archive.Open(archive.Config{Dir: filepath.Join(o.dir, "archive")})
	if err != nil {
		return nil, err
	}
	end := last(o).AddDate(0, 0, 1)
	return reports.New(reports.Config{Centre: past.Centre(o.past), Past: disk, Now: func() time.Time { return end }}), nil
}

// last is the day after the past's last one.
func last(o options) time.Time {
	return time.Date(2026, 11, 1, 0, 0, 0, 0, past.Centre(o.past).Location)
}

// fold makes the past, takes every event through the codec as the log does, and folds it.
func fold(ctx context.Context, o options) (*made, error) {
	debug.SetGCPercent(200)
	f, err := open(o)
	if err != nil {
		return nil, err
	}
	m, began := &made{fold: f}, time.Now()
	var b []byte
	for ev := range past.Events(o.past) {
		if b, err = hotline.AppendEvent(b[:0], ev); err != nil {
			return nil, err
		}
		if ev, err = hotline.UnmarshalEvent(b); err != nil {
			return nil, err
		}
		m.logBytes += int64(len(b)) + 24
		if _, ok := ev.Fact.(hotline.CallStarted); ok {
			m.contacts++
		}
		f.Apply(ev)
		if m.events = ev.Seq; ev.Seq%4096 == 0 {
			f.Tidy(ctx)
		}
		if ev.Seq%5_000_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d M events, up to %s, %v\n", ev.Seq/1_000_000, ev.At.Format(time.DateOnly), time.Since(began).Round(time.Second))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	f.Tidy(ctx)
	data, _, err := f.Still()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(o.dir, "still"), data, 0o600); err != nil {
		return nil, err
	}
	m.took = time.Since(began)
	chapters, err := size(filepath.Join(o.dir, "archive"))
	m.bytes = chapters + int64(len(data))
	return m, err
}

// cold opens the chapters and the snapshot as a start does, and asks.
func cold(o options) (*measured, error) {
	debug.SetGCPercent(50)
	began := time.Now()
	f, err := open(o)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(o.dir, "still"))
	if err != nil {
		return nil, err
	}
	if err := f.Restore(data); err != nil {
		return nil, err
	}
	f.View(last(o))
	m := &measured{Start: ms(time.Since(began)), Asked: map[string]asked{}}
	data = nil
	debug.FreeOSMemory()
	m.Memory = resident("self")
	for _, q := range questions() {
		ask := question(o, f, q)
		var a asked
		for i := range 5 {
			began := time.Now()
			if a.Rows, err = ask(); err != nil {
				return nil, err
			}
			took := ms(time.Since(began))
			if i == 0 {
				a.First, a.Best = took, took
			}
			a.Best = min(a.Best, took)
		}
		m.Asked[q] = a
	}
	m.Busy = resident("self")
	return m, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// month and day are spans in the middle of the past.
func month(o options) (from, to time.Time) {
	to = last(o).AddDate(0, 0, -2)
	return to.AddDate(0, 0, -31), to
}

func day(o options) (from, to time.Time) {
	to = last(o).AddDate(0, 0, -10)
	return to.AddDate(0, 0, -1), to
}

// number is a part of a customer's number that few others have.
func number(f *reports.Fold) string {
	p, err := f.Contacts(reports.Search{Limit: 1})
	if err != nil || len(p.Items) == 0 {
		return "13800"
	}
	n := p.Items[0].Customer().Number
	return n[len(n)-7:]
}

func question(o options, f *reports.Fold, q string) func() (int, error) {
	rows := func(from, to time.Time, i reports.Interval) (int, error) {
		r, err := f.Queues(reports.QueueQuery{From: from, To: to, Interval: i})
		if err != nil {
			return 0, err
		}
		return len(r.Rows), nil
	}
	search := func(s reports.Search) (int, error) {
		p, err := f.Contacts(s)
		return len(p.Items), err
	}
	all := questions()
	switch q {
	case all[0]:
		from, to := month(o)
		return func() (int, error) { return rows(from, to, reports.Day) }
	case all[1]:
		from, to := day(o)
		return func() (int, error) { return rows(from, to, reports.Quarter) }
	case all[2]:
		n := number(f)
		return func() (int, error) { return search(reports.Search{Number: n}) }
	case all[3]:
		return func() (int, error) { return search(reports.Search{Agent: "8003"}) }
	}
	from, to := day(o)
	return func() (int, error) { return search(reports.Search{From: reports.At(from), To: reports.At(to)}) }
}

// resident is the memory of a process that is not shared with others, and its part of what is.
func resident(pid string) int64 {
	b, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "Pss:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// Command history measures what months of contacts cost: the questions of the reports and of the search, the size on disk, a cold start,
// memory. With -rival it asks PostgreSQL the same, with the same contacts, on the same machine. It prints a table.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"hotline/bench/past"
)

// options is the command line.
type options struct {
	past  past.Config
	dir   string
	rival bool
	out   string
	cold  bool
}

func main() {
	var o options
	flag.IntVar(&o.past.Contacts, "contacts", 50_000, "about so many contacts")
	flag.IntVar(&o.past.Days, "days", 60, "in so many days; 31 at least")
	flag.IntVar(&o.past.Queues, "queues", 12, "queues")
	flag.StringVar(&o.dir, "dir", "", "folder to work in, on the disk that is to be measured; default: a temporary one")
	flag.BoolVar(&o.rival, "rival", false, "ask PostgreSQL the same (Debian's package postgresql)")
	flag.StringVar(&o.out, "o", "", "the table goes to this file, too")
	flag.BoolVar(&o.cold, "cold", false, "open what is in -dir, ask, and print figures as JSON: what history does with itself")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "history:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.cold {
		m, err := cold(o)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(m)
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "hotline-history-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	made, err := fold(ctx, o)
	if err != nil {
		return err
	}
	ours, err := again(ctx, o)
	if err != nil {
		return err
	}
	ours.Bytes = made.bytes
	var theirs *measured
	if o.rival {
		if theirs, err = rival(ctx, o, made); err != nil {
			return err
		}
	}
	text := table(o, made, ours, theirs)
	fmt.Print(text)
	if o.out != "" {
		return os.WriteFile(o.out, []byte(text), 0o644)
	}
	return nil
}

// again opens what was made in a process of its own.
func again(ctx context.Context, o options) (*measured, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-cold", "-dir", o.dir, "-contacts", fmt.Sprint(o.past.Contacts), "-days", fmt.Sprint(o.past.Days),
		"-queues", fmt.Sprint(o.past.Queues))
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cold start: %w", err)
	}
	m := new(measured)
	return m, json.Unmarshal(b, m)
}

// measured is what one of the two needs.
type measured struct {
	Start  float64          `json:"start_ms"`
	Memory int64            `json:"memory_bytes"` // at rest
	Busy   int64            `json:"busy_bytes"`   // after the questions
	Bytes  int64            `json:"bytes"`
	Asked  map[string]asked `json:"asked"`
}

// asked is a question's first and its best answer, in ms, and how many rows it had.
type asked struct {
	First, Best float64
	Rows        int
}

func questions() []string {
	return []string{"a month by day and queue", "one day by 15 min and queue", "search by number, first page", "search by agent, first page", "search by time, first page"}
}

func table(o options, made *made, ours, theirs *measured) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %d contacts in %d days, %d queues, %d events (%s)\n\n", made.contacts, o.past.Days, o.past.Queues, made.events, time.Now().Format(time.DateOnly))
	fmt.Fprintf(&b, "The log itself: %.0f bytes a contact. Folded and archived through the codec in %v.\n\n", float64(made.logBytes)/float64(made.contacts), made.took.Round(time.Second))
	b.WriteString("| | Hotline | PostgreSQL 15 |\n|---|---|---|\n")
	row := func(what string, f func(m *measured) string) {
		t := "—"
		if theirs != nil {
			t = f(theirs)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", what, f(ours), t)
	}
	for _, q := range questions() {
		row(q, func(m *measured) string {
			return fmt.Sprintf("%.1f ms (first %.1f)", m.Asked[q].Best, m.Asked[q].First)
		})
	}
	row("on disk, a contact with its time line", func(m *measured) string {
		return fmt.Sprintf("%d B (%.1f MB)", m.Bytes/int64(made.contacts), float64(m.Bytes)/1e6)
	})
	row("cold start", func(m *measured) string { return fmt.Sprintf("%.0f ms", m.Start) })
	row("memory after the start, after the questions", func(m *measured) string {
		return fmt.Sprintf("%.0f MB, %.0f MB", float64(m.Memory)/1e6, float64(m.Busy)/1e6)
	})
	return b.String()
}

// size is the length of all files below a folder.
func size(dir string) (n int64, err error) {
	err = filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && i.Mode().IsRegular() {
			n += i.Size()
		}
		return err
	})
	return n, err
}

// Command bench measures the engine: set-ups, the queue, talking calls, registrations, and the packages' own benchmarks. It
// writes a table of what it found. With -kit it also measures the rivals under the same load, in the same run. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options is the command line.
type options struct {
	bin    string        // folder of the binaries hotline and callstorm
	out    string        // the table is written here
	kit    string        // folder of the rivals' kit; empty: the engine alone
	asterD string        // where the kit keeps its Asterisk
	only   string        // sections, separated by commas; empty: all
	window time.Duration // how long each load lasts
	rates  string        // set-ups a second
	calls  string        // calls at the same time
	rival  string        // the same for the rivals, whose limits are lower
	rivalC string
	phones int
	engine int // the processor of what is measured
	load   int // that of the load
	netns  string
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder of hotline and callstorm")
	flag.StringVar(&o.out, "o", "bench/results.md", "the table")
	flag.StringVar(&o.kit, "kit", os.Getenv("RIVALS_KIT"), "folder of the rivals' kit; default $RIVALS_KIT")
	flag.StringVar(&o.asterD, "asterisk", os.Getenv("AST_DIR"), "the kit's AST_DIR; default $AST_DIR")
	flag.StringVar(&o.only, "only", "", "some of: setup,waiting,media,bare,register,relay,go")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how long each load lasts")
	flag.StringVar(&o.rates, "rates", "50,200,325", "set-ups a second")
	flag.StringVar(&o.calls, "calls", "100,300,1000", "recorded calls at the same time")
	flag.StringVar(&o.rival, "rival-rates", "20,50,60", "set-ups a second for the rival")
	flag.StringVar(&o.rivalC, "rival-calls", "50,100", "recorded calls at the same time for the rival")
	flag.IntVar(&o.phones, "phones", 20000, "registered phones")
	flag.IntVar(&o.engine, "cpu", 0, "processor of what is measured")
	flag.IntVar(&o.load, "load-cpu", 1, "processor of the load")
	flag.StringVar(&o.netns, "netns", "", "network namespace to run all in; with -kit default astbench")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the sections asked for and writes the table, what there is of it also after an error.
func run(ctx context.Context, o options) (err error) {
	if o.kit != "" && o.netns == "" {
		o.netns = "astbench"
	}
	b := &bench{o: o, table: newTable(ctx, o)}
	defer func() {
		for _, dir := range b.litter {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	defer func() {
		if e := b.table.write(o.out); err == nil {
			err = e
		}
	}()
	for _, s := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"setup", b.setup},
		{"waiting", b.waiting},
		{"media", b.media},
		{"bare", b.bare},
		{"register", b.register},
		{"relay", b.relay},
		{"go", b.packages},
	} {
		if o.only != "" && !contains(o.only, s.name) {
			continue
		}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func contains(list, one string) bool {
	for s := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(s) == one {
			return true
		}
	}
	return false
}

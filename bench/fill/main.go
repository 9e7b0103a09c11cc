// Command fill writes a made-up past into a new data folder, so that the pages can be looked at, and measured, with months of
// contacts:
//
//	go run ./bench/fill -contacts 100000 -days 60 -data /tmp/months
//	go run ./cmd/hotline demo -data /tmp/months        # logins as ever: director / demo-director …
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hotline"
	"hotline/bench/past"
	"hotline/store/local"
)

func main() {
	var cfg past.Config
	var dir, end string
	flag.IntVar(&cfg.Contacts, "contacts", 100_000, "about so many contacts")
	flag.IntVar(&cfg.Days, "days", 30, "in so many days")
	flag.IntVar(&cfg.Queues, "queues", 4, "queues, 1 to 40")
	flag.IntVar(&cfg.Agents, "agents", 0, "agents; default: as many as the contacts need")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "another seed, another past")
	flag.StringVar(&end, "end", time.Now().Format(time.DateOnly), "the day after the last one")
	flag.StringVar(&dir, "data", "", "the folder: centre.yaml and data/ are made in it")
	flag.Parse()
	if err := fill(cfg, dir, end); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

// fill writes the centre file and the log.
func fill(cfg past.Config, dir, end string) error {
	if dir == "" {
		return fmt.Errorf("-data is missing")
	}
	day, err := time.Parse(time.DateOnly, end)
	if err != nil {
		return err
	}
	cfg.Start = day.Add(12*time.Hour).AddDate(0, 0, -cfg.Days) // noon: the same date in every zone that matters
	store, err := local.Open(filepath.Join(dir, "data"), local.Config{})
	if err != nil {
		return err
	}
	defer store.Close()
	if store.Last() != 0 {
		return fmt.Errorf("%s has a log already", dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), past.CentreFile(cfg), 0o640); err != nil {
		return err
	}
	began := time.Now()
	var batch []hotline.Event
	flush := func() error {
		_, err := store.Append(batch)
		batch = batch[:0]
		return err
	}
	for ev := range past.Events(cfg) {
		if batch = append(batch, ev); len(batch) == 512 {
			if err := flush(); err != nil {
				return err
			}
		}
		if ev.Seq%1_000_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d events, up to %s, %v\n", ev.Seq, ev.At.Format(time.DateOnly), time.Since(began).Round(time.Second))
		}
	}
	if err := flush(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d events in %v\n", store.Last(), time.Since(began).Round(100*time.Millisecond))
	return nil
}

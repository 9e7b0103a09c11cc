package main

import (
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// selfHealth is what the engine measures of itself while it works. Observing takes no memory and no lock that a scrape
// holds for long.
type selfHealth struct {
	commit, sync             prometheus.Histogram // seconds
	groupEvents, syncBatches prometheus.Histogram // events
}

func newSelfHealth() *selfHealth {
	hist := func(name, help string, edges []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_" + name, Help: help, Buckets: edges,
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		})
	}
	seconds := []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}
	events := []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000}
	return &selfHealth{
		commit:      hist("log_commit_seconds", "From an append to the platter, of the oldest event of each group.", seconds),
		sync:        hist("log_sync_seconds", "One fdatasync of the log.", seconds),
		groupEvents: hist("log_group_events", "Events that one write of the log took.", events),
		syncBatches: hist("log_sync_events", "Events that one fdatasync made durable.", events),
	}
}

func (s *selfHealth) all() []prometheus.Collector {
	return []prometheus.Collector{s.commit, s.sync, s.groupEvents, s.syncBatches}
}

func (s *selfHealth) committed(took time.Duration, events int) {
	s.commit.Observe(took.Seconds())
	s.groupEvents.Observe(float64(events))
}

func (s *selfHealth) synced(took time.Duration, events uint64) {
	s.sync.Observe(took.Seconds())
	s.syncBatches.Observe(float64(events))
}

// commitOf is the commit that the program was built from, as the Go tool noted it; empty if it did not.
func commitOf(read func() (*debug.BuildInfo, bool)) string {
	info, ok := read()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/notify"
	"hotline/reports"
)

// openEvents begins to hand all events on, to files and to webhooks.
func (e *engine) openEvents() (err error) {
	c := e.cfg.Out.Events
	e.out.hooks, err = notify.NewEventHooks(notify.EventHooksConfig{
		Hooks: c.Hooks, Redact: redacted, Log: e.store, Places: e.store.Bucket("event_hooks"), Append: e.append, Raised: e.raised,
		Agent: "Hotline/" + version, Logger: e.log,
	})
	if err != nil {
		return err
	}
	e.group.run("event webhooks", e.out.hooks.Run)
	if c.Dir == "" {
		return nil
	}
	redact := redacted
	if c.Numbers {
		redact = nil
	}
	e.out.files, err = notify.NewEventFiles(notify.EventFilesConfig{
		Dir: c.Dir, Size: c.Size, Every: c.Every, Keep: c.Keep, Redact: redact, Start: c.Start, Log: e.store, Places: e.store.Bucket("event_files"),
		Append: e.append, Raised: e.raised, Logger: e.log,
	})
	if err != nil {
		return err
	}
	e.group.run("event files", e.out.files.Run)
	return nil
}

// raised says whether the engine's alarm is, by the log.
func (e *engine) raised(alarm string) bool {
	open, _ := e.fold.Alarms(e.clock.Now())
	return slices.ContainsFunc(open, func(a reports.Alarm) bool { return a.Alarm == alarm })
}

// redacted is the event as those see it who may not see numbers.
func redacted(ev hotline.Event) hotline.Event {
	ev.Fact = reports.RedactFact(ev.Fact, hotline.Party.Masked)
	return ev
}

// exportDescs are the metrics of what is handed on to files and webhooks.
type exportDescs struct{ events, behind, failing *prometheus.Desc }

func newExportDescs() exportDescs {
	return exportDescs{
		events:  prometheus.NewDesc("hotline_export_events_total", "Events handed on, by to whom: files, queue_log or the webhook's name.", []string{"to"}, nil),
		behind:  prometheus.NewDesc("hotline_export_behind", "Events of the log that were not handed on yet.", []string{"to"}, nil),
		failing: prometheus.NewDesc("hotline_export_failing_since_seconds", "Unix time since which nothing can be handed on; 0: it can.", []string{"to"}, nil),
	}
}

func (d exportDescs) describe(out chan<- *prometheus.Desc) {
	out <- d.events
	out <- d.behind
	out <- d.failing
}

func (d exportDescs) collect(out chan<- prometheus.Metric, all []notify.ExportStats, last uint64) {
	for _, s := range all {
		out <- prometheus.MustNewConstMetric(d.events, prometheus.CounterValue, float64(s.Delivered), s.Name)
		behind := 0.0
		if last > s.Last {
			behind = float64(last - s.Last)
		}
		out <- prometheus.MustNewConstMetric(d.behind, prometheus.GaugeValue, behind, s.Name)
		out <- prometheus.MustNewConstMetric(d.failing, prometheus.GaugeValue, unixOrZero(s.FailingSince), s.Name)
	}
}

// exports is how what is handed on fares.
func (o *outward) exports() (all []notify.ExportStats) {
	if o.files != nil {
		all = append(all, o.files.Stats())
	}
	if o.queueLog != nil {
		all = append(all, o.queueLog.Stats())
	}
	if o.hooks != nil {
		all = append(all, o.hooks.Stats()...)
	}
	return all
}

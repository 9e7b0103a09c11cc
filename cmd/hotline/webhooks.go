package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/notify"
)

// openWebhooks begins to tell others what happens. It reads the log like anybody: no call waits for it.
func (e *engine) openWebhooks() (err error) {
	e.webhooks, err = notify.New(notify.Config{
		Hooks: e.cfg.Webhooks, Log: e.store, Places: e.store.Bucket("webhooks"), Agent: "Hotline/" + version, Logger: e.log,
		Append: e.append,
	})
	if err != nil {
		return err
	}
	e.group.run("webhooks", e.webhooks.Run)
	return nil
}

// webhookDescs are the metrics of webhooks. Their labels come from the config file alone.
type webhookDescs struct{ deliveries, backlog, behind *prometheus.Desc }

func newWebhookDescs() webhookDescs {
	return webhookDescs{
		deliveries: prometheus.NewDesc("hotline_webhook_deliveries_total", "Messages of webhooks by what came of them; retried: tries that are made again.", []string{"hook", "result"}, nil),
		backlog:    prometheus.NewDesc("hotline_webhook_backlog", "Messages in memory that were not taken yet: at most 1000, the rest waits in the log.", []string{"hook"}, nil),
		behind:     prometheus.NewDesc("hotline_webhook_behind_seconds", "How long the oldest message that was not taken yet waits.", []string{"hook"}, nil),
	}
}

func (d webhookDescs) describe(out chan<- *prometheus.Desc) {
	out <- d.deliveries
	out <- d.backlog
	out <- d.behind
}

func (d webhookDescs) collect(out chan<- prometheus.Metric, stats []notify.Stats) {
	for _, s := range stats {
		for _, row := range []struct {
			result string
			n      uint64
		}{{"delivered", s.Delivered}, {"refused", s.Refused}, {"retried", s.Retried}, {"given_up", s.GivenUp}} {
			out <- prometheus.MustNewConstMetric(d.deliveries, prometheus.CounterValue, float64(row.n), s.Hook, row.result)
		}
		out <- prometheus.MustNewConstMetric(d.backlog, prometheus.GaugeValue, float64(s.Backlog), s.Hook)
		out <- prometheus.MustNewConstMetric(d.behind, prometheus.GaugeValue, s.Behind.Seconds(), s.Hook)
	}
}

// webhookStats is how the webhooks fare; none before they are open.
func (e *engine) webhookStats() []notify.Stats {
	if e.webhooks == nil {
		return nil
	}
	return e.webhooks.Stats(time.Now())
}

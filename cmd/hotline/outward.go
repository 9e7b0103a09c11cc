package main

import (
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/centre/strict"
	"hotline/notify"
)

// outwardConfig is who outside is told what.
type outwardConfig struct {
	Mail     *notify.MailServer // nil: no mail can be sent
	Alarms   []notify.Channel
	Events   eventsConfig
	QueueLog queueLogConfig
}

func (r configReader) outward(c *outwardConfig, m strict.Map) {
	c.Mail = r.mail(m.Get("mail"))
	c.Events, c.QueueLog = r.events(m.Get("events")), r.queueLog(m.Get("queue_log"))
	c.Alarms = r.alarms(m.Get("alarms"), c.Mail != nil)
}

// outward is what tells others what happens. It reads the log behind the calls.
type outward struct {
	mail     *notify.Mailer // nil: no server is configured
	alarms   *notify.Alerter
	files    *notify.EventFiles // nil: none are written
	hooks    *notify.EventHooks
	queueLog *notify.QueueFile // nil: none is written
}

func (e *engine) openOutward() error {
	for _, step := range []func() error{e.openMail, e.openAlarms, e.openWebhooks, e.openEvents, e.openQueueLog} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) append(evs []hotline.Event) error {
	_, err := e.store.Append(evs)
	return err
}

func (e *engine) openMail() (err error) {
	if e.cfg.Out.Mail == nil {
		return nil
	}
	e.out.mail, err = notify.NewMailer(notify.MailConfig{
		Server: *e.cfg.Out.Mail, Spool: filepath.Join(e.cfg.Data, "mail"), Append: e.append, Logger: e.log,
	})
	if err != nil {
		return err
	}
	e.group.run("mail", e.out.mail.Run)
	return nil
}

// outwardDescs are the metrics of what is told to others.
type outwardDescs struct {
	mails, mailsWaiting, mailFailing  *prometheus.Desc
	alarms, alarmsLast, alarmsFailing *prometheus.Desc
	exports                           exportDescs
}

func newOutwardDescs() outwardDescs {
	return outwardDescs{
		mails:        prometheus.NewDesc("hotline_mail_messages_total", "Mails, one for each recipient, by what came of them; retried: tries that are made again.", []string{"result"}, nil),
		mailsWaiting: prometheus.NewDesc("hotline_mail_waiting", "Mails that are not dealt with yet.", nil, nil),
		mailFailing:  prometheus.NewDesc("hotline_mail_failing_since_seconds", "Unix time since which no mail can be sent; 0: mails can be sent.", nil, nil),

		alarms:        prometheus.NewDesc("hotline_alarm_messages_total", "Messages to channels of alarms by what came of them; failed: tries that are made again.", []string{"channel", "result"}, nil),
		alarmsLast:    prometheus.NewDesc("hotline_alarm_last_delivered_seconds", "Unix time of the last message that the channel took; 0: none since the start.", []string{"channel"}, nil),
		alarmsFailing: prometheus.NewDesc("hotline_alarm_failing_since_seconds", "Unix time since which the channel takes nothing; 0: it does.", []string{"channel"}, nil),
		exports:       newExportDescs(),
	}
}

func (d outwardDescs) describe(out chan<- *prometheus.Desc) {
	out <- d.mails
	out <- d.mailsWaiting
	out <- d.mailFailing
	out <- d.alarms
	out <- d.alarmsLast
	out <- d.alarmsFailing
	d.exports.describe(out)
}

func (d outwardDescs) collect(out chan<- prometheus.Metric, o *outward, last uint64) {
	d.exports.collect(out, o.exports(), last)
	if o.mail != nil {
		d.collectMail(out, o.mail.Stats())
	}
	for _, s := range o.alarms.Stats() {
		out <- prometheus.MustNewConstMetric(d.alarms, prometheus.CounterValue, float64(s.Delivered), s.Channel, "delivered")
		out <- prometheus.MustNewConstMetric(d.alarms, prometheus.CounterValue, float64(s.Failed), s.Channel, "failed")
		out <- prometheus.MustNewConstMetric(d.alarmsLast, prometheus.GaugeValue, unixOrZero(s.LastDelivered), s.Channel)
		out <- prometheus.MustNewConstMetric(d.alarmsFailing, prometheus.GaugeValue, unixOrZero(s.FailingSince), s.Channel)
	}
}

func unixOrZero(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}

func (d outwardDescs) collectMail(out chan<- prometheus.Metric, s notify.MailStats) {
	for _, row := range []struct {
		result string
		n      uint64
	}{{"sent", s.Sent}, {"refused", s.Refused}, {"retried", s.Retried}, {"given_up", s.GivenUp}} {
		out <- prometheus.MustNewConstMetric(d.mails, prometheus.CounterValue, float64(row.n), row.result)
	}
	out <- prometheus.MustNewConstMetric(d.mailsWaiting, prometheus.GaugeValue, float64(s.Waiting))
	out <- prometheus.MustNewConstMetric(d.mailFailing, prometheus.GaugeValue, unixOrZero(s.FailingSince))
}

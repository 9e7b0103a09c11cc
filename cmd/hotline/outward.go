package main

import (
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/centre/strict"
	"hotline/notify"
)

// outwardConfig is who outside is told what.
type outwardConfig struct {
	Mail *notify.MailServer // nil: no mail can be sent
}

func (r configReader) outward(c *outwardConfig, m strict.Map) {
	c.Mail = r.mail(m.Get("mail"))
}

// outward is what tells others what happens. It reads the log behind the calls.
type outward struct {
	mail *notify.Mailer // nil: no server is configured
}

func (e *engine) openOutward() error {
	if err := e.openMail(); err != nil {
		return err
	}
	return e.openWebhooks()
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
type outwardDescs struct{ mails, mailsWaiting, mailFailing *prometheus.Desc }

func newOutwardDescs() outwardDescs {
	return outwardDescs{
		mails:        prometheus.NewDesc("hotline_mail_messages_total", "Mails, one for each recipient, by what came of them; retried: tries that are made again.", []string{"result"}, nil),
		mailsWaiting: prometheus.NewDesc("hotline_mail_waiting", "Mails that are not dealt with yet.", nil, nil),
		mailFailing:  prometheus.NewDesc("hotline_mail_failing_since_seconds", "Unix time since which no mail can be sent; 0: mails can be sent.", nil, nil),
	}
}

func (d outwardDescs) describe(out chan<- *prometheus.Desc) {
	out <- d.mails
	out <- d.mailsWaiting
	out <- d.mailFailing
}

func (d outwardDescs) collect(out chan<- prometheus.Metric, o *outward) {
	if o.mail == nil {
		return
	}
	s := o.mail.Stats()
	for _, row := range []struct {
		result string
		n      uint64
	}{{"sent", s.Sent}, {"refused", s.Refused}, {"retried", s.Retried}, {"given_up", s.GivenUp}} {
		out <- prometheus.MustNewConstMetric(d.mails, prometheus.CounterValue, float64(row.n), row.result)
	}
	out <- prometheus.MustNewConstMetric(d.mailsWaiting, prometheus.GaugeValue, float64(s.Waiting))
	failing := 0.0
	if !s.FailingSince.IsZero() {
		failing = float64(s.FailingSince.Unix())
	}
	out <- prometheus.MustNewConstMetric(d.mailFailing, prometheus.GaugeValue, failing)
}

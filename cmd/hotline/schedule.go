package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"hotline/centre/strict"
	"hotline/notify"
	"hotline/web"
)

// reportDomains reads where reports may be mailed to; none: everywhere.
func (r configReader) reportDomains(v strict.Value) (out []string) {
	for _, one := range v.List() {
		d := strings.ToLower(one.Text(""))
		if d != "" && !regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$`).MatchString(d) {
			one.Fault(fmt.Sprintf("%s is not a domain", strict.Quote(d)), "example.com")
		}
		out = append(out, d)
	}
	return out
}

// reportMailer takes reports that go by mail; nil without a mail server.
func (e *engine) reportMailer() web.Mailer {
	if e.out.mail == nil {
		return nil
	}
	return reportMailer{e.out.mail}
}

type reportMailer struct{ m *notify.Mailer }

// Send implements web.Mailer.
func (r reportMailer) Send(ctx context.Context, m web.Mail) error {
	out := notify.Mail{Key: m.Key, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML}
	for _, f := range m.Files {
		out.Files = append(out.Files, notify.File{Name: f.Name, Type: f.Type, Data: f.Data})
	}
	return r.m.Send(ctx, out)
}

// Tell implements web.Fates.
func (r reportMailer) Tell(told func(web.MailFate)) {
	r.m.Tell(func(f notify.Fate) { told(web.MailFate{Key: f.Key, To: f.To, Lost: f.Lost}) })
}

// reportPosts are the webhooks that reports are sent to.
type reportPosts struct{ n *notify.Notifier }

// Names implements web.Posts.
func (r reportPosts) Names() []string { return r.n.Reports() }

// Post implements web.Posts.
func (r reportPosts) Post(ctx context.Context, hook, id string, body []byte) error {
	return r.n.Report(ctx, hook, id, body)
}

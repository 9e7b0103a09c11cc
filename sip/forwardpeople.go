package sip

import (
	"time"

	"hotline/media"
	"hotline/sip/siprec"
	"hotline/sip/syntax"
)

// followForward lets the recorder hear who speaks now, and tells it who that is.
func (c *call) followForward() {
	if f := c.forward; f != nil && c.customer != nil && !f.over {
		f.guard(f.follow)
	}
}

func (f *forwarding) follow() {
	c := f.call
	rows := []media.Row{{Leg: f.streams[customerStream]}, {Leg: f.streams[othersStream]}}
	if m := c.customer.handle.media.Load(); m != nil {
		rows[customerStream].Hears = []*media.Leg{m}
	}
	joinedAt := make(map[string]time.Time, len(f.people))
	for _, p := range f.people {
		joinedAt[p.ID] = p.Joined
	}
	now := time.Now()
	since := func(l *leg) time.Time {
		if at, ok := joinedAt[string(l.id)]; ok {
			return at
		}
		return now
	}
	people := []siprec.Participant{c.customer.participant(since(c.customer), customerStream)}
	for _, l := range c.withCustomer() {
		people = append(people, l.participant(since(l), othersStream))
		if m := l.handle.media.Load(); m != nil {
			rows[othersStream].Hears = append(rows[othersStream].Hears, m)
		}
	}
	f.people = people
	if f.streams[customerStream] == nil {
		return // there is no way to the recorder yet
	}
	if err := c.sw.cfg.Media.Mix(rows); err != nil {
		f.log.Warn("sip: the recorder does not hear everybody", "error", err)
	}
	f.update()
}

// participant is the leg's party as the recorder is told of it (RFC 7865 §6.5).
func (l *leg) participant(joined time.Time, stream int) siprec.Participant {
	p := siprec.Participant{ID: string(l.id), Joined: joined, Labels: []string{label(stream)}}
	switch {
	case l.agent != "":
		p.AOR = "sip:" + syntax.SafeUser(string(l.agent)) + "@" + l.sw.cfg.Domain
	case l.dlg != nil:
		uri := *l.dlg.remote.uri.Clone()
		uri.UriParams, uri.Headers = nil, nil
		p.AOR, p.Name = syntax.Scrub(uri.String()), syntax.DisplayName(l.dlg.remote.name)
	}
	return p
}

func label(stream int) string { return string('1' + byte(stream)) }

package sip

import (
	gosip "github.com/emiago/sipgo/sip"

	"hotline/media"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
)

// reach finds the way to the recorder as it is now, and what is sent by it; false: there is none, and it is tried again later.
func (f *forwarding) reach() bool {
	s := f.call.sw
	to, way, err := s.wire.WayToRecorder(f.trunk.Name)
	if err != nil {
		f.lost("it cannot be reached", 0, err)
		return false
	}
	f.to, f.way = to, way
	if f.streams[0] != nil {
		return true
	}
	for i := range f.streams {
		if f.streams[i], err = s.cfg.Media.NewLeg(way.Bind(), silent{}); err != nil {
			f.close()
			f.lost("no media", 0, err)
			return false
		}
	}
	f.call.followForward()
	return true
}

// metadata is the whole picture as it is now.
func (f *forwarding) metadata() siprec.Metadata {
	return siprec.Metadata{Session: string(f.call.id), Started: f.began, Participants: f.people}
}

// describe is our offer.
func (f *forwarding) describe() []byte {
	d := f.description()
	for i := range d.Streams {
		f.local[i].Offer()
		d.Streams[i].Proto, d.Streams[i].Lines = f.local[i].Protected(true)
	}
	return f.say(d)
}

// say writes a description; one that says something else than the last is another version (RFC 3264 §8).
func (f *forwarding) say(d siprec.Description) []byte {
	text := string(d.Bytes())
	if f.said != "" && f.said != text {
		f.version++
	}
	f.said = text
	d.ID, d.Version = f.session, f.version
	return d.Bytes()
}

// description is our side of the session without what a single offer or answer says.
func (f *forwarding) description() siprec.Description {
	d := siprec.Description{Addr: f.way.Host(), Client: true}
	for _, c := range narrow(f.call.sw.cfg.Codecs) {
		d.Codecs = append(d.Codecs, c.String())
	}
	for i, m := range f.streams {
		one := siprec.Stream{Label: label(i)}
		if m != nil {
			one.Port = m.LocalPort()
		}
		d.Streams = append(d.Streams, one)
	}
	return d
}

// configure opens the streams that the recorder takes.
func (f *forwarding) configure(res gosip.Message) {
	lines, code := readBody(res)
	if code != 0 {
		f.log.Warn("sip: the recorder's answer cannot be read")
		return
	}
	for i, m := range f.streams {
		if i >= len(lines) || m == nil {
			break
		}
		t, err := f.local[i].Accept(lines[i : i+1])
		if err != nil {
			f.log.Warn("sip: the recorder does not take a stream", "label", label(i), "error", err)
			m.Configure(media.Params{})
			continue
		}
		f.open(m, t)
	}
}

// open sends a stream as agreed. Keys are not sent, whatever the recorder takes.
func (f *forwarding) open(m *media.Leg, t sdp.Terms) {
	m.Configure(media.Params{
		Remote: t.Remote, RemoteRTCP: t.RTCP, Source: f.way.Peer.Addr(), Codec: codecOf(t.Codec), PayloadType: t.PT, PTime: t.PTime,
		Mux: t.Mux, Security: protection(t.Shield),
		Send: t.Dir.Sends() && !t.Remote.Addr().IsUnspecified(),
	})
}

package sip

import (
	"testing"
	"time"

	"hotline"
	"hotline/sip/siprec"
)

// recordingFrom sets a recording session up whose INVITE has the header lines.
func recordingFrom(t *testing.T, r *rig, extra string) (*line, hotline.Incoming, *sipMsg) {
	p, other := newPhone(t, r.addr), newPhone(t, r.addr)
	kind, body := siprec.Join([]byte(recordingOffer(p, other)), siprec.Metadata{Session: "s"})
	l := p.dialler("recorder")
	l.extra = "Require: siprec\r\n" + extra
	p.send(l.request("INVITE", l.seq, l.branch, string(body), kind))
	in := want(r, func(s hotline.Incoming) bool { return s.Recording })
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	l.made(res)
	l.ack("")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	return l, in, res
}

// TestRecordingOutlastsTimer: a recording session from a client that knows neither session timers nor UPDATE goes on as long as the
// client answers, and ends when it has forgotten it.
func TestRecordingOutlastsTimer(t *testing.T) {
	r := quick(t, func(c *Config) {
		c.Trunks[0].Records, c.SessionExpires = true, 90*time.Second
	})
	l, in, _ := recordingFrom(t, r, "")
	for range 3 {
		l.p.reply(l.p.want("OPTIONS"), 200, "", "")
	}
	if !r.sw.Alive(in.Leg) {
		t.Error("the recording session is over")
	}
	l.p.reply(l.p.want("OPTIONS"), 481, "", "")
	l.p.reply(l.p.want("BYE"), 481, "", "")
	want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
	r.idle(time.Second)
}

// TestRecordingNotRefreshed: a client that wants us to refresh by what we cannot send is not promised it.
func TestRecordingNotRefreshed(t *testing.T) {
	r := quick(t, func(c *Config) { c.Trunks[0].Records = true })
	l, _, res := recordingFrom(t, r, "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n")
	if got := res.get("session-expires"); got != "" {
		t.Errorf("promised: %s", got)
	}
	l.p.none("BYE", 500*time.Millisecond)
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.idle(time.Second)
}

package sip

import (
	"testing"
	"time"

	"hotline"
)

// TestReofferTrying: a phone that says "trying" to our re-INVITE and nothing more holds nothing back: when the call ends the re-INVITE
// is cancelled and the leg is forgotten, and one that talks on is asked no longer than 64*T1.
func TestReofferTrying(t *testing.T) {
	r := quick(t, func(c *Config) { c.t1 = 2 * time.Millisecond }) // 64*T1 are 128 ms
	l, in, _ := r.timedCall("Supported: timer\r\nSession-Expires: 300;refresher=uas\r\n")
	re := l.p.want("INVITE")
	l.p.reply(re, 100, "", "")
	cancel := l.p.want("CANCEL")
	l.p.reply(cancel, 200, "", "")
	l.p.reply(re, 487, "", "")
	l.p.want("ACK")
	if !r.sw.Alive(in.Leg) {
		t.Error("the call is over")
	}
	re = l.p.want("INVITE")
	l.p.reply(re, 100, "", "")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	l.p.reply(l.p.want("BYE"), 200, "", "")
	l.p.reply(l.p.want("CANCEL"), 200, "", "")
	l.p.reply(re, 487, "", "")
	l.p.want("ACK")
	r.idle(time.Second)
}

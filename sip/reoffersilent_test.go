package sip

import (
	"fmt"
	"strings"
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

// TestReofferReliable: a peer that wants to be sure that its provisional answer to our re-INVITE arrived is told so (RFC 3262 §4), each time
// once and in order; what it said of the session there holds, and need not come again with the 200.
func TestReofferReliable(t *testing.T) {
	r := quick(t, nil)
	l, in, _ := r.timedCall("Supported: timer\r\nSession-Expires: 200;refresher=uas\r\n")
	re := l.p.want("INVITE")
	held := strings.Replace(l.p.sdp(2), "t=0 0\r\n", "t=0 0\r\na=sendonly\r\n", 1)
	l.p.reply(re, 183, "", held, "Require: 100rel", "RSeq: 9")
	prack := l.p.want("PRACK")
	if want := fmt.Sprintf("9 %d INVITE", re.seq()); prack.get("rack") != want || prack.seq() != re.seq()+1 {
		t.Errorf("RAck %q, CSeq %d, want %q", prack.get("rack"), prack.seq(), want)
	}
	l.p.reply(prack, 200, "", "")
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	l.p.reply(re, 183, "", held, "Require: 100rel", "RSeq: 9")  // a copy
	l.p.reply(re, 183, "", held, "Require: 100rel", "RSeq: 11") // one is missing
	l.p.none("PRACK", 50*time.Millisecond)
	l.p.reply(re, 180, "", "", "Require: 100rel", "RSeq: 10")
	second := l.p.want("PRACK")
	if second.get("rack") != fmt.Sprintf("10 %d INVITE", re.seq()) {
		t.Errorf("RAck %q", second.get("rack"))
	}
	l.p.reply(second, 200, "", "")
	l.p.reply(re, 200, "", "", "Session-Expires: 200;refresher=uac", "Supported: timer")
	if ack := l.p.want("ACK"); ack.seq() != re.seq() {
		t.Errorf("ACK %d of %d", ack.seq(), re.seq())
	}
	next := l.p.want("INVITE") // the session goes on
	if next.seq() != second.seq()+1 {
		t.Errorf("CSeq %d after %d", next.seq(), second.seq())
	}
	l.p.reply(next, 200, "", l.p.sdp(3), "Session-Expires: 200;refresher=uas", "Supported: timer")
	l.p.want("ACK")
	want(r, func(s hotline.HoldAsked) bool { return !s.On })
	if !r.sw.Alive(in.Leg) {
		t.Error("the call is over")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

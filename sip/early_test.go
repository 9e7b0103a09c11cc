package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestDialPRACK: a phone that answers reliably gets its PRACK, each answer one and in order; what the answer says holds although the
// 200 says nothing or another thing (RFC 3262 §4, RFC 3261 §13.2.1). We never require it.
func TestDialPRACK(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	if !strings.Contains(inv.get("supported"), "100rel") || inv.get("require") != "" {
		t.Errorf("Supported %q, Require %q", inv.get("supported"), inv.get("require"))
	}
	rel := func(n int) []string { return []string{"Require: 100rel", fmt.Sprintf("RSeq: %d", n)} }
	p.reply(inv, 183, "a", strings.Replace(p.sdp(1), "8 0 101", "0 101", 1), rel(7)...)
	prack := p.want("PRACK")
	if want := fmt.Sprintf("7 %d INVITE", inv.seq()); prack.get("rack") != want || prack.seq() != inv.seq()+1 || tagIn(prack.get("to")) != "a" {
		t.Errorf("RAck %q, CSeq %d", prack.get("rack"), prack.seq())
	}
	p.reply(prack, 200, "", "")
	if s := want[hotline.Ringing](r, nil); !s.Early {
		t.Errorf("%+v", s)
	}
	p.reply(inv, 183, "a", "", rel(7)...) // a copy
	p.reply(inv, 180, "a", "", rel(9)...) // one is missing in between
	p.none("PRACK", 50*time.Millisecond)
	p.reply(inv, 180, "a", "", rel(8)...)
	prack = p.want("PRACK")
	if !strings.HasPrefix(prack.get("rack"), "8 ") {
		t.Error(prack.get("rack"))
	}
	p.reply(prack, 200, "", "")
	p.reply(inv, 200, "a", p.sdp(1)) // with PCMA first: no answer any more
	ack := p.want("ACK")
	if ack.seq() != inv.seq() || ack.body != "" {
		t.Errorf("ACK %d %q", ack.seq(), ack.body)
	}
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := p.want("BYE")
	if bye.seq() != inv.seq()+3 {
		t.Errorf("BYE %d after two PRACKs", bye.seq())
	}
	p.reply(bye, 200, "", "")
	r.idle(time.Second)
}

// TestDialForkedEarly: a proxy behind the contact forks. Each early dialog has PRACKs, a target and an answer of its own; the
// one that is picked up makes the leg with what it said itself (RFC 3261 §13.2.2.4).
func TestDialForkedEarly(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	pcmu := strings.Replace(p.sdp(1), "8 0 101", "0 101", 1)
	p.reply(inv, 183, "a", p.sdp(1), "Require: 100rel", "RSeq: 1", "Contact: <sip:one@"+p.addr()+">")
	p.reply(inv, 183, "b", pcmu, "Require: 100rel", "RSeq: 40", "Contact: <sip:two@"+p.addr()+">", "Record-Route: <sip:way@"+p.addr()+";lr>")
	for range 2 {
		prack := p.want("PRACK")
		user, rack := "sip:one@", "1 "
		if tagIn(prack.get("to")) == "b" {
			user, rack = "sip:two@", "40 "
		}
		if !strings.HasPrefix(prack.start, "PRACK "+user) || !strings.HasPrefix(prack.get("rack"), rack) || prack.seq() != inv.seq()+1 || (rack == "40 ") != (prack.get("route") != "") {
			t.Errorf("%s: %v", prack.start, prack.heads)
		}
		p.reply(prack, 200, "", "")
	}
	// The second is moved while it rings, and asks for another session.
	b := p.called(inv, "b")
	b.seq = 20
	b.ask("UPDATE", p.sdp(2))
	if res := p.want("200 UPDATE"); res.body == "" || res.get("contact") == "" {
		t.Errorf("%+v", res)
	}
	b.ask("INFO", "")
	p.want("200 INFO")
	b.ask("BYE", "") // only the caller may end an early dialog so
	p.want("481 BYE")
	b.seq -= 2
	b.ask("UPDATE", "")
	p.want("500 UPDATE") // an old number
	b.seq += 2
	p.reply(inv, 200, "b", "", "Contact: <sip:two@"+p.addr()+">")
	ack := p.want("ACK")
	if tagIn(ack.get("to")) != "b" || ack.seq() != inv.seq() {
		t.Errorf("%v", ack.heads)
	}
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	p.reply(inv, 200, "a", "", "Contact: <sip:one@"+p.addr()+">") // the other fork was quick too
	p.want("ACK")
	bye := p.want("BYE")
	if tagIn(bye.get("to")) != "a" || bye.seq() != inv.seq()+2 {
		t.Errorf("%v", bye.heads)
	}
	p.reply(bye, 200, "", "")
	b.ask("BYE", "")
	p.want("200 BYE")
	r.idle(time.Second)
}

// TestDialManyForks: more early dialogs than there is room for are not acknowledged, and the call goes on.
func TestDialManyForks(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	for i := range maxForks + 4 {
		p.reply(inv, 180, fmt.Sprint("t", i), "", "Require: 100rel", "RSeq: 1")
	}
	for range maxForks {
		p.reply(p.want("PRACK"), 200, "", "")
	}
	p.none("PRACK", 50*time.Millisecond)
	p.reply(inv, 200, "late", p.sdp(1))
	p.want("ACK")
	want[hotline.PickedUp](r, nil)
	p.called(inv, "late").ask("BYE", "")
	p.want("200 BYE")
}

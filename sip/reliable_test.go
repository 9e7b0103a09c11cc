package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline"
)

// prack acknowledges a reliable provisional answer; body is an answer or an offer, or nothing.
func (l *line) prack(res *sipMsg, body string) {
	l.p.t.Helper()
	extra := l.extra
	l.extra = fmt.Sprintf("RAck: %s %d INVITE\r\n", res.get("rseq"), res.seq())
	l.ask("PRACK", body)
	l.extra = extra
}

// ringing calls with the header lines and returns the call when it is known.
func (r *rig) ringing(extra, sdp string) (*line, hotline.Incoming) {
	r.t.Helper()
	p := newPhone(r.t, r.addr)
	l := p.dialler("95500")
	l.extra = extra
	if sdp == "own" {
		sdp = p.sdp(1)
	}
	l.ask("INVITE", sdp)
	in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	l.extra = ""
	return l, in
}

// ackOf acknowledges the 200 of the first INVITE although other requests came after it.
func (l *line) ackOf(invite int, body string) {
	seq := l.seq
	l.seq = invite
	l.ack(body)
	l.seq = seq
}

// TestReliableProvisional: a caller that knows 100rel gets 18x with RSeq, again and again until its PRACK, one at a time, and the
// 200 not before the PRACK of the one with the answer (RFC 3262 §3).
func TestReliableProvisional(t *testing.T) {
	for _, extra := range []string{"Supported: timer, 100rel\r\n", "k: 100REL\r\n", "Require: 100rel\r\n"} {
		r := newRig(t, nil)
		l, in := r.ringing(extra, "own")
		invite := l.seq
		r.do(hotline.Ring{Leg: in.Leg})
		r.do(hotline.Ring{Leg: in.Leg, Early: true})
		first := l.p.want("180 INVITE")
		again := l.p.want("180 INVITE")
		third := l.p.want("180 INVITE")
		if first.get("rseq") == "" || again.get("rseq") != first.get("rseq") || !strings.Contains(first.get("require"), "100rel") || first.body != "" {
			t.Errorf("%+v\n%+v", first, again)
		}
		if d := third.at.Sub(first.at); d < 130*time.Millisecond || d > 2*time.Second { // T1 + 2*T1
			t.Errorf("third copy after %v", d)
		}
		l.made(first).prack(first, "")
		l.p.want("200 PRACK")
		second := l.p.want("183 INVITE")
		if second.body == "" || second.get("rseq") == first.get("rseq") {
			t.Errorf("%+v", second)
		}
		r.do(hotline.Answer{Leg: in.Leg})
		l.p.none("200 INVITE", 30*time.Millisecond)
		l.prack(second, "")
		l.p.want("200 PRACK")
		res := l.p.want("200 INVITE")
		if res.body != "" || res.get("require") == "100rel" {
			t.Errorf("the answer is said again: %+v", res)
		}
		l.ackOf(invite, "")
		if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMA" {
			t.Errorf("%+v", up)
		}
		l.p.speak(second.body, 0x55, 3)
		want[hotline.MediaUp](r, nil)
		l.ask("BYE", "")
		l.p.want("200 BYE")
		r.idle(time.Second)
	}
}

// TestReliableLateOffer: without an offer in the INVITE ours goes in the first reliable answer and the PRACK brings the
// answer: there is early media before the pick-up (RFC 3262 §5).
func TestReliableLateOffer(t *testing.T) {
	r := newRig(t, nil)
	l, in := r.ringing("Require: 100rel\r\n", "")
	invite := l.seq
	r.do(hotline.Ring{Leg: in.Leg})
	ring := l.p.want("180 INVITE")
	if !strings.Contains(ring.body, " 8 0 101") {
		t.Errorf("no offer in the first reliable answer: %q", ring.body)
	}
	l.made(ring).prack(ring, strings.Replace(l.p.sdp(1), "8 0 101", "0 101", 1))
	l.p.want("200 PRACK")
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"tone:ringback"}, Loop: true})
	if !l.p.hears(300) {
		t.Error("no early media")
	}
	r.do(hotline.Answer{Leg: in.Leg})
	if res := l.p.want("200 INVITE"); res.body != "" {
		t.Errorf("a second offer: %s", res.body)
	}
	l.ackOf(invite, "")
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")

	l, in = r.ringing("Require: 100rel\r\n", "")
	r.do(hotline.Ring{Leg: in.Leg})
	ring = l.p.want("180 INVITE")
	l.made(ring).prack(ring, "") // no answer where one is due
	l.p.want("488 PRACK")
	l.p.want("488 INVITE")
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); end.Cause != hotline.CauseNoCodec {
		t.Errorf("%+v", end)
	}
}

// TestNoPRACK: who never acknowledges a reliable answer is refused after 64*T1 (RFC 3262 §3).
func TestNoPRACK(t *testing.T) {
	r := newRig(t, func(c *Config) { c.t1 = 10 * time.Millisecond })
	l, in := r.ringing("Supported: 100rel\r\n", "own")
	r.do(hotline.Ring{Leg: in.Leg})
	first := l.p.want("180 INVITE")
	res := l.p.want("504 INVITE")
	if d := res.at.Sub(first.at); d < 600*time.Millisecond {
		t.Errorf("refused after %v", d)
	}
	l.ackRefusal(res)
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
}

// TestPRACKOfNothing: a PRACK that acknowledges nothing gets 481, the call goes on (RFC 3262 §3).
func TestPRACKOfNothing(t *testing.T) {
	r := newRig(t, nil)
	l, in := r.ringing("Supported: 100rel\r\n", "own")
	invite := l.seq
	r.do(hotline.Ring{Leg: in.Leg})
	ring := l.p.want("180 INVITE")
	l.made(ring)
	for _, rack := range []string{"", "1 2", "1 100 INVITE", fmt.Sprintf("%s %d INVITE", ring.get("rseq"), invite+7), ring.get("rseq") + " 101 BYE", "-1 101 INVITE"} {
		l.extra = "RAck: " + rack + "\r\n"
		l.ask("PRACK", "")
		l.p.want("481 PRACK")
	}
	l.extra = ""
	// The 200 may go before the PRACK of an answer without SDP, which is taken all the same.
	r.do(hotline.Answer{Leg: in.Leg})
	if res := l.p.want("200 INVITE"); res.body == "" {
		t.Error("no answer")
	}
	l.prack(ring, "")
	l.p.want("200 PRACK")
	l.prack(ring, "")
	l.p.want("481 PRACK")
	l.ackOf(invite, "")
	want[hotline.PickedUp](r, nil)
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestPRACKWithOffer: once the answer has surely arrived, a PRACK may bring another offer and so may an UPDATE; before that it
// is refused (RFC 3262 §5, RFC 3311 §5.2).
func TestPRACKWithOffer(t *testing.T) {
	r := newRig(t, nil)
	l, in := r.ringing("Supported: 100rel\r\n", "own")
	invite := l.seq
	r.do(hotline.Ring{Leg: in.Leg})
	ring := l.p.want("180 INVITE")
	l.made(ring)
	l.ask("UPDATE", l.p.sdp(2))
	if res := l.p.want("500 UPDATE"); res.get("retry-after") == "" {
		t.Error("no Retry-After")
	}
	l.prack(ring, l.p.sdp(2))
	l.p.want("488 PRACK")
	l.prack(ring, "")
	l.p.want("200 PRACK")
	r.do(hotline.Ring{Leg: in.Leg, Early: true})
	early := l.p.want("183 INVITE")
	l.prack(early, l.p.sdp(2, "a=recvonly"))
	if res := l.p.want("200 PRACK"); dirOf(res.body) != "sendonly" {
		t.Errorf("%s", res.body)
	}
	l.ask("UPDATE", strings.Replace(l.p.sdp(3), "8 0 101", "0 101", 1))
	if res := l.p.want("200 UPDATE"); dirOf(res.body) != "sendrecv" {
		t.Errorf("%s", res.body)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	if res := l.p.want("200 INVITE"); res.body != "" {
		t.Error("SDP again")
	}
	l.ackOf(invite, "")
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestReliableHungUp: CANCEL, BYE and a refusal of ours end a call whose reliable answer has no PRACK yet.
func TestReliableHungUp(t *testing.T) {
	for _, how := range []string{"cancel", "bye", "refusal"} {
		r := newRig(t, nil)
		l, in := r.ringing("Supported: 100rel\r\n", "own")
		r.do(hotline.Ring{Leg: in.Leg})
		ring := l.p.want("180 INVITE")
		code := "487 INVITE"
		switch how {
		case "cancel":
			l.cancel()
		case "bye":
			seq, branch := l.seq, l.branch
			l.made(ring).ask("BYE", "")
			l.seq, l.branch = seq, branch
		default:
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
			code = "486 INVITE"
		}
		l.ackRefusal(l.p.want(code))
		want[hotline.Ended](r, nil)
		l.p.none("180 INVITE", 120*time.Millisecond)
		r.idle(time.Second)
	}
}

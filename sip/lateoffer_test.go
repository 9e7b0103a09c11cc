package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// lateRig is a switch with a trunk that makes the offers itself.
func lateRig(t *testing.T) (*rig, *phone) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}, LateOffer: true, SessionTimer: -1}}
	})
	carrier.engine = r.addr
	return r, carrier
}

// TestDialLateOffer: an INVITE of ours without an offer: it comes in the 200, the ACK brings the answer, each copy of the 200 the same
// again (RFC 3261 §13.2.1); an offer that cannot be met ends the call.
func TestDialLateOffer(t *testing.T) {
	r, carrier := lateRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "139", Trunk: "out"})
	inv := carrier.want("INVITE")
	if inv.body != "" || inv.get("content-type") != "" || inv.get("session-expires") != "" {
		t.Errorf("%v %s", inv.heads, inv.body)
	}
	carrier.reply(inv, 180, "a", carrier.sdp(1)) // no offer can come so, and it is none
	want[hotline.Ringing](r, nil)
	carrier.reply(inv, 200, "a", strings.Replace(carrier.sdp(1), "8 0 101", "0 101", 1))
	ack := carrier.want("ACK")
	if dirOf(ack.body) != "sendrecv" || !strings.Contains(ack.body, "RTP/AVP 0 101") {
		t.Errorf("%s", ack.body)
	}
	carrier.reply(inv, 200, "a", strings.Replace(carrier.sdp(1), "8 0 101", "0 101", 1))
	if again := carrier.want("ACK"); again.body != ack.body {
		t.Error("another answer")
	}
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	r.do(hotline.Play{Leg: testLeg, Play: "p", Prompts: []string{"tone:busy"}, Loop: true})
	if !carrier.hears(300) {
		t.Error("nothing heard")
	}
	carrier.called(inv, "a").ask("BYE", "")
	carrier.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)

	for _, body := range []string{"", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n"} {
		r, carrier := lateRig(t)
		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "139", Trunk: "out"})
		inv := carrier.want("INVITE")
		carrier.reply(inv, 200, "a", body)
		carrier.want("ACK")
		carrier.reply(carrier.want("BYE"), 200, "", "")
		if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseNoCodec {
			t.Errorf("%+v", f)
		}
		r.idle(time.Second)
	}
}

// TestDialLateOfferReliable: the offer comes in the first reliable answer and the PRACK brings the answer: there is early media, and the
// 200 says nothing more (RFC 3262 §5).
func TestDialLateOfferReliable(t *testing.T) {
	r, carrier := lateRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "139", Trunk: "out"})
	inv := carrier.want("INVITE")
	carrier.reply(inv, 183, "a", carrier.sdp(1), "Require: 100rel", "RSeq: 5")
	prack := carrier.want("PRACK")
	if dirOf(prack.body) != "sendrecv" || prack.get("content-type") != "application/sdp" {
		t.Errorf("%v %s", prack.heads, prack.body)
	}
	carrier.reply(prack, 200, "", "")
	if s := want[hotline.Ringing](r, nil); !s.Early {
		t.Errorf("%+v", s)
	}
	carrier.speak(prack.body, 0x55, 3)
	want[hotline.MediaUp](r, nil)
	carrier.reply(inv, 200, "a", "")
	if ack := carrier.want("ACK"); ack.body != "" {
		t.Errorf("a second answer: %s", ack.body)
	}
	want[hotline.PickedUp](r, nil)
	carrier.called(inv, "a").ask("BYE", "")
	carrier.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)
}

// TestTargetRefreshByAnswer: the Contact of a 2xx to a re-INVITE or UPDATE of ours, and of an UPDATE of the peer's, is where we send
// from then on (RFC 3261 §12.2.1.2, RFC 3311 §5.2).
func TestTargetRefreshByAnswer(t *testing.T) {
	r := quick(t, nil)
	l, in, _ := r.timedCall("Supported: timer\r\nAllow: UPDATE\r\nSession-Expires: 400;refresher=uas\r\n")
	up := l.p.want("UPDATE")
	l.p.reply(up, 200, "", "", "Contact: <sip:second@"+l.p.addr()+">", "Session-Expires: 400;refresher=uac")
	if up = l.p.want("UPDATE"); !strings.HasPrefix(up.start, "UPDATE sip:second@") {
		t.Error(up.start)
	}
	l.p.reply(up, 200, "", "", "Contact: <sip:third@"+l.p.addr()+">") // no interval any more
	l.ask("OPTIONS", "")
	l.p.want("200 OPTIONS") // it has been heard
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	re := l.p.want("INVITE")
	if !strings.HasPrefix(re.start, "INVITE sip:third@") {
		t.Error(re.start)
	}
	l.p.reply(re, 200, "", l.p.sdp(2), "Contact: <sip:fourth@"+l.p.addr()+">")
	if ack := l.p.want("ACK"); !strings.HasPrefix(ack.start, "ACK sip:fourth@") {
		t.Error(ack.start)
	}
	text := l.request("UPDATE", l.seq+1, "z9hG4bK"+word(), "", "")
	l.seq++
	l.p.send(strings.Replace(text, "Contact: <sip:me@", "Contact: <sip:fifth@", 1))
	l.p.want("200 UPDATE")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := l.p.want("BYE")
	if !strings.HasPrefix(bye.start, "BYE sip:fifth@") {
		t.Error(bye.start)
	}
	l.p.reply(bye, 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

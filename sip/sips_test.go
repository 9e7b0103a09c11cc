package sip

import (
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestSIPS: where the peer's addresses are sips URIs so are ours (RFC 3261 §8.1.1.8, §12.1.1), and calls to such a phone go
// back over its connection.
func TestSIPS(t *testing.T) {
	wiretest.Over(t, testSIPS, "tls", "wss")
}

func testSIPS(t *testing.T, network string) {
	r := newRig(t, nil)
	p := newStreamPhone(t, r, network)
	l := p.dialler("95500")
	l.me, l.them, l.target = strings.Replace(l.me, "sip:", "sips:", 1), strings.Replace(l.them, "sip:", "sips:", 1), strings.Replace(l.target, "sip:", "sips:", 1)
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	own := "<sips:hotline@" + port(r.sw, network).String()
	if network == "wss" {
		own += ";transport=ws"
	}
	if res := l.establish(); res.get("contact") != own+">" {
		t.Errorf("%s, want %s>", res.get("contact"), own)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")

	q := newStreamPhone(t, r, network)
	q.scheme = "sips"
	q.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	inv := q.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sips:me@"+q.addr()) || inv.get("contact") != own+">" {
		t.Errorf("%s\n%s, want %s>", inv.start, inv.get("contact"), own)
	}
	q.reply(inv, 486, "a", "")
	q.want("ACK")
	want[hotline.Failed](r, nil)
	r.idle(time.Second)
}

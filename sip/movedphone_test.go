package sip

import (
	"net"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestPhoneMovesInACall: an agent's phone registers from another address in the middle of a call, which we or the agent began. It is
// re-INVITEd there within two seconds, heard and spoken to there, and hung up on there; nobody writes to where it was (reliability.md §4, 63).
func TestPhoneMovesInACall(t *testing.T) {
	for _, calling := range []bool{false, true} {
		r := newRig(t, nil)
		p := newPhone(t, r.addr)
		p.instance = `;+sip.instance="<urn:uuid:7>"`
		p.register("8001")
		leg, offer := testLeg, ""
		if calling {
			l, in := r.agentLine(p, "8001", "95500", "", false)
			r.do(hotline.Answer{Leg: in.Leg})
			offer = l.establish().body
			leg = in.Leg
		} else {
			r.do(hotline.Dial{Call: testCall, Leg: leg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second})
			inv := p.want("INVITE")
			offer = inv.body
			p.reply(inv, 200, "a", p.sdp(1))
			p.want("ACK")
		}
		want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
		p.speak(offer, 0x55, 5)

		q := newPhoneAt(t, net.IPv4(127, 0, 0, 2), r.addr)
		q.instance = p.instance
		began := time.Now()
		q.register("8001")
		re := q.want("INVITE")
		if d := re.at.Sub(began); d > 2*time.Second || tagIn(re.get("to")) == "" {
			t.Errorf("after %v: %+v", d, re.heads)
		}
		q.reply(re, 200, "", strings.ReplaceAll(q.sdp(2), "127.0.0.1", "127.0.0.2"))
		q.want("ACK")
		r.do(hotline.Play{Leg: leg, Play: "p1", Prompts: []string{"tone:ringback"}, Loop: true})
		if !q.hears(160) {
			t.Error("it hears nothing where it is")
		}
		before := r.sw.leg(leg).handle.media.Load().Stats()
		q.speak(re.body, 0x55, 10)
		wiretest.Eventually(t, "it is heard", func() bool {
			return r.sw.leg(leg).handle.media.Load().Stats().Received >= before.Received+8
		})
		p.none("INVITE", 10*time.Millisecond)
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
		q.reply(q.want("BYE"), 200, "", "")
		p.none("BYE", 50*time.Millisecond)
		r.idle(2 * time.Second)
	}
}

// TestPhoneMovesTwice: a phone that moves on before it has answered where it was found is asked at its last place, and its call goes on,
// though nobody ever answered at the one between.
func TestPhoneMovesTwice(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.instance = `;+sip.instance="<urn:uuid:7>"`
	p.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second})
	p.reply(p.want("INVITE"), 200, "a", p.sdp(1))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
	between, last := newPhoneAt(t, net.IPv4(127, 0, 0, 2), r.addr), newPhoneAt(t, net.IPv4(127, 0, 0, 3), r.addr)
	between.instance, last.instance = p.instance, p.instance
	between.register("8001")
	between.want("INVITE")
	began := time.Now()
	last.register("8001")
	re := last.want("INVITE")
	if d := re.at.Sub(began); d > 2*time.Second {
		t.Errorf("asked after %v", d)
	}
	last.reply(re, 200, "", strings.ReplaceAll(last.sdp(2), "127.0.0.1", "127.0.0.3"))
	last.want("ACK")
	if !r.sw.Alive(testLeg) {
		t.Fatal("the call is over")
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	last.reply(last.want("BYE"), 200, "", "")
	r.idle(2 * time.Second)
}

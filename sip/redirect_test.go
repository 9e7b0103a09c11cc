package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// twoAgents registers a phone for each of two agents and calls the first.
func twoAgents(t *testing.T, r *rig) (a, b *phone, inv *sipMsg) {
	t.Helper()
	a, b = newPhone(t, r.addr), newPhone(t, r.addr)
	a.register("8001")
	b.register("8002")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	return a, b, a.want("INVITE")
}

// TestRedirectToAgent: an agent's phone that sends its call on to another agent is followed (RFC 3261 §8.1.3.4); the new request
// says who sent it on and is another one.
func TestRedirectToAgent(t *testing.T) {
	for _, code := range []int{300, 301, 302} {
		r := newRig(t, nil)
		a, b, inv := twoAgents(t, r)
		a.reply(inv, code, "a", "", "Contact: <sip:13900000000@203.0.113.9>;q=1, <sip:8002@"+testDomain+">;q=0.5")
		a.want("ACK")
		next := b.want("INVITE")
		if next.get("call-id") != inv.get("call-id") || tagIn(next.get("from")) != tagIn(inv.get("from")) || next.seq() <= inv.seq() || uriIn(next.get("to")) != "sip:8002@"+testDomain {
			t.Errorf("%v", next.heads)
		}
		if next.get("diversion") != "<sip:8001@"+testDomain+">;reason=unconditional;counter=1" || !strings.Contains(next.get("history-info"), "cause=302") {
			t.Errorf("%v", next.heads)
		}
		b.reply(next, 180, "b", "")
		b.reply(next, 200, "b", b.sdp(1))
		b.want("ACK")
		want[hotline.PickedUp](r, nil)
		b.called(next, "b").ask("BYE", "")
		b.want("200 BYE")
		want[hotline.Ended](r, nil)
		r.idle(time.Second)
	}
}

// TestRedirectRefused: what could cost money is not followed: numbers and hosts outside, ways that are no calls, nobody, oneself;
// the call was refused.
func TestRedirectRefused(t *testing.T) {
	r := newRig(t, nil)
	a := newPhone(t, r.addr)
	a.register("8001")
	for i, c := range []struct {
		code    int
		contact string
	}{
		{302, "<sip:13900000000@" + testDomain + ">"}, // a number outside, through us
		{302, "<sip:8002@203.0.113.9>"},
		{302, "<tel:+8613900000000>"},
		{302, "<mailto:a@b>"},
		{302, "<sip:8001@" + testDomain + ">"}, // itself: for ever
		{302, "<sip:8003@" + testDomain + ">"}, // an agent without a phone
		{305, "<sip:8002@" + testDomain + ">"}, // a proxy to use (RFC 3261 §21.3.4): not for a phone to say
		{380, "<sip:8002@" + testDomain + ">"},
	} {
		leg := testCall.Sub(i + 1)
		r.do(hotline.Dial{Call: testCall, Leg: leg, Agent: "8001"})
		inv := a.want("INVITE")
		a.reply(inv, c.code, "a", "", "Contact: "+c.contact)
		a.want("ACK")
		if f := want(r, func(s hotline.Failed) bool { return s.Leg == leg }); f.Code != c.code || f.Cause != hotline.CauseRejected {
			t.Errorf("%s: %+v", c.contact, f)
		}
	}
	a.none("INVITE", 50*time.Millisecond)
	r.idle(time.Second)
}

// TestRedirectToAnAgentWhoTakesNone: the call was refused, and the phone it was sent on to stays quiet.
func TestRedirectToAnAgentWhoTakesNone(t *testing.T) {
	asked := make(chan [2]hotline.AgentID, 1)
	r := newRig(t, func(c *Config) {
		c.Forward = func(from, to hotline.AgentID) bool {
			asked <- [2]hotline.AgentID{from, to}
			return false
		}
	})
	a, b, inv := twoAgents(t, r)
	a.reply(inv, 302, "a", "", "Contact: <sip:8002@"+testDomain+">")
	a.want("ACK")
	if f := want[hotline.Failed](r, nil); f.Code != 302 || f.Cause != hotline.CauseRejected {
		t.Errorf("%+v", f)
	}
	if who := <-asked; who != [2]hotline.AgentID{"8001", "8002"} {
		t.Errorf("asked for %v", who)
	}
	b.none("INVITE", 50*time.Millisecond)
	r.idle(time.Second)
}

// TestRedirectLoop: two phones that send a call on to each other, and one that names ever more: it ends.
func TestRedirectLoop(t *testing.T) {
	r := newRig(t, nil)
	a, b, inv := twoAgents(t, r)
	for n := 0; ; n++ {
		if n > 2*maxRedirects {
			t.Fatal("for ever")
		}
		a.reply(inv, 302, fmt.Sprint("a", n), "", "Contact: <sip:8002@"+testDomain+">")
		a.want("ACK")
		next := b.wait("INVITE", 200*time.Millisecond)
		if next == nil {
			break
		}
		b.reply(next, 302, fmt.Sprint("b", n), "", "Contact: <sip:8001@"+testDomain+">")
		b.want("ACK")
		if inv = a.wait("INVITE", 200*time.Millisecond); inv == nil {
			break
		}
	}
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseRejected {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}

// TestRedirectByTrunk: a trunk may send a call on to another place of its own, and to another number only if it is trusted.
func TestRedirectByTrunk(t *testing.T) {
	for _, c := range []struct {
		trusted  bool
		user     string
		outside  bool
		followed bool
	}{
		{false, "13900000000", false, true},
		{false, "13700000000", false, false},
		{true, "13700000000", false, true},
		{true, "13900000000", true, false},
	} {
		first, second := newPhone(t, netip.AddrPort{}), newPhone(t, netip.AddrPort{})
		r := newRig(t, func(cfg *Config) {
			cfg.Trunks = []wire.Trunk{{
				Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(first.addr()))}, Trusted: c.trusted, MaxCalls: 1,
				Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			}}
		})
		first.engine, second.engine = r.addr, r.addr
		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13900000000", Trunk: "out"})
		inv := first.want("INVITE")
		to := second.addr()
		if c.outside {
			to = "203.0.113.9:5060"
		}
		first.reply(inv, 302, "a", "", "Contact: <sip:"+c.user+"@"+to+">")
		first.want("ACK")
		if c.followed {
			next := second.want("INVITE")
			if !strings.HasPrefix(next.start, "INVITE sip:"+c.user+"@"+second.addr()) {
				t.Error(next.start)
			}
			second.reply(next, 486, "b", "")
			second.want("ACK")
		}
		f := want[hotline.Failed](r, nil)
		if (f.Code == 486) != c.followed {
			t.Errorf("%+v: %+v", c, f)
		}
		r.idle(time.Second)
	}
}

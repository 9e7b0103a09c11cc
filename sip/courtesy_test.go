package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// TestMethodsNotServed: what we do not do is refused with the answer that makes phones stop asking.
func TestMethodsNotServed(t *testing.T) {
	r := newRig(t, nil)
	l, _, _ := r.inbound()
	for _, inside := range []bool{true, false} {
		if !inside {
			l = l.p.dialler("8001")
		}
		for _, c := range []struct{ method, extra, code, header, value string }{
			{"MESSAGE", "", "405", "allow", wire.Allow},
			{"SUBSCRIBE", "Event: message-summary\r\n", "489", "allow-events", "refer"}, // RFC 6665 §7.4
			{"PUBLISH", "Event: presence\r\n", "489", "allow-events", "refer"},          // RFC 3903 §6
			{"LEVITATE", "", "501", "allow", wire.Allow},
		} {
			l.extra = c.extra
			l.ask(c.method, "")
			if res := l.p.want(c.code + " " + c.method); res.get(c.header) != c.value {
				t.Errorf("%s inside %v: %v", c.method, inside, res.heads)
			}
		}
		l.extra = ""
	}
}

// TestInfoPackage: a package that nobody agreed to is refused as such; keys without one are taken (RFC 6086 §4.2.2, §10.10).
func TestInfoPackage(t *testing.T) {
	r := newRig(t, nil)
	l, _, _ := r.inbound()
	l.extra = "Info-Package: weather\r\n"
	l.ask("INFO", "v=0")
	res := l.p.want("469 INFO")
	if v := res.all("recv-info"); len(v) != 1 || v[0] != "" {
		t.Errorf("%q", v)
	}
	l.extra = ""
	l.seq++
	l.p.send(l.request("INFO", l.seq, "z9hG4bK"+word(), "Signal=4\r\n", "application/dtmf-relay"))
	l.p.want("200 INFO")
	if d := want[hotline.Digit](r, nil); d.Key != '4' {
		t.Errorf("%+v", d)
	}
}

// TestWhatWeSayOfUs: Allow, Supported and the rest are the same wherever they stand, and no version is told.
func TestWhatWeSayOfUs(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("8001")
	l.ask("OPTIONS", "")
	outside := p.want("200 OPTIONS")
	call, in, ok := r.inbound()
	call.ask("OPTIONS", "")
	inside := call.p.want("200 OPTIONS")
	for _, name := range []string{"allow", "supported", "accept", "accept-encoding", "accept-language", "allow-events", "server"} {
		if outside.get(name) == "" || inside.get(name) != outside.get(name) {
			t.Errorf("%s: %q outside, %q inside", name, outside.get(name), inside.get(name))
		}
	}
	agent, inv := r.dialAgent("c2", "c2-1", nil)
	for _, name := range []string{"allow", "supported"} {
		if inv.get(name) != outside.get(name) || ok.get(name) != outside.get(name) {
			t.Errorf("%s: %q in INVITE, %q in 200, %q in OPTIONS", name, inv.get(name), ok.get(name), outside.get(name))
		}
	}
	if inv.get("user-agent") != wire.Product || ok.get("server") != wire.Product || strings.ContainsAny(wire.Product, "/0123456789") {
		t.Errorf("%q, %q", inv.get("user-agent"), ok.get("server"))
	}
	agent.reply(inv, 486, "a", "")
	agent.want("ACK")
	r.do(hotline.Hangup{Leg: in.Leg})
	call.p.reply(call.p.want("BYE"), 200, "", "")
}

// TestCancelledElsewhere: a caller whose CANCEL says that somebody else answered has not given up (RFC 3326 §3.1).
func TestCancelledElsewhere(t *testing.T) {
	r := newRig(t, nil)
	for reason, cause := range map[string]hotline.Cause{
		"SIP;cause=200;text=\"Call completed elsewhere\"": hotline.CauseElsewhere,
		"Q.850;cause=26":                     hotline.CauseElsewhere,
		"Q.850;cause=16;text=\"Terminated\"": hotline.CauseCancelled,
		"SIP;cause=486":                      hotline.CauseCancelled,
	} {
		l, in := r.ringing("", "own")
		r.do(hotline.Ring{Leg: in.Leg})
		l.p.want("180 INVITE")
		l.extra = "Reason: " + reason + "\r\n"
		l.cancel()
		l.ackRefusal(l.p.want("487 INVITE"))
		if end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); end.Cause != cause {
			t.Errorf("%s: %+v", reason, end)
		}
	}
	r.idle(time.Second)
}

// TestCarrierTellsWhy: the cause of the network behind a carrier says more than the status it was put into (RFC 6432).
func TestCarrierTellsWhy(t *testing.T) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}}}
	})
	carrier.engine = r.addr
	for i, c := range []struct {
		code   int
		reason string
		want   hotline.Cause
	}{
		{500, "Q.850;cause=1;text=\"Unallocated number\"", hotline.CauseNotFound},
		{480, "Q.850 ;cause=17", hotline.CauseBusy},
		{480, "SIP;cause=480, Q.850;cause=20", hotline.CauseUnreachable},
		{486, "Q.850;cause=16", hotline.CauseBusy},
		{500, "Q.850;cause=34", hotline.CauseUnreachable},
		{404, "X;y", hotline.CauseNotFound},
	} {
		leg := testCall.Sub(i + 1)
		r.do(hotline.Dial{Call: testCall, Leg: leg, To: "139", Trunk: "out"})
		inv := carrier.want("INVITE")
		carrier.reply(inv, c.code, "a", "", "Reason: "+c.reason)
		carrier.want("ACK")
		if f := want(r, func(s hotline.Failed) bool { return s.Leg == leg }); f.Cause != c.want || f.Code != c.code {
			t.Errorf("%d %s: %+v", c.code, c.reason, f)
		}
	}
	r.idle(time.Second)
}

// TestTooManyHops: a call that has gone in circles is not taken (RFC 3261 §8.1.1.6), whoever sends it; inside a dialog it does not
// matter.
func TestTooManyHops(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.seq, l.branch = l.seq+1, "z9hG4bK"+word()
	p.send(strings.Replace(l.request("INVITE", l.seq, l.branch, p.sdp(1), "application/sdp"), "Max-Forwards: 70", "Max-Forwards: 0", 1))
	l.ackRefusal(p.want("483 INVITE"))
	if n := r.count(func(hotline.Signal) bool { return true }); n != 0 {
		t.Errorf("%d signals", n)
	}
	call, _, _ := r.inbound()
	call.seq++
	call.p.send(strings.Replace(call.request("BYE", call.seq, "z9hG4bK"+word(), "", ""), "Max-Forwards: 70", "Max-Forwards: 0", 1))
	call.p.want("200 BYE")
}

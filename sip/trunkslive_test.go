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

// TestTrunksChangeWhileCallsAreUp: a call that is up goes on over the trunk that it began with, whatever becomes of it; the next one goes by the
// new one, and both count against its limit.
func TestTrunksChangeWhileCallsAreUp(t *testing.T) {
	var at []wire.Server
	r, ps := carriers(t, 2, func(all []wire.Server) []wire.Trunk {
		at = all
		return []wire.Trunk{{Name: "out", Servers: all[:1], MaxCalls: 1}, {Name: "same", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}}
	}, nil)
	a, b := ps[0], ps[1]
	set := func(want string, next ...wire.Trunk) {
		t.Helper()
		c, err := r.sw.SetTrunks(t.Context(), next)
		if got := fmt.Sprint(c.Added, c.Changed, c.Removed); got != want || err != nil {
			t.Fatalf("%s %v, want %s", got, err, want)
		}
	}
	dial := func(leg hotline.LegID, p *phone) {
		t.Helper()
		r.do(hotline.Dial{Call: testCall, Leg: leg, To: "1", Trunk: "out"})
		p.reply(p.want("INVITE"), 200, string(leg), p.sdp(1))
		want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
		p.want("ACK")
	}
	dial(testLeg, a)
	same := wire.Trunk{Name: "same", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	kept := r.sw.wire.TrunkNamed("same")
	set("[] [] []", wire.Trunk{Name: "out", Servers: at[:1], MaxCalls: 1}, same)
	set("[more] [out] []", same, wire.Trunk{Name: "out", Servers: at[1:], MaxCalls: 2}, wire.Trunk{Name: "more"})
	if r.sw.wire.TrunkNamed("same") != kept {
		t.Error("what has not changed is another")
	}
	dial("c1-2", b)
	r.do(hotline.Dial{Call: testCall, Leg: "c1-3", To: "1", Trunk: "out"})
	failed := func(leg hotline.LegID, why hotline.Cause) {
		t.Helper()
		if f := want(r, func(f hotline.Failed) bool { return f.Leg == leg }); f.Cause != why {
			t.Errorf("%+v, want %s", f, why)
		}
	}
	failed("c1-3", hotline.CauseOverload) // a third of two
	if _, err := r.sw.SetTrunks(t.Context(), []wire.Trunk{{Name: "x", MaxCPS: -1}, {Name: "x"}}); err == nil || strings.Count(err.Error(), "trunk") != 2 {
		t.Errorf("nonsense is taken: %v", err)
	}
	set("[] [] [out more]", same)
	r.do(hotline.Dial{Call: testCall, Leg: "c1-4", To: "1", Trunk: "out"})
	failed("c1-4", hotline.CauseUnreachable)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	r.do(hotline.Hangup{Leg: "c1-2", Cause: hotline.CauseHangup})
	a.reply(a.want("BYE"), 200, "", "")
	b.reply(b.want("BYE"), 200, "", "")
	r.idle(2 * time.Second)
}

// TestCallInWhenItsTrunkGoes: the customer's call is held, taken back and hung up by its carrier as ever, though that is no trunk any more; its next call
// is a stranger's.
func TestCallInWhenItsTrunkGoes(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	if n := r.sw.TrunkCalls("carrier"); n != 1 {
		t.Errorf("%d calls", n)
	}
	c, err := r.sw.SetTrunks(t.Context(), nil)
	if err != nil || fmt.Sprint(c) != "{[] [] [carrier] 1}" {
		t.Fatalf("%+v %v", c, err)
	}
	if n := r.sw.TrunkCalls("carrier"); n != 0 {
		t.Errorf("%d calls of a trunk that is none", n)
	}
	l.reinvite(l.p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.Leg == in.Leg && s.On })
	l.reinvite(l.p.sdp(3))
	stranger := l.p.dialler("95500")
	stranger.ask("INVITE", l.p.sdp(1))
	l.p.want("401 INVITE")
	l.ask("BYE", "")
	l.p.want("200 BYE")
	if e := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); e.Cause != hotline.CauseHangup {
		t.Errorf("%+v", e)
	}
}

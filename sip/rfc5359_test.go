package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// TestRFC5359 plays the services of RFC 5359 that concern a contact centre's engine. Transfers (§2.4, §2.5) are in TestReferBlind and
// TestReferReplaces.
func TestRFC5359(t *testing.T) {
	for name, flow := range map[string]func(*testing.T, *rig){
		"2.1 call hold":                     callHold,
		"2.2 consultation hold":             consultationHold,
		"2.3 music on hold":                 musicOnHold,
		"2.7 call forwarding unconditional": func(t *testing.T, r *rig) { callForwarding(t, r, false, 302) },
		"2.8 call forwarding on busy":       func(t *testing.T, r *rig) { forwardedOnBusy(t, r) },
		"2.9 call forwarding on no answer":  func(t *testing.T, r *rig) { callForwarding(t, r, true, 302) },
		"2.12 find-me":                      findMe,
		"2.14 incoming call screening":      incomingScreening,
		"2.15 outgoing call screening":      outgoingScreening,
		"2.19 click to dial":                clickToDial,
	} {
		t.Run(name, func(t *testing.T) { flow(t, newRig(t, nil)) })
	}
}

// pairedWithAgent joins a caller with an agent's phone.
func (r *rig) pairedWithAgent() (customer *line, in hotline.Incoming, agent *line) {
	r.t.Helper()
	customer, in, _ = r.inbound()
	p, inv := r.dialAgent(in.Call, in.Call.Sub(1), nil)
	p.reply(inv, 180, "a", "")
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Call.Sub(1) })
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	return customer, in, p.called(inv, "a")
}

func (r *rig) hangUpBoth(in hotline.Incoming, customer, agent *line) {
	r.t.Helper()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	r.do(hotline.Hangup{Leg: in.Call.Sub(1), Cause: hotline.CauseHangup})
	customer.p.reply(customer.p.want("BYE"), 200, "", "")
	agent.p.reply(agent.p.want("BYE"), 200, "", "")
	r.idle(2 * time.Second)
}

func callHold(t *testing.T, r *rig) {
	customer, in, agent := r.pairedWithAgent()
	for i, c := range []struct {
		sdp, answered string
		on            bool
	}{
		{agent.p.sdp(2, "a=sendonly"), "recvonly", true},
		{agent.p.sdp(3), "sendrecv", false},
		{agent.p.sdp(4, "a=inactive"), "inactive", true},
		{agent.p.sdp(5), "sendrecv", false},
	} {
		if res := agent.reinvite(c.sdp); dirOf(res.body) != c.answered {
			t.Errorf("%d: %s", i, dirOf(res.body))
		}
		want(r, func(s hotline.HoldAsked) bool { return s.Leg == in.Call.Sub(1) && s.On == c.on && r.holds() == i+1 })
	}
	customer.p.none("INVITE", 30*time.Millisecond) // the other side's dialog is its own
	r.hangUpBoth(in, customer, agent)
}

// consultationHold: the agent holds, calls another agent from the same phone, comes back.
func consultationHold(t *testing.T, r *rig) {
	customer, in, agent := r.pairedWithAgent()
	agent.reinvite(agent.p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	third := newPhone(t, r.addr)
	third.register("8002")
	r.do(hotline.Dial{Call: in.Call, Leg: in.Call.Sub(2), Agent: "8002"})
	inv := third.want("INVITE")
	third.reply(inv, 200, "c", third.sdp(1))
	third.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Call.Sub(2) })
	third.called(inv, "c").ask("BYE", "")
	third.want("200 BYE")
	want(r, func(s hotline.Ended) bool { return s.Leg == in.Call.Sub(2) })
	agent.reinvite(agent.p.sdp(3))
	want(r, func(s hotline.HoldAsked) bool { return !s.On })
	r.hangUpBoth(in, customer, agent)
}

// musicOnHold: whom a phone holds hears music from the engine.
func musicOnHold(t *testing.T, r *rig) {
	customer, in, agent := r.pairedWithAgent()
	agent.reinvite(agent.p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	r.do(hotline.Play{Leg: in.Leg, Play: "music", Prompts: []string{"tone:busy"}, Loop: true})
	if !customer.p.hears(300) {
		t.Error("no music")
	}
	r.do(hotline.Stop{Leg: in.Leg, Play: "music"})
	agent.reinvite(agent.p.sdp(3))
	r.hangUpBoth(in, customer, agent)
}

func callForwarding(t *testing.T, r *rig, rings bool, code int) {
	a, b, inv := twoAgents(t, r)
	reason := "unconditional"
	if rings {
		reason = "deflection"
		a.reply(inv, 180, "a", "")
		want[hotline.Ringing](r, nil)
	}
	a.reply(inv, code, "a", "", "Contact: <sip:8002@"+testDomain+">")
	a.want("ACK")
	next := b.want("INVITE")
	if !strings.Contains(next.get("diversion"), "reason="+reason) {
		t.Error(next.get("diversion"))
	}
	b.reply(next, 200, "b", b.sdp(1))
	b.want("ACK")
	want[hotline.PickedUp](r, nil)
	b.called(next, "b").ask("BYE", "")
	b.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)
}

// forwardedOnBusy: a phone that says busy is not asked again; whom to call instead is the engine's to say.
func forwardedOnBusy(t *testing.T, r *rig) {
	a, b, inv := twoAgents(t, r)
	a.reply(inv, 486, "a", "")
	a.want("ACK")
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseBusy {
		t.Errorf("%+v", f)
	}
	r.do(hotline.Dial{Call: testCall, Leg: testCall.Sub(2), Agent: "8002"})
	next := b.want("INVITE")
	b.reply(next, 200, "b", b.sdp(1))
	b.want("ACK")
	want[hotline.PickedUp](r, nil)
	b.called(next, "b").ask("BYE", "")
	b.want("200 BYE")
	r.finishes(testCall.Sub(2), hotline.CauseHangup)
}

// findMe: all phones of an agent ring at once, the first to answer has the call.
func findMe(t *testing.T, r *rig) {
	a, b := newPhone(t, r.addr), newPhone(t, r.addr)
	a.register("8001")
	b.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	ia, ib := a.want("INVITE"), b.want("INVITE")
	a.reply(ia, 180, "a", "")
	b.reply(ib, 180, "b", "")
	b.reply(ib, 200, "b", b.sdp(1))
	b.want("ACK")
	cancel := a.want("CANCEL")
	if !strings.Contains(cancel.get("reason"), "cause=200") {
		t.Error(cancel.get("reason"))
	}
	a.reply(cancel, 200, "a", "")
	a.reply(ia, 487, "a", "")
	a.want("ACK")
	b.called(ib, "b").ask("BYE", "")
	b.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)
}

// incomingScreening: a caller the centre does not want is turned away.
func incomingScreening(t *testing.T, r *rig) {
	l, in := r.ringing("", "own")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseRejected})
	l.ackRefusal(l.p.want("403 INVITE"))
	r.finishes(in.Leg, hotline.CauseRejected)
}

// outgoingScreening: nobody dials by us who is not known.
func outgoingScreening(t *testing.T, _ *rig) {
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}}
	})
	p := newPhone(t, r.addr)
	l := p.dialler("13800000000")
	l.ask("INVITE", p.sdp(1))
	l.ackRefusal(p.want("401 INVITE"))
	if n := r.count(func(hotline.Signal) bool { return true }); n != 0 {
		t.Errorf("%d signals", n)
	}
}

// clickToDial: the agent's phone rings first, then the customer's, then they are joined; REFER is not needed.
func clickToDial(t *testing.T, _ *rig) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}}}
	})
	carrier.engine = r.addr
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Dial{Call: testCall, Leg: testCall.Sub(2), To: "13800000000", Trunk: "out"})
	out := carrier.want("INVITE")
	carrier.reply(out, 180, "c", "")
	carrier.reply(out, 200, "c", carrier.sdp(1))
	carrier.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == testCall.Sub(2) })
	r.do(hotline.Pair(testCall, testLeg, testCall.Sub(2), 0))
	carrier.speak(out.body, 0x55, 20)
	if !p.hears(300) {
		t.Error("the agent hears nothing")
	}
	for _, leg := range []hotline.LegID{testLeg, testCall.Sub(2)} {
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
	}
	p.reply(p.want("BYE"), 200, "", "")
	carrier.reply(carrier.want("BYE"), 200, "", "")
	r.idle(2 * time.Second)
}

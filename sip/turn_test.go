package sip

import (
	"testing"
	"time"

	"hotline"
)

// TestNextCallWaitsForTheBye: the INVITE for an agent's next caller does not overtake what ends the call before, whichever mailbox is
// quicker: a phone that is still in a call says 486, and its agent would be taken for one who does not answer.
func TestNextCallWaitsForTheBye(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.register("8001")
	for i, c := range []struct {
		up, hungUpFirst bool
		end             string
	}{{true, true, "BYE"}, {true, false, "BYE"}, {false, true, "CANCEL"}, {false, false, "CANCEL"}} {
		first, second := testCall.Sub(10*i+1), testCall.Sub(10*i+2)
		r.do(hotline.Dial{Call: testCall, Leg: first, Agent: "8001"})
		inv := p.want("INVITE")
		p.reply(inv, 180, "a", "")
		if c.up {
			p.reply(inv, 200, "a", p.sdp(1))
			p.want("ACK")
		}
		next := hotline.Dial{Call: "c2", Leg: second, Agent: "8001"}
		if c.hungUpFirst {
			r.do(hotline.Hangup{Leg: first, Cause: hotline.CauseHangup})
			r.do(next)
		} else {
			r.do(next)
			r.do(hotline.Hangup{Leg: first, Cause: hotline.CauseHangup})
		}
		end := p.want(c.end)
		p.none("INVITE", 50*time.Millisecond)
		if p.reply(end, 200, "", ""); !c.up {
			p.reply(inv, 487, "a", "")
			p.want("ACK")
		}
		inv = p.want("INVITE")
		r.do(hotline.Hangup{Leg: second, Cause: hotline.CauseCancelled})
		p.reply(inv, 486, "b", "")
		p.want("ACK")
	}
	r.idle(time.Second)
	if n := len(r.sw.desks); n != 0 {
		t.Errorf("%d agents are remembered", n)
	}
}

// TestNextCallWaitsNotForEver: a phone that does not let go of its call, or has two of them, is called after half a second.
func TestNextCallWaitsNotForEver(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 180, "a", "")
	began := time.Now()
	for _, leg := range []hotline.LegID{"c2-1", "c3-1"} {
		r.do(hotline.Dial{Call: hotline.CallID(leg[:2]), Leg: leg, Agent: "8001"})
	}
	for range 2 {
		p.reply(p.want("INVITE"), 486, "b", "")
	}
	if d := time.Since(began); d < phoneRest {
		t.Errorf("called after %v", d)
	}
	for range 2 {
		if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseBusy {
			t.Errorf("%+v", f)
		}
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseCancelled})
	p.reply(p.want("CANCEL"), 200, "a", "")
	p.reply(inv, 487, "a", "")
	r.idle(time.Second)
}

// TestNextCallHungUp: who waits for the phone and gives up is never called; the one behind comes next.
func TestNextCallHungUp(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 180, "a", "")
	r.do(hotline.Dial{Call: "c2", Leg: "c2-1", Agent: "8001"})
	r.do(hotline.Dial{Call: "c3", Leg: "c3-1", Agent: "8001", From: hotline.Party{Number: "13900139000"}})
	r.do(hotline.Hangup{Leg: "c2-1", Cause: hotline.CauseCancelled})
	if f := want(r, func(f hotline.Failed) bool { return f.Leg == "c2-1" }); f.Cause != hotline.CauseCancelled {
		t.Errorf("%+v", f)
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseCancelled})
	p.reply(p.want("CANCEL"), 200, "a", "")
	p.reply(inv, 487, "a", "")
	third := p.want("INVITE")
	p.reply(third, 486, "b", "")
	if f := want(r, func(f hotline.Failed) bool { return f.Leg == "c3-1" }); f.Cause != hotline.CauseBusy {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}

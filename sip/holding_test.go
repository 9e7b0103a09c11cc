package sip

import (
	"testing"
	"time"

	"hotline"
)

// heldBy has the phone that the engine has dialled hold us.
func heldBy(t *testing.T, r *rig) (*phone, *line) {
	t.Helper()
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 200, "a", p.sdp(1)) // knows no session timers
	p.want("ACK")
	want[hotline.PickedUp](r, nil)
	l := p.called(inv, "a")
	l.reinvite(p.sdp(2, "a=inactive"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	return p, l
}

// TestHeldByTheDead: a phone that holds us may send nothing; whether it is there is asked each minute while it does. One that says that it
// knows no such dialog, or nothing, is gone: the customer need not hear music for ever (reliability.md §4, 56).
func TestHeldByTheDead(t *testing.T) {
	gone := func(t *testing.T, r *rig, p *phone) {
		t.Helper()
		bye := p.wait("BYE", 40*time.Second)
		if bye == nil {
			t.Fatal("no BYE")
		}
		p.reply(bye, 200, "", "")
		if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseMediaLost {
			t.Errorf("%+v", end)
		}
		r.idle(5 * time.Second)
	}
	t.Run("forgotten", func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.second, c.SessionExpires = 4*time.Millisecond, -1 }) // a minute is 240 ms
		p, l := heldBy(t, r)
		began := time.Now()
		for range 2 {
			ask := p.want("OPTIONS")
			if d := ask.at.Sub(began); d < 200*time.Millisecond || tagIn(ask.get("to")) != "a" {
				t.Errorf("asked after %v: %+v", d, ask.heads)
			}
			began = time.Now()
			p.reply(ask, 405, "", "") // any answer will do
		}
		l.reinvite(p.sdp(3)) // it takes us back
		want(r, func(s hotline.HoldAsked) bool { return !s.On })
		p.none("OPTIONS", 600*time.Millisecond)
		l.reinvite(p.sdp(4, "a=sendonly"))
		p.reply(p.want("OPTIONS"), 481, "", "")
		gone(t, r, p)
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel() // for 64*T1
		r := newRig(t, func(c *Config) { c.second, c.SessionExpires = time.Millisecond, -1 })
		p, _ := heldBy(t, r)
		p.want("OPTIONS")
		gone(t, r, p)
	})
	t.Run("trunk", func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.second, c.SessionExpires = 500*time.Microsecond, -1 }) // half an hour is 900 ms
		l, in, _ := r.inbound()
		l.reinvite(l.p.sdp(2, "a=inactive"))
		want(r, func(s hotline.HoldAsked) bool { return s.On })
		l.p.none("OPTIONS", 500*time.Millisecond)
		l.p.reply(l.p.want("OPTIONS"), 200, "", "")
		l.p.none("BYE", 300*time.Millisecond)
		if !r.sw.Alive(in.Leg) {
			t.Error("the call is over")
		}
		l.ask("BYE", "")
		l.p.want("200 BYE")
	})
}

package sip

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// TestTrunkCouldNot: 500, 502 and 504 of a trunk before anything rang are of its network: the call goes on at once to the next server and the
// next trunk, and the server is blamed for nothing. What speaks of the called, or comes after it rang, is the answer.
func TestTrunkCouldNot(t *testing.T) {
	for _, c := range []struct {
		first, code int
		reason      string
		on          bool
		cause       hotline.Cause // where it does not go on
	}{
		{0, 500, "", true, ""},
		{0, 502, "", true, ""},
		{0, 504, "", true, ""},
		{100, 500, "", true, ""},
		{0, 500, "Reason: Q.850;cause=41", true, ""}, // temporary failure of a network
		{0, 502, "Reason: Q.850;cause=38, SIP;cause=502", true, ""},
		{0, 500, "Reason: Q.850;cause=17", false, hotline.CauseBusy},
		{0, 502, "Reason: Q.850;cause=1", false, hotline.CauseNotFound},
		{0, 504, "Reason: Q.850;cause=21", false, hotline.CauseRejected},
		{180, 500, "", false, hotline.CauseError},
		{183, 502, "", false, hotline.CauseUnreachable},
		{0, 501, "", false, hotline.CauseError},
		{0, 505, "", false, hotline.CauseError},
		{0, 513, "", false, hotline.CauseError},
		{0, 403, "", false, hotline.CauseRejected},
		{0, 404, "", false, hotline.CauseNotFound},
		{0, 480, "", false, hotline.CauseNoAnswer},
		{0, 484, "", false, hotline.CauseNotFound},
		{0, 486, "", false, hotline.CauseBusy},
		{0, 488, "", false, hotline.CauseNoCodec},
		{0, 600, "", false, hotline.CauseBusy},
		{0, 603, "", false, hotline.CauseRejected},
		{0, 604, "", false, hotline.CauseNotFound},
	} {
		t.Run(fmt.Sprint(c.first, "-", c.code, c.reason), func(t *testing.T) {
			r, ps := carriers(t, 2, oneTrunk, nil)
			a, b := ps[0], ps[1]
			r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
			inv := a.want("INVITE")
			if c.first != 0 {
				a.reply(inv, c.first, "a", "")
			}
			if c.reason != "" {
				a.reply(inv, c.code, "a", "", c.reason)
			} else {
				a.reply(inv, c.code, "a", "")
			}
			a.want("ACK")
			if !c.on {
				if f := want[hotline.Failed](r, nil); f.Code != c.code || f.Cause != c.cause {
					t.Errorf("%+v", f)
				}
				b.none("INVITE", 50*time.Millisecond)
				return
			}
			second := b.want("INVITE")
			if second.at.Sub(inv.at) > 150*time.Millisecond || second.get("call-id") != inv.get("call-id") || second.seq() <= inv.seq() {
				t.Errorf("%+v", second)
			}
			if s := r.sw.Trunks()[0].Servers[0]; !s.Up || !s.Rests.IsZero() {
				t.Errorf("the server is blamed: %+v", s)
			}
			if n := r.sw.cfg.Metrics.TrunkFailovers.Load(); n != 1 {
				t.Errorf("%d failovers", n)
			}
			b.reply(second, 404, "b", "") // what speaks of the called counts
			b.want("ACK")
			if f := want[hotline.Failed](r, nil); f.Code != 404 {
				t.Errorf("%+v", f)
			}
			r.idle(time.Second)
		})
	}
}

// TestEveryTrunkCouldNot: the call goes by each trunk once, and fails with the first answer; an agent's phone that says 500 is not called again.
func TestEveryTrunkCouldNot(t *testing.T) {
	r, ps := carriers(t, 3, func(at []wire.Server) []wire.Trunk {
		return []wire.Trunk{{Name: "a", Servers: at[:2], MaxCalls: 1}, {Name: "z", Servers: at[2:]}}
	}, nil)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	for i, code := range []int{502, 500, 504} {
		inv := ps[i].want("INVITE")
		ps[i].reply(inv, code, "x", "")
		ps[i].want("ACK")
	}
	if f := want[hotline.Failed](r, nil); f.Code != 502 || f.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", f)
	}
	for _, p := range ps {
		p.none("INVITE", 30*time.Millisecond)
	}
	r.idle(time.Second)
	p, inv := r.dialAgent("c2", "c2-1", nil)
	p.reply(inv, 500, "x", "")
	p.want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == "c2-1" && f.Code == 500 })
	p.none("INVITE", 30*time.Millisecond)
}

package sip

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"hotline"
)

// TestLateAnswers: half a minute goes by in which a 2xx may come again after the call; it is acknowledged, another phone's is ended, and
// the leg has left memory all the same.
func TestLateAnswers(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	l := weak.Make(r.sw.leg(testLeg))
	p.reply(inv, 180, "a", "")
	p.reply(inv, 200, "a", p.sdp(1))
	ack := p.want("ACK")
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")
	want[hotline.Ended](r, nil)
	gone(t, l)

	p.reply(inv, 200, "a", p.sdp(1))
	if again := p.want("ACK"); again.get("via") != ack.get("via") || tagIn(again.get("to")) != "a" {
		t.Errorf("the ACK sent again is %+v, was %+v", again, ack)
	}
	p.reply(inv, 200, "b", p.sdp(1))
	if other := p.want("ACK"); tagIn(other.get("to")) != "b" {
		t.Errorf("ACK %+v", other)
	}
	bye := p.want("BYE")
	if tagIn(bye.get("to")) != "b" || bye.get("reason") == "" {
		t.Errorf("BYE %+v", bye)
	}
	p.reply(inv, 200, "b", p.sdp(1))
	p.want("ACK")
	p.reply(bye, 200, "", "")
	p.none("BYE", 50*time.Millisecond)
	r.idle(time.Second)
}

// TestCallerLeavesMemory: what absorbs the repetitions of a caller's INVITE and BYE is not the leg.
func TestCallerLeavesMemory(t *testing.T) {
	r := newRig(t, nil)
	c, in, _ := r.inbound()
	l := weak.Make(r.sw.leg(in.Leg))
	c.ask("BYE", "")
	c.p.want("200 BYE")
	want[hotline.Ended](r, nil)
	gone(t, l)
}

func gone(t *testing.T, l weak.Pointer[leg]) {
	t.Helper()
	for range 100 {
		if runtime.GC(); l.Value() == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the leg is still in memory")
}

package sip

import (
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestRFC5407 plays the race conditions of RFC 5407 §3.1–3.3, thirteen flows; the engine is the one at whom the message arrives in the
// state of the title.
func TestRFC5407(t *testing.T) {
	for name, flow := range map[string]func(*testing.T, *rig){
		"3.1.1 INVITE retransmission while in moratorium":     inviteAgainInMoratorium,
		"3.1.2 CANCEL while in moratorium":                    cancelInMoratorium,
		"3.1.3 BYE of the early dialog while in moratorium":   earlyByeInMoratorium,
		"3.1.4 re-INVITE while in moratorium, offer answered": reinviteInMoratorium,
		"3.1.5 re-INVITE while in moratorium, offer open":     reinviteInMoratoriumOpen,
		"3.1.6 BYE while in moratorium":                       byeInMoratorium,
		"3.2.1 BYE while mortal":                              byeWhileMortal,
		"3.2.2 re-INVITE while mortal":                        reinviteWhileMortal,
		"3.2.3 200 to a re-INVITE while mortal":               okWhileMortal,
		"3.2.4 ACK of the moratorium while mortal":            ackWhileMortal,
		"3.3.1 re-INVITE crossover":                           reinvitesCross,
		"3.3.2 UPDATE and re-INVITE crossover":                updateCrosses,
		"3.3.3 REFER while mortal":                            referWhileMortal,
	} {
		t.Run(name, func(t *testing.T) { flow(t, newRig(t, nil)) })
	}
}

// moratorium answers a call whose ACK has not come: the 200 is out.
func (r *rig) moratorium(sdp string) (*line, hotline.Incoming, *sipMsg) {
	r.t.Helper()
	l, in := r.ringing("", sdp)
	r.do(hotline.Ring{Leg: in.Leg})
	l.p.want("180 INVITE")
	r.do(hotline.Answer{Leg: in.Leg})
	return l, in, l.p.want("200 INVITE")
}

// finishes sees the leg end for the cause, and everything forgotten.
func (r *rig) finishes(leg hotline.LegID, cause hotline.Cause) {
	r.t.Helper()
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == leg }); end.Cause != cause {
		r.t.Errorf("%+v, want %s", end, cause)
	}
	r.idle(2 * time.Second)
}

func inviteAgainInMoratorium(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	l.p.send(l.request("INVITE", l.seq, l.branch, l.p.sdp(1), "application/sdp"))
	again := l.p.want("200 INVITE")
	if tagIn(again.get("to")) != tagIn(res.get("to")) || again.body != res.body {
		t.Error("another answer")
	}
	l.made(res).ack("")
	want[hotline.PickedUp](r, nil)
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.Incoming); return ok }); n != 1 {
		t.Errorf("%d calls", n)
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func cancelInMoratorium(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	l.cancel()
	l.p.want("200 CANCEL")
	l.p.none("487 INVITE", 30*time.Millisecond)
	l.made(res).ack("")
	want[hotline.PickedUp](r, nil) // the CANCEL had no effect: the caller hangs up
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func earlyByeInMoratorium(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	invite := l.seq
	l.made(res).ask("BYE", "")
	l.p.want("200 BYE")
	l.ackOf(invite, "") // of the 200 that crossed: for nothing any more
	l.p.none("200 INVITE", 120*time.Millisecond)
	r.finishes(in.Leg, hotline.CauseHangup)
}

func reinviteInMoratorium(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	l.made(res) // the ACK is lost
	l.ask("INVITE", l.p.sdp(2, "a=sendonly"))
	for { // copies of the first 200 may come before
		m := l.p.want("200 INVITE")
		if m.seq() == l.seq {
			if dirOf(m.body) != "recvonly" {
				t.Error(m.body)
			}
			break
		}
	}
	l.ack("")
	want[hotline.PickedUp](r, nil)
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	l.p.none("200 INVITE", 200*time.Millisecond)
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func reinviteInMoratoriumOpen(t *testing.T, r *rig) {
	l, in, res := r.moratorium("")
	invite, branch := l.seq, l.branch
	l.made(res)
	l.ask("INVITE", l.p.sdp(2))
	for refused := false; !refused; { // copies of the 200 come between
		select {
		case m := <-l.p.in:
			if m.is("491 INVITE") { // the offer in the 200 has no answer yet
				l.ackRefusal(m)
				refused = true
			}
		case <-time.After(5 * time.Second):
			t.Fatal("not refused")
		}
	}
	l.branch = branch
	l.ackOf(invite, l.p.sdp(1))
	want[hotline.PickedUp](r, nil)
	l.reinvite(l.p.sdp(2))
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func byeInMoratorium(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	l.made(res).ask("BYE", "") // the ACK was lost
	l.p.want("200 BYE")
	l.p.none("200 INVITE", 200*time.Millisecond)
	r.finishes(in.Leg, hotline.CauseHangup)
}

func byeWhileMortal(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := l.p.want("BYE")
	l.ask("BYE", "")
	l.p.want("200 BYE")
	l.p.reply(bye, 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func reinviteWhileMortal(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := l.p.want("BYE")
	l.ask("INVITE", l.p.sdp(2))
	l.ackRefusal(l.p.want("481 INVITE"))
	l.p.reply(bye, 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func okWhileMortal(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	ours := l.p.want("INVITE")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := l.p.want("BYE")
	l.p.reply(ours, 200, "", l.p.sdp(2))
	if ack := l.p.want("ACK"); ack.seq() != ours.seq() {
		t.Errorf("ACK %d", ack.seq())
	}
	l.p.reply(bye, 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func ackWhileMortal(t *testing.T, r *rig) {
	l, in, res := r.moratorium("own")
	invite := l.seq
	l.made(res).ask("BYE", "") // overtakes the ACK
	l.p.want("200 BYE")
	l.ackOf(invite, "")
	r.finishes(in.Leg, hotline.CauseHangup)
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.PickedUp); return ok }); n != 0 {
		t.Error("picked up after the end")
	}
}

func reinvitesCross(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	ours := l.p.want("INVITE")
	l.ask("INVITE", l.p.sdp(2))
	l.ackRefusal(l.p.want("491 INVITE"))
	l.p.reply(ours, 491, "", "")
	l.p.want("ACK")
	again := l.p.want("INVITE")
	l.p.reply(again, 200, "", l.p.sdp(3))
	l.p.want("ACK")
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func updateCrosses(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	ours := l.p.want("INVITE")
	l.ask("UPDATE", l.p.sdp(2))
	l.p.want("491 UPDATE")
	l.p.reply(ours, 491, "", "")
	l.p.want("ACK")
	l.ask("UPDATE", l.p.sdp(2)) // the owner of the Call-ID waits 2.1–4 s, we at most 2 s: whoever is first
	if res := l.p.wait("200 UPDATE", 3*time.Second); res == nil {
		t.Error("no answer once nothing is under way")
	}
	again := l.p.want("INVITE")
	if !strings.Contains(again.body, "m=audio") {
		t.Error(again.body)
	}
	l.p.reply(again, 200, "", l.p.sdp(3))
	l.p.want("ACK")
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func referWhileMortal(t *testing.T, r *rig) {
	l, in, _ := r.inbound()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := l.p.want("BYE")
	l.extra = "Refer-To: <sip:8002@" + testDomain + ">\r\n"
	l.ask("REFER", "")
	l.p.want("481 REFER")
	l.p.reply(bye, 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

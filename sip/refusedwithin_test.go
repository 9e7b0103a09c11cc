package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// TestExtent: RFC 5057 §5.1, status by status.
func TestExtent(t *testing.T) {
	usage := []int{408, 480, 481, 489}
	dialog := []int{404, 410, 416, 482, 483, 484, 485, 502, 604}
	for code := 300; code < 700; code++ {
		want := endsTransaction
		for _, c := range usage {
			if c == code {
				want = endsUsage
			}
		}
		for _, c := range dialog {
			if c == code {
				want = endsDialog
			}
		}
		if got := extentOf(code); got != want {
			t.Errorf("%d: %d, want %d", code, got, want)
		}
	}
	if extentBy(nil, wire.ErrTimeout) != endsUsage || extentBy(nil, fmt.Errorf("%w: connection is gone", wire.ErrSend)) != endsTransaction || extentBy(nil, errGone) != endsTransaction {
		t.Error("no answer is 408; what was not sent says nothing")
	}
}

// keyless is a call to an agent's phone that takes no telephone events: keys go to it by INFO.
func (r *rig) keyless(leg hotline.LegID) *phone {
	r.t.Helper()
	p, inv := r.dialAgent(hotline.CallID(leg), leg, nil)
	p.reply(inv, 200, word(), strings.NewReplacer(" 8 0 101", " 8 0", "a=rtpmap:101 telephone-event/8000\r\n", "").Replace(p.sdp(1)))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
	return p
}

// TestInfoRefused: an INFO that is answered as if there were no call ends the call at once, with a BYE that tells who does know it; a phone that
// only does not serve INFO, or cannot just now, loses nothing (RFC 3261 §12.2.1.2, RFC 5057 §5.1).
func TestInfoRefused(t *testing.T) {
	for _, code := range []int{400, 403, 405, 415, 469, 486, 488, 500, 501, 503, 603} {
		leg := hotline.LegID(fmt.Sprintf("stays-%d", code))
		r := newRig(t, nil)
		p := r.keyless(leg)
		r.do(hotline.Press{Leg: leg, Keys: "1"})
		p.reply(p.want("INFO"), code, "", "")
		want(r, func(s hotline.Pressed) bool { return s.Leg == leg && s.Refused })
		p.none("BYE", 50*time.Millisecond)
		if !r.sw.Alive(leg) {
			t.Errorf("%d ended the call", code)
		}
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
		p.reply(p.want("BYE"), 200, "", "")
	}
	for _, code := range []int{404, 408, 481, 502} {
		leg := hotline.LegID(fmt.Sprintf("ends-%d", code))
		r := newRig(t, nil)
		p := r.keyless(leg)
		r.do(hotline.Press{Leg: leg, Keys: "12"})
		first, second := p.want("INFO"), p.want("INFO")
		p.reply(first, code, "", "")
		p.reply(p.want("BYE"), 481, "", "")
		p.reply(second, code, "", "")
		if end := want(r, func(s hotline.Ended) bool { return s.Leg == leg }); end.Cause != hotline.CauseUnreachable {
			t.Errorf("%d: %+v", code, end)
		}
		p.none("BYE", 50*time.Millisecond)
		r.idle(time.Second)
	}
}

// TestInfoUnanswered: an INFO whose connection is gone says nothing of the call, nor does what belongs to no call or to another dialog; no
// answer at all ends it.
func TestInfoUnanswered(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	leg := r.sw.leg(testLeg)
	r.sw.post(leg, func() {
		for _, m := range []gosip.RequestMethod{gosip.OPTIONS, gosip.NOTIFY, gosip.PRACK} { // they say nothing of the call
			leg.weigh(leg.dlg, m, nil, wire.ErrTimeout)
		}
		leg.weigh(leg.dlg, gosip.INFO, nil, fmt.Errorf("%w: connection is gone", wire.ErrSend))
		other := *leg.dlg
		leg.weigh(&other, gosip.INFO, nil, wire.ErrTimeout) // of a fork that was not taken
	})
	l.p.none("BYE", 50*time.Millisecond)
	r.sw.post(leg, func() { leg.weigh(leg.dlg, gosip.INFO, nil, wire.ErrTimeout) })
	l.p.reply(l.p.want("BYE"), 200, "", "")
	want(r, func(s hotline.Ended) bool { return s.Leg == testLeg && s.Cause == hotline.CauseUnreachable })
	r.idle(time.Second)
}

// TestReinviteRefused: what answers to refreshes end, by UPDATE and by re-INVITE.
func TestReinviteRefused(t *testing.T) {
	for _, c := range []struct {
		code int
		ends bool
	}{{404, true}, {408, true}, {410, true}, {480, true}, {481, true}, {483, true}, {502, true}, {403, false}, {486, false}, {488, false}, {500, false}, {503, false}, {603, false}} {
		for _, method := range []string{"UPDATE", "INVITE"} {
			r := quick(t, nil)
			l, in, _ := r.timedCall("Supported: timer\r\nAllow: " + method + "\r\nSession-Expires: 300;refresher=uas\r\n")
			l.p.reply(l.p.want(method), c.code, "", "")
			if !c.ends {
				l.p.none("BYE", 50*time.Millisecond)
				if !r.sw.Alive(in.Leg) {
					t.Errorf("%s %d ended the call", method, c.code)
				}
				r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
			}
			l.p.reply(l.p.want("BYE"), 200, "", "")
			end := want[hotline.Ended](r, nil)
			if (end.Cause == hotline.CauseUnreachable) != c.ends {
				t.Errorf("%s %d: %+v", method, c.code, end)
			}
		}
	}
}

// TestNotifyRefused: whatever a phone answers to what it is told of its REFER, its call goes on (RFC 5057 §3.2).
func TestNotifyRefused(t *testing.T) {
	for _, code := range []int{404, 408, 481, 489, 502} {
		r := newRig(t, nil)
		leg := hotline.LegID(fmt.Sprintf("refer-%d", code))
		l := r.agentCall(hotline.CallID(leg), leg)
		l.refer("<sip:8002@" + testDomain + ">")
		l.p.want("202 REFER")
		l.notified(code)
		want(r, func(s hotline.Referred) bool { return s.Leg == leg })
		time.Sleep(20 * time.Millisecond)
		r.do(hotline.Notify{Leg: leg, Code: 603})
		l.p.none("NOTIFY", 50*time.Millisecond) // it no longer knows of it
		if !r.sw.Alive(leg) {
			t.Errorf("%d ended the call", code)
		}
		l.ask("BYE", "")
		l.p.want("200 BYE")
		r.idle(time.Second)
	}
}

package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// quick is a rig whose seconds of a session interval last 4 ms: 90 s are 360 ms. Of 90 s a peer that refreshes half way has 15 left, 60 ms
// of a busy machine; of 300 s 118, half a second.
func quick(t *testing.T, change func(*Config)) *rig {
	return newRig(t, func(c *Config) {
		c.second = 4 * time.Millisecond
		if change != nil {
			change(c)
		}
	})
}

// timedCall sets a call up whose INVITE has the header lines.
func (r *rig) timedCall(extra string) (*line, hotline.Incoming, *sipMsg) {
	r.t.Helper()
	l, in := r.ringing(extra, "own")
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	return l, in, res
}

// TestSessionTimerGranted: what the 200 says to what the INVITE asked for (RFC 4028 §9, table 2).
func TestSessionTimerGranted(t *testing.T) {
	for _, c := range []struct{ extra, expires, require string }{
		{"", "1800;refresher=uas", ""}, // it knows nothing of it: we ask for nothing and refresh ourselves
		{"Supported: timer\r\n", "1800;refresher=uac", "timer"},
		{"Supported: timer\r\nSession-Expires: 600\r\n", "600;refresher=uac", "timer"},
		{"Supported: timer\r\nSession-Expires: 600;refresher=uas\r\n", "600;refresher=uas", ""},
		{"k: timer\r\nx: 600 ; refresher=UAC\r\n", "600;refresher=uac", "timer"},
		{"Require: timer\r\nSession-Expires: 90\r\n", "90;refresher=uac", "timer"},
		{"Supported: timer\r\nSession-Expires: 7200\r\n", "1800;refresher=uac", "timer"},
		{"Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 3600\r\n", "3600;refresher=uac", "timer"},
		{"Session-Expires: 600;refresher=uac\r\n", "600;refresher=uas", ""}, // a proxy put it in
		{"Session-Expires: 5\r\n", "1800;refresher=uas", ""},                // too short, and the sender could not ask again
		{"Supported: timer\r\nSession-Expires: soon\r\n", "1800;refresher=uac", "timer"},
	} {
		r := newRig(t, nil)
		l, _, res := r.timedCall(c.extra)
		if res.get("session-expires") != c.expires || res.get("require") != c.require {
			t.Errorf("%q: %q, Require %q", c.extra, res.get("session-expires"), res.get("require"))
		}
		l.ask("BYE", "")
		l.p.want("200 BYE")
	}
	r := newRig(t, func(c *Config) { c.SessionExpires = -1 })
	if _, _, res := r.timedCall("Supported: timer\r\n"); res.get("session-expires") != "" {
		t.Error("an interval although none is wanted")
	}
}

// TestSessionTimerTooShort: 422 with the least interval, before the answer and in a refresh (RFC 4028 §6, §9).
func TestSessionTimerTooShort(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MinSE = 2 * time.Minute })
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.extra = "Supported: timer\r\nSession-Expires: 119\r\n"
	l.ask("INVITE", p.sdp(1))
	res := p.want("422 INVITE")
	if res.get("min-se") != "120" {
		t.Errorf("Min-SE %q", res.get("min-se"))
	}
	l.ackRefusal(res)
	r.idle(time.Second)
	l, _, _ = r.timedCall("Supported: timer\r\nSession-Expires: 120\r\n")
	l.extra = "Supported: timer\r\nSession-Expires: 90\r\n"
	l.ask("UPDATE", "")
	if res := l.p.want("422 UPDATE"); res.get("min-se") != "120" {
		t.Errorf("Min-SE %q", res.get("min-se"))
	}
	l.ask("INVITE", l.p.sdp(2))
	l.ackRefusal(l.p.want("422 INVITE"))
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestSessionExpires: a peer that should refresh and does not gets BYE a third of the interval before its end, at most 32 s
// before (RFC 4028 §10); one that refreshes does not.
func TestSessionExpires(t *testing.T) {
	for _, c := range []struct {
		expires  int
		from, to time.Duration // of the BYE, after the answer
	}{
		{90, 240 * time.Millisecond, 350 * time.Millisecond},  // 90 − 30
		{120, 352 * time.Millisecond, 470 * time.Millisecond}, // 120 − 32
	} {
		r := quick(t, nil)
		begun := time.Now()
		l, _, _ := r.timedCall(fmt.Sprintf("Supported: timer\r\nSession-Expires: %d;refresher=uac\r\n", c.expires))
		bye := l.p.want("BYE")
		if d := bye.at.Sub(begun); d < c.from || d > c.to+2*time.Second {
			t.Errorf("%d: BYE after %v, want %v", c.expires, d, c.from)
		}
		l.p.reply(bye, 200, "", "")
		if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
			t.Errorf("%+v", end)
		}
		r.idle(time.Second)
	}
	r := quick(t, nil)
	l, in, _ := r.timedCall("Supported: timer\r\nSession-Expires: 200;refresher=uac\r\n")
	l.extra = "Supported: timer\r\nSession-Expires: 200;refresher=uac\r\n"
	for i := range 4 { // 800 ms are the interval, 672 its end
		l.p.none("BYE", 300*time.Millisecond)
		if i%2 == 0 {
			l.ask("UPDATE", "")
			if res := l.p.want("200 UPDATE"); res.get("session-expires") != "200;refresher=uac" || res.body != "" {
				t.Errorf("%+v", res)
			}
		} else {
			l.reinvite(l.p.sdp(1))
		}
	}
	if !r.sw.Alive(in.Leg) {
		t.Error("the call is over")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestSessionRefreshed: we refresh half way, by UPDATE where the peer allows it and else by a re-INVITE that changes nothing.
func TestSessionRefreshed(t *testing.T) {
	r := quick(t, nil)
	l, _, first := r.timedCall("Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 200;refresher=uas\r\n")
	for range 3 {
		up := l.p.want("UPDATE")
		if up.get("session-expires") != "200;refresher=uac" || !strings.Contains(up.get("supported"), "timer") || up.body != "" || up.get("contact") == "" {
			t.Errorf("%+v", up)
		}
		l.p.reply(up, 200, "", "", "Session-Expires: 200;refresher=uac", "Require: timer", "Supported: timer")
	}
	// One that is refused as unknown is followed by a re-INVITE, and by no UPDATE again.
	l.p.reply(l.p.want("UPDATE"), 405, "", "", "Allow: INVITE")
	for range 2 {
		re := l.p.want("INVITE")
		if re.get("session-expires") != "200;refresher=uac" || re.body != first.body && versionOf(re.body) == versionOf(first.body) {
			t.Errorf("%+v\n%s\n%s", re.heads, re.body, first.body)
		}
		l.p.reply(re, 200, "", l.p.sdp(1), "Session-Expires: 200;refresher=uac", "Supported: timer")
		l.p.want("ACK")
	}
	// The peer takes the refreshing over; and does not do it.
	re := l.p.want("INVITE")
	l.p.reply(re, 200, "", l.p.sdp(1), "Session-Expires: 200;refresher=uas", "Supported: timer")
	l.p.want("ACK")
	l.p.none("INVITE", 200*time.Millisecond)
	l.p.reply(l.p.want("BYE"), 200, "", "")
	want[hotline.Ended](r, nil)
	r.idle(time.Second)
}

// TestSessionRefreshFails: a peer that has forgotten the dialog is hung up on at once, one that gives no useful answer when
// the interval ends, one that wants more time gets it, and one that knows no session timers is left alone.
func TestSessionRefreshFails(t *testing.T) {
	r := quick(t, nil)
	l, _, _ := r.timedCall("Supported: timer\r\nAllow: UPDATE\r\nSession-Expires: 300;refresher=uas\r\n")
	l.p.reply(l.p.want("UPDATE"), 422, "", "", "Min-SE: 400")
	up := l.p.want("UPDATE")
	if up.get("session-expires") != "400;refresher=uac" || up.get("min-se") != "400" {
		t.Errorf("%+v", up.heads)
	}
	l.p.reply(up, 500, "", "")
	l.p.reply(l.p.want("UPDATE"), 481, "", "")
	l.p.reply(l.p.want("BYE"), 200, "", "")
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", end)
	}

	r = quick(t, nil)
	l, _, _ = r.timedCall("Supported: timer\r\nAllow: UPDATE\r\nSession-Expires: 90;refresher=uas\r\n")
	over := false
	for !over {
		select {
		case m := <-l.p.in:
			switch {
			case m.is("UPDATE"):
				l.p.reply(m, 503, "", "")
			case m.is("BYE"):
				l.p.reply(m, 200, "", "")
				over = true
			}
		case <-time.After(5 * time.Second):
			t.Fatal("a session that is not refreshed does not end")
		}
	}

	r = quick(t, func(c *Config) { c.SessionExpires = 90 * time.Second })
	l, _, _ = r.timedCall("")
	for range 3 {
		re := l.p.want("INVITE")
		l.p.reply(re, 488, "", "")
		l.p.want("ACK")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestDialSessionTimer: in our own calls we ask for the interval, take a longer one where 422 says so, and refresh or wait as the
// answer says.
func TestDialSessionTimer(t *testing.T) {
	r := quick(t, func(c *Config) { c.SessionExpires = 200 * time.Second })
	p, inv := r.dialAgent(testCall, testLeg, nil)
	if inv.get("session-expires") != "200" || inv.get("min-se") != "" || !strings.Contains(inv.get("supported"), "timer") {
		t.Errorf("%+v", inv.heads)
	}
	p.reply(inv, 422, "x", "", "Min-SE: 300")
	p.want("ACK")
	again := p.want("INVITE")
	if again.get("session-expires") != "300" || again.get("min-se") != "300" || again.seq() != inv.seq()+1 || again.get("call-id") != inv.get("call-id") {
		t.Errorf("%+v", again.heads)
	}
	p.reply(again, 200, "a", p.sdp(1), "Require: timer", "Session-Expires: 300;refresher=uac", "Allow: UPDATE, INVITE")
	p.want("ACK")
	want[hotline.PickedUp](r, nil)
	up := p.want("UPDATE")
	if up.get("session-expires") != "300;refresher=uac" || up.get("min-se") != "300" {
		t.Errorf("%+v", up.heads)
	}
	p.reply(up, 200, "", "") // no interval any more: the session does not expire (RFC 4028 §7.2)
	p.none("BYE", 1400*time.Millisecond)
	p.called(again, "a").ask("BYE", "")
	p.want("200 BYE")
	r.idle(time.Second)

	r.do(hotline.Dial{Call: "c2", Leg: "c2-1", Agent: "8001"})
	inv = p.want("INVITE")
	p.reply(inv, 200, "b", p.sdp(1), "Session-Expires: 90;refresher=uas")
	p.want("ACK")
	bye := p.want("BYE") // it does not refresh
	p.reply(bye, 200, "", "")

	// Who asks for more and more is not followed for ever.
	r.do(hotline.Dial{Call: "c3", Leg: "c3-1", Agent: "8001"})
	for n := range 3 {
		inv = p.want("INVITE")
		p.reply(inv, 422, "c", "", fmt.Sprintf("Min-SE: %d", 1000+n))
		p.want("ACK")
	}
	if f := want(r, func(s hotline.Failed) bool { return s.Leg == "c3-1" }); f.Code != 422 {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}

func TestReadSessionExpires(t *testing.T) {
	for _, c := range []struct {
		value, who string
		n          uint32
		ok         bool
	}{
		{"1800", "", 1800, true},
		{" 90 ;refresher=uas;x=y", "uas", 90, true},
		{"90;REFRESHER = UAC", "uac", 90, true},
		{"", "", 0, false},
		{"-1", "", 0, false},
		{"99999999999", "", 0, false},
		{"4294967295", "", 4294967295, true},
		{";refresher=uac", "", 0, false},
	} {
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{})
		req.AppendHeader(gosip.NewHeader("Session-Expires", c.value))
		n, who, ok := sessionExpires(req)
		if n != c.n || ok != c.ok || ok && who != c.who {
			t.Errorf("%q: %d %q %v", c.value, n, who, ok)
		}
	}
}

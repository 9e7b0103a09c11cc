package sip

import (
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestPress: a phone that takes telephone events gets them in its RTP (RFC 4733), and no INFO.
func TestPress(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	r.do(hotline.Press{Leg: testLeg, Keys: "4#"})
	deadline := time.Now().Add(5 * time.Second)
	var events []byte
	for len(events) < 2 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		l.p.mu.Lock()
		events = events[:0]
		for _, p := range l.p.packets {
			if p[1]&0x7f == 101 && p[1]&0x80 != 0 { // the first of a key is marked (RFC 4733 §2.5.1.1)
				events = append(events, p[12])
			}
		}
		l.p.mu.Unlock()
	}
	if string(events) != "\x04\x0b" {
		t.Errorf("events %v, want 4 and 11 (#)", events)
	}
	l.p.none("INFO", 50*time.Millisecond)
}

// TestPressByInfo: a phone that takes no events is told each key by INFO, in their order.
func TestPressByInfo(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	tag := word()
	p.reply(inv, 200, tag, strings.NewReplacer(" 8 0 101", " 8 0", "a=rtpmap:101 telephone-event/8000\r\n", "").Replace(p.sdp(1)))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
	r.do(hotline.Press{Leg: testLeg, Keys: "17", Press: 3})
	got := ""
	for range 2 {
		info := p.want("INFO")
		p.reply(info, 200, "", "")
		if info.get("content-type") != "application/dtmf-relay" {
			t.Errorf("%q", info.get("content-type"))
		}
		got += strings.TrimPrefix(strings.SplitN(info.body, "\r\n", 2)[0], "Signal=")
	}
	if got != "17" {
		t.Errorf("pressed %q", got)
	}
	want(r, func(s hotline.Pressed) bool { return s.Leg == testLeg && s.Press == 3 && !s.Refused })
}

// TestPhoneWithoutKeys: a phone that takes neither events nor INFO is known for it, and asked no more.
func TestPhoneWithoutKeys(t *testing.T) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	tag := word()
	p.reply(inv, 200, tag, strings.NewReplacer(" 8 0 101", " 8 0", "a=rtpmap:101 telephone-event/8000\r\n", "").Replace(p.sdp(1)))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
	r.do(hotline.Press{Leg: testLeg, Keys: "1", Press: 1})
	p.reply(p.want("INFO"), 405, "", "")
	want(r, func(s hotline.Pressed) bool { return s.Leg == testLeg && s.Press == 1 && s.Refused })
	r.do(hotline.Press{Leg: testLeg, Keys: "2", Press: 2})
	want(r, func(s hotline.Pressed) bool { return s.Leg == testLeg && s.Press == 2 && s.Refused })
	p.none("INFO", 50*time.Millisecond)
}

// TestAutoAnswer: only a phone that is to pick up by itself is asked to.
func TestAutoAnswer(t *testing.T) {
	for _, auto := range []bool{false, true} {
		r := newRig(t, nil)
		leg := hotline.LegID("auto-1")
		if auto {
			leg = "auto-2"
		}
		p, inv := r.dialAgent("auto", leg, func(d *hotline.Dial) { d.AutoAnswer = auto })
		if got := strings.Contains(inv.get("call-info"), ";answer-after=0"); got != auto {
			t.Errorf("auto %v: Call-Info %q", auto, inv.get("call-info"))
		}
		if got := strings.Contains(inv.get("alert-info"), "info=alert-autoanswer"); got != auto || (inv.get("answer-mode") == "Auto") != auto {
			t.Errorf("auto %v: Alert-Info %q, Answer-Mode %q", auto, inv.get("alert-info"), inv.get("answer-mode"))
		}
		p.reply(inv, 486, word(), "")
		p.want("ACK")
		want(r, func(s hotline.Failed) bool { return s.Leg == leg })
	}
}

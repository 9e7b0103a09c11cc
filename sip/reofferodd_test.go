package sip

import (
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestReofferAnsweredOddly: what a peer answers to a refresh of ours that is no answer to the offer in it leaves the session as it was, and the sound on;
// the next answer that is one counts.
func TestReofferAnsweredOddly(t *testing.T) {
	r := quick(t, func(c *Config) { c.second = 3 * time.Millisecond })
	l, in, _ := r.timedCall("Supported: timer\r\nAllow: INVITE\r\nSession-Expires: 300;refresher=uas\r\n")
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"silence:20"}, Loop: true})
	good := l.p.sdp(2)
	for _, c := range []struct{ name, body string }{
		{"nothing", ""},
		{"no media line", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"},
		{"another kind", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"},
		{"refused", strings.Replace(good, "m=audio ", "m=audio 0 RTP/AVP 8\r\nx=", 1)},
		{"a codec of its own", strings.Replace(good, " 8 0 101", " 18", 1)},
		{"another codec there", strings.Replace(strings.Replace(good, " 8 0 101", " 8 101", 1), "a=rtpmap:8 PCMA/8000", "a=rtpmap:8 L16/44100", 1)},
		{"multicast", strings.Replace(good, "c=IN IP4 127.0.0.1", "c=IN IP4 224.0.0.1", 1)},
		{"no address", strings.Replace(good, "c=IN IP4 127.0.0.1", "c=IN IP4 nowhere.example", 1)},
		{"not this", "\x00\x01\x02"},
		{"sdes unasked", strings.Replace(good, "RTP/AVP", "RTP/SAVP", 1) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr\r\n"},
	} {
		name, body := c.name, c.body
		re := l.p.want("INVITE")
		l.p.reply(re, 200, "", body, "Session-Expires: 300;refresher=uac", "Supported: timer")
		if ack := l.p.want("ACK"); ack.seq() != re.seq() {
			t.Errorf("%s: ACK %d of %d", name, ack.seq(), re.seq())
		}
		if !r.sw.Alive(in.Leg) {
			t.Fatalf("%s: the call is over", name)
		}
		sent := func() int {
			l.p.mu.Lock()
			defer l.p.mu.Unlock()
			return len(l.p.packets)
		}
		before := sent()
		wiretest.Eventually(t, name+": it goes on being sent to", func() bool { return sent() > before+3 })
	}
	re := l.p.want("INVITE")
	l.p.reply(re, 200, "", l.p.sdp(3, "a=inactive"), "Session-Expires: 9000;refresher=uac", "Supported: timer")
	l.p.want("ACK")
	want(r, func(s hotline.HoldAsked) bool { return s.Leg == in.Leg && s.On })
	if n := r.count(func(s hotline.Signal) bool { h, ok := s.(hotline.HoldAsked); return ok && !h.On }); n != 0 {
		t.Errorf("%d times told that a hold is over", n)
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.idle(time.Second)
}

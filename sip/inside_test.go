package sip

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/media"
)

// reinvite sends a re-INVITE and returns the 200, acknowledged.
func (l *line) reinvite(sdp string) *sipMsg {
	l.p.t.Helper()
	l.ask("INVITE", sdp)
	res := l.p.want("200 INVITE")
	l.ack("")
	return res
}

func dirOf(sdp string) string {
	m := regexp.MustCompile(`a=(sendrecv|sendonly|recvonly|inactive)`).FindStringSubmatch(sdp)
	if m == nil {
		return ""
	}
	return m[1]
}

func versionOf(sdp string) string { return strings.Fields(sdp)[3] }

func isHold(s hotline.Signal) bool { _, ok := s.(hotline.HoldAsked); return ok }

// holds counts HoldAsked; only for use in a condition of want.
func (r *rig) holds() int {
	n := 0
	for _, h := range r.sigs {
		if isHold(h.sig) {
			n++
		}
	}
	return n
}

func TestHoldAndResume(t *testing.T) {
	r := newRig(t, nil)
	l, in, first := r.inbound()
	for i, c := range []struct {
		how, answered string
		sdp           string
		on            bool
	}{
		{"sendonly", "recvonly", l.p.sdp(2, "a=sendonly"), true},
		{"sendrecv", "sendrecv", l.p.sdp(3), false},
		{"inactive", "inactive", l.p.sdp(4, "a=inactive"), true},
		{"sendrecv", "sendrecv", l.p.sdp(5, "a=sendrecv"), false},
		{"address 0", "sendrecv", strings.ReplaceAll(l.p.sdp(6), "127.0.0.1", "0.0.0.0"), true},
		{"sendrecv", "sendrecv", l.p.sdp(7), false},
	} {
		res := l.reinvite(c.sdp)
		if got := dirOf(res.body); got != c.answered {
			t.Errorf("%s answered %s", c.how, got)
		}
		want(r, func(s hotline.HoldAsked) bool { return s.On == c.on && r.holds() == i+1 })
	}
	again := l.reinvite(l.p.sdp(7))
	same := l.reinvite(l.p.sdp(7))
	if again.body != same.body || versionOf(again.body) == versionOf(first.body) {
		t.Errorf("versions: first %s, then %s and %s", versionOf(first.body), versionOf(again.body), versionOf(same.body))
	}
	if r.count(isHold) != 6 {
		t.Error("a refresh is no hold")
	}
	if in.Leg == "" || r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.PickedUp); return ok }) != 1 {
		t.Error("picked up more than once")
	}
	// While held nothing is sent; what plays goes on unheard.
	l.reinvite(l.p.sdp(8, "a=sendonly"))
	l.p.forget()
	r.do(hotline.Play{Leg: in.Leg, Play: "music", Prompts: []string{"tone:busy"}, Loop: true})
	time.Sleep(100 * time.Millisecond)
	l.p.mu.Lock()
	if n := len(l.p.heard); n != 0 {
		t.Errorf("%d bytes of audio to a phone that holds us", n)
	}
	l.p.mu.Unlock()
	l.reinvite(l.p.sdp(9))
	if !l.p.hears(300) {
		t.Error("nothing heard after the hold")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

func TestMalformedReinvite(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	for _, c := range []struct{ body, code string }{
		{"v=0\r\nnonsense", "488 INVITE"},
		{"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "488 INVITE"},
		{"v=0\r\nc=IN IP4 224.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n", "488 INVITE"},
		{"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 8\r\n", "488 INVITE"},
	} {
		l.ask("INVITE", c.body)
		l.ackRefusal(l.p.want(c.code))
	}
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.HoldAsked); return ok }); n != 0 {
		t.Errorf("%d holds", n)
	}
	l.reinvite(l.p.sdp(2))
	l.p.forget()
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"tone:busy"}, Loop: true})
	if !l.p.hears(300) {
		t.Error("the session did not survive")
	}
}

// TestInsideDialog sends everything else that may come inside a dialog.
func TestInsideDialog(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	l.ask("OPTIONS", "")
	if res := l.p.want("200 OPTIONS"); !strings.Contains(res.get("allow"), "INVITE") {
		t.Error("no Allow")
	}
	l.ask("UPDATE", "")
	if res := l.p.want("200 UPDATE"); res.body != "" || res.get("contact") == "" {
		t.Errorf("%+v", res)
	}
	l.ask("UPDATE", l.p.sdp(2, "a=sendonly"))
	if res := l.p.want("200 UPDATE"); dirOf(res.body) != "recvonly" {
		t.Errorf("%s", res.body)
	}
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	l.extra = "Refer-To: <sip:8002@hotline.example>\r\n"
	l.ask("REFER", "")
	l.p.want("403 REFER") // a trunk has no say in where a customer goes
	l.extra = ""
	l.ask("PRACK", "")
	l.p.want("481 PRACK")
	l.ask("NOTIFY", "")
	l.p.want("481 NOTIFY")

	info := func(ctype, body, code string) {
		t.Helper()
		l.seq++
		l.p.send(l.request("INFO", l.seq, "z9hG4bK"+word(), body, ctype))
		l.p.want(code + " INFO")
	}
	info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "200")
	info("application/dtmf-relay", "signal = # \r\n", "200")
	info("application/dtmf", "10", "200")
	info("application/dtmf-relay", "Signal=99\r\n", "200")
	info("application/media_control+xml", "<x/>", "415")
	info("", "", "200")
	var keys []byte
	r.count(func(s hotline.Signal) bool {
		if d, ok := s.(hotline.Digit); ok {
			keys = append(keys, d.Key)
		}
		return false
	})
	if string(keys) != "5#*" {
		t.Errorf("keys %q", keys)
	}

	l.seq -= 5
	l.ask("OPTIONS", "")
	l.p.want("500 OPTIONS") // an old number
	l.seq += 5
	tag := l.me
	l.me = strings.Replace(l.me, "tag=", "tag=x", 1)
	l.ask("OPTIONS", "")
	l.p.want("481 OPTIONS") // somebody else's
	l.me = tag
	l.ask("BYE", "")
	l.p.want("200 BYE")
	if end := want[hotline.Ended](r, nil); end.Leg != in.Leg {
		t.Errorf("%+v", end)
	}
}

// TestByeTellsWhy reads the Reason header of a BYE.
func TestByeTellsWhy(t *testing.T) {
	r := newRig(t, nil)
	l, _, _ := r.inbound()
	l.extra = "Reason: Q.850;cause=17;text=\"User busy\"\r\n"
	l.ask("BYE", "")
	l.p.want("200 BYE")
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseBusy {
		t.Errorf("%+v", end)
	}
}

// TestLateOffer: an INVITE without SDP gets the offer in the 200 and brings the answer in the ACK.
func TestLateOffer(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", "")
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Ring{Leg: in.Leg, Early: true})
	if res := p.want("180 INVITE"); res.body != "" {
		t.Error("an offer in an unreliable response")
	}
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	if !strings.Contains(res.body, "m=audio") || !strings.Contains(res.body, " 8 0 101") {
		t.Errorf("offer: %s", res.body)
	}
	l.made(res).ack(strings.Replace(p.sdp(1), "8 0 101", "0 101", 1))
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMU" {
		t.Errorf("%+v", up)
	}
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"tone:busy"}, Loop: true})
	if !p.hears(300) {
		t.Error("nothing heard")
	}
	// A re-INVITE without SDP asks for an offer too.
	l.ask("INVITE", "")
	p.want("200 INVITE")
	l.ask2xxGlare(t)
	l.ack(strings.Replace(p.sdp(2, "a=sendonly"), "8 0 101", "0 101", 1))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	l.seq++
	l.ask("BYE", "")
	p.want("200 BYE")

	bad := p.dialler("95500")
	bad.ask("INVITE", "")
	in = want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	r.do(hotline.Answer{Leg: in.Leg})
	bad.made(p.want("200 INVITE")).ack("")
	p.reply(p.want("BYE"), 200, "", "")
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); end.Cause != hotline.CauseNoCodec {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
}

// ask2xxGlare sends a re-INVITE while our offer of the 200 has no answer: 491.
func (l *line) ask2xxGlare(t *testing.T) {
	t.Helper()
	seq, branch := l.seq, l.branch
	l.ask("INVITE", l.p.sdp(9))
	l.ackRefusal(l.p.want("491 INVITE"))
	l.seq, l.branch = seq, branch
}

// TestGlare: both sides re-INVITE at once; each refuses the other with 491 and ours comes again (reliability.md §4, 34).
func TestGlare(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	ours := l.p.want("INVITE")
	l.ask("INVITE", l.p.sdp(2, "a=sendonly"))
	l.ackRefusal(l.p.want("491 INVITE"))
	l.p.reply(ours, 491, "", "")
	l.p.want("ACK")
	begun := time.Now()
	again := l.p.want("INVITE")
	if d := time.Since(begun); d > 2200*time.Millisecond { // the peer owns the Call-ID: 0–2 s
		t.Errorf("again after %v", d)
	}
	if again.seq() != ours.seq()+1 {
		t.Errorf("CSeq %d after %d", again.seq(), ours.seq())
	}
	l.p.reply(again, 200, "", l.p.sdp(3))
	if ack := l.p.want("ACK"); ack.seq() != again.seq() {
		t.Errorf("ACK %d", ack.seq())
	}
	l.p.reply(again, 200, "", l.p.sdp(3)) // repeated: acknowledged again
	l.p.want("ACK")
	l.reinvite(l.p.sdp(4))
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestReofferRefused: a peer that has forgotten the dialog ends the leg, one that refuses does not.
func TestReofferRefused(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	l.p.reply(l.p.want("INVITE"), 488, "", "")
	l.p.want("ACK")
	r.sw.post(leg, leg.reoffer)
	l.p.reply(l.p.want("INVITE"), 481, "", "")
	l.p.reply(l.p.want("BYE"), 200, "", "")
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
		t.Errorf("%+v", end)
	}
}

// TestTargetRefresh: after a re-INVITE with another Contact our requests go there (RFC 3261 §12.2.2).
func TestTargetRefresh(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	other := newPhone(t, r.addr)
	text := l.request("INVITE", l.seq+1, "z9hG4bK"+word(), l.p.sdp(2), "application/sdp")
	l.seq++
	l.p.send(strings.Replace(text, "Contact: <sip:me@"+l.p.addr(), "Contact: <sip:moved@"+other.addr(), 1))
	l.p.want("200 INVITE")
	l.ack("")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	bye := other.want("BYE")
	if !strings.HasPrefix(bye.start, "BYE sip:moved@") {
		t.Error(bye.start)
	}
	other.reply(bye, 200, "", "")
	r.idle(time.Second)
}

// TestRecordRoute: as UAS the route set is what Record-Route says, loose or strict; and the answer with all of it is sent
// although it is bigger than a packet (reliability.md §4, 42).
func TestRecordRoute(t *testing.T) {
	for _, loose := range []bool{true, false} {
		t.Run(fmt.Sprintf("loose=%v", loose), func(t *testing.T) {
			r := newRig(t, nil)
			p := newPhone(t, r.addr)
			lr := ""
			if loose {
				lr = ";lr"
			}
			l := p.dialler("95500")
			for i := range 20 {
				l.extra += fmt.Sprintf("Record-Route: <sip:proxy-%d-with-a-long-name@%s%s;ftag=0123456789abcdef>\r\n", i, p.addr(), lr)
			}
			l.ask("INVITE", p.sdp(1))
			in := want[hotline.Incoming](r, nil)
			r.do(hotline.Answer{Leg: in.Leg})
			res := p.want("200 INVITE")
			if res.size < 1400 || len(res.all("record-route")) != 20 {
				t.Errorf("%d bytes with %d routes", res.size, len(res.all("record-route")))
			}
			l.extra = ""
			l.made(res)
			l.ack("")
			want[hotline.PickedUp](r, nil)
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
			bye := p.want("BYE")
			routes := bye.all("route")
			if len(routes) != 20 {
				t.Fatalf("%d routes", len(routes))
			}
			target := "BYE sip:me@" + p.addr()
			first, last := "proxy-0-", "proxy-19-"
			if !loose { // RFC 3261 §12.2.1.1: the first route is the target, the target the last route
				target, first, last = "BYE sip:proxy-0-", "proxy-1-", "sip:me@"
			}
			if !strings.HasPrefix(bye.start, target) || !strings.Contains(routes[0], first) || !strings.Contains(routes[19], last) {
				t.Errorf("%s\n%s\n%s", bye.start, routes[0], routes[19])
			}
			p.reply(bye, 200, "", "")
			r.idle(time.Second)
		})
	}
}

// TestSilenceOnHold: a phone that holds us may send nothing; when it has taken us back, silence counts again.
func TestSilenceOnHold(t *testing.T) {
	m, err := media.New(media.Config{Drain: time.Millisecond, SilenceStart: 600 * time.Millisecond, SilenceMid: 600 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r := newRig(t, func(c *Config) { c.Media = m })
	l, _, res := r.inbound()
	l.p.speak(res.body, 0x55, 5)
	want[hotline.MediaUp](r, nil)
	l.reinvite(l.p.sdp(2, "a=sendonly"))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	if s, lost := await[hotline.MediaLost](r, 1500*time.Millisecond, nil); lost {
		t.Errorf("on hold: %+v", s)
	}
	l.reinvite(l.p.sdp(3))
	want[hotline.MediaLost](r, nil)
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestOptionalBody: what somebody sends along and says need not be understood hinders nothing (RFC 3261 §8.2.3, §20.11).
func TestOptionalBody(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	say := func(method, disposition, body, ctype string) {
		l.seq, l.branch, l.extra = l.seq+1, "z9hG4bK"+word(), "Content-Disposition: "+disposition+"\r\n"
		p.send(l.request(method, l.seq, l.branch, body, ctype))
		l.extra = ""
	}
	const ims, optional = "application/3gpp-ims+xml", "x ; a=b; Handling = OPTIONAL"
	say("INVITE", optional, "<x/>", ims)
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	if !strings.Contains(res.body, "m=audio") {
		t.Errorf("no offer of ours: %q", res.body)
	}
	l.made(res)
	l.ack(p.sdp(1))
	want[hotline.PickedUp](r, nil)
	for _, c := range []struct{ method, disposition, body, ctype, code string }{
		{"UPDATE", optional, "<x/>", ims, "200"},
		{"UPDATE", "x", "<x/>", ims, "415"},
		{"UPDATE", "x;handling=required", "<x/>", ims, "415"},
		{"UPDATE", "session;handling=optional\r\nContent-Encoding: gzip", "\x1f\x8b", "application/sdp", "200"},
		{"UPDATE", "session\r\nContent-Encoding: gzip", "\x1f\x8b", "application/sdp", "415"},
		{"UPDATE", "session;handling=optional", strings.Replace(p.sdp(2), "m=audio", "a=sendonly\r\nm=audio", 1), "application/sdp", "200"}, // is understood
		{"INFO", optional, "<x/>", ims, "200"},
		{"INFO", "x", "<x/>", ims, "415"},
	} {
		say(c.method, c.disposition, c.body, c.ctype)
		p.want(c.code + " " + c.method)
	}
	want(r, func(s hotline.HoldAsked) bool { return s.On && r.holds() == 1 })
	l.ask("BYE", "")
	p.want("200 BYE")
	r.idle(time.Second)
}

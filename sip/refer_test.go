package sip

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotline"
)

// agentCall is a call that the engine made to the agent's phone and that is up.
func (r *rig) agentCall(call hotline.CallID, leg hotline.LegID) *line {
	r.t.Helper()
	p, inv := r.dialAgent(call, leg, nil)
	tag := word()
	p.reply(inv, 200, tag, p.sdp(1))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
	return p.called(inv, tag)
}

// agentLine is a call that the agent made from the phone, answered by the engine where up is set. extra are header lines.
func (r *rig) agentLine(p *phone, user, to, extra string, up bool) (*line, hotline.Incoming) {
	r.t.Helper()
	l := p.dialler(to)
	l.me = fmt.Sprintf("<sip:%s@%s>;tag=%s", user, testDomain, word())
	l.extra = extra
	l.ask("INVITE", p.sdp(1))
	res := p.want("401 INVITE")
	l.ackRefusal(res)
	l.extra = extra + digestFor(res, user, "INVITE", l.target)
	l.ask("INVITE", p.sdp(1))
	l.extra = ""
	in := want(r, func(s hotline.Incoming) bool { return string(s.Agent) == user && r.isNew(s.Leg) })
	if !up {
		r.do(hotline.Ring{Leg: in.Leg})
		l.made(p.want("180 INVITE"))
		return l, in
	}
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	return l, in
}

// notified takes the next NOTIFY and answers it.
func (l *line) notified(code int) *sipMsg {
	l.p.t.Helper()
	n := l.p.want("NOTIFY")
	l.p.reply(n, code, "", "")
	return n
}

func (l *line) refer(to string) {
	l.extra = "Refer-To: " + to + "\r\n"
	l.ask("REFER", "")
	l.extra = ""
}

// TestReferBlind is a transfer as RFC 3515 §4.1 has it: 202, and a NOTIFY for each thing that becomes known.
func TestReferBlind(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	l.refer(`"Li Lei" <sip:%38002@` + testDomain + `;user=phone>`)
	if res := l.p.want("202 REFER"); res.get("contact") == "" || res.get("refer-sub") != "" {
		t.Errorf("%+v", res)
	}
	n := l.notified(200)
	if n.get("event") != "refer" || !strings.HasPrefix(n.get("subscription-state"), "active;expires=") ||
		!strings.HasPrefix(n.get("content-type"), "message/sipfrag") || n.body != "SIP/2.0 100 Trying\r\n" || n.get("contact") == "" {
		t.Errorf("%+v", n)
	}
	if s := want[hotline.Referred](r, nil); s != (hotline.Referred{Leg: testLeg, To: "8002"}) {
		t.Errorf("%+v", s)
	}
	l.refer("<sip:8003@" + testDomain + ">") // one at a time
	l.p.want("491 REFER")
	r.do(hotline.Notify{Leg: testLeg, Code: 180})
	first := n.get("cseq")
	if n = l.notified(500); n.body != "SIP/2.0 180 Ringing\r\n" || n.get("cseq") <= first {
		t.Errorf("%+v", n)
	}
	r.do(hotline.Notify{Leg: testLeg, Code: 200})
	if n = l.notified(200); n.body != "SIP/2.0 200 OK\r\n" || n.get("subscription-state") != "terminated;reason=noresource" {
		t.Errorf("%+v", n)
	}
	r.do(hotline.Notify{Leg: testLeg, Code: 486}) // said too late
	l.p.none("NOTIFY", 100*time.Millisecond)

	l.refer("<sip:8003@" + l.p.engine.String() + ";method=INVITE>") // the next one, by its number (§2.4.6)
	l.p.want("202 REFER")
	if n = l.notified(481); n.get("event") != fmt.Sprintf("refer;id=%d", l.seq) {
		t.Errorf("%+v", n)
	}
	want(r, func(s hotline.Referred) bool { return s.To == "8003" })
	leg, quiet := r.sw.leg(testLeg), make(chan bool, 1)
	for ok := false; !ok; ok = <-quiet {
		r.sw.post(leg, func() { quiet <- leg.refer.quiet })
	}
	r.do(hotline.Notify{Leg: testLeg, Code: 603}) // the phone no longer knows of it: nothing is told
	l.p.none("NOTIFY", 100*time.Millisecond)
	if !r.sw.Alive(testLeg) {
		t.Error("a NOTIFY refused has ended the call")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestReferSaysWhyNot: what the call has against a transfer stands in the phrase that the phone shows, and as a warning.
func TestReferSaysWhyNot(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	l.refer("<sip:claims@" + testDomain + ">")
	l.p.want("202 REFER")
	l.notified(200)
	want[hotline.Referred](r, nil)
	const why = "A conference does not wait in a queue"
	r.do(hotline.Notify{Leg: testLeg, Code: 403, Why: why})
	n := l.notified(200)
	if !strings.HasPrefix(n.body, "SIP/2.0 403 "+why+"\r\nWarning: 399 ") || !strings.HasSuffix(n.body, " \""+why+"\"\r\n") ||
		!strings.HasPrefix(n.get("subscription-state"), "terminated") {
		t.Errorf("%+v", n)
	}
}

// TestReferRefused: who may not transfer, and what is no transfer.
func TestReferRefused(t *testing.T) {
	r := newRig(t, nil)
	trunk, _, _ := r.inbound()
	trunk.refer("<sip:8002@" + testDomain + ">")
	trunk.p.want("403 REFER")
	l := r.agentCall(testCall, testLeg)
	for to, code := range map[string]string{
		"<sip:8002@elsewhere.example>":                                 "403",
		"<sip:8002@" + testDomain + ";method=BYE>":                     "403",
		"<http://example.com/>":                                        "416",
		"<sip:" + testDomain + ">":                                     "404",
		"<sip:" + strings.Repeat("1", 500) + "@" + testDomain + ">":    "404",
		"<sip:1@" + testDomain + "?Replaces=x>":                        "400",
		"<sip:1@" + testDomain + ">, <sip:2@" + testDomain + ">":       "400",
		"<sip:1@" + testDomain + "?Replaces=a%3bto-tag%3D1%0d%0aX%3a>": "400",
	} {
		l.refer(to)
		l.p.want(code + " REFER")
	}
	l.ask("REFER", "") // without a Refer-To
	l.p.want("400 REFER")
	elsewhere, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)}) // in the dialog, from another host
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	l.seq++
	l.extra = "Refer-To: <sip:8002@" + testDomain + ">\r\n"
	if _, err := elsewhere.WriteToUDPAddrPort([]byte(l.request("REFER", l.seq, "z9hG4bK"+word(), "", "")), r.addr); err != nil {
		t.Fatal(err)
	}
	l.extra = ""
	answer := make([]byte, 2048)
	if err := elsewhere.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := elsewhere.Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 403 ") {
		t.Errorf("from another host: %q %v", answer[:n], err)
	}
	alone := newPhone(t, r.addr).dialler("8002") // outside a dialog
	alone.refer("<sip:8002@" + testDomain + ">")
	alone.p.want("481 REFER")
	refused := 0
	if n := r.count(func(s hotline.Signal) bool {
		f, ok := s.(hotline.Referred)
		if ok && f.Refused != 0 {
			refused++
		}
		return ok && f.Refused == 0
	}); n != 0 || refused != 7 { // those of the agent's own phone that name one place
		t.Errorf("%d transfers, %d refused", n, refused)
	}
	for _, one := range []*line{l, trunk} {
		one.ask("BYE", "")
		one.p.want("200 BYE")
	}
}

// TestReferQuiet: a phone that wants to hear nothing is told nothing (RFC 4488).
func TestReferQuiet(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	l.extra = "Require: norefersub\r\nRefer-Sub: false\r\nReferred-By: <sip:8001@" + testDomain + ">\r\nRefer-To: <sip:8002@" + testDomain + ">\r\n"
	l.ask("REFER", "")
	l.extra = ""
	if res := l.p.want("202 REFER"); res.get("refer-sub") != "false" {
		t.Errorf("%+v", res)
	}
	want[hotline.Referred](r, nil)
	r.do(hotline.Notify{Leg: testLeg, Code: 200})
	l.p.none("NOTIFY", 100*time.Millisecond)
	l.refer("<tel:0571-8888(6666)>") // the last word was said: another one may be asked for
	l.p.want("202 REFER")
	want(r, func(s hotline.Referred) bool { return s.To == "057188886666" })
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseTransferred})
	l.p.reply(l.p.want("BYE"), 200, "", "")
}

func replacesOf(l *line) string {
	return fmt.Sprintf("%s;to-tag=%s;from-tag=%s", l.callID, tagIn(l.them), tagIn(l.me))
}

// TestReferReplaces is an attended transfer (RFC 5589 §7): the agent's two dialogs, one in the Refer-To of the other, while the
// second rings and when it is up; and dialogs that are another's, or nobody's.
func TestReferReplaces(t *testing.T) {
	r := newRig(t, nil)
	first := r.agentCall(testCall, testLeg)
	p := first.p
	to := func(l *line) string {
		return "<sip:x@example.net?Replaces=" + url.QueryEscape(replacesOf(l)) + ">"
	}
	for _, up := range []bool{false, true} {
		second, in := r.agentLine(p, "8001", "8002", "", up)
		first.refer(to(second))
		p.want("202 REFER")
		p.reply(p.want("NOTIFY"), 200, "", "")
		if s := want(r, func(s hotline.Referred) bool { return s.Replaces != noLeg }); s.Leg != testLeg || s.Replaces != in.Leg {
			t.Errorf("%+v, want %s", s, in.Leg)
		}
		r.do(hotline.Notify{Leg: testLeg, Code: 200})
		p.reply(p.want("NOTIFY"), 200, "", "")
		r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseTransferred})
		if up {
			p.reply(p.want("BYE"), 200, "", "")
		} else {
			second.ackRefusal(p.want("480 INVITE"))
		}
		want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
		r.mu.Lock()
		r.sigs = nil
		r.mu.Unlock()
	}
	stranger := newPhone(t, r.addr)
	theirs, _ := r.agentLine(stranger, "8002", "95500", "", true)
	gone := *theirs
	gone.callID = "nobody's"
	for _, l := range []*line{theirs, &gone} {
		first.refer(to(l))
		p.want("202 REFER")
		p.reply(p.want("NOTIFY"), 200, "", "")
		want(r, func(s hotline.Referred) bool { return s.Leg == testLeg && s.Replaces == noLeg })
		r.do(hotline.Notify{Leg: testLeg, Code: 481})
		if n := p.want("NOTIFY"); !strings.Contains(n.body, "481") {
			t.Errorf("%s", n.body)
		} else {
			p.reply(n, 200, "", "")
		}
		r.mu.Lock()
		r.sigs = r.sigs[:0]
		r.mu.Unlock()
	}
	for _, l := range []*line{first, theirs} {
		l.ask("BYE", "")
		l.p.want("200 BYE")
	}
}

// TestInviteReplaces: an INVITE that is to take the place of a dialog (RFC 3891 §3).
func TestInviteReplaces(t *testing.T) {
	r := newRig(t, nil)
	l := r.agentCall(testCall, testLeg)
	p := newPhone(t, r.addr)
	refused := func(replaces, code string) {
		t.Helper()
		m := p.dialler("8001")
		m.me = fmt.Sprintf("<sip:8002@%s>;tag=%s", testDomain, word())
		m.ask("INVITE", p.sdp(1))
		res := p.want("401 INVITE")
		m.ackRefusal(res)
		m.extra = digestFor(res, "8002", "INVITE", m.target)
		for _, v := range strings.Split(replaces, "|") {
			m.extra += "Replaces: " + v + "\r\n"
		}
		m.ask("INVITE", p.sdp(1))
		m.ackRefusal(p.want(code + " INVITE"))
	}
	good := replacesOf(l)
	refused("x", "400")
	refused(good+"|"+good, "400")
	refused(l.callID+";to-tag=a;from-tag=b", "481")
	refused(fmt.Sprintf("%s;to-tag=%s;from-tag=b", l.callID, tagIn(l.them)), "481")
	refused(good+";early-only", "486")
	early, _ := r.agentLine(newPhone(t, r.addr), "8003", "95500", "", false)
	refused(replacesOf(early), "481") // an early dialog that we did not begin
	trunk := p.dialler("95500")
	trunk.extra = "Require: replaces\r\nReplaces: " + good + "\r\n"
	trunk.ask("INVITE", p.sdp(1))
	trunk.ackRefusal(p.want("403 INVITE")) // a trunk takes nothing over

	taker, in := r.agentLine(p, "8002", "8001", "Replaces: "+good+"\r\n", true)
	if in.Replaces != testLeg || in.Agent != "8002" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseTransferred})
	bye := l.p.want("BYE")
	want(r, func(s hotline.Ended) bool { return s.Leg == testLeg })
	refused(good, "603") // it has ended, its last word is not answered yet
	l.p.reply(bye, 200, "", "")
	taker.ask("BYE", "")
	p.want("200 BYE")
	early.cancel()
	early.p.want("200 CANCEL")
	early.ackRefusal(early.p.want("487 INVITE"))
}

// TestMixOfTwoCalls: a leg that came in as a call of its own is joined with those of another, and is silent when the next Mix
// of that call no longer names it.
func TestMixOfTwoCalls(t *testing.T) {
	r := newRig(t, nil)
	a, in, answer := r.inbound()
	b, inB, _ := r.inbound()
	r.do(hotline.Pair(in.Call, in.Leg, inB.Leg, 0))
	a.p.speak(answer.body, 0x11, 20)
	if !b.p.hears(160) {
		t.Error("the leg of the other call hears nothing")
	}
	r.do(hotline.Mix{Call: in.Call})
	time.Sleep(50 * time.Millisecond)
	b.p.forget()
	a.p.speak(answer.body, 0x11, 10)
	b.p.mu.Lock()
	if strings.Contains(string(b.p.heard), "\x11\x11\x11") {
		t.Error("it still hears the other call")
	}
	b.p.mu.Unlock()
	for _, l := range []*line{a, b} {
		l.ask("BYE", "")
		l.p.want("200 BYE")
	}
}

func FuzzReplaces(f *testing.F) {
	for _, s := range []string{"a@b;to-tag=1;from-tag=2;early-only", "a;from-tag=0;to-tag=", ";to-tag=1;from-tag=2", "a;to-tag=1;to-tag=2;from-tag=3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := readReplaces(s)
		if ok && (r.callID == "" || r.toTag == "" || r.fromTag == "" || strings.ContainsAny(r.callID+r.toTag+r.fromTag, ";\r\n")) {
			t.Errorf("%q: %+v", s, r)
		}
		if v, ok := headerOf(s, "replaces"); ok && len(v) > len(s) {
			t.Errorf("%q: %q", s, v)
		}
	})
}

package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// TestRFC3665 plays the sixteen basic call flows of RFC 3665. Proxies between the two are what they are for a user agent: Record-Route,
// challenges, redirections and silence.
func TestRFC3665(t *testing.T) {
	for name, flow := range map[string]func(*testing.T){
		"2.1 new registration":              newRegistration,
		"2.2 update of contact list":        updateOfContacts,
		"2.3 request for contact list":      requestForContacts,
		"2.4 cancellation of registration":  cancelledRegistration,
		"2.5 unsuccessful registration":     unsuccessfulRegistration,
		"3.1 session establishment":         func(t *testing.T) { sessionThrough(t, 0) },
		"3.2 through two proxies":           func(t *testing.T) { sessionThrough(t, 2) },
		"3.3 multiple proxy authentication": multipleAuthentication,
		"3.4 with proxy failure":            proxyFailure,
		"3.5 through a SIP ALG":             throughALG,
		"3.6 redirect, SDP in ACK":          redirectAndLateOffer,
		"3.7 re-INVITE, IP address change":  addressChange,
		"3.8 no answer":                     noAnswer,
		"3.9 busy":                          func(t *testing.T) { unsuccessful(t, 486, hotline.CauseBusy) },
		"3.10 no response from user agent":  noResponse,
		"3.11 temporarily unavailable":      func(t *testing.T) { unsuccessful(t, 480, hotline.CauseNoAnswer) },
	} {
		t.Run(name, flow)
	}
}

// registrar asks the registrar for something, with the password, and returns its answer.
func (p *phone) registrar(user, contact, expires, password string) *sipMsg {
	p.t.Helper()
	uri := "sip:" + testDomain
	l := &line{p: p, callID: word(), me: fmt.Sprintf("<sip:%s@%s>;tag=%s", user, testDomain, word()), them: fmt.Sprintf("<sip:%s@%s>", user, testDomain), target: uri}
	send := func(extra string) *sipMsg {
		l.seq++
		l.extra = expires + extra
		text := l.request("REGISTER", l.seq, "z9hG4bK"+word(), "", "")
		own := "Contact: <sip:me@" + p.addr() + ">\r\n"
		if contact != "own" {
			text = strings.Replace(text, own, contact, 1)
		}
		p.send(text)
		select {
		case m := <-p.regs:
			return m
		case <-time.After(5 * time.Second):
			p.t.Fatal("REGISTER not answered")
			return nil
		}
	}
	challenge := send("")
	if challenge.code() != 401 {
		p.t.Fatalf("%s, want a challenge", challenge.start)
	}
	credentials := digestFor(challenge, user, "REGISTER", uri)
	if password != testPassword {
		credentials = strings.Replace(credentials, `response="`, `response="0000`, 1)
	}
	return send(credentials)
}

func newRegistration(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	res := p.registrar("8001", "own", "Expires: 300\r\n", testPassword)
	if res.code() != 200 || !strings.Contains(res.get("contact"), "<sip:me@"+p.addr()+">") || !strings.Contains(res.get("contact"), "expires=300") {
		t.Errorf("%s %v", res.start, res.heads)
	}
}

func updateOfContacts(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.registrar("8001", "own", "", testPassword)
	other := newPhone(t, r.addr)
	res := other.registrar("8001", "own", "", testPassword)
	if all := strings.Join(res.all("contact"), ","); res.code() != 200 || !strings.Contains(all, p.addr()) || !strings.Contains(all, other.addr()) {
		t.Errorf("%s %v", res.start, res.all("contact"))
	}
}

func requestForContacts(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.registrar("8001", "own", "", testPassword)
	res := p.registrar("8001", "", "", testPassword)
	if res.code() != 200 || !strings.Contains(res.get("contact"), "<sip:me@"+p.addr()+">") {
		t.Errorf("%s %v", res.start, res.heads)
	}
}

func cancelledRegistration(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.registrar("8001", "own", "", testPassword)
	want(r, func(s hotline.DeviceUp) bool { return s.Agent == "8001" })
	res := p.registrar("8001", "Contact: *\r\n", "Expires: 0\r\n", testPassword)
	if res.code() != 200 || res.get("contact") != "" {
		t.Errorf("%s %v", res.start, res.heads)
	}
	want(r, func(s hotline.DeviceDown) bool { return s.Agent == "8001" })
}

func unsuccessfulRegistration(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	if res := p.registrar("8001", "own", "", "wrong"); res.code() != 401 {
		t.Error(res.start)
	}
	if r.sw.wire.Contacts("8001") != nil {
		t.Error("registered")
	}
}

// sessionThrough sets a session up, ended by the caller, by so many proxies that record their route.
func sessionThrough(t *testing.T, proxies int) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	for i := range proxies {
		l.extra += fmt.Sprintf("Record-Route: <sip:ss%d@%s;lr>\r\n", proxies-i, p.addr())
	}
	l.ask("INVITE", p.sdp(1))
	l.extra = ""
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Ring{Leg: in.Leg})
	ring := p.want("180 INVITE")
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	if len(ring.all("record-route")) != proxies || len(res.all("record-route")) != proxies {
		t.Errorf("%d and %d routes", len(ring.all("record-route")), len(res.all("record-route")))
	}
	want[hotline.PickedUp](r, nil)
	p.speak(res.body, 0x55, 3)
	want[hotline.MediaUp](r, nil)
	l.ask("BYE", "")
	p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

// multipleAuthentication: a proxy asks, then whoever stands behind it.
func multipleAuthentication(t *testing.T) {
	r, carrier := outRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	inv := carrier.want("INVITE")
	for code, asks := range []string{`Proxy-Authenticate: Digest realm="atlanta", nonce="n1", qop="auth"`, `WWW-Authenticate: Digest realm="biloxi", nonce="n2", qop="auth"`} {
		carrier.reply(inv, []int{407, 401}[code], fmt.Sprint("p", code), "", asks)
		carrier.want("ACK")
		inv = carrier.want("INVITE")
	}
	if !strings.Contains(inv.get("proxy-authorization"), `realm="atlanta"`) || !strings.Contains(inv.get("authorization"), `realm="biloxi"`) {
		t.Errorf("%v", inv.heads)
	}
	carrier.reply(inv, 200, "a", carrier.sdp(1))
	carrier.want("ACK")
	want[hotline.PickedUp](r, nil)
	carrier.called(inv, "a").ask("BYE", "")
	carrier.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)
}

func proxyFailure(t *testing.T) {
	first, second := newPhone(t, netip.AddrPort{}), newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{
			wire.ServerAt(netip.MustParseAddrPort(first.addr())), wire.ServerAt(netip.MustParseAddrPort(second.addr())),
		}}}
	})
	first.engine, second.engine = r.addr, r.addr
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	first.want("INVITE") // it says nothing
	inv := second.want("INVITE")
	second.reply(inv, 200, "a", second.sdp(1))
	second.want("ACK")
	want[hotline.PickedUp](r, nil)
	second.called(inv, "a").ask("BYE", "")
	second.want("200 BYE")
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == testLeg }); end.Cause != hotline.CauseHangup {
		t.Errorf("%+v", end)
	}
}

// throughALG: what the phone says of itself is an address that nobody reaches; it is called where its requests come from.
func throughALG(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	p.registrar("8001", "Contact: <sip:me@192.0.2.1:5060>\r\n", "", testPassword)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	inv := p.want("INVITE")
	p.reply(inv, 200, "a", strings.Replace(p.sdp(1), "c=IN IP4 127.0.0.1", "c=IN IP4 192.0.2.1", 1), "Contact: <sip:me@192.0.2.1:5060>")
	if ack := p.want("ACK"); !strings.HasPrefix(ack.start, "ACK sip:me@192.0.2.1:5060 ") {
		t.Error(ack.start)
	}
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")
	r.finishes(testLeg, hotline.CauseHangup)
}

func redirectAndLateOffer(t *testing.T) {
	r := newRig(t, nil)
	a, b, inv := twoAgents(t, r)
	a.reply(inv, 302, "a", "", "Contact: <sip:8002@"+testDomain+">")
	a.want("ACK")
	next := b.want("INVITE")
	b.reply(next, 200, "b", b.sdp(1))
	b.want("ACK")
	want[hotline.PickedUp](r, nil)
	b.called(next, "b").ask("BYE", "")
	b.want("200 BYE")
	r.finishes(testLeg, hotline.CauseHangup)

	l, in, res := r.moratorium("") // and as the one who is called: the offer in the 200, the answer in the ACK
	l.made(res).ack(l.p.sdp(1))
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

// addressChange: the phone's media and signalling move, and move along in mid-call.
func addressChange(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	moved := newPhone(t, r.addr)
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"tone:busy"}, Loop: true})
	if !l.p.hears(300) {
		t.Fatal("nothing heard")
	}
	old := l.p
	l.p = moved
	res := l.reinvite(moved.sdp(2))
	if dirOf(res.body) != "sendrecv" {
		t.Error(res.body)
	}
	if !moved.hears(300) {
		t.Error("nothing heard at the new address")
	}
	old.forget()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	moved.reply(moved.want("BYE"), 200, "", "")
	r.finishes(in.Leg, hotline.CauseHangup)
}

func noAnswer(t *testing.T) {
	r := newRig(t, nil)
	l, in := r.ringing("", "own")
	r.do(hotline.Ring{Leg: in.Leg})
	l.p.want("180 INVITE")
	l.cancel()
	l.ackRefusal(l.p.want("487 INVITE"))
	r.finishes(in.Leg, hotline.CauseCancelled)
}

func unsuccessful(t *testing.T, code int, cause hotline.Cause) {
	r := newRig(t, nil)
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, code, "a", "")
	p.want("ACK")
	if f := want[hotline.Failed](r, nil); f.Cause != cause || f.Code != code {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}

func noResponse(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.dialAgent(testCall, testLeg, func(d *hotline.Dial) { d.Timeout = 200 * time.Millisecond })
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseUnreachable || f.Code != 0 {
		t.Errorf("%+v", f)
	}
	p.none("CANCEL", 50*time.Millisecond) // nothing to cancel before a provisional answer (RFC 3261 §9.1)
}

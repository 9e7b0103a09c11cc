package sip

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// withPassword has the trunk of newRig, from which callers come, ask for one.
func withPassword(c *Config) {
	c.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, User: "95500", Password: `p"w`}}
}

const (
	asksServer = `WWW-Authenticate: Digest realm="carrier", nonce=%q, algorithm=MD5, qop="auth"`
	asksProxy  = `Proxy-Authenticate: Digest realm="carrier", nonce=%q, algorithm=MD5, qop="auth"`
)

// proves checks the credentials of a request: of the realm "carrier", by the nonce, the nc-th with it.
func (m *sipMsg) proves(t *testing.T, field, nonce string, nc int) {
	t.Helper()
	got, ok := digest.ReadCredentials(m.get(field))
	if !ok || len(m.all(field)) != 1 || got.Realm != "carrier" || got.Nonce != nonce || got.NC != fmt.Sprintf("%08x", nc) || got.URI != strings.Fields(m.start)[1] {
		t.Fatalf("%s: %q, want nonce %s, nc %d", m.start, m.all(field), nonce, nc)
	}
	sum := md5.Sum([]byte(`95500:carrier:p"w`))
	if want := wiretest.DigestResponse(hex.EncodeToString(sum[:]), m.method(), got); got.Response != want {
		t.Errorf("%s: response %s, want %s", m.start, got.Response, want)
	}
}

func (m *sipMsg) bare() bool {
	return m.get("authorization") == "" && m.get("proxy-authorization") == ""
}

// TestDialogProves: what the trunk asked the INVITE for goes with every further request in the dialog at once, with the next count of the
// nonce, and with the ACK as with the INVITE; a nonce that has grown old is followed.
func TestDialogProves(t *testing.T) {
	const field = "proxy-authorization"
	r, carrier := outRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	inv := carrier.want("INVITE")
	carrier.reply(inv, 407, "a", "", fmt.Sprintf(asksProxy, "n1"))
	if !carrier.want("ACK").bare() {
		t.Error("the ACK of a refusal says who we are")
	}
	inv = carrier.want("INVITE")
	inv.proves(t, field, "n1", 1)
	noKeys := strings.NewReplacer(" 8 0 101", " 8 0", "a=rtpmap:101 telephone-event/8000\r\n", "").Replace(carrier.sdp(1))
	carrier.reply(inv, 183, "b", noKeys, "Require: 100rel", "RSeq: 7")
	prack := carrier.want("PRACK")
	prack.proves(t, field, "n1", 2)
	carrier.reply(prack, 200, "", "")
	carrier.reply(inv, 200, "b", noKeys)
	ack := carrier.want("ACK")
	if ack.get(field) == "" || ack.get(field) != inv.get(field) || ack.seq() != inv.seq() {
		t.Errorf("ACK %q of INVITE %q", ack.get(field), inv.get(field))
	}
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Press{Leg: testLeg, Keys: "4", Press: 1})
	info := carrier.want("INFO")
	info.proves(t, field, "n1", 3)
	carrier.reply(info, 407, "", "", fmt.Sprintf(asksProxy, "n2")+", stale=true")
	again := carrier.want("INFO")
	again.proves(t, field, "n2", 1)
	if again.seq() != info.seq()+1 || again.get("call-id") != info.get("call-id") || again.get("via") == info.get("via") || again.body != info.body {
		t.Errorf("%+v after %+v", again, info)
	}
	carrier.reply(again, 200, "", "")
	want(r, func(s hotline.Pressed) bool { return !s.Refused })
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := carrier.want("BYE")
	bye.proves(t, field, "n2", 2)
	carrier.reply(bye, 200, "", "")
	r.idle(time.Second)
}

// TestCalledProves: a trunk that called us asks who hangs up. It gets an answer once, and once more for an old nonce.
func TestCalledProves(t *testing.T) {
	r := newRig(t, withPassword)
	for _, last := range []string{"", ", stale=true"} {
		l, in, _ := r.inbound()
		r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
		bye := l.p.want("BYE")
		if !bye.bare() {
			t.Error("nobody has asked")
		}
		l.p.reply(bye, 401, "", "", fmt.Sprintf(asksServer, "n1"))
		again := l.p.want("BYE")
		again.proves(t, "authorization", "n1", 1)
		if again.seq() != bye.seq()+1 || again.get("reason") != bye.get("reason") {
			t.Errorf("%+v", again)
		}
		l.p.reply(again, 401, "", "", fmt.Sprintf(asksServer, "n2")+last)
		if last != "" {
			third := l.p.want("BYE")
			third.proves(t, "authorization", "n2", 1)
			l.p.reply(third, 401, "", "", fmt.Sprintf(asksServer, "n3")+last)
		}
		l.p.none("BYE", 100*time.Millisecond)
		r.idle(time.Second)
	}
}

// TestRefreshProves: the session of a trunk that asks for every refresh goes on, by UPDATE and by re-INVITE.
func TestRefreshProves(t *testing.T) {
	r := quick(t, withPassword)
	l, in, _ := r.timedCall("Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 200;refresher=uas\r\n")
	up := l.p.want("UPDATE")
	l.p.reply(up, 407, "", "", fmt.Sprintf(asksProxy, "n1"))
	again := l.p.want("UPDATE")
	again.proves(t, "proxy-authorization", "n1", 1)
	if again.seq() != up.seq()+1 || again.get("session-expires") != up.get("session-expires") {
		t.Errorf("%+v", again)
	}
	l.p.reply(again, 405, "", "", "Allow: INVITE")
	re := l.p.want("INVITE")
	re.proves(t, "proxy-authorization", "n1", 2)
	l.p.reply(re, 407, "", "", fmt.Sprintf(asksProxy, "n2")+", stale=true")
	l.p.want("ACK")
	second := l.p.want("INVITE")
	second.proves(t, "proxy-authorization", "n2", 1)
	if second.seq() != re.seq()+1 || second.body != re.body {
		t.Errorf("%+v after %+v", second, re)
	}
	l.p.reply(second, 200, "", l.p.sdp(1), "Session-Expires: 200;refresher=uac", "Supported: timer", `Authentication-Info: nextnonce="ignored"`)
	ack := l.p.want("ACK")
	if ack.seq() != second.seq() || ack.get("proxy-authorization") != second.get("proxy-authorization") {
		t.Errorf("%+v", ack)
	}
	third := l.p.want("INVITE")
	third.proves(t, "proxy-authorization", "n2", 2)
	l.p.reply(third, 200, "", l.p.sdp(1), "Session-Expires: 200;refresher=uac", "Supported: timer")
	l.p.want("ACK")
	if !r.sw.Alive(in.Leg) {
		t.Error("the call is over")
	}
	l.ask("BYE", "")
	l.p.want("200 BYE")
	r.idle(time.Second)
}

// TestNextNonce: a server may name the nonce of the next request in a success.
func TestNextNonce(t *testing.T) {
	r, carrier := outRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	carrier.reply(carrier.want("INVITE"), 401, "a", "", fmt.Sprintf(asksServer, "n1"))
	carrier.want("ACK")
	inv := carrier.want("INVITE")
	carrier.reply(inv, 200, "b", carrier.sdp(1), `Authentication-Info: nextnonce="n2", qop=auth`)
	carrier.want("ACK").proves0(t, inv)
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := carrier.want("BYE")
	bye.proves(t, "authorization", "n2", 1)
	carrier.reply(bye, 200, "", "")
	r.idle(time.Second)
}

// proves0 checks that the ACK has the INVITE's credentials (RFC 3261 §22.1).
func (m *sipMsg) proves0(t *testing.T, invite *sipMsg) {
	t.Helper()
	if m.get("authorization") == "" || m.get("authorization") != invite.get("authorization") {
		t.Errorf("ACK %q of INVITE %q", m.get("authorization"), invite.get("authorization"))
	}
}

// TestLateAnswerProves: who picks up when the call is over is hung up on, also where the trunk asks who does that.
func TestLateAnswerProves(t *testing.T) {
	r, carrier := outRig(t)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	carrier.reply(carrier.want("INVITE"), 401, "x", "", fmt.Sprintf(asksServer, "n1"))
	carrier.want("ACK")
	inv := carrier.want("INVITE")
	carrier.reply(inv, 200, "a", carrier.sdp(1))
	carrier.want("ACK")
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	carrier.reply(carrier.want("BYE"), 200, "", "")
	r.idle(time.Second)
	carrier.reply(inv, 200, "b", carrier.sdp(1))
	carrier.want("ACK").proves0(t, inv)
	bye := carrier.want("BYE")
	bye.proves(t, "authorization", "n1", 3)
	carrier.reply(bye, 401, "", "", fmt.Sprintf(asksServer, "n2")+", stale=true")
	again := carrier.want("BYE")
	again.proves(t, "authorization", "n2", 1)
	if tagIn(again.get("to")) != "b" || again.seq() != bye.seq()+1 {
		t.Errorf("%+v", again)
	}
	carrier.reply(again, 200, "", "")
}

// TestNobodyElseIsTold: not another realm than the one that asked before, not another place than the trunk's, and nobody behind the
// trunk's proxies has us sign a call to one of the trunk's numbers (CVE-2021-41158 and digest relaying).
func TestNobodyElseIsTold(t *testing.T) {
	t.Run("another realm", func(t *testing.T) {
		r, carrier := outRig(t)
		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
		carrier.reply(carrier.want("INVITE"), 407, "a", "", fmt.Sprintf(asksProxy, "n1"))
		carrier.want("ACK")
		carrier.reply(carrier.want("INVITE"), 200, "b", carrier.sdp(1))
		carrier.want("ACK")
		want[hotline.PickedUp](r, nil)
		r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
		carrier.reply(carrier.want("BYE"), 401, "", "", `WWW-Authenticate: Digest realm="bait", nonce="n", algorithm=MD5`,
			`WWW-Authenticate: Digest realm="Carrier", nonce="n", algorithm=MD5`)
		carrier.none("BYE", 100*time.Millisecond)
		r.idle(time.Second)
	})
	t.Run("another place", func(t *testing.T) {
		r, carrier := outRig(t)
		far := newPhoneAt(t, net.IPv4(127, 0, 0, 2), r.addr)
		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
		carrier.reply(carrier.want("INVITE"), 401, "a", "", fmt.Sprintf(asksServer, "n1"))
		carrier.want("ACK")
		carrier.reply(carrier.want("INVITE"), 200, "b", carrier.sdp(1), "Contact: <sip:far@"+far.addr()+">")
		if ack := far.want("ACK"); !ack.bare() {
			t.Errorf("ACK %+v", ack)
		}
		want[hotline.PickedUp](r, nil)
		r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
		bye := far.want("BYE")
		if !bye.bare() {
			t.Errorf("BYE %+v", bye)
		}
		far.reply(bye, 401, "", "", fmt.Sprintf(asksServer, "n1"))
		far.none("BYE", 100*time.Millisecond)
		r.idle(time.Second)
	})
	t.Run("a number of the trunk behind its proxies", func(t *testing.T) {
		for target, told := range map[string]bool{"sip:900@127.0.0.1": false, "sip:900@192.0.2.9": true} {
			r := quick(t, withPassword)
			p := newPhone(t, r.addr)
			l := p.dialler("95500")
			l.extra = "Supported: timer\r\nSession-Expires: 200;refresher=uas\r\nRecord-Route: <sip:" + p.addr() + ";lr>\r\n"
			text := l.request("INVITE", l.seq, "z9hG4bK"+word(), p.sdp(1), "application/sdp")
			p.send(strings.Replace(text, "Contact: <sip:me@"+p.addr()+">", "Contact: <"+target+">", 1))
			in := want[hotline.Incoming](r, nil)
			r.do(hotline.Answer{Leg: in.Leg})
			l.made(p.want("200 INVITE"))
			l.ack("")
			re := p.want("INVITE")
			p.reply(re, 407, "", "", fmt.Sprintf(asksProxy, "n1"))
			p.want("ACK")
			next := p.want("INVITE") // at once, or as the next try of the refresh
			if next.bare() == told {
				t.Errorf("%s: %+v", target, next)
			}
			p.reply(next, 200, "", p.sdp(1), "Session-Expires: 200;refresher=uas", "Supported: timer")
			p.want("ACK")
			l.ask("BYE", "")
			p.want("200 BYE")
			r.idle(time.Second)
		}
	})
}

// TestSameNonceForTwo: two requests that are under way at once are asked by the same nonce, as servers do whose nonces hold for a while: each answer
// has a count of its own (RFC 7616 §3.4: a count that came before is a replay).
func TestSameNonceForTwo(t *testing.T) {
	r, carrier := outRig(t)
	noKeys := strings.NewReplacer(" 8 0 101", " 8 0", "a=rtpmap:101 telephone-event/8000\r\n", "").Replace(carrier.sdp(1))
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"})
	carrier.reply(carrier.want("INVITE"), 200, "b", noKeys)
	carrier.want("ACK")
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Press{Leg: testLeg, Keys: "12", Press: 1})
	first, second := carrier.want("INFO"), carrier.want("INFO")
	carrier.reply(first, 401, "", "", fmt.Sprintf(asksServer, "n1"))
	again := carrier.want("INFO")
	again.proves(t, "authorization", "n1", 1)
	carrier.reply(second, 401, "", "", fmt.Sprintf(asksServer, "n1"))
	other := carrier.want("INFO")
	other.proves(t, "authorization", "n1", 2)
	carrier.reply(again, 200, "", "")
	carrier.reply(other, 200, "", "")
	want(r, func(s hotline.Pressed) bool { return s.Press == 1 && !s.Refused })
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	bye := carrier.want("BYE")
	bye.proves(t, "authorization", "n1", 3)
	carrier.reply(bye, 200, "", "")
	r.idle(time.Second)
}

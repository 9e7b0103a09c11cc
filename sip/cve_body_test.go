package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"hotline"
	"hotline/sip/wire"
)

// 8. Payload types beyond their range and octets that end strings.
func TestCVE_2018_1000098_PayloadType(t *testing.T) {
	p := both(t, nil)
	for _, pt := range []string{"128", "255", "256", "65536", "2147483648", "4294967296", "4294967304", "18446744073709551616", "-1", "8\x00", "\x008", "8x", ""} {
		p.say(cveText("INVITE", cveSDP("m=audio 49170 RTP/AVP "+pt)), nil)
		p.say(cveText("INVITE", cveSDP("m=audio 49170 RTP/AVP 8", "a=rtpmap:"+pt+" PCMA/8000", "a=fmtp:"+pt+" 0-15\x00x")), nil)
		p.say(cveText("INVITE", cveSDP("m=audio 49170 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/"+pt, "a=fmtp:101 "+pt, "a=ptime:"+pt, "a=maxptime:"+pt)), nil)
	}
	p.live()
}

// 9. Lines in another order, a second address that is bad.
func TestCVE_2013_5642_SDPOrder(t *testing.T) {
	p := both(t, nil)
	for _, body := range []string{
		"v=0\r\nm=audio 49170 RTP/AVP 8\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n",
		"m=audio 49170 RTP/AVP 8\r\n",
		"a=rtpmap:8 PCMA/8000\r\nm=audio 49170 RTP/AVP 8\r\nv=0\r\nc=IN IP4 127.0.0.1\r\n",
		cveSDP("m=audio 49170 RTP/AVP 8", "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.256"),
		cveSDP("c=IN IP4 999.999.999.999", "m=audio 49170 RTP/AVP 8"),
		cveSDP("c=IN IP6 ::g", "m=audio 49170 RTP/AVP 8"),
		cveSDP("c=", "m=audio 49170 RTP/AVP 8"),
		cveSDP("c=IN", "m=", "m=audio", "m=audio 1", "m=audio 1 RTP/AVP"),
		cveSDP("m=audio 0 RTP/AVP 8"), cveSDP("m=audio 65536 RTP/AVP 8"), cveSDP("m=audio -1 RTP/AVP 8"), cveSDP("m=audio 49170/99999999 RTP/AVP 8"),
		cveSDP("m=image 4000 udptl t38"), cveSDP("m=image 4000 udptl t38", goodMedia), cveSDP(goodMedia, goodMedia, goodMedia),
		strings.Repeat("m=audio 49170 RTP/AVP 8\r\n", 2000),
		cveSDP("m=audio 49170 RTP/AVP " + strings.Repeat("8 ", 20000)),
	} {
		p.say(cveText("INVITE", body), nil)
	}
	p.live()
}

// 10. The last line has no end.
func TestGHSA_67w7_NoFinalNewline(t *testing.T) {
	p := both(t, nil)
	whole := cveSDP(goodMedia, "a=sendrecv")
	for n := len(whole); n > 0; n -= 3 {
		p.say(cveText("INVITE", whole[:n]), nil)
	}
	p.live()
}

// 11. What reading let through had fields that were never set, and was used later. The victim answers and hangs up, so
// that every address is used: for the answer, the BYE, the media.
func TestGHSA_wxfg_AcceptedThenUsed(t *testing.T) {
	p := both(t, nil)
	for _, uri := range []string{
		"sip:", "sip:@", "sip::", "sip:me@", "sip:me@:5060", "sip:me@h:", "sip:me@h:99999", "sip:me@h:-1", "sip:me@[", "sip:me@[]", "sip:me@[::1", "sip:me@[::1]:0",
		"sip:me@127.0.0.1:0", "sip:me@0.0.0.0", "sip:me@255.255.255.255", "sip:me@224.0.0.1:5060", "sips:me@127.0.0.1", "sip:me@h;transport=", "sip:me@h;transport=sctp",
		"sip:me@h;maddr=224.0.0.1", "sip:me@h;lr;lr;lr=;;;", "sip:me@h?Route=%3Csip:evil%3E", "sip:me@h?a=b&c", "sip:%00@h", "sip:%@h", "sip:%zz@h", "tel:", "*", "<>", "<sip:me@h", "sip:me@h>",
		"sip:me@" + strings.Repeat("h", 5000), "sip:" + strings.Repeat("%41", 2000) + "@h", "\"" + strings.Repeat("\\\"", 500) + "\" <sip:me@$ME>", "im:x", "http://$ME/",
	} {
		for _, field := range []string{"Contact: <%s>", "Contact: %s", "+Record-Route: <%s>", "+Route: <%s>", "From: <%s>;tag=1", "To: <%s>", "+P-Asserted-Identity: <%s>", "+Diversion: <%s>", "+Refer-To: <%s>", "Via: SIP/2.0/$NET %s;branch=z9hG4bKx"} {
			p.say(cveText("INVITE", cveSDP(goodMedia), fmt.Sprintf(field, uri)), nil)
		}
		p.say(cveText("INVITE", cveSDP(goodMedia), "URI: "+uri), nil)
	}
	p.live()
}

// 12. A key made of tags, one octet too long.
func TestCVE_2018_8828_LongTag(t *testing.T) {
	p := both(t, nil)
	for _, n := range []int{1, 127, 128, 129, 255, 256, 257, 1023, 1024, 4096, 20000} {
		long := strings.Repeat("t", n)
		p.say(cveText("INVITE", cveSDP(goodMedia), "From: <sip:1@h>;tag="+long), nil)
		p.say(cveText("INVITE", cveSDP(goodMedia), "Via: SIP/2.0/$NET $ME;rport;branch=z9hG4bK"+long), nil)
		p.say(cveText("INVITE", cveSDP(goodMedia), "Call-ID: "+long), nil)
		p.say(cveText("BYE", "", "To: <sip:1@h>;tag="+long, "From: <sip:1@h>;tag="+long), p.refused("BYE of nothing", 400, 481))
		p.say(cveText("REGISTER", "", "From: <sip:1@h>;tag="+long, "Call-ID: "+long), p.refused("REGISTER"))
	}
	p.live()
}

// 13. "Name :" slipped past what takes fields out. Here it is the field itself, for every reader alike.
func TestCVE_2020_28361_SpaceBeforeColon(t *testing.T) {
	p := both(t, nil)
	for _, gap := range []string{" ", "\t", "  \t "} {
		p.say(cveText("INVITE", "", "+To"+gap+": <sip:other@h>"), p.refused("a second To", 400))
		p.say(cveText("INVITE", "", "-Max-Forwards", "+Max-Forwards"+gap+": x"), p.refused("Max-Forwards", 400, 401))
		p.say(cveText("INVITE", cveSDP(goodMedia), "-Max-Forwards", "+Max-Forwards"+gap+": 0"), p.refused("no hops left", 483, 401))
		p.say(cveText("INVITE", "", "+Content-Length"+gap+": 9"), p.refused("a second length", 400))
	}
	p.live()
	if n := p.vs[1].calls.Load(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// 14. Control characters before the colon: one element takes it for the field, another does not.
func TestGHSA_4h4c_ControlInName(t *testing.T) {
	p := both(t, nil)
	for _, c := range []string{"\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "\u00a0", "\u200b", "\xff"} {
		for _, name := range []string{"To", "From", "Contact", "Call-ID", "Content-Length", "Authorization", "X-Any"} {
			p.say(cveText("INVITE", cveSDP(goodMedia), "+"+name+c+": <sip:x@y>;tag=1"), p.refused(fmt.Sprintf("%s%q", name, c), 400, 401))
			p.say(cveText("INVITE", cveSDP(goodMedia), "-"+name, "+"+c+name+": <sip:x@y>;tag=1"), p.refused(fmt.Sprintf("%q%s", c, name), 400, 401))
		}
	}
	p.live()
	if n := p.vs[1].calls.Load(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// 21. Whatever is not a call, a registration or a question was let through without a password.
func TestCVE_2021_37624_Unauthenticated(t *testing.T) {
	p := both(t, nil)
	for _, method := range []string{"MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REFER", "INFO", "UPDATE", "PRACK", "BYE", "REGISTER", "FOO"} {
		p.say(cveText(method, "hello", "Content-Type: text/plain", "Event: presence", "Refer-To: <sip:1900@premium.example>", "Expires: 3600"), p.refused(method))
		p.say(cveText(method, "hello", "Content-Type: text/plain", "To: <sip:8001@"+testDomain+">;tag=x", "Refer-To: <sip:1900@premium.example>"), p.refused(method+" in no dialog"))
		p.say(cveText(method, "", "From: <sip:8001@"+testDomain+">;tag=x"), p.refused(method+" in an agent's name"))
	}
	p.live()
}

// 25 (SDP half; STUN's is in package media). The second octet of a line was believed to be there.
func TestCVE_2022_31003_OneCharLines(t *testing.T) {
	p := both(t, nil)
	for c := byte(' '); c < 0x7f; c++ {
		p.say(cveText("INVITE", "v=0\r\n"+string(c)+"\r\n"+cveSDP(goodMedia, string(c), string(c)+"=", string(c)+"=\x00")+string(c)), nil)
	}
	for _, body := range []string{"v", "\r\n", "=", "v=", "\n\n\n", "a=\r\na", "m", "m="} {
		p.say(cveText("INVITE", body), nil)
	}
	p.live()
}

// 27. A message-summary with a long account, which stopped a transport without ending the process.
func TestCVE_2026_57191_MWINotify(t *testing.T) {
	p := both(t, nil)
	for _, n := range []int{100, 500, 1000, 5000, 50000} {
		body := "Messages-Waiting: yes\r\nMessage-Account: sip:" + strings.Repeat("%s%n", n/4) + "@h\r\nVoice-Message: 99999999999/99999999999 (9/9)\r\n"
		for _, to := range []string{"To: <sip:95500@h>", "To: <sip:95500@h>;tag=x"} {
			p.say(cveText("NOTIFY", body, "Content-Type: application/simple-message-summary", "Event: message-summary", "Subscription-State: active", to), p.refused("NOTIFY"))
		}
	}
	p.live()
}

// 28. Authorization of another realm, or with nothing in it.
func TestGHSA_64qc_AuthorizationOfAnotherRealm(t *testing.T) {
	p := both(t, nil)
	for _, a := range []string{
		`Digest username="8001", realm="other.example", nonce="abc", uri="sip:x", response="00000000000000000000000000000000"`, `Digest`, `Digest `, `Digest ,,,,`, ``,
		`Digest username=""`, `Digest username="8001"`, `Digest username="8001", realm="` + testDomain + `"`, `Digest realm="` + testDomain + `", nonce="", response=""`,
		`Digest username="8001", realm="` + testDomain + `", nonce="x", response="y", qop=auth-int, nc=zzz, cnonce="`, `Basic ODAwMTpzZWNyZXQ=`, `Bearer x`, "Digest \x00", strings.Repeat("Digest a=b,", 2000),
	} {
		for _, method := range []string{"REGISTER", "INVITE", "OPTIONS"} {
			for _, field := range []string{"Authorization", "Proxy-Authorization"} {
				line := "+" + field + ": " + a
				p.say(cveText(method, "", "From: <sip:8001@"+testDomain+">;tag=1", "To: <sip:8001@"+testDomain+">", line), p.refused(method+" "+a, 400, 401, 403))
				p.say(cveText(method, "", "From: <sip:8001@"+testDomain+">;tag=1", "To: <sip:8001@"+testDomain+">", line, line), p.refused(method+" "+a+" twice", 400, 401, 403))
			}
		}
	}
	p.live()
}

// 29. An Identity without its semicolon; and whatever else may stand in a field that nobody here reads.
func TestGHSA_mrq5_IdentityWithoutSemicolon(t *testing.T) {
	p := both(t, nil)
	for _, value := range []string{"abc", "abc;", ";info", ";info=", ";info=<", ";info=<>;alg", "", ";;;;", strings.Repeat("a.", 10000), "\x00\xff"} {
		for _, name := range []string{"Identity", "Identity-Info", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "History-Info", "Privacy", "Reason", "Session-Expires", "Min-SE", "RSeq", "RAck", "Replaces", "Referred-By", "Refer-To", "Subject", "Alert-Info", "User-Agent", "Date", "Timestamp", "Supported"} {
			p.say(cveText("INVITE", cveSDP(goodMedia), "+"+name+": "+value), nil)
		}
	}
	p.live()
}

// 30. A rule without addresses matched everybody. Here it matches nobody: table of who is whose.
func TestGHSA_qqxj_EmptyACL(t *testing.T) {
	v := newVictim(t, false, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "nobody"}, {Name: "server only", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort("127.0.0.77:5060"))}}, {Name: "far", Peers: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}}
	})
	for _, network := range []string{"udp", "tcp", "ws"} {
		got := v.say(t, network, strings.ReplaceAll(cveText("INVITE", cveSDP(goodMedia)), "$NET", strings.ToUpper(network)))
		onlyErrors(t, network, got, 401)
	}
	for _, c := range []struct{ from, trunk string }{
		{"203.0.113.9", "far"}, {"::ffff:203.0.113.9", "far"}, {"203.0.114.9", ""}, {"127.0.0.77", ""}, {"0.0.0.0", ""}, {"::", ""}, {"::1", ""},
	} {
		name := ""
		if found := v.sw.wire.TrunkAt(netip.MustParseAddr(c.from)); found != nil {
			name = found.Name
		}
		if name != c.trunk {
			t.Errorf("%s is %q's, want %q", c.from, name, c.trunk)
		}
	}
	if v.calls.Load() != 0 {
		t.Error("a call was let in")
	}
	v.lives(t)
}

// 31. A host that begins with a dot was handed to a resolver. No name in a message is ever looked up.
func TestGHSA_v428_DotHost(t *testing.T) {
	asked := swapResolver(t)
	p := newPair(t, nil)
	for _, host := range []string{".1", ".", "..", "a..b", "-", ".example.net", "example.net.", "looked.up.example.net", strings.Repeat("a", 64) + ".example.net", "xn--", "[::1%25eth0]"} {
		for _, field := range []string{"Contact: <sip:me@%s>", "+Record-Route: <sip:%s;lr>", "Via: SIP/2.0/UDP %s;branch=z9hG4bKh", "+Route: <sip:%s;lr>", "From: <sip:1@%s>;tag=1", "URI: sip:95500@%s"} {
			p.say(cveText("INVITE", strings.Replace(cveSDP(goodMedia), "127.0.0.1\r\nt=", host+"\r\nt=", 1), fmt.Sprintf(field, host)), nil)
		}
	}
	p.live()
	if n := asked.Load(); n != 0 {
		t.Errorf("%d names were looked up", n)
	}
}

// 32. Who calls is who proved it, not whom the From names; and his name is text.
func TestGHSA_2grh_IdentityOfWhoProvedIt(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	call := func(from, user string) *sipMsg {
		l := p.dialler("9000")
		l.me = from + ";tag=" + word()
		l.ask("INVITE", p.sdp(1))
		res := p.want("401 INVITE")
		l.ackRefusal(res)
		l.extra = digestFor(res, user, "INVITE", l.target)
		l.ask("INVITE", p.sdp(1))
		for {
			if m := <-p.in; m.code() > 100 && m.method() == "INVITE" && m.seq() == l.seq {
				if m.code() >= 300 {
					l.ackRefusal(m)
				}
				return m
			}
		}
	}
	if res := call("<sip:8001@"+testDomain+">", "8002"); res.code() != 403 {
		t.Errorf("one agent in another's name: %s", res.start)
	}
	const name = "\"\u202eevil\u202c\x00\x1b[31m\\\"\u2028Boss\""
	ended := make(chan int, 1)
	go func() { ended <- call(name+" <sip:8001@"+testDomain+">", "8001").code() }()
	in := want[hotline.Incoming](r, nil)
	if in.Agent != "8001" || strings.ContainsFunc(in.From.Name, func(c rune) bool { return c < ' ' || c == 0x7f || c >= 0x202a && c <= 0x202e || c == 0x2028 }) {
		t.Errorf("%q %q", in.Agent, in.From.Name)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	if code := <-ended; code != 486 {
		t.Errorf("ended with %d", code)
	}
}

// 34, 35. Names that would be commands, markup or paths elsewhere stay text; the names the engine gives are its own.
func TestGHSA_33x6_NamesAreText(t *testing.T) {
	v := newVictim(t, true, nil)
	for _, s := range []string{"../../../etc/passwd", "..%2f..%2fetc", "'; DROP TABLE calls; --", "*)(uid=*))(|(uid=*", "<script>alert(1)</script>", "${jndi:ldap://x}", "`id`", "$(id)", "|id", "C:\\con", "a/b", "%00"} {
		id := strings.NewReplacer(" ", "_").Replace(s) + word()
		v.say(t, "udp", strings.ReplaceAll(cveText("INVITE", cveSDP(goodMedia), "Call-ID: "+id, "From: \""+strings.NewReplacer(`\`, `\\`).Replace(s)+"\" <sip:1@h>;tag=1", "+X-Path: "+s), "$NET", "UDP"))
	}
	v.lives(t)
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, h := range v.sigs {
		if in, ok := h.sig.(hotline.Incoming); ok {
			n++
			if strings.ContainsFunc(string(in.Call)+string(in.Leg), func(c rune) bool {
				return !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-')
			}) {
				t.Errorf("the engine's own names hold the caller's text: %q", in.Call)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d calls", n)
	}
}

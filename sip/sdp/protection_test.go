package sdp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// secured is the engine's side with everything allowed.
func secured(offer Kind) *Session {
	l := testLocal()
	l.Policy = Policy{
		SDES: true, Fingerprint: Fingerprint{"sha-256", "AA:BB"}, Offer: offer, Seed: []byte("0123456789abcdef0123456789abcdef"),
	}
	return l
}

// key is a base64 key of n bytes.
func key(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n))) }

// fromBrowser is what Chromium offers, cut down to what matters.
func fromBrowser(ufrag, setup string) []string {
	return []string{
		"o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS x",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
		"a=candidate:1 1 udp 2122260223 b8c3.local 50000 typ host generation 0", "a=ice-ufrag:" + ufrag, "a=ice-pwd:0123456789012345678901ab", "a=ice-options:trickle",
		"a=fingerprint:sha-256 0A:0B", "a=setup:" + setup, "a=mid:0", "a=sendrecv", "a=msid:x y", "a=rtcp-mux", "a=rtcp-rsize",
		"a=rtpmap:111 opus/48000/2", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:13 CN/8000",
		"a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000", "a=ssrc:1 cname:x",
		"m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=bundle-only",
	}
}

// TestProtectionDialogue plays sessions whose media is protected and compares every text with the golden file. Keys are
// shortened there: they are the seed's.
func TestProtectionDialogue(t *testing.T) {
	var log strings.Builder
	keys := regexp.MustCompile(`inline:\S{8}\S+`)
	l := secured(Plain)
	read := func(lines []string) []Media {
		t.Helper()
		media, err := Parse(body(append([]string{"v=0", "c=IN IP4 192.0.2.1"}, lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		return media
	}
	show := func(title string, text []byte, terms *Terms, err error) {
		fmt.Fprintf(&log, "## %s\n", title)
		if err != nil {
			fmt.Fprintf(&log, "error: %v\n", err)
			return
		}
		log.WriteString(keys.ReplaceAllStringFunc(strings.ReplaceAll(string(text), "\r\n", "\n"), func(s string) string { return s[:15] + "…" }))
		if s := terms; s != nil {
			fmt.Fprintf(&log, "=> to %v/%v %s mux %v held %v %v in %s/%d mki %x out %s/%d peer %v client %v ice %s|%s\n", s.Remote, s.RTCP, s.Codec, s.Mux, s.Held(), s.Shield.Kind,
				s.Shield.In.Suite, len(s.Shield.In.Key), s.Shield.In.MKI, s.Shield.Out.Suite, len(s.Shield.Out.Key), s.Shield.Peer, s.Shield.Client, s.Shield.ICE.Ufrag, s.Shield.ICE.Peer)
		}
	}
	hear := func(title string, lines ...string) {
		t.Helper()
		text, terms, err := l.Answer(read(lines))
		show(title, text, &terms, err)
	}
	accept := func(title string, lines ...string) {
		t.Helper()
		terms, err := l.Accept(read(lines))
		show(title, nil, &terms, err)
	}
	begin := func(title string, offer Kind) {
		fmt.Fprintf(&log, "\n# %s\n\n", title)
		l = secured(offer)
	}
	begin("keys in the description", Plain)
	hear("SAVP, the offerer's order decides", "m=audio 4000 RTP/SAVP 8", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:"+key(30), "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"+key(30)+"|2^20|1:4", "a=crypto:3 AEAD_AES_128_GCM inline:"+key(28))
	hear("the same again", "m=audio 4000 RTP/SAVP 8", "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"+key(30)+"|2^20|1:4")
	hear("hold with another suite", "m=audio 4000 RTP/SAVP 8", "a=crypto:5 AES_256_CM_HMAC_SHA1_80 inline:"+key(46), "a=sendonly")
	show("our own offer", l.Offer(), nil, nil)
	accept("its answer", "m=audio 4000 RTP/SAVP 8", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"+key(30)+"|1:4")
	begin("an opportunity (RFC 8643)", Plain)
	hear("AVP with keys", "m=audio 4000 RTP/AVP 8", "a=rtcp-mux", "a=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:"+key(46)+"|2^31")
	show("our own offer", l.Offer(), nil, nil)
	begin("two lines: the protected one is taken", Plain)
	hear("AVP first", "m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/SAVPF 8", "a=crypto:1 AEAD_AES_256_GCM inline:"+key(44)+" WSH=64")
	begin("our offer with keys", SDES)
	show("offer", l.Offer(), nil, nil)
	accept("an answer with a tag that is not ours", "m=audio 4000 RTP/SAVP 8", "a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:"+key(30), "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key(30))
	accept("an answer", "m=audio 4000 RTP/SAVP 8", "a=crypto:1 AEAD_AES_128_GCM inline:"+key(28), "a=rtcp-mux")
	show("offer again", l.Offer(), nil, nil)
	begin("our offer with keys, a phone that does DTLS instead", SDES)
	show("offer", l.Offer(), nil, nil)
	accept("an answer", "m=audio 4000 RTP/SAVP 8", "a=setup:active", "a=fingerprint:sha-256 0A:0B", "a=rtcp-mux")
	show("offer again", l.Offer(), nil, nil)
	begin("our offer with keys, a phone that knows none", SDES)
	show("offer", l.Offer(), nil, nil)
	accept("an answer in the clear", "m=audio 4000 RTP/SAVP 8")
	show("offer again", l.Offer(), nil, nil)
	l.Policy.Require = true
	accept("that is not allowed", "m=audio 4000 RTP/SAVP 8")
	begin("DTLS without ICE", Plain)
	hear("actpass", "a=fingerprint:SHA-256 0a:0b", "a=setup:actpass", "m=audio 4000 UDP/TLS/RTP/SAVP 8", "a=rtcp-mux")
	show("our own offer", l.Offer(), nil, nil)
	accept("its answer", "m=audio 4000 UDP/TLS/RTP/SAVP 8", "a=setup:active", "a=fingerprint:sha-256 0A:0B", "a=rtcp-mux")
	hear("it wants us to begin", "m=audio 4000 RTP/SAVPF 8", "a=setup:passive", "a=fingerprint:sha-256 0A:0C")
	hear("and now does not mind: the association stays", "m=audio 4000 RTP/SAVPF 8", "a=setup:actpass", "a=fingerprint:sha-256 0A:0C")
	hear("not now", "m=audio 4000 RTP/SAVPF 8", "a=setup:holdconn", "a=fingerprint:sha-256 0A:0C")
	begin("our offer with DTLS", DTLS)
	show("offer", l.Offer(), nil, nil)
	accept("its answer", "m=audio 4000 UDP/TLS/RTP/SAVP 8", "a=setup:passive", "a=fingerprint:sha-256 0A:0B")
	begin("a browser calls", Plain)
	hear("offer", fromBrowser("abcd", "actpass")...)
	hear("again", fromBrowser("abcd", "actpass")...)
	hear("ICE restart", fromBrowser("efgh", "actpass")...)
	show("our own offer", l.Offer(), nil, nil)
	accept("its answer", fromBrowser("efgh", "active")...)
	l.Restart()
	show("it has moved: our offer restarts ICE", l.Offer(), nil, nil)
	show("and does so again, after a refusal", l.Offer(), nil, nil)
	accept("its answer", fromBrowser("ijkl", "active")...)
	show("our next offer does not", l.Offer(), nil, nil)
	accept("its answer", fromBrowser("ijkl", "active")...)
	l.Restart()
	show("our offer restarts ICE", l.Offer(), nil, nil)
	hear("its own restart comes first", fromBrowser("mnop", "actpass")...)
	show("and that was it", l.Offer(), nil, nil)
	accept("its answer", fromBrowser("mnop", "active")...)
	l.Restart()
	show("our offer restarts ICE", l.Offer(), nil, nil)
	accept("an answer that does not", fromBrowser("mnop", "active")...)
	show("all is as it was", l.Offer(), nil, nil)
	begin("a browser is called", WebRTC)
	show("offer", l.Offer(), nil, nil)
	accept("its answer", fromBrowser("abcd", "active")...)
	show("offer again", l.Offer(), nil, nil)
	accept("an answer in the clear", "m=audio 4000 RTP/AVP 8")
	golden(t, "protection.golden", log.String())
}

// TestPolicies: what is agreed to depends on what is allowed.
func TestPolicies(t *testing.T) {
	crypto := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key(30)
	tls := []string{"a=fingerprint:sha-256 0A:0B", "a=setup:actpass"}
	cases := []struct {
		name   string
		policy Policy
		lines  []string
		kind   Kind
		err    error
	}{
		{"keys where they may not be read", Policy{}, []string{"m=audio 4000 RTP/SAVP 8", crypto}, 0, ErrSecurity},
		{"the opportunity is not taken", Policy{}, []string{"m=audio 4000 RTP/AVP 8", crypto}, Plain, nil},
		{"in the clear is not allowed", Policy{Require: true, SDES: true}, []string{"m=audio 4000 RTP/AVP 8"}, 0, ErrSecurity},
		{"the opportunity must be taken", Policy{Require: true, SDES: true}, []string{"m=audio 4000 RTP/AVP 8", crypto}, SDES, nil},
		{"no suite in common", Policy{SDES: true}, []string{"m=audio 4000 RTP/SAVP 8", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + key(30)}, 0, ErrSecurity},
		{"no key at all", Policy{SDES: true}, []string{"m=audio 4000 RTP/SAVP 8"}, 0, ErrSecurity},
		{"DTLS not allowed", Policy{SDES: true}, append([]string{"m=audio 4000 UDP/TLS/RTP/SAVPF 8", crypto}, tls...), 0, ErrSecurity},
		{"DTLS without a fingerprint", Policy{Fingerprint: Fingerprint{"sha-256", "A"}}, []string{"m=audio 4000 UDP/TLS/RTP/SAVPF 8"}, 0, ErrSecurity},
		{"an unknown profile", Policy{SDES: true}, []string{"m=audio 4000 RTP/SAVP2 8", crypto}, 0, ErrNoCodec},
		{"ICE without mux", Policy{Fingerprint: Fingerprint{"sha-256", "A"}}, append([]string{"m=audio 4000 UDP/TLS/RTP/SAVPF 8", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901"}, tls...), 0, ErrSecurity},
		{"both ways beside SAVP: keys", Policy{SDES: true, Fingerprint: Fingerprint{"sha-256", "A"}}, append([]string{"m=audio 4000 RTP/SAVP 8", crypto}, tls...), SDES, nil},
		{"both ways, keys not allowed", Policy{Fingerprint: Fingerprint{"sha-256", "A"}}, append([]string{"m=audio 4000 RTP/SAVP 8", crypto}, tls...), DTLS, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := testLocal()
			l.Policy = c.policy
			l.Policy.Seed = []byte("seed")
			offer, err := Parse(body(append([]string{"v=0", "c=IN IP4 192.0.2.1"}, c.lines...)...))
			if err != nil {
				t.Fatal(err)
			}
			_, terms, err := l.Answer(offer)
			if !errors.Is(err, c.err) || terms.Shield.Kind != c.kind {
				t.Errorf("%v %v", terms.Shield.Kind, err)
			}
		})
	}
}

// TestCryptoLines: RFC 4568 §9.1 and what is refused.
func TestCryptoLines(t *testing.T) {
	good := "1 AES_CM_128_HMAC_SHA1_80 inline:" + key(30)
	for arg, mki := range map[string]string{
		good: "", good + "|2^20": "", good + "|2^20|1:4": "00000001", good + "|1:4": "00000001", good + "|4660:2": "1234", good + "|7:10": "00000000000000000007",
		strings.TrimRight(good, "="): "", good + " WSH=64": "", good + " -X=1": "", "123456789 aes_cm_128_hmac_sha1_32 inline:" + key(30): "",
	} {
		c, ok := parseCrypto(arg)
		if !ok || fmt.Sprintf("%x", c.MKI) != mki || len(c.Key) != 30 {
			t.Errorf("%q: %v %x", arg, ok, c.MKI)
		}
	}
	for _, arg := range []string{
		"", "1", "1 AES_CM_128_HMAC_SHA1_80", "x AES_CM_128_HMAC_SHA1_80 inline:" + key(30), "1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + key(30),
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key(29), "1 NULL inline:" + key(30), "1 AES_CM_128_HMAC_SHA1_80 inline:*", "1 AES_CM_128_HMAC_SHA1_80 uri:x",
		good + ";inline:" + key(30), good + " UNENCRYPTED_SRTP", good + " KDR=1", good + " =1", good + " UNAUTHENTICATED_SRTP", good + "|1:0", good + "|1:129", good + "|256:1", good + "|x:1",
	} {
		if c, ok := parseCrypto(arg); ok {
			t.Errorf("%q taken: %v", arg, c)
		}
	}
}

// TestNoKeyComesAgain: with a suite or a key of the peer's that changes, and back, our keys are new ones each time; with
// one that stays ours stays.
func TestNoKeyComesAgain(t *testing.T) {
	l := secured(Plain)
	seen := map[string]int{}
	hear := func(lines ...string) string {
		t.Helper()
		offer, err := Parse(body(append([]string{"v=0", "c=IN IP4 192.0.2.1"}, lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		_, terms, err := l.Answer(offer)
		if err != nil {
			t.Fatal(err)
		}
		return string(terms.Shield.Out.Key)
	}
	a := []string{"m=audio 4000 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key(30)}
	b := []string{"m=audio 4000 RTP/SAVP 8", "a=crypto:1 AEAD_AES_128_GCM inline:" + key(28)}
	other := []string{"m=audio 4000 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Replace(key(30), "a", "b", 1)}
	for i, offer := range [][]string{a, b, a, other, a, {"m=audio 4000 RTP/AVP 8"}, a} {
		k := hear(offer...)
		if k == "" {
			continue
		}
		if j, known := seen[k]; known {
			t.Errorf("the key of offer %d comes again with offer %d", j, i)
		}
		seen[k] = i
		if hear(offer...) != k {
			t.Errorf("offer %d repeated: another key", i)
		}
	}
}

// TestSecretsAreKept: neither what is logged nor what is kept for another process has a key.
func TestSecretsAreKept(t *testing.T) {
	l := secured(Plain)
	offer, _ := Parse(body("v=0", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key(30)))
	text, terms, err := l.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`inline:(\S+)`).FindStringSubmatch(string(text))[1]
	raw, _ := base64.StdEncoding.DecodeString(ours)
	shown := fmt.Sprintf("%v %+v %#v %v %+v", terms, terms, terms.Shield, l.Keep(), offer)
	for _, secret := range []string{ours, string(raw), "kkkkkkkk", "107 107 107", key(30)[:16]} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q in %s", secret, shown)
		}
	}
	if k := l.Keep(); strings.Contains(k.Text, "crypto") || k.Now.Shield.In.Key != nil || k.Now.Shield.Kind != SDES {
		t.Errorf("%+v", k)
	}
	if other := secured(Plain); string(other.Policy.derive("a", 30)) == string(other.Policy.derive("b", 30)) {
		t.Error("two purposes, one key")
	}
	if (Terms{Remote: netip.AddrPortFrom(netip.IPv4Unspecified(), 9), Dir: SendRecv, Shield: Shield{ICE: ICE{Ufrag: "x"}}}).Held() {
		t.Error("a browser's default address is no hold")
	}
}

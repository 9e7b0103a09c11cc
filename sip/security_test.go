package sip

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	srtp "hotline/media/secure"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// safeLog keeps what was logged.
type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// asked calls an agent's phone that has registered over a network and refuses every offer until one of the profile comes.
// It returns the profiles in order.
func asked(t *testing.T, network, until string, change func(*Config)) (profiles []string, last hotline.Signal) {
	t.Helper()
	r := newRig(t, change)
	p := newStreamPhone(t, r, network)
	if network == "udp" {
		p = newPhone(t, r.addr)
	}
	p.register("8001")
	r.do(hotline.Dial{Call: "c1", Leg: hotline.CallID("c1").Sub(1), Agent: "8001", Timeout: 10 * time.Second})
	seq := 0
	for {
		m := p.wait("INVITE", 2*time.Second)
		if m == nil {
			break
		}
		if m.seq() <= seq {
			t.Errorf("CSeq %d after %d", m.seq(), seq)
		}
		seq = m.seq()
		profile := regexp.MustCompile(`m=audio \d+ (\S+)`).FindStringSubmatch(m.body)[1]
		profiles = append(profiles, profile)
		if profile == until {
			p.reply(m, 200, "a", p.sdp(1))
			p.want("ACK")
			return profiles, want[hotline.PickedUp](r, nil)
		}
		p.reply(m, 488, "a", "")
		if len(profiles) == 3 || until == "" && len(profiles) == 2 {
			break
		}
	}
	return profiles, want[hotline.Failed](r, nil)
}

// TestLadder: what is offered, one after another, until the phone can do it; never less than is required.
func TestLadder(t *testing.T) {
	cases := []struct {
		name, network string
		srtp          wire.SRTP
		clear         bool
		until         string
		want          string
	}{
		{"tls", "tls", "", false, "RTP/AVP", "RTP/SAVP UDP/TLS/RTP/SAVP RTP/AVP"},
		{"tls, off", "tls", wire.SRTPOff, false, "RTP/AVP", "RTP/AVP"},
		{"tls, required", "tls", wire.SRTPRequired, false, "", "RTP/SAVP UDP/TLS/RTP/SAVP"},
		{"tcp", "tcp", "", false, "RTP/AVP", "RTP/AVP"},
		{"tcp, keys may be read", "tcp", "", true, "RTP/AVP", "RTP/SAVP UDP/TLS/RTP/SAVP RTP/AVP"},
		{"tcp, required: no keys in the clear", "tcp", wire.SRTPRequired, false, "", "UDP/TLS/RTP/SAVP"},
		{"wss", "wss", "", false, "RTP/AVP", "UDP/TLS/RTP/SAVPF RTP/AVP"},
		{"wss, off: a browser knows nothing else", "wss", wire.SRTPOff, false, "RTP/AVP", "UDP/TLS/RTP/SAVPF RTP/AVP"},
		{"wss, required", "wss", wire.SRTPRequired, false, "", "UDP/TLS/RTP/SAVPF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, last := asked(t, c.network, c.until, func(cfg *Config) { cfg.SRTP, cfg.SDESInClear = c.srtp, c.clear })
			if strings.Join(got, " ") != c.want {
				t.Errorf("asked for %v", got)
			}
			if f, failed := last.(hotline.Failed); failed != (c.until == "") || failed && f.Code != 488 {
				t.Errorf("%+v", last)
			}
		})
	}
}

// TestKeysOnlyWhereNobodyReads: an offer with keys is refused over udp and tcp, unless the config says otherwise.
func TestKeysOnlyWhereNobodyReads(t *testing.T) {
	for _, c := range []struct {
		network string
		clear   bool
		want    string
	}{{"udp", false, "488"}, {"tcp", false, "488"}, {"udp", true, "180"}, {"tls", false, "180"}} {
		t.Run(fmt.Sprint(c.network, c.clear), func(t *testing.T) {
			r := newRig(t, func(cfg *Config) { cfg.SDESInClear = c.clear })
			p := newPhone(t, r.addr)
			if c.network != "udp" {
				p = newStreamPhone(t, r, c.network)
			}
			l := p.dialler("95500")
			l.ask("INVITE", securedBody(p, srtp.CM128, fill(7, 30)))
			if c.want == "180" {
				in := want[hotline.Incoming](r, nil)
				r.do(hotline.Ring{Leg: in.Leg})
			}
			if m := p.want(c.want + " INVITE"); c.want == "488" && !strings.Contains(m.get("warning"), "protection") {
				t.Errorf("%+v", m)
			}
		})
	}
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// securedBody is the phone's description with a key.
func securedBody(p *phone, suite srtp.Suite, key []byte, lines ...string) string {
	crypto := fmt.Sprintf("a=crypto:1 %s inline:%s", suite, base64.StdEncoding.EncodeToString(key))
	return strings.Replace(p.sdp(1, append([]string{crypto}, lines...)...), "RTP/AVP", "RTP/SAVP", 1)
}

// TestSecureCall: a call over TLS with keys in the description: audio both ways, hold, other keys by re-INVITE; the figures
// say so, and no key is in the log or in what is kept for another process.
func TestSecureCall(t *testing.T) {
	log, kept := &safeLog{}, &keptStates{}
	r := newRig(t, func(c *Config) {
		c.Resume = kept
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := newStreamPhone(t, r, "tls")
	l := p.dialler("95500")
	key := fill('K', 28)
	l.ask("INVITE", securedBody(p, srtp.GCM128, key))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"tone:ringback"}, Loop: true})
	ours, port := ourKey(t, res.body)
	speaker := secureSpeaker{t: t, p: p, seq: 100}
	speaker.speak(srtp.GCM128, key, port, 10)
	want(r, func(s hotline.MediaUp) bool { return s.Leg == in.Leg })
	if !p.opens(srtp.GCM128, ours) {
		t.Error("what the phone hears cannot be opened with the key it was given")
	}
	next := fill('L', 30)
	again := l.reinvite(strings.Replace(securedBody(p, srtp.CM128, next, "a=sendonly"), "1 1 IN", "1 2 IN", 1))
	want(r, func(s hotline.HoldAsked) bool { return s.On })
	if !strings.Contains(again.body, "AES_CM_128_HMAC_SHA1_80") || !strings.Contains(again.body, "a=recvonly") {
		t.Error(again.body)
	}
	speaker.speak(srtp.CM128, next, port, 5)
	l.ask("BYE", "")
	p.want("200 BYE")
	end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
	if s := end.Stats; s.Secure != "sdes" || s.Received < 12 {
		t.Errorf("%+v", s)
	}
	theirs := base64.StdEncoding.EncodeToString(key)
	for _, secret := range []string{string(key), theirs[:20], string(ours), base64.StdEncoding.EncodeToString(ours)[:20]} {
		if strings.Contains(log.String(), secret) || kept.contains(secret) {
			t.Error("a key is in the log or in what is kept")
		}
	}
	if !kept.contains("RTP/SAVP") {
		t.Error("nothing was kept: the test proves nothing")
	}
}

// keptStates is a Resume that keeps all it was ever given.
type keptStates struct{ safeLog }

func (k *keptStates) Put(_ string, state []byte) { _, _ = k.Write(state) }
func (k *keptStates) Delete(string)              {}
func (k *keptStates) contains(s string) bool     { return strings.Contains(k.String(), s) }

// ourKey is the key in a description of ours, and its port.
func ourKey(t *testing.T, body string) (key []byte, port uint16) {
	t.Helper()
	m := regexp.MustCompile(`m=audio (\d+) (?s:.*)inline:(\S+)`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no key in %s", body)
	}
	key, err := base64.StdEncoding.DecodeString(m[2])
	n, _ := strconv.ParseUint(m[1], 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return key, uint16(n)
}

// secureSpeaker speaks with keys.
type secureSpeaker struct {
	t   *testing.T
	p   *phone
	seq uint16
}

func (s *secureSpeaker) speak(suite srtp.Suite, key []byte, port uint16, n int) {
	s.t.Helper()
	out, err := srtp.NewOutbound(srtp.Keys{Suite: suite, Key: key}, 1500)
	if err != nil {
		s.t.Fatal(err)
	}
	for range n {
		s.seq++
		b := append([]byte{0x80, 8, byte(s.seq >> 8), byte(s.seq), 0, byte(s.seq >> 8), byte(s.seq), 0, 's', 's', 'r', 'c'}, fill(0x55, 160)...)
		p, err := out.RTP(b)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.p.rtp.WriteToUDPAddrPort(p, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)); err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// opens reads what came and reports whether some of it opens with the key.
func (p *phone) opens(suite srtp.Suite, key []byte) bool {
	p.t.Helper()
	in, err := srtp.NewInbound(srtp.Keys{Suite: suite, Key: key})
	if err != nil {
		p.t.Fatal(err)
	}
	for range 100 {
		p.mu.Lock()
		packets := slices.Clone(p.packets)
		p.mu.Unlock()
		for _, b := range packets {
			if _, err := in.RTP(slices.Clone(b)); err == nil {
				return true
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// TestLateOfferIsAnOpportunity: in a 200 we give the other side the opportunity, and who has no keys is not put off.
func TestLateOfferIsAnOpportunity(t *testing.T) {
	r := newRig(t, nil)
	p := newStreamPhone(t, r, "tls")
	l := p.dialler("95500")
	l.ask("INVITE", "")
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	if !strings.Contains(res.body, " RTP/AVP ") || !strings.Contains(res.body, "a=crypto:1 AEAD_AES_128_GCM ") {
		t.Error(res.body)
	}
	l.made(res).ack(p.sdp(1))
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	p.speak(res.body, 0x55, 3)
	want(r, func(s hotline.MediaUp) bool { return s.Leg == in.Leg })
}

// TestSuitesAreTheSame: what is read in a description is what the media engine knows.
func TestSuitesAreTheSame(t *testing.T) {
	for i, suite := range srtp.Suites() {
		body := fmt.Sprintf("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:%d %s inline:%s\r\n", i+1, suite, base64.StdEncoding.EncodeToString(fill(1, suite.KeySize())))
		lines, err := sdp.Parse([]byte(body))
		if err != nil || len(lines[0].Crypto) != 1 {
			t.Fatalf("%s: %v %+v", suite, err, lines)
		}
		l := sdp.Session{Addr: netip.MustParseAddr("192.0.2.2"), Port: 5000, Codecs: []string{"PCMA"}, Policy: sdp.Policy{SDES: true, Seed: fill(1, 32)}}
		_, terms, err := l.Answer(lines)
		if err != nil {
			t.Fatal(err)
		}
		p := protection(terms.Shield)
		if _, err := srtp.NewInbound(p.In); err != nil {
			t.Error(err)
		}
		if _, err := srtp.NewOutbound(p.Out, 1500); err != nil {
			t.Error(err)
		}
	}
}

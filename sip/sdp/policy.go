package sdp

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ErrSecurity: no way to protect the media in common, or one that is not allowed here.
var ErrSecurity = errors.New("sdp: no protection of the media in common")

// Policy says how the media of a session may be protected, and how it is in offers. The zero value: in the clear only.
type Policy struct {
	Require     bool        // media in the clear is neither offered nor agreed to
	SDES        bool        // keys may stand in the description: who reads it on the way can listen
	Fingerprint Fingerprint // of our certificate: DTLS may be agreed to; zero: it may not
	Opportunity bool        // our first offer asks for SDES beside RTP/AVP (RFC 8643): who cannot is not put off
	Offer       Kind        // what the first offer of the session asks for; further ones ask for what is agreed
	Seed        Secret      // what our keys and passwords are made of: 32 random bytes for this session alone
}

// ICE is both sides' ICE names and our password (RFC 8839 §5.4). Empty Ufrag: there is no ICE.
type ICE struct {
	Ufrag string
	Pwd   Secret
	Peer  string // the other side's ufrag
}

// Shield is how the media of a session is agreed to be protected.
type Shield struct {
	Kind    Kind // Plain, SDES or DTLS
	In, Out Crypto
	Peer    []Fingerprint // DTLS: the other side's certificate has one of them
	Client  bool          // DTLS: we begin the handshake (a=setup:active, RFC 5763 §5)
	ICE     ICE
}

// derive makes n bytes of the seed for a purpose: what is made for one says nothing about another.
func (p *Policy) derive(purpose string, n int) []byte {
	mac := hmac.New(sha512.New, p.Seed)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)[:n] // n ≤ 64
}

// crypto is our key in a suite. A new one begins to count from 0 (RFC 3711 §3.3.1), so that none may ever come again: a
// change of the peer's keys is another turn.
func (p *Policy) crypto(turn, tag int, suite, named string) Crypto {
	return Crypto{Tag: tag, Suite: suite, named: named, Key: p.derive("srtp "+strconv.Itoa(turn)+" "+suite, keySize(suite))}
}

// same tells whether both are the very same keys.
func (c Crypto) same(other Crypto) bool {
	return c.Suite == other.Suite && hmac.Equal(c.Key, other.Key) && hmac.Equal(c.MKI, other.MKI)
}

// rekeyed tells whether what the peer offers is another key than that in use.
func rekeyed(was, now Shield) bool {
	return now.Kind == SDES && (was.Kind != SDES || !was.In.same(now.In))
}

// ice is our name and password; those of another restart are others (RFC 8839 §4.4.1.1.1).
func (p *Policy) ice(restarts int, peer string) ICE {
	b := p.derive("ice "+strconv.Itoa(restarts), 6+18)
	return ICE{
		Ufrag: base64.StdEncoding.EncodeToString(b[:6]), Pwd: Secret(base64.StdEncoding.EncodeToString(b[6:])), Peer: peer,
	}
}

// protect finds how one m= line of the peer's can be protected. answer: it is the answer to our offer.
func (l *Session) protect(m *Media, answer bool) (Shield, error) {
	p, secured, keyed := &l.Policy, true, true
	switch m.Proto {
	case "RTP/AVP", "RTP/AVPF": // what stands beside it is an opportunity (RFC 8643 §3)
		secured = false
	case "RTP/SAVP", "RTP/SAVPF":
	case "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF": // RFC 5764 §9
		keyed = false
	default:
		return Shield{}, ErrNoCodec
	}
	if p.SDES && keyed && (!answer || l.offered == SDES) {
		for _, c := range m.Crypto { // the offerer's order decides (RFC 4568 §5.1.2)
			if !answer || c.Tag >= 1 && c.Tag <= len(suites()) && suites()[c.Tag-1] == c.Suite {
				s, turn := Shield{Kind: SDES, In: c}, l.turn
				if !answer && rekeyed(l.now.Shield, s) {
					turn++
				}
				s.Out = p.crypto(turn, c.Tag, c.Suite, c.named)
				return s, nil
			}
		}
	}
	if p.Fingerprint.Value != "" && len(m.Fingerprints) > 0 && (!answer || l.offered != Plain) {
		return l.handshake(m, answer)
	}
	// A phone that repeats the profile of our first offer in its answer and knows of no keys means the clear. In a session
	// that is protected nobody means that.
	meant := answer && l.now.Shield.Kind == Plain && !m.Keyed
	if p.Require || !meant && (secured || answer && l.offered != Plain) {
		return Shield{}, ErrSecurity
	}
	return Shield{}, nil
}

// handshake finds the roles of a DTLS handshake (RFC 5763 §5, RFC 8842 §5) and of ICE.
func (l *Session) handshake(m *Media, answer bool) (Shield, error) {
	was := l.now.Shield
	s := Shield{Kind: DTLS, Peer: m.Fingerprints}
	switch m.Setup {
	case "holdconn": // there would be no association (RFC 4145 §4)
		return Shield{}, ErrSecurity
	case "passive":
		s.Client = true
	case "actpass": // it reaches us for certain, and we might not reach it: it begins. An association there is stays
		s.Client = was.Kind == DTLS && was.Client && slices.Equal(was.Peer, s.Peer)
	}
	switch {
	case m.Ufrag == "" || m.Pwd == "":
		return s, nil
	case !m.Mux:
		return s, fmt.Errorf("%w: ICE without rtcp-mux", ErrSecurity) // there is one candidate, for one component
	}
	s.ICE = l.Policy.ice(l.restarts, m.Ufrag)
	if (!answer || l.renews) && restarted(was.ICE, s.ICE) {
		s.ICE = l.Policy.ice(l.restarts+1, m.Ufrag) // the answer to a restart restarts, too (RFC 8839 §4.4.1.1.1)
	}
	return s, nil
}

// restarted tells whether the other side has begun ICE anew.
func restarted(was, now ICE) bool { return was.Peer != "" && now.Peer != "" && was.Peer != now.Peer }

// proto is the profile of the first offer.
func (p *Policy) proto() string {
	switch p.Offer {
	case SDES:
		if !p.Opportunity {
			return "RTP/SAVP"
		}
	case DTLS:
		return "UDP/TLS/RTP/SAVP"
	case WebRTC:
		return "UDP/TLS/RTP/SAVPF"
	}
	return "RTP/AVP"
}

// offers is what an offer of ours asks for: what is agreed, or at first what the policy says.
func (l *Session) offers() Shield {
	if l.now.Codec != "" {
		s := l.now.Shield
		if l.renews {
			s.ICE = l.Policy.ice(l.restarts+1, s.ICE.Peer)
		}
		return s
	}
	switch l.Policy.Offer {
	case SDES:
		return Shield{Kind: SDES}
	case DTLS:
		return Shield{Kind: DTLS}
	case WebRTC:
		return Shield{Kind: DTLS, ICE: l.Policy.ice(l.restarts, "")}
	}
	return Shield{}
}

// Restart has the next offer begin ICE anew: the peer, who is somewhere else now, looks for a way to us from there (RFC 8445 §2.4). Where
// ICE is not in use it does nothing.
func (l *Session) Restart() { l.renews = l.now.Shield.ICE.Ufrag != "" }

// Again begins the session anew, with an offer that asks for another protection: nothing was agreed.
func (l *Session) Again(offer Kind) {
	l.Policy.Offer = offer
	l.index, l.lines, l.now, l.offered, l.text = 0, nil, Terms{}, Plain, ""
}

// renderShield writes what our m= line says of its protection. An answer has its one crypto line, and its role.
func (l *Session) renderShield(b *strings.Builder, m *Media, s Shield, mux, offer bool) {
	if m.Mid != "" {
		fmt.Fprintf(b, "a=mid:%s\r\n", m.Mid)
	}
	if mux {
		b.WriteString("a=rtcp-mux\r\n")
	}
	switch s.Kind {
	case SDES:
		if !offer {
			writeCrypto(b, s.Out)
			return
		}
		for i, suite := range suites() { // a tag always means the same suite
			writeCrypto(b, l.Policy.crypto(l.turn, i+1, suite, suite))
		}
		if l.now.Codec == "" && l.Policy.Fingerprint.Value != "" { // phones take the one they know, whatever the profile
			l.writeFingerprint(b, "actpass")
		}
	case DTLS:
		switch {
		case offer:
			l.writeFingerprint(b, "actpass") // RFC 5763 §5; also where there is an association (RFC 8842 §5.2)
		case s.Client:
			l.writeFingerprint(b, "active")
		default:
			l.writeFingerprint(b, "passive")
		}
		if s.ICE.Ufrag != "" {
			fmt.Fprintf(b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", s.ICE.Ufrag, []byte(s.ICE.Pwd))
			// One host candidate; its priority is RFC 8445 §5.1.2.1's for one: 126<<24 | 65535<<8 | 255.
			fmt.Fprintf(b, "a=candidate:1 1 udp 2130706431 %s %d typ host\r\na=end-of-candidates\r\n", l.Addr, l.Port)
		}
	}
}

func (l *Session) writeFingerprint(b *strings.Builder, setup string) {
	fmt.Fprintf(b, "a=setup:%s\r\na=fingerprint:%s %s\r\n", setup, l.Policy.Fingerprint.Hash, l.Policy.Fingerprint.Value)
}

func writeCrypto(b *strings.Builder, c Crypto) {
	fmt.Fprintf(b, "a=crypto:%d %s inline:%s\r\n", c.Tag, c.named, base64.StdEncoding.EncodeToString(c.Key))
}

// renderSession writes what the whole session says (RFC 8839 §5.3, RFC 9143 §7).
func (l *Session) renderSession(b *strings.Builder, s Shield) {
	if m := &l.lines[l.index]; m.Bundle {
		fmt.Fprintf(b, "a=group:BUNDLE %s\r\n", m.Mid)
	}
	if s.ICE.Ufrag != "" {
		b.WriteString("a=ice-lite\r\n")
	}
}

// withoutSecrets takes the lines out of a description that are nobody else's business.
func withoutSecrets(text string) string {
	if !strings.Contains(text, "a=crypto:") && !strings.Contains(text, "a=ice-pwd:") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "a=crypto:") && !strings.HasPrefix(line, "a=ice-pwd:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// target is where a peer without ICE receives (RFC 3264 §5.1), if it may be sent to.
func (l *Session) target(m *Media, mux bool) (rtp, rtcp netip.AddrPort, err error) {
	if !m.Addr.IsValid() {
		return rtp, rtcp, fmt.Errorf("%w: no address", ErrTarget)
	}
	if err := checkTarget(m.Addr, l.Addr, l.Loopback); err != nil {
		return rtp, rtcp, err
	}
	rtp = netip.AddrPortFrom(m.Addr, uint16(m.Port))
	if l.Check != nil && !m.Addr.IsUnspecified() {
		if err := l.Check(rtp); err != nil {
			return rtp, rtcp, fmt.Errorf("%w: %w", ErrTarget, err)
		}
	}
	if rtcp = rtp; !mux {
		rtcp = rtcpTarget(m)
	}
	if rtcp.Addr() != m.Addr && checkTarget(rtcp.Addr(), l.Addr, l.Loopback) != nil {
		return rtp, rtcp, ErrTarget
	}
	return rtp, rtcp, nil
}

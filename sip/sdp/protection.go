package sdp

import (
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Kind is how the media of a session is protected.
type Kind uint8

const (
	Plain  Kind = iota // not at all
	SDES               // SRTP by keys in the description (RFC 4568): as private as the signalling
	DTLS               // SRTP by a DTLS handshake on the media path (RFC 5763)
	WebRTC             // that, and found by ICE, as a browser needs it (RFC 8829)
)

func (k Kind) String() string { return [...]string{"plain", "sdes", "dtls", "webrtc"}[k&3] }

// Secret is key material. It shows itself to nobody.
type Secret []byte

func (Secret) String() string   { return "secret" }
func (Secret) GoString() string { return "secret" }

// LogValue keeps it out of the log.
func (Secret) LogValue() slog.Value { return slog.StringValue("secret") }

// Crypto is one a=crypto line (RFC 4568 §9.1).
type Crypto struct {
	Tag   int
	Suite string // as RFC 4568 §6.2, RFC 6188 and RFC 7714 call it
	Key   Secret // master key and behind it the master salt
	MKI   []byte // that its packets carry; empty: none
	named string // the suite as it was written
}

// Fingerprint names a certificate (RFC 8122 §5): "sha-256" and "AB:CD:…".
type Fingerprint struct{ Hash, Value string }

// Protection is what an m= line says about its protection and its transport.
type Protection struct {
	Keyed        bool     // it has a=crypto or a=fingerprint, be it one that cannot be used
	Crypto       []Crypto // in order
	Fingerprints []Fingerprint
	Setup        string // "actpass", "active", "passive", "holdconn" (RFC 4145 §4); empty: not said
	Ufrag, Pwd   string // of ICE (RFC 8839 §5.4)
	Mux          bool   // RTCP on the RTP port (RFC 5761)
	Mid          string // RFC 5888
	Bundle       bool   // its mid is in a BUNDLE group (RFC 9143)
}

// Bounds of what is read: more lines than these are not looked at.
const (
	maxCrypto       = 16
	maxFingerprints = 8
	maxICE          = 256 // characters of ufrag and pwd (RFC 8839 §5.4)
)

// keySize is the length of master key and salt in bytes; 0: the suite is not known.
func keySize(suite string) int {
	switch suite {
	case "AEAD_AES_128_GCM":
		return 16 + 12
	case "AEAD_AES_256_GCM":
		return 32 + 12
	case "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32":
		return 16 + 14
	case "AES_256_CM_HMAC_SHA1_80":
		return 32 + 14
	}
	return 0
}

// suites are the suites, the preferred first.
func suites() []string {
	return []string{
		"AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM", "AES_256_CM_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
	}
}

// attribute reads one a= line; false: it is none of these.
func (p *Protection) attribute(key, arg string) bool {
	switch key {
	case "crypto":
		p.Keyed = true
		if c, ok := parseCrypto(arg); ok && len(p.Crypto) < maxCrypto {
			p.Crypto = append(p.Crypto, c)
		}
	case "fingerprint":
		p.Keyed = true
		hash, value, ok := strings.Cut(arg, " ")
		if value = strings.TrimSpace(value); ok && isWord(hash) && len(value) <= 3*64 && len(p.Fingerprints) < maxFingerprints {
			p.Fingerprints = append(slices.Clip(p.Fingerprints), Fingerprint{Hash: strings.ToLower(hash), Value: strings.ToUpper(value)})
		}
	case "setup":
		p.Setup = strings.ToLower(arg)
	case "ice-ufrag":
		if len(arg) >= 4 && len(arg) <= maxICE {
			p.Ufrag = arg
		}
	case "ice-pwd":
		if len(arg) >= 22 && len(arg) <= maxICE {
			p.Pwd = arg
		}
	case "rtcp-mux":
		p.Mux = true
	case "mid":
		if isWord(arg) {
			p.Mid = arg
		}
	default:
		return false
	}
	return true
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4" (RFC 4568 §9.1). A
// line with a suite that is not known, with several keys, or with parameters that weaken the protection is as if it were
// not there.
func parseCrypto(arg string) (c Crypto, ok bool) {
	f := strings.Fields(arg)
	if len(f) < 3 {
		return c, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 30)
	if err != nil || len(f[0]) > 9 {
		return c, false
	}
	c.Tag, c.named = int(tag), f[1]
	if c.Suite = strings.ToUpper(f[1]); c.Suite == "AES_CM_256_HMAC_SHA1_80" { // as drafts and libsrtp had it
		c.Suite = "AES_256_CM_HMAC_SHA1_80"
	}
	for _, param := range f[3:] {
		if name, _, _ := strings.Cut(param, "="); name != "WSH" && name != "FEC_ORDER" && !strings.HasPrefix(name, "-") {
			return c, false // KDR, UNENCRYPTED_SRTP, … (§6.3); "-" may be ignored (§6.3.7)
		}
	}
	inline, ok := strings.CutPrefix(f[2], "inline:")
	if !ok || strings.Contains(inline, ";") {
		return c, false
	}
	key, rest, more := strings.Cut(inline, "|")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "="))
	if err != nil || len(raw) == 0 || len(raw) != keySize(c.Suite) {
		return c, false
	}
	c.Key = raw
	for more { // lifetime, then MKI:length; either may be missing (§6.1)
		var part string
		part, rest, more = strings.Cut(rest, "|")
		if value, size, ok := strings.Cut(part, ":"); ok {
			if c.MKI, ok = parseMKI(value, size); !ok {
				return c, false
			}
		}
	}
	return c, true
}

// parseMKI reads a master key identifier: a number and its length in bytes.
func parseMKI(value, size string) ([]byte, bool) {
	v, err := strconv.ParseUint(value, 10, 64)
	n, sizeErr := strconv.ParseUint(size, 10, 8)
	if err != nil || sizeErr != nil || n == 0 || n > 128 {
		return nil, false
	}
	mki := make([]byte, 8+n)
	binary.BigEndian.PutUint64(mki[n:], v)
	if n < 8 && v>>(8*n) != 0 {
		return nil, false
	}
	return mki[8:], true
}

// markBundle notes which lines the session's BUNDLE group names (RFC 9143 §7).
func markBundle(lines []Media, group string) {
	kind, mids, ok := strings.Cut(group, " ")
	if !ok || !strings.EqualFold(kind, "BUNDLE") {
		return
	}
	named := strings.Fields(mids)
	for i := range lines {
		lines[i].Bundle = lines[i].Mid != "" && slices.Contains(named, lines[i].Mid)
	}
}

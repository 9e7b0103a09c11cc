package secure

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // STUN's own (RFC 8489 §14.5)
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"net/netip"
	"strings"
)

// STUN's numbers (RFC 8489 §5, §14; RFC 8445 §7.1).
const (
	stunCookie  = 0x2112A442
	stunHeader  = 20
	stunMax     = 1280 // a check fits any path (RFC 8489 §6.1: below 576 or 1280)
	stunBinding = 0x0001
	stunSuccess = 0x0101
	stunRefusal = 0x0111

	attrUsername      = 0x0006
	attrIntegrity     = 0x0008
	attrError         = 0x0009
	attrUnknown       = 0x000A
	attrMapped        = 0x0020 // XOR-MAPPED-ADDRESS
	attrPriority      = 0x0024
	attrUseCandidate  = 0x0025
	attrFingerprint   = 0x8028
	attrControlled    = 0x8029
	attrOptional      = 0x8000 // from here on an attribute that is not known may be ignored (RFC 8489 §14)
	fingerprintXOR    = 0x5354554e
	integritySize     = 4 + sha1.Size
	fingerprintSize   = 4 + 4
	codeUnknown       = 420 // RFC 8489 §14.8
	codeRoleConflict  = 487 // RFC 8445 §7.3.1.1
	maxUnknownListed  = 4
	longestUnknownVal = 2 * maxUnknownListed
)

// Agent is our ICE-lite side of one leg (RFC 8445 §2.5): it makes no checks of its own and answers those of the peer.
type Agent struct {
	Ufrag, Password string // ours: 4 and 22 characters at least (RFC 8839 §5.4)
	Peer            string // the peer's ufrag; empty: not known yet
}

func (a Agent) String() string   { return "ICE agent " + a.Ufrag }
func (a Agent) GoString() string { return a.String() }

// LogValue keeps the password out of the log.
func (a Agent) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Check is what a peer's connectivity check says.
type Check struct {
	Reply     []byte // to be sent back to where the check came from
	Valid     bool   // the peer may be reached there: it is proof of consent, too (RFC 7675 §5.1)
	Nominated bool   // and wants to be (USE-CANDIDATE, RFC 8445 §7.3.1.5)
}

// Answer reads a STUN message that came from an address and writes the answer into buf, which holds 128 bytes. Nothing is
// answered, nor even read on, that does not carry the proof of our password: who does not know it learns nothing and
// makes nobody be sent anything. ok is false for all of that.
func (a Agent) Answer(b []byte, from netip.AddrPort, buf []byte) (check Check, ok bool) {
	m, ok := parseSTUN(b)
	if !ok || m.kind != stunBinding || !a.authentic(b, m) {
		return Check{}, false
	}
	id := b[4:stunHeader]
	switch {
	case m.unknown > 0:
		// RFC 8489 §6.3.1: attributes that had to be understood and were not.
		out := a.begin(buf, stunRefusal, id)
		out = appendAttr(out, attrError, 0, 0, codeUnknown/100, codeUnknown%100)
		return Check{Reply: a.end(appendAttr(out, attrUnknown, m.unknowns[:2*min(m.unknown, maxUnknownListed)]...))}, true
	case m.controlled:
		// We never control (RFC 8445 §6.1.1): the peer that thinks so has to change its mind.
		out := a.begin(buf, stunRefusal, id)
		return Check{Reply: a.end(appendAttr(out, attrError, 0, 0, codeRoleConflict/100, codeRoleConflict%100))}, true
	}
	out := a.begin(buf, stunSuccess, id)
	return Check{Reply: a.end(appendMapped(out, from, id)), Valid: true, Nominated: m.nominates}, true
}

// stunMessage is what matters of a message.
type stunMessage struct {
	kind       uint16
	username   string
	integrity  int // where MESSAGE-INTEGRITY begins; 0: nowhere
	nominates  bool
	controlled bool
	unknown    int
	unknowns   [longestUnknownVal]byte
}

// parseSTUN reads a message. Every length is checked against what is really there; what stands behind MESSAGE-INTEGRITY
// does not count (RFC 8489 §14.5).
func parseSTUN(b []byte) (m stunMessage, ok bool) {
	if len(b) < stunHeader || len(b) > stunMax || b[0]>>6 != 0 || binary.BigEndian.Uint32(b[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader || len(b)%4 != 0 {
		return m, false
	}
	m.kind = binary.BigEndian.Uint16(b)
	for at := stunHeader; at < len(b); {
		kind, size := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:])) // 4 bytes: len is a multiple
		end := at + 4 + size
		if end > len(b) {
			return m, false
		}
		value := b[at+4 : end]
		if kind == attrFingerprint {
			// The last attribute, and right if it is there (RFC 8489 §14.7).
			return m, size == 4 && end == len(b) && binary.BigEndian.Uint32(value) == crc32.ChecksumIEEE(b[:at])^fingerprintXOR
		}
		if m.integrity == 0 && !m.attribute(kind, value, at) {
			return m, false
		}
		at = end + -size&3
	}
	return m, true
}

// attribute takes one attribute from before MESSAGE-INTEGRITY.
func (m *stunMessage) attribute(kind uint16, value []byte, at int) bool {
	switch kind {
	case attrUsername:
		m.username = string(value)
		return len(value) <= 513 // RFC 8489 §14.3
	case attrIntegrity:
		m.integrity = at
		return len(value) == sha1.Size
	case attrUseCandidate:
		m.nominates = true
	case attrControlled:
		m.controlled = true
	case attrPriority:
	default:
		if kind < attrOptional {
			if m.unknown < maxUnknownListed {
				binary.BigEndian.PutUint16(m.unknowns[2*m.unknown:], kind)
			}
			m.unknown++
		}
	}
	return true
}

// authentic reports whether the message is for us and from who knows our password (RFC 8489 §9.1.3).
func (a Agent) authentic(b []byte, m stunMessage) bool {
	ours, theirs, ok := strings.Cut(m.username, ":") // RFC 8445 §7.2.2
	if m.integrity == 0 || !ok || ours != a.Ufrag || a.Peer != "" && theirs != a.Peer {
		return false
	}
	var head [stunHeader]byte
	copy(head[:], b)
	// The length counts up to and with MESSAGE-INTEGRITY itself (§14.5).
	binary.BigEndian.PutUint16(head[2:], uint16(m.integrity+integritySize-stunHeader))
	mac := hmac.New(sha1.New, []byte(a.Password))
	mac.Write(head[:])
	mac.Write(b[stunHeader:m.integrity])
	return hmac.Equal(mac.Sum(nil), b[m.integrity+4:m.integrity+integritySize])
}

// begin writes a header; end sets its length.
func (a Agent) begin(buf []byte, kind uint16, id []byte) []byte {
	out := binary.BigEndian.AppendUint16(buf[:0], kind)
	out = binary.BigEndian.AppendUint16(out, 0)
	out = binary.BigEndian.AppendUint32(out, stunCookie)
	return append(out, id[4:16]...)
}

// end proves and closes an answer (RFC 8489 §14.5, §14.7).
func (a Agent) end(out []byte) []byte {
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)+integritySize-stunHeader))
	mac := hmac.New(sha1.New, []byte(a.Password))
	mac.Write(out)
	out = appendAttr(out, attrIntegrity, mac.Sum(nil)...)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)+fingerprintSize-stunHeader))
	sum := crc32.ChecksumIEEE(out) ^ fingerprintXOR
	return appendAttr(out, attrFingerprint, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

func appendAttr(out []byte, kind uint16, value ...byte) []byte {
	out = binary.BigEndian.AppendUint16(out, kind)
	out = binary.BigEndian.AppendUint16(out, uint16(len(value)))
	out = append(out, value...)
	return append(out, make([]byte, -len(value)&3)...)
}

// appendMapped writes XOR-MAPPED-ADDRESS (RFC 8489 §14.2): where the check came from, as we see it.
func appendMapped(out []byte, from netip.AddrPort, id []byte) []byte {
	addr := from.Addr().Unmap()
	family := byte(1)
	if addr.Is6() {
		family = 2
	}
	ip := addr.AsSlice()
	for i := range ip {
		ip[i] ^= id[i] // id begins with the cookie
	}
	port := from.Port() ^ stunCookie>>16
	return appendAttr(out, attrMapped, append([]byte{0, family, byte(port >> 8), byte(port)}, ip...)...)
}

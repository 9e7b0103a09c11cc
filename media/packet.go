package media

import "encoding/binary"

// header is what the engine reads of an RTP header (RFC 3550 §5.1).
type header struct {
	marker  bool
	payload uint8 // payload type
	seq     uint16
	ts      uint32
	ssrc    uint32
}

// kind is what a datagram on an RTP port is.
type kind uint8

const (
	kindRTP   kind = iota
	kindRTCP       // multiplexed with RTP although we never agree to that (RFC 5761 §4): read all the same
	kindOther      // STUN, DTLS, TURN (RFC 7983 §7): not ours, and no fault
	kindTorn       // began like RTP and is none
)

const (
	rtpHeader  = 12
	maxPayload = maxDatagram - rtpHeader

	typeCN = 13 // comfort noise (RFC 3389)
)

// classify tells what a datagram is by its first two bytes, as RFC 7983 §7 and RFC 5761 §4 part the protocols.
func classify(b []byte) kind {
	switch {
	case len(b) == 0:
		return kindTorn
	case b[0]>>6 != 2:
		return kindOther
	case len(b) < 2:
		return kindTorn
	case b[1] >= 192 && b[1] <= 223:
		return kindRTCP
	}
	return kindRTP
}

// parseRTP reads a packet of kindRTP. The payload aliases b. false: the packet is shorter than it says.
func parseRTP(b []byte) (h header, payload []byte, ok bool) {
	if len(b) < rtpHeader {
		return header{}, nil, false
	}
	h = header{
		marker:  b[1]&0x80 != 0,
		payload: b[1] & 0x7F,
		seq:     binary.BigEndian.Uint16(b[2:]),
		ts:      binary.BigEndian.Uint32(b[4:]),
		ssrc:    binary.BigEndian.Uint32(b[8:]),
	}
	at := rtpHeader + 4*int(b[0]&0x0F) // contributing sources
	if b[0]&0x10 != 0 {                // header extension (RFC 3550 §5.3.1)
		if len(b) < at+4 {
			return header{}, nil, false
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // padding: its last byte counts itself (RFC 3550 §5.1)
		if end == 0 || b[end-1] == 0 {
			return header{}, nil, false
		}
		end -= int(b[end-1])
	}
	if at > end {
		return header{}, nil, false
	}
	return h, b[at:end], true
}

// putRTP writes a header without extras before the payload that stands at b[12:].
func putRTP(b []byte, h header) {
	b[0] = 2 << 6
	b[1] = h.payload
	if h.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.seq)
	binary.BigEndian.PutUint32(b[4:], h.ts)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
}

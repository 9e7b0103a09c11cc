package siprec

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hotline/sip/sdp"
)

// Stream is one m= line of a recording session, on our side of it.
type Stream struct {
	Port  int      // ours; 0: the line is refused
	Label string   // RFC 4574; the peer's where it offered the line
	Pause bool     // nothing is sent for now: inactive
	Codec string   // agreed on; empty: all of Description.Codecs, the offer's
	Type  uint8    // its payload type
	Proto string   // "RTP/AVP" unless the peer offered otherwise
	Other []string // formats of a refused line, which are repeated (RFC 3264 §6)
	Lines string   // of its protection, each with its end of line
	Kind  string   // "audio" unless a refused line was something else
}

// Description is our side of a recording session.
type Description struct {
	ID, Version uint64
	Addr        netip.Addr
	Codecs      []string // G.711's names, the preferred first
	Streams     []Stream
	Client      bool // we send: sendonly; else recvonly (RFC 7866 §7.1.1, §7.2.1)
}

// Bytes writes the description. Keys are never part of it: telephone-event is not offered, because what a caller types may
// be a card number.
func (d Description) Bytes() []byte {
	family := "IP4"
	if d.Addr.Is6() {
		family = "IP6"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", d.ID, d.Version, family, d.Addr, family, d.Addr)
	dir := sdp.RecvOnly
	if d.Client {
		dir = sdp.SendOnly
	}
	for _, s := range d.Streams {
		proto, kind := s.Proto, s.Kind
		if proto == "" {
			proto = "RTP/AVP"
		}
		if kind == "" {
			kind = "audio"
		}
		if s.Port == 0 {
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", kind, proto, strings.Join(s.Other, " "))
			continue
		}
		types, maps := d.formats(s)
		dir := dir
		if s.Pause {
			dir = sdp.Inactive
		}
		fmt.Fprintf(&b, "m=%s %d %s %s\r\n%s%sa=ptime:20\r\na=%s\r\n", kind, s.Port, proto, types, maps, s.Lines, dir)
		if s.Label != "" {
			fmt.Fprintf(&b, "a=label:%s\r\n", s.Label)
		}
	}
	return []byte(b.String())
}

// formats is the payload types of a stream and their rtpmap lines.
func (d Description) formats(s Stream) (types, maps string) {
	if s.Codec != "" {
		n := strconv.Itoa(int(s.Type))
		return n, "a=rtpmap:" + n + " " + sdp.Encoding(s.Codec) + "\r\n"
	}
	var list []string
	for _, name := range d.Codecs {
		n := "0" // RFC 3551 §6
		if name == "PCMA" {
			n = "8"
		}
		list = append(list, n)
		maps += "a=rtpmap:" + n + " " + name + "/8000\r\n"
	}
	return strings.Join(list, " "), maps
}

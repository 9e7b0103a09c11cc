package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Errors of a session description. All lead to 488 (RFC 3261 §13.3.1.3).
var (
	errSDP     = errors.New("sip: session description cannot be read")
	errNoCodec = errors.New("sip: no codec in common")
	errTarget  = errors.New("sip: media address refused")
)

// Bounds of a session description. An answer repeats every m= line of its offer, so a small body must not become a
// large one, nor a large one a slow one.
const (
	sdpMaxBody    = 16 << 10
	sdpMaxMedia   = 16
	sdpMaxFormats = 64
)

// direction says who may send, seen from the side that says it (RFC 3264 §5.1). Bit 0: I send, bit 1: I receive.
type direction uint8

const (
	inactive direction = 0
	sendOnly direction = 1
	recvOnly direction = 2
	sendRecv direction = 3
)

func (d direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&3]
}

// mirror is the same direction seen from the other side.
func (d direction) mirror() direction { return d>>1&1 | d&1<<1 }

func (d direction) sends() bool    { return d&sendOnly != 0 }
func (d direction) receives() bool { return d&recvOnly != 0 }

// parseDirection reads the name of a direction attribute.
func parseDirection(s string) (direction, bool) {
	switch s {
	case "sendrecv":
		return sendRecv, true
	case "sendonly":
		return sendOnly, true
	case "recvonly":
		return recvOnly, true
	case "inactive":
		return inactive, true
	}
	return sendRecv, false
}

// mediaLine is one m= line with what belongs to it, reduced to what the engine reads.
type mediaLine struct {
	kind, proto string
	port        int
	formats     []string       // as written: a rejected line repeats them (RFC 3264 §6)
	addr        netip.Addr     // its own c= or the session's; invalid if that is a host name
	rtcp        netip.AddrPort // RFC 3605; the address may be invalid ("the same"); port 0: not said
	dir         direction
	ptime       time.Duration // RFC 4566 §6; 0: not said
	maxPTime    time.Duration
	codecs      []codecLine // the formats whose name is known, in the order of the m= line
}

// codecLine is one RTP payload type with its encoding name in upper case.
type codecLine struct {
	pt   uint8
	name string
	rate int
}

// parseSDP reads a session description (RFC 4566) as phones really send it: LF line ends, mandatory lines missing, lines
// in any order, media it has never heard of (fax: "image … udptl"). pion/sdp refuses each of these, therefore this reader.
func parseSDP(body []byte) ([]mediaLine, error) {
	if len(body) > sdpMaxBody {
		return nil, fmt.Errorf("%w: longer than %d bytes", errSDP, sdpMaxBody)
	}
	var (
		lines   []mediaLine
		session = mediaLine{dir: sendRecv} // what is said before the first m= line holds for all
		rtpmap  map[string]codecLine
	)
	for line := range strings.Lines(string(body)) {
		line = strings.Trim(line, "\r\n\t \x00")
		if len(line) < 3 || line[1] != '=' {
			continue
		}
		at, value := &session, line[2:]
		if len(lines) > 0 {
			at = &lines[len(lines)-1]
		}
		switch line[0] {
		case 'm':
			if len(lines) > 0 {
				at.nameCodecs(rtpmap)
			}
			m, err := parseMedia(value)
			if err != nil {
				return nil, err
			}
			if len(lines) == sdpMaxMedia {
				return nil, fmt.Errorf("%w: more than %d media lines", errSDP, sdpMaxMedia)
			}
			m.addr, m.dir, m.ptime, m.maxPTime = session.addr, session.dir, session.ptime, session.maxPTime
			lines, rtpmap = append(lines, m), nil
		case 'c':
			at.addr = parseConn(value)
		case 'a':
			if c, format, ok := parseRTPMap(value); ok {
				if rtpmap == nil {
					rtpmap = make(map[string]codecLine, 8)
				}
				rtpmap[format] = c
				continue
			}
			at.attribute(value)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%w: no media line", errSDP)
	}
	lines[len(lines)-1].nameCodecs(rtpmap)
	return lines, nil
}

// parseMedia reads "audio 49170 RTP/AVP 0 8" (RFC 4566 §5.14). A line that cannot be read is an error, because the answer
// has to repeat every line.
func parseMedia(value string) (mediaLine, error) {
	f := strings.Fields(value)
	if len(f) < 4 || len(f) > 3+sdpMaxFormats {
		return mediaLine{}, fmt.Errorf("%w: media line", errSDP)
	}
	for _, word := range f {
		if !isWord(word) {
			return mediaLine{}, fmt.Errorf("%w: media line", errSDP)
		}
	}
	first, _, _ := strings.Cut(f[1], "/") // "49170/2": a run of ports, of which the first is used
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return mediaLine{}, fmt.Errorf("%w: media port", errSDP)
	}
	return mediaLine{kind: f[0], port: int(port), proto: f[2], formats: f[3:]}, nil
}

// isWord reports whether a word may be repeated in an answer as it stands.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// parseConn reads "IN IP4 192.0.2.1"; the TTL behind a multicast address is cut off (RFC 4566 §5.7). A host name gives
// an invalid address: the call path asks no DNS.
func parseConn(value string) netip.Addr {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" {
		return netip.Addr{}
	}
	host, _, _ := strings.Cut(f[2], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// parseRTPMap reads "rtpmap:8 PCMA/8000" (RFC 4566 §6).
func parseRTPMap(value string) (c codecLine, format string, ok bool) {
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok {
		return c, "", false
	}
	format, enc, ok := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok {
		return c, "", false
	}
	parts := strings.Split(strings.TrimSpace(enc), "/")
	if len(parts) < 2 || (len(parts) > 2 && parts[2] != "1") { // two channels are another codec
		return c, "", false
	}
	rate, err := strconv.Atoi(parts[1])
	if err != nil {
		return c, "", false
	}
	return codecLine{name: strings.ToUpper(parts[0]), rate: rate}, format, true
}

// attribute reads the a= lines that matter beside rtpmap. What cannot be read is as if it had not been said.
func (m *mediaLine) attribute(value string) {
	key, arg, _ := strings.Cut(value, ":")
	arg = strings.TrimSpace(arg)
	switch key {
	case "ptime":
		m.ptime = parsePTime(arg)
	case "maxptime":
		m.maxPTime = parsePTime(arg)
	case "rtcp": // "53020" or "53020 IN IP4 126.16.64.4" (RFC 3605 §2.1)
		port, conn, _ := strings.Cut(arg, " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			m.rtcp = netip.AddrPortFrom(parseConn(conn), uint16(n))
		}
	default:
		if d, ok := parseDirection(value); ok {
			m.dir = d
		}
	}
}

func parsePTime(s string) time.Duration {
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 || n > 1000 {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

// nameCodecs fills codecs from the formats: by rtpmap, else the static types of RFC 3551 §6 that the engine speaks.
func (m *mediaLine) nameCodecs(rtpmap map[string]codecLine) {
	for _, format := range m.formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		c, ok := rtpmap[format]
		switch {
		case ok:
		case pt == 0:
			c = codecLine{name: "PCMU", rate: 8000}
		case pt == 8:
			c = codecLine{name: "PCMA", rate: 8000}
		default:
			continue
		}
		c.pt = uint8(pt)
		m.codecs = append(m.codecs, c)
	}
}

// find returns the payload type of an 8 kHz encoding.
func (m *mediaLine) find(name string) (pt uint8, ok bool) {
	for _, c := range m.codecs {
		if c.name == name && c.rate == 8000 {
			return c.pt, true
		}
	}
	return 0, false
}

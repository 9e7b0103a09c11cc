// Package sdp is session descriptions and offer/answer (RFC 4566, RFC 3264) as the engine needs them: a reader that takes
// what phones really send, and one side of a session. It is pure: no socket, clock or log.
package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Errors of a session description; what Parse and Session return wraps one of them. All lead to 488 (RFC 3261 §13.3.1.3).
var (
	ErrSyntax  = errors.New("sdp: session description cannot be read")
	ErrNoCodec = errors.New("sdp: no codec in common")
	ErrTarget  = errors.New("sdp: media address refused")
)

// Bounds of a session description. An answer repeats every m= line of its offer, so a small body must not become a
// large one, nor a large one a slow one.
const (
	maxBody    = 16 << 10
	maxMedia   = 16
	maxFormats = 64
)

// Direction says who may send, seen from the side that says it (RFC 3264 §5.1). Bit 0: I send, bit 1: I receive.
type Direction uint8

const (
	Inactive Direction = 0 // neither
	SendOnly Direction = 1
	RecvOnly Direction = 2
	SendRecv Direction = 3
)

func (d Direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&3]
}

// Mirror is the same direction seen from the other side.
func (d Direction) Mirror() Direction { return d>>1&1 | d&1<<1 }

// Sends reports whether the side that says d sends.
func (d Direction) Sends() bool { return d&SendOnly != 0 }

// Receives reports whether it wants to receive.
func (d Direction) Receives() bool { return d&RecvOnly != 0 }

// parseDirection reads the name of a direction attribute.
func parseDirection(s string) (Direction, bool) {
	switch s {
	case "sendrecv":
		return SendRecv, true
	case "sendonly":
		return SendOnly, true
	case "recvonly":
		return RecvOnly, true
	case "inactive":
		return Inactive, true
	}
	return SendRecv, false
}

// Media is one m= line with what belongs to it (RFC 4566 §5.14), reduced to what the engine reads.
type Media struct {
	Kind, Proto string         // "audio", "RTP/AVP"
	Port        int            // 0: the line is refused or given up (RFC 3264 §6, §8.2)
	Formats     []string       // as written: a rejected line repeats them (RFC 3264 §6)
	Addr        netip.Addr     // its own c= or the session's; invalid if that is a host name
	RTCP        netip.AddrPort // RFC 3605; the address may be invalid ("the same"); port 0: not said
	Dir         Direction
	PTime       time.Duration // RFC 4566 §6; 0: not said
	MaxPTime    time.Duration
	Label       string  // RFC 4574: what the stream is called elsewhere, as in the metadata of a recording session
	Codecs      []Codec // the formats whose name is known, in the order of the m= line

	Protection
}

// Codec is one RTP payload type with its encoding name in upper case ("PCMA", "TELEPHONE-EVENT") and clock rate in Hz.
type Codec struct {
	PT   uint8
	Name string
	Rate int
	Opus OpusFormat // of Opus alone
}

// Parse reads a session description (RFC 4566) as phones really send it: LF line ends, mandatory lines missing, lines
// in any order, media it has never heard of (fax: "image … udptl"). pion/sdp refuses each of these, therefore this reader.
func Parse(body []byte) ([]Media, error) {
	if len(body) > maxBody {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, maxBody)
	}
	var (
		lines   []Media
		session = Media{Dir: SendRecv} // what is said before the first m= line holds for all
		rtpmap  map[string]Codec
		opus    map[string]OpusFormat
		group   string
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
				at.nameCodecs(rtpmap, opus)
			}
			m, err := parseMedia(value)
			if err != nil {
				return nil, err
			}
			if len(lines) == maxMedia {
				return nil, fmt.Errorf("%w: more than %d media lines", ErrSyntax, maxMedia)
			}
			m.Addr, m.Dir, m.PTime, m.MaxPTime = session.Addr, session.Dir, session.PTime, session.MaxPTime
			m.Protection = session.Protection // ICE, setup and fingerprint may stand there (RFC 8839 §5.4, RFC 8122 §5)
			lines, rtpmap, opus = append(lines, m), nil, nil
		case 'c':
			at.Addr = parseConn(value)
		case 'a':
			if c, format, ok := parseRTPMap(value); ok {
				if rtpmap == nil {
					rtpmap = make(map[string]Codec, 8)
				}
				rtpmap[format] = c
				continue
			}
			if f, format, ok := parseOpusFormat(value); ok {
				if opus == nil {
					opus = make(map[string]OpusFormat, 1)
				}
				opus[format] = f
				continue
			}
			if rest, ok := strings.CutPrefix(value, "group:"); ok && len(lines) == 0 {
				group = rest
				continue
			}
			at.attribute(value)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%w: no media line", ErrSyntax)
	}
	lines[len(lines)-1].nameCodecs(rtpmap, opus)
	markBundle(lines, group)
	return lines, nil
}

// parseMedia reads "audio 49170 RTP/AVP 0 8" (RFC 4566 §5.14). A line that cannot be read is an error, because the answer
// has to repeat every line.
func parseMedia(value string) (Media, error) {
	f := strings.Fields(value)
	if len(f) < 4 || len(f) > 3+maxFormats {
		return Media{}, fmt.Errorf("%w: media line", ErrSyntax)
	}
	for _, word := range f {
		if !isWord(word) {
			return Media{}, fmt.Errorf("%w: media line", ErrSyntax)
		}
	}
	first, _, _ := strings.Cut(f[1], "/") // "49170/2": a run of ports, of which the first is used
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return Media{}, fmt.Errorf("%w: media port", ErrSyntax)
	}
	return Media{Kind: f[0], Port: int(port), Proto: f[2], Formats: f[3:]}, nil
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
func parseRTPMap(value string) (c Codec, format string, ok bool) {
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok {
		return c, "", false
	}
	format, enc, ok := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok {
		return c, "", false
	}
	parts := strings.Split(strings.TrimSpace(enc), "/")
	name := strings.ToUpper(parts[0])
	if len(parts) < 2 || len(parts) > 2 && parts[2] != "1" && name != nameOpus { // two channels are another codec; of Opus they are the rule (RFC 7587 §7)
		return c, "", false
	}
	rate, err := strconv.Atoi(parts[1])
	if err != nil {
		return c, "", false
	}
	return Codec{Name: name, Rate: rate}, format, true
}

// attribute reads the a= lines that matter beside rtpmap. What cannot be read is as if it had not been said.
func (m *Media) attribute(value string) {
	key, arg, _ := strings.Cut(value, ":")
	arg = strings.TrimSpace(arg)
	switch key {
	case "ptime":
		m.PTime = parsePTime(arg)
	case "maxptime":
		m.MaxPTime = parsePTime(arg)
	case "label":
		if isWord(arg) {
			m.Label = arg
		}
	case "rtcp": // "53020" or "53020 IN IP4 126.16.64.4" (RFC 3605 §2.1)
		port, conn, _ := strings.Cut(arg, " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			m.RTCP = netip.AddrPortFrom(parseConn(conn), uint16(n))
		}
	default:
		if d, ok := parseDirection(value); ok {
			m.Dir = d
			return
		}
		m.Protection.attribute(key, arg)
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
func (m *Media) nameCodecs(rtpmap map[string]Codec, opus map[string]OpusFormat) {
	for _, format := range m.Formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		c, ok := rtpmap[format]
		switch {
		case ok:
		case pt == 0:
			c = Codec{Name: "PCMU", Rate: 8000}
		case pt == 8:
			c = Codec{Name: "PCMA", Rate: 8000}
		case pt == 9:
			c = Codec{Name: "G722", Rate: 8000} // sampled at 16000 Hz: RFC 3551 §4.5.2
		case pt == comfortType:
			c = Codec{Name: nameNoise, Rate: narrowRate}
		default:
			continue
		}
		if c.PT = uint8(pt); c.Name == nameOpus {
			c.Opus = opus[format]
		}
		m.Codecs = append(m.Codecs, c)
	}
}

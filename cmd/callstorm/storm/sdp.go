package storm

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// codec is a codec by its static payload type (RFC 3551 §6).
type codec uint8

// quiet is the codec's silence.
func (c codec) quiet() byte {
	if c == 8 {
		return 0xD5
	}
	return 0xFF
}

func (c codec) String() string {
	if c == 8 {
		return "PCMA"
	}
	return "PCMU"
}

// describe is the SDP of a phone that receives at local and speaks the given codecs.
func describe(local netip.AddrPort, codecs []codec) []byte {
	var types, maps strings.Builder
	for _, c := range codecs {
		fmt.Fprintf(&types, " %d", c)
		fmt.Fprintf(&maps, "a=rtpmap:%d %s/8000\r\n", c, c)
	}
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP%[3]s %[5]d\r\n%[4]sa=rtpmap:%[5]d telephone-event/8000\r\na=fmtp:%[5]d 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
		local.Addr(), local.Port(), types.String(), maps.String(), eventType)
}

// answerOf reads from the other side's SDP where it receives and which of the codecs it names first. ok is false for
// an SDP without usable audio.
func answerOf(sdp []byte, codecs []codec) (remote netip.AddrPort, c codec, ok bool) {
	var addr netip.Addr
	var port uint64
	for line := range strings.Lines(string(sdp)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "c=IN IP4 "):
			if a, err := netip.ParseAddr(line[len("c=IN IP4 "):]); err == nil {
				addr = a
			}
		case strings.HasPrefix(line, "m=audio "):
			f := strings.Fields(line)
			if len(f) < 4 {
				return remote, 0, false
			}
			n, err := strconv.ParseUint(f[1], 10, 16)
			if err != nil {
				return remote, 0, false
			}
			port = n
			for _, t := range f[3:] {
				n, _ := strconv.Atoi(t)
				for _, mine := range codecs {
					if int(mine) == n && !ok {
						c, ok = mine, true
					}
				}
			}
		}
	}
	return netip.AddrPortFrom(addr, uint16(port)), c, ok && addr.IsValid() && port != 0
}

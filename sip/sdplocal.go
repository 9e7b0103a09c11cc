package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// localPTime is the packet time the engine sends and asks for (RFC 3551 §4.2: 20 ms where nothing else is said).
const localPTime = 20 * time.Millisecond

// offeredEvent is the payload type of telephone-event (RFC 4733 §2.4) in the engine's own offers; an answer keeps the
// offerer's.
const offeredEvent = 101

// terms is what both sides agreed on for one leg.
type terms struct {
	remote netip.AddrPort // where to send; its address is 0.0.0.0 or :: when the peer wants nothing sent (RFC 2543 hold)
	rtcp   netip.AddrPort
	codec  string // "PCMA" or "PCMU"
	pt     uint8
	event  uint8 // telephone-event's payload type, 0: none
	ptime  time.Duration
	dir    direction // what the engine may do
}

// held reports whether the peer does not want to hear (RFC 3264 §8.4).
func (t *terms) held() bool { return !t.dir.sends() || t.remote.Addr().IsUnspecified() }

// localMedia is the engine's side of one leg's offer/answer (RFC 3264). Pure; owned by the leg.
type localMedia struct {
	id, version uint64
	addr        netip.Addr // what the peer is told
	port        int
	codecs      []string                   // allowed, the preferred first: for offers
	loopback    bool                       // addresses of this host are fair targets (reliability.md §2.1, rule 7)
	check       func(netip.AddrPort) error // further objections to a target: our own ports; nil: none

	index int         // which m= line is ours
	lines []mediaLine // all m= lines of the session so far: they never become fewer (RFC 3264 §8)
	now   terms
	text  string // what was said last, without its o= line
}

// answer reads an offer and returns the answer to it. On an error nothing has changed.
func (l *localMedia) answer(offer []mediaLine) ([]byte, terms, error) {
	if len(offer) < len(l.lines) {
		return nil, terms{}, fmt.Errorf("%w: fewer media lines than before", errSDP) // RFC 3264 §8
	}
	index, t, err := l.choose(offer)
	if err != nil {
		return nil, terms{}, err
	}
	l.index, l.now, l.lines = index, t, keepLines(offer)
	return l.render([]codecLine{{pt: t.pt, name: t.codec}}, t.event, t.dir), t, nil
}

// choose takes the line used before if it still fits, else the first that does.
func (l *localMedia) choose(offer []mediaLine) (int, terms, error) {
	order := make([]int, 0, len(offer)+1)
	if l.index < len(offer) {
		order = append(order, l.index)
	}
	for i := range offer {
		if i != l.index {
			order = append(order, i)
		}
	}
	err := errNoCodec
	for _, i := range order {
		t, lineErr := l.agree(&offer[i])
		if lineErr == nil {
			t.dir = offer[i].dir.mirror()
			return i, t, nil
		}
		if err == errNoCodec {
			err = lineErr
		}
	}
	return 0, terms{}, err
}

// offer returns the engine's offer: the first of the session, or a further one that names the codec in use first.
func (l *localMedia) offer() []byte {
	codecs := make([]codecLine, 0, len(l.codecs))
	for _, name := range l.codecs {
		codecs = append(codecs, codecLine{pt: staticType(name), name: name})
	}
	event := uint8(offeredEvent)
	if l.now.codec != "" {
		codecs = slices.DeleteFunc(codecs, func(c codecLine) bool { return c.name == l.now.codec })
		codecs = slices.Insert(codecs, 0, codecLine{pt: l.now.pt, name: l.now.codec})
		if l.now.event != 0 {
			event = l.now.event
		}
	}
	if len(l.lines) == 0 {
		l.lines = []mediaLine{{kind: "audio", proto: "RTP/AVP"}}
	}
	return l.render(codecs, event, sendRecv)
}

// accept reads the answer to the engine's offer. On an error nothing has changed.
func (l *localMedia) accept(answer []mediaLine) (terms, error) {
	if l.index >= len(answer) {
		return terms{}, fmt.Errorf("%w: the answer has no line for the offer's", errSDP)
	}
	m := &answer[l.index]
	t, err := l.agree(m)
	if err != nil {
		return terms{}, err
	}
	t.dir = m.dir.mirror()
	l.now = t
	return t, nil
}

// agree finds what both sides can do on one m= line.
func (l *localMedia) agree(m *mediaLine) (terms, error) {
	if m.kind != "audio" || m.port == 0 || (m.proto != "RTP/AVP" && m.proto != "RTP/AVPF") {
		return terms{}, errNoCodec
	}
	if !m.addr.IsValid() {
		return terms{}, fmt.Errorf("%w: no address", errTarget)
	}
	if err := checkTarget(m.addr, l.addr, l.loopback); err != nil {
		return terms{}, err
	}
	t := terms{remote: netip.AddrPortFrom(m.addr, uint16(m.port)), ptime: sendingPTime(m)}
	if l.check != nil && !m.addr.IsUnspecified() {
		if err := l.check(t.remote); err != nil {
			return terms{}, fmt.Errorf("%w: %w", errTarget, err)
		}
	}
	t.rtcp = rtcpTarget(m)
	if t.rtcp.Addr() != m.addr && checkTarget(t.rtcp.Addr(), l.addr, l.loopback) != nil {
		return terms{}, errTarget
	}
	for _, c := range m.codecs {
		if c.rate == 8000 && slices.Contains(l.codecs, c.name) && (t.codec == "" || c.name == l.now.codec) {
			t.codec, t.pt = c.name, c.pt // the offer's order decides (RFC 3264 §6.1), a codec in use is kept
			if t.codec == l.now.codec {
				break
			}
		}
	}
	if t.codec == "" {
		return terms{}, errNoCodec
	}
	if pt, ok := m.find("TELEPHONE-EVENT"); ok && pt != t.pt {
		t.event = pt
	}
	return t, nil
}

// checkTarget refuses addresses that no phone can have (reliability.md §2.1, rule 7). The unspecified address is none of
// them: it is the old way to say hold (RFC 3264 §8.4).
func checkTarget(a, own netip.Addr, loopback bool) error {
	switch {
	case a.IsUnspecified():
		return nil
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%w: multicast or broadcast", errTarget)
	case a.IsLoopback() && !loopback:
		return fmt.Errorf("%w: loopback", errTarget)
	case a.Is4() && a.As4()[0] == 0:
		return fmt.Errorf("%w: not an address of a host", errTarget)
	case own.IsValid() && own.Is4() != a.Is4():
		return fmt.Errorf("%w: another address family", errTarget)
	}
	return nil
}

// rtcpTarget is the port above RTP's unless said otherwise (RFC 3605 §2.1).
func rtcpTarget(m *mediaLine) netip.AddrPort {
	addr, port := m.addr, uint16(min(m.port+1, 65535))
	if m.rtcp.Port() != 0 {
		port = m.rtcp.Port()
		if m.rtcp.Addr().IsValid() {
			addr = m.rtcp.Addr()
		}
	}
	return netip.AddrPortFrom(addr, port)
}

// sendingPTime is the packet time the peer asked for, in the range that media can do, else 20 ms.
func sendingPTime(m *mediaLine) time.Duration {
	p := localPTime
	if m.ptime >= 10*time.Millisecond && m.ptime <= 60*time.Millisecond && m.ptime%(10*time.Millisecond) == 0 {
		p = m.ptime
	}
	if m.maxPTime >= 10*time.Millisecond && p > m.maxPTime {
		p = m.maxPTime.Truncate(10 * time.Millisecond)
	}
	return p
}

func staticType(codec string) uint8 {
	if codec == "PCMA" {
		return 8 // RFC 3551 §6
	}
	return 0
}

// keepLines copies what later descriptions have to repeat of each m= line.
func keepLines(offer []mediaLine) []mediaLine {
	lines := make([]mediaLine, len(offer))
	for i := range offer {
		lines[i] = mediaLine{kind: offer[i].kind, proto: offer[i].proto, formats: offer[i].formats}
	}
	return lines
}

// render writes a session description: our m= line with the codecs, all others with port 0 (RFC 3264 §6). The version
// goes up by one when the text differs from the last (RFC 3264 §8).
func (l *localMedia) render(codecs []codecLine, event uint8, dir direction) []byte {
	var b strings.Builder
	family := "IP4"
	if l.addr.Is6() {
		family = "IP6"
	}
	fmt.Fprintf(&b, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", family, l.addr)
	for i := range l.lines {
		m := &l.lines[i]
		if i != l.index {
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.kind, m.proto, strings.Join(m.formats, " "))
			continue
		}
		formats := make([]string, 0, len(codecs)+1)
		for _, c := range codecs {
			formats = append(formats, strconv.Itoa(int(c.pt)))
		}
		if event != 0 {
			formats = append(formats, strconv.Itoa(int(event)))
		}
		m.formats = formats
		fmt.Fprintf(&b, "m=audio %d %s %s\r\n", l.port, m.proto, strings.Join(formats, " "))
		for _, c := range codecs {
			fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", c.pt, c.name)
		}
		if event != 0 {
			fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", event, event)
		}
		fmt.Fprintf(&b, "a=ptime:%d\r\na=%s\r\n", localPTime/time.Millisecond, dir)
	}
	if text := b.String(); text != l.text {
		if l.text != "" {
			l.version++
		}
		l.text = text
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\n%s", l.id, l.version, family, l.addr, l.text)
}

package sdp

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// localPTime is the packet time the engine sends and asks for (RFC 3551 §4.2: 20 ms where nothing else is said).
const localPTime = 20 * time.Millisecond

// Terms is what both sides agreed on for one leg.
type Terms struct {
	Remote netip.AddrPort // where to send; its address is 0.0.0.0 or :: when the peer wants nothing sent (RFC 2543 hold)
	RTCP   netip.AddrPort // where to send RTCP
	Codec  string         // "PCMA", "PCMU", "G722" or "OPUS"
	PT     uint8          // the codec's RTP payload type
	Event  uint8          // telephone-event's payload type, 0: none
	// What our own offer has called them, by which the peer is to send (RFC 3264 §5.1), where its answer calls them otherwise; 0: the same.
	Heard, HeardEvent uint8
	Rate              int           // of telephone-event's clock, Hz: 8000, or 48000 beside Opus; 0: 8000
	Noise             bool          // comfort noise may be sent, with payload type 13 (RFC 3389 §4)
	PTime             time.Duration // length of the packets the peer asks for, 10–60 ms
	Opus              OpusFormat    // what the peer wants of Opus, where that is the codec
	Dir               Direction     // what the engine may do
	Mux               bool          // RTCP goes to Remote, too (RFC 5761)
	Shield            Shield        // how it is protected. With ICE there is no Remote: it is found by checks
}

// Held reports whether the peer does not want to hear (RFC 3264 §8.4).
func (t Terms) Held() bool {
	return !t.Dir.Sends() || t.Shield.ICE.Ufrag == "" && t.Remote.Addr().IsUnspecified()
}

// Session is the engine's side of one leg's offer/answer (RFC 3264). Fields are set before the first offer or answer and
// not after. A Session may be copied: the copy goes its own way. Not safe for concurrent use; owned by the leg.
type Session struct {
	ID, Version uint64                     // of the o= line; Version is counted up (RFC 4566 §5.2)
	Addr        netip.Addr                 // where the peer is told to send
	Port        int                        // and to which port
	Codecs      []string                   // allowed ("PCMA"), the preferred first: for offers
	Loopback    bool                       // addresses of this host are fair targets (reliability.md §2.1, rule 7)
	Check       func(netip.AddrPort) error // further objections to a target: our own ports; nil: none
	Policy      Policy                     // how the media may be protected

	asked    []Codec // of our last offer, with its payload types
	events   []event // of it
	offered  Kind    // what our offer that waits for its answer asked for; Plain: it did not, or there is none
	restarts int     // of ICE
	renews   bool    // our next offer, or the one that waits for its answer, restarts it
	turn     int     // of our SDES keys
	index    int     // which m= line is ours
	lines    []Media // all m= lines of the session so far: they never become fewer (RFC 3264 §8)
	now      Terms
	text     string // what was said last, without its o= line
}

// Now is what is agreed; the zero Terms before anything is.
func (l *Session) Now() Terms { return l.now }

// Answer reads an offer and returns the answer to it. On an error nothing has changed.
func (l *Session) Answer(offer []Media) ([]byte, Terms, error) {
	if len(offer) < len(l.lines) {
		return nil, Terms{}, fmt.Errorf("%w: fewer media lines than before", ErrSyntax) // RFC 3264 §8
	}
	index, t, err := l.choose(offer)
	if err != nil {
		return nil, Terms{}, err
	}
	if restarted(l.now.Shield.ICE, t.Shield.ICE) {
		l.restarts++
		l.renews = false
	}
	if rekeyed(l.now.Shield, t.Shield) {
		l.turn++
	}
	l.index, l.now, l.lines = index, t, keepLines(offer)
	var events []event
	if t.Event != 0 {
		events = []event{{t.Event, t.Rate}}
	}
	return l.render(l.withNoise([]Codec{{PT: t.PT, Name: t.Codec}}), events, t.Dir, t.Shield, t.Mux, false), t, nil
}

// choose takes the line used before if it still fits, else the first that does: one that is protected before one that is
// not.
func (l *Session) choose(offer []Media) (int, Terms, error) {
	order := make([]int, 0, len(offer)+1)
	if l.index < len(offer) {
		order = append(order, l.index)
	}
	for i := range offer {
		if i != l.index {
			order = append(order, i)
		}
	}
	var (
		err   = ErrNoCodec
		plain = -1
		found Terms
	)
	for n, i := range order {
		t, lineErr := l.agree(&offer[i], false)
		t.Dir = offer[i].Dir.Mirror()
		switch {
		case lineErr != nil:
			if err == ErrNoCodec {
				err = lineErr
			}
		case t.Shield.Kind != Plain, n == 0 && len(l.lines) > 0:
			return i, t, nil
		case plain < 0:
			plain, found = i, t
		}
	}
	if plain >= 0 {
		return plain, found, nil
	}
	return 0, Terms{}, err
}

// Offer returns the engine's offer: the first of the session, or a further one that names the codec in use first.
func (l *Session) Offer() []byte {
	codecs := make([]Codec, 0, len(l.Codecs))
	for _, name := range l.Codecs {
		codecs = append(codecs, Codec{PT: offeredType(name), Name: name})
	}
	if l.now.Codec != "" {
		codecs = slices.DeleteFunc(codecs, func(c Codec) bool { return c.Name == l.now.Codec })
		codecs = slices.Insert(codecs, 0, Codec{PT: cmp.Or(l.now.Heard, l.now.PT), Name: l.now.Codec}) // a number keeps its meaning (RFC 3264 §8.3.2)
	}
	events := l.offeredEvents(codecs)
	apart(codecs, events)
	l.asked, l.events = codecs, events
	if len(l.lines) == 0 {
		l.lines = []Media{{Kind: "audio", Proto: l.Policy.proto()}}
		if l.Policy.Offer == WebRTC {
			l.lines[0].Mid, l.lines[0].Bundle = "0", true
		}
	}
	s := l.offers()
	if l.offered = s.Kind; s.ICE.Ufrag != "" {
		l.offered = WebRTC
	}
	return l.render(l.withNoise(codecs), events, SendRecv, s, s.Kind != Plain || l.now.Mux, true)
}

// offeredEvents is telephone-event on each clock that the codecs have, that in use with its own payload type.
func (l *Session) offeredEvents(codecs []Codec) []event {
	events := []event{{offeredEvent, narrowRate}}
	if slices.ContainsFunc(codecs, func(c Codec) bool { return c.Name == nameOpus }) {
		events = append(events, event{offeredOpusEvent, opusRate})
	}
	for i := range events {
		if l.now.Event != 0 && events[i].rate == max(l.now.Rate, narrowRate) {
			events[i].pt = cmp.Or(l.now.HeardEvent, l.now.Event)
		}
	}
	return events
}

// Protected is the profile of our line and what it says of its protection, for a description that somebody else writes (sip/siprec): of the
// offer that Offer has made last, or of the answer that Answer has.
func (l *Session) Protected(offer bool) (proto, lines string) {
	s := l.now.Shield
	if offer {
		s = l.offers()
	}
	var b strings.Builder
	m := &l.lines[l.index]
	l.renderShield(&b, m, s, s.Kind != Plain && offer || l.now.Mux, offer)
	return m.Proto, b.String()
}

// Accept reads the answer to the engine's offer. On an error nothing has changed.
func (l *Session) Accept(answer []Media) (Terms, error) {
	if l.index >= len(answer) {
		return Terms{}, fmt.Errorf("%w: the answer has no line for the offer's", ErrSyntax)
	}
	m := &answer[l.index]
	t, err := l.agree(m, true)
	if err != nil {
		return Terms{}, err
	}
	t.Dir = m.Dir.Mirror()
	t.Heard, t.HeardEvent = l.heard(t)
	if l.renews && restarted(l.now.Shield.ICE, t.Shield.ICE) {
		l.restarts++
	}
	l.now, l.renews = t, false
	if l.offered != Plain && t.Shield.Kind == Plain {
		l.lines[l.index].Proto = "RTP/AVP"
	}
	l.offered = Plain
	return t, nil
}

// heard is how the offer that was answered has called what is agreed on, where that is another number than the answer's.
func (l *Session) heard(t Terms) (codec, events uint8) {
	for _, c := range l.asked {
		if c.Name == t.Codec && c.PT != t.PT {
			codec = c.PT
		}
	}
	for _, e := range l.events {
		if t.Event != 0 && e.rate == t.Rate && e.pt != t.Event {
			events = e.pt
		}
	}
	return codec, events
}

// agree finds what both sides can do on one m= line. answer: it is the answer to our offer.
func (l *Session) agree(m *Media, answer bool) (Terms, error) {
	if m.Kind != "audio" || m.Port == 0 {
		return Terms{}, ErrNoCodec
	}
	shield, err := l.protect(m, answer)
	if err != nil {
		return Terms{}, err
	}
	t := Terms{Mux: m.Mux, Shield: shield}
	if shield.ICE.Ufrag == "" {
		if t.Remote, t.RTCP, err = l.target(m, m.Mux); err != nil {
			return Terms{}, err
		}
	}
	for _, c := range m.Codecs {
		if c.Rate == rateOf(c.Name) && slices.Contains(l.Codecs, c.Name) && (t.Codec == "" || c.Name == l.now.Codec) {
			t.Codec, t.PT, t.Opus = c.Name, c.PT, c.Opus // the offer's order decides (RFC 3264 §6.1), a codec in use is kept
			if t.Codec == l.now.Codec {
				break
			}
		}
	}
	if t.Codec == "" {
		return Terms{}, ErrNoCodec
	}
	t.PTime = sendingPTime(m, t.Opus)
	t.Event, t.Rate = m.findEvent(t.Codec, t.PT)
	if pt, ok := m.find(nameNoise, narrowRate); ok && pt == comfortType && t.Codec != nameOpus && shield.ICE.Ufrag == "" { // a browser would cut off every pause
		t.Noise = true
	}
	return t, nil
}

// withNoise adds comfort noise to the codecs where the peer has it. It is never asked for: a phone that is not asked says
// its silence.
func (l *Session) withNoise(codecs []Codec) []Codec {
	if !l.now.Noise {
		return codecs
	}
	return append(codecs, Codec{PT: comfortType, Name: nameNoise})
}

// checkTarget refuses addresses that no phone can have (reliability.md §2.1, rule 7). The unspecified address is none of
// them: it is the old way to say hold (RFC 3264 §8.4).
func checkTarget(a, own netip.Addr, loopback bool) error {
	switch {
	case a.IsUnspecified():
		return nil
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%w: multicast or broadcast", ErrTarget)
	case a.IsLoopback() && !loopback:
		return fmt.Errorf("%w: loopback", ErrTarget)
	case a.Is4() && a.As4()[0] == 0:
		return fmt.Errorf("%w: not an address of a host", ErrTarget)
	case own.IsValid() && own.Is4() != a.Is4():
		return fmt.Errorf("%w: another address family", ErrTarget)
	}
	return nil
}

// rtcpTarget is the port above RTP's unless said otherwise (RFC 3605 §2.1).
func rtcpTarget(m *Media) netip.AddrPort {
	addr, port := m.Addr, uint16(min(m.Port+1, 65535))
	if m.RTCP.Port() != 0 {
		port = m.RTCP.Port()
		if m.RTCP.Addr().IsValid() {
			addr = m.RTCP.Addr()
		}
	}
	return netip.AddrPortFrom(addr, port)
}

// The packet times that media can do.
const (
	leastPTime = 10 * time.Millisecond
	mostPTime  = 60 * time.Millisecond
)

// sendingPTime is the packet time the peer asked for, in the range that media can do, else 20 ms: no longer than the longest that it takes, and
// not shorter than the shortest (RFC 7587 §6.1). Attributes count more than what stands in a format.
func sendingPTime(m *Media, f OpusFormat) time.Duration {
	p := localPTime
	if asked := cmp.Or(m.PTime, f.PTime); asked > mostPTime {
		p = mostPTime
	} else if asked >= leastPTime && asked%leastPTime == 0 {
		p = asked
	}
	p = max(p, min(f.MinPTime, mostPTime).Truncate(leastPTime))
	if most := cmp.Or(m.MaxPTime, f.MaxPTime); most > 0 && p > most {
		p = max(most.Truncate(leastPTime), leastPTime)
	}
	return p
}

// keepLines copies what later descriptions have to repeat of each m= line.
func keepLines(offer []Media) []Media {
	lines := make([]Media, len(offer))
	for i := range offer {
		lines[i] = Media{Kind: offer[i].Kind, Proto: offer[i].Proto, Formats: offer[i].Formats}
		lines[i].Mid, lines[i].Bundle = offer[i].Mid, offer[i].Bundle
	}
	return lines
}

// render writes a session description: our m= line with the codecs, all others with port 0 (RFC 3264 §6). The version
// goes up by one when the text differs from the last (RFC 3264 §8).
func (l *Session) render(codecs []Codec, events []event, dir Direction, s Shield, mux, offer bool) []byte {
	var b strings.Builder
	family := "IP4"
	if l.Addr.Is6() {
		family = "IP6"
	}
	fmt.Fprintf(&b, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", family, l.Addr)
	l.renderSession(&b, s)
	for i := range l.lines {
		m := &l.lines[i]
		if i != l.index {
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.Kind, m.Proto, strings.Join(m.Formats, " "))
			if m.Mid != "" {
				fmt.Fprintf(&b, "a=mid:%s\r\n", m.Mid)
			}
			continue
		}
		m.Formats = formats(codecs, events)
		fmt.Fprintf(&b, "m=audio %d %s %s\r\n", l.Port, m.Proto, strings.Join(m.Formats, " "))
		for _, c := range codecs {
			b.WriteString(c.lines())
		}
		for _, e := range events {
			b.WriteString(e.lines())
		}
		l.renderShield(&b, m, s, mux, offer)
		fmt.Fprintf(&b, "a=ptime:%d\r\na=%s\r\n", localPTime/time.Millisecond, dir)
	}
	if text := b.String(); text != l.text {
		if l.text != "" {
			l.Version++
		}
		l.text = text
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\n%s", l.ID, l.Version, family, l.Addr, l.text)
}

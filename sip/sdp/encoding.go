package sdp

import (
	"fmt"
	"slices"
	"strconv"
)

// Encodings that are not as all others are, by their names in capitals.
const (
	nameOpus  = "OPUS"
	nameEvent = "TELEPHONE-EVENT"
	nameNoise = "CN"
)

// Clock rates of RTP, Hz: that of Opus is 48000 whatever it is sampled at (RFC 7587 §4.1).
const (
	narrowRate = 8000
	opusRate   = 48000
)

// The payload types of the engine's own offers where the type is dynamic (RFC 3551 §3): of Opus, and of telephone-event on either
// clock (RFC 4733 §2.4). An answer keeps the offerer's.
const (
	offeredOpus      = 111
	offeredEvent     = 101
	offeredOpusEvent = 110
)

// comfortType is the payload type of comfort noise at 8 kHz (RFC 3389 §4).
const comfortType = 13

// rateOf is the RTP clock rate of a codec.
func rateOf(codec string) int {
	if codec == nameOpus {
		return opusRate
	}
	return narrowRate
}

// Encoding is what an rtpmap line says of a codec behind its payload type (RFC 4566 §6). Opus has two channels there, whatever it
// carries (RFC 7587 §7).
func Encoding(codec string) string {
	if codec == nameOpus {
		return "opus/48000/2"
	}
	return codec + "/8000"
}

// opusFormat is what the engine wants to be sent (RFC 7587 §6.1): no more than 8 kHz of sound, since that is what it mixes and keeps, each
// packet with the one before it in few bits once more; packets of 10 ms are not too short. What it sends is no wider.
const opusFormat = "maxplaybackrate=16000;sprop-maxcapturerate=16000;minptime=10;useinbandfec=1"

// lines are the attributes of a codec in a description.
func (c Codec) lines() string {
	s := fmt.Sprintf("a=rtpmap:%d %s\r\n", c.PT, Encoding(c.Name))
	if c.Name == nameOpus {
		s += fmt.Sprintf("a=fmtp:%d %s\r\n", c.PT, opusFormat)
	}
	return s
}

// event is telephone-event as a format.
type event struct {
	pt   uint8
	rate int
}

func (e event) lines() string {
	return fmt.Sprintf("a=rtpmap:%d telephone-event/%d\r\na=fmtp:%d 0-15\r\n", e.pt, e.rate, e.pt)
}

// offeredType is the payload type of a codec in an offer of ours (RFC 3551 §6).
func offeredType(codec string) uint8 {
	switch codec {
	case "PCMA":
		return 8
	case "G722":
		return 9
	case nameOpus:
		return offeredOpus
	}
	return 0
}

// apart gives each dynamic format of an offer a payload type of its own: those in use, which come first, keep theirs.
func apart(codecs []Codec, events []event) {
	used := make([]uint8, 0, len(codecs)+len(events))
	own := func(pt uint8) uint8 {
		for slices.Contains(used, pt) {
			if pt--; pt < 96 || pt > 127 {
				pt = 127
			}
		}
		used = append(used, pt)
		return pt
	}
	for i := range codecs[:min(len(codecs), 1)] {
		codecs[i].PT = own(codecs[i].PT)
	}
	for i := range events {
		events[i].pt = own(events[i].pt)
	}
	for i := range codecs[min(len(codecs), 1):] {
		codecs[i+1].PT = own(codecs[i+1].PT)
	}
}

// find returns the payload type of an encoding at a clock rate.
func (m *Media) find(name string, rate int) (pt uint8, ok bool) {
	for _, c := range m.Codecs {
		if c.Name == name && c.Rate == rate {
			return c.PT, true
		}
	}
	return 0, false
}

// findEvent is telephone-event on the codec's own clock (RFC 4733 §2.1), or where the peer has none, as some have beside Opus, that
// on the clock of G.711. 0: it has neither.
func (m *Media) findEvent(codec string, pt uint8) (event uint8, rate int) {
	for _, rate := range []int{rateOf(codec), narrowRate} {
		if e, ok := m.find(nameEvent, rate); ok && e != pt {
			return e, rate
		}
	}
	return 0, 0
}

// formats are payload types as a media line has them.
func formats(codecs []Codec, events []event) []string {
	all := make([]string, 0, len(codecs)+len(events))
	for _, c := range codecs {
		all = append(all, strconv.Itoa(int(c.PT)))
	}
	for _, e := range events {
		all = append(all, strconv.Itoa(int(e.pt)))
	}
	return all
}

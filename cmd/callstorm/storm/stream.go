package storm

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"time"
)

const (
	headLen   = 12  // of an RTP packet without extensions (RFC 3550 §5.1)
	eventType = 101 // payload type of telephone-event
	// probeMagic marks a payload that carries its own sending time: in place of the first samples, where the codec is not
	// changed on the way it arrives as it was sent.
	probeMagic = 0x48544C4E
	probeLen   = 20
)

// stream is one call's audio at one phone.
type stream struct {
	to    endpoint
	pt    codec
	voice []byte // encoded; nil: silence. Looped.
	probe bool
	heard func(at time.Time) // once, when the first packet of the other phone's probe (or any, without probe) came; may be nil
	keys  chan byte          // pressed by whoever owns the phone; nil: no keys

	// Owned by the sender.
	ssrc, ts uint32
	seq      uint16
	at       int
	count    uint64
	key      byte
	keyStep  int
	keyTS    uint32

	// Owned by the socket's lock.
	first, last, got uint64
	heardAt          int64 // when the last probe came
	any              bool
}

// start gives the stream its random beginnings (RFC 3550 §5.1).
func (s *stream) start() { s.ssrc, s.seq, s.ts = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32() }

// packet writes the stream's next packet to b and returns its length.
func (s *stream) packet(b []byte, now int64) int {
	s.seq++
	s.ts += frameLen
	b[0], b[1] = 0x80, byte(s.pt)
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	if n := s.event(b); n > 0 {
		return n
	}
	p := b[headLen : headLen+frameLen]
	if len(s.voice) >= frameLen {
		n := copy(p, s.voice[s.at:])
		copy(p[n:], s.voice)
		s.at = (s.at + frameLen) % len(s.voice)
	} else {
		q := s.pt.quiet()
		for i := range p {
			p[i] = q
		}
	}
	if s.probe {
		s.count++
		binary.BigEndian.PutUint32(p[0:], probeMagic)
		binary.BigEndian.PutUint64(p[4:], s.count)
		binary.BigEndian.PutUint64(p[12:], uint64(now))
	}
	return headLen + frameLen
}

// event writes a packet of the key that is being pressed (RFC 4733 §2.5.1): five updates, the end three times. 0: no key.
func (s *stream) event(b []byte) int {
	const updates, ends = 5, 3
	if s.keyStep == 0 {
		select {
		case k := <-s.keys:
			s.key, s.keyTS = k, s.ts
			b[1] |= 0x80
		default:
			return 0
		}
	}
	s.keyStep++
	b[1] = b[1]&0x80 | eventType
	binary.BigEndian.PutUint32(b[4:], s.keyTS)
	b[headLen], b[headLen+1] = eventCode(s.key), 10
	if s.keyStep > updates {
		b[headLen+1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[headLen+2:], uint16(frameLen*min(s.keyStep, updates)))
	if s.keyStep >= updates+ends {
		s.keyStep = 0
	}
	return headLen + 4
}

// eventCode is the event of a key (RFC 4733 §3.2).
func eventCode(key byte) byte {
	switch {
	case key == '*':
		return 10
	case key == '#':
		return 11
	case key >= 'A' && key <= 'D':
		return key - 'A' + 12
	}
	return key - '0'
}

// receive takes one packet. It returns how long the packet was under way, below 0 if it does not tell, and for the first
// one whom to tell.
func (s *stream) receive(b []byte, at int64) (delay time.Duration, tell func(at time.Time)) {
	delay = -1
	if len(b) < headLen+probeLen || b[0]>>6 != 2 {
		return delay, nil
	}
	p := b[headLen:]
	isProbe := binary.BigEndian.Uint32(p) == probeMagic
	if s.probe && !isProbe {
		return delay, nil // a prompt or music
	}
	if isProbe {
		n := binary.BigEndian.Uint64(p[4:])
		if s.got == 0 {
			s.first = n
		}
		s.last = max(s.last, n)
		s.got++
		delay = max(time.Duration(at-int64(binary.BigEndian.Uint64(p[12:]))), 0)
	}
	if !s.any {
		s.any = true
		return delay, s.heard
	}
	return delay, nil
}

// muOfA maps an A-law byte to the µ-law byte of the same loudness (ITU-T G.711), for voices of phones that speak µ-law.
func muOfA(a byte) byte {
	a ^= 0x55
	v := int(a&0x0F)<<4 + 8
	if seg := a >> 4 & 7; seg > 0 {
		v = (v + 0x100) << (seg - 1)
	}
	v += 0x84
	seg := byte(bits.Len(uint(v)) - 8)
	u := seg<<4 | byte(v>>(seg+3)&0x0F)
	if a&0x80 == 0 {
		u |= 0x80
	}
	return ^u
}

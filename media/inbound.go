package media

import (
	"net/netip"
	"sync/atomic"
)

// inbound is what a leg knows about the stream that comes to it. Its plain fields are owned by the goroutine that reads
// the leg's RTP socket; anyone may read the atomic ones.
type inbound struct {
	learner   learner
	final     bool      // that the learner has locked was told
	settings  *settings // those of the last packet
	reception reception
	line      timeline
	ear       keyEar
	up        bool     // MediaUp was called
	tones     *toneEar // keys in the sound; nil: not listened for so far
	gap       bool     // packets were not relayed: those after them begin anew

	tonePressed func(key byte)

	foreign   atomic.Uint64
	malformed atomic.Uint64

	unauthentic atomic.Uint64
	digits      atomic.Uint64
}

// sound is what the payload type of a packet says it is.
type sound uint8

const (
	soundNone sound = iota // a type that was not agreed
	soundAudio
	soundKey
	soundComfort // comfort noise
)

// meaning tells what a payload type is. Both static types of G.711 are understood whichever was agreed: a phone may
// switch between those it offered (RFC 3264 §7).
func (s *settings) meaning(payload uint8) (sound, Codec) {
	switch {
	case s.HeardType != 0 && payload == s.HeardType:
		return soundAudio, s.Codec
	case s.HeardDTMF != 0 && payload == s.HeardDTMF:
		return soundKey, 0
	case payload == s.PayloadType:
		return soundAudio, s.Codec
	case payload == s.DTMFType && s.DTMFType != 0:
		return soundKey, 0
	case payload == uint8(PCMU):
		return soundAudio, PCMU
	case payload == uint8(PCMA):
		return soundAudio, PCMA
	case payload == typeCN:
		return soundComfort, 0
	}
	return soundNone, 0
}

// receive is the packet path: it is called for each datagram on the leg's RTP port.
func (l *Leg) receive(b []byte, from netip.AddrPort) {
	defer l.rescue("RTP")
	if l.closed.Load() {
		l.pair.noise.Store(true) // draining
		return
	}
	s := l.settings.Load()
	if s == nil {
		l.in.foreign.Add(1)
		return
	}
	if s.shield != nil {
		var proven bool
		if b, proven = l.unshield(s, b, from); !proven {
			return
		}
	}
	in := &l.in
	switch classify(b) {
	case kindRTP:
	case kindRTCP:
		l.receiveRTCP(b, from)
		return
	default:
		in.malformed.Add(1)
		return
	}
	h, payload, ok := parseRTP(b)
	what, codec := s.meaning(h.payload)
	if !ok || what == soundNone {
		in.malformed.Add(1)
		return
	}
	if codec == Opus && len(payload) > 0 {
		if _, ok = codec.Ticks(payload); !ok {
			in.malformed.Add(1) // who hears the leg makes it good as if it had been lost
			return
		}
	}
	now := l.engine.Now()
	if in.settings != s {
		in.reconfigured(s)
	}
	if !l.trusts(now, s, from, h) {
		in.foreign.Add(1)
		return
	}
	l.accepted(now, s, h, payload, what, codec)
}

// reconfigured takes over settings that have been swapped.
func (in *inbound) reconfigured(s *settings) {
	if in.settings == nil || in.settings.epoch != s.epoch {
		in.learner, in.final = learner{remote: s.Remote}, false
	}
	in.learner.signal, in.learner.oneHost = s.Source, s.oneHost
	in.settings = s
}

// accepted takes a packet of the leg's own source.
func (l *Leg) accepted(now int64, s *settings, h header, payload []byte, what sound, codec Codec) {
	in, wire := &l.in, h.ts
	l.offKernel()
	turned := false
	if s.perTick != 1 || in.line.perTick > 1 { // else there is no clock but that of 8000 Hz
		h.ts, turned = in.tick(now, s, h.ts, what, codec)
	}
	place := in.reception.packet(now, h, len(payload), what == soundAudio, s.dueSince)
	if turned && place == arrivesInOrder {
		place = arrivesAnew
	}
	if place == arrivesWild {
		return
	}
	if !s.Receive || len(payload) == 0 {
		in.gap = true
		return
	}
	if what == soundComfort {
		l.comfort(now, h, payload, place == arrivesLate)
		return
	}
	if !in.up {
		in.up = true
		l.tellUp(l.engine.Wall(now))
	}
	routes := l.audience()
	anew := place == arrivesAnew || in.gap
	if anew {
		in.gap = false
		for _, r := range routes {
			r.turn.anew = true
		}
	}
	if what == soundKey {
		l.pass(now, h)
		l.key(now, h, wire, payload, place == arrivesLate, routes)
		return
	}
	if t := l.tap.Load(); t != nil {
		l.show(*t, Frame{
			At: now, Seq: h.seq, Timestamp: h.ts, SSRC: h.ssrc, Marker: h.marker, Codec: codec, Payload: payload,
		})
	}
	if s.DTMFType == 0 && place != arrivesLate && codec != Opus { // whose coding leaves no key in the sound whole
		l.tones(codec, payload)
	}
	if q := l.feed.Load(); q != nil {
		q.put(h.ts, codec, anew, payload)
	}
	if l.express.taking {
		return // it is there already
	}
	for _, r := range routes {
		r.audio(now, h, codec, payload, place == arrivesLate)
	}
	if place == arrivesInOrder && l.engine.cfg.Bypass != nil {
		l.consider(s, h, codec, routes)
	}
}

// tick turns the timestamp of a packet into ticks. turned: it says nothing of the distance to the packet before.
func (in *inbound) tick(now int64, s *settings, ts uint32, what sound, codec Codec) (tick uint32, turned bool) {
	clock := codec.perTick()
	if what == soundKey {
		clock = s.eventPerTick
	}
	if what == soundAudio || clock == s.perTick {
		return in.line.ticks(now, ts, clock, &in.reception)
	}
	return in.line.aside(now, ts, &in.reception), false
}

// key takes a packet of a telephone event. wire is its timestamp as it came.
func (l *Leg) key(now int64, h header, wire uint32, payload []byte, late bool, routes []*route) {
	s := l.in.settings
	e, ok := parseEvent(payload)
	if !ok {
		l.in.malformed.Add(1)
		return
	}
	came := h
	came.ts, l.in.ear.clock = wire, s.perTick
	if key, pressed := l.in.ear.hear(came, e); pressed {
		l.in.digits.Add(1)
		l.tellDigit(key)
	}
	for _, r := range routes {
		r.event(now, h, payload, e, s.eventPerTick, late)
	}
}

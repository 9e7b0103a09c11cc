package media

import "math"

// noise is comfort noise (RFC 3389): what is heard while a phone with silence suppression says nothing.
type noise struct {
	level int32 // peak of a sample; 0: none
	seed  uint32
}

// comfortLoudest is the loudest noise that is played, −dBov: a level of 0 would be a roar that nobody meant.
const comfortLoudest = 30

// set takes the level of a comfort noise packet (RFC 3389 §3.1: the first byte, 0–127 −dBov). The spectrum is left flat.
func (n *noise) set(payload []byte) {
	if len(payload) == 0 {
		return
	}
	db := float64(max(payload[0]&0x7F, comfortLoudest))
	rms := math.MaxInt16 * math.Pow(10, -db/20)
	n.level = int32(rms * math.Sqrt(3)) // of samples spread evenly from −level to +level
}

// add mixes the noise into pcm.
func (n *noise) add(pcm []int16) {
	if n.level == 0 {
		return
	}
	for i := range pcm {
		n.seed = n.seed*1664525 + 1013904223
		v := int32(int64(int32(n.seed)) * int64(n.level) >> 31)
		pcm[i] = saturate(int32(pcm[i]) + v)
	}
}

func saturate(v int32) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }

// comfort takes a packet of comfort noise: proof of life, noise for those who hear the leg mixed, and for whoever is
// relayed it and has agreed to it the packet itself. To the others the relay pauses.
func (l *Leg) comfort(now int64, h header, payload []byte, late bool) {
	l.pass(now, h)
	if q := l.feed.Load(); q != nil {
		q.put(h.ts, comfort, false, payload)
	}
	for _, r := range l.audience() {
		s := r.to.settings.Load()
		if s == nil || !s.Send || !s.ComfortNoise || len(payload) > comfortLongest || r.to.closed.Load() {
			r.turn.anew = true
			continue
		}
		if r.to.out.relay(&r.turn, now, &h, 0, late) {
			b := r.from.pair.rtp.room()[:rtpHeader+len(payload)]
			copy(b[rtpHeader:], payload)
			h := h
			h.payload, h.marker = typeCN, false
			r.to.transmit(s, b, h)
		}
	}
}

// comfortLongest is the longest payload of comfort noise: a level and the largest filter (RFC 3389 §3).
const comfortLongest = 64

// pass shows the tap that a packet came that was no sound.
func (l *Leg) pass(now int64, h header) {
	if t := l.tap.Load(); t != nil {
		l.show(*t, Frame{At: now, Seq: h.seq, Timestamp: h.ts, SSRC: h.ssrc, Codec: l.in.settings.Codec})
	}
}

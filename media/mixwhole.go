package media

import "hotline/media/opus"

// mixWholePacket is the frames of a packet of Opus that is not full yet: it is encoded at once.
type mixWholePacket struct {
	pcm   [60 * SampleRate / 1000 * 2]int16
	ticks int
}

// gather puts a frame of 16 kHz behind those before and sends what is full, as add does.
func (v *mixVoice) gather(now int64, s *settings, pcm []int16, scratch *mixScratch) {
	if v.whole == nil {
		v.whole = new(mixWholePacket)
	}
	w := v.whole
	if v.codec != s.Codec {
		v.codec, w.ticks = s.Codec, 0
	}
	if 2*w.ticks+len(pcm) > len(w.pcm) { // see ready
		v.sendWhole(now, s, scratch)
	}
	w.ticks += copy(w.pcm[2*w.ticks:], pcm) / 2
	if w.ticks < int(s.samples) && !v.last && !v.first {
		return
	}
	v.sendWhole(now, s, scratch)
}

func (v *mixVoice) sendWhole(now int64, s *settings, scratch *mixScratch) {
	v.first = false
	w, n := v.whole, 0
	for at := 0; at < w.ticks; at += n { // the last may be of 30 or 50 ms, which no packet is
		if n = opus.Fit(w.ticks - at); n == 0 {
			break
		}
		v.encode.opus.Limit(s.limit())
		size := v.encode.encode(v.packet[rtpHeader:], Opus, w.pcm[2*at:2*(at+n)], 2, scratch.pcm[:])
		h := header{payload: s.PayloadType}
		if size > 0 && v.leg.out.speak(&v.turn, now, &h, uint32(n)) {
			v.leg.transmit(s, v.packet[:rtpHeader+size], h)
		}
	}
	w.ticks = 0
}

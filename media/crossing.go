package media

import "hotline/media/opus"

// crossing is a relay's way from one codec to another that no table leads. One packet becomes one, of the same length in time,
// except into Opus, whose packets have lengths of their own: what does not fit waits for the next. It is owned by the goroutine
// that reads the leg's socket.
type crossing struct {
	decode Decoder
	encode encoder
	faults uint64               // of decode, told so far
	pcm    [crossMost * 2]int16 // what is turned, at the rate of its codec
	work   [crossMost * 2]int16 // the encoder's
	wait   *waiting             // what waits for a packet of Opus; nil: not needed so far
	next   uint32               // where the packet after this belongs, in ticks
	seq    uint16               // of the packet before
	begun  bool                 // seq and next are of a packet before
}

// waiting is sound that is not a packet of Opus yet.
type waiting struct {
	pcm  [2 * crossMost * 2]int16
	wide int // samples for each tick
	held int // ticks
}

// crossMost is the longest packet that is turned into another codec, in ticks: 120 ms.
const crossMost = 120 * SampleRate / 1000

// across relays one packet of sound to a leg of another codec.
func (r *route) across(now int64, s *settings, h header, codec Codec, payload []byte, late bool) {
	if r.cross == nil {
		r.cross = new(crossing)
	}
	c := r.cross
	if codec != Opus {
		payload = payload[:min(len(payload), crossMost)]
	}
	ticks, _ := codec.Ticks(payload)
	if codec == Opus || s.Codec == Opus {
		if late { // its time is past: it was made good, or the sound goes on behind it
			return
		}
		if c.wait == nil && s.Codec == Opus {
			c.wait = new(waiting)
		}
		r.recover(now, s, h, codec, payload)
		c.seq, c.next, c.begun = h.seq, h.ts+uint32(ticks), true
	}
	pcm := c.pcm[:c.decode.Decode(c.pcm[:], codec, payload)]
	if f := c.decode.Faults(); f != c.faults {
		r.from.in.malformed.Add(f - c.faults)
		c.faults = f
	}
	if s.Codec == Opus {
		r.gather(now, s, h, pcm, codec.wide())
		return
	}
	r.turned(now, s, h, pcm, codec.wide(), late)
}

// recover makes the packet before one of Opus, if that was lost and the one before it was heard: of losses that stand together
// it is the last. Into Opus, what waited for a packet that did not come is given up.
func (r *route) recover(now int64, s *settings, h header, codec Codec, payload []byte) {
	c := r.cross
	gap := int32(h.ts - c.next)
	if !c.begun || gap == 0 {
		return
	}
	c.wait.drop()
	ticks, ok := codec.Ticks(payload)
	if codec != Opus || !ok || r.turn.anew || h.seq-c.seq < 2 || h.seq-c.seq >= maxMisorder || gap < 20 {
		return
	}
	ticks = min(ticks, int(gap)/20*20)
	n := c.decode.Recover(c.pcm[:], codec, payload, ticks)
	if n == 0 {
		return
	}
	h.seq--
	h.ts -= uint32(ticks)
	h.marker = false
	r.turned(now, s, h, c.pcm[:n], codec.wide(), false)
}

// turned sends sound in the codec of the leg, any but Opus.
func (r *route) turned(now int64, s *settings, h header, pcm []int16, wide int, late bool) {
	ticks := len(pcm) / wide
	if ticks == 0 || !r.to.out.relay(&r.turn, now, &h, uint32(ticks), late) {
		return
	}
	b := r.from.pair.rtp.room()[:rtpHeader+ticks]
	r.cross.encode.encode(b[rtpHeader:], s.Codec, pcm, wide, r.cross.work[:])
	h.payload = s.PayloadType
	r.to.transmit(s, b, h)
}

// gather puts sound behind what waits, and sends the longest packet of Opus that there is. A packet that makes none leaves no hole
// in the numbers.
func (r *route) gather(now int64, s *settings, h header, pcm []int16, wide int) {
	w, c := r.cross.wait, r.cross
	if w.wide != wide {
		w.wide, w.held = wide, 0
	}
	h.ts -= uint32(w.held)
	w.held += copy(w.pcm[w.held*wide:], pcm) / wide
	ticks := opus.Fit(w.held)
	if ticks == 0 {
		r.turn.spare(false)
		return
	}
	took := r.to.out.relay(&r.turn, now, &h, uint32(ticks), false)
	if took {
		room := r.from.pair.rtp.room()
		c.encode.opus.Limit(s.limit())
		n := c.encode.encode(room[rtpHeader:rtpHeader+opusRoom], s.Codec, w.pcm[:ticks*wide], wide, c.work[:])
		if n > 0 {
			h.payload = s.PayloadType
			r.to.transmit(s, room[:rtpHeader+n], h)
		}
	}
	copy(w.pcm[:], w.pcm[ticks*wide:w.held*wide])
	w.held -= ticks
}

func (w *waiting) drop() {
	if w != nil {
		w.held = 0
	}
}

// opusRoom is the most bytes that are made of a packet of Opus: with what protects it it goes into one datagram of any network.
const opusRoom = 1200

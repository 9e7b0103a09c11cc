package media

import (
	"hotline/media/g722"
	"hotline/media/opus"
)

// Decoder turns payloads of one stream into samples, whichever codec each is in. The zero value is ready. It is owned by
// one goroutine and allocates only when G.722 or Opus first comes.
type Decoder struct {
	wide   *g722.Decoder
	come   int // samples of G.722 since it began, up to decoderRise
	opus   opus.Decoder
	faults uint64
}

// decoderRise is the samples over which G.722 that is heard from its midst comes up, 40 ms: until its predictors are where
// the encoder's are a decoder is too loud.
const decoderRise = 640

// Decode writes the samples of a payload to dst, at the codec's SampleRate, as many as fit, and returns their number. A payload
// of Opus is decoded whole or, where dst is too short for it, not at all.
func (d *Decoder) Decode(dst []int16, codec Codec, payload []byte) int {
	switch codec {
	case PCMA, PCMU:
		return codec.Decode(dst, payload)
	case Opus:
		n, ok := d.opus.Decode(dst, payload)
		if !ok {
			d.faults++
		}
		return n
	}
	if d.wide == nil {
		d.wide = new(g722.Decoder)
		d.wide.Reset()
	}
	n := d.wide.Decode(dst, payload)
	for i := 0; i < n && d.come < decoderRise; i++ {
		dst[i] = int16(int32(dst[i]) * int32(d.come) / decoderRise)
		d.come++
	}
	return n
}

// Recover writes to dst the sound of the so many ticks just before a payload that were lost, and returns the number of
// samples: 0 where the codec cannot tell. It is called before Decode of the payload.
func (d *Decoder) Recover(dst []int16, codec Codec, payload []byte, ticks int) int {
	if codec != Opus || 2*ticks > len(dst) {
		return 0
	}
	return d.opus.Recover(dst[:2*ticks], payload)
}

// Faults is how many payloads could not be decoded.
func (d *Decoder) Faults() uint64 { return d.faults }

// encoder turns samples into payloads of one stream. The zero value is ready.
type encoder struct {
	wide *g722.Encoder
	opus opus.Encoder
	rate rateTurn
}

// encode writes the payload of pcm, which has wide samples for each tick, to b, and returns its length: a byte for each tick, and
// of Opus what it takes. For Opus pcm is as long as opus.Fit says. scratch is working space, of two samples for each tick.
func (e *encoder) encode(b []byte, codec Codec, pcm []int16, wide int, scratch []int16) int {
	ticks := len(pcm) / wide
	if own := codec.wide(); own != wide {
		scratch = scratch[:ticks*own]
		e.rate.turn(scratch, pcm, wide, own)
		pcm = scratch
	}
	switch codec {
	case PCMA, PCMU:
		return codec.Encode(b, pcm)
	case Opus:
		return e.opus.Encode(b, pcm)
	}
	if e.wide == nil {
		e.wide = new(g722.Encoder)
		e.wide.Reset()
	}
	e.wide.Encode(b[:ticks], pcm)
	return ticks
}

// Resampler turns samples of one stream from 8 to 16 kHz or back. The zero value is ready. It is owned by one goroutine
// and allocates at its first use only.
type Resampler struct{ rate rateTurn }

// Up writes two samples for each of src to dst.
func (r *Resampler) Up(dst, src []int16) { r.rate.turn(dst, src, 1, 2) }

// Down writes one sample for each two of src to dst.
func (r *Resampler) Down(dst, src []int16) { r.rate.turn(dst, src, 2, 1) }

// rateTurn changes the rate of one stream between 8 and 16 kHz.
type rateTurn struct{ filter *halfBand }

func (r *rateTurn) turn(dst, src []int16, from, to int) {
	if r.filter == nil || r.filter.from != from {
		r.filter = newHalfBand(from)
	}
	for len(src) > 0 { // in pieces that the filter's space is made for
		n := min(len(src)/from, halfBandMost)
		if from < to {
			r.filter.up(dst[:2*n], src[:n])
		} else {
			r.filter.down(dst[:n], src[:2*n])
		}
		src, dst = src[n*from:], dst[n*to:]
	}
}

// halfBandTaps is how many taps beside the middle one the half-band filter has on each side that are not 0; halfBandMost
// how many samples of 8 kHz are turned at once.
const (
	halfBandTaps = 13
	halfBandMost = 160
)

// halfBand is the low pass of resample, of which at twice the rate every second tap is 0, with its memory.
type halfBand struct {
	from int
	taps [halfBandTaps]float32
	work [4*halfBandTaps + 2*halfBandMost]float32 // the memory first
}

func newHalfBand(from int) *halfBand {
	h := &halfBand{from: from}
	all := lowPass(2 * SampleRate)
	middle := len(all) / 2
	for k := range h.taps {
		if at := middle + 2*k + 1; at < len(all) {
			h.taps[k] = float32(all[at])
		}
	}
	return h
}

// up writes two samples for each of src.
func (h *halfBand) up(dst, src []int16) {
	const memory = 2*halfBandTaps - 1
	w := h.work[:memory+len(src)]
	for i, v := range src {
		w[memory+i] = float32(v)
	}
	for i := range src {
		window := w[i : i+2*halfBandTaps]
		sum := float32(0)
		for k, t := range h.taps {
			sum += t * (window[halfBandTaps-1-k] + window[halfBandTaps+k])
		}
		dst[2*i] = round16(window[halfBandTaps-1])
		dst[2*i+1] = round16(2 * sum)
	}
	copy(h.work[:memory], w[len(src):])
}

// down writes one sample for each two of src.
func (h *halfBand) down(dst, src []int16) {
	const memory = 4*halfBandTaps - 3
	const middle = 2*halfBandTaps - 1
	w := h.work[:memory+len(src)]
	for i, v := range src {
		w[memory+i] = float32(v)
	}
	for i := range dst {
		window := w[2*i : 2*i+2*middle+1]
		sum := window[middle] / 2
		for k, t := range h.taps {
			sum += t * (window[middle-1-2*k] + window[middle+1+2*k])
		}
		dst[i] = round16(sum)
	}
	copy(h.work[:memory], w[len(src):])
}

func round16(v float32) int16 {
	if v < 0 {
		return int16(max(v-0.5, -1<<15))
	}
	return int16(min(v+0.5, 1<<15-1))
}

// fillWide writes what is next in G.722 or Opus, and silence after the end, and returns its length. The clips of a play are one
// stream: encoding each for itself would be heard at every seam.
func (v *voice) fillWide(b []byte, s *settings) int {
	if v.wide == nil {
		v.wide = new(wideVoice)
	}
	w := v.wide
	pcm := w.pcm[:s.samples]
	clear(pcm)
	v.play.pcm(pcm)
	w.encode.opus.Limit(s.limit())
	return w.encode.encode(b, s.Codec, pcm, 1, w.work[:])
}

// limit is what the other side wants of Opus.
func (s *settings) limit() opus.Limit {
	return opus.Limit{BitRate: s.BitRate, Constant: s.ConstantRate}
}

// wideVoice is what a leg's voice needs for codecs that remember.
type wideVoice struct {
	encode encoder
	pcm    [60 * SampleRate / 1000]int16
	work   [2 * 60 * SampleRate / 1000]int16
}

// pcm writes the samples that are next.
func (p *playing) pcm(out []int16) {
	for len(out) > 0 && !p.done() {
		c := p.clips[p.clip]
		n := min(len(out), c.samples-p.at)
		if c.pcm != nil {
			copy(out[:n], c.pcm[p.at:])
		}
		p.advance(n)
		out = out[n:]
	}
}

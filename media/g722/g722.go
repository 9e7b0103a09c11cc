// Package g722 is the audio codec of ITU-T G.722 at 64 kbit/s: 7 kHz of sound, sampled at 16 kHz, in two bands of ADPCM;
// one byte for two samples. The names of its parts are those of the Recommendation. Nothing in it allocates.
package g722

import "math"

// Encoder turns samples into bytes. The zero value is not ready: use Reset. It is owned by one goroutine.
type Encoder struct {
	history   [24]int32 // of the transmit QMF, the newest last
	low, high band
}

// Decoder turns bytes into samples. The zero value is not ready: use Reset. It is owned by one goroutine.
type Decoder struct {
	history   [24]int32 // of the receive QMF
	low, high band
}

// Reset makes the encoder ready for a new stream.
func (e *Encoder) Reset() {
	*e = Encoder{low: band{det: lowStart}, high: band{det: highStart}}
}

// Reset makes the decoder ready for a new stream.
func (d *Decoder) Reset() {
	*d = Decoder{low: band{det: lowStart}, high: band{det: highStart}}
}

// The scale factors at the beginning (G.722 table 20: DETL = 32, DETH = 8).
const (
	lowStart  = 32
	highStart = 8
)

// Encode writes one byte for each two samples of pcm, 16 bits at 16 kHz, to dst, as many as fit, and returns their number.
func (e *Encoder) Encode(dst []byte, pcm []int16) int {
	n := min(len(dst), len(pcm)/2)
	for i := range dst[:n] {
		low, high := e.split(int32(pcm[2*i]), int32(pcm[2*i+1]))
		il := e.low.quantizeLow(low)
		ih := e.high.quantizeHigh(high)
		dst[i] = byte(ih<<6 | il)
	}
	return n
}

// Decode writes two samples for each byte of src to dst, as many as fit, and returns their number.
func (d *Decoder) Decode(dst []int16, src []byte) int {
	n := min(len(dst)/2, len(src))
	for i, b := range src[:n] {
		low := d.low.decodeLow(int32(b & 0x3F))
		high := d.high.decodeHigh(int32(b >> 6))
		dst[2*i], dst[2*i+1] = d.join(low, high)
	}
	return 2 * n
}

// split is the transmit QMF (§3.1, §5.2.1): two samples at 16 kHz become one of each band at 8 kHz.
func (e *Encoder) split(first, second int32) (low, high int32) {
	h := &e.history
	copy(h[:], h[2:])
	h[22], h[23] = first, second
	even, odd := qmf(h)
	return (odd + even) >> 14, (odd - even) >> 14
}

// join is the receive QMF (§4.4, §5.2.2).
func (d *Decoder) join(low, high int32) (first, second int16) {
	h := &d.history
	copy(h[:], h[2:])
	h[22], h[23] = low+high, low-high
	even, odd := qmf(h)
	return int16(saturate(odd >> 11)), int16(saturate(even >> 11))
}

// band is the ADPCM of one band: its scale factor and its predictor.
type band struct {
	nb  int32 // logarithm of the scale factor (NBL, NBH)
	det int32 // scale factor (DETL, DETH)
	s   int32 // predicted signal (SL, SH)
	sz  int32 // its part from the zeros
	r   [3]int32
	p   [3]int32
	a   [3]int32
	d   [7]int32
	b   [7]int32
}

// quantizeLow is the lower band of the encoder (§3.2 to §3.6): 6 bits for a sample.
func (w *band) quantizeLow(x int32) int32 {
	el := saturate(x - w.s) // SUBTRA
	size := el
	if el < 0 {
		size = -(el + 1)
	}
	i := 1 // QUANTL: the first level that is larger, by halves
	for top := 30; i < top; {
		if mid := (i + top) / 2; size < q6(mid)*w.det>>12 {
			top = mid
		} else {
			i = mid + 1
		}
	}
	code := int32(62 - i) // table 16: 61 downwards for positive differences
	if el < 0 {
		if code = int32(34 - i); i < 3 {
			code = int32(64 - i)
		}
	}
	w.adaptLow(code >> 2)
	return code
}

// quantizeHigh is the higher band of the encoder: 2 bits for a sample.
func (w *band) quantizeHigh(x int32) int32 {
	eh := saturate(x - w.s)
	size := eh
	if eh < 0 {
		size = -(eh + 1)
	}
	far := size >= 564*w.det>>12 // QUANTH
	code := int32(3)
	switch {
	case eh < 0 && far:
		code = 0
	case eh < 0:
		code = 1
	case far:
		code = 2
	}
	w.adaptHigh(code)
	return code
}

// decodeLow is the lower band of the decoder at 64 kbit/s (§4.2).
func (w *band) decodeLow(code int32) int32 {
	out := limit(w.s + w.det*qm6(code)>>15) // INVQBL, RECONS, LIMIT
	w.adaptLow(code >> 2)
	return out
}

// decodeHigh is the higher band of the decoder (§4.3).
func (w *band) decodeHigh(code int32) int32 {
	return limit(w.adaptHigh(code))
}

// adaptLow takes the 4 bits that encoder and decoder have in common and moves scale and predictor on.
func (w *band) adaptLow(code int32) {
	d := w.det * qm4(code) >> 15 // INVQAL
	w.nb = min(max(w.nb*127>>7+wl(code), 0), 18432)
	w.det = scale(w.nb, 8) // SCALEL
	w.predict(d)
}

// adaptHigh does the same for the higher band and returns the reconstructed sample.
func (w *band) adaptHigh(code int32) int32 {
	d := w.det * qm2(code) >> 15 // INVQAH
	out := saturate(w.s + d)
	w.nb = min(max(w.nb*127>>7+wh(code), 0), 22528)
	w.det = scale(w.nb, 10) // SCALEH
	w.predict(d)
	return out
}

// scale is the scale factor of its logarithm (§3.5).
func scale(nb, shift int32) int32 {
	v := ilb(nb >> 6)
	if by := shift - nb>>11; by >= 0 {
		v >>= by
	} else {
		v <<= -by
	}
	return v << 2
}

// predict moves the predictor on by one quantized difference (§3.6, blocks 4L and 4H).
func (w *band) predict(d int32) {
	w.d[0] = d
	w.r[0] = saturate(w.s + d)  // RECONS
	w.p[0] = saturate(w.sz + d) // PARREC
	same1 := w.p[0]>>15 == w.p[1]>>15
	same2 := w.p[0]>>15 == w.p[2]>>15

	wd := saturate(w.a[1] << 2) // UPPOL2
	if same1 {
		wd = min(-wd, math.MaxInt16)
	}
	wd = wd>>7 + w.a[2]*32512>>15
	if same2 {
		wd += 128
	} else {
		wd -= 128
	}
	a2 := min(max(wd, -12288), 12288)

	wd = w.a[1] * 32640 >> 15 // UPPOL1
	if same1 {
		wd += 192
	} else {
		wd -= 192
	}
	most := saturate(15360 - a2)
	w.a[1], w.a[2] = min(max(saturate(wd), -most), most), a2

	step := int32(128) // UPZERO
	if d == 0 {
		step = 0
	}
	sign := d >> 15
	for i := 6; i > 0; i-- {
		v := w.b[i] * 32640 >> 15
		if w.d[i]>>15 == sign {
			v += step
		} else {
			v -= step
		}
		w.b[i] = saturate(v)
	}

	copy(w.d[1:], w.d[:6]) // DELAYA
	w.r[2], w.r[1] = w.r[1], w.r[0]
	w.p[2], w.p[1] = w.p[1], w.p[0]

	sp := saturate(w.a[1]*saturate(2*w.r[1])>>15 + w.a[2]*saturate(2*w.r[2])>>15) // FILTEP
	sz := int32(0)                                                                // FILTEZ
	for i := 6; i > 0; i-- {
		sz += w.b[i] * saturate(2*w.d[i]) >> 15
	}
	w.sz = saturate(sz)
	w.s = saturate(sp + w.sz) // PREDIC
}

func saturate(v int32) int32 { return min(max(v, math.MinInt16), math.MaxInt16) }

// limit holds the output of a band to 15 bits (LIMIT).
func limit(v int32) int32 { return min(max(v, -16384), 16383) }

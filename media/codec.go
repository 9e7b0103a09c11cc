package media

import "math/bits"

// Codec is a codec of RTP audio. Its value is the static payload type of RFC 3551 §6.
type Codec uint8

// The codecs: G.711 at 8000 Hz, one byte a sample.
const (
	PCMU Codec = 0 // µ-law
	PCMA Codec = 8 // A-law
)

// SampleRate is the number of samples a second of every codec and clip of this package, and the RTP clock rate.
const SampleRate = 8000

// String is the codec's name in SDP (RFC 3551 §6).
func (c Codec) String() string {
	if c == PCMA {
		return "PCMA"
	}
	return "PCMU"
}

// Silence is the byte that stands for a sample of 0.
func (c Codec) Silence() byte {
	if c == PCMA {
		return 0xD5
	}
	return 0xFF
}

// Encode writes one byte for each sample of pcm to dst, as many as fit, and returns their number.
func (c Codec) Encode(dst []byte, pcm []int16) int {
	if c == PCMA {
		return EncodeALaw(pcm, dst)
	}
	return EncodeMuLaw(pcm, dst)
}

// Decode writes one sample for each byte of src to dst, as many as fit, and returns their number.
func (c Codec) Decode(dst []int16, src []byte) int {
	if c == PCMA {
		return DecodeALaw(src, dst)
	}
	return DecodeMuLaw(src, dst)
}

// EncodeALaw writes the A-law bytes of pcm to dst, as many as fit, and returns their number.
func EncodeALaw(pcm []int16, dst []byte) int {
	n := min(len(pcm), len(dst))
	for i, s := range pcm[:n] {
		dst[i] = LinearToALaw(s)
	}
	return n
}

// DecodeALaw writes the samples of the A-law bytes src to pcm, as many as fit, and returns their number.
func DecodeALaw(src []byte, pcm []int16) int {
	n := min(len(src), len(pcm))
	for i, b := range src[:n] {
		pcm[i] = ALawToLinear(b)
	}
	return n
}

// EncodeMuLaw writes the µ-law bytes of pcm to dst, as many as fit, and returns their number.
func EncodeMuLaw(pcm []int16, dst []byte) int {
	n := min(len(pcm), len(dst))
	for i, s := range pcm[:n] {
		dst[i] = LinearToMuLaw(s)
	}
	return n
}

// DecodeMuLaw writes the samples of the µ-law bytes src to pcm, as many as fit, and returns their number.
func DecodeMuLaw(src []byte, pcm []int16) int {
	n := min(len(src), len(pcm))
	for i, b := range src[:n] {
		pcm[i] = MuLawToLinear(b)
	}
	return n
}

// Transcode writes src, encoded in codec from, to dst in codec to, as many bytes as fit, and returns their number. Equal
// codecs are copied. dst may be src.
func Transcode(dst []byte, to Codec, src []byte, from Codec) int {
	n := min(len(dst), len(src))
	switch {
	case from == to:
		copy(dst, src[:n])
	case from == PCMA:
		for i, b := range src[:n] {
			dst[i] = ALawToMuLaw(b)
		}
	default:
		for i, b := range src[:n] {
			dst[i] = MuLawToALaw(b)
		}
	}
	return n
}

// ALawToMuLaw is the µ-law byte nearest to an A-law byte.
func ALawToMuLaw(b byte) byte { return LinearToMuLaw(ALawToLinear(b)) }

// MuLawToALaw is the A-law byte nearest to a µ-law byte.
func MuLawToALaw(b byte) byte { return LinearToALaw(MuLawToLinear(b)) }

// LinearToALaw encodes one sample (ITU-T G.711 table 1: 13 bits, even bits inverted).
func LinearToALaw(s int16) byte {
	v := int(s) >> 3 // arithmetic: −1 is the first negative step, as G.711 has no code for 0 itself
	sign := byte(0x80)
	if v < 0 {
		v = -v - 1
		sign = 0
	}
	seg := max(bits.Len(uint(v))-5, 0) // 0 for v < 32, the linear part; 7 for v ≥ 2048
	var b byte
	if seg < 2 {
		b = byte(v >> 1)
	} else {
		b = byte(seg<<4 | v>>seg&0x0F)
	}
	return (b | sign) ^ 0x55
}

// ALawToLinear decodes one A-law byte to the middle of its step, scaled to 16 bits.
func ALawToLinear(b byte) int16 {
	b ^= 0x55
	v := int(b&0x0F)<<4 + 8
	if seg := int(b >> 4 & 7); seg > 0 {
		v = (v + 0x100) << (seg - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return int16(v)
}

// muBias lifts a 16-bit sample so that the µ-law segments begin at powers of two (ITU-T G.711 table 2, scaled by 4).
const muBias = 0x84

// LinearToMuLaw encodes one sample (ITU-T G.711 table 2: 14 bits, all bits inverted). A negative sample on a threshold
// goes where ITU-T G.191 puts it, one step nearer to 0 than its positive twin.
func LinearToMuLaw(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = ^v, 0x80
	}
	v = min(v, 32635) + muBias
	seg := bits.Len(uint(v)) - 8 // muBias puts every sum at 8 bits or more
	return ^(sign | byte(seg<<4) | byte(v>>(seg+3)&0x0F))
}

// MuLawToLinear decodes one µ-law byte to the middle of its step, scaled to 16 bits.
func MuLawToLinear(b byte) int16 {
	b = ^b
	v := (int(b&0x0F)<<3+muBias)<<(b>>4&7) - muBias
	if b&0x80 != 0 {
		v = -v
	}
	return int16(v)
}

package media

import (
	"math/bits"

	"hotline/media/opus"
)

// Codec is a codec of RTP audio. Its value is the static payload type of RFC 3551 §6, and for Opus, which has none, the one
// that is offered.
type Codec uint8

// The codecs. All but Opus have an RTP clock of 8000 Hz and one byte for each tick of it; those of G.711 are sampled at 8000
// Hz, and G.722 at 16000 Hz: its clock is an old mistake that stayed (RFC 3551 §4.5.2). Opus has a clock of 48000 Hz, whatever it
// is sampled at (RFC 7587 §4.1), here 16000, and its packets say themselves how long they last.
const (
	PCMU Codec = 0   // G.711 µ-law
	PCMA Codec = 8   // G.711 A-law
	G722 Codec = 9   // G.722 at 64 kbit/s
	Opus Codec = 111 // Opus, mono; in a build with the tag opus only
)

// SampleRate is the number of samples a second of G.711 and of every clip, and of the ticks in which all time of streams is
// counted here: what has another RTP clock is turned where packets come and go.
const SampleRate = 8000

// String is the codec's name in SDP (RFC 3551 §6).
func (c Codec) String() string {
	switch c {
	case PCMA:
		return "PCMA"
	case G722:
		return "G722"
	case Opus:
		return "OPUS"
	case comfort:
		return "CN"
	}
	return "PCMU"
}

// CodecNamed is the codec of a name in SDP, in capitals. false: the engine does not know it; see Known.
func CodecNamed(name string) (Codec, bool) {
	switch name {
	case "PCMU":
		return PCMU, true
	case "PCMA":
		return PCMA, true
	case "G722":
		return G722, true
	case "OPUS":
		return Opus, true
	}
	return PCMU, false
}

// Known tells whether this build of the engine speaks the codec.
func (c Codec) Known() bool { return c == PCMU || c == PCMA || c == G722 || c == Opus && opus.Built }

// Clock is the codec's RTP clock rate, Hz.
func (c Codec) Clock() int { return SampleRate * int(c.perTick()) }

// perTick is how far the codec's RTP clock goes in a tick of 1/8000 s.
func (c Codec) perTick() uint32 {
	if c == Opus {
		return 6
	}
	return 1
}

// Ticks is how long a payload lasts, in ticks of 1/8000 s. false: it is nothing of this codec.
func (c Codec) Ticks(payload []byte) (n int, ok bool) {
	if c == Opus {
		return opus.Ticks(payload)
	}
	return len(payload), true
}

// Wide tells whether its sound is sampled at 16000 Hz.
func (c Codec) Wide() bool { return c.wide() == 2 }

// SampleRate is the samples a second of its sound.
func (c Codec) SampleRate() int { return SampleRate * c.wide() }

// wide is the samples for each tick.
func (c Codec) wide() int {
	if c == G722 || c == Opus {
		return 2
	}
	return 1
}

// Silence is the byte that stands for a sample of 0, and for G.722 the one that is nearest to silence. Opus has none.
func (c Codec) Silence() byte {
	switch c {
	case PCMA:
		return 0xD5
	case G722:
		return 0xFA
	}
	return 0xFF
}

// Encode writes one byte for each sample of pcm to dst, as many as fit, and returns their number. It is for G.711 alone:
// other codecs remember, and have an Encoder.
func (c Codec) Encode(dst []byte, pcm []int16) int {
	switch c {
	case PCMA:
		return EncodeALaw(pcm, dst)
	case PCMU:
		return EncodeMuLaw(pcm, dst)
	}
	return 0
}

// Decode writes one sample for each byte of src to dst, as many as fit, and returns their number. It is for G.711 alone:
// other codecs remember, and have a Decoder.
func (c Codec) Decode(dst []int16, src []byte) int {
	switch c {
	case PCMA:
		return DecodeALaw(src, dst)
	case PCMU:
		return DecodeMuLaw(src, dst)
	}
	return 0
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
// codecs are copied; of others both must be G.711. dst may be src.
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

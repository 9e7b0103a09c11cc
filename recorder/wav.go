package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"hotline/media"
)

// The file is a RIFF WAVE of format A-law or µ-law (RFC 2361 §3.1, wFormatTag 6 and 7), stereo, 8 kHz, 8 bit: fmt chunk
// with cbSize, fact chunk, data chunk; for a customer with G.722 or Opus PCM of 16 bits at 16 kHz in the same chunks. The head has a fixed length so that it can be rewritten while the file grows.
const (
	headLen     = 12 + 8 + 18 + 8 + 4 + 8
	rate        = 8000
	channels    = 2
	wideRate    = 16000
	formatPCM   = 1
	formatALaw  = 6
	formatMuLaw = 7
)

// errNoWAV is returned for a head that this package did not write.
var errNoWAV = errors.New("recorder: not a recording's WAV head")

// wavHead is the head of a file that holds n bytes of audio. RIFF counts in 32 bits: from 74 hours on it tells the most it
// can.
func wavHead(codec media.Codec, n int64) [headLen]byte {
	n = min(n, (math.MaxUint32-headLen)/tickOf(codec)*tickOf(codec))
	format, hertz, bytes := uint16(formatALaw), uint32(rate), uint16(1)
	switch codec {
	case media.PCMU:
		format = formatMuLaw
	case media.G722, media.Opus:
		format, hertz, bytes = formatPCM, wideRate, 2
	}
	var h [headLen]byte
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], uint32(headLen-8+n))
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 18)
	le.PutUint16(h[20:], format)
	le.PutUint16(h[22:], channels)
	le.PutUint32(h[24:], hertz)
	le.PutUint32(h[28:], hertz*channels*uint32(bytes))
	le.PutUint16(h[32:], channels*bytes)
	le.PutUint16(h[34:], 8*bytes)
	copy(h[38:], "fact")
	le.PutUint32(h[42:], 4)
	le.PutUint32(h[46:], uint32(n/(channels*int64(bytes))))
	copy(h[50:], "data")
	le.PutUint32(h[54:], uint32(n))
	return h
}

// codecOf reads the codec from a head, and the audio's length as the head tells it.
func codecOf(h []byte) (media.Codec, int64, error) {
	if len(h) < headLen || string(h[0:4]) != "RIFF" || string(h[8:16]) != "WAVEfmt " || string(h[50:54]) != "data" {
		return 0, 0, errNoWAV
	}
	n := int64(binary.LittleEndian.Uint32(h[54:]))
	switch f := binary.LittleEndian.Uint16(h[20:]); f {
	case formatALaw:
		return media.PCMA, n, nil
	case formatMuLaw:
		return media.PCMU, n, nil
	case formatPCM:
		return media.G722, n, nil
	default:
		return 0, 0, fmt.Errorf("%w: format %d", errNoWAV, f)
	}
}

// tickOf is how many bytes of a file in the codec are 1/8000 s: one code a side, or two samples of 16 bits.
func tickOf(codec media.Codec) int64 {
	if codec.Wide() {
		return channels * wideRate / rate * 2
	}
	return channels
}

func tickNamed(codec string) int64 {
	c, _ := media.CodecNamed(codec)
	return tickOf(c)
}

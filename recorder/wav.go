package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"hotline/media"
)

// The file is a RIFF WAVE of format A-law or µ-law (RFC 2361 §3.1, wFormatTag 6 and 7), stereo, 8 kHz, 8 bit: fmt chunk
// with cbSize, fact chunk, data chunk. The head has a fixed length so that it can be rewritten while the file grows.
const (
	headLen     = 12 + 8 + 18 + 8 + 4 + 8
	rate        = 8000
	channels    = 2
	formatALaw  = 6
	formatMuLaw = 7
)

// errNoWAV is returned for a head that this package did not write.
var errNoWAV = errors.New("recorder: not a recording's WAV head")

// wavHead is the head of a file that holds n bytes of audio. RIFF counts in 32 bits: from 74 hours on it tells the most it
// can.
func wavHead(codec media.Codec, n int64) [headLen]byte {
	n = min(n, (math.MaxUint32-headLen)/channels*channels)
	format := uint16(formatALaw)
	if codec == media.PCMU {
		format = formatMuLaw
	}
	var h [headLen]byte
	le := binary.LittleEndian
	copy(h[0:], "RIFF")
	le.PutUint32(h[4:], uint32(headLen-8+n))
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 18)
	le.PutUint16(h[20:], format)
	le.PutUint16(h[22:], channels)
	le.PutUint32(h[24:], rate)
	le.PutUint32(h[28:], rate*channels)
	le.PutUint16(h[32:], channels)
	le.PutUint16(h[34:], 8)
	copy(h[38:], "fact")
	le.PutUint32(h[42:], 4)
	le.PutUint32(h[46:], uint32(n/channels))
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
	default:
		return 0, 0, fmt.Errorf("%w: format %d", errNoWAV, f)
	}
}

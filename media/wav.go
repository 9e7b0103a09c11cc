package media

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The format tags of a WAV file that can be read (RFC 2361).
const (
	wavPCM        = 1
	wavFloat      = 3
	wavALaw       = 6
	wavMuLaw      = 7
	wavExtensible = 0xFFFE
)

// The sample rates that can be read. The lower bound keeps a small file from becoming a long clip.
const (
	minRate = 4000
	maxRate = 192000
)

// wavFormat is a file's "fmt " chunk.
type wavFormat struct {
	tag      uint16
	channels int
	rate     int
	bits     int
}

// DecodeWAV reads a whole WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 bits, A-law or µ-law, of any rate from 4 to
// 192 kHz, mono or more channels (mixed to one). A file whose header says less or more than is there is read as far as
// it goes. The error wraps ErrWAV.
func DecodeWAV(file []byte) (*Clip, error) {
	f, data, err := parseWAV(file)
	if err != nil {
		return nil, err
	}
	sample, err := f.decoder()
	if err != nil {
		return nil, err
	}
	width := f.bits / 8
	frame := width * f.channels
	mono := make([]float64, len(data)/frame)
	for i := range mono {
		at := data[i*frame:]
		for c := range f.channels {
			mono[i] += sample(at[c*width:])
		}
		mono[i] /= float64(f.channels)
	}
	mono = resample(mono, f.rate)
	pcm := make([]int16, len(mono))
	for i, v := range mono {
		pcm[i] = int16(math.Round(min(max(v*32768, math.MinInt16), math.MaxInt16)))
	}
	return NewClip(pcm), nil
}

// parseWAV finds the format and the samples among the chunks of a file.
func parseWAV(b []byte) (f wavFormat, data []byte, err error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return f, nil, fmt.Errorf("%w: no RIFF WAVE header", ErrWAV)
	}
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		body := b[:min(size, int64(len(b)))]
		switch id {
		case "fmt ":
			if f, err = parseFormat(body); err != nil {
				return f, nil, err
			}
		case "data":
			if f.channels == 0 {
				return f, nil, fmt.Errorf("%w: samples before their format", ErrWAV)
			}
			if size == 0 { // a writer that could not come back, or died
				body = b
			}
			return f, body, nil
		}
		b = b[min(size+size&1, int64(len(b))):] // chunks begin at even places
	}
	return f, nil, fmt.Errorf("%w: no samples", ErrWAV)
}

func parseFormat(b []byte) (wavFormat, error) {
	if len(b) < 16 {
		return wavFormat{}, fmt.Errorf("%w: format of %d bytes", ErrWAV, len(b))
	}
	f := wavFormat{
		tag: binary.LittleEndian.Uint16(b), channels: int(binary.LittleEndian.Uint16(b[2:])),
		bits: int(binary.LittleEndian.Uint16(b[14:])),
	}
	rate := binary.LittleEndian.Uint32(b[4:])
	if f.tag == wavExtensible && len(b) >= 26 {
		f.tag = binary.LittleEndian.Uint16(b[24:]) // the first two bytes of the sub-format's GUID
	}
	if f.channels < 1 || f.channels > 8 {
		return wavFormat{}, fmt.Errorf("%w: %d channels, 1 to 8 can be read", ErrWAV, f.channels)
	}
	if rate < minRate || rate > maxRate {
		return wavFormat{}, fmt.Errorf("%w: %d Hz, %d to %d can be read", ErrWAV, rate, minRate, maxRate)
	}
	f.rate = int(rate)
	return f, nil
}

// decoder is how one sample, of f.bits, becomes a number from −1 to 1.
func (f wavFormat) decoder() (func([]byte) float64, error) {
	switch {
	case f.tag == wavPCM && f.bits == 8:
		return func(b []byte) float64 { return (float64(b[0]) - 128) / 128 }, nil
	case f.tag == wavPCM && f.bits == 16:
		return func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15) }, nil
	case f.tag == wavPCM && f.bits == 24:
		return func(b []byte) float64 {
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
		}, nil
	case f.tag == wavPCM && f.bits == 32:
		return func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31) }, nil
	case f.tag == wavFloat && f.bits == 32:
		return func(b []byte) float64 {
			v := float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
			if math.IsNaN(v) {
				return 0
			}
			return min(max(v, -1), 1)
		}, nil
	case f.tag == wavALaw && f.bits == 8:
		return func(b []byte) float64 { return float64(ALawToLinear(b[0])) / (1 << 15) }, nil
	case f.tag == wavMuLaw && f.bits == 8:
		return func(b []byte) float64 { return float64(MuLawToLinear(b[0])) / (1 << 15) }, nil
	}
	return nil, fmt.Errorf("%w: format %#x of %d bits; PCM of 8, 16, 24 or 32, float of 32, A-law and µ-law can be read",
		ErrWAV, f.tag, f.bits)
}

package web

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// Bounds of a drawing.
const (
	maxPeaks = 8000
)

type peaksIn struct {
	ID     string `path:"id" maxLength:"128"`
	Points int    `query:"points" minimum:"1" maximum:"8000" default:"1400"`
}

// peaks is how loud a recording is over its time. A page draws it at once, instead of fetching and decoding an hour of
// audio to do so.
type peaks struct {
	MS    int64     `json:"ms"`
	Left  []float32 `json:"left" doc:"The customer: the largest amplitude of each stretch, 0 to 1."`
	Right []float32 `json:"right" doc:"The agents."`
}

func (s *server) peaks(ctx context.Context, in *peaksIn) (*body[peaks], error) {
	file, err := s.file(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	audio, err := s.Recordings.Open(file)
	if err != nil {
		s.Logger.Error("web: recording cannot be opened", "file", file, "error", err)
		return nil, huma.Error404NotFound("the recording's file is not there")
	}
	defer audio.Close()
	p, err := readPeaks(audio, in.Points)
	if err != nil {
		s.Logger.Error("web: recording cannot be read", "file", file, "error", err)
		return nil, huma.Error404NotFound("the recording cannot be read")
	}
	return &body[peaks]{p}, nil
}

// errWAV is returned for a file that is no recording of ours.
var errWAV = errors.New("web: not a stereo WAV of G.711 or 16 bits")

// Format tags of WAV (RFC 2361).
const (
	tagPCM   = 1
	tagALaw  = 6
	tagMuLaw = 7
)

// wav is the head of a WAV file.
type wav struct {
	tag, channels int
	rate, bits    int
	bytes         int64 // of samples
}

// readHead reads up to the first sample. A file that is still being written says 0 or too much for its length: size is
// the file's, and holds.
func readHead(r io.ReadSeeker) (h wav, err error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return h, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return h, err
	}
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil || string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return h, fmt.Errorf("%w: no RIFF head", errWAV)
	}
	for at := int64(12); ; {
		var c [8]byte
		if _, err := io.ReadFull(r, c[:]); err != nil {
			return h, fmt.Errorf("%w: no data", errWAV)
		}
		at += 8
		n := int64(binary.LittleEndian.Uint32(c[4:]))
		switch string(c[:4]) {
		case "fmt ":
			var f [16]byte
			if _, err := io.ReadFull(r, f[:]); err != nil {
				return h, fmt.Errorf("%w: format cut", errWAV)
			}
			h.tag, h.channels = int(binary.LittleEndian.Uint16(f[:])), int(binary.LittleEndian.Uint16(f[2:]))
			h.rate, h.bits = int(binary.LittleEndian.Uint32(f[4:])), int(binary.LittleEndian.Uint16(f[14:]))
		case "data":
			h.bytes = size - at
			if n > 0 {
				h.bytes = min(h.bytes, n)
			}
			return h, h.check()
		}
		at += n + n%2
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return h, err
		}
	}
}

func (h wav) check() error {
	ok := h.channels == 2 && h.rate > 0 && (h.tag == tagPCM && h.bits == 16 || (h.tag == tagALaw || h.tag == tagMuLaw) && h.bits == 8)
	if !ok {
		return fmt.Errorf("%w: format %d, %d channels, %d bits", errWAV, h.tag, h.channels, h.bits)
	}
	return nil
}

// readPeaks reads a whole recording.
func readPeaks(r io.ReadSeeker, points int) (peaks, error) {
	h, err := readHead(r)
	if err != nil {
		return peaks{}, err
	}
	frame := int64(h.channels * h.bits / 8)
	frames := h.bytes / frame
	points = int(min(int64(min(max(points, 1), maxPeaks)), frames))
	p := peaks{MS: frames * 1000 / int64(h.rate), Left: make([]float32, points), Right: make([]float32, points)}
	loud := h.loudness()
	in := bufio.NewReaderSize(r, 1<<16)
	buf := make([]byte, frame)
	for i := range frames {
		if _, err := io.ReadFull(in, buf); err != nil {
			return p, err
		}
		at := int(i * int64(points) / frames)
		half := len(buf) / 2
		p.Left[at] = max(p.Left[at], loud(buf[:half]))
		p.Right[at] = max(p.Right[at], loud(buf[half:]))
	}
	return p, nil
}

// loudness returns what makes an amplitude of a sample, 0 to 1.
func (h wav) loudness() func([]byte) float32 {
	var table [256]float32
	for i := range table {
		v := aLaw(byte(i))
		if h.tag == tagMuLaw {
			v = muLaw(byte(i))
		}
		table[i] = float32(v) / 32768
	}
	if h.tag == tagPCM {
		return func(b []byte) float32 {
			v := int(int16(binary.LittleEndian.Uint16(b)))
			return float32(max(v, -v)) / 32768
		}
	}
	return func(b []byte) float32 { return table[b[0]] }
}

// aLaw is the amplitude of an A-law sample on the scale of 16 bits (ITU-T G.711 §3, table 1).
func aLaw(b byte) int {
	b ^= 0x55
	exp, m := int(b>>4&7), int(b&15)
	if exp == 0 {
		return m<<4 + 8
	}
	return (m<<4 + 0x108) << (exp - 1)
}

// muLaw is the amplitude of a µ-law sample on the scale of 16 bits (ITU-T G.711 §3, table 2).
func muLaw(b byte) int {
	b = ^b
	exp, m := int(b>>4&7), int(b&15)
	return (m<<3+0x84)<<exp - 0x84
}

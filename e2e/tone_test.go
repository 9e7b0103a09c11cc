//go:build e2e

package e2e

import (
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"

	"hotline/media"
)

// writeTone writes a WAV of a sine at 8 kHz, mono, 16 bit.
func writeTone(t *testing.T, path string, hz float64, long time.Duration) {
	t.Helper()
	writeToneAt(t, path, media.SampleRate, hz, long)
}

// writeToneAt writes one at another rate.
func writeToneAt(t *testing.T, path string, rate int, hz float64, long time.Duration) {
	t.Helper()
	n := int(long.Seconds() * float64(rate))
	b := make([]byte, 44+2*n)
	le := binary.LittleEndian
	copy(b, "RIFF")
	le.PutUint32(b[4:], uint32(36+2*n))
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1)
	le.PutUint16(b[22:], 1)
	le.PutUint32(b[24:], uint32(rate))
	le.PutUint32(b[28:], uint32(2*rate))
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(2*n))
	for i := range n {
		le.PutUint16(b[44+2*i:], uint16(int16(8000*math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readWAV reads PCM16, A-law or µ-law at 8 kHz into one slice a channel; a length that was never completed is the file's.
func readWAV(t *testing.T, b []byte) [][]float64 {
	t.Helper()
	le := binary.LittleEndian
	var tag, channels int
	for at := 12; at+8 <= len(b); {
		id, size := string(b[at:at+4]), int(le.Uint32(b[at+4:]))
		body := b[at+8:]
		switch id {
		case "fmt ":
			tag, channels = int(le.Uint16(body)), int(le.Uint16(body[2:]))
			if rate := le.Uint32(body[4:]); rate != media.SampleRate {
				t.Fatalf("WAV of %d Hz", rate)
			}
		case "data":
			if size == 0 || size > len(body) {
				size = len(body)
			}
			return deinterleave(t, body[:size], tag, channels)
		}
		at += 8 + size + size&1
	}
	t.Fatal("WAV without data")
	return nil
}

func deinterleave(t *testing.T, data []byte, tag, channels int) [][]float64 {
	t.Helper()
	out := make([][]float64, channels)
	width := 1
	if tag == 1 {
		width = 2
	}
	for i := 0; i+width <= len(data); i += width {
		var v float64
		switch tag {
		case 1:
			v = float64(int16(binary.LittleEndian.Uint16(data[i:])))
		case 6:
			v = float64(media.ALawToLinear(data[i]))
		case 7:
			v = float64(media.MuLawToLinear(data[i]))
		default:
			t.Fatalf("WAV of format %d", tag)
		}
		c := i / width % channels
		out[c] = append(out[c], v)
	}
	return out
}

const window = 160 // 20 ms

// level is the tone's amplitude and phase in one window.
func level(x []float64, at int, hz float64) (amplitude, phase float64) {
	var re, im float64
	for i := range window {
		w := 2 * math.Pi * hz * float64(at+i) / media.SampleRate
		re += x[at+i] * math.Cos(w)
		im -= x[at+i] * math.Sin(w)
	}
	return 2 * math.Hypot(re, im) / window, math.Atan2(im, re)
}

// toneReport is what a channel holds of one tone.
type toneReport struct {
	Seconds float64 // with the tone dominant
	Slips   int     // jumps of its phase while it sounds: lost or doubled samples
	First   float64 // s
	Last    float64
	Gap     float64 // longest silence between First and Last
}

// listen looks for a tone in a channel.
func listen(x []float64, hz float64) toneReport {
	var r toneReport
	last, lastPhase := -1, 0.0
	for at := 0; at+window <= len(x); at += window {
		var energy float64
		for _, v := range x[at : at+window] {
			energy += v * v
		}
		amp, phase := level(x, at, hz)
		if amp < 500 || amp*amp/2 < 0.7*energy/window {
			continue
		}
		r.Seconds += 0.02
		now := float64(at) / media.SampleRate
		if last < 0 {
			r.First = now
		} else if last == at-window {
			if d := math.Abs(math.Remainder(phase-lastPhase, 2*math.Pi)); d > 0.5 {
				r.Slips++
			}
		} else {
			r.Gap = max(r.Gap, float64(at-last-window)/media.SampleRate)
		}
		last, lastPhase, r.Last = at, phase, now
	}
	return r
}

// eventuallyHears waits until that much of a tone, in seconds, has been heard since last asked: a browser on a busy machine plays late.
func eventuallyHears(t *testing.T, what string, hears func(hz float64) toneReport, hz, seconds float64) {
	t.Helper()
	total := 0.0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if total += hears(hz).Seconds; total >= seconds {
			return
		}
	}
	t.Errorf("%s: %.1f s of %g Hz within %s", what, total, hz, patience)
}

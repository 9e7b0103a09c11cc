package media

import (
	"fmt"
	"math"
	"time"
)

// toneLevel is the peak of a tone: about −13 dBm0, as exchanges send theirs.
const toneLevel = 0.25 * math.MaxInt16

// burst is a part of a tone: a frequency in Hz, 0 for silence, for a time.
type burst struct {
	hertz  float64
	length time.Duration
}

// Tone is one of the tones made by the engine: "ringback" (450 Hz, 1 s in 5, as in China), "busy" (450 Hz, 0.35 s in
// 0.7), "error" (three rising beeps and 1 s of silence, the special information tone of ITU-T E.180), "beep" (1 kHz,
// 0.2 s). It returns ErrNoPrompt for any other. One clip is one period: loop it.
func Tone(name string) (*Clip, error) {
	switch name {
	case "ringback":
		return makeTone(burst{450, time.Second}, burst{0, 4 * time.Second}), nil
	case "busy":
		return makeTone(burst{450, 350 * time.Millisecond}, burst{0, 350 * time.Millisecond}), nil
	case "error":
		const each = 330 * time.Millisecond
		return makeTone(burst{950, each}, burst{1400, each}, burst{1800, each}, burst{0, time.Second}), nil
	case "beep":
		return makeTone(burst{1000, 200 * time.Millisecond}), nil
	}
	return nil, fmt.Errorf("%w: tone %q", ErrNoPrompt, name)
}

// makeTone draws bursts one after another, each with soft edges of 5 ms so that it does not click.
func makeTone(bursts ...burst) *Clip {
	const edge = SampleRate / 200
	var pcm []int16
	for _, b := range bursts {
		n := int(samplesAt(int64(b.length)))
		for i := range n {
			soft := float64(min(i, n-1-i, edge)) / edge
			v := math.Sin(2 * math.Pi * b.hertz * float64(i) / SampleRate)
			pcm = append(pcm, int16(math.Round(toneLevel*soft*v)))
		}
	}
	return NewClip(pcm)
}

package media

import (
	"io/fs"
	"time"
)

// Clip is a piece of audio that can be played to any leg at the same time. It is immutable.
type Clip struct {
	pcm []int16
}

// NewClip makes a clip of samples at 8000 Hz. It keeps pcm, which must not change any more.
func NewClip(pcm []int16) *Clip { return &Clip{pcm: pcm} }

// Silence is a clip of d (0 to 1 h) in which nothing is heard.
func Silence(d time.Duration) *Clip { return &Clip{} }

// Tone is one of the tones made by the engine: "ringback" (450 Hz, 1 s in 5, as in China), "busy" (450 Hz, 0.35 s in
// 0.7), "error" (three rising beeps, like the special information tone of ITU-T E.180), "beep" (1 kHz, 0.2 s). It
// returns ErrNoPrompt for any other. One clip is one period: loop it.
func Tone(name string) (*Clip, error) { return &Clip{}, nil }

// Duration is how long the clip plays.
func (c *Clip) Duration() time.Duration { return 0 }

// Library finds clips by name in layers of files and keeps them decoded. It may be used from any goroutine.
type Library struct{}

// NewLibrary makes a library over layers, the first layer wins: a centre's own prompts before the default ones.
func NewLibrary(layers ...fs.FS) *Library { return &Library{} }

// Clip is the prompt of that name in that language: LANG/NAME.wav or else NAME.wav, layer by layer. "tone:NAME" is a
// Tone, "silence:N" N milliseconds of nothing. The first call for a file reads, resamples and keeps it, which may take
// some milliseconds (a second for minutes of music at 48 kHz); later ones look whether it has changed. The error wraps ErrNoPrompt and names
// the prompt when there is none, ErrWAV when its file cannot be read.
func (l *Library) Clip(lang, name string) (*Clip, error) { return nil, ErrNoPrompt }

// DecodeWAV reads a whole WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 bits, A-law or µ-law, of any rate, mono or
// more (mixed to one). The error wraps ErrWAV.
func DecodeWAV(file []byte) (*Clip, error) { return nil, ErrWAV }

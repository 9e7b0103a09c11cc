package media

import (
	"sync/atomic"
	"time"
)

// Clip is a piece of audio that can be played to any number of legs at the same time. It does not change.
type Clip struct {
	pcm     []int16 // at 8000 Hz; nil: silence
	samples int
	alaw    atomic.Pointer[[]byte] // encoded when it is first needed
	mulaw   atomic.Pointer[[]byte]
}

// maxSilence is the longest Silence.
const maxSilence = time.Hour

// NewClip makes a clip of samples at 8000 Hz. It keeps pcm, which must not change any more.
func NewClip(pcm []int16) *Clip { return &Clip{pcm: pcm, samples: len(pcm)} }

// Silence is a clip of d (0 to 1 h, else the nearest of them) in which nothing is heard.
func Silence(d time.Duration) *Clip {
	return &Clip{samples: int(samplesAt(int64(min(max(d, 0), maxSilence))))}
}

// Duration is how long the clip plays.
func (c *Clip) Duration() time.Duration { return time.Duration(c.samples) * time.Second / SampleRate }

// encoded is the whole clip in a codec; nil for silence.
func (c *Clip) encoded(codec Codec) []byte {
	if c.pcm == nil {
		return nil
	}
	kept := &c.mulaw
	if codec == PCMA {
		kept = &c.alaw
	}
	if b := kept.Load(); b != nil {
		return *b
	}
	b := make([]byte, len(c.pcm)) // two may do this at once: both make the same bytes
	codec.Encode(b, c.pcm)
	kept.Store(&b)
	return b
}

// read copies what stands at a sample to b, in a codec, and returns how many samples that were.
func (c *Clip) read(b []byte, codec Codec, at int) int {
	n := min(len(b), c.samples-at)
	if c.pcm == nil {
		for i := range b[:n] {
			b[i] = codec.Silence()
		}
		return n
	}
	return copy(b[:n], c.encoded(codec)[at:])
}

package media

import (
	"slices"
	"testing"
	"time"
)

// TestClipAsWAV: what a clip is written as is read as the same clip.
func TestClipAsWAV(t *testing.T) {
	loud := NewClip([]int16{0, 1, -1, 32767, -32768, 1234})
	got, err := DecodeWAV(loud.WAV())
	if err != nil || !slices.Equal(got.pcm, loud.pcm) {
		t.Errorf("%v: %v", err, got)
	}
	got, err = DecodeWAV(Silence(30 * time.Millisecond).WAV())
	if err != nil || got.Duration() != 30*time.Millisecond {
		t.Errorf("%v: %v", err, got)
	}
}

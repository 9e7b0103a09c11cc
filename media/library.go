package media

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxWAV is the largest prompt file that is read: six minutes of stereo at 48 kHz and 16 bits.
const maxWAV = 64 << 20

// Library finds clips by name in layers of files and keeps them decoded. It may be used from any goroutine.
type Library struct {
	layers []fs.FS

	mu    sync.Mutex
	files map[place]*prompt
	tones map[string]*Clip // made so far
}

// place is a file of a layer.
type place struct {
	layer int
	path  string
}

// prompt is a file as it was last decoded.
type prompt struct {
	mu       sync.Mutex // held while it is decoded, so that this is done once
	clip     *Clip
	size     int64
	modified time.Time
}

// NewLibrary makes a library over layers, the first layer wins: a centre's own prompts before the default ones.
func NewLibrary(layers ...fs.FS) *Library {
	return &Library{layers: layers, files: map[place]*prompt{}, tones: map[string]*Clip{}}
}

// Clip is the prompt of that name in that language: LANG/NAME.wav or else NAME.wav, layer by layer. "tone:NAME" is a
// Tone, "silence:N" N milliseconds of nothing. The first call for a file reads, resamples and keeps it, which may take
// some milliseconds (a second for minutes of music at 48 kHz); later ones look whether the file has changed. The error
// wraps ErrNoPrompt and names the prompt when there is none, ErrWAV when its file cannot be read.
func (l *Library) Clip(lang, name string) (*Clip, error) {
	if tone, ok := strings.CutPrefix(name, "tone:"); ok {
		return l.tone(tone)
	}
	if ms, ok := strings.CutPrefix(name, "silence:"); ok {
		n, err := strconv.ParseUint(ms, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("%w: %q: milliseconds must follow", ErrNoPrompt, name)
		}
		return Silence(time.Duration(n) * time.Millisecond), nil
	}
	for i, layer := range l.layers {
		if layer == nil {
			continue
		}
		for _, path := range []string{lang + "/" + name + ".wav", name + ".wav"} {
			if !fs.ValidPath(path) { // "..", an empty language
				continue
			}
			info, err := fs.Stat(layer, path)
			if err == nil && info.Mode().IsRegular() {
				return l.file(place{i, path}).load(layer, path, info)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("%w: %q (%s): %w", ErrNoPrompt, name, lang, err)
			}
		}
	}
	return nil, fmt.Errorf("%w: %q (%s)", ErrNoPrompt, name, lang)
}

// tone is a Tone, made once: the longest is five seconds.
func (l *Library) tone(name string) (*Clip, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.tones[name]; c != nil {
		return c, nil
	}
	c, err := Tone(name)
	if err == nil {
		l.tones[name] = c
	}
	return c, err
}

func (l *Library) file(at place) *prompt {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.files[at]
	if p == nil {
		p = &prompt{}
		l.files[at] = p
	}
	return p
}

// load decodes the file, or returns what is known of it if it has not changed since.
func (p *prompt) load(layer fs.FS, path string, info fs.FileInfo) (*Clip, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clip != nil && p.size == info.Size() && p.modified.Equal(info.ModTime()) {
		return p.clip, nil
	}
	if info.Size() > maxWAV {
		return nil, fmt.Errorf("%w: %s: %d bytes, %d at most", ErrWAV, path, info.Size(), maxWAV)
	}
	b, err := fs.ReadFile(layer, path)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrWAV, path, err)
	}
	c, err := DecodeWAV(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p.clip, p.size, p.modified = c, info.Size(), info.ModTime()
	return c, nil
}

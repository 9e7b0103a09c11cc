package media

import (
	"errors"
	"io/fs"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func prompts(files map[string]time.Duration) fstest.MapFS {
	out := fstest.MapFS{}
	for name, d := range files {
		n := int(d.Milliseconds()) * 8
		out[name] = &fstest.MapFile{Data: wav(wavPCM, 8000, 16, 1, n, sine(440, 8000, 0.1)), ModTime: time.Unix(1, 0)}
	}
	return out
}

func TestLibraryLayers(t *testing.T) {
	const ms = time.Millisecond
	own := prompts(map[string]time.Duration{"welcome.wav": 10 * ms, "en-US/bye.wav": 20 * ms, "deep/er.wav": 25 * ms})
	own["broken.wav"] = &fstest.MapFile{Data: []byte("RIFF")}
	own["folder.wav"] = &fstest.MapFile{Mode: fs.ModeDir}
	std := prompts(map[string]time.Duration{
		"zh-CN/welcome.wav": 30 * ms, "zh-CN/bye.wav": 40 * ms, "en-US/bye.wav": 50 * ms, "music.wav": 60 * ms, "zh-CN/music.wav": 70 * ms, "secret.wav": 1 * ms,
	})
	l := NewLibrary(nil, own, std)
	for _, c := range []struct {
		lang, name string
		want       time.Duration
		err        error
	}{
		{"zh-CN", "welcome", 10 * ms, nil}, // the first layer wins, even without the language
		{"zh-CN", "bye", 40 * ms, nil},
		{"en-US", "bye", 20 * ms, nil},
		{"en-US", "music", 60 * ms, nil},
		{"zh-CN", "music", 70 * ms, nil}, // within a layer the language wins
		{"", "music", 60 * ms, nil},
		{"zh-CN", "deep/er", 25 * ms, nil},
		{"zh-CN", "silence:800", 800 * ms, nil},
		{"zh-CN", "silence:0", 0, nil},
		{"zh-CN", "silence:999999999", time.Hour, nil},
		{"zh-CN", "tone:beep", 200 * ms, nil},
		{"fr-FR", "bye", 0, ErrNoPrompt},
		{"zh-CN", "none", 0, ErrNoPrompt},
		{"zh-CN", "folder", 0, ErrNoPrompt},
		{"zh-CN", "../secret", 0, ErrNoPrompt},
		{"zh-CN/..", "secret", 1 * ms, nil}, // as NAME.wav, not by way of the language
		{"zh-CN", "/music", 0, ErrNoPrompt},
		{"zh-CN", "", 0, ErrNoPrompt},
		{"zh-CN", "silence:-1", 0, ErrNoPrompt},
		{"zh-CN", "silence:", 0, ErrNoPrompt},
		{"zh-CN", "tone:no", 0, ErrNoPrompt},
		{"zh-CN", "broken", 0, ErrWAV},
	} {
		clip, err := l.Clip(c.lang, c.name)
		if !errors.Is(err, c.err) || err == nil && clip.Duration() != c.want {
			t.Errorf("%s %s: %v, %v", c.lang, c.name, err, clip)
		}
		if c.err == ErrNoPrompt && c.name != "" && !strings.Contains(err.Error(), strings.TrimPrefix(c.name, "tone:")) {
			t.Errorf("%s %s: the error does not name it: %v", c.lang, c.name, err)
		}
	}
}

// counting counts what is opened.
type counting struct {
	fs.FS
	mu     sync.Mutex
	opened int
}

func (c *counting) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened++
	return c.FS.Open(name)
}

func (c *counting) Stat(name string) (fs.FileInfo, error) { return fs.Stat(c.FS, name) }

func TestLibraryReadsAFileOnceAndAgainWhenItChanged(t *testing.T) {
	files := prompts(map[string]time.Duration{"a.wav": time.Second})
	count := &counting{FS: files}
	l := NewLibrary(count)
	var wg sync.WaitGroup
	clips := make([]*Clip, 20)
	for i := range clips {
		wg.Go(func() { clips[i], _ = l.Clip("zh-CN", "a") })
	}
	wg.Wait()
	for _, c := range clips {
		if c == nil || c != clips[0] {
			t.Fatal("not one clip for all")
		}
	}
	if count.opened != 1 {
		t.Errorf("opened %d times", count.opened)
	}
	next := prompts(map[string]time.Duration{"a.wav": 2 * time.Second})["a.wav"]
	next.ModTime = time.Unix(2, 0)
	files["a.wav"] = next
	if c, err := l.Clip("zh-CN", "a"); err != nil || c.Duration() != 2*time.Second {
		t.Errorf("after a change: %v", err)
	}
	files["a.wav"] = &fstest.MapFile{Data: []byte("broken"), ModTime: time.Unix(3, 0)}
	if _, err := l.Clip("zh-CN", "a"); !errors.Is(err, ErrWAV) || !strings.Contains(err.Error(), "a.wav") {
		t.Errorf("broken: %v", err)
	}
	delete(files, "a.wav")
	if _, err := l.Clip("zh-CN", "a"); !errors.Is(err, ErrNoPrompt) {
		t.Errorf("deleted: %v", err)
	}
}

func TestTones(t *testing.T) {
	for _, c := range []struct {
		name string
		want []burst
	}{
		{"ringback", []burst{{450, time.Second}, {0, 4 * time.Second}}},
		{"busy", []burst{{450, 350 * time.Millisecond}, {0, 350 * time.Millisecond}}},
		{"error", []burst{{950, 330 * time.Millisecond}, {1400, 330 * time.Millisecond}, {1800, 330 * time.Millisecond}, {0, time.Second}}},
		{"beep", []burst{{1000, 200 * time.Millisecond}}},
	} {
		clip, err := Tone(c.name)
		if err != nil {
			t.Fatal(err)
		}
		pcm := clip.pcm
		for _, b := range c.want {
			n := int(b.length.Milliseconds()) * 8
			part := pcm[:n]
			pcm = pcm[n:]
			if b.hertz == 0 {
				for _, v := range part {
					if v != 0 {
						t.Fatalf("%s: no silence", c.name)
					}
				}
				continue
			}
			if level, sinad := fit(part, b.hertz); math.Abs(level-0.25) > 0.01 || sinad < 20 {
				t.Errorf("%s: %v Hz at %.2f, SINAD %.0f dB", c.name, b.hertz, level, sinad)
			}
			if part[0] != 0 || abs(int(part[n-1])) > 100 {
				t.Errorf("%s clicks: %d … %d", c.name, part[0], part[n-1])
			}
		}
		if len(pcm) != 0 {
			t.Errorf("%s: %d samples too many", c.name, len(pcm))
		}
	}
}

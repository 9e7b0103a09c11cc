package media

import (
	"io/fs"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	spoken "hotline/ivr/prompts"
)

// keyTones draws one key with its tones.
type keyTones struct {
	ms         int
	level      float64 // peak of the low tone
	twist, off float64 // dB by which the high tone is louder; share by which the frequencies are off
	noise      float64 // standard deviation
	pause      int     // ms
}

func (k keyTones) draw(rng *rand.Rand, keys string) []int16 {
	rows, cols := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	var pcm []int16
	quiet := func(ms int) {
		for range ms * 8 {
			pcm = append(pcm, int16(rng.NormFloat64()*k.noise))
		}
	}
	quiet(100 + rng.IntN(20))
	for _, key := range []byte(keys) {
		at := strings.IndexByte("123A456B789C*0#D", key)
		for i := range k.ms * 8 {
			t := 2 * math.Pi * float64(i) / SampleRate * (1 + k.off)
			v := k.level*math.Sin(rows[at/4]*t) + k.level*math.Pow(10, k.twist/20)*math.Sin(cols[at%4]*t+1) + rng.NormFloat64()*k.noise
			pcm = append(pcm, int16(min(max(v, -32768), 32767)))
		}
		quiet(k.pause)
	}
	quiet(200)
	return pcm
}

// heardKeys is what the ear hears in sound that comes in packets of a codec.
func heardKeys(pcm []int16, codec Codec, lose func(i int) bool) string {
	e := newToneEar()
	var keys []byte
	b := make([]byte, 160)
	for i := 0; (i+1)*160 <= len(pcm); i++ {
		codec.Encode(b, pcm[i*160:(i+1)*160])
		if lose != nil && lose(i) {
			continue
		}
		e.hear(codec, b, func(key byte) { keys = append(keys, key) })
	}
	return string(keys)
}

func TestKeysInTheSound(t *testing.T) {
	const all = "123A456B789C*0#D1122#"
	rng := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		name string
		k    keyTones
	}{
		{"50 ms", keyTones{ms: 50, level: 4000, pause: 50}},
		{"70 ms, 40 ms between", keyTones{ms: 70, level: 4000, pause: 40}},
		{"100 ms, noise 20 dB down", keyTones{ms: 100, level: 4000, noise: 400, pause: 60}},
		{"50 ms, noise 20 dB down", keyTones{ms: 50, level: 4000, noise: 400, pause: 60}},
		{"60 ms, noise 15 dB down", keyTones{ms: 60, level: 6000, noise: 1050, pause: 60}},
		{"faint", keyTones{ms: 80, level: 800, noise: 40, pause: 60}},
		{"loud", keyTones{ms: 80, level: 14000, pause: 60}},
		{"the high tone 4 dB weaker", keyTones{ms: 60, level: 4000, twist: -4, noise: 200, pause: 60}},
		{"the high tone 4 dB stronger", keyTones{ms: 60, level: 4000, twist: 4, noise: 200, pause: 60}},
		{"1.5 % high", keyTones{ms: 80, level: 4000, off: 0.015, pause: 60}},
		{"1.5 % low", keyTones{ms: 80, level: 4000, off: -0.015, pause: 60}},
		{"held for a second", keyTones{ms: 1000, level: 4000, noise: 200, pause: 60}},
	} {
		for _, codec := range []Codec{PCMA, PCMU} {
			for range 5 {
				if got := heardKeys(c.k.draw(rng, all), codec, nil); got != all {
					t.Errorf("%s, %v: %q, want %q", c.name, codec, got, all)
				}
			}
		}
	}
	if got := heardKeys(keyTones{ms: 20, level: 4000, pause: 100}.draw(rng, all), PCMA, nil); got != "" {
		t.Errorf("keys of 20 ms are no keys: %q", got)
	}
	if got := heardKeys(keyTones{ms: 80, level: 4000, off: 0.04, pause: 60}.draw(rng, all), PCMA, nil); got != "" {
		t.Errorf("4 %% off: %q", got)
	}
}

// A packet lost in the midst of a key makes no second press of it.
func TestKeysInTheSoundWithLoss(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	const all = "1234567890*#"
	doubled, missed := 0, 0
	for range 50 {
		got := heardKeys(keyTones{ms: 120, level: 4000, noise: 100, pause: 100}.draw(rng, all), PCMA, func(int) bool { return rng.IntN(20) == 0 })
		doubled += max(len(got)-len(all), 0)
		missed += max(len(all)-len(got), 0)
	}
	if doubled > 0 || missed > 12 {
		t.Errorf("of 600 keys with 5 %% loss %d were doubled and %d missed", doubled, missed)
	}
}

// Speech is no key: all prompts there are, in both languages, loud and soft, with music.
func TestSpeechIsNoKey(t *testing.T) {
	heard, files := time.Duration(0), 0
	err := fs.WalkDir(spoken.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".wav") {
			return err
		}
		b, err := fs.ReadFile(spoken.FS(), path)
		if err != nil {
			return err
		}
		clip, err := DecodeWAV(b)
		if err != nil {
			return err
		}
		files++
		for _, gain := range []float64{0.3, 1, 2} {
			pcm := make([]int16, len(clip.pcm))
			for i, v := range clip.pcm {
				pcm[i] = saturate(int32(float64(v) * gain))
			}
			heard += clip.Duration()
			if got := heardKeys(pcm, PCMU, nil); got != "" {
				t.Errorf("%s at %.1f: %q", path, gain, got)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
	t.Logf("%v of speech and music in %d files", heard.Round(time.Second), files)
}

// On a leg that has agreed to events the sound is not listened to; on one that has not a key is told once.
func TestLegWithoutEventsHearsTones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		p := x.params()
		p.DTMFType = 0
		x.leg.Configure(p)
		pcm := keyTones{ms: 80, level: 4000, noise: 100, pause: 80}.draw(rand.New(rand.NewPCG(1, 1)), "42#")
		for i := 0; (i+1)*160 <= len(pcm); i++ {
			payload := make([]byte, 160)
			PCMA.Encode(payload, pcm[i*160:])
			for _, ph := range []*phone{x, y} {
				ph.send(ph.next, payload)
				ph.next.seq++
				ph.next.ts += 160
			}
			time.Sleep(20 * time.Millisecond)
		}
		if got := strings.Join(x.ear.take(), ","); got != "up,key 4,key 2,key #" || x.leg.Stats().Digits != 3 {
			t.Error(got)
		}
		if got := strings.Join(y.ear.take(), ","); got != "up" {
			t.Errorf("with events agreed: %s", got)
		}
		payload := fill(0xD5, 160)
		packet := rtp(x.next, payload)
		if n := testing.AllocsPerRun(100, func() {
			x.next.seq++
			x.next.ts += 160
			putRTP(packet, x.next)
			x.leg.receive(packet, x.at)
		}); n > 0 {
			t.Errorf("%v allocations for each packet", n)
		}
	})
}

func BenchmarkToneEar(b *testing.B) {
	e, payload := newToneEar(), make([]byte, 160)
	pcm := keyTones{ms: 1000, level: 4000}.draw(rand.New(rand.NewPCG(1, 1)), "4")
	PCMA.Encode(payload, pcm[1600:])
	for b.Loop() {
		e.hear(PCMA, payload, func(byte) {})
	}
}

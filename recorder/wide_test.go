package recorder

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hotline"
	"hotline/media"
	"hotline/media/g722"
)

// wideTone makes packets of a tone in G.722.
type wideTone struct {
	e     g722.Encoder
	hertz float64
	at    int
}

func (w *wideTone) frame(at time.Duration, n int, ssrc uint32) media.Frame {
	if w.at == 0 {
		w.e.Reset()
	}
	pcm := make([]int16, 320)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*w.hertz*float64(w.at+i)/wideRate))
	}
	w.at += 320
	f := packet(at, n, 0)
	f.Codec, f.SSRC = media.G722, ssrc
	w.e.Encode(f.Payload, pcm)
	return f
}

// pcmLevel is the peak of a tone in samples (Goertzel, Hann window).
func pcmLevel(pcm []int16, hertz, rate float64) float64 {
	w := 2 * math.Pi * hertz / rate
	var a, b float64
	for i, v := range pcm {
		a, b = float64(v)*(1-math.Cos(2*math.Pi*float64(i)/float64(len(pcm))))+2*math.Cos(w)*a-b, a
	}
	return 2 * math.Sqrt(max(a*a+b*b-2*math.Cos(w)*a*b, 0)) / float64(len(pcm))
}

// wideSides are the two channels of a recording of 16 bits.
func (b *bench) wideSides(t *testing.T, file string) (left, right []int16) {
	t.Helper()
	f, _, err := b.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if c, n, err := codecOf(all); c != media.G722 || n != int64(len(all)-headLen) || err != nil {
		t.Fatalf("head says %v and %d bytes, %v; there are %d", c, n, err, len(all)-headLen)
	}
	le := binary.LittleEndian
	if le.Uint32(all[24:]) != wideRate || le.Uint16(all[34:]) != 16 || le.Uint16(all[32:]) != 4 || le.Uint32(all[28:]) != 4*wideRate {
		t.Errorf("head %x", all[:headLen])
	}
	for i := headLen; i < len(all); i += 4 {
		left, right = append(left, int16(le.Uint16(all[i:]))), append(right, int16(le.Uint16(all[i+2:])))
	}
	return left, right
}

// A customer with G.722 is recorded whole: 5 kHz is in the file. Its agents are there, one with G.711 and one with G.722,
// alone and together.
func TestWideBandRecording(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.G722)
	left, first, second := s.Left(), s.Right(), s.Right()
	low, high := &wideTone{hertz: 5000}, &wideTone{hertz: 3600}
	for i := range 300 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		left.Frame(low.frame(at, i, 1))
		if i < 200 {
			first.Frame(tone(at, i, 700, media.PCMA))
		}
		if i >= 100 {
			second.Frame(high.frame(at, i, 3))
		}
		if at%flushEvery == 0 {
			b.turn(false)
		}
	}
	b.now = int64(6 * time.Second)
	got := b.stored(t, s)
	if got.MS != 6000 || got.Gaps != 0 {
		t.Errorf("%+v", got)
	}
	l, r := b.wideSides(t, got.File)
	if len(l) != 6*wideRate {
		t.Fatalf("%d samples", len(l))
	}
	if v := pcmLevel(l[1000:], 5000, wideRate); v < 4500 {
		t.Errorf("the customer's tone is at %.0f", v)
	}
	for _, c := range []struct {
		from, to         int
		agent, colleague float64
	}{{0, 2, 6000, 0}, {2, 4, 6000, 6000}, {4, 6, 0, 6000}} {
		part := r[c.from*wideRate+2000 : c.to*wideRate-2000]
		if v := pcmLevel(part, 700, wideRate); math.Abs(v-c.agent) > 500 {
			t.Errorf("%d s: the agent's tone is at %.0f", c.from, v)
		}
		if v := pcmLevel(part, 3600, wideRate); math.Abs(v-c.colleague) > 1200 {
			t.Errorf("%d s: the colleague's tone is at %.0f", c.from, v)
		}
	}
	if info, err := b.Info(got.File); err != nil || info.Codec != "G722" || info.MS != 6000 {
		t.Errorf("%+v %v", info, err)
	}
}

// An agent with G.722 is heard in the recording of a customer with G.711.
func TestWideAgentOfANarrowCustomer(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMU)
	left, right := s.Left(), s.Right()
	agent := &wideTone{hertz: 1000}
	for i := range 200 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		left.Frame(tone(at, i, 400, media.PCMU))
		right.Frame(agent.frame(at, i, 2))
		if at%flushEvery == 0 {
			b.turn(false)
		}
	}
	b.now = int64(4 * time.Second)
	got := b.stored(t, s)
	l, r := b.sides(t, got.File)
	if v := level(l, media.PCMU, 400); v < 5500 {
		t.Errorf("the customer's tone is at %.0f", v)
	}
	if v := level(r[1000:], media.PCMU, 1000); v < 5500 || v > 6500 {
		t.Errorf("the agent's tone is at %.0f", v)
	}
}

// A crash leaves a file of 16 bits that is repaired to whole samples.
func TestWideBandRepaired(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.G722)
	left, voice := s.Left(), &wideTone{hertz: 1000}
	for i := range 100 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		left.Frame(voice.frame(at, i, 1))
		if at%flushEvery == 0 {
			b.turn(false)
		}
	}
	file := s.name + wavExt
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{1, 2, 3, 4, 5}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	f, err = os.OpenFile(filepath.Join(dir, file), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	codec, size, err := fixHead(f)
	if err != nil || codec != "G722" || (size-headLen)%8 != 0 {
		t.Errorf("%s, %d bytes, %v", codec, size, err)
	}
	if l, _ := b.wideSides(t, file); len(l) < wideRate {
		t.Errorf("%d samples", len(l))
	}
}

// A recording that a crash left open is repaired as what it was: the file's head cannot tell G.722 from Opus, its note can.
func TestRepairedCodec(t *testing.T) {
	for _, codec := range []media.Codec{media.G722, media.Opus, media.PCMU} {
		dir := t.TempDir()
		b := newBench(t, dir)
		s := b.start(t, "c1", codec)
		left, voice := s.Left(), &wideTone{hertz: 1000}
		for i := range 100 {
			at := time.Duration(i) * 20 * time.Millisecond
			b.now = int64(at)
			left.Frame(voice.frame(at, i, 1))
			if at%flushEvery == 0 {
				b.turn(false)
			}
		}
		b = newBench(t, dir)
		if n, err := b.Repair(t.Context(), func(func(hotline.Event, error) bool) {}); n != 1 || err != nil {
			t.Fatalf("%s: repaired %d, %v", codec, n, err)
		}
		got := b.lastStored(t)
		info, err := b.Info(got.File)
		if err != nil || info.Codec != codec.String() || info.MS < 1000 || got.MS != info.MS || !info.Repaired {
			t.Errorf("%s: %+v, %v", codec, info, err)
		}
	}
}

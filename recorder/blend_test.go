package recorder

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hotline/media"
)

// tone is a packet of 20 ms of a tone in a codec.
func tone(at time.Duration, n int, hertz float64, codec media.Codec) media.Frame {
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*hertz*float64(n*160+i)/rate))
	}
	f := packet(at, n, 0)
	f.Codec = codec
	codec.Encode(f.Payload, pcm)
	return f
}

// level is the peak of a tone in a side of a recording (Goertzel, Hann window).
func level(side []byte, codec media.Codec, hertz float64) float64 {
	pcm := make([]int16, len(side))
	codec.Decode(pcm, side)
	w := 2 * math.Pi * hertz / rate
	var a, b float64
	for i, v := range pcm {
		a, b = float64(v)*(1-math.Cos(2*math.Pi*float64(i)/float64(len(pcm))))+2*math.Cos(w)*a-b, a
	}
	return 2 * math.Sqrt(max(a*a+b*b-2*math.Cos(w)*a*b, 0)) / float64(len(pcm))
}

// Two agents who talk at once are both heard on the right side, each where it spoke; packets that come twice or late
// change nothing.
func TestSeveralOnTheRight(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMA, media.PCMU} {
		b := newBench(t, t.TempDir())
		s := b.start(t, "c1", codec)
		left, first := s.Left(), s.Right()
		var second media.Tap
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 500 { // the second agent is there from 2 s to 8 s, the first until 6 s
			at := time.Duration(i) * 20 * time.Millisecond
			b.now = int64(at)
			left.Frame(tone(at, i, 400, codec))
			if i < 300 {
				f := tone(at, i, 700, codec)
				f.SSRC = 7
				first.Frame(f)
				if rng.IntN(10) == 0 {
					first.Frame(f)
				}
			}
			if i == 100 {
				second = s.Right()
			}
			if i >= 100 && i < 400 {
				f := tone(at+7*time.Millisecond, i, 1100, media.PCMA)
				f.SSRC = 8
				second.Frame(f)
			}
			if i%25 == 0 {
				b.turn(false)
			}
		}
		b.now = int64(10 * time.Second)
		got := b.stored(t, s)
		l, r := b.sides(t, got.File)
		if len(l) != 10*rate || len(r) != 10*rate {
			t.Fatalf("%d and %d samples", len(l), len(r))
		}
		for _, c := range []struct {
			from, to      int // s
			first, second bool
		}{{0, 2, true, false}, {2, 6, true, true}, {6, 8, false, true}, {8, 10, false, false}} {
			part := r[c.from*rate+rate/10 : c.to*rate-rate/10]
			for hertz, want := range map[float64]bool{400: false, 700: c.first, 1100: c.second} {
				if v := level(part, codec, hertz); want && (v < 5500 || v > 6500) || !want && v > 60 {
					t.Errorf("%v: from %d s to %d s: %.0f Hz at %.0f on the right, want it: %v", codec, c.from, c.to, hertz, v, want)
				}
			}
			if v := level(l[c.from*rate:c.to*rate], codec, 400); v < 5900 {
				t.Errorf("the left side has its tone at %.0f", v)
			}
		}
		if got.Gaps != 0 {
			t.Errorf("%d gaps", got.Gaps)
		}
	}
}

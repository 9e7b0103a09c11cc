package media

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Comfort noise goes to whom the leg is relayed if that one has agreed to it, in its place of the stream; others hear a
// pause. Sound after it goes on at its distance.
func TestComfortNoiseIsRelayed(t *testing.T) {
	for _, agreed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
			p := y.params()
			p.ComfortNoise = agreed
			y.leg.Configure(p)
			b.pairUp(x, y)
			x.talk(10)
			h := x.next
			h.payload = 13
			x.send(h, []byte{55, 1, 2})
			x.next.seq++
			x.next.ts += 50 * 160
			time.Sleep(time.Second)
			x.next.marker = true
			x.talk(1)
			got := y.hears()
			if !agreed {
				if len(got) != 11 {
					t.Fatalf("%d packets", len(got))
				}
				if a, z := got[9].h, got[10].h; z.seq != a.seq+1 || !z.marker || z.ts-a.ts < 45*160 {
					t.Errorf("%+v after %+v", z, a)
				}
				return
			}
			if len(got) != 12 {
				t.Fatalf("%d packets", len(got))
			}
			oneStream(t, got)
			if n := got[10]; n.h.payload != 13 || !slices.Equal(n.payload, []byte{55, 1, 2}) || n.h.ts != got[9].h.ts+160 || n.h.marker {
				t.Errorf("comfort noise %+v %v", n.h, n.payload)
			}
			if z := got[11].h; z.ts-got[10].h.ts != 50*160 {
				t.Errorf("the sound after it %+v", z)
			}
		})
	}
}

// Who hears a silent phone mixed hears its noise, at its level, until it speaks again.
func TestComfortNoiseInAMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y, z := b.singer(0, 400), b.singer(1, 700), b.singer(2, 1100)
		y.mute, z.mute = true, true
		b.mix(Row{z.leg, []*Leg{x.leg, y.leg}})
		sings(time.Second, x, z)
		x.mute = true
		h := x.next
		h.payload = 13
		x.send(h, []byte{40})
		x.next.seq++
		from := len(z.all) + 10
		sings(2*time.Second, x, z)
		sum, pcm := 0.0, z.heard(from)
		for _, v := range pcm {
			sum += float64(v) * float64(v)
		}
		if db := 20 * math.Log10(math.Sqrt(sum/float64(len(pcm)))/math.MaxInt16); db < -43 || db > -37 {
			t.Errorf("noise of %.1f dB, want −40", db)
		}
		x.mute = false
		from = len(z.all) + 10
		sings(time.Second, x, z)
		pcm = z.heard(from)
		if v := toneIn(pcm, 400); v < 3500 {
			t.Errorf("its voice comes back at %.0f", v)
		}
		if x.leg.Stats().Malformed != 0 {
			t.Error("comfort noise counts as torn")
		}
	})
}

func TestLoudComfortNoiseIsNotARoar(t *testing.T) {
	var n noise
	n.set([]byte{0})
	pcm := make([]int16, 8000)
	n.add(pcm)
	for _, v := range pcm {
		if v > 1800 || v < -1800 {
			t.Fatalf("a sample of %d", v)
		}
	}
	n.set(nil)
}

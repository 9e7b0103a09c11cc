//go:build opus && cgo

package recorder

import (
	"math"
	"testing"
	"time"

	"hotline/media"
	"hotline/media/opus"
)

// opusTone makes packets of a tone in Opus, as a leg shows them: timestamps in ticks of 1/8000 s.
type opusTone struct {
	e     opus.Encoder
	hertz float64
	at    int
}

func (o *opusTone) frame(at time.Duration, n, ticks int, ssrc uint32) media.Frame {
	pcm := make([]int16, 2*ticks)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*o.hertz*float64(o.at+i)/wideRate))
	}
	o.at += len(pcm)
	b := make([]byte, 1500)
	return media.Frame{
		At: int64(at), Seq: uint16(n), Timestamp: uint32(n * ticks), SSRC: ssrc, Codec: media.Opus, Payload: b[:o.e.Encode(b, pcm)],
	}
}

// A customer with Opus is recorded whole, in packets of every length: 5 kHz is in the file. Its agents are there, one with G.711
// and one with Opus.
func TestOpusRecording(t *testing.T) {
	for _, ticks := range []int{80, 160, 480} {
		b := newBench(t, t.TempDir())
		s := b.start(t, "c1", media.Opus)
		left, first, second := s.Left(), s.Right(), s.Right()
		low, high := &opusTone{hertz: 5000}, &opusTone{hertz: 3600}
		said := 0
		for i := range 300 {
			at := time.Duration(i) * 20 * time.Millisecond
			b.now = int64(at)
			for ; said*ticks <= 160*i; said++ {
				left.Frame(low.frame(at, said, ticks, 1))
			}
			if i < 200 {
				first.Frame(tone(at, i, 700, media.PCMA))
			}
			if i >= 100 {
				second.Frame(high.frame(at, i, 160, 3))
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
		if v := pcmLevel(l[2000:], 5000, wideRate); v < 4000 {
			t.Errorf("%d ticks: the customer's tone is at %.0f", ticks, v)
		}
		for _, c := range []struct {
			from, to         int
			agent, colleague float64
		}{{0, 2, 6000, 0}, {2, 4, 6000, 6000}, {4, 6, 0, 6000}} {
			part := r[c.from*wideRate+3000 : c.to*wideRate-2000]
			if v := pcmLevel(part, 700, wideRate); math.Abs(v-c.agent) > 600 {
				t.Errorf("%d s: the agent's tone is at %.0f", c.from, v)
			}
			if v := pcmLevel(part, 3600, wideRate); math.Abs(v-c.colleague) > 1200 {
				t.Errorf("%d s: the colleague's tone is at %.0f", c.from, v)
			}
		}
		if info, err := b.Info(got.File); err != nil || info.Codec != "OPUS" || info.MS != 6000 {
			t.Errorf("%+v %v", info, err)
		}
	}
}

// An agent with Opus is heard in the recording of a customer with G.711, in his packets' places.
func TestOpusAgentOfANarrowCustomer(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMU, media.PCMA} {
		b := newBench(t, t.TempDir())
		s := b.start(t, "c1", codec)
		left, right := s.Left(), s.Right()
		agent := &opusTone{hertz: 1000}
		for i := range 200 {
			at := time.Duration(i) * 20 * time.Millisecond
			b.now = int64(at)
			left.Frame(tone(at, i, 600, codec))
			if i >= 100 {
				right.Frame(agent.frame(at, i, 160, 2))
			}
			if at%flushEvery == 0 {
				b.turn(false)
			}
		}
		b.now = int64(4 * time.Second)
		got := b.stored(t, s)
		_, r := b.sides(t, got.File)
		pcm := make([]int16, len(r))
		codec.Decode(pcm, r)
		if v := pcmLevel(pcm[:2*rate-100], 1000, rate); v > 100 {
			t.Errorf("%v: before he speaks the agent is at %.0f", codec, v)
		}
		if v := pcmLevel(pcm[2*rate+800:4*rate-100], 1000, rate); v < 5400 || v > 6400 {
			t.Errorf("%v: the agent is at %.0f", codec, v)
		}
	}
}

// Lost packets of Opus leave no silence: what the next says of them stands there, and the sidecar says that they were lost. What
// comes late is not written over that, and what is no packet of Opus is nothing.
func TestLostOpusInARecording(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.Opus)
	left := s.Left()
	tone := &opusTone{hertz: 300}
	var late media.Frame
	for i := range 200 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		f := tone.frame(at, i, 160, 1)
		switch {
		case i == 77:
			late = f
		case i == 78:
			left.Frame(f)
			left.Frame(late)
		case i == 90:
			f.Payload = []byte{0xFB, 49, 1, 2}
			left.Frame(f)
		case i%20 != 10:
			left.Frame(f)
		}
		if at%flushEvery == 0 {
			b.turn(false)
		}
	}
	b.now = int64(4 * time.Second)
	got := b.stored(t, s)
	l, _ := b.wideSides(t, got.File)
	if got.Gaps < 10 {
		t.Errorf("%d gaps", got.Gaps)
	}
	for i := 10; i < 200; i += 20 {
		loud := 0.0
		for _, v := range l[i*320 : (i+1)*320] {
			loud = max(loud, math.Abs(float64(v)))
		}
		if loud < 600 {
			t.Errorf("packet %d: nothing louder than %.0f", i, loud)
		}
	}
}

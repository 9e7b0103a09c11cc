package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// numbered is a clip whose n-th frame of 20 ms, in A-law, is all n.
func numbered(from, frames int) *Clip {
	pcm := make([]int16, frames*160)
	for i := range pcm {
		pcm[i] = ALawToLinear(byte(from + i/160))
	}
	return NewClip(pcm)
}

func TestPlayIsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		time.Sleep(1234567 * time.Microsecond)
		asked := time.Now()
		x.leg.Play("p", []*Clip{numbered(0, 3), Silence(40 * time.Millisecond), numbered(100, 1)}, true)
		time.Sleep(10*time.Minute - 10*time.Millisecond)
		x.leg.Stop("p")
		got := x.hears()
		if len(got) != 30000 {
			t.Fatalf("%d packets in ten minutes", len(got))
		}
		oneStream(t, got)
		want := []byte{0, 1, 2, PCMA.Silence(), PCMA.Silence(), 100}
		for i, p := range got {
			if at := p.at.Sub(asked); at != time.Duration(i)*20*time.Millisecond {
				t.Fatalf("packet %d after %v", i, at)
			}
			if p.h.marker != (i == 0) || p.h.ts != got[0].h.ts+uint32(i)*160 || !slices.Equal(p.payload, fill(want[i%6], 160)) {
				t.Fatalf("packet %d: %+v %x", i, p.h, p.payload[0])
			}
		}
	})
}

func TestPlayHasThePacketsAgreed(t *testing.T) {
	for _, c := range []struct {
		ptime, want time.Duration
	}{
		{0, 20 * time.Millisecond},
		{10 * time.Millisecond, 10 * time.Millisecond},
		{30 * time.Millisecond, 30 * time.Millisecond},
		{60 * time.Millisecond, 60 * time.Millisecond},
		{time.Millisecond, 10 * time.Millisecond},
		{time.Second, 60 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x := b.phone("127.0.0.1:6000")
			p := x.params()
			p.PTime, p.Codec, p.PayloadType = c.ptime, PCMU, 0
			x.leg.Configure(p)
			x.leg.Play("p", []*Clip{numbered(0, 30)}, false)
			time.Sleep(700 * time.Millisecond)
			got := x.hears()
			if n := int(600 * time.Millisecond / c.want); len(got) != n {
				t.Fatalf("ptime %v: %d packets, want %d", c.ptime, len(got), n)
			}
			oneStream(t, got)
			if gap := got[1].at.Sub(got[0].at); gap != c.want || len(got[0].payload) != int(c.want.Milliseconds())*8 {
				t.Errorf("ptime %v: %d bytes each %v", c.ptime, len(got[0].payload), gap)
			}
			if got[0].payload[0] != LinearToMuLaw(ALawToLinear(0)) {
				t.Error("not encoded in the codec agreed")
			}
		})
	}
}

func TestPlayEndsOnce(t *testing.T) {
	short := []*Clip{numbered(0, 2)}
	for _, c := range []struct {
		name string
		do   func(l *Leg)
		want []string
	}{
		{"complete", func(l *Leg) { l.Play("a", short, false) }, []string{"ended a true <nil>"}},
		{"no clips", func(l *Leg) { l.Play("a", nil, false) }, []string{"ended a false media: nothing to play"}},
		{"a nil clip", func(l *Leg) { l.Play("a", []*Clip{nil}, false) }, []string{"ended a false media: nothing to play"}},
		{"an empty clip", func(l *Leg) { l.Play("a", []*Clip{NewClip(nil)}, false) }, []string{"ended a true <nil>"}},
		{"an empty loop", func(l *Leg) { l.Play("a", []*Clip{NewClip(nil), Silence(0)}, true) }, []string{"ended a false media: nothing to play"}},
		{"stopped", func(l *Leg) { l.Play("a", short, true); time.Sleep(time.Second); l.Stop("a"); l.Stop("a") }, []string{"ended a false <nil>"}},
		{"stopped at once", func(l *Leg) { l.Play("a", short, true); l.Stop("") }, []string{"ended a false <nil>"}},
		{"another is stopped", func(l *Leg) { l.Play("a", short, false); l.Stop("b") }, []string{"ended a true <nil>"}},
		{"stopped too late", func(l *Leg) { l.Play("a", short, false); time.Sleep(time.Second); l.Stop("a") }, []string{"ended a true <nil>"}},
		{"replaced", func(l *Leg) { l.Play("a", short, true); l.Play("b", short, false) }, []string{"ended a false <nil>", "ended b true <nil>"}},
		{"replaced by nothing", func(l *Leg) { l.Play("a", short, true); l.Play("b", nil, false) }, []string{"ended a false <nil>", "ended b false media: nothing to play"}},
		{"replaced by its name", func(l *Leg) { l.Play("a", short, true); l.Play("a", short, false) }, []string{"ended a false <nil>", "ended a true <nil>"}},
		{"closed", func(l *Leg) { l.Play("a", short, true); time.Sleep(time.Second); l.Close() }, []string{"ended a false <nil>"}},
		{"closed at once", func(l *Leg) { l.Play("a", short, true); l.Close() }, []string{"ended a false <nil>"}},
		{"engine closed", func(l *Leg) { l.Play("a", short, true); time.Sleep(time.Second); l.engine.Close() }, []string{"ended a false <nil>"}},
		{"held", func(l *Leg) {
			l.Configure(Params{})
			l.Play("a", short, false)
		}, []string{"ended a true <nil>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newBench(t, Config{}).phone("127.0.0.1:6000")
				c.do(x.leg)
				time.Sleep(5 * time.Second)
				if d := cmp.Diff(c.want, x.ear.take()); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// A leg that was never configured plays in silence: the call goes on.
func TestPlayBeforeConfigure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		ear := &heard{}
		l, err := b.engine.NewLeg(local(), ear)
		if err != nil {
			t.Fatal(err)
		}
		l.Play("a", []*Clip{Silence(time.Second), numbered(0, 50)}, false)
		time.Sleep(1999 * time.Millisecond)
		if got := ear.take(); got != nil {
			t.Error(got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := ear.take(); !slices.Equal(got, []string{"ended a true <nil>"}) || len(b.wire.takeAll()) != 0 {
			t.Error(got)
		}
	})
}

func TestStopIsWithinOnePacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		for i := range 40 {
			x.leg.Play("p", []*Clip{numbered(0, 50)}, true)
			time.Sleep(time.Duration(100+i) * time.Millisecond)
			x.leg.Stop("p")
			x.hears()
			time.Sleep(100 * time.Millisecond)
			if got := x.hears(); len(got) != 0 {
				t.Fatalf("%d packets after Stop", len(got))
			}
		}
	})
}

// A Play begun from PlayEnded follows without a pause and without a new talk spurt.
func TestPlaysFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		left := 5
		x.ear.onEnd = func(string) {
			if left--; left > 0 {
				x.leg.Play(fmt.Sprint(left), []*Clip{numbered(0, 2)}, false)
			}
		}
		x.leg.Play("5", []*Clip{numbered(0, 2)}, false)
		time.Sleep(time.Second)
		got := x.hears()
		if len(got) != 10 {
			t.Fatalf("%d packets", len(got))
		}
		oneStream(t, got)
		for i, p := range got[1:] {
			if p.at.Sub(got[i].at) != 20*time.Millisecond || p.h.ts-got[i].h.ts != 160 || p.h.marker {
				t.Errorf("packet %d: %+v, %v after the last", i+1, p.h, p.at.Sub(got[i].at))
			}
		}
	})
}

// After a stall the player sends what it owes, but no more than a tenth of a second.
func TestCatchUpIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, slow := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		stall := time.Duration(0)
		slow.ear.onEnd = func(string) { time.Sleep(stall) } // a handler that breaks its promise holds the player up
		for _, c := range []struct {
			stall time.Duration
			burst int
			marks int
		}{{50 * time.Millisecond, 2, 1}, {2 * time.Second, 1, 2}} {
			stall = c.stall
			x.leg.Play("p", []*Clip{numbered(0, 50)}, true)
			time.Sleep(200*time.Millisecond - time.Millisecond)
			slow.leg.Play("q", nil, false)
			time.Sleep(5 * time.Second)
			x.leg.Stop("p")
			time.Sleep(100 * time.Millisecond)
			got := x.hears()
			oneStream(t, got)
			marks, burst := 0, 0
			for i, p := range got {
				if p.h.marker {
					marks++
				}
				if i > 0 && p.at.Equal(got[i-1].at) {
					burst++
				}
				real, inStream := p.at.Sub(got[0].at), time.Duration(p.h.ts-got[0].h.ts)*time.Second/SampleRate
				if d := real - inStream; d < 0 || d > 100*time.Millisecond {
					t.Errorf("stall %v: packet %d is %v late", c.stall, i, d)
				}
			}
			if marks != c.marks || burst > c.burst {
				t.Errorf("stall %v: %d talk spurts, %d packets at once", c.stall, marks, burst+1)
			}
		}
	})
}

func TestSendDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		y.talk(3)
		before := x.hears()
		x.leg.SendDigits("5-x")
		x.leg.SendDigits("#a")
		y.talk(40) // is not heard while keys are sent
		got := x.hears()
		oneStream(t, append(before, got...))
		var events []string
		var audio int
		var ts uint32
		for i, p := range got {
			if p.h.payload != 101 {
				audio++
				continue
			}
			if audio > 0 {
				t.Fatalf("packet %d is a key after sound", i)
			}
			e, _ := parseEvent(p.payload)
			mark := ""
			if p.h.marker {
				mark, ts = "M ", p.h.ts
			}
			if p.h.ts != ts {
				t.Errorf("packet %d: the timestamp moved", i)
			}
			end := ""
			if e.end {
				end = " E"
			}
			events = append(events, fmt.Sprintf("%v %s%c %d%s", p.at.Sub(got[0].at), mark, keyNames[e.code], e.duration, end))
		}
		var want []string
		for i, k := range "5#A" {
			for slot, shape := range []string{"M %c 160", "%c 320", "%c 480", "%c 640", "%c 800 E", "%c 800 E", "%c 800 E"} {
				at := time.Duration(i)*160*time.Millisecond + time.Duration(slot)*20*time.Millisecond
				want = append(want, fmt.Sprintf("%v "+shape, at, k))
			}
		}
		if d := cmp.Diff(want, events); d != "" {
			t.Error(d)
		}
		if audio < 15 || audio > 17 || !got[len(events)].h.marker {
			t.Errorf("%d packets of sound after the keys", audio)
		}
		// what we send is heard as what it is
		ear, keys := &keyEar{}, ""
		for _, p := range got[:len(events)] {
			e, _ := parseEvent(p.payload)
			if k, ok := ear.hear(p.h, e); ok {
				keys += string(k)
			}
		}
		if keys != "5#A" {
			t.Errorf("heard %q", keys)
		}
	})
}

func TestKeysInterruptAPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		x.leg.Play("p", []*Clip{numbered(0, 20)}, false)
		time.Sleep(90 * time.Millisecond)
		x.leg.SendDigits("1")
		time.Sleep(time.Second)
		got := x.hears()
		oneStream(t, got)
		var order strings.Builder
		sound := 0
		for _, p := range got {
			if p.h.payload == 101 {
				order.WriteByte('k')
				continue
			}
			order.WriteByte('p')
			if p.payload[0] != byte(sound) {
				t.Errorf("frame %d of the Play is missing", sound)
			}
			sound++
		}
		if want := "ppppp" + "kkkkkkk" + strings.Repeat("p", 15); order.String() != want {
			t.Errorf("%s, want %s", order.String(), want)
		}
		if got := x.ear.take(); !slices.Equal(got, []string{"ended p true <nil>"}) {
			t.Error(got)
		}
		p := x.params()
		p.DTMFType = 0
		x.leg.Configure(p)
		x.leg.SendDigits("1")
		time.Sleep(time.Second)
		if got := x.hears(); len(got) != 0 {
			t.Error("keys to a leg that has not agreed to them")
		}
	})
}

// Whatever is asked of a leg in whatever order: each Play ends once, and the leg is sent one stream.
func TestPlaysAtRandom(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(t, Config{})
			x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
			b.pairUp(x, y)
			var got []sentRTP
			played := 0
			for range 300 {
				switch r.IntN(7) {
				case 0, 1:
					x.leg.Play(fmt.Sprint(played), []*Clip{numbered(0, r.IntN(4)), Silence(time.Duration(r.IntN(50)) * time.Millisecond)}, r.IntN(3) == 0)
					played++
				case 2:
					x.leg.Stop("")
				case 3:
					x.leg.Stop(fmt.Sprint(r.IntN(played + 1)))
				case 4:
					x.leg.SendDigits("42"[:r.IntN(3)])
				case 5:
					p := x.params()
					p.Send = r.IntN(4) > 0
					x.leg.Configure(p)
				case 6:
					y.talk(r.IntN(5))
				}
				time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond)
				got = append(got, x.hears()...)
			}
			x.leg.Close()
			time.Sleep(time.Second)
			got = append(got, x.hears()...)
			if len(got) < 100 {
				t.Fatalf("seed %d: %d packets", seed, len(got))
			}
			oneStreamWithKeys(t, got)
			ended := map[string]int{}
			for _, e := range x.ear.take() {
				if name, ok := strings.CutPrefix(e, "ended "); ok {
					ended[strings.Fields(name)[0]]++
				}
			}
			for i := range played {
				if n := ended[fmt.Sprint(i)]; n != 1 {
					t.Errorf("seed %d: Play %d ended %d times", seed, i, n)
				}
			}
			if t.Failed() {
				t.FailNow()
			}
		})
	}
}

// oneStreamWithKeys is oneStream for streams where an event's packets carry the time of its beginning.
func oneStreamWithKeys(t testing.TB, packets []sentRTP) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		a, b := packets[i-1].h, packets[i].h
		if b.ssrc != a.ssrc || b.seq != a.seq+1 || int32(b.ts-a.ts) < 0 && b.payload != 101 {
			t.Errorf("packet %d: %+v after %+v", i, b, a)
		}
	}
}

func TestSendFailuresAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		b.wire.fail = errors.New("no buffer space")
		x.leg.Play("p", []*Clip{numbered(0, 10)}, false)
		time.Sleep(time.Second)
		if s := x.leg.Stats(); s.SendFails != 10 || s.Sent != 0 {
			t.Errorf("%+v", s)
		}
		b.wire.fail = nil
		x.leg.Play("q", []*Clip{numbered(0, 10)}, false)
		time.Sleep(time.Second)
		if s := x.leg.Stats(); s.SendFails != 10 || s.Sent != 10 || s.SentBytes != 1600 {
			t.Errorf("%+v", s)
		}
	})
}

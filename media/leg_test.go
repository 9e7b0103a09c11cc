package media

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRelayKeepsThePacketsAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		x.talk(3)
		x.next.ts += 800 // it was silent
		time.Sleep(100 * time.Millisecond)
		x.next.marker = true
		x.send(x.next, fill(9, 160))
		x.next.marker, x.next.seq, x.next.ts = false, x.next.seq+1, x.next.ts+160
		x.next.seq++ // one is lost
		x.next.ts += 160
		x.talk(2)
		got := y.hears()
		if len(got) != 6 {
			t.Fatalf("%d packets arrived", len(got))
		}
		first := got[0].h
		var shape [][4]int
		for _, p := range got {
			mark := 0
			if p.h.marker {
				mark = 1
			}
			shape = append(shape, [4]int{int(p.h.seq - first.seq), int(p.h.ts - first.ts), mark, int(p.payload[0])})
			if p.h.ssrc != y.leg.out.ssrc || p.h.payload != 8 || len(p.payload) != 160 {
				t.Errorf("%+v, %d bytes", p.h, len(p.payload))
			}
		}
		want := [][4]int{{0, 0, 1, 100}, {1, 160, 0, 101}, {2, 320, 0, 102}, {3, 1280, 1, 9}, {5, 1600, 0, 105}, {6, 1760, 0, 106}}
		if d := cmp.Diff(want, shape); d != "" {
			t.Error(d)
		}
		if got := x.hears(); len(got) != 0 {
			t.Errorf("the talker hears %d packets of itself", len(got))
		}
	})
}

func TestRelayMapsCodecsAndPayloadTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		p := y.params()
		p.Codec, p.PayloadType, p.DTMFType = PCMU, 0, 96
		y.leg.Configure(p)
		b.pairUp(x, y)
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		x.send(x.next, all)
		got := y.hears()
		want := make([]byte, 256)
		Transcode(want, PCMU, all, PCMA)
		if len(got) != 1 || got[0].h.payload != 0 || !slices.Equal(got[0].payload, want) {
			t.Fatalf("A-law to µ-law: %+v", got)
		}
		y.next.payload = 0
		y.send(y.next, all)
		got = x.hears()
		Transcode(want, PCMA, all, PCMU)
		if len(got) != 1 || got[0].h.payload != 8 || !slices.Equal(got[0].payload, want) {
			t.Fatalf("µ-law to A-law: %+v", got)
		}
		// x changes to µ-law, which y has: now nothing is translated
		x.next.seq, x.next.payload = x.next.seq+1, 0
		x.send(x.next, all)
		if got = y.hears(); len(got) != 1 || !slices.Equal(got[0].payload, all) {
			t.Fatalf("µ-law to µ-law: %+v", got)
		}
		// a key goes as a key, with y's number for it
		x.next.payload, x.next.seq = 101, x.next.seq+1
		x.send(x.next, []byte{5, 10, 0, 160})
		if got = y.hears(); len(got) != 1 || got[0].h.payload != 96 || !slices.Equal(got[0].payload, []byte{5, 10, 0, 160}) {
			t.Fatalf("key: %+v", got)
		}
		// and not at all to a leg that has not agreed to them
		p.DTMFType = 0
		y.leg.Configure(p)
		x.next.seq++
		x.send(x.next, []byte{5, 138, 3, 32})
		if got = y.hears(); len(got) != 0 {
			t.Fatalf("key to a leg without keys: %+v", got)
		}
		if d := cmp.Diff([]string{"up", "key 5"}, x.ear.take()); d != "" {
			t.Error(d)
		}
	})
}

// What a leg hears comes from a Play, then from a phone, then from a Play: it must be one stream in which time passes as
// it did.
func TestOneStreamWhoeverSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		tone, err := Tone("beep")
		if err != nil {
			t.Fatal(err)
		}
		y.leg.Play("first", []*Clip{tone}, true)
		time.Sleep(990 * time.Millisecond) // between two of its packets
		b.pairUp(x, y)
		x.talk(10) // unheard: y hears the Play
		y.leg.Stop("first")
		x.talk(50)
		time.Sleep(300 * time.Millisecond)
		y.leg.Play("second", []*Clip{tone}, false)
		time.Sleep(500 * time.Millisecond)
		x.next.ssrc, x.next.seq, x.next.ts = 4711, 60000, 1 // the phone starts its stream anew
		x.talk(10)
		got := y.hears()
		if len(got) != 60+50+10+10 {
			t.Fatalf("%d packets", len(got))
		}
		oneStream(t, got)
		var marks []int
		for i, p := range got {
			if p.h.marker {
				marks = append(marks, i)
			}
			real := p.at.Sub(got[0].at)
			inStream := time.Duration(p.h.ts-got[0].h.ts) * time.Second / SampleRate
			if off := real - inStream; off < -20*time.Millisecond || off > 20*time.Millisecond {
				t.Errorf("packet %d: %v have passed, %v in the stream", i, real, inStream)
			}
		}
		if d := cmp.Diff([]int{0, 60, 110, 120}, marks); d != "" {
			t.Error("talk spurts: ", d)
		}
		if d := cmp.Diff([]string{"ended first false <nil>", "ended second true <nil>"}, y.ear.take()); d != "" {
			t.Error(d)
		}
	})
}

func TestHoldSendsAndHearsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		x.talk(5)
		before := y.hears()
		p := y.params()
		p.Send = false
		y.leg.Configure(p)
		x.talk(100)
		if got := y.hears(); len(got) != 0 {
			t.Errorf("a held leg was sent %d packets", len(got))
		}
		p.Send = true
		y.leg.Configure(p)
		x.talk(5)
		after := y.hears()
		oneStream(t, append(before, after...)) // what it did not get is no loss
		if d := after[0].h.ts - before[4].h.ts; d != 101*160 || !after[0].h.marker {
			t.Errorf("%d samples later, marker %v", d, after[0].h.marker)
		}

		p = x.params()
		p.Receive = false
		x.leg.Configure(p)
		tap := &tapped{}
		x.leg.SetTap(tap)
		x.talk(100)
		x.send(header{payload: 101, seq: x.next.seq, ts: x.next.ts, ssrc: x.next.ssrc}, []byte{1, 0x8A, 1, 0})
		if got := y.hears(); len(got) != 0 || len(tap.frames) != 0 {
			t.Errorf("%d packets relayed, %d tapped of a leg that is not to be heard", len(got), len(tap.frames))
		}
		if s := x.leg.Stats(); s.Lost != 0 || s.Received != 211 || s.LastGap != 0 {
			t.Errorf("%+v", s)
		}
		if d := cmp.Diff([]string{"up"}, x.ear.take()); d != "" {
			t.Error(d)
		}
	})
}

func TestMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y, z := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000"), b.phone("127.0.0.1:8000")
		count := func() [3]int { return [3]int{len(x.hears()), len(y.hears()), len(z.hears())} }
		mix := func(rows ...Row) {
			t.Helper()
			if err := b.engine.Mix(rows); err != nil {
				t.Fatal(err)
			}
		}
		is := func(what string, want [3]int) {
			t.Helper()
			x.talk(1)
			if got := count(); got != want {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		is("nobody", [3]int{})
		mix(Row{y.leg, []*Leg{x.leg}}, Row{z.leg, []*Leg{x.leg}})
		is("two listen", [3]int{0, 1, 1})
		mix(Row{x.leg, []*Leg{x.leg}})
		is("echo too", [3]int{1, 1, 1})
		mix(Row{Leg: x.leg}, Row{Leg: y.leg})
		is("only the third is left", [3]int{0, 0, 1})

		route := z.leg.hears
		mix(Row{z.leg, []*Leg{x.leg}})
		if z.leg.hears != route {
			t.Error("an equal Mix made a new route")
		}
		err := b.engine.Mix([]Row{{Leg: z.leg}, {y.leg, slices.Repeat([]*Leg{x.leg, z.leg}, MaxHears)}})
		if err == nil || z.leg.hears != route {
			t.Errorf("a refused Mix: %v", err)
		}
		x.leg.Close()
		if err := b.engine.Mix([]Row{{y.leg, []*Leg{x.leg}}}); err == nil {
			t.Error("mixed a closed leg")
		}
		if z.leg.hears != nil {
			t.Error("z still hears a closed leg")
		}
		is("closed", [3]int{})
		if n := len(z.leg.audience()) + len(x.leg.audience()); n != 0 {
			t.Errorf("%d routes are left", n)
		}
	})
}

func TestSilenceIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		at := func(d time.Duration, want ...string) {
			t.Helper()
			time.Sleep(d)
			if got := x.ear.take(); !slices.Equal(got, want) {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		at(9*time.Second + 900*time.Millisecond)
		at(700*time.Millisecond, "lost 10s")
		at(19 * time.Second)
		at(time.Second, "lost 30s")
		at(10 * time.Minute)
		x.talk(3)
		at(0, "up")
		at(59 * time.Second)
		at(2*time.Second, "lost 1m0s")
		at(10 * time.Minute)
		x.talk(3)
		at(61*time.Second, "lost 1m0s")

		p := x.params()
		p.Receive = false
		x.leg.Configure(p)
		at(10 * time.Minute)
		p.Receive = true
		x.leg.Configure(p)
		at(9 * time.Second)
		at(2*time.Second, "lost 10s")
		// another swap that changes nothing about what is due is not heard of
		p.DTMFType = 96
		x.leg.Configure(p)
		at(18 * time.Second)
		at(2*time.Second, "lost 30s")
		if gap := x.leg.Stats().LastGap.Round(time.Second); gap != 31*time.Second {
			t.Errorf("last gap %v", gap)
		}
		x.leg.Close()
		at(10 * time.Minute)
	})
}

func TestMaxGapIsWhileOneWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		time.Sleep(5 * time.Second) // before the first: no gap between packets
		x.talk(2)
		time.Sleep(380 * time.Millisecond)
		x.talk(2)
		p := x.params()
		p.Receive = false
		x.leg.Configure(p)
		time.Sleep(time.Minute)
		p.Receive = true
		x.leg.Configure(p)
		x.talk(2)
		if gap := x.leg.Stats().MaxGap; gap != 400*time.Millisecond {
			t.Errorf("max gap %v", gap)
		}
	})
}

func TestTapSeesEachAudioPacketOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		tap := &tapped{}
		x.leg.SetTap(tap)
		time.Sleep(time.Second)
		x.talk(2)
		x.send(header{payload: 101, seq: x.next.seq, ts: x.next.ts, ssrc: x.next.ssrc}, []byte{1, 10, 1, 0})
		x.send(header{payload: 13, seq: x.next.seq + 1, ts: x.next.ts, ssrc: x.next.ssrc}, []byte{60})
		b.wire.deliver(netip.MustParseAddrPort("192.0.2.1:5000"), x.legAt(), rtp(x.next, fill(1, 160)))
		want := []Frame{
			{At: 1e9, Seq: 100, Timestamp: 5000, SSRC: 6000, Codec: PCMA, Payload: fill(100, 160)},
			{At: 1e9 + 2e7, Seq: 101, Timestamp: 5160, SSRC: 6000, Codec: PCMA, Payload: fill(101, 160)},
			{At: 1e9 + 4e7, Seq: 102, Timestamp: 5320, SSRC: 6000, Codec: PCMA}, // a key, of which nothing is shown
			{At: 1e9 + 4e7, Seq: 103, Timestamp: 5320, SSRC: 6000, Codec: PCMA}, // comfort noise
		}
		if d := cmp.Diff(want, tap.frames); d != "" {
			t.Error(d)
		}
		if at := b.engine.Wall(tap.frames[0].At); time.Since(at) != 40*time.Millisecond {
			t.Errorf("the wall clock is off: %v", at)
		}
		x.leg.SetTap(nil)
		x.talk(1)
		if len(tap.frames) != 4 {
			t.Error("a tap that was taken off still sees")
		}
	})
}

// tapped keeps frames.
type tapped struct{ frames []Frame }

func (t *tapped) Frame(f Frame) {
	f.Payload = slices.Clone(f.Payload)
	t.frames = append(t.frames, f)
}

func TestClosedLegIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		x.talk(3)
		x.hears()
		y.hears()
		last := x.leg.Close()
		if last.Received != 3 || last != x.leg.Close() {
			t.Errorf("%+v", last)
		}
		x.leg.Play("late", []*Clip{Silence(time.Second)}, false)
		x.leg.SendDigits("1")
		x.talk(3)
		y.talk(3)
		if len(x.hears())+len(y.hears()) != 0 {
			t.Error("a closed leg hears or is heard")
		}
		if d := cmp.Diff([]string{"up", "ended late false media: closed"}, x.ear.take()); d != "" {
			t.Error(d)
		}
	})
}

// broken is a handler and a tap with a fault of their own.
type broken struct{}

func (b *broken) Digit(byte)                    { panic("digit") }
func (b *broken) MediaUp(time.Time)             { panic("up") }
func (b *broken) MediaLost(time.Duration)       { panic("lost") }
func (b *broken) PlayEnded(string, bool, error) { panic("ended") }
func (b *broken) Frame(Frame)                   { panic("frame") }

func TestAFaultOfOthersEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		b := newBench(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		bad := &broken{}
		x.leg.handler = bad
		x.leg.SetTap(bad)
		x.leg.Play("p", []*Clip{numbered(0, 2)}, false)
		time.Sleep(time.Second) // the player begins when it likes: two in one instant are two or three packets
		x.leg.Play("q", []*Clip{numbered(0, 2)}, false)
		x.talk(10)
		x.send(header{payload: 101, seq: x.next.seq, ts: x.next.ts, ssrc: x.next.ssrc}, []byte{1, 10, 1, 0})
		time.Sleep(70 * time.Second)
		if n := len(y.hears()); n != 11 {
			t.Errorf("%d packets relayed", n)
		}
		if n := len(x.hears()); n != 4 {
			t.Errorf("%d packets played", n)
		}
		if n := x.leg.Stats().Faults; n != 1+10+2+2+1 { // up, frames, key and its frame, ends, silence
			t.Errorf("%d faults", n)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "leg_test.go") {
			t.Errorf("%d lines: %s", n, log.String())
		}
	})
}

// TestKeysLeftOutLeaveNoTrace: to a leg that has not agreed to keys the sound between them goes on as if they were not there.
func TestKeysLeftOutLeaveNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		p := y.params()
		p.DTMFType = 0
		y.leg.Configure(p)
		b.pairUp(x, y)
		x.talk(2)
		for range 3 { // phones send sound and keys in turns
			key := x.next
			key.payload = 101
			x.send(key, []byte{5, 10, 0, 160})
			x.next.seq++
			time.Sleep(7 * time.Millisecond)
			x.talk(1)
		}
		var shape [][3]int
		got := y.hears()
		for _, p := range got {
			mark := 0
			if p.h.marker {
				mark = 1
			}
			shape = append(shape, [3]int{int(p.h.seq - got[0].h.seq), int(p.h.ts - got[0].h.ts), mark})
		}
		if d := cmp.Diff([][3]int{{0, 0, 1}, {1, 160, 0}, {2, 320, 0}, {3, 480, 0}, {4, 640, 0}}, shape); d != "" {
			t.Error(d)
		}
	})
}

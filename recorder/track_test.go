package recorder

import (
	"testing"
	"time"

	"hotline/media"
)

// TestTrack feeds streams of 20 ms packets whose clocks misbehave and looks where the last packet is put.
func TestTrack(t *testing.T) {
	type p struct {
		atMS   int64
		ts     uint32
		ssrc   uint32
		marker bool
	}
	stream := func(n int, f func(i int) p) (out []p) {
		for i := range n {
			out = append(out, f(i))
		}
		return out
	}
	for _, c := range []struct {
		name string
		in   []p
		want int64 // ms
	}{
		{"steady", stream(100, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), 1980},
		{"jitter of 50 ms does not move it", stream(101, func(i int) p { return p{int64(i)*20 + int64(i%2)*50, uint32(i) * 160, 1, false} }), 2000},
		{"the stamp wraps", stream(100, func(i int) p { return p{int64(i) * 20, 0xFFFFFF00 + uint32(i)*160, 1, false} }), 1980},
		{"new SSRC", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1500, 77, 2, false}), 1500},
		{"the clock stood still over a hold of 5 s", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{6000, 50 * 160, 1, false}), 6000},
		{"it stood still for 300 ms, a talk spurt tells", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1300, 50 * 160, 1, true}), 1300},
		{"a burst after a stall of 300 ms keeps its place", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1300, 50 * 160, 1, false}), 1000},
		{"100 ms off for ever is believed after a second", stream(160, func(i int) p {
			at := int64(i) * 20
			if i >= 100 {
				at += 100
			}
			return p{at, uint32(i) * 160, 1, false}
		}), 159*20 + 100},
	} {
		tr := &track{}
		var pos int64
		for i, x := range c.in {
			f := media.Frame{At: x.atMS * int64(time.Millisecond), Seq: uint16(i), Timestamp: x.ts, SSRC: x.ssrc, Marker: x.marker, Payload: make([]byte, 160)}
			pos, _ = tr.place(f, 0)
		}
		if got := pos * 1000 / rate; got != c.want {
			t.Errorf("%s: %d ms, want %d", c.name, got, c.want)
		}
	}
}

func TestRing(t *testing.T) {
	r, scratch := new(ring), new([ringSize]byte)
	f := packet(0, 0, 3)
	sent, got := 0, 0
	for range 10_000 { // more than once round, in uneven steps
		for range sent%7 + 1 {
			f.Seq = uint16(sent)
			r.Frame(f)
			sent++
		}
		for range got%5 + 6 {
			g, ok := r.next(scratch)
			if !ok {
				break
			}
			if g.Seq != uint16(got) || len(g.Payload) != 160 || g.Payload[0] != 3 || g.Payload[159] != 3 || g.Codec != media.PCMA {
				t.Fatalf("frame %d came back as %+v", got, g)
			}
			got++
		}
	}
	for _, ok := r.next(scratch); ok; _, ok = r.next(scratch) {
		got++
	}
	if dropped := int(r.dropped.Load()); got+dropped != sent || dropped != 0 {
		t.Errorf("%d sent, %d came out, %d dropped", sent, got, dropped)
	}
	for range 100 {
		r.Frame(f)
	}
	if r.dropped.Load() == 0 {
		t.Error("a full ring drops nothing")
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	r, scratch := new(ring), new([ringSize]byte)
	f := packet(0, 0, 3)
	if n := testing.AllocsPerRun(1000, func() { r.Frame(f); r.next(scratch) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkTap(b *testing.B) {
	r, scratch := new(ring), new([ringSize]byte)
	f := packet(0, 0, 3)
	b.ReportAllocs()
	for b.Loop() {
		r.Frame(f)
		r.next(scratch)
	}
}

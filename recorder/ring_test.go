package recorder

import (
	"sync"
	"testing"
	"time"

	"hotline/media"
)

func TestRing(t *testing.T) {
	r := &ring{pool: new(pool)}
	f := packet(0, 0, 3)
	sent, got := 0, 0
	for range 10_000 { // through many chunks, in uneven steps
		for range sent%7 + 1 {
			f.Seq = uint16(sent)
			r.Frame(f)
			sent++
		}
		for range got%5 + 6 {
			g, ok := r.next()
			if !ok {
				break
			}
			if g.Seq != uint16(got) || len(g.Payload) != 160 || g.Payload[0] != 3 || g.Payload[159] != 3 || g.Codec != media.PCMA {
				t.Fatalf("frame %d came back as %+v", got, g)
			}
			got++
		}
	}
	for _, ok := r.next(); ok; _, ok = r.next() {
		got++
	}
	if dropped := int(r.dropped.Load()); got+dropped != sent || dropped != 0 {
		t.Errorf("%d sent, %d came out, %d dropped", sent, got, dropped)
	}
	if _, ok := r.peek(); ok {
		t.Error("an empty ring has a frame")
	}
	if held, spare := r.pool.out.Load(), r.pool.count; held != 1 || spare == 0 || spare > sparesLeast {
		t.Errorf("an idle leg holds %d chunks, %d are spare", held, spare)
	}
}

func TestFullRing(t *testing.T) {
	r := &ring{pool: new(pool)}
	f := packet(0, 0, 3)
	f.At = 77
	for range 300 {
		r.Touch()
		r.Frame(f)
	}
	if at, ok := r.peek(); !ok || at != 77 {
		t.Errorf("the oldest frame came at %d, %v", at, ok)
	}
	const room = chunkRoom / (frameHead + 160) * chunksMost
	if n := r.dropped.Load(); n != 300-room {
		t.Errorf("%d of 300 frames dropped, there is room for %d", n, room)
	}
	if room*20 < 3500 {
		t.Errorf("room for %d ms only", room*20)
	}
	got := 0
	for _, ok := r.next(); ok; _, ok = r.next() {
		got++
	}
	r.Frame(f)
	if _, ok := r.next(); got != room || !ok {
		t.Errorf("%d of %d came out; after that: %v", got, room, ok)
	}
	r.end()
	if held := r.pool.out.Load(); held != 0 {
		t.Errorf("%d chunks are held by nobody", held)
	}
}

// A frame that is under way while the ring ends takes no chunk that nobody counts.
func TestFrameAfterTheEnd(t *testing.T) {
	r := &ring{pool: new(pool)}
	f := packet(0, 0, 3)
	r.Frame(f)
	r.end()
	for range 300 {
		r.put(f)
	}
	if held := r.pool.out.Load(); held != 0 {
		t.Errorf("%d chunks are held by nobody", held)
	}
}

// What a busy hour needed does not stay when its calls have ended.
func TestSparesGoWithTheCalls(t *testing.T) {
	b := newBench(t, t.TempDir())
	f := packet(0, 0, 3)
	rings := make([]ring, 1000)
	for i := range rings {
		r := &rings[i]
		r.pool = &b.pool
		for range 3 * chunkRoom / (frameHead + len(f.Payload)) {
			r.Frame(f)
		}
	}
	for i := range rings {
		for _, ok := rings[i].next(); ok; _, ok = rings[i].next() {
			continue
		}
	}
	b.turn(false)
	if spares := b.pool.count; spares < len(rings)/2 {
		t.Errorf("%d spares for %d legs", spares, len(rings))
	}
	for i := range rings {
		rings[i].end()
	}
	b.turn(false)
	spares := 0
	for c := b.pool.spares; c != nil; c = c.next.Load() {
		spares++
	}
	if spares != sparesLeast || b.pool.count != spares || b.pool.out.Load() != 0 {
		t.Errorf("%d spares of %d stay, %d are held", spares, b.pool.count, b.pool.out.Load())
	}
}

// A packet that is longer than a chunk comes in pieces that join.
func TestLongPackets(t *testing.T) {
	r := &ring{pool: new(pool)}
	for _, n := range []int{0, 1, 160, chunkRoom - frameHead, chunkRoom - frameHead + 1, 5000} {
		f := packet(0, 0, 3)
		f.Payload = make([]byte, n)
		for i := range f.Payload {
			f.Payload[i] = byte(i % 251)
		}
		r.Frame(f)
		at := 0
		for g, ok := r.next(); ok; g, ok = r.next() {
			if g.Timestamp != f.Timestamp+uint32(at) || g.Seq != f.Seq {
				t.Errorf("%d bytes: a piece at %d has %+v", n, at, g)
			}
			for i, c := range g.Payload {
				if c != byte((at+i)%251) {
					t.Fatalf("%d bytes: wrong at %d", n, at+i)
				}
			}
			at += len(g.Payload)
		}
		if at != n {
			t.Errorf("%d of %d bytes", at, n)
		}
	}
}

// Many legs share a pool while a writer reads them: every frame comes once, whole and in order, and no chunk is two legs'.
func TestRingsShareAPool(t *testing.T) {
	p := new(pool)
	const legs, frames = 8, 3000
	var rings [legs]ring
	var wg sync.WaitGroup
	for leg := range rings {
		rings[leg].pool = p
		wg.Go(func() {
			f := packet(0, 0, byte(leg))
			for i := range frames {
				f.Seq = uint16(i)
				rings[leg].Touch()
				rings[leg].Frame(f)
				if i%16 == 15 {
					time.Sleep(10 * time.Microsecond)
				}
			}
		})
	}
	done := make(chan bool)
	go func() { wg.Wait(); close(done) }()
	var got, last [legs]int
	for ended := false; ; {
		for leg := range rings {
			for f, ok := rings[leg].next(); ok; f, ok = rings[leg].next() {
				if f.Payload[0] != byte(leg) || f.Payload[159] != byte(leg) || got[leg] > 0 && int(f.Seq) <= last[leg] {
					t.Fatalf("leg %d: frame %d after %d says %d", leg, f.Seq, last[leg], f.Payload[0])
				}
				got[leg]++
				last[leg] = int(f.Seq)
			}
		}
		if ended {
			break
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	for leg := range rings {
		if dropped := int(rings[leg].dropped.Load()); got[leg]+dropped != frames {
			t.Errorf("leg %d: %d came out, %d dropped", leg, got[leg], dropped)
		}
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	r := &ring{pool: new(pool)}
	f := packet(0, 0, 3)
	for range 50 {
		r.Frame(f)
		r.next()
	}
	if n := testing.AllocsPerRun(1000, func() { r.Frame(f); r.next() }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkTap(b *testing.B) {
	r := &ring{pool: new(pool)}
	f := packet(0, 0, 3)
	b.ReportAllocs()
	for b.Loop() {
		r.Frame(f)
		r.next()
	}
}

func TestSpread(t *testing.T) {
	for n := range 40 {
		codes := make([]byte, n)
		for i := range codes {
			codes[i] = byte(i + 1)
		}
		for side := range channels {
			out := make([]byte, channels*n)
			if n > 0 {
				spread(out[side:], codes)
			}
			for i, c := range out {
				if i%channels == side && c != byte(i/channels+1) || i%channels != side && c != 0 {
					t.Fatalf("%d codes on side %d: %v", n, side, out)
				}
			}
		}
	}
}

func BenchmarkSpread(b *testing.B) {
	out, codes := make([]byte, 320), make([]byte, 160)
	for b.Loop() {
		spread(out[1:], codes)
	}
}

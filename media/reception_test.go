package media

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestArrivals(t *testing.T) {
	type p struct {
		seq  uint16
		ssrc uint32
		want arrival
	}
	const o, l, n, w = arrivesInOrder, arrivesLate, arrivesAnew, arrivesWild
	for _, c := range []struct {
		name           string
		packets        []p
		received, lost uint64
		late           uint64
		extended       uint32
	}{
		{"in order over the edge", []p{{65534, 1, n}, {65535, 1, o}, {0, 1, o}, {1, 1, o}}, 4, 0, 0, 1<<16 + 1},
		{"one lost", []p{{1, 1, n}, {3, 1, o}}, 2, 1, 0, 3},
		{"one late", []p{{1, 1, n}, {3, 1, o}, {2, 1, l}, {4, 1, o}}, 4, 0, 1, 4},
		{"one doubled hides no more than itself", []p{{1, 1, n}, {2, 1, o}, {2, 1, l}, {5, 1, o}}, 4, 1, 1, 5},
		{"late over the edge", []p{{65535, 1, n}, {1, 1, o}, {0, 1, l}}, 3, 0, 1, 1<<16 + 1},
		{"a far jump needs a second", []p{{1, 1, n}, {2, 1, o}, {40000, 1, w}, {40001, 1, n}, {40002, 1, o}}, 4, 1, 1, 40002},
		{"a stray packet changes nothing", []p{{1, 1, n}, {2, 1, o}, {40000, 1, w}, {3, 1, o}, {40001, 1, w}, {4, 1, o}}, 4, 0, 2, 4},
		{"backwards further than late", []p{{5000, 1, n}, {1000, 1, w}, {1001, 1, n}}, 2, 1, 1, 1001},
		{"another SSRC", []p{{5000, 1, n}, {5001, 1, o}, {7, 2, n}, {8, 2, o}, {10, 2, o}}, 5, 1, 0, 10},
		{"and back", []p{{5000, 1, n}, {7, 2, n}, {5001, 1, n}}, 3, 0, 0, 5001},
	} {
		var r reception
		var got, want []arrival
		for i, p := range c.packets {
			want = append(want, p.want)
			got = append(got, r.packet(int64(i+1)*2e7, header{seq: p.seq, ssrc: p.ssrc, ts: uint32(i) * 160}, 160, true, 1))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if r.received.Load() != c.received || r.lost() != c.lost || r.late.Load() != c.late || r.extended.Load() != c.extended {
			t.Errorf("%s: received %d, lost %d, late %d, extended %d", c.name, r.received.Load(), r.lost(), r.late.Load(), r.extended.Load())
		}
	}
}

// Loss and reorder by seed: what is counted must be what was done.
func TestLossAndReorderBySeed(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 7))
		var rec reception
		var arriving []header
		h := header{seq: uint16(r.Uint32()), ts: r.Uint32(), ssrc: r.Uint32()}
		first := h.seq
		const n = 100000
		lost := uint64(0)
		for i := range n {
			if i == 0 || i == n-1 || r.IntN(20) > 0 {
				arriving = append(arriving, h)
			} else {
				lost++
			}
			h.seq++
			h.ts += 160
		}
		late := uint64(0)
		for i := 1; i+2 < len(arriving); i++ {
			if r.IntN(30) == 0 { // overtaken by the next
				arriving[i], arriving[i+1] = arriving[i+1], arriving[i]
				late++
				i += 2
			}
		}
		for i, h := range arriving {
			if rec.packet(int64(i+1)*2e7, h, 160, true, 1) == arrivesWild {
				t.Fatalf("seed %d: packet %d is wild", seed, i)
			}
		}
		if rec.lost() != lost || rec.late.Load() != late || rec.received.Load() != uint64(len(arriving)) {
			t.Errorf("seed %d: lost %d, want %d; late %d, want %d", seed, rec.lost(), lost, rec.late.Load(), late)
		}
		if want := uint32(first) + n - 1; rec.extended.Load() != want {
			t.Errorf("seed %d: extended %d, want %d", seed, rec.extended.Load(), want)
		}
	}
}

// The integer arithmetic of RFC 3550 A.8 against its definition in 6.4.1.
func TestJitterEqualsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var rec reception
	want, last := 0.0, 0.0
	h := header{ts: math.MaxUint32 - 4000} // runs over
	for i := range 5000 {
		delay := 1e7 + 3e6*r.NormFloat64()
		at := int64(float64(i)*2e7 + max(delay, 0))
		rec.packet(at, h, 160, true, 1)
		if i > 0 {
			want += (math.Abs(max(delay, 0)-last) - want) / 16
		}
		last = max(delay, 0)
		h.seq++
		h.ts += 160
		// events and comfort noise say nothing about jitter: their timestamps stand still
		rec.packet(at, header{seq: h.seq, ts: h.ts - 8000}, 4, false, 1)
		h.seq++
	}
	if got := float64(rec.jitterTime()); math.Abs(got-want) > 5e5 {
		t.Errorf("jitter %.2f ms, want %.2f ms", got/1e6, want/1e6)
	}
}

func TestTimestampJumpIsANewBeginning(t *testing.T) {
	var rec reception
	h := header{}
	at := int64(0)
	send := func(want arrival) {
		t.Helper()
		if got := rec.packet(at, h, 160, true, 1); got != want {
			t.Errorf("at %v: %d, want %d", time.Duration(at), got, want)
		}
		h.seq++
		h.ts += 160
		at += 2e7
	}
	send(arrivesAnew)
	send(arrivesInOrder)
	h.ts += 5 * SampleRate // a silence of 5 s, and so it was
	at += 5e9
	send(arrivesInOrder)
	at += 9e9 // the network stood still for 9 s: what comes then is late, and in place
	send(arrivesInOrder)
	at += 60e9 // on hold, the clock of the phone stood still
	send(arrivesAnew)
	send(arrivesInOrder)
	h.ts -= 1 << 30
	send(arrivesAnew)
	send(arrivesInOrder)
	if j := rec.jitterTime(); j > 700*time.Millisecond {
		t.Errorf("a jump counts as jitter: %v", j)
	}
}

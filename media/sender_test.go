package media

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Speakers that do not know when their turn ends: whoever is given it, in whatever instant, each number is used once and
// they rise for each speaker.
func TestManySpeakersOneStream(t *testing.T) {
	var s sender
	s.init()
	_, before, _ := unpack(s.state.Load())
	const speakers, most = 4, 1 << 15 // so many that no number comes round again
	turns := make([]turn, speakers)
	used := make([][]header, speakers)
	var left, given atomic.Int64
	left.Store(most)
	var wg sync.WaitGroup
	for i := range turns {
		wg.Go(func() {
			in := header{seq: uint16(i * 1000), ts: uint32(i * 100000)}
			for now := int64(0); left.Load() > 0; now += 2e7 {
				h := in
				ok := false
				if i%2 == 0 {
					ok = s.relay(&turns[i], now, &h, 160, false)
					in.seq++
					in.ts += 160
				} else {
					ok = s.speak(&turns[i], now, &h, 160)
				}
				if !ok {
					runtime.Gosched()
					continue
				}
				used[i] = append(used[i], h)
				left.Add(-1)
				if rand.IntN(8) == 0 { // in the midst of what the others do
					s.turn.Store(&turns[rand.IntN(speakers)])
					given.Add(1)
				}
			}
		})
	}
	s.turn.Store(&turns[0])
	wg.Wait()
	seen := map[uint16]int{}
	total := 0
	for i, list := range used {
		for k, h := range list {
			if other, twice := seen[h.seq]; twice {
				t.Fatalf("number %d was used by %d and %d", h.seq, other, i)
			}
			seen[h.seq] = i
			total++
			if k > 0 && int16(h.seq-list[k-1].seq) <= 0 {
				t.Fatalf("speaker %d: %d after %d", i, h.seq, list[k-1].seq)
			}
			if h.ssrc != s.ssrc {
				t.Fatal("another SSRC")
			}
		}
	}
	if _, last, _ := unpack(s.state.Load()); int(last-before) != total {
		t.Errorf("%d packets, numbers went on by %d", total, last-before)
	}
	t.Logf("%d packets, turn given %d times", total, given.Load())
}

func TestRelayDropsWhatIsOlderThanItsBeginning(t *testing.T) {
	var s sender
	s.init()
	var a, b turn
	s.turn.Store(&a)
	h := header{}
	for range 5 {
		s.speak(&a, 0, &h, 160)
	}
	last := h.seq
	s.turn.Store(&b)
	relay := func(seq uint16, late bool) (uint16, bool) {
		h := header{seq: seq, ts: uint32(seq) * 160}
		ok := s.relay(&b, 2e7, &h, 160, late)
		return h.seq - last, ok
	}
	if _, ok := relay(98, true); ok {
		t.Error("begun with a late packet")
	}
	for _, c := range []struct {
		seq  uint16
		late bool
		want uint16
		ok   bool
	}{{100, false, 1, true}, {99, true, 0, false}, {102, false, 3, true}, {101, true, 2, true}, {103, false, 4, true}} {
		if got, ok := relay(c.seq, c.late); ok != c.ok || ok && got != c.want {
			t.Errorf("%d: %d %v, want %d %v", c.seq, got, ok, c.want, c.ok)
		}
	}
	if _, now, _ := unpack(s.state.Load()); now-last != 4 {
		t.Errorf("the stream is at %d", now-last)
	}
}

// A phone whose clock is fast runs ahead of ours; a Play after it must not go back, and the next silence is as long as it
// was again.
func TestStreamNeverGoesBack(t *testing.T) {
	var s sender
	s.init()
	var relay, play turn
	s.turn.Store(&relay)
	h := header{}
	for i := range 50 {
		h = header{seq: uint16(i), ts: uint32(i) * 200} // a quarter too fast
		s.relay(&relay, int64(i)*2e7, &h, 160, false)
	}
	end := h.ts
	s.turn.Store(&play)
	s.speak(&play, 50*2e7, &h, 160)
	if h.ts-end != 160 || !h.marker {
		t.Errorf("%d samples on, %+v", h.ts-end, h)
	}
	end = h.ts
	play.anew = true
	s.speak(&play, 51*2e7+1e9, &h, 160)
	if h.ts-end != 160+8000 {
		t.Errorf("a second later the stream is %d samples on", h.ts-end)
	}
}

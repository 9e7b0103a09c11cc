package recorder

import (
	"math/rand/v2"
	"testing"
	"time"

	"hotline/media"
)

// TestTrackStaysAligned: whatever a phone does to its stream within the rules (10 to 60 ms a packet, changed on the way, another SSRC with
// other numbers, comfort noise in the place of sound, all with jitter), no packet is put more than 40 ms from where it was spoken. One whose
// clock is 200 ppm fast or slow is brought back again and again, so that an hour is an hour to 0.01 % (reliability.md §4, 59 and 60).
func TestTrackStaysAligned(t *testing.T) {
	for _, c := range []struct {
		name  string
		long  time.Duration
		ppm   float64
		ptime func(at time.Duration) int // ms
		turn  time.Duration              // another SSRC each; 0: never
		quiet bool                       // every other 5 s nothing comes but a packet of noise each 200 ms
		most  int                        // ms beside its place
	}{
		{"10 ms", time.Minute, 0, func(time.Duration) int { return 10 }, 0, false, 40},
		{"60 ms", time.Minute, 0, func(time.Duration) int { return 60 }, 0, false, 40},
		{"lengths change", 2 * time.Minute, 0, func(at time.Duration) int { return []int{10, 20, 30, 40, 60}[int(at/(7*time.Second))%5] }, 0, false, 40},
		{"SSRC changes", time.Minute, 0, func(time.Duration) int { return 20 }, 3 * time.Second, false, 40},
		{"noise", 2 * time.Minute, 0, func(time.Duration) int { return 20 }, 0, true, 40},
		{"fast for an hour", time.Hour, 200, func(time.Duration) int { return 20 }, 0, false, 250},
		{"slow for an hour", time.Hour, -200, func(time.Duration) int { return 20 }, 0, false, 75},
	} {
		r := rand.New(rand.NewPCG(59, 60))
		tr := &track{}
		seq, ts, ssrc := uint16(r.Uint32()), r.Uint32(), r.Uint32()
		worst, last := time.Duration(0), time.Duration(0)
		turned, marker := time.Duration(0), true
		late := int64(0) // a network hands packets on in their order
		for at := time.Duration(0); at < c.long; {
			ms := c.ptime(at)
			noise := c.quiet && int(at/(5*time.Second))%2 == 1
			if noise {
				ms = 200
			}
			if c.turn > 0 && at-turned >= c.turn {
				turned, seq, ts, ssrc, marker = at, uint16(r.Uint32()), r.Uint32(), r.Uint32(), true
			}
			f := media.Frame{Seq: seq, Timestamp: ts, SSRC: ssrc, Marker: marker, Payload: make([]byte, ms*8)}
			if noise {
				f.Payload = nil
			}
			late = max(late-int64(ms)*1e6, int64(r.IntN(15))*1e6)
			f.At = int64(at) + late
			marker = noise
			if pos, _ := tr.place(f, 0); !noise && at > time.Second {
				off := time.Duration(pos)*time.Second/rate - at
				worst, last = max(worst, off.Abs()), off
			}
			seq++
			ts += uint32(ms * 8)
			at += time.Duration(float64(ms) * 1e6 / (1 + c.ppm/1e6)) // by a true clock
		}
		t.Logf("%s: %v at most, %v at the end", c.name, worst, last)
		if worst > time.Duration(c.most)*time.Millisecond {
			t.Errorf("%s: %v beside its place", c.name, worst)
		}
	}
}

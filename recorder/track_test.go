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
		give int64 // tolerance, ms
	}{
		{"steady", stream(100, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), 1980, 0},
		{"jitter of 50 ms does not move it", stream(101, func(i int) p { return p{int64(i)*20 + int64(i%2)*50, uint32(i) * 160, 1, false} }), 2000, 0},
		{"the stamp wraps", stream(100, func(i int) p { return p{int64(i) * 20, 0xFFFFFF00 + uint32(i)*160, 1, false} }), 1980, 0},
		{"new SSRC", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1500, 77, 2, false}), 1500, 0},
		{"the clock stood still over a hold of 5 s", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{6000, 50 * 160, 1, false}), 6000, 0},
		{"it stood still for 300 ms, a talk spurt tells", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1300, 50 * 160, 1, true}), 1300, 0},
		{"a burst after a stall of 300 ms keeps its place", append(stream(50, func(i int) p { return p{int64(i) * 20, uint32(i) * 160, 1, false} }), p{1300, 50 * 160, 1, false}), 1000, 0},
		{"100 ms off for ever is believed after a second", stream(160, func(i int) p {
			at := int64(i) * 20
			if i >= 100 {
				at += 100
			}
			return p{at, uint32(i) * 160, 1, false}
		}), 159*20 + 100, 0},
		{"the first packet came 150 ms late: the others are early for ever", append([]p{{150, 0, 1, false}}, stream(200, func(i int) p { return p{int64(i+1) * 20, uint32(i+1) * 160, 1, false} })...), 4000 + 150, 0},
		{"300 ms early for ever is not believed for long", append([]p{{300, 0, 1, false}}, stream(200, func(i int) p { return p{int64(i+1) * 20, uint32(i+1) * 160, 1, false} })...), 4000, 0},
		{"a clock that leaps ahead by 1.9 s is put where it is heard", stream(60, func(i int) p {
			ts := uint32(i) * 160
			if i >= 50 {
				ts += 1900 * 8
			}
			return p{int64(i) * 20, ts, 1, false}
		}), 1180, 0},
		{"a clock that runs fast by 1 % is brought back", stream(6000, func(i int) p { return p{int64(i) * 20, uint32(i) * 161, 1, false} }), 119980, 220},
	} {
		tr := &track{}
		var pos, ahead int64
		for i, x := range c.in {
			f := media.Frame{At: x.atMS * int64(time.Millisecond), Seq: uint16(i), Timestamp: x.ts, SSRC: x.ssrc, Marker: x.marker, Payload: make([]byte, 160)}
			pos, _ = tr.place(f, 0)
			ahead = max(ahead, pos-x.atMS*rate/1000)
		}
		if got := pos * 1000 / rate; got < c.want-c.give || got > c.want+c.give {
			t.Errorf("%s: %d ms, want %d", c.name, got, c.want)
		}
		if ahead > aheadAtOnce {
			t.Errorf("%s: a frame was put %d ms ahead of its arrival", c.name, ahead*1000/rate)
		}
	}
}

// TestKeysAreNoLoss: a packet without samples says that its number was used for something else.
func TestKeysAreNoLoss(t *testing.T) {
	tr := &track{}
	at := func(i int, n int) (lost int64) {
		_, lost = tr.place(media.Frame{At: int64(i) * 20e6, Seq: uint16(i), Timestamp: uint32(i) * 160, SSRC: 1, Payload: make([]byte, n)}, 0)
		return lost
	}
	for i := range 5 {
		at(i, 160)
	}
	for i := 5; i < 13; i++ {
		at(i, 0)
	}
	if lost := at(13, 160); lost != 0 {
		t.Errorf("%d samples lost in a key", lost)
	}
	if lost := at(15, 160); lost != 160 {
		t.Errorf("%d samples lost with a packet", lost)
	}
}

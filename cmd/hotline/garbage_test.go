package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGarbagePercent(t *testing.T) {
	const room = 256 << 20
	for live := uint64(1); live < 1<<40; live += live/7 + 1 {
		percent := garbagePercent(live, room)
		garbage := uint64(float64(live) * float64(percent) / 100)
		if percent < 100 {
			t.Fatalf("%d in use: %d %%, below Go's own pace", live, percent)
		}
		if live < room && garbage > room {
			t.Errorf("%d in use: %d %% lets %d of garbage gather, more than the room", live, percent, garbage)
		}
		if live > 4<<20 && live < room/2 && garbage < room*8/10 {
			t.Errorf("%d in use: %d %% lets only %d of garbage gather", live, percent, garbage)
		}
		if live >= room && percent != 100 {
			t.Errorf("%d in use, more than the room: %d %%, want Go's own pace", live, percent)
		}
	}
	if p := garbagePercent(0, room); p < 5000 || p > 6400 {
		t.Errorf("nothing in use: %d %%", p)
	}
}

// There is room for what eight seconds make, within bounds, if calls made it.
func TestGarbageRoom(t *testing.T) {
	p := garbagePace{least: garbageLeast, most: garbageMost}
	for _, c := range []struct {
		made, calls uint64
		in          time.Duration
		room        uint64
	}{
		{0, 0, time.Minute, garbageLeast},
		{100 << 20, 800, 2 * time.Minute, garbageLeast},
		{100 << 20, 800, 8 * time.Second, 100 << 20},
		{100 << 20, 800, 4 * time.Second, 200 << 20},
		{1 << 30, 8000, time.Second, garbageMost},
		{1 << 30, 8000, 0, garbageMost},
		{100 << 20, 800, 0, 200 << 20}, // a burst
		{25 << 20, 100, 250 * time.Millisecond, garbageLeast},
		{1 << 30, 0, time.Second, garbageLeast},       // strangers
		{1 << 30, 800, 8 * time.Second, garbageLeast}, // strangers, and as many calls as a carrier may
	} {
		if got := p.room(c.made, c.calls, c.in); got != c.room {
			t.Errorf("%d MiB and %d calls in %v: room for %d, want %d", c.made>>20, c.calls, c.in, got, c.room)
		}
	}
}

// The pace follows what is in use: what each collection finds sets it anew, and nothing else does.
func TestGarbagePaceFollows(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	p := &garbagePace{least: 1 << 30, most: 1 << 30, calls: func() uint64 { return 0 }} // much more than the tests before may have left
	after := func() int {
		runtime.GC()
		p.adjust()
		return p.now
	}
	small := after()
	held := make([][]byte, 256)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	big := after()
	runtime.KeepAlive(held)
	if small <= 400 || big >= small/2 || big < 100 {
		t.Errorf("%d %%, and with 256 MiB in use %d %%", small, big)
	}
	if got := debug.SetGCPercent(100); got != big {
		t.Errorf("%d %% in force, not %d", got, big)
	}
}

// One pace follows the other as the engine is up; what has ended sets nothing any more.
func TestGarbagePaceEnds(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	stop := paceGarbage(4<<30, 4<<30, func() uint64 { return 0 })
	if p := debug.SetGCPercent(300); p <= 300 {
		t.Errorf("%d %%, with room for 4 GiB", p)
	}
	stop()
	stop()
	if p := debug.SetGCPercent(100); p != 100 {
		t.Errorf("after stop: %d %%", p)
	}
}

// An operator's own GOGC is left alone.
func TestGarbagePaceLeavesGOGC(t *testing.T) {
	t.Setenv("GOGC", "70")
	before := debug.SetGCPercent(70)
	defer debug.SetGCPercent(before)
	paceGarbage(64<<20, 64<<20, func() uint64 { return 0 })()
	if p := debug.SetGCPercent(70); p != 70 {
		t.Errorf("GOGC=70 became %d", p)
	}
}

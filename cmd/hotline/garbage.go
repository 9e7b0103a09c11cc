package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// garbageRoom is how much garbage, in bytes, may gather before it is collected, however little is in use. While garbage is
// collected the calls have half of a processor less; a small heap at Go's own pace is collected several times a second at
// two hundred set-ups a second, and each time what a caller waits for waits with it.
const garbageRoom = 256 << 20

// garbagePace keeps the collector's pace: garbageRoom, or as much as is in use where that is more, which is Go's own pace. It is
// told of each collection by a finalizer: nothing looks in between.
type garbagePace struct {
	room    uint64
	stopped atomic.Bool
	now     int // percent in force; owned by the finalizers' goroutine after start
}

// paceGarbage begins, unless the operator has set GOGC. The pace is Go's own again after stop.
func paceGarbage(room uint64) (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	p := &garbagePace{room: room}
	p.adjust()
	p.watch()
	return func() {
		p.stopped.Store(true)
		debug.SetGCPercent(100)
	}
}

// watch has adjust called after the next collection, which finds that nobody holds the mark.
func (p *garbagePace) watch() {
	type mark struct{ _ [16]byte } // not so small that it shares a block with what lives on
	m := new(mark)
	runtime.SetFinalizer(m, func(*mark) {
		if p.stopped.Load() {
			return
		}
		p.adjust()
		p.watch()
	})
}

// adjust sets the percentage that leaves the room above what the last collection found in use.
func (p *garbagePace) adjust() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := garbagePercent(live[0].Value.Uint64(), p.room)
	if percent != p.now { // setting it stops everything for a moment
		p.now = percent
		debug.SetGCPercent(percent)
	}
}

// garbagePercent is the percentage of what is in use that may gather as garbage: room, but no less than Go's own 100. It goes in
// steps of a tenth and more, so that a heap that grows a little changes nothing.
func garbagePercent(live, room uint64) int {
	const least = 4 << 20 // in use: Go's own, at 100 %, for the first collection
	live = max(live, least)
	percent := float64(room) / float64(live) * 100
	if percent <= 100 {
		return 100
	}
	return max(100, int(math.Pow(1.1, math.Floor(math.Log(percent)/math.Log(1.1)))))
}

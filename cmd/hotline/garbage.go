package main

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How much garbage, in bytes, may gather before it is collected, however little is in use. While garbage is collected the calls have
// half of a processor less; a small heap at Go's own pace is collected several times a second at two hundred set-ups a second, and
// each time what a caller waits for waits with it. So there is room for what is made in garbageEvery, at the pace at which it was
// made since the last collection: much where calls come and go by the hundred, little where they talk. There is no more than the least
// where it is not calls that make most of it: what is sent by the hundred thousand to hurt is garbage too, and memory is not for that.
const (
	garbageLeast = 64 << 20
	garbageMost  = 256 << 20
	garbageCall  = 256 << 10 // twice what a short call makes
	garbageEvery = 8 * time.Second
)

// garbageLook is how often the pace is set anew if garbage was collected in between. A finalizer would tell of each collection at once,
// but not of one that was under way when it was set; and while somebody signs in there are 64 MiB more in use, by which the
// percentage of before would let gather five times its room.
const garbageLook = 250 * time.Millisecond

// garbagePace keeps the collector's pace: room for garbage, or as much as is in use where that is more, which is Go's own pace.
type garbagePace struct {
	least, most uint64        // room
	calls       func() uint64 // begun so far

	now    int       // percent in force
	cycles uint64    // collections so far
	at     time.Time // when the pace was last set; zero: never
	alloc  uint64    // bytes allocated up to then
	begun  uint64    // calls begun up to then
}

// paceGarbage begins, with the least room, unless the operator has set GOGC. The pace is Go's own again after stop.
func paceGarbage(least, most uint64, calls func() uint64) (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	p := &garbagePace{least: least, most: most, calls: calls}
	p.adjust()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		p.keep(quit)
	}()
	return sync.OnceFunc(func() {
		close(quit)
		<-done
		debug.SetGCPercent(100)
	})
}

// keep adjusts after collections until quit.
func (p *garbagePace) keep(quit <-chan struct{}) {
	tick := time.NewTicker(garbageLook)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			p.adjust()
		}
	}
}

// adjust sets the percentage that leaves the room above what the last collection found in use, if there was one since it was last set.
func (p *garbagePace) adjust() {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(heap)
	cycles := heap[2].Value.Uint64()
	if cycles == p.cycles && !p.at.IsZero() {
		return
	}
	p.cycles = cycles
	now, alloc, begun := time.Now(), heap[1].Value.Uint64(), p.calls()
	room := p.least
	if !p.at.IsZero() {
		room = p.room(alloc-p.alloc, begun-p.begun, now.Sub(p.at))
	}
	p.at, p.alloc, p.begun = now, alloc, begun
	percent := garbagePercent(heap[0].Value.Uint64(), room)
	if percent != p.now { // setting it stops everything for a moment
		p.now = percent
		debug.SetGCPercent(percent)
	}
}

// room is that for so many bytes made, and calls begun, in that time. A burst is no pace: it counts as if it had taken half of
// garbageEvery, so that the room at most doubles from one collection to the next.
func (p *garbagePace) room(made, calls uint64, in time.Duration) uint64 {
	if made > calls*garbageCall {
		return p.least
	}
	pace := float64(made) / max(in, garbageEvery/2).Seconds()
	return uint64(min(max(pace*garbageEvery.Seconds(), float64(p.least)), float64(p.most)))
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

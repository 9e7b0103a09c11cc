//go:build linux && (amd64 || arm64)

package media

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

func TestLoopsFillOneAfterAnother(t *testing.T) {
	n := newNetwork(Config{Logger: slog.New(slog.DiscardHandler), Loops: 3}).(*loops)
	defer n.wait()
	var ports []port
	for range 2*fullLoop + 10 {
		p, err := n.listen(netip.AddrPortFrom(local(), 0))
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, p)
	}
	for i, want := range []int32{fullLoop, fullLoop, 10} {
		if held := n.each[i].held.Load(); held != want {
			t.Errorf("loop %d holds %d ports, want %d", i, held, want)
		}
	}
	for _, p := range ports {
		if p.close() != nil || p.close() == nil {
			t.Fatal("closing")
		}
	}
	for i, l := range n.each {
		if held := l.held.Load(); held != 0 {
			t.Errorf("loop %d holds %d ports, none is open", i, held)
		}
	}
}

// A loop gathers packets from two a millisecond on, and forgets its pace when nothing comes.
func TestPace(t *testing.T) {
	var p pace
	now := int64(time.Second)
	pass := func(every time.Duration, packets, times int) {
		for range times {
			now += int64(every)
			p.saw(now, packets, false)
		}
	}
	for _, step := range []struct {
		every         time.Duration
		packets       int
		times         int
		dense, lively bool
	}{
		{20 * time.Millisecond, 1, 10, false, true},
		{time.Millisecond, 1, 100, false, true},
		{100 * time.Microsecond, 1, 200, true, true}, // 100 calls
		{time.Millisecond, 10, 200, true, true},      // the same, gathered
		{100 * time.Millisecond, 0, 1, false, false},
	} {
		pass(step.every, step.packets, step.times)
		if p.dense() != step.dense || p.lively() != step.lively {
			t.Errorf("%d packets every %v: dense %v, lively %v (%.3f a ms)", step.packets, step.every, p.dense(), p.lively(), p.per)
		}
	}
	for _, c := range []struct {
		calls  int
		gather time.Duration
	}{{20, 1500 * time.Microsecond}, {100, 1500 * time.Microsecond}, {140, 1142857}, {200, time.Millisecond}, {1000, time.Millisecond}} {
		p = pace{at: now}
		pass(time.Millisecond, c.calls/10, 500)
		if got := time.Duration(p.gather()); got < c.gather-time.Microsecond || got > c.gather+time.Microsecond {
			t.Errorf("%d calls: a look every %v, want %v", c.calls, got, c.gather)
		}
	}
}

// Where packets come in bursts, the sleeps after them gather nothing: they become rare, and as frequent as before when they pay again.
func TestPaceOfBursts(t *testing.T) {
	var p pace
	sleeps := func(looks, found int) (n int) {
		for now := range looks {
			pays := p.pays()
			if pays {
				n++
			}
			p.saw(int64(now), found, pays)
		}
		return n
	}
	for _, step := range []struct{ looks, found, least, most int }{{100, 10, 100, 100}, {1700, 0, 100, 110}, {117, 10, 100, 117}} {
		if n := sleeps(step.looks, step.found); n < step.least || n > step.most {
			t.Errorf("%d looks that find %d: %d sleeps, want %d to %d", step.looks, step.found, n, step.least, step.most)
		}
	}
}

// An event of a port that is closed reaches nobody, although its slot has a new holder.
func TestStaleEventsReachNobody(t *testing.T) {
	var table slotTable
	var first, second loopPort
	table.add(&first)
	slot, turn := first.slot, first.turn
	if table.get(slot, turn) != &first || table.get(slot+1000, turn) != nil || table.get(-1, 0) != nil {
		t.Error("slots")
	}
	table.remove(&first)
	table.add(&second)
	if second.slot != slot || table.get(slot, turn) != nil || table.get(slot, second.turn) != &second {
		t.Errorf("slot %d turn %d after %d, %d", second.slot, second.turn, slot, turn)
	}
}

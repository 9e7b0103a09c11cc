package media

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A range of 20 ports and 30 calls (reliability test 57).
func TestPortsAreExhaustedAndDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Low: 20000, High: 20019})
		var legs []*Leg
		seen := map[int]bool{}
		for range 10 {
			l, err := b.engine.NewLeg(local(), &heard{})
			if err != nil {
				t.Fatal(err)
			}
			p := l.LocalPort()
			if p%2 != 0 || p < 20000 || p > 20018 || seen[p] || l.pair.rtcp.local().Port() != uint16(p+1) {
				t.Errorf("port %d", p)
			}
			seen[p] = true
			legs = append(legs, l)
		}
		none := func() {
			t.Helper()
			for range 20 {
				if _, err := b.engine.NewLeg(local(), &heard{}); !errors.Is(err, ErrNoPorts) {
					t.Fatalf("an eleventh leg: %v", err)
				}
			}
		}
		none()
		port := legs[3].LocalPort()
		legs[3].Close()
		legs[3].Close()
		none()
		if free, draining, total := b.engine.Ports(); free != 0 || draining != 1 || total != 10 {
			t.Errorf("%d free, %d draining of %d", free, draining, total)
		}
		time.Sleep(29 * time.Second)
		// still read into nothing, whatever comes and goes on coming
		b.wire.deliver(netip.MustParseAddrPort("127.0.0.1:6000"), netip.AddrPortFrom(local(), uint16(port)), rtp(header{payload: 8}, fill(1, 160)))
		if legs[3].Stats().Received != 0 {
			t.Error("a closed leg heard something")
		}
		none()
		time.Sleep(2 * time.Second)
		l, err := b.engine.NewLeg(local(), &heard{})
		if err != nil || l.LocalPort() != port {
			t.Fatalf("after draining: %v", err)
		}
		none()
		for _, l := range append(legs, l) {
			l.Close()
		}
		time.Sleep(31 * time.Second)
		if free, draining, total := b.engine.Ports(); free != 10 || draining != 0 || total != 10 || len(b.wire.ports) != 0 {
			t.Errorf("%d free, %d draining of %d, %d sockets", free, draining, total, len(b.wire.ports))
		}
		b.engine.Close()
		if _, err := b.engine.NewLeg(local(), &heard{}); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// TestManyDrainsAreCutShort: a range full of drains does not refuse calls: the quiet pair given back first is lent again.
// Those given back last, and those that still hear something, are not.
func TestManyDrainsAreCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Low: 20000, High: 20000 + 2*sureDrains + 9}) // five pairs more
		var legs []*Leg
		for range sureDrains + 5 {
			l, err := b.engine.NewLeg(local(), &heard{})
			if err != nil {
				t.Fatal(err)
			}
			legs = append(legs, l)
		}
		for _, l := range legs {
			l.Close()
			time.Sleep(time.Millisecond)
		}
		b.wire.deliver(netip.MustParseAddrPort("127.0.0.1:6000"), netip.AddrPortFrom(local(), uint16(legs[1].LocalPort())), rtp(header{payload: 8}, fill(1, 160)))
		synctest.Wait()
		for _, old := range []int{0, 2, 3, 4} {
			l, err := b.engine.NewLeg(local(), &heard{})
			if err != nil || l.LocalPort() != legs[old].LocalPort() {
				t.Fatalf("in place of %d (port %d): %v, %v", old, legs[old].LocalPort(), l, err)
			}
		}
		if _, err := b.engine.NewLeg(local(), &heard{}); !errors.Is(err, ErrNoPorts) {
			t.Errorf("%v", err)
		}
		time.Sleep(31 * time.Second)
		if free, draining, total := b.engine.Ports(); free != sureDrains+1 || draining != 0 || total != sureDrains+5 {
			t.Errorf("%d free, %d draining of %d", free, draining, total)
		}
	})
}

func TestPortsHeldByOthersArePassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Low: 19999, High: 20010}) // five pairs: 20000 to 20009
		for _, p := range []uint16{20000, 20003, 20004} {
			b.wire.taken[p] = true
		}
		var got []int
		for range 2 {
			l, err := b.engine.NewLeg(local(), &heard{})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, l.LocalPort())
		}
		slices.Sort(got)
		if !slices.Equal(got, []int{20006, 20008}) {
			t.Errorf("took %v", got)
		}
		if _, err := b.engine.NewLeg(local(), &heard{}); !errors.Is(err, ErrNoPorts) {
			t.Errorf("%v", err)
		}
		if free, _, _ := b.engine.Ports(); free != 3 || len(b.wire.ports) != 4 {
			t.Errorf("%d free, %d sockets", free, len(b.wire.ports))
		}
		clear(b.wire.taken)
		if _, err := b.engine.NewLeg(local(), &heard{}); err != nil {
			t.Errorf("after the other left: %v", err)
		}
	})
}

func TestPortRangeIsChecked(t *testing.T) {
	for _, c := range []struct {
		low, high uint16
		total     int
	}{{0, 0, 0}, {20000, 20001, 1}, {20001, 20003, 1}, {20001, 20002, -1}, {20000, 20000, -1}, {20010, 20000, -1}, {0, 20000, -1}, {20000, 65535, 22768}} {
		r, err := newPortRange(newWire(), c.low, c.high)
		switch {
		case c.total < 0:
			if !errors.Is(err, ErrNoPorts) {
				t.Errorf("%d-%d: %v", c.low, c.high, err)
			}
		case err != nil || r.total != c.total:
			t.Errorf("%d-%d: %v, %+v", c.low, c.high, err, r)
		}
	}
	if _, err := New(Config{Drain: -1}); err == nil {
		t.Error("a negative Drain")
	}
}

func TestPortsAreTakenAtRandom(t *testing.T) {
	r, err := newPortRange(newWire(), 20000, 29999)
	if err != nil {
		t.Fatal(err)
	}
	near := 0
	last := 0
	for i := range 200 {
		p, err := r.take(local())
		if err != nil {
			t.Fatal(err)
		}
		if d := int(p.number) - last; i > 0 && abs(d) < 100 {
			near++
		}
		last = int(p.number)
	}
	if near > 20 { // of 200, about 4 by chance
		t.Errorf("%d of 200 ports stand beside the one before", near)
	}
}

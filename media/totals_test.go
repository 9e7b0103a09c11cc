package media

import "testing"

// TestTotalsNeverFall: a packet that comes late makes a lost one fewer, and what a leg had counts on after its end; a
// counter that falls would be taken for one that began anew.
func TestTotalsNeverFall(t *testing.T) {
	e := &Engine{legs: map[*Leg]struct{}{}}
	one, two := &Leg{engine: e}, &Leg{engine: e}
	e.legs[one], e.legs[two] = struct{}{}, struct{}{}
	one.in.reception.expected.Store(10)
	one.in.reception.received.Store(7)
	two.in.reception.received.Store(5)
	if got := e.Totals(); got.Lost != 3 || got.Received != 12 {
		t.Errorf("%+v", got)
	}
	one.in.reception.received.Store(8)
	if got := e.Totals(); got.Lost != 3 || got.Received != 13 {
		t.Errorf("after a late packet %+v", got)
	}
	e.remove(one)
	e.remove(one)
	if got := e.Totals(); got.Lost != 3 || got.Received != 13 || e.Legs() != 1 {
		t.Errorf("after the leg's end %+v", got)
	}
	one.in.reception.received.Store(9) // one that was under way: nobody counts it any more
	two.in.reception.received.Store(6)
	if got := e.Totals(); got.Received != 14 {
		t.Errorf("%+v", got)
	}
}

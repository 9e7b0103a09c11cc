package call

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// TestDepth: what waits is counted over all calls, and its age is that of the oldest that nobody has taken.
func TestDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &worker{box: newInbox(10)}, &worker{box: newInbox(10)}
		h := &Hub{open: map[hotline.CallID]*worker{"a": a, "b": b}}
		if d := h.Depth(); d != (Depth{}) {
			t.Errorf("%+v", d)
		}
		a.box.put(Tick{})
		time.Sleep(2 * time.Second)
		a.box.put(Tick{})
		b.box.put(Tick{})
		time.Sleep(time.Second)
		if d := h.Depth(); d != (Depth{Inputs: 3, Deepest: 2, Longest: 3 * time.Second}) {
			t.Errorf("%+v", d)
		}
		a.box.take()
		if d := h.Depth(); d != (Depth{Inputs: 1, Deepest: 1, Longest: time.Second}) {
			t.Errorf("after the oldest was taken %+v", d)
		}
	})
}

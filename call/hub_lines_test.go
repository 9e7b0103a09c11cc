package call_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// TestHubBoundsLines: a phone that calls again and again while its agent speaks is refused, and the call holds so many of its
// calls and no more.
func TestHubBoundsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.ring("95502")
		time.Sleep(21 * time.Second)
		for range 150 {
			h.fake.Call(hotline.Incoming{To: "8001", Agent: "8001"}, nil, nil)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if n := strings.Count(strings.Join(h.kinds(l.Call()), " "), "leg_moved"); n != 100 {
			t.Errorf("%d calls were taken into it", n)
		}
		if n := h.fake.Open(); n != 2 {
			t.Errorf("%d lines are open", n)
		}
		l.Hangup()
		time.Sleep(time.Second)
		if h.hub.Count() != 0 || h.fake.Open() != 0 {
			t.Errorf("left over: %d calls, %d lines", h.hub.Count(), h.fake.Open())
		}
	})
}

// TestHubReplacesNothing: a call that is to take the place of one that has ended is refused, and is none of the agent's codes.
func TestHubReplacesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.fake.Call(hotline.Incoming{To: "*3", Agent: "8001", Replaces: "gone-1"}, nil, nil)
		time.Sleep(time.Second)
		if got := h.kinds(l.Call()); len(got) != 0 || h.hub.Count() != 0 || h.fake.Open() != 0 {
			t.Errorf("facts %v, %d calls, %d lines", got, h.hub.Count(), h.fake.Open())
		}
	})
}

package main

import (
	"sync/atomic"
	"time"
)

// clockSlack is how far the machine's clock may be from the engine's before it is a step and not a correction.
const clockSlack = time.Second

// clock is the time of queues, calls and figures: that of the machine when it was set, and since then what has really gone by. A machine's
// clock that is put forward or back an hour in the middle of the day must not end the ringing of every phone, overflow every queue or leave
// every agent in after-call work. What Now returns can be compared with what time.Now returned before and after a step. Safe for use by
// several goroutines.
type clock struct {
	wall func() time.Time // the machine's
	set  atomic.Pointer[clockSet]
}

// clockSet is one moment on both clocks.
type clockSet struct{ says, began time.Time }

// newClock goes by the machine's clock as it is now; wall is time.Now but in tests.
func newClock(wall func() time.Time) *clock {
	c := &clock{wall: wall}
	c.follow()
	return c
}

// Now is the engine's time; without a clock it is the machine's.
func (c *clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
	s := c.set.Load()
	return s.says.Add(time.Since(s.began))
}

// off is by how much the machine's clock has been put forward since; negative: back.
func (c *clock) off() time.Duration { return c.wall().Round(0).Sub(c.Now().Round(0)) }

// follow takes over what the machine's clock says.
func (c *clock) follow() {
	says := c.wall()
	c.set.Store(&clockSet{says: says, began: time.Now()})
}

// catchUp takes over what the machine's clock says, off ahead of ours: a small correction at once, a step when nobody is busy. It is when no
// call is up and no agent in after-call work: then no wait, ringing or pause is cut short or drawn out by it. False: not yet.
func (c *clock) catchUp(off time.Duration, busy func() bool) bool {
	switch {
	case off.Abs() < clockSlack/20:
		return true
	case off.Abs() >= clockSlack && busy():
		return false
	}
	c.follow()
	return true
}

package sip

import (
	"sync/atomic"
	"time"
)

// timer runs something once, on a leg's mailbox. One that is stopped lets go of the leg at once: a stopped time.Timer may lie in the
// runtime's heap until its time would have come, and keeps all that its function knows.
type timer struct {
	clock *time.Timer
	due   atomic.Pointer[func()] // nil: stopped, or it has run
}

// after runs f on the leg's mailbox after d.
func (l *leg) after(d time.Duration, f func()) *timer {
	post := func() { l.sw.post(l, f) }
	t := new(timer)
	t.due.Store(&post)
	t.clock = time.AfterFunc(d, t.fire)
	return t
}

func (t *timer) fire() {
	if post := t.due.Swap(nil); post != nil {
		(*post)()
	}
}

// Stop keeps it from running, unless it runs already.
func (t *timer) Stop() {
	t.clock.Stop()
	t.due.Store(nil)
}

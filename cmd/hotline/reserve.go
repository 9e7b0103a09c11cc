package main

import (
	"sync"
	"time"
)

// reserve is a P of the Go scheduler beyond those that work is shared out among. A goroutine in a system call keeps its P until the
// scheduler's monitor comes by, which takes up to 10 ms: on a small machine every call waits that long behind each recording that is
// brought to the disk. Meanwhile the reserve is lent to them. At other times a thread holds it that waits where the scheduler does
// not see it, because a P without work costs: threads look for some. Nobody asking for a while, it is let go: at rest nothing waits.
type reserve struct {
	bell eventfd
	ask  chan struct{} // has one when the last borrower has given it back, and is closed at the end
	done chan struct{} // closed when the holder has ended

	mu     sync.Mutex
	lent   int // borrowers
	held   bool
	closed bool
}

// holdReserve is how long the reserve is held when nobody borrows it: longer than from one lot of recordings to the next, and no
// longer, because whoever holds it is interrupted a hundred times a second by the scheduler's monitor.
const holdReserve = 3 * time.Second

// newReserve begins to keep one; nil where the system has no means for it. GOMAXPROCS must have room for it.
func newReserve() *reserve {
	bell, err := newEventfd()
	if err != nil {
		return nil
	}
	r := &reserve{bell: bell, ask: make(chan struct{}, 1), done: make(chan struct{})}
	go r.run()
	return r
}

// during lends the reserve to all others while work waits for the disk. It may be called from several goroutines at once.
func (r *reserve) during(work func()) {
	if r == nil {
		work()
		return
	}
	r.lend()
	defer r.restore()
	work()
}

func (r *reserve) lend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lent++; r.lent == 1 && r.held {
		r.bell.ring()
	}
}

func (r *reserve) restore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lent--; r.lent > 0 || r.closed {
		return
	}
	select {
	case r.ask <- struct{}{}:
	default: // it knows
	}
}

// close ends the holder. during may be called afterwards all the same.
func (r *reserve) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		r.bell.ring() // before the holder can end and take the bell with it
		close(r.ask)
	}
	r.mu.Unlock()
	<-r.done
}

// run is the holder.
func (r *reserve) run() {
	defer close(r.done)
	defer r.bell.close()
	for range r.ask {
		for until := time.Now().Add(holdReserve); r.wanted(time.Until(until)); {
			r.bell.wait(time.Until(until)) // may end early
		}
	}
}

// wanted says whether the reserve is to be held on for that long.
func (r *reserve) wanted(left time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = r.lent == 0 && !r.closed && left > 0
	return r.held
}

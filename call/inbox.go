package call

import (
	"sync"
	"time"
)

// inbox is the bounded queue before a call's goroutine. Anyone may put; only the call's goroutine takes. An idle inbox
// holds no memory.
type inbox struct {
	bound int
	ready chan struct{} // holds a token while something waits

	mu   sync.Mutex
	wait []Input
	at   time.Time // since when something waits
	over bool      // something did not fit
}

func newInbox(bound int) *inbox {
	return &inbox{bound: bound, ready: make(chan struct{}, 1)}
}

// put adds an input and never blocks. It returns false when the inbox is full: the input is lost, and the call must end.
func (b *inbox) put(in Input) bool {
	b.mu.Lock()
	fits := len(b.wait) < b.bound
	if fits {
		b.add(in)
	} else {
		b.over = true
	}
	b.mu.Unlock()
	b.ring()
	return fits
}

// offer adds an input unless the inbox is half full: what may be lost never fills it.
func (b *inbox) offer(in Input) bool {
	b.mu.Lock()
	fits := len(b.wait) < max(1, b.bound/2)
	if fits {
		b.add(in)
	}
	b.mu.Unlock()
	b.ring()
	return fits
}

// must adds an input whether it fits or not: for the few that end the call.
func (b *inbox) must(in Input) {
	b.mu.Lock()
	b.add(in)
	b.mu.Unlock()
	b.ring()
}

// add notes since when something waits. b.mu is held.
func (b *inbox) add(in Input) {
	if len(b.wait) == 0 {
		b.at = time.Now()
	}
	b.wait = append(b.wait, in)
}

// depth is how many inputs wait, and since when.
func (b *inbox) depth() (n int, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.wait), b.at
}

func (b *inbox) ring() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take empties the inbox. over says that inputs were lost since the last take.
func (b *inbox) take() (ins []Input, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ins, over = b.wait, b.over
	b.wait, b.over = nil, false
	return ins, over
}

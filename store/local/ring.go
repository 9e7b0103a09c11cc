package local

import (
	"sync"

	"hotline"
)

// ring holds the youngest events, decoded once and shared by all tails. It is where events become visible. A tail that
// falls behind it reads the segments, so nobody is waited for and nothing is lost.
type ring struct {
	mu     sync.RWMutex
	events []hotline.Event // the event with number n is at n % len; mu
	first  uint64          // oldest number held; mu
	last   uint64          // youngest number of the log, held or not; mu

	grown broadcast // last has grown
}

func newRing(size int, last uint64) *ring {
	return &ring{events: make([]hotline.Event, size), first: last + 1, last: last}
}

// put shows the events, which follow the last one.
func (r *ring) put(batches []*batch) {
	r.mu.Lock()
	for _, b := range batches {
		for _, ev := range b.events {
			r.last++
			r.events[r.last%uint64(len(r.events))] = ev
		}
	}
	if held := uint64(len(r.events)); r.last-r.first >= held {
		r.first = r.last - held + 1
	}
	r.mu.Unlock()
	r.grown.send()
}

// copy fills dst with the events after the given number. It reports false when they are no longer held.
func (r *ring) copy(after uint64, dst []hotline.Event) (int, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if after+1 < r.first {
		return 0, false
	}
	n := 0
	for seq := after + 1; seq <= r.last && n < len(dst); seq++ {
		dst[n] = r.events[seq%uint64(len(r.events))]
		n++
	}
	return n, true
}

func (r *ring) lastSeq() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.last
}

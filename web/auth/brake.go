package auth

import (
	"sync"
	"time"
)

// Bounds on guessing, within brakeTime: per name and address, and per address. A name alone is never locked: that would
// let anyone lock out anyone.
const (
	perPair   = 10
	perAddr   = 100
	brakeTime = time.Minute
)

type brake struct {
	mu    sync.Mutex // guards tries
	tries map[string]*tries
}

type tries struct {
	n     int
	since time.Time
}

func pair(name, from string) string { return from + "\x00" + name }

// take counts a try before it is made, so that many at once are no way round the bounds.
func (b *brake) take(name, from string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count(pair(name, from), now) >= perPair || b.count(from, now) >= perAddr {
		return false
	}
	for _, key := range []string{pair(name, from), from} {
		t := b.tries[key]
		if t == nil || now.Sub(t.since) > brakeTime {
			t = &tries{since: now}
			b.tries[key] = t
		}
		t.n++
	}
	return true
}

// count is called with mu held.
func (b *brake) count(key string, now time.Time) int {
	t := b.tries[key]
	if t == nil || now.Sub(t.since) > brakeTime {
		return 0
	}
	return t.n
}

// passed takes the try back, and the former failures of that name from there.
func (b *brake) passed(name, from string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tries, pair(name, from))
	if t := b.tries[from]; t != nil && t.n > 0 {
		t.n--
	}
}

func (b *brake) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, t := range b.tries {
		if now.Sub(t.since) > brakeTime {
			delete(b.tries, k)
		}
	}
}

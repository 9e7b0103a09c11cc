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

func (b *brake) allow(name, from string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count(pair(name, from), now) < perPair && b.count(from, now) < perAddr
}

// count is called with mu held.
func (b *brake) count(key string, now time.Time) int {
	t := b.tries[key]
	if t == nil || now.Sub(t.since) > brakeTime {
		return 0
	}
	return t.n
}

func (b *brake) failed(name, from string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range []string{pair(name, from), from} {
		t := b.tries[key]
		if t == nil || now.Sub(t.since) > brakeTime {
			t = &tries{since: now}
			b.tries[key] = t
		}
		t.n++
	}
}

func (b *brake) passed(name, from string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tries, pair(name, from))
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

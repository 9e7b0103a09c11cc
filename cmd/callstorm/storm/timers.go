package storm

import (
	"sync"
	"time"
)

// timers are the things that a storm has put off. Its methods may be called from any goroutine.
type timers struct {
	mu      sync.Mutex // guards live and closed
	live    map[*time.Timer]struct{}
	closed  bool
	running sync.WaitGroup
}

func newTimers() *timers { return &timers{live: map[*time.Timer]struct{}{}} }

// after calls f in a while, on a goroutine of its own, unless stop or close comes first.
func (t *timers) after(d time.Duration, f func()) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return func() {}
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		t.mu.Lock()
		_, wanted := t.live[timer]
		delete(t.live, timer)
		if wanted {
			t.running.Add(1)
		}
		t.mu.Unlock()
		if wanted {
			defer t.running.Done()
			f()
		}
	})
	t.live[timer] = struct{}{}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.live, timer)
		timer.Stop()
	}
}

// close forgets what is put off and waits for what is under way.
func (t *timers) close() {
	t.mu.Lock()
	t.closed = true
	for timer := range t.live {
		timer.Stop()
	}
	clear(t.live)
	t.mu.Unlock()
	t.running.Wait()
}

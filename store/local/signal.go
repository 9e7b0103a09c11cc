package local

import "sync"

// broadcast wakes everyone who waits for something to change. The zero value is ready.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // nil while nobody waits
}

// wait returns a channel that the next send closes. Take it before looking at what may change.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// bell wakes one goroutine, which then looks at everything there is to do.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default: // already ringing
	}
}

package calltest

import (
	"context"
	"iter"
	"slices"
	"sync"

	"hotline"
)

// Log is a hotline.Log in memory. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	events  []hotline.Event
	changed chan struct{} // closed at the next change
	err     error
	closed  bool
}

var _ hotline.Log = (*Log)(nil)

// NewLog makes an empty log.
func NewLog() *Log { return &Log{changed: make(chan struct{})} }

// Append implements hotline.Log.
func (l *Log) Append(evs []hotline.Event) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return 0, hotline.ErrLogClosed
	case l.err != nil:
		return 0, l.err
	}
	for _, ev := range evs {
		ev.Seq = uint64(len(l.events)) + 1
		ev.At = hotline.Millis(ev.At)
		l.events = append(l.events, ev)
	}
	l.tell()
	return uint64(len(l.events)), nil
}

// tell wakes whoever waits for a change. l.mu is held.
func (l *Log) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Durable implements hotline.Log: memory is as durable as it gets.
func (l *Log) Durable(context.Context, uint64) error { return nil }

// Read implements hotline.Log.
func (l *Log) Read(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for _, ev := range l.since(after) {
			if ctx.Err() != nil {
				yield(hotline.Event{}, ctx.Err())
				return
			}
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// Tail implements hotline.Log.
func (l *Log) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for {
			l.mu.Lock()
			changed, closed := l.changed, l.closed
			l.mu.Unlock()
			for _, ev := range l.since(after) {
				after = ev.Seq
				if !yield(ev, nil) {
					return
				}
			}
			if closed {
				yield(hotline.Event{}, hotline.ErrLogClosed)
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(hotline.Event{}, ctx.Err())
				return
			}
		}
	}
}

func (l *Log) since(after uint64) []hotline.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after >= uint64(len(l.events)) {
		return nil
	}
	return l.events[after:len(l.events):len(l.events)]
}

// Events is a copy of all that was appended.
func (l *Log) Events() []hotline.Event { return slices.Clone(l.since(0)) }

// Last is the number of the last event, 0 if there is none.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.events))
}

// Fail makes every Append fail with err, until it is called with nil.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// Close ends every Tail and refuses every Append from now on.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.tell()
	}
}

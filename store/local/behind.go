package local

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// behindPause is how long changes are gathered before they are written together: a kill -9 loses no more than that and
// one transaction, and a thousand calls that change at once cost the disk ten transactions a second. At 150 set-ups a second
// a pause of 20 ms took a tenth of a core.
const behindPause = 100 * time.Millisecond

// Behind writes a bucket behind its callers: Put and Delete return at once, only the last value of a key is written, and
// one that is deleted before it was written never is. What waits is bounded by the number of keys, however slow the disk.
// It keeps track of what is in the bucket by itself, so it must be the bucket's only writer, beginning with it empty.
type Behind struct {
	bucket Bucket
	logger *slog.Logger
	wake   bell

	mu     sync.Mutex
	dirty  map[string][]byte   // nil: to be deleted
	stored map[string]struct{} // keys in the bucket
	spare  [][]byte            // memory of values that are written

	writes, fails atomic.Uint64
}

// Behind returns a writer behind the bucket. Nothing is written until Run.
func (b Bucket) Behind(logger *slog.Logger) *Behind {
	return &Behind{bucket: b, logger: logger, wake: make(bell, 1), dirty: make(map[string][]byte), stored: make(map[string]struct{})}
}

// Put sets the value soon. val is the caller's again on return.
func (w *Behind) Put(key string, val []byte) {
	w.mu.Lock()
	w.dirty[key] = append(w.room(key), val...)
	w.mu.Unlock()
	w.wake.ring()
}

// Bounds of the memory that is kept for the next values: those of a hundred milliseconds of many calls.
const (
	maxSpares = 1024
	maxSpare  = 4096 // bytes of each
)

// room is memory for the key's value: that of the one it replaces, of one that is written, or new. It is never nil. mu is held.
func (w *Behind) room(key string) []byte {
	if b := w.dirty[key]; b != nil {
		return b[:0]
	}
	if n := len(w.spare); n > 0 {
		b := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return b[:0]
	}
	return []byte{}
}

// reuse takes back the memory of values that are written.
func (w *Behind) reuse(written map[string][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range written {
		w.take(b)
	}
}

// take keeps a value's memory for the next. mu is held.
func (w *Behind) take(b []byte) {
	if cap(b) > 0 && cap(b) <= maxSpare && len(w.spare) < maxSpares {
		w.spare = append(w.spare, b)
	}
}

// Delete takes the key away soon.
func (w *Behind) Delete(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.take(w.dirty[key])
	if _, ok := w.stored[key]; !ok {
		delete(w.dirty, key)
		return
	}
	w.dirty[key] = nil
	w.wake.ring()
}

// Run writes until ctx is done, and what is left then.
func (w *Behind) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			w.flush()
			return nil
		case <-w.wake:
		}
		pause := behindPause
		if !w.flush() {
			pause = time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// Writes is how many transactions were written and how many failed.
func (w *Behind) Writes() (done, failed uint64) { return w.writes.Load(), w.fails.Load() }

// flush writes what waits; false: it could not, and waits on.
func (w *Behind) flush() bool {
	w.mu.Lock()
	todo := w.dirty
	if len(todo) == 0 {
		w.mu.Unlock()
		return true
	}
	w.dirty = make(map[string][]byte)
	was := make(map[string]bool, len(todo))
	for k, v := range todo { // so that a Delete from now on knows that it has something to take away
		_, was[k] = w.stored[k]
		if v != nil {
			w.stored[k] = struct{}{}
		} else {
			delete(w.stored, k)
		}
	}
	w.mu.Unlock()
	w.writes.Add(1)
	err := w.bucket.state.change(w.bucket.name, todo) // as PutAll; nobody else has todo
	if err == nil {
		w.reuse(todo)
		return true
	}
	if w.fails.Add(1) == 1 {
		w.logger.Warn("calls would not survive a restart: their state cannot be written", "bucket", w.bucket.name, "error", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for k := range todo {
		if was[k] {
			w.stored[k] = struct{}{}
		} else {
			delete(w.stored, k)
		}
	}
	maps.Copy(todo, w.dirty) // what came meanwhile is newer
	for k, v := range todo {
		if _, there := w.stored[k]; v == nil && !there {
			delete(todo, k)
		}
	}
	w.dirty = todo
	w.wake.ring()
	return false
}

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

	writes, fails atomic.Uint64
}

// Behind returns a writer behind the bucket. Nothing is written until Run.
func (b Bucket) Behind(logger *slog.Logger) *Behind {
	return &Behind{bucket: b, logger: logger, wake: make(bell, 1), dirty: make(map[string][]byte), stored: make(map[string]struct{})}
}

// Put sets the value soon. val must not be changed any more.
func (w *Behind) Put(key string, val []byte) {
	w.mu.Lock()
	w.dirty[key] = nonNil(val)
	w.mu.Unlock()
	w.wake.ring()
}

// Delete takes the key away soon.
func (w *Behind) Delete(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
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
	err := w.bucket.PutAll(todo)
	if err == nil {
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

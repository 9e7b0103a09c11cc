package recorder

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// ErrNoRoom is why recordings cannot be relied on when less than Config.Spare is free.
var ErrNoRoom = errors.New("recorder: the disk is almost full")

// health is whether recordings can be written. Its methods may be called from any goroutine.
type health struct {
	mu  sync.Mutex // guards why
	why error
}

func (h *health) get() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why
}

// set notes why recordings cannot be written, nil: they can. It returns what was noted before.
func (h *health) set(why error) (was error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, h.why = h.why, why
	return was
}

// Healthy returns nil, or why new calls should not count on being recorded: the disk refused the last time, or has less
// than Config.Spare free. It is looked at with every visit of the writer, twice a second, and recovers by itself.
func (r *Recorder) Healthy() error { return r.health.get() }

// examine is called at the end of each visit, with the first error of it; some: at least one recording was written. The
// operator is told of changes only.
func (r *Recorder) examine(err error, some bool) {
	if err == nil && !some && r.health.get() != nil {
		err = r.probe()
	}
	if err == nil {
		err = r.room()
	}
	switch was := r.health.set(err); {
	case was == nil && err != nil:
		r.cfg.Logger.Error("recordings cannot be written as they should be", "error", err)
	case was != nil && err == nil:
		r.cfg.Logger.Info("recordings can be written again", "was", was)
	}
}

// probe finds out whether the disk takes anything, by trying.
func (r *Recorder) probe() error {
	if err := r.root.MkdirAll(notesDir, 0o750); err != nil {
		return err
	}
	const name = notesDir + "/probe" + tmpExt
	f, err := r.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(r.silence[0])
	return errors.Join(err, f.Close(), r.root.Remove(name))
}

// room says whether enough is free. A file system that does not tell has room.
func (r *Recorder) room() error {
	if r.cfg.Spare < 0 {
		return nil
	}
	if free, ok := freeBytes(r.cfg.Dir); ok && free < uint64(r.cfg.Spare) {
		return fmt.Errorf("%w: %d MiB are free, %d MiB are wanted", ErrNoRoom, free>>20, r.cfg.Spare>>20)
	}
	return nil
}

package local

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// faulty runs the test on a store whose disk fails on demand, in virtual time.
func faulty(t *testing.T, cfg Config, test func(t *testing.T, s *Store, f *faults)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f, dir := &faults{hung: make(chan struct{}, 100)}, t.TempDir()
		s := mustOpen(t, dir, f.config(cfg))
		mustAppend(t, s, 3)
		test(t, s, f)
		want := numbers(t, s, 0)
		mustClose(t, s)
		s = mustOpen(t, dir, Config{})
		defer mustClose(t, s)
		if got := numbers(t, s, 0); !slices.Equal(got, want) {
			t.Errorf("reopened: %v, want %v", got, want)
		}
		if d := s.Damage(); len(d) > 0 {
			t.Error(d)
		}
	})
}

// refused appends and wants it to fail for that reason, with nothing in the log.
func refused(t *testing.T, s *Store, why error) {
	t.Helper()
	last := s.Last()
	_, err := s.Append([]hotline.Event{fact(1, 1), fact(1, 2)})
	if !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, why) {
		t.Errorf("Append: %v, want ErrLogFull because %v", err, why)
	}
	if err := s.Healthy(); !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, why) {
		t.Errorf("Healthy: %v, want ErrLogFull because %v", err, why)
	}
	if s.Last() != last || len(numbers(t, s, last)) > 0 {
		t.Errorf("Append failed and left something behind %d", last)
	}
}

// TestDiskFails: Append fails while the disk does, Healthy says why and recovers without anyone appending.
func TestDiskFails(t *testing.T) {
	for _, why := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO, syscall.EDQUOT} {
		t.Run(why.Error(), func(t *testing.T) {
			faulty(t, Config{}, func(t *testing.T, s *Store, f *faults) {
				f.set(func() { f.write = why })
				refused(t, s, why)
				f.set(func() { f.cut, f.room = why, why })
				refused(t, s, why)
				time.Sleep(10 * retryEvery)
				refused(t, s, why)
				f.set(func() { f.write, f.cut, f.room = nil, nil, nil })
				time.Sleep(2 * retryEvery)
				if err := s.Healthy(); err != nil {
					t.Error("the disk is well, Healthy:", err)
				}
				mustAppend(t, s, 3)
			})
		})
	}
}

// TestNoGhosts: what a failed write left behind cannot be cut off, so nothing may be written over its beginning: the rest
// of it could stand there as records, at once or after a power cut.
func TestNoGhosts(t *testing.T) {
	faulty(t, Config{}, func(t *testing.T, s *Store, f *faults) {
		f.set(func() { f.write, f.cut = syscall.EIO, syscall.EIO })
		refused(t, s, syscall.EIO)
		f.set(func() { f.write = nil })
		refused(t, s, syscall.EIO)
		f.set(func() { f.cut, f.sync = nil, syscall.EIO })
		refused(t, s, syscall.EIO)
		f.set(func() { f.sync = nil })
		mustAppend(t, s, 1) // an Append tries for itself
	})
}

// TestReserve: a full disk is announced while there is still room for the last facts of calls that are up.
func TestReserve(t *testing.T) {
	faulty(t, Config{Reserve: 64 << 10}, func(t *testing.T, s *Store, f *faults) {
		f.set(func() { f.room = syscall.ENOSPC })
		mustAppend(t, s, 100)
		if err := s.Healthy(); !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Healthy: %v, want ErrLogFull because there is no space", err)
		}
		f.set(func() { f.room = nil })
		time.Sleep(2 * retryEvery)
		if err := s.Healthy(); err != nil {
			t.Error("there is room again, Healthy:", err)
		}
	})
}

// TestHungWrite: a disk that does not answer stops nobody for long, and what it does in the end is undone.
func TestHungWrite(t *testing.T) {
	faulty(t, Config{Patience: time.Second}, func(t *testing.T, s *Store, f *faults) {
		gate := make(chan struct{})
		f.set(func() { f.hang = gate })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tail := make(chan uint64, 100)
		go func() {
			for ev := range s.Tail(ctx, 3) {
				tail <- ev.Seq
			}
		}()
		for _, want := range []time.Duration{time.Second, 0, 0} { // the first waits, the others know
			began := time.Now()
			refused(t, s, errStuck)
			if took := time.Since(began); took != want {
				t.Errorf("Append gave up after %v, want %v", took, want)
			}
		}
		f.set(func() { f.hang = nil })
		close(gate)
		synctest.Wait()
		if err := s.Healthy(); err != nil {
			t.Error("the disk answers, Healthy:", err)
		}
		mustAppend(t, s, 2)
		synctest.Wait()
		if got := []uint64{<-tail, <-tail}; !slices.Equal(got, []uint64{4, 5}) || len(tail) > 0 {
			t.Errorf("the tail saw %v and %d more", got, len(tail))
		}
	})
}

// TestHungProbe: the disk first fails, then hangs while the store tries it by itself.
func TestHungProbe(t *testing.T) {
	faulty(t, Config{Patience: time.Second}, func(t *testing.T, s *Store, f *faults) {
		f.set(func() { f.write = syscall.ENOSPC })
		refused(t, s, syscall.ENOSPC)
		gate := make(chan struct{})
		f.set(func() { f.hang = gate })
		<-f.hung // the writer's own try
		if _, err := s.Append([]hotline.Event{fact(1, 1)}); !errors.Is(err, errStuck) {
			t.Errorf("Append: %v, want %v", err, errStuck)
		}
		f.set(func() { f.write, f.hang = nil, nil })
		close(gate)
		time.Sleep(2 * retryEvery)
		if err := s.Healthy(); err != nil {
			t.Error("the disk is well, Healthy:", err)
		}
		mustAppend(t, s, 1)
	})
}

// TestHungSync: while the platter hangs Append goes on, Durable gives up with its context, and Healthy fails once more
// than the backlog waits.
func TestHungSync(t *testing.T) {
	faulty(t, Config{Backlog: 50}, func(t *testing.T, s *Store, f *faults) {
		if err := s.Durable(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		gate := make(chan struct{})
		f.set(func() { f.halt = gate })
		mustAppend(t, s, 40)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := s.Durable(ctx, 43); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 200*time.Millisecond {
			t.Errorf("Durable: %v after %v", err, time.Since(began))
		}
		if err := s.Healthy(); err != nil {
			t.Error("40 events wait, 50 may, Healthy:", err)
		}
		mustAppend(t, s, 20)
		if err := s.Healthy(); !errors.Is(err, hotline.ErrLogFull) {
			t.Errorf("60 events wait, 50 may, Healthy: %v", err)
		}
		f.set(func() { f.halt = nil })
		close(gate)
		if err := s.Durable(t.Context(), s.Last()); err != nil || s.Healthy() != nil || s.DurableSeq() != s.Last() {
			t.Errorf("the platter answers: %v, %v, durable %d of %d", err, s.Healthy(), s.DurableSeq(), s.Last())
		}
	})
}

// TestSyncFails: after a failed fdatasync the kernel takes the pages for clean, so everything since the last good one is
// written again before another one is believed.
func TestSyncFails(t *testing.T) {
	faulty(t, Config{}, func(t *testing.T, s *Store, f *faults) {
		if err := s.Durable(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		from := s.active.end
		f.set(func() { f.sync = syscall.EIO })
		mustAppend(t, s, 10)
		ctx, cancel := context.WithTimeout(t.Context(), 3*retryEvery+retryEvery/2) // not in the instant of another try
		defer cancel()
		if err := s.Durable(ctx, 13); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.EIO) {
			t.Errorf("Durable: %v, want the deadline and the disk's reason", err)
		}
		if err := s.Healthy(); !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, syscall.EIO) {
			t.Errorf("Healthy: %v", err)
		}
		f.set(func() { f.sync, f.writes = nil, nil })
		if err := s.Durable(t.Context(), 13); err != nil {
			t.Fatal(err)
		}
		f.set(func() {
			if len(f.writes) != 1 || f.writes[0].from != from || f.writes[0].to != s.active.end {
				t.Errorf("written again: %v, want %d to %d", f.writes, from, s.active.end)
			}
		})
		if err := s.Healthy(); err != nil {
			t.Error("the disk is well, Healthy:", err)
		}
	})
}

// TestRotationFails: when no new file can be made the present one grows on.
func TestRotationFails(t *testing.T) {
	faulty(t, Config{SegmentSize: 2000, Reserve: -1}, func(t *testing.T, s *Store, f *faults) {
		f.set(func() { f.opening = syscall.EMFILE })
		mustAppend(t, s, 30)
		if n := len(segmentFiles(t, s.dir)); n != 1 {
			t.Errorf("%d segments", n)
		}
		f.set(func() { f.opening = nil })
		time.Sleep(rotateAgain)
		mustAppend(t, s, 1)
		if n := len(segmentFiles(t, s.dir)); n != 2 {
			t.Errorf("%d segments after it became possible, want 2", n)
		}
	})
}

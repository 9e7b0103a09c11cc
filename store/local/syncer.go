package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hotline"
)

// gather is how long the syncer lets events come together that nobody waits for: less than the disk's own worst, and a
// busy engine syncs for those who wait a fraction as often as it appends.
const gather = 5 * time.Millisecond

// sync is the syncer: it brings the log to the platter, each time everything there is, as fast as the disk takes it while
// somebody waits for it (Durable). It ends after one last try when the writer is done.
func (s *Store) sync() {
	defer close(s.syncerDone)
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for {
		select {
		case <-s.syncBell:
			s.linger()
			s.syncOnce()
		case <-s.hurryBell:
			s.syncOnce()
		case <-retry.C:
			if s.health.sync() != nil {
				s.syncOnce()
			}
		case <-s.writerDone:
			s.syncOnce()
			return
		}
	}
}

// linger waits a little for more, unless somebody waits for what is there.
func (s *Store) linger() {
	if s.waiting.Load() > 0 {
		return
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.hurryBell:
	case <-s.writerDone:
	}
}

// syncOnce makes durable what was visible when it began.
func (s *Store) syncOnce() {
	s.mu.Lock()
	target := s.ring.lastSeq()
	segs := append([]*segment(nil), s.unsynced...)
	ends := make([]int64, len(segs))
	for i, seg := range segs {
		ends[i] = seg.end
	}
	s.mu.Unlock()
	before, began := s.synced.Load(), time.Now()
	if target == before {
		return
	}
	for i, seg := range segs {
		if err := s.syncSegment(seg, ends[i]); err != nil {
			s.health.set(ailSync, fmt.Errorf("events after %d are not on the platter: %w", s.synced.Load(), err))
			return
		}
	}
	s.mu.Lock()
	s.unsynced = s.unsynced[len(segs)-1:] // all but the youngest are sealed and done
	s.mu.Unlock()
	for _, seg := range segs[:len(segs)-1] {
		if err := seg.disk.Close(); err != nil {
			s.log.Warn("closing a sealed segment", "err", err)
		}
	}
	s.health.set(ailSync, nil)
	s.synced.Store(target)
	s.syncedGrown.send()
	s.committed(target, target-before, began)
}

// syncSegment brings one segment, up to end, to the platter; segments in their order, so that the log has no hole.
func (s *Store) syncSegment(seg *segment, end int64) error {
	if seg.suspect.Swap(false) {
		if err := rewrite(seg, end); err != nil {
			seg.suspect.Store(true)
			return err
		}
	}
	if err := seg.datasync(); err != nil {
		return err
	}
	if seg.fresh {
		if err := syncDir(s.logDir()); err != nil {
			return err
		}
		seg.fresh = false
	}
	if seg.suspect.Load() { // the writer's sync was told of an error that ours may have come too late for
		return errSuspect
	}
	seg.syncedEnd = end
	return nil
}

// errSuspect says that what was not synced must be written again.
var errSuspect = errors.New("another fdatasync has failed")

// datasync is fdatasync. The kernel tells of an error only once, so whoever is told notes it for all.
func (seg *segment) datasync() error {
	err := seg.disk.Datasync()
	if err != nil {
		seg.suspect.Store(true)
	}
	return err
}

// rewrite writes again what was not synced. After a failed fsync the kernel takes the pages for clean, so another fsync
// would say yes to data that is only in memory. The bytes are checked first: they are read from that same memory.
func rewrite(seg *segment, end int64) error {
	f, err := os.Open(seg.path)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := newScanner(f, seg.first, end)
	sc.off = max(seg.syncedEnd, headSize)
	for {
		if _, err := sc.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: offset %d: reading back what was not synced: %w", seg.path, sc.off, err)
		}
	}
	_, err = io.Copy(io.NewOffsetWriter(seg.disk, seg.syncedEnd), io.NewSectionReader(f, seg.syncedEnd, end-seg.syncedEnd))
	return err
}

// Durable returns when everything up to seq is safe from a power cut. It returns ctx's error, with the reason where one is
// known, when ctx ends first, and hotline.ErrLogClosed when the store was closed before that.
func (s *Store) Durable(ctx context.Context, seq uint64) error {
	if s.synced.Load() >= seq {
		return nil
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	s.hurryBell.ring()
	for {
		grown := s.syncedGrown.wait()
		if s.synced.Load() >= seq {
			return nil
		}
		select {
		case <-grown:
		case <-s.syncerDone:
			if s.synced.Load() >= seq {
				return nil
			}
			return hotline.ErrLogClosed
		case <-ctx.Done():
			if why := s.health.sync(); why != nil {
				return fmt.Errorf("store/local: %d is not durable: %w: %w", seq, ctx.Err(), why)
			}
			return fmt.Errorf("store/local: %d is not durable: %w", seq, ctx.Err())
		}
	}
}

// DurableSeq is the number up to which the log is safe from a power cut.
func (s *Store) DurableSeq() uint64 { return s.synced.Load() }

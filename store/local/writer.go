package local

import (
	"fmt"
	"time"
)

const (
	// groupBytes bounds what one write call joins, so that the first of a long queue does not wait for the last.
	groupBytes = 1 << 20
	// retryEvery is how often a disk that failed is tried again while nobody appends.
	retryEvery = 250 * time.Millisecond
)

// write is the writer: the only goroutine that gives numbers and touches the end of the log. It ends when the store is
// closed and the queue is empty.
func (s *Store) write() {
	defer close(s.writerDone)
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for {
		select {
		case <-s.writeBell:
		case <-retry.C:
			s.heal()
		}
		for {
			group, closed := s.take()
			if len(group) == 0 {
				if closed {
					return
				}
				break
			}
			s.writeGroup(group)
		}
	}
}

// take moves what waits, up to groupBytes, into flight.
func (s *Store) take() (group []*batch, closed bool) {
	s.health.set(ailStuck, nil) // else the writer were not here
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = false
	n, bytes := 0, 0
	for n < len(s.queue) && (n == 0 || bytes+len(s.queue[n].bytes) <= groupBytes) {
		bytes += len(s.queue[n].bytes)
		n++
	}
	group = s.queue[:n:n]
	s.queue = s.queue[n:]
	if n > 0 {
		s.inflight = group
	}
	return group, s.closed
}

// writeGroup writes the group with one call and shows it, or fails it whole.
func (s *Store) writeGroup(group []*batch) {
	s.buf = s.buf[:0]
	last, synced := s.ring.lastSeq(), s.synced.Load()
	for _, b := range group {
		b.number(last, synced)
		last = b.seq
		s.buf = append(s.buf, b.bytes...)
	}
	err := s.put(s.buf)
	landed := int64(len(s.buf))
	if cap(s.buf) > 4*groupBytes {
		s.buf = nil // one giant is no reason to keep its memory
	}

	s.mu.Lock()
	given := s.inflight != nil
	s.inflight = nil
	if given && err == nil {
		s.active.end += landed
		s.ring.put(group)
		s.land(group)
	}
	s.mu.Unlock()

	s.health.set(ailWrite, err)
	switch {
	case given && err == nil:
		s.syncBell.ring()
		for _, b := range group {
			s.reuse(b.room)
			b.room = nil
			close(b.done)
		}
		return
	case given:
		for _, b := range group {
			b.fail(err)
		}
	}
	// Failed or given up: what stands behind the end was never the log's.
	s.active.torn = true
	if err := s.cut(); err != nil {
		s.health.set(ailWrite, err)
	}
}

// put writes at the end of the active segment, after seeing to its room.
func (s *Store) put(b []byte) error {
	if err := s.cut(); err != nil {
		return err
	}
	if s.active.end+int64(len(b)) > s.cfg.SegmentSize {
		s.rotate()
	}
	s.reserve()
	if _, err := s.active.disk.WriteAt(b, s.active.end); err != nil {
		s.active.torn = true
		return err
	}
	return nil
}

// cut takes away what a failed write may have left behind the end, for good: until that is on the platter nothing may be
// written, or a power cut could bring back the remainder in place of what was written over it.
func (s *Store) cut() error {
	if !s.active.torn {
		return nil
	}
	if err := s.active.disk.Truncate(s.active.end); err != nil {
		return err
	}
	s.active.allocated = s.active.end // truncating gives reserved room back
	if err := s.active.datasync(); err != nil {
		return err
	}
	s.active.torn = false
	return nil
}

// heal tries a disk that failed, so that Healthy recovers although nobody may be appending.
func (s *Store) heal() {
	if s.health.is(ailWrite) {
		s.health.set(ailWrite, s.probe())
	}
	if s.health.is(ailReserve) {
		s.reserve()
	}
}

// probe finds out whether the log can be written by doing it: a page of zeros, cut off again.
func (s *Store) probe() error {
	if err := s.cut(); err != nil {
		return err
	}
	s.active.torn = true
	if _, err := s.active.disk.WriteAt(make([]byte, 4096), s.active.end); err != nil {
		_ = s.cut() // stays torn if it fails
		return err
	}
	return s.cut()
}

// reserve keeps Config.Reserve bytes of room ahead. When there is no more, Healthy says so, and what is left serves the
// calls that are up.
func (s *Store) reserve() {
	if !s.active.torn {
		s.health.set(ailReserve, s.allocate(s.active))
	}
}

// allocate takes room behind the segment's end for Config.Reserve bytes, once a quarter of it is used.
func (s *Store) allocate(seg *segment) error {
	if s.cfg.Reserve <= 0 || s.noReserve || seg.allocated-seg.end > s.cfg.Reserve*3/4 {
		return nil
	}
	from := max(seg.allocated, seg.end)
	err := seg.disk.Allocate(from, seg.end+s.cfg.Reserve-from)
	switch {
	case noAllocate(err):
		s.noReserve = true
	case err != nil:
		return fmt.Errorf("no more room can be reserved: %w", err)
	default:
		seg.allocated = seg.end + s.cfg.Reserve
	}
	return nil
}

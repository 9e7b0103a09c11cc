package local

import (
	"os"
	"path/filepath"
	"time"
)

// rotateAgain is how long a failed rotation is left alone.
const rotateAgain = 10 * time.Second

// rotate seals the active segment and starts the next one. It only tries: when the next cannot be made, or the one before
// is not on the platter yet, the active segment grows on. So only the two youngest segments can be hurt by a power cut,
// and a recovery need look at no others.
func (s *Store) rotate() {
	s.mu.Lock()
	waiting := len(s.unsynced) > 1
	s.mu.Unlock()
	if waiting || s.active.end <= headSize || time.Since(s.rotateFailed) < rotateAgain {
		return
	}
	next, err := s.newSegment(s.ring.lastSeq() + 1)
	if err != nil {
		s.rotateFailed = time.Now()
		s.log.Warn("no new segment can be made, the present one grows on", "err", err)
		return
	}
	old := s.active
	if err := old.disk.Truncate(old.end); err != nil { // gives its reserved room back
		s.log.Warn("a sealed segment keeps reserved room", "err", err)
	}
	s.mu.Lock()
	s.segments = append(s.segments, next)
	s.unsynced = append(s.unsynced, next)
	s.mu.Unlock()
	s.active = next
}

// newSegment makes the file of the segment that starts with the given number, with its head and its reserve, or nothing.
func (s *Store) newSegment(first uint64) (*segment, error) {
	seg := &segment{path: filepath.Join(s.logDir(), segmentName(first)), first: first, end: headSize, fresh: true}
	d, err := s.cfg.open(seg.path)
	if err != nil {
		return nil, err
	}
	seg.disk = d
	err = d.Truncate(0)
	if err == nil {
		_, err = d.WriteAt(segmentHead(first, time.Now()), 0)
	}
	if err == nil {
		err = s.allocate(seg)
	}
	if err != nil {
		d.Close()
		os.Remove(seg.path)
		return nil, err
	}
	return seg, nil
}

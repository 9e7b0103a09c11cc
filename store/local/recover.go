package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// recover finds the end of the log and repairs what a crash left behind it. It returns the number of the last event.
//
// The two youngest segments are read; rotate sees to it that a power cut can hurt no others. Every record says what was on
// the platter when it was written, so two kinds of bad places can be told apart. Behind the last number known to be on
// the platter stands what a crash may take: there the log is cut, after the last whole Append before the bad place, and
// what is cut off goes to quarantine/. Before it stands damage: it stays where it is, is noted, and readers pass over it.
func (s *Store) recover() (uint64, error) {
	segs, err := listSegments(s.logDir())
	if err != nil {
		return 0, err
	}
	if len(segs) == 0 {
		return 0, s.begin()
	}
	old := max(0, len(segs)-2)
	sv, err := surveyAll(segs[old:])
	if err != nil {
		return 0, err
	}
	end := sv.cut()
	for _, h := range sv.holes {
		if h.bad.After < end.seq {
			s.damaged(h.bad)
		}
	}
	if err := s.cutOff(segs[old:], end, sv.last); err != nil {
		return 0, err
	}
	s.segments = segs[:old+end.seg+1]
	return end.seq, s.activate(end)
}

// begin makes the first segment. Its name is on the platter before anything else is, so that a log without it is one that
// was archived.
func (s *Store) begin() error {
	seg, err := s.newSegment(1)
	if err != nil {
		return err
	}
	s.segments, s.unsynced, s.active = []*segment{seg}, []*segment{seg}, seg
	if err := seg.disk.Datasync(); err != nil {
		return err
	}
	for _, dir := range []string{s.logDir(), s.dir, filepath.Dir(s.dir)} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	seg.fresh = false
	return nil
}

// place is an end of the log: behind a whole Append, or behind the head of a segment.
type place struct {
	seg int // index
	off int64
	seq uint64 // of the last event before it
}

// hole is a bad place between sound ones, or behind them all.
type hole struct {
	bad   DamageError
	whole place // end of the last whole Append before it
}

// survey is what stands in the youngest segments.
type survey struct {
	holes  []hole
	synced uint64 // the highest number that a record says was on the platter
	last   uint64 // of the last sound record, whole Append or not
	whole  place  // end of the last whole Append
}

// cut is where the log ends: before the first hole that nothing proves to have been on the platter.
func (sv *survey) cut() place {
	for _, h := range sv.holes {
		if h.bad.After >= sv.synced {
			return h.whole
		}
	}
	return sv.whole
}

func surveyAll(segs []*segment) (*survey, error) {
	first := segs[0].first - 1
	sv := &survey{last: first, whole: place{off: headSize, seq: first}}
	for i, seg := range segs {
		if err := sv.segment(i, seg); err != nil {
			return nil, fmt.Errorf("%s: %w", seg.path, err)
		}
	}
	return sv, nil
}

// segment reads on through one segment.
func (sv *survey) segment(i int, seg *segment) error {
	f, err := os.Open(seg.path)
	if err != nil {
		return err
	}
	defer f.Close()
	bad := DamageError{File: seg.path, Offset: headSize}
	switch err := checkHead(f, seg.first); {
	case errors.Is(err, errHead):
		bad.Offset, bad.Length = 0, min(headSize, seg.end)
	case err != nil:
		return err
	case sv.whole.seq+1 == seg.first && sv.last+1 == seg.first:
		sv.whole = place{seg: i, off: headSize, seq: sv.whole.seq}
	}
	sc := newScanner(f, seg.first, seg.end)
	for {
		from := sc.off
		rec, err := sc.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errBad) {
			_, err = sc.resync()
		} else if err == nil && rec.seq > sv.last {
			if bad.Length > 0 || rec.seq != sv.last+1 {
				bad.After, bad.Before = sv.last, rec.seq
				sv.holes = append(sv.holes, hole{bad, sv.whole})
			}
			bad = DamageError{File: seg.path, Offset: rec.end()}
			sv.record(i, rec)
			continue
		}
		if err != nil {
			return err
		}
		bad.Length += sc.off - from // no record, or one whose number was there before
	}
	if bad.Length > 0 {
		bad.After = sv.last
		sv.holes = append(sv.holes, hole{bad, sv.whole})
	}
	return nil
}

func (sv *survey) record(i int, rec record) {
	sv.last = rec.seq
	sv.synced = max(sv.synced, rec.synced())
	if rec.more == 0 {
		sv.whole = place{seg: i, off: rec.end(), seq: rec.seq}
	}
}

// activate opens the segment that ends the log for writing, and brings to the platter what a former run may have left
// unsynced, since everything that is read from now on counts as durable.
func (s *Store) activate(end place) error {
	for _, seg := range s.segments[max(0, len(s.segments)-2):] {
		d, err := s.cfg.open(seg.path)
		if err != nil {
			return err
		}
		s.active, seg.disk = seg, d
		s.unsynced = append(s.unsynced, seg)
		if err := d.Datasync(); err != nil {
			return err
		}
	}
	for _, seg := range s.unsynced[:len(s.unsynced)-1] {
		if err := seg.disk.Close(); err != nil {
			return err
		}
		seg.disk = nil
	}
	s.unsynced = []*segment{s.active}
	s.active.end, s.active.syncedEnd, s.active.allocated = end.off, end.off, end.off
	s.reserve()
	return syncDir(s.logDir())
}

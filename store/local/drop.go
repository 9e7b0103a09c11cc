package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"hotline"
)

// Segment is one file of the log.
type Segment struct {
	Path        string
	First, Last uint64    // its events
	From, To    time.Time // of its first event, and of the first one behind it
	Size        int64     // bytes
}

// listed is the segments in order, and how far their records reach just now.
func (s *Store) listed() (segs []*segment, ends []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	segs = slices.Clone(s.segments)
	for _, g := range segs {
		ends = append(ends, g.end)
	}
	return segs, ends
}

// Droppable is the oldest segments that hold no event behind the one of that number and none that is younger than before, the oldest
// first. The two youngest are never among them: a recovery reads those.
func (s *Store) Droppable(upTo uint64, before time.Time) ([]Segment, error) {
	segs, sizes := s.listed()
	var out []Segment
	if len(segs) < 3 {
		return nil, nil
	}
	from, err := segs[0].began(sizes[0])
	if err != nil {
		return nil, err
	}
	for i, g := range segs[:len(segs)-2] {
		last := segs[i+1].first - 1
		if last > upTo {
			break
		}
		to, err := segs[i+1].began(sizes[i+1])
		if err != nil {
			return nil, err
		}
		if !to.Before(before) {
			break
		}
		out = append(out, Segment{Path: g.path, First: g.first, Last: last, From: from, To: to, Size: sizes[i]})
		from = to
	}
	return out, nil
}

// began is when the segment's first sound event happened. Events are nearly in the order of their times.
func (g *segment) began(end int64) (time.Time, error) {
	f, err := os.Open(g.path)
	if err != nil {
		return time.Time{}, fmt.Errorf("store/local: %w", err)
	}
	defer f.Close()
	sc := newScanner(f, g.first, end)
	sc.ahead = seekAhead
	r, err := sc.next()
	if errors.Is(err, errBad) {
		var found bool
		if found, err = sc.resync(); err == nil && found {
			r, err = sc.next()
		}
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("store/local: %s: %w", g.path, err)
	}
	ev, err := hotline.UnmarshalEvent(r.body)
	if err != nil {
		return time.Time{}, fmt.Errorf("store/local: %s: %w", g.path, err)
	}
	return ev.At, nil
}

// errHeld says that a copy of the log is being made: nothing is taken away meanwhile.
var errHeld = errors.New("store/local: the log is being copied")

// Drop takes away the oldest segment, which must be the one that Droppable named first. Reading its events is hotline.ErrLogGone from
// now on. While a Copy is open nothing is taken away: Held says so of the error. Nobody who appends or reads waits for the disk meanwhile.
func (s *Store) Drop(g Segment) error {
	s.dropping.Lock() // they go in their order, each for good before the next: a power cut leaves no hole
	defer s.dropping.Unlock()
	gone, err := s.unlist(g)
	if err != nil {
		return err
	}
	if err := s.cfg.remove(gone.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.segments = append([]*segment{gone}, s.segments...)
		return fmt.Errorf("store/local: %w", err)
	}
	return syncDir(s.logDir())
}

// unlist takes the oldest segment out of the log.
func (s *Store) unlist(g Segment) (*segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.held > 0:
		return nil, errHeld
	case len(s.segments) < 3 || s.segments[0].first != g.First:
		return nil, fmt.Errorf("store/local: %s is not the oldest segment of the log", g.Path)
	}
	gone := s.segments[0]
	s.segments = append(s.segments[:0:0], s.segments[1:]...)
	return gone, nil
}

// Held says whether the error of Drop means that it is to be tried later.
func Held(err error) bool { return errors.Is(err, errHeld) }

// Bytes is the length of the log's segments.
func (s *Store) Bytes() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		n += g.end
	}
	return n
}

// Before is a number such that every event behind it that is younger than at is still read from there: the last one of the segment
// before the one in which at lies, 0 at least.
func (s *Store) Before(at time.Time) (uint64, error) {
	segs, sizes := s.listed()
	for i := len(segs) - 1; i > 0; i-- {
		if sizes[i] <= headSize {
			continue
		}
		began, err := segs[i].began(sizes[i])
		if err != nil {
			return 0, err
		}
		if began.Before(at) {
			return segs[i].first - 1, nil
		}
	}
	return segs[0].first - 1, nil
}

package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sort"

	"hotline"
)

// tailBatch is how many events a reader takes at once from the ring.
const tailBatch = 64

// Read yields the events after the given number that were visible when it was called, then ends. It ends early with an
// error: ctx's, hotline.ErrLogGone when the first events asked for were archived, or that of a disk or a record that
// cannot be read. Records that are damaged are skipped and stand in Damage; their numbers are missing then.
func (s *Store) Read(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		r := reader{store: s, after: after, yield: yield}
		if err := r.until(ctx, s.Last()); err != nil && !errors.Is(err, errEnough) {
			yield(hotline.Event{}, err)
		}
	}
}

// Tail yields the events after the given number and then those to come. It ends without an error when ctx is done, with
// hotline.ErrLogClosed when the store is closed, and else as Read does. A slow reader costs nobody anything: what the ring
// no longer holds for it comes from the segments.
func (s *Store) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		r := reader{store: s, after: after, yield: yield}
		for {
			grown := s.ring.grown.wait()
			err := r.until(ctx, s.Last())
			switch {
			case ctx.Err() != nil || errors.Is(err, errEnough):
				return
			case err != nil:
				yield(hotline.Event{}, err)
				return
			}
			select {
			case <-grown:
			case <-ctx.Done():
				return
			case <-s.writerDone:
				if s.Last() > r.after {
					continue // the writer's last words
				}
				yield(hotline.Event{}, hotline.ErrLogClosed)
				return
			}
		}
	}
}

// errEnough says that the consumer of a sequence wants no more.
var errEnough = errors.New("enough")

// reader hands events to one consumer. It belongs to the consumer's goroutine.
type reader struct {
	store *Store
	after uint64 // number of the last event handed over or passed
	yield func(hotline.Event, error) bool
	buf   []hotline.Event // nil: not needed so far
}

// until hands over everything up to last, from the ring where it holds it.
func (r *reader) until(ctx context.Context, last uint64) error {
	for r.after < last {
		if err := ctx.Err(); err != nil {
			return err
		}
		want := min(tailBatch, last-r.after)
		if uint64(len(r.buf)) < want {
			r.buf = make([]hotline.Event, want)
		}
		n, held := r.store.ring.copy(r.after, r.buf[:want])
		if !held {
			if err := r.segments(ctx, last); err != nil {
				return err
			}
			continue
		}
		for i := range r.buf[:n] {
			ev := r.buf[i]
			r.buf[i] = hotline.Event{} // the ring may let go of it before the next batch comes
			r.after = ev.Seq
			if !r.yield(ev, nil) {
				return errEnough
			}
		}
	}
	return nil
}

// segments hands over what one segment holds behind r.after, up to last, and moves r.after to its end.
func (r *reader) segments(ctx context.Context, last uint64) error {
	seg, end, upTo, err := r.store.segmentOf(r.after + 1)
	if err != nil {
		return err
	}
	f, err := os.Open(seg.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &hotline.GoneError{First: r.store.First()} // taken away just now
	}
	if err != nil {
		return err
	}
	defer f.Close()
	sc := newScanner(f, seg.first, end)
	if err := sc.seek(r.after); err != nil {
		return fmt.Errorf("store/local: %w", err)
	}
	return r.scan(ctx, seg, sc, min(last, upTo))
}

// scan hands over the scanner's records behind r.after, up to last, passing over what is damaged.
func (r *reader) scan(ctx context.Context, seg *segment, sc *scanner, last uint64) error {
	bad := DamageError{File: seg.path, Offset: sc.off}
	for r.after < last && ctx.Err() == nil {
		from := sc.off
		rec, err := sc.next()
		switch {
		case errors.Is(err, io.EOF):
			bad.After, bad.Before = r.after, last+1
			r.store.damaged(bad)
			r.after = last
			return nil
		case errors.Is(err, errBad):
			if _, err = sc.resync(); err == nil {
				bad.Offset, bad.Length = from, bad.Length+sc.off-from
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("store/local: %w", err)
		}
		if rec.seq <= r.after {
			continue
		}
		if rec.seq != r.after+1 {
			bad.After, bad.Before = r.after, rec.seq
			r.store.damaged(bad)
		}
		bad = DamageError{File: seg.path, Offset: sc.off}
		ev, err := hotline.UnmarshalEvent(rec.body)
		if err != nil {
			return fmt.Errorf("store/local: %s: offset %d: event %d: %w", seg.path, from, rec.seq, err)
		}
		ev.Seq, r.after = rec.seq, rec.seq
		if !r.yield(ev, nil) {
			return errEnough
		}
	}
	return ctx.Err()
}

// segmentOf returns the segment that holds, or should hold, the event; where its records end; and the last number before
// the next segment.
func (s *Store) segmentOf(seq uint64) (seg *segment, end int64, upTo uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].first > seq }) - 1
	if i < 0 {
		return nil, 0, 0, &hotline.GoneError{First: s.segments[0].first}
	}
	upTo = s.ring.lastSeq()
	if i+1 < len(s.segments) {
		upTo = s.segments[i+1].first - 1
	}
	return s.segments[i], s.segments[i].end, upTo, nil
}

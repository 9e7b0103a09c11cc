package local

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline"
)

// batch is the events of one Append on their way through the writer.
type batch struct {
	*room           // the writer's from when it takes the batch, and nobody's once it has written it
	at    time.Time // when it was appended

	seq  uint64        // number of the last event; set before done
	err  error         // why none of it is in the log; set before done
	done chan struct{} // closed when seq and err hold
}

// room is the events of a batch and the memory that they are in. It is used again for the next batch.
type room struct {
	events []hotline.Event // as a reader of the segment would decode them; numbered by the writer
	sizes  []int           // length of each record in bytes
	bytes  []byte          // the records one after another, headers still blank
}

// errStuck is the verdict on a write that does not come back.
var errStuck = errors.New("the disk does not answer")

// Append gives the events their order and returns the number of the last. On return they are in the page cache (safe from
// a kill -9), and Read and Tail yield them. The events of one Append stay together: after a crash either all of them are
// in the log or none. What readers get is the decoded record, so evs stays the caller's and is not changed.
//
// It does not wait for the platter. When the disk is full, read-only or broken it returns an error that wraps
// hotline.ErrLogFull and says why; when a write does not come back within Config.Patience likewise, and at once as long as
// that lasts. Nothing of evs is in the log then. An event that cannot be encoded is hotline.ErrCodec, a closed store
// hotline.ErrLogClosed. An empty evs returns the last number.
func (s *Store) Append(evs []hotline.Event) (uint64, error) {
	if len(evs) == 0 {
		return s.Last(), nil
	}
	b, err := encode(evs, s.spare())
	if err != nil {
		return 0, err
	}
	if err := s.submit(b); err != nil {
		return 0, err
	}
	timer := s.patience()
	defer s.timers.Put(timer)
	defer timer.Stop()
	select {
	case <-b.done:
	case <-timer.C:
		s.giveUp(b)
		<-b.done // the writer was quicker, or giveUp has closed it
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.seq, nil
}

// patience is a timer that ends with Config.Patience; one that was stopped may be used again.
func (s *Store) patience() *time.Timer {
	if t, ok := s.timers.Get().(*time.Timer); ok {
		t.Reset(s.cfg.Patience)
		return t
	}
	return time.NewTimer(s.cfg.Patience)
}

// spare is room for a batch.
func (s *Store) spare() *room {
	if r, ok := s.rooms.Get().(*room); ok {
		return r
	}
	return &room{bytes: make([]byte, 0, 4096)}
}

// Bounds of the room that is kept: one giant is no reason to keep its memory.
const (
	maxRoomBytes  = 64 << 10
	maxRoomEvents = 256
)

// reuse takes back the room of a batch that readers have got, empty.
func (s *Store) reuse(r *room) {
	if cap(r.bytes) > maxRoomBytes || cap(r.events) > maxRoomEvents {
		return
	}
	clear(r.events)
	r.events, r.sizes, r.bytes = r.events[:0], r.sizes[:0], r.bytes[:0]
	s.rooms.Put(r)
}

// encode makes the batch, in the room, which is empty. It runs on the caller's goroutine, outside every lock.
func encode(evs []hotline.Event, r *room) (*batch, error) {
	b := &batch{room: r, done: make(chan struct{}), at: time.Now()}
	var blank [headerSize]byte
	for _, ev := range evs {
		ev.Seq = 0 // stands in the header
		from := len(r.bytes)
		var err error
		if r.bytes, err = hotline.AppendEvent(append(r.bytes, blank[:]...), ev); err != nil {
			return nil, fmt.Errorf("store/local: append: %w", err)
		}
		body := r.bytes[from+headerSize:]
		if len(body) > maxBody {
			return nil, fmt.Errorf("store/local: append: %w: %s of %d bytes, at most %d",
				hotline.ErrCodec, ev.Fact.Kind(), len(body), maxBody)
		}
		// Settled here once, so that a live event is what a replay yields, and shares no memory with the caller's.
		settled, err := hotline.Settled(ev)
		if err != nil {
			return nil, fmt.Errorf("store/local: append: %w", err)
		}
		r.events, r.sizes = append(r.events, settled), append(r.sizes, headerSize+len(body))
	}
	return b, nil
}

// submit hands the batch to the writer.
func (s *Store) submit(b *batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return hotline.ErrLogClosed
	}
	if s.stuck {
		return fmt.Errorf("%w: %w", hotline.ErrLogFull, errStuck)
	}
	s.queue = append(s.queue, b)
	s.writeBell.ring()
	return nil
}

// giveUp fails b and everything else that waits for a write that does not come back. The writer cuts the group off again
// when it does come back, so that no reader ever sees it.
func (s *Store) giveUp(b *batch) {
	s.mu.Lock()
	waiting := slices.Concat(s.inflight, s.queue)
	if !slices.Contains(waiting, b) {
		s.mu.Unlock()
		return // decided by now
	}
	s.stuck = true
	s.inflight, s.queue = nil, nil
	s.mu.Unlock()
	s.health.set(ailStuck, fmt.Errorf("%w: a write is not done after %v", errStuck, s.cfg.Patience))
	for _, b := range waiting {
		b.fail(errStuck)
	}
}

func (b *batch) fail(err error) {
	b.err = fmt.Errorf("%w: %w", hotline.ErrLogFull, err)
	close(b.done)
}

// number gives the events their places and seals their records.
func (b *batch) number(after, synced uint64) {
	off := 0
	for i, n := range b.sizes {
		after++
		b.events[i].Seq = after
		sealRecord(b.bytes[off:off+n], after, synced, len(b.sizes)-1-i)
		off += n
	}
	b.seq = after
}

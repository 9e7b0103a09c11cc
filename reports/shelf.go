package reports

import (
	"fmt"
	"iter"
	"log/slog"
	"sync"
)

// Past keeps what the fold lets go of: chapters, numbered from 0, each a list of blocks that is written once and never changes. Its
// methods may be called from anywhere.
type Past interface {
	// Chapters is how many there are.
	Chapters() int
	// Add writes a further chapter: all of its blocks, safe from a power cut when it returns, or nothing.
	Add(blocks [][]byte) error
	// Block reads one block; a number below 0 counts from the last. It returns an error, and has counted it, for one that is damaged.
	Block(chapter, block int) ([]byte, error)
	// Replace puts others in the place of some blocks of a chapter: all of them, safe from a power cut when it returns, or none.
	Replace(chapter int, blocks map[int][]byte) error
}

// cacheBytes bounds the decoded blocks that are kept, roughly, in bytes.
const cacheBytes = 64 << 20

// shelf is the chapters as the fold reads them. The fields under mu are the cache alone; all else is set once, or under the fold's
// lock.
type shelf struct {
	past    Past
	logger  *slog.Logger
	codecs  *codecs
	squeeze *squeezer
	drawers map[string][]ref // of each history, as it was when the fold was made
	behind  bool             // Config.Behind

	mu     sync.Mutex
	cached map[place]cachedBlock
	bytes  int
	age    int            // how often chapters were rewritten
	lost   map[place]bool // blocks that could not be read, each told of once

	strange int // chunks that the log did not agree with
}

// place is one block.
type place struct{ chapter, block int32 }

type cachedBlock struct {
	value any
	bytes int
}

func newShelf(p Past, logger *slog.Logger, sq *squeezer) *shelf {
	return &shelf{past: p, logger: logger, codecs: newCodecs(), squeeze: sq, drawers: map[string][]ref{}, cached: map[place]cachedBlock{}, lost: map[place]bool{}}
}

// get is a decoded block; nil: it is not in the cache.
func (s *shelf) get(p place) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cached[p].value
}

// block reads a block from the disk, and says how old the shelf is.
func (s *shelf) block(p place) (b []byte, age int, err error) {
	s.mu.Lock()
	age = s.age
	s.mu.Unlock()
	b, err = s.past.Block(int(p.chapter), int(p.block))
	return b, age, err
}

// forget lets go of what is kept of a chapter, which was rewritten.
func (s *shelf) forget(chapter int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
	for p, c := range s.cached {
		if p.chapter == chapter {
			delete(s.cached, p)
			s.bytes -= c.bytes
		}
	}
}

// put keeps a decoded block, unless a chapter was rewritten since it was read. When there is no room others go, by chance: a report that reads more than there is room for would find
// nothing again if the oldest went.
func (s *shelf) put(p place, v any, bytes, age int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.cached[p]; ok || age != s.age || bytes > cacheBytes/8 {
		return
	}
	for old, c := range s.cached {
		if s.bytes+bytes <= cacheBytes {
			break
		}
		delete(s.cached, old)
		s.bytes -= c.bytes
	}
	s.cached[p] = cachedBlock{v, bytes}
	s.bytes += bytes
}

// damaged notes a block that cannot be read: what is in it is missing from every answer.
func (s *shelf) damaged(p place, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lost[p] {
		s.lost[p] = true
		s.logger.Error("archived block cannot be read: what it holds is missing from reports", "chapter", p.chapter, "block", p.block, "err", err)
	}
}

// disagree notes that the log, folded again, does not give what is on disk: the chapters are of another log, or of another fold.
func (s *shelf) disagree(r ref, key int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strange++; s.strange == 1 {
		s.logger.Error("the archive does not agree with the log: stop the engine and remove the folder, it is made again from the log",
			"chapter", r.chapter, "block", r.block, "archive", Moment(r.last).Time(), "log", Moment(key).Time())
	}
}

// load is the entries of a chunk on disk; none if it is damaged.
func load[T any](s *shelf, c *codec[T], r ref) []T {
	if r.chapter < 0 {
		return nil
	}
	p := place{r.chapter, r.block}
	if items, ok := s.get(p).([]T); ok {
		return items
	}
	b, age, err := s.block(p)
	if err != nil {
		s.damaged(p, err)
		return nil
	}
	var d columnReader
	items, err := c.decode(&d, b)
	if err == nil && len(items) != chunkLen {
		err = fmt.Errorf("%w: %d entries", errColumns, len(items))
	}
	if err != nil {
		s.damaged(p, err)
		return nil
	}
	s.put(p, items, c.size*len(items)+len(b), age)
	return items
}

// ahead is how many chunks are read at a time, beside whoever looks at the ones before.
const ahead = 4

// read yields the chunks that may tell of times up to to, reading ahead.
func (h history[T]) read(past []ref, to int64) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		var due []ref
		for _, r := range past {
			if r.low <= to {
				due = append(due, r)
			}
		}
		if len(due) < 2*ahead {
			for _, r := range due {
				if !yield(load(h.shelf, h.codec, r)) {
					return
				}
			}
			return
		}
		chunks, stop := make(chan []T, ahead), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(chunks)
			for _, r := range due {
				select {
				case chunks <- load(h.shelf, h.codec, r):
				case <-stop:
					return
				}
			}
		}()
		for items := range chunks {
			if !yield(items) {
				return
			}
		}
	}
}

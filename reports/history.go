package reports

import (
	"iter"
	"slices"
	"sort"
)

// chunkLen is how many entries a history holds per chunk: large enough to skip by and to be written as one block, small enough to
// scan, and for the part-filled chunks of every agent to stay in memory.
const chunkLen = 256

// history is an append-only list in the order of a key that never falls (milliseconds). A copy of the value is a snapshot: entries
// are never changed once added, so a reader needs the owner's lock only to copy it. Its oldest chunks may be on disk.
//
// What goes into a history follows from the log alone, and chunks are always cut after the same entries. So a chunk on disk stands
// for the entries of its number: when the log is folded again, they are counted and not kept twice. Where the log has lost its beginning
// (Config.Behind) they cannot be counted: then what is not later than the last entry on disk is taken for one that is there.
type history[T any] struct {
	past  []ref // chunks on disk
	shelf *shelf
	codec *codec[T] // nil: always in memory

	full []chunk[T]
	tail chunk[T]
	n    int   // entries ever added; while the log is folded again, fewer than there are
	skip int64 // of a fold that begins behind the log's start: entries with keys up to this are on disk; 0: none
}

type chunk[T any] struct {
	first, last int64 // keys
	low         int64 // no entry tells of a time before this
	items       []T
}

// ref is a chunk on disk. One whose chapter is lost has the number −1 for it: its entries are missing, those after it are still
// known by their numbers.
type ref struct {
	chapter, block   int32
	low, first, last int64
}

// attach puts what the shelf has of the drawer before the history. It is still empty.
func (h *history[T]) attach(s *shelf, c *codec[T], drawer string) {
	if s == nil {
		return
	}
	h.shelf, h.codec = s, c
	h.past = s.drawers[drawer]
	if n := len(h.past); s.behind && n > 0 {
		h.n, h.skip = n*chunkLen, h.past[n-1].last
	}
}

// add appends v. A key below the last one is raised to it.
func (h *history[T]) add(key int64, v T) { h.addSince(key, key, v) }

// addSince appends v, which tells of times from low on.
func (h *history[T]) addSince(low, key int64, v T) {
	if h.skip != 0 {
		if key <= h.skip {
			return
		}
		h.skip = 0
	}
	if h.n++; h.n <= len(h.past)*chunkLen {
		if i := h.n/chunkLen - 1; h.n%chunkLen == 0 && h.past[i].chapter >= 0 && h.past[i].last != key {
			h.shelf.disagree(h.past[i], key)
		}
		return // on disk already
	}
	if len(h.tail.items) == chunkLen {
		h.full = append(h.full, h.tail)
		h.tail = chunk[T]{first: h.tail.last, last: h.tail.last, items: make([]T, 0, chunkLen)}
	}
	if len(h.tail.items) == 0 {
		if len(h.full) == 0 {
			h.tail.first, h.tail.last = key, key
			if n := len(h.past); n > 0 {
				h.tail.first = h.past[n-1].last
				h.tail.last = max(key, h.tail.first)
			}
		}
		h.tail.low = low
	}
	h.tail.low, h.tail.last = min(h.tail.low, low), max(h.tail.last, key)
	h.tail.items = append(h.tail.items, v)
}

// size is how many entries there are.
func (h *history[T]) size() int { return max(h.n, len(h.past)*chunkLen) }

// span yields the entries of every chunk that may tell of times in [from, to]: all of those, and some more.
func (h history[T]) span(from, to int64) iter.Seq[T] {
	return func(yield func(T) bool) {
		i := sort.Search(len(h.past), func(i int) bool { return h.past[i].last >= from })
		for items := range h.read(h.past[i:], to) {
			for _, v := range items {
				if !yield(v) {
					return
				}
			}
		}
		for i := 0; i <= len(h.full); i++ {
			c := h.chunk(i)
			if c.last < from || c.low > to {
				continue
			}
			for _, v := range c.items {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// chunk is the i-th in memory.
func (h *history[T]) chunk(i int) chunk[T] {
	if i < len(h.full) {
		return h.full[i]
	}
	return h.tail
}

// backward yields all entries, the last one first.
func (h history[T]) backward() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := len(h.full); i >= 0; i-- {
			for _, v := range slices.Backward(h.chunk(i).items) {
				if !yield(v) {
					return
				}
			}
		}
		h.archived()(yield)
	}
}

// archived yields the entries that are on disk, the last one first.
func (h history[T]) archived() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, r := range slices.Backward(h.past) {
			for _, v := range slices.Backward(load(h.shelf, h.codec, r)) {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// after yields the entries from the n-th on, counted from 0.
func (h history[T]) after(n int) iter.Seq[T] {
	return func(yield func(T) bool) {
		i := n / chunkLen
		for ; i < len(h.past); i++ {
			items := load(h.shelf, h.codec, h.past[i])
			for _, v := range items[min(len(items), max(0, n-i*chunkLen)):] {
				if !yield(v) {
					return
				}
			}
		}
		for ; i-len(h.past) <= len(h.full); i++ {
			c := h.chunk(i - len(h.past))
			for _, v := range c.items[min(len(c.items), max(0, n-i*chunkLen)):] {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// outgoing is a chunk that may leave memory.
type outgoing struct {
	drawer           string
	index            int // of the chunk in its history
	low, first, last int64
	encode           func(*columnWriter)
	commit           func(ref) // the chunk is on disk; under the fold's lock
}

// ripe hands out the chunks that may leave memory: the oldest first, whole, the last entry before the time given.
func (h *history[T]) ripe(drawer string, before int64, take func(outgoing)) {
	if h.codec == nil {
		return
	}
	for i, c := range h.full {
		if c.last >= before || h.codec.ripe != nil && slices.ContainsFunc(c.items, func(v T) bool { return !h.codec.ripe(v) }) {
			return
		}
		take(outgoing{
			drawer: drawer, index: len(h.past) + i, low: c.low, first: c.first, last: c.last,
			encode: func(w *columnWriter) { h.codec.encode(w, c.items) },
			commit: func(r ref) {
				h.past = append(h.past, r)
				h.full = slices.Clone(h.full[1:]) // older copies keep theirs
			},
		})
	}
}

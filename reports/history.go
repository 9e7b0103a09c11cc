package reports

import "iter"

// chunkLen is how many entries a history holds per chunk: large enough to skip by, small enough to scan.
const chunkLen = 1024

// history is an append-only list in the order of a key that never falls (milliseconds). A copy of the value is a
// snapshot: entries are never changed once added, so a reader needs the owner's lock only to copy it.
type history[T any] struct {
	full []chunk[T]
	tail chunk[T]
	n    int
}

type chunk[T any] struct {
	first, last int64 // keys
	items       []T
}

// add appends v. A key below the last one is raised to it.
func (h *history[T]) add(key int64, v T) {
	if len(h.tail.items) == chunkLen {
		h.full = append(h.full, h.tail)
		h.tail = chunk[T]{first: h.tail.last, last: h.tail.last, items: make([]T, 0, chunkLen)}
	}
	if len(h.tail.items) == 0 && len(h.full) == 0 {
		h.tail.first, h.tail.last = key, key
	}
	h.tail.last = max(h.tail.last, key)
	h.tail.items = append(h.tail.items, v)
	h.n++
}

// span yields the entries of every chunk that may hold keys in [from, to]: all of those, and some more.
func (h history[T]) span(from, to int64) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := 0; i <= len(h.full); i++ {
			c := h.tail
			if i < len(h.full) {
				c = h.full[i]
			}
			if c.last < from {
				continue
			}
			if c.first > to {
				return
			}
			for _, v := range c.items {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// backward yields all entries, the last one first.
func (h history[T]) backward() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := len(h.full); i >= 0; i-- {
			c := h.tail
			if i < len(h.full) {
				c = h.full[i]
			}
			for j := len(c.items) - 1; j >= 0; j-- {
				if !yield(c.items[j]) {
					return
				}
			}
		}
	}
}

// after yields the entries from the n-th on, counted from 0.
func (h history[T]) after(n int) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := n / chunkLen; i <= len(h.full); i++ {
			c := h.tail
			if i < len(h.full) {
				c = h.full[i]
			}
			for _, v := range c.items[min(len(c.items), max(0, n-i*chunkLen)):] {
				if !yield(v) {
					return
				}
			}
		}
	}
}

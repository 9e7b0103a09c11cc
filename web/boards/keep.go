package boards

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors of keeping boards.
var (
	ErrUnknown = errors.New("boards: there is no such board")
	ErrVersion = errors.New("boards: somebody else has changed the board meanwhile")
	ErrMany    = fmt.Errorf("boards: there are %d boards, and no more can be", MaxBoards)
)

// Bucket keeps the boards; store/local has one.
type Bucket interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
	Each(prefix string, f func(key string, val []byte) bool) error
}

// Shelf is where the boards are kept. Its methods may be called from any goroutine.
type Shelf struct {
	bucket Bucket
	mu     sync.Mutex    // held while a board is changed
	rev    atomic.Uint64 // grows with each change
}

// NewShelf keeps boards in a bucket.
func NewShelf(b Bucket) *Shelf { return &Shelf{bucket: b} }

// Rev grows with each change of any board.
func (s *Shelf) Rev() uint64 { return s.rev.Load() }

// Get returns a board; the standard one as Main unless that was changed. ErrUnknown: there is none.
func (s *Shelf) Get(name string) (*Wallboard, error) {
	if !ValidName(name) {
		return nil, ErrUnknown
	}
	raw, err := s.bucket.Get(name)
	if err != nil {
		return nil, fmt.Errorf("boards: %w", err)
	}
	if raw == nil {
		if name == Main {
			return Standard(), nil
		}
		return nil, ErrUnknown
	}
	b := new(Wallboard)
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("boards: %s: %w", name, err)
	}
	return b, nil
}

// List returns all boards by their names, Main first. What cannot be read is left out.
func (s *Shelf) List() ([]*Wallboard, error) {
	var all []*Wallboard
	err := s.bucket.Each("", func(_ string, raw []byte) bool {
		b := new(Wallboard)
		if json.Unmarshal(raw, b) == nil {
			all = append(all, b)
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("boards: %w", err)
	}
	if !slices.ContainsFunc(all, func(b *Wallboard) bool { return b.Name == Main }) {
		all = append(all, Standard())
	}
	slices.SortFunc(all, func(a, b *Wallboard) int {
		switch {
		case a.Name == Main:
			return -1
		case b.Name == Main:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

// Put keeps a board that was checked; b.Version is the version it was made from, and the next one when Put returns. allow is
// asked with the board as it is kept now, nil for none, and then noted; what it refuses does not happen.
func (s *Shelf) Put(b *Wallboard, allow func(old *Wallboard) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.Get(b.Name)
	if errors.Is(err, ErrUnknown) {
		old, err = nil, s.room()
	}
	if err != nil {
		return err
	}
	if have := version(old); have != b.Version {
		return ErrVersion
	}
	if err := allow(old); err != nil {
		return err
	}
	b.Version++
	raw, err := json.Marshal(b)
	if err == nil {
		err = s.bucket.Put(b.Name, raw)
	}
	if err != nil {
		return fmt.Errorf("boards: %s: %w", b.Name, err)
	}
	s.rev.Add(1)
	return nil
}

// Delete takes a board away, as Put keeps it; Main is the standard board again.
func (s *Shelf) Delete(name string, of int, allow func(old *Wallboard) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.Get(name)
	switch {
	case err != nil:
		return err
	case old.Version != of:
		return ErrVersion
	}
	if err := allow(old); err != nil {
		return err
	}
	if err := s.bucket.Delete(name); err != nil {
		return fmt.Errorf("boards: %s: %w", name, err)
	}
	s.rev.Add(1)
	return nil
}

func version(b *Wallboard) int {
	if b == nil {
		return 0
	}
	return b.Version
}

// room says whether one more board can be kept.
func (s *Shelf) room() error {
	n := 0
	if err := s.bucket.Each("", func(string, []byte) bool { n++; return true }); err != nil {
		return fmt.Errorf("boards: %w", err)
	}
	if n >= MaxBoards {
		return ErrMany
	}
	return nil
}

package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Copy is the store as it was at one moment: what a backup is made of. Appending goes on meanwhile; no segment is taken away
// before Close.
type Copy struct {
	First, Last uint64 // events in it
	Files       []CopyFile

	state *os.File // without a name
	store *Store
}

// CopyFile is one file of a Copy: its name below the folder, with slashes, and its length in bytes.
type CopyFile struct {
	Name string
	Size int64
	from func(io.Writer) error
}

// Write writes the file's Size bytes.
func (f CopyFile) Write(w io.Writer) error { return f.from(w) }

// Copy begins a copy. The state is at most as late as the log: a snapshot in it is never of events that the copy has not. prepare, if
// not nil, is called between the two. Close must be called.
func (s *Store) Copy(prepare func() error) (_ *Copy, err error) {
	c := &Copy{store: s}
	s.holdSegments(1)
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if c.state, err = s.copyState(); err != nil {
		return nil, fmt.Errorf("store/local: copy: %w", err)
	}
	info, err := c.state.Stat()
	if err != nil {
		return nil, fmt.Errorf("store/local: copy: %w", err)
	}
	c.Files = append(c.Files, CopyFile{"state.db", info.Size(), func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(c.state, 0, info.Size()))
		return err
	}})
	if prepare != nil {
		if err := prepare(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.First, c.Last = s.segments[0].first, s.ring.lastSeq()
	for _, seg := range s.segments {
		c.Files = append(c.Files, CopyFile{path.Join("log", filepath.Base(seg.path)), seg.end, seg.copier(seg.end)})
	}
	return c, nil
}

// copier writes the segment's first bytes: what is in the log now.
func (g *segment) copier(end int64) func(io.Writer) error {
	return func(w io.Writer) error {
		f, err := os.Open(g.path)
		if err != nil {
			return err
		}
		defer f.Close()
		if n, err := io.Copy(w, io.NewSectionReader(f, 0, end)); err != nil || n != end {
			return fmt.Errorf("store/local: %s: %d of %d bytes: %w", g.path, n, end, err)
		}
		return nil
	}
}

// Close ends the copy.
func (c *Copy) Close() error {
	if c.store == nil {
		return nil
	}
	c.store.holdSegments(-1)
	c.store = nil
	if c.state == nil {
		return nil
	}
	return c.state.Close()
}

// copyState copies the state of one moment to a file without a name: a transaction that lasted as long as somebody reads would
// hold up all that is written, once the file has to grow.
func (s *Store) copyState() (*os.File, error) {
	f, err := os.CreateTemp(s.dir, "state-*.tmp")
	if err != nil {
		return nil, err
	}
	err = s.state.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Store) holdSegments(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += n
}

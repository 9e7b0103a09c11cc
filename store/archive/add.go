package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Disk is what making a chapter asks of the disk, step by step: a test may stop it after any.
type Disk interface {
	// Write makes the file with these bytes, and they are on the platter when it returns.
	Write(path string, b []byte) error
	// Append adds to the file, or makes it, likewise.
	Append(path string, b []byte) error
	// Rename gives the file its name, in one step.
	Rename(from, to string) error
	// Sync puts the folder's names on the platter.
	Sync(dir string) error
}

type machine struct{}

func (machine) Write(path string, b []byte) error {
	return write(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, b)
}

func (machine) Append(path string, b []byte) error {
	return write(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, b)
}

func write(path string, flags int, b []byte) error {
	f, err := os.OpenFile(path, flags, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (machine) Rename(from, to string) error { return os.Rename(from, to) }

func (machine) Sync(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Add writes a further chapter. When it returns nil, the chapter is on the platter and is read; after an error it is not there, or it
// is and the next Open finds it: the same blocks are then known by what stands in them.
func (a *Archive) Add(blocks [][]byte) error {
	b, err := encode(blocks)
	if err != nil {
		return err
	}
	a.adding.Lock()
	defer a.adding.Unlock()
	n := a.Chapters()
	temp, path := a.path(n)+unfinished, a.path(n)
	if err := a.disk.Write(temp, b); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if err := a.disk.Rename(temp, path); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if err := a.disk.Sync(a.dir); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if err := a.note(n, int64(len(b))); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	spans, err := table(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chapters, a.bytes = append(a.chapters, chapter{blocks: spans}), a.bytes+int64(len(b))
	return nil
}

// Replace writes a chapter anew with others in the place of some of its blocks. When it returns nil, that is on the platter and nothing of
// the former blocks is in the folder; after an error, or a power cut, the chapter is as it was or as it is to be.
func (a *Archive) Replace(n int, blocks map[int][]byte) error {
	a.adding.Lock()
	defer a.adding.Unlock()
	a.mu.Lock()
	if n < 0 || n >= len(a.chapters) {
		a.mu.Unlock()
		return fmt.Errorf("%w: %d", ErrMissing, n)
	}
	was := a.chapters[n]
	a.mu.Unlock()
	all := make([][]byte, len(was.blocks))
	var err error
	for i := range all {
		if b, ok := blocks[i]; ok {
			all[i] = b
		} else if all[i], err = a.Block(n, i); err != nil { // damage is not to be sealed by a new checksum
			return err
		}
	}
	b, err := encode(all)
	if err != nil {
		return err
	}
	// Both lengths are right until the file has its name.
	if err := a.note(n, int64(len(b))); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	temp := a.path(n) + unfinished
	if err := a.disk.Write(temp, b); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	spans, err := table(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	a.mu.Lock() // nobody opens the new file for where blocks were in the old one
	if err := a.disk.Rename(temp, a.path(n)); err != nil {
		a.mu.Unlock()
		return fmt.Errorf("archive: %w", err)
	}
	for _, s := range was.blocks {
		a.bytes -= int64(s.len)
	}
	for _, s := range spans {
		a.bytes += int64(s.len)
	}
	a.chapters[n] = chapter{blocks: spans}
	if f := a.open[n]; f != nil {
		f.Close()
		delete(a.open, n)
	}
	a.mu.Unlock()
	if err := a.disk.Sync(a.dir); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// The manifest is a line of text for each chapter, its number and its length in bytes: so that one whose file is gone is known to
// have been there. A chapter that was written anew has a further line; each of its lengths is good.
func (a *Archive) manifestPath() string { return filepath.Join(a.dir, "manifest") }

func (a *Archive) note(n int, size int64) error {
	return a.disk.Append(a.manifestPath(), fmt.Appendf(nil, "%d %d\n", n, size))
}

// manifest is the lengths that each chapter may have. A last line that was cut short is taken away; one that makes no sense, or comes out
// of order, ends what can be known.
func (a *Archive) manifest() ([][]int64, error) {
	b, err := os.ReadFile(a.manifestPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var sizes [][]int64
	good := 0
	for rest := b; ; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		number, length, _ := bytes.Cut(line, []byte(" "))
		n, err1 := strconv.Atoi(string(number))
		size, err2 := strconv.ParseInt(string(length), 10, 64)
		if !whole || err1 != nil || err2 != nil || n < 0 || n > len(sizes) {
			break
		}
		if n == len(sizes) {
			sizes = append(sizes, nil)
		}
		sizes[n], rest = append(sizes[n], size), after
		good += len(line) + 1
	}
	if good < len(b) {
		if err := os.Truncate(a.manifestPath(), int64(good)); err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

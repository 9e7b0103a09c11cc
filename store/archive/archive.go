package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Errors of reading.
var (
	// ErrDamaged says that a block, or a chapter, is not what was written.
	ErrDamaged = errors.New("archive: damaged")
	// ErrMissing says that a chapter's file is gone.
	ErrMissing = errors.New("archive: chapter is missing")
)

const (
	chapterExt  = ".chapter"
	unfinished  = ".new"
	maxOpen     = 200     // files that are held open
	maxChapters = 1 << 20 // a greater number in a name is not ours
)

// Config is what an Archive needs.
type Config struct {
	Dir    string
	Logger *slog.Logger // nil: none
	// Disk stands between the archive and the disk, for tests; nil: the machine's.
	Disk Disk
}

// Archive is the chapters in a folder. Its methods may be called from anywhere.
type Archive struct {
	dir    string
	logger *slog.Logger
	disk   Disk

	adding sync.Mutex // one Add at a time

	mu       sync.Mutex
	chapters []chapter
	open     map[int]*os.File
	damage   map[Damage]bool
	bytes    int64
}

// chapter is one file. A chapter whose file is gone or unreadable has no offsets.
type chapter struct {
	blocks []span
	err    error
}

// Damage is one place that could not be read. Block −1 is the whole chapter.
type Damage struct {
	Chapter int
	Block   int
	Why     string
}

// Open opens the folder, or makes it. What an Add that was cut short has left is removed. Chapters that are missing or damaged are
// named in the log and in Damage; the others are served.
func Open(cfg Config) (*Archive, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Disk == nil {
		cfg.Disk = machine{}
	}
	a := &Archive{dir: cfg.Dir, logger: cfg.Logger, disk: cfg.Disk, open: map[int]*os.File{}, damage: map[Damage]bool{}}
	if err := os.MkdirAll(a.dir, 0o750); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if err := a.list(); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return a, nil
}

func (a *Archive) path(n int) string {
	return filepath.Join(a.dir, fmt.Sprintf("%08d%s", n, chapterExt))
}

// list finds the chapters: those of the manifest, and the one whose Add was cut short between its name and the manifest.
func (a *Archive) list() error {
	known, err := a.manifest()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return err
	}
	n := len(known)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), unfinished) {
			if err := os.Remove(filepath.Join(a.dir, e.Name())); err != nil {
				return err
			}
			continue
		}
		digits, ok := strings.CutSuffix(e.Name(), chapterExt)
		i, err := strconv.Atoi(digits)
		if ok && err == nil && i >= 0 && i < maxChapters {
			n = max(n, i+1)
		}
	}
	for i := range n {
		c, size := a.scan(i)
		if c.err == nil && i < len(known) && !slices.Contains(known[i], size) {
			a.damaged(i, -1, fmt.Errorf("%w: %d bytes, not %d", ErrDamaged, size, known[i][len(known[i])-1]))
		}
		if c.err != nil {
			a.damaged(i, -1, c.err)
		}
		a.chapters, a.bytes = append(a.chapters, c), a.bytes+size
		if i >= len(known) {
			if err := a.note(i, size); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan reads where the blocks of a chapter stand.
func (a *Archive) scan(n int) (chapter, int64) {
	f, err := os.Open(a.path(n))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return chapter{err: fmt.Errorf("%w: %d", ErrMissing, n)}, 0
	case err != nil:
		return chapter{err: err}, 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return chapter{err: err}, 0
	}
	blocks, err := table(f, info.Size())
	if err != nil {
		a.damaged(n, -1, err)
		if blocks, err = walk(f, info.Size()); err != nil { // the table is damaged, not the blocks
			return chapter{err: err}, info.Size()
		}
	}
	return chapter{blocks: blocks}, info.Size()
}

// Chapters is how many there are, missing ones included.
func (a *Archive) Chapters() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.chapters)
}

// Bytes is what the chapters take on the disk.
func (a *Archive) Bytes() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bytes
}

// Damage lists what could not be read since the archive was opened, in no order.
func (a *Archive) Damage() []Damage {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Damage, 0, len(a.damage))
	for d := range a.damage {
		out = append(out, d)
	}
	return out
}

func (a *Archive) damaged(chapter, block int, err error) {
	d := Damage{chapter, block, err.Error()}
	a.mu.Lock()
	known := a.damage[d]
	a.damage[d] = true
	a.mu.Unlock()
	if !known {
		a.logger.Error("archive: damaged", "chapter", a.path(chapter), "block", block, "err", err)
	}
}

// Block reads one block; a number below 0 counts from the last.
func (a *Archive) Block(n, block int) ([]byte, error) {
	f, at, err := a.find(n, &block)
	if err != nil {
		return nil, err
	}
	b, err := readBlock(f, at)
	if errors.Is(err, os.ErrClosed) { // another read needed the room meanwhile
		if f, at, err = a.find(n, &block); err == nil {
			b, err = readBlock(f, at)
		}
	}
	if err != nil {
		err = fmt.Errorf("archive: chapter %d block %d: %w", n, block, err)
		a.damaged(n, block, err)
		return nil, err
	}
	return b, nil
}

// find opens the chapter's file, if it is not open.
func (a *Archive) find(n int, block *int) (*os.File, span, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n < 0 || n >= len(a.chapters) {
		return nil, span{}, fmt.Errorf("%w: %d", ErrMissing, n)
	}
	c := a.chapters[n]
	if c.err != nil {
		return nil, span{}, c.err
	}
	if *block < 0 {
		*block += len(c.blocks)
	}
	if *block < 0 || *block >= len(c.blocks) || c.blocks[*block].len == 0 {
		return nil, span{}, fmt.Errorf("%w: chapter %d has no block %d", ErrDamaged, n, *block)
	}
	f := a.open[n]
	if f == nil {
		var err error
		if f, err = os.Open(a.path(n)); err != nil {
			return nil, span{}, fmt.Errorf("archive: %w", err)
		}
		for i, other := range a.open {
			if len(a.open) < maxOpen {
				break
			}
			other.Close()
			delete(a.open, i)
		}
		a.open[n] = f
	}
	return f, c.blocks[*block], nil
}

// Close closes the files. Nothing may be called after it.
func (a *Archive) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.open {
		f.Close()
		delete(a.open, i)
	}
	return nil
}

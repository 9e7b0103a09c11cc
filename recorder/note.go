package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"hotline"
)

const (
	// notesDir holds what says which recordings are not stored yet. It is a folder of its own so that a start need not
	// look through all recordings there are.
	notesDir = "open"
	// notesFile is that list: a line for each that begins, a line for each that is stored. One file that grows, and not a
	// note for each recording: making and deleting files costs more than everything else in recording a short call.
	notesFile = notesDir + "/recordings.jsonl"
	// notesMost is how large the list may grow before it is written anew with what still counts; it is larger while that is
	// much.
	notesMost = 1 << 20
	// dayLayout is the folder of a recording, by the day on which it began (UTC).
	dayLayout = "2006/01/02"
)

// notes is the list of recordings that are not stored yet. Its methods may be called from any goroutine.
type notes struct {
	root *os.Root
	log  *slog.Logger

	mu    sync.Mutex // guards all below
	read  bool       // what an earlier run left is in open
	file  *os.File   // nil: not open, or the disk refused
	size  int64
	limit int64           // of size, for tidy
	dirty bool            // not on the platter yet
	open  map[string]Info // by file
	old   map[string]bool // of open, those whose note is a file of its own: former versions wrote them
}

// noteLine is one line of the list.
type noteLine struct {
	Open   *Info    `json:"open,omitempty"`
	Stored []string `json:"stored,omitempty"`
}

// add notes a recording that begins. It is on the disk for a crash of this process, with sync for one of the machine.
func (n *notes) add(info Info) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load()
	if _, again := n.open[info.File]; again { // the file could not be made the last time
		return nil
	}
	if err := n.line(noteLine{Open: &info}); err != nil {
		return err
	}
	n.open[info.File] = info
	return nil
}

// remove takes notes away. One that stays is only looked at again at the next start.
func (n *notes) remove(files ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load()
	files = slices.DeleteFunc(files, func(f string) bool {
		if n.old[f] {
			if err := n.root.Remove(path.Join(notesDir, strings.TrimSuffix(path.Base(f), wavExt)+jsonExt)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				n.log.Warn("note of a stored recording stays", "file", f, "error", err)
			}
			delete(n.old, f)
			delete(n.open, f)
		}
		_, there := n.open[f]
		delete(n.open, f)
		return !there
	})
	if len(files) == 0 {
		return
	}
	if err := n.line(noteLine{Stored: files}); err != nil {
		n.log.Warn("notes of stored recordings stay", "files", len(files), "error", err)
	}
	n.tidy()
}

// line appends to the list. mu is held.
func (n *notes) line(l noteLine) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if n.file == nil {
		if err := n.root.MkdirAll(notesDir, 0o750); err != nil {
			return err
		}
		if n.file, err = n.root.OpenFile(notesFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640); err != nil {
			n.file = nil
			return err
		}
		b = append([]byte("\n"), b...) // the last line may be torn
	}
	n.dirty = true
	k, err := n.file.Write(append(b, '\n'))
	n.size += int64(k)
	if err != nil {
		n.close()
	}
	return err
}

func (n *notes) close() {
	if n.file != nil {
		n.file.Close() // what counts was written, and is synced by sync
		n.file = nil
	}
}

// tidy keeps the list short. mu is held.
func (n *notes) tidy() {
	if n.size < max(n.limit, notesMost) || n.file == nil {
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, info := range n.open {
		if n.old[info.File] {
			continue
		}
		if err := enc.Encode(noteLine{Open: &info}); err != nil {
			return
		}
	}
	n.size, n.limit = int64(b.Len()), 2*int64(b.Len())
	n.close()
	err := n.root.WriteFile(notesFile+tmpExt, b.Bytes(), 0o640)
	if err == nil {
		err = n.root.Rename(notesFile+tmpExt, notesFile)
	}
	if err != nil {
		n.log.Warn("the list of open recordings grows", "error", err)
	}
}

// sync makes what is noted outlive a power cut.
func (n *notes) sync() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.dirty || n.file == nil {
		return nil
	}
	if err := n.file.Sync(); err != nil {
		return err
	}
	n.dirty = false
	return nil
}

// all is the recordings that are not stored yet.
func (n *notes) all() ([]Info, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load()
	entries, err := fs.ReadDir(n.root.FS(), notesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	for _, e := range entries {
		if base, ok := strings.CutSuffix(e.Name(), jsonExt); ok { // others were left in the midst of writing
			info := n.oldNote(e.Name(), base)
			n.open[info.File], n.old[info.File] = info, true
		}
	}
	all := make([]Info, 0, len(n.open))
	for _, info := range n.open {
		all = append(all, info)
	}
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.File, b.File) })
	return all, nil
}

// load reads what an earlier run left. mu is held.
func (n *notes) load() {
	if n.read {
		return
	}
	n.read = true
	b, err := fs.ReadFile(n.root.FS(), notesFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.log.Error("the list of open recordings cannot be read", "error", err)
	}
	n.size = int64(len(b))
	for line := range bytes.Lines(b) {
		var l noteLine
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &l); err != nil {
			n.log.Warn("a note of a recording cannot be read", "error", err) // torn by a power cut
			continue
		}
		if l.Open != nil && safeName(l.Open.Contact) && path.Ext(l.Open.File) == wavExt {
			n.open[l.Open.File] = *l.Open
		}
		for _, f := range l.Stored {
			delete(n.open, f)
		}
	}
}

// oldNote reads a note that is a file of its own.
func (n *notes) oldNote(file, base string) (info Info) {
	b, err := fs.ReadFile(n.root.FS(), path.Join(notesDir, file))
	if err == nil {
		err = json.Unmarshal(b, &info)
	}
	if err != nil || !safeName(info.Contact) || path.Base(info.File) != base+wavExt {
		n.log.Warn("note of a recording cannot be read, going by its name", "note", file, "error", err)
		info = Info{File: n.find(base + wavExt), Contact: hotline.ContactID(base), Call: hotline.CallID(base)}
	}
	return info
}

// find looks for a file in the days' folders, the newest first. One that is nowhere is taken to lie at the top.
func (n *notes) find(base string) string {
	found, err := fs.Glob(n.root.FS(), "[0-9]*/[0-9]*/[0-9]*/"+base)
	if err != nil || len(found) == 0 {
		return base
	}
	slices.Sort(found)
	return found[len(found)-1]
}

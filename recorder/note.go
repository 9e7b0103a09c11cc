package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"hotline"
)

const (
	// notesDir holds a note for every recording that is not stored yet: an Info with what is known from the start. It is
	// a folder of its own so that a start need not look through all recordings there are.
	notesDir = "open"
	// dayLayout is the folder of a recording, by the day on which it began (UTC).
	dayLayout = "2006/01/02"
)

func noteFile(name string) string { return path.Join(notesDir, path.Base(name)+jsonExt) }

func (r *Recorder) writeNote(info Info) error {
	b, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := r.root.MkdirAll(notesDir, 0o750); err != nil {
		return err
	}
	return r.writeFile(noteFile(strings.TrimSuffix(info.File, wavExt)), b, false)
}

// syncNote makes a note outlive a power cut. A recording without is still found by its file name.
func (r *Recorder) syncNote(name string) {
	if err := r.syncFile(noteFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.cfg.Logger.Warn("note of a recording is not on the disk", "file", name, "error", err)
	}
}

// removeNote takes a note away. One that stays is only looked at again at the next start.
func (r *Recorder) removeNote(name string) {
	if name == "" {
		return
	}
	if err := r.root.Remove(noteFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.cfg.Logger.Warn("note of a stored recording stays", "file", name, "error", err)
	}
}

// notes are the recordings that are not stored yet.
func (r *Recorder) notes() ([]Info, error) {
	entries, err := fs.ReadDir(r.root.FS(), notesDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	var all []Info
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), jsonExt)
		if !ok {
			continue // left in the midst of writing
		}
		var info Info
		b, err := fs.ReadFile(r.root.FS(), path.Join(notesDir, e.Name()))
		if err == nil {
			err = json.Unmarshal(b, &info)
		}
		if err != nil || !safeName(info.Contact) || path.Base(info.File) != base+wavExt {
			r.cfg.Logger.Warn("note of a recording cannot be read, going by its name", "note", e.Name(), "error", err)
			info = Info{File: r.find(base + wavExt), Contact: hotline.ContactID(base), Call: hotline.CallID(base)}
		}
		all = append(all, info)
	}
	return all, nil
}

// find looks for a file in the days' folders, the newest first. One that is nowhere is taken to lie at the top.
func (r *Recorder) find(base string) string {
	found, err := fs.Glob(r.root.FS(), "[0-9]*/[0-9]*/[0-9]*/"+base)
	if err != nil || len(found) == 0 {
		return base
	}
	slices.Sort(found)
	return found[len(found)-1]
}

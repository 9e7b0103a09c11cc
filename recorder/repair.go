package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"

	"hotline"
)

// Repair closes what a crash left open: it makes each WAV's head true, rebuilds the spans from the log's history, writes
// the sidecar and appends RecordingStored with Repaired. It returns the number of recordings repaired; one that cannot be
// is reported as RecordingFailed and left as it is, the others go on.
func (r *Recorder) Repair(ctx context.Context, history iter.Seq2[hotline.Event, error]) (int, error) {
	notes, err := r.openNotes()
	if err != nil || len(notes) == 0 {
		return 0, err
	}
	stories := map[hotline.ContactID]*story{}
	sealed := map[hotline.ContactID]bool{}
	for _, n := range notes {
		stories[n.info.Contact] = new(story)
	}
	for ev, err := range history {
		if err != nil {
			return 0, fmt.Errorf("recorder: reading the log to repair: %w", err)
		}
		if st := stories[ev.Contact]; st != nil {
			st.apply(ev)
			if _, ok := ev.Fact.(hotline.RecordingStored); ok {
				sealed[ev.Contact] = true
			}
		}
	}
	repaired := 0
	for _, n := range notes {
		if ctx.Err() != nil {
			return repaired, ctx.Err()
		}
		if sealed[n.info.Contact] { // the crash came between the log and the note
			if err := r.root.Remove(n.name + openExt); err != nil {
				return repaired, fmt.Errorf("recorder: %w", err)
			}
			continue
		}
		if err := r.repair(n, stories[n.info.Contact]); err != nil {
			r.failures.Add(1)
			r.cfg.Logger.Error("recording cannot be repaired", "contact", n.info.Contact, "error", err)
			r.tell(n.info.Contact, n.info.Call, hotline.RecordingFailed{Error: err.Error()})
			continue
		}
		repaired++
	}
	return repaired, nil
}

// note is an open note found on the disk.
type note struct {
	name string // path without extension
	info Info
}

func (r *Recorder) openNotes() ([]note, error) {
	var notes []note
	err := fs.WalkDir(r.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != openExt {
			return err
		}
		n := note{name: strings.TrimSuffix(p, openExt)}
		b, err := fs.ReadFile(r.root.FS(), p)
		if err == nil {
			err = json.Unmarshal(b, &n.info)
		}
		if err != nil || !safeName(n.info.Contact) {
			r.cfg.Logger.Warn("open note cannot be read, going by its name", "file", p, "error", err)
			n.info = Info{Contact: hotline.ContactID(path.Base(n.name)), Call: hotline.CallID(path.Base(n.name))}
		}
		notes = append(notes, n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	return notes, nil
}

// repair makes one file whole. The audio in the file is the truth, whatever its head says.
func (r *Recorder) repair(n note, st *story) error {
	f, err := r.root.OpenFile(n.name+wavExt, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	codec, size, err := fixHead(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	info := n.info
	info.Codec = codec
	info.Spans = st.spans(info.Began, (size-headLen)*1000/(rate*channels))
	return r.seal(n.name, &info, true)
}

// fixHead makes the head of a file tell its real length, an odd byte at the end cut off.
func fixHead(f *os.File) (codec string, size int64, err error) {
	var h [headLen]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		return "", 0, fmt.Errorf("%w: %w", errNoWAV, err)
	}
	c, _, err := codecOf(h[:])
	if err != nil {
		return "", 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	n := (st.Size() - headLen) / channels * channels
	if err := f.Truncate(headLen + n); err != nil {
		return "", 0, err
	}
	h = wavHead(c, n)
	if _, err := f.WriteAt(h[:], 0); err != nil {
		return "", 0, err
	}
	return c.String(), headLen + n, f.Sync()
}

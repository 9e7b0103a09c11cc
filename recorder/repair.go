package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"hotline"
	"hotline/media"
)

// Repair closes what a crash left open: it makes each WAV's head true, rebuilds the spans from the log's history, writes
// the sidecar and appends RecordingStored with Repaired. It returns the number of recordings repaired. One that cannot be is
// reported as RecordingFailed and the others go on; where that was the disk's or the log's fault, Run tries it again.
func (r *Recorder) Repair(ctx context.Context, history iter.Seq2[hotline.Event, error]) (int, error) {
	notes, err := r.notes.all()
	if err != nil || len(notes) == 0 {
		return 0, err
	}
	stories := map[hotline.ContactID]*story{}
	stored := map[string]bool{}
	for _, n := range notes {
		stories[n.Contact] = new(story)
	}
	for ev, err := range history {
		if err != nil {
			return 0, fmt.Errorf("recorder: reading the log to repair: %w", err)
		}
		if st := stories[ev.Contact]; st != nil {
			st.apply(ev)
			if f, ok := ev.Fact.(hotline.RecordingStored); ok {
				stored[f.File] = true
			}
		}
	}
	repaired := 0
	for _, n := range notes {
		if ctx.Err() != nil {
			return repaired, ctx.Err()
		}
		name := strings.TrimSuffix(n.File, wavExt)
		if stored[n.File] { // the crash came between the log and the note
			r.notes.remove(n.File)
			continue
		}
		t := &take{name: name, info: n, repaired: true}
		t.info.Codec, t.info.Spans, err = r.mend(n, stories[n.Contact])
		if err != nil {
			r.failures.Add(1)
			t.counted = true
			r.cfg.Logger.Error("recording cannot be repaired", "contact", n.Contact, "error", err)
			if t.excused = r.tell(n.Contact, n.Call, hotline.RecordingFailed{Error: err.Error()}) == nil; t.final(err) {
				r.notes.remove(n.File)
			}
			continue
		}
		r.sealer.try(t)
		if t.stored {
			repaired++
		}
	}
	return repaired, nil
}

// mend makes one file whole. The audio in the file is the truth, whatever its head says.
func (r *Recorder) mend(n Info, st *story) (codec string, spans []Span, err error) {
	f, err := r.root.OpenFile(n.File, os.O_RDWR, 0)
	if err != nil {
		return "", nil, err
	}
	codec, size, err := fixHead(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, err
	}
	if noted, ok := media.CodecNamed(n.Codec); ok && noted.Wide() && tickNamed(codec) == tickOf(noted) {
		codec = n.Codec // wide-band sound is in the file as 16 bits, whichever codec it came in
	}
	if n.Began.IsZero() {
		return codec, nil, nil // the note was lost, and with it the time line
	}
	return codec, st.spans(n.Began, (size-headLen)*1000/(rate*tickNamed(codec))), nil
}

// fixHead makes the head of a file tell its real length, a torn sample at the end cut off.
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
	n := (st.Size() - headLen) / tickOf(c) * tickOf(c)
	if err := f.Truncate(headLen + n); err != nil {
		return "", 0, err
	}
	h = wavHead(c, n)
	if _, err := f.WriteAt(h[:], 0); err != nil {
		return "", 0, err
	}
	return c.String(), headLen + n, f.Sync()
}

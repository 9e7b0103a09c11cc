package reports

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"

	"hotline"
	"hotline/reports/graph"
)

// ErrStill says that a snapshot of the fold cannot be used: it is damaged, or of a program that counted otherwise. The fold is to be
// made from the log then.
var ErrStill = errors.New("reports: snapshot cannot be used")

// stillVersion is to be raised when what the fold has counted so far would be counted otherwise now: a field that is merely new or
// gone needs nothing.
const stillVersion = 1

const stillMagic = "hotstill"

// Still is all that the fold knows beside what its chapters hold, as it is after the event of the number returned: with it the log
// before that event need not be read again. Facts wait while the fold is copied, not while the copy is packed.
func (f *Fold) Still() (data []byte, seq uint64, err error) {
	state, beside, seq, err := f.still()
	if err != nil {
		return nil, 0, fmt.Errorf("reports: snapshot: %w", err)
	}
	var out bytes.Buffer
	out.WriteString(stillMagic)
	head := binary.AppendUvarint(nil, stillVersion)
	head = binary.AppendUvarint(head, uint64(len(state)))
	out.Write(binary.AppendUvarint(head, uint64(len(beside))))
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, 0, fmt.Errorf("reports: snapshot: %w", err)
	}
	for _, part := range [][]byte{state, beside} {
		if _, err := w.Write(part); err != nil {
			return nil, 0, fmt.Errorf("reports: snapshot: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, 0, fmt.Errorf("reports: snapshot: %w", err)
	}
	return binary.LittleEndian.AppendUint32(out.Bytes(), crc32.Checksum(out.Bytes(), crc32.MakeTable(crc32.Castagnoli))), seq, nil
}

// besideStill is what is known beside the fold's own fields.
type besideStill struct {
	Metrics metricsStill
	Below   map[hotline.QueueID]Moment
	Alarms  occurrences
}

// still copies the fold and what is beside it, and writes the copy down while facts go on.
func (f *Fold) still() (state, beside []byte, seq uint64, err error) {
	copied, beside, err := f.clone()
	if err != nil {
		return nil, nil, 0, err
	}
	state, err = graph.Encode(copied, stillConfig())
	return state, beside, copied.seq, err
}

// clone copies what may still change; histories and closed visits are shared, as with every query.
func (f *Fold) clone() (*Fold, []byte, error) {
	f.tidying.Lock() // no contact is on its way to a chapter
	defer f.tidying.Unlock()
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	beside, err := graph.Encode(&besideStill{f.metrics.still(), f.board.below, f.board.alarms}, graph.Config{})
	return graph.Clone(f, stillConfig()), beside, err
}

// Restore makes a fold that has applied nothing yet into the one that Still was asked of. The config may be another one: names,
// targets and chapters are those of this fold. After an error, which is ErrStill, the fold is to be thrown away.
func (f *Fold) Restore(data []byte) error {
	state, beside, err := openStill(data)
	if err != nil {
		return err
	}
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seq != 0 {
		return fmt.Errorf("%w: the fold has applied events", ErrStill)
	}
	if err := graph.Decode(state, f, stillConfig()); err != nil {
		return fmt.Errorf("%w: %w", ErrStill, err)
	}
	f.restored()
	f.metrics.restore(beside.Metrics)
	if beside.Below != nil {
		f.board.below = beside.Below
	}
	if beside.Alarms.open != nil {
		f.board.alarms = beside.Alarms
	}
	return nil
}

// openStill unpacks a snapshot.
func openStill(data []byte) (state []byte, beside besideStill, err error) {
	bad := func(why string) ([]byte, besideStill, error) {
		return nil, besideStill{}, fmt.Errorf("%w: %s", ErrStill, why)
	}
	n := len(data) - 4
	if n < len(stillMagic) || string(data[:len(stillMagic)]) != stillMagic {
		return bad("not a snapshot")
	}
	if crc32.Checksum(data[:n], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(data[n:]) {
		return bad("damaged")
	}
	in := bytes.NewReader(data[len(stillMagic):n])
	var head [3]uint64
	for i := range head {
		if head[i], err = binary.ReadUvarint(in); err != nil {
			return bad("damaged")
		}
	}
	if head[0] != stillVersion {
		return bad(fmt.Sprintf("version %d, this program makes %d", head[0], stillVersion))
	}
	all, err := io.ReadAll(flate.NewReader(in))
	if err != nil || head[1]+head[2] != uint64(len(all)) || head[1] > uint64(len(all)) {
		return bad("damaged")
	}
	if err := graph.Decode(all[head[1]:], &beside, graph.Config{}); err != nil {
		return bad(err.Error())
	}
	return all[:head[1]], beside, nil
}

// stillConfig says what of the fold is kept: everything but what a new fold has by itself.
func stillConfig() graph.Config {
	own := reflect.TypeFor[Fold]().PkgPath()
	without := map[string]bool{
		"Config": true, "metrics": true, "board": true, "book": true, "shelf": true, "codecs": true, "squeezer": true, "stacks": true,
		"packer": true, "binder": true, "demandCache": true, "ref": true,
	}
	kept := map[string]bool{ // entries of histories
		"span": true, "surveyStep": true, "codeStep": true, "transferStep": true, "breakEnd": true, "ownStep": true, "heardCell": true,
		"ivrCell": true, "lineCell": true,
	}
	return graph.Config{
		Skip: func(t reflect.Type) bool {
			switch t.PkgPath() {
			case own:
				return without[t.Name()] || strings.HasPrefix(t.Name(), "codec[")
			case "sync", "sync/atomic", "log/slog", "context":
				return true
			}
			return false
		},
		Shared: func(t reflect.Type) bool { return t.Elem().PkgPath() == own && kept[t.Elem().Name()] },
		Settled: func(t reflect.Type, p unsafe.Pointer) bool {
			return t == reflect.TypeFor[visit]() && (*visit)(p).closed != 0
		},
		Interface: reflect.TypeFor[hotline.Fact](),
		Encode: func(v any) ([]byte, error) {
			return hotline.MarshalEvent(hotline.Event{At: time.UnixMilli(0), Fact: v.(hotline.Fact)})
		},
		Decode: func(b []byte) (any, error) {
			ev, err := hotline.UnmarshalEvent(b)
			return ev.Fact, err
		},
	}
}

// restored ties what was read to this fold's chapters, which may have grown since the snapshot. The caller holds the lock.
func (f *Fold) restored() {
	f.attach(f.shelf)
	for _, a := range f.agents {
		a.attach(f.shelf)
	}
	// A contact may have come to the disk since. One that stands there as it is here is let go of by the next Tidy.
	for _, r := range f.contacts.order {
		f.again(r)
		f.packAfter(r) // those that an earlier version left out of the line
	}
	slices.SortStableFunc(f.due, func(a, b *record) int { return cmp.Compare(a.c.Ended, b.c.Ended) })
	f.leaving = slices.DeleteFunc(f.leaving, func(r *record) bool {
		if !r.copied || r.rev != r.was {
			return false
		}
		r.leaving = false
		f.same = append(f.same, r)
		return true
	})
	f.eachDrawer(func(_ string, h ripener) {
		if t, ok := h.(trimmer); ok {
			t.trim()
		}
	})
}

// trimmer is a history, whatever it holds.
type trimmer interface{ trim() }

// trim lets go of the entries in memory that are on disk, too.
func (h *history[T]) trim() {
	have := len(h.tail.items)
	for _, c := range h.full {
		have += len(c.items)
	}
	for drop := len(h.past)*chunkLen - (h.n - have); drop > 0 && have > 0; {
		gone := 0
		switch {
		case len(h.full) > 0:
			gone = len(h.full[0].items)
			h.full = h.full[1:]
		default:
			gone = len(h.tail.items)
			h.tail = chunk[T]{}
		}
		drop, have = drop-gone, have-gone
	}
}

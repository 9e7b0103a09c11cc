package local

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hotline"
)

// grown makes a log of n events, one Append each, with what the platter had while they were written: synced says whether
// it kept up. It returns where each record begins (index 0 is event 1), for logs of one segment.
func grown(t *testing.T, dir string, n int, synced bool) []int64 {
	t.Helper()
	f := &faults{}
	s := mustOpen(t, dir, f.config(Config{}))
	gate := make(chan struct{})
	if !synced {
		f.set(func() { f.halt = gate })
	}
	var offs []int64
	for range n {
		s.mu.Lock()
		offs = append(offs, s.active.end)
		s.mu.Unlock()
		mustAppend(t, s, 1)
		if synced {
			if err := s.Durable(t.Context(), s.Last()); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(gate)
	mustClose(t, s)
	return offs
}

func quarantined(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "quarantine"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestDamageInTheMiddle: a record that was on the platter and is bad now is passed over, named and counted; all that
// follows is there, in every way of reading, and the log goes on.
func TestDamageInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	offs := grown(t, dir, 20, true)
	path := segmentFiles(t, dir)[0]
	change(t, path, func(b []byte) []byte {
		b[offs[6]+headerSize+5] ^= 1                        // event 7: its body
		b[offs[11]] ^= 0x40                                 // event 12: its length
		copy(b[offs[12]:], make([]byte, offs[14]-offs[12])) // events 13 and 14: zeros
		return b
	})
	var log bytes.Buffer
	s := mustOpen(t, dir, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	want := upTo(20, 7, 12, 13, 14)
	for after := range uint64(20) {
		got := numbers(t, s, after)
		if w := slices.DeleteFunc(slices.Clone(want), func(n uint64) bool { return n <= after }); !slices.Equal(got, w) {
			t.Errorf("Read(%d): %v, want %v", after, got, w)
		}
	}
	mustAppend(t, s, 2)
	if got := numbers(t, s, 0); !slices.Equal(got, upTo(22, 7, 12, 13, 14)) {
		t.Errorf("after going on: %v", got)
	}
	places := s.Damage()
	if len(places) != 2 {
		t.Fatalf("%d places are known, want 2: %v", len(places), places)
	}
	for i, want := range []DamageError{
		{path, offs[6], offs[7] - offs[6], 6, 8}, {path, offs[11], offs[14] - offs[11], 11, 15},
	} {
		var d *DamageError
		if !errors.As(places[i], &d) || *d != want {
			t.Errorf("place %d: %+v, want %+v", i, places[i], want)
		}
	}
	if n := strings.Count(log.String(), "the log is damaged"); n != 2 || !strings.Contains(log.String(), path) {
		t.Errorf("told %d times, want 2, naming %s:\n%s", n, path, log.String())
	}
	mustClose(t, s)
}

// TestDamageInAnOldSegment: only readers come by there.
func TestDamageInAnOldSegment(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Config{SegmentSize: 4096, Recent: 4})
	for range 60 {
		mustAppend(t, s, 1)
		if err := s.Durable(t.Context(), s.Last()); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	paths := segmentFiles(t, dir)
	if len(paths) < 5 {
		t.Fatalf("%d segments", len(paths))
	}
	second, third, _ := mustFirst(t, paths[1]), mustFirst(t, paths[2]), 0
	change(t, paths[1], func(b []byte) []byte { return b[:len(b)-10] }) // its last record
	if err := os.Remove(paths[0]); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir, Config{})
	defer mustClose(t, s)
	if len(s.Damage()) != 0 || s.First() != second {
		t.Errorf("opened: damage %v, first %d, want %d", s.Damage(), s.First(), second)
	}
	var want []uint64
	for n := second; n <= 60; n++ {
		if n != third-1 {
			want = append(want, n)
		}
	}
	if got := numbers(t, s, second-1); !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	var d *DamageError
	if len(s.Damage()) != 1 || !errors.As(s.Damage()[0], &d) || d.After != third-2 || d.Before != third || d.File != paths[1] {
		t.Errorf("damage %+v", s.Damage())
	}
	for ev, err := range s.Read(t.Context(), second-2) {
		if !errors.Is(err, hotline.ErrLogGone) {
			t.Errorf("what was archived: %d, %v, want ErrLogGone", ev.Seq, err)
		}
	}
}

func mustFirst(t *testing.T, path string) uint64 {
	t.Helper()
	segs, err := listSegments(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, seg := range segs {
		if seg.path == path {
			return seg.first
		}
	}
	t.Fatal("no segment", path)
	return 0
}

// TestHoleInWhatWasNotSynced: a power cut keeps the pages it likes. Behind the first one missing the order of facts is
// broken, and nobody outside has seen them: the log is cut there, and what is cut off is kept aside.
func TestHoleInWhatWasNotSynced(t *testing.T) {
	dir := t.TempDir()
	offs := grown(t, dir, 20, false)
	change(t, segmentFiles(t, dir)[0], func(b []byte) []byte {
		copy(b[offs[6]:], make([]byte, 100))
		return b
	})
	s := mustOpen(t, dir, Config{})
	if got := numbers(t, s, 0); !slices.Equal(got, upTo(6)) {
		t.Errorf("left are %v, want 1 to 6", got)
	}
	mustAppend(t, s, 3)
	mustClose(t, s)
	names := quarantined(t, dir)
	if len(names) != 1 || len(s.Damage()) != 0 {
		t.Fatalf("quarantine %v, damage %v", names, s.Damage())
	}
	kept, err := os.ReadFile(filepath.Join(dir, "quarantine", names[0]))
	if err != nil || !bytes.Contains(kept, []byte(`"attempt":20`)) || bytes.Contains(kept, []byte(`"attempt":6,`)) {
		t.Errorf("kept %q, %v", kept, err)
	}
}

// TestQuarantineFails: sound records that cannot be kept aside are not cut off; Open fails and leaves them.
func TestQuarantineFails(t *testing.T) {
	dir := t.TempDir()
	offs := grown(t, dir, 20, false)
	path := segmentFiles(t, dir)[0]
	change(t, path, func(b []byte) []byte { b[offs[6]] ^= 1; return b })
	if err := os.WriteFile(filepath.Join(dir, "quarantine"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Config{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Open: %v, want an error that names %s", err, path)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("the segment was changed", err)
	}
}

// TestHeads: what a crash can leave of a segment that was being made, and what must not be touched.
func TestHeads(t *testing.T) {
	for name, c := range map[string]struct {
		head    []byte
		refused bool
	}{
		"empty":        {head: nil},
		"short":        {head: segmentHead(6, clockForTests())[:20]},
		"zeros":        {head: make([]byte, 4096)},
		"whole":        {head: segmentHead(6, clockForTests())},
		"later format": {head: bytes.Replace(segmentHead(6, clockForTests()), []byte("\x00\x01"), []byte("\x00\x02"), 1), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			grown(t, dir, 5, true)
			path := filepath.Join(dir, "log", segmentName(6))
			if err := os.WriteFile(path, c.head, 0o640); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, Config{})
			if c.refused {
				if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "version 2") {
					t.Errorf("Open: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustAppend(t, s, 3)
			mustClose(t, s)
			s = mustOpen(t, dir, Config{})
			if got := numbers(t, s, 0); !slices.Equal(got, upTo(8)) || len(s.Damage()) > 0 || len(quarantined(t, dir)) > 0 {
				t.Errorf("%v, damage %v, quarantine %v", got, s.Damage(), quarantined(t, dir))
			}
			mustClose(t, s)
		})
	}
}

// TestFirstSegmentHead: a crash in the first moment of a new folder.
func TestFirstSegmentHead(t *testing.T) {
	for _, size := range []int{0, 10, headSize} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "log"), 0o750); err != nil {
			t.Fatal(err)
		}
		head := segmentHead(1, clockForTests())[:size]
		if err := os.WriteFile(filepath.Join(dir, "log", segmentName(1)), head, 0o640); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			s := mustOpen(t, dir, Config{})
			if got := numbers(t, s, 0); !slices.Equal(got, upTo(n)) {
				t.Errorf("%d bytes of head, opening %d: %v", size, n, got)
			}
			mustAppend(t, s, 1)
			mustClose(t, s)
		}
	}
}

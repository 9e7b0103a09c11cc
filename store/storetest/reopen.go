package storetest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"hotline"
)

func testReopen(t *testing.T, open opener) {
	dir := t.TempDir()
	var want []hotline.Event
	for i := range 5 {
		log, closeLog := open(t, dir)
		same(t, "after reopening", readAll(t, log, 0), want)
		if i != 2 { // and once without anything new
			if seq := mustAppend(t, log, 0, i, 3); seq != uint64(len(want)+3) {
				t.Fatalf("numbering goes on at %d, want %d", seq, len(want)+3)
			}
		}
		want = readAll(t, log, 0)
		closeLog()
	}
}

// testTornTail tears and scribbles the last record at every byte. What was before stays, nothing else appears, and the
// log goes on.
func testTornTail(t *testing.T, open opener) {
	const before = 5
	dir, file, from, whole := growth(t, open, before, 1)
	check := func(i int, damaged []byte) {
		t.Helper()
		torn := t.TempDir()
		copyTree(t, torn, dir)
		write(t, filepath.Join(torn, file), damaged)
		log, closeLog := open(t, torn)
		if evs := readAll(t, log, 0); len(evs) != before {
			t.Fatalf("byte %d: %d events are left, want %d", i, len(evs), before)
		}
		if seq := mustAppend(t, log, 1, 0, 2); seq != before+2 {
			t.Fatalf("byte %d: numbering goes on at %d, want %d", i, seq, before+2)
		}
		closeLog()
		if i%32 == 0 {
			log, closeLog = open(t, torn)
			if evs := readAll(t, log, 0); len(evs) != before+2 {
				t.Fatalf("byte %d: %d events after going on and reopening, want %d", i, len(evs), before+2)
			}
			closeLog()
		}
	}
	for i := from; i < len(whole); i++ {
		check(i, whole[:i])
		if i%4 == 0 {
			scribbled := bytes.Clone(whole)
			scribbled[i] ^= 0x5a
			check(i, scribbled)
		}
	}
}

// testTornAppend tears the last Append, of several events: all of it is gone, for half a step of a router never was.
func testTornAppend(t *testing.T, open opener) {
	const before = 3
	dir, file, from, whole := growth(t, open, before, 4)
	for i := from; i < len(whole); i += 1 + (len(whole)-from)/60 {
		torn := t.TempDir()
		copyTree(t, torn, dir)
		write(t, filepath.Join(torn, file), whole[:i])
		log, closeLog := open(t, torn)
		if evs := readAll(t, log, 0); len(evs) != before {
			t.Fatalf("cut at byte %d: %d events are left, want %d", i, len(evs), before)
		}
		closeLog()
	}
}

// growth makes a log of some events and one more Append of n. It returns the log's folder, the one file of it that grew by
// that Append, and where in the file's bytes the Append begins.
func growth(t *testing.T, open opener, before, n int) (dir, file string, from int, whole []byte) {
	t.Helper()
	dir, old := t.TempDir(), t.TempDir()
	log, closeLog := open(t, dir)
	for i := range before {
		mustAppend(t, log, 0, i, 1)
	}
	closeLog()
	copyTree(t, old, dir)
	log, closeLog = open(t, dir)
	mustAppend(t, log, 9, 0, n)
	closeLog()
	for path := range files(t, dir) {
		was, err := os.ReadFile(filepath.Join(old, path))
		if err != nil {
			continue
		}
		is := read(t, filepath.Join(dir, path))
		if len(is) > len(was) && bytes.HasPrefix(is, was) {
			file, from, whole = path, len(was), is
		}
	}
	if file == "" {
		t.Skip("no file of this log grows by an Append: there is no tail to tear")
	}
	return dir, file, from, whole
}

// files yields the paths of the folder's files, relative to it.
func files(t *testing.T, dir string) func(func(string) bool) {
	return func(yield func(string) bool) {
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !yield(path) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyTree(t *testing.T, to, from string) {
	t.Helper()
	for path := range files(t, from) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o750); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, path), read(t, filepath.Join(from, path)))
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
}

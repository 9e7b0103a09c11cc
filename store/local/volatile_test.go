package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// on is a store of a machine that was started under that number.
func on(boot string) Config { return Config{bootID: func() string { return boot }} }

func volatileFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, volatilePrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, filepath.Base(f))
	}
	return names
}

// What is volatile outlives the process, and neither the machine nor a torn file.
func TestVolatile(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, on("aaa"))
	if err := s.Volatile("legs").Put("1", []byte("up")); err != nil {
		t.Fatal(err)
	}
	if err := s.Bucket("legs").Put("2", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	s = mustOpen(t, dir, on("aaa"))
	if got := kept(t, s.Volatile("legs")); got["1"] != "up" || len(got) != 1 {
		t.Errorf("the same machine's next process finds %v", got)
	}
	mustClose(t, s)

	s = mustOpen(t, dir, on("bbb"))
	if got := kept(t, s.Volatile("legs")); len(got) != 0 {
		t.Errorf("after the machine's start there is %v", got)
	}
	if got := kept(t, s.Bucket("legs")); got["2"] != "kept" {
		t.Errorf("an ordinary bucket holds %v", got)
	}
	mustClose(t, s)
	if got := volatileFiles(t, dir); len(got) != 1 || got[0] != "volatile-bbb.db" {
		t.Errorf("files: %v", got)
	}
}

func TestVolatileTorn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "volatile-aaa.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("torn", 4000)), 0o640); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, on("aaa"))
	defer mustClose(t, s)
	if err := s.Volatile("legs").Put("1", []byte("up")); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, s.Volatile("legs")); got["1"] != "up" {
		t.Errorf("%v", got)
	}
}

// Where the machine's start has no number the file is synced, and stays.
func TestVolatileWithoutBootID(t *testing.T) {
	dir := t.TempDir()
	for _, want := range []string{"", "up"} {
		s := mustOpen(t, dir, on(""))
		if s.volatile.db.NoSync {
			t.Error("it is not synced")
		}
		if got := kept(t, s.Volatile("legs"))["1"]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if err := s.Volatile("legs").Put("1", []byte("up")); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
	}
}

func TestBootID(t *testing.T) {
	if id := bootID(); id != bootID() || strings.ContainsAny(id, "/\\ \n") {
		t.Errorf("%q", id)
	}
}

package local

import (
	"os"
	"path/filepath"
	"testing"

	"hotline"
)

func mustOpen(t testing.TB, dir string, cfg Config) *Store {
	t.Helper()
	s, err := Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// mustAppend appends n Appends of one event each, i counting on from the log's end.
func mustAppend(t testing.TB, s *Store, n int) {
	t.Helper()
	for range n {
		if _, err := s.Append([]hotline.Event{fact(0, int(s.Last())+1)}); err != nil {
			t.Fatal(err)
		}
	}
}

// numbers reads the log's numbers after the given one.
func numbers(t testing.TB, s *Store, after uint64) []uint64 {
	t.Helper()
	var got []uint64
	for ev, err := range s.Read(t.Context(), after) {
		if err != nil {
			t.Fatalf("Read(%d): %v", after, err)
		}
		if i := ev.Fact.(hotline.Offered).Attempt; uint64(i) != ev.Seq {
			t.Fatalf("event %d was written as %d", ev.Seq, i)
		}
		got = append(got, ev.Seq)
	}
	return got
}

// upTo is 1 to n without the ones left out.
func upTo(n int, without ...uint64) []uint64 {
	var want []uint64
	for i := uint64(1); i <= uint64(n); i++ {
		if len(without) > 0 && without[0] == i {
			without = without[1:]
			continue
		}
		want = append(want, i)
	}
	return want
}

func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "log", "*"+segmentExt))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// change edits the bytes of a file.
func change(t testing.TB, path string, f func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(b), 0o640)
	}
	if err != nil {
		t.Fatal(err)
	}
}

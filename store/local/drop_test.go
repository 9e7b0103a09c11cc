package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hotline"
)

// aged is a store of small segments whose i-th event happened i minutes after the beginning.
func aged(t *testing.T, n int) (*Store, func(i int) time.Time) {
	t.Helper()
	at := func(i int) time.Time { return time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC) }
	s := mustOpen(t, t.TempDir(), Config{SegmentSize: 2000, Recent: 4})
	t.Cleanup(func() { s.Close() })
	for i := 1; i <= n; i++ {
		ev := fact(0, i)
		ev.At = at(i)
		if _, err := s.Append([]hotline.Event{ev}); err != nil {
			t.Fatal(err)
		}
		if err := s.Durable(t.Context(), uint64(i)); err != nil { // so that segments are sealed as they fill
			t.Fatal(err)
		}
	}
	return s, at
}

// TestDrop: the oldest segments go, whole and in their order: none that holds an event that is needed or young, none of the two youngest.
// What is left is read as before, also by the next process; what is gone is known to be gone, with the number to go on from.
func TestDrop(t *testing.T) {
	s, at := aged(t, 100)
	all := segmentFiles(t, s.dir)
	if len(all) < 5 {
		t.Fatalf("%d segments", len(all))
	}
	drop := func(upTo uint64, before time.Time) []Segment {
		t.Helper()
		segs, err := s.Droppable(upTo, before)
		if err != nil {
			t.Fatal(err)
		}
		return segs
	}
	if g := drop(3, at(1000)); len(g) != 0 {
		t.Errorf("event 4 is needed, %+v would go", g)
	}
	if g := drop(1000, at(1)); len(g) != 0 {
		t.Errorf("none is old, %+v would go", g)
	}
	if g := drop(1000, at(1000)); len(g) != len(all)-2 {
		t.Errorf("%d of %d segments would go, want all but two", len(g), len(all))
	}
	half := drop(50, at(1000))
	if n := len(half); n == 0 || half[n-1].Last > 50 || half[0].First != 1 || !half[0].From.Equal(at(1)) || !half[0].To.Equal(at(int(half[0].Last)+1)) {
		t.Fatalf("%+v", half)
	}
	if old := drop(1000, at(int(half[0].Last)+2)); len(old) != 1 {
		t.Errorf("the first segment alone is that old, %+v would go", old)
	}
	if err := s.Drop(half[len(half)-1]); err == nil && len(half) > 1 {
		t.Error("dropped out of order")
	}
	c, err := s.Copy(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(half[0]); !Held(err) {
		t.Errorf("dropped while a copy is made: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, g := range half {
		if err := s.Drop(g); err != nil {
			t.Fatal(err)
		}
	}
	first := half[len(half)-1].Last + 1
	check := func(s *Store) {
		t.Helper()
		if s.First() != first || s.Last() != 100 {
			t.Errorf("%d to %d, want %d to 100", s.First(), s.Last(), first)
		}
		for _, err := range s.Read(t.Context(), 0) {
			var gone *hotline.GoneError
			if !errors.As(err, &gone) || gone.First != first {
				t.Errorf("reading what is gone: %v", err)
			}
			break
		}
		if got := numbers(t, s, first-1); !slices.Equal(got, upTo(100)[first-1:]) {
			t.Errorf("left: %v", got)
		}
	}
	check(s)
	if n, err := s.Before(at(1)); err != nil || n != first-1 {
		t.Errorf("Before what is gone: %d, %v", n, err)
	}
	mustClose(t, s)
	again := mustOpen(t, s.dir, Config{SegmentSize: 2000, Recent: 4})
	defer again.Close()
	check(again)
}

// TestBefore: nothing that is younger than the time asked for is left out, and little that is older comes with it.
func TestBefore(t *testing.T) {
	s, at := aged(t, 100)
	for i := 1; i <= 100; i++ {
		n, err := s.Before(at(i))
		if err != nil {
			t.Fatal(err)
		}
		if n >= uint64(i) || i > 40 && n == 0 {
			t.Errorf("event %d happened at that time, reading is to begin after %d", i, n)
		}
	}
}

// TestCopy: a copy is the store as it was, whatever is appended meanwhile, and opens like any other.
func TestCopy(t *testing.T) {
	s, _ := aged(t, 40)
	if err := s.Bucket("b").Put("k", []byte("before")); err != nil {
		t.Fatal(err)
	}
	c, err := s.Copy(func() error { return s.Bucket("b").Put("k", []byte("after")) })
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, 30)
	dir := t.TempDir()
	for _, f := range c.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Write(out), out.Close()); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != f.Size {
			t.Errorf("%s: %v bytes, announced %d: %v", f.Name, info.Size(), f.Size, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(func() error { return fmt.Errorf("no") }); err == nil {
		t.Error("a copy that was refused")
	}
	if s.held != 0 {
		t.Errorf("%d copies are still being made", s.held)
	}
	b := mustOpen(t, dir, Config{})
	defer b.Close()
	if got := numbers(t, b, 0); !slices.Equal(got, upTo(40)) || c.Last != 40 {
		t.Errorf("%v, announced to %d", got, c.Last)
	}
	if v, err := b.Bucket("b").Get("k"); string(v) != "before" {
		t.Errorf("state: %q, %v", v, err)
	}
}

// TestDropWaitsForNobody: while the disk is at taking a segment away, which may take seconds, events are appended and read; a segment that
// cannot be taken away stays in the log.
func TestDropWaitsForNobody(t *testing.T) {
	s, at := aged(t, 60)
	old, err := s.Droppable(1000, at(1000))
	if err != nil || len(old) < 3 {
		t.Fatal(len(old), err)
	}
	removing, go1 := make(chan string), make(chan error)
	s.cfg.remove = func(path string) error {
		removing <- path
		if err := <-go1; err != nil {
			return err
		}
		return os.Remove(path)
	}
	drop := func(g Segment) chan error {
		done := make(chan error, 1)
		go func() { done <- s.Drop(g) }()
		if path := <-removing; path != g.Path {
			t.Errorf("%s is taken away, want %s", path, g.Path)
		}
		return done
	}
	done := drop(old[0])
	mustAppend(t, s, 1)
	if first := s.First(); first != old[1].First {
		t.Errorf("the log begins at %d meanwhile, want %d", first, old[1].First)
	}
	if got := numbers(t, s, old[1].First-1); len(got) == 0 || got[0] != old[1].First {
		t.Errorf("read meanwhile: %v", got)
	}
	next := make(chan error, 1)
	go func() { next <- s.Drop(old[1]) }() // waits for the first to be gone for good
	go1 <- nil
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-removing
	go1 <- errors.New("no")
	if err := <-next; err == nil {
		t.Error("a segment that could not be taken away is gone")
	}
	if first := s.First(); first != old[1].First {
		t.Errorf("the log begins at %d, want %d", first, old[1].First)
	}
	done = drop(old[1])
	go1 <- nil
	if err := <-done; err != nil || s.First() != old[2].First {
		t.Errorf("%v, the log begins at %d", err, s.First())
	}
}

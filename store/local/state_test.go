package local

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"hotline"
)

func TestBucket(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Config{})
	b := s.Bucket("logins")
	if v, err := b.Get("admin"); v != nil || err != nil {
		t.Errorf("a key of a bucket that is not there: %q, %v", v, err)
	}
	if err := b.Each("", func(string, []byte) bool { t.Error("called"); return true }); err != nil {
		t.Error(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	val := []byte("director")
	check(b.Put("admin", val))
	val[0] = 'X' // is the caller's again
	check(b.Put("empty", nil))
	check(b.Put("gone", []byte("x")))
	check(b.Delete("gone"))
	check(b.Delete("never was"))
	check(b.PutAll(map[string][]byte{"a1": []byte("1"), "a2": []byte("2"), "empty2": {}, "gone2": nil}))
	check(b.PutAll(nil))
	check(s.Bucket("other").Put("admin", []byte("other")))
	want := map[string]string{"admin": "director", "empty": "", "empty2": "", "a1": "1", "a2": "2"}
	look := func() {
		t.Helper()
		got := map[string]string{}
		check(b.Each("", func(k string, v []byte) bool { got[k] = string(v); return true }))
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for k, w := range want {
			if v, err := b.Get(k); err != nil || v == nil || string(v) != w {
				t.Errorf("Get(%q): %q, %v, want %q", k, v, err, w)
			}
		}
	}
	look()
	for _, k := range []string{"", strings.Repeat("k", 40_000)} {
		if err := b.PutAll(map[string][]byte{"a1": []byte("changed"), k: []byte("x")}); err == nil {
			t.Errorf("a key of %d bytes was taken", len(k))
		}
	}
	look()
	mustClose(t, s)
	if err := b.Put("late", nil); !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("Put after Close: %v", err)
	}
	if _, err := b.Get("admin"); !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("Get after Close: %v", err)
	}
	s = mustOpen(t, dir, Config{})
	defer mustClose(t, s)
	b = s.Bucket("logins")
	look()
}

// TestEach: in order, page by page, from inside which the bucket may be used.
func TestEach(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	b := s.Bucket("legs")
	all := map[string][]byte{"a": []byte("x"), "c": []byte("x")}
	var want []string
	for i := range 3*eachPage + 1 {
		k := fmt.Sprintf("b%05d", i)
		all[k] = []byte(k)
		want = append(want, k)
	}
	if err := b.PutAll(all); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := b.Each("b", func(k string, v []byte) bool {
		if string(v) != k {
			t.Errorf("%s has %q", k, v)
		}
		got = append(got, k)
		if len(got) == 2 {
			if err := b.Delete(k); err != nil {
				t.Error(err)
			}
		}
		return true
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d keys, %v", len(got), err)
	}
	n := 0
	if err := b.Each("b", func(string, []byte) bool { n++; return n < 300 }); err != nil || n != 300 {
		t.Errorf("stopped after %d, %v", n, err)
	}
}

// TestPutsShareTransactions: many writers at once cost few transactions.
func TestPutsShareTransactions(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	const writers, puts = 50, 20
	tx := s.txID()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range puts {
				if err := s.Bucket("legs").Put(fmt.Sprint(w), []byte(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.txID() - tx; n > writers*puts/2 {
		t.Errorf("%d puts took %d transactions", writers*puts, n)
	}
	for w := range writers {
		if v, err := s.Bucket("legs").Get(fmt.Sprint(w)); err != nil || string(v) != fmt.Sprint(puts-1) {
			t.Errorf("writer %d: %q, %v", w, v, err)
		}
	}
}

func TestSnapshot(t *testing.T) { synctest.Test(t, testSnapshot) }

func testSnapshot(t *testing.T) {
	dir := t.TempDir()
	f := &faults{}
	s := mustOpen(t, dir, f.config(Config{}))
	if at, data, err := s.LastSnapshot("router"); at != 0 || data != nil || err != nil {
		t.Errorf("no snapshot: %d %q %v", at, data, err)
	}
	mustAppend(t, s, 5)
	if err := s.Snapshot("router", 6, nil); err == nil {
		t.Error("a snapshot of what is to come was taken")
	}
	gate := make(chan struct{})
	f.set(func() { f.halt = gate })
	mustAppend(t, s, 1)
	taken := make(chan error)
	go func() { taken <- s.Snapshot("router", 6, []byte("six")) }()
	synctest.Wait()
	if at, _, _ := s.LastSnapshot("router"); at != 0 {
		t.Error("a snapshot knows of events that a power cut could take")
	}
	f.set(func() { f.halt = nil })
	close(gate)
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot("board", 0, nil); err != nil {
		t.Error(err)
	}
	mustClose(t, s)
	s = mustOpen(t, dir, Config{})
	if at, data, err := s.LastSnapshot("router"); at != 6 || string(data) != "six" || err != nil {
		t.Errorf("got %d %q %v", at, data, err)
	}
	mustClose(t, s)
	change(t, segmentFiles(t, dir)[0], func(b []byte) []byte { return b[:len(b)-1] })
	s = mustOpen(t, dir, Config{})
	defer mustClose(t, s)
	if at, data, err := s.LastSnapshot("router"); at != 0 || data != nil || err != nil {
		t.Errorf("a snapshot younger than the log: %d %q %v", at, data, err)
	}
}

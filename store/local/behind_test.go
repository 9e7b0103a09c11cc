package local

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func kept(t *testing.T, b Bucket) map[string]string {
	t.Helper()
	got := map[string]string{}
	if err := b.Each("", func(k string, v []byte) bool { got[k] = string(v); return true }); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestBehind: callers never wait, only last values are written, all together, and what came and went meanwhile never is.
func TestBehind(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	b := s.Bucket("resume")
	w := b.Behind(slog.New(slog.DiscardHandler))
	w.Put("short", []byte("x"))
	w.Delete("short")
	for i := range 1000 {
		w.Put(fmt.Sprint("leg", i%10), fmt.Appendf(nil, "%d", i))
	}
	for range 2 { // the second time there is nothing to write
		if !w.flush() {
			t.Error("not written")
		}
	}
	if done, failed := w.Writes(); done != 1 || failed != 0 {
		t.Errorf("%d transactions, %d failed", done, failed)
	}
	want := map[string]string{}
	for i := range 10 {
		want[fmt.Sprint("leg", i)] = fmt.Sprint(990 + i)
	}
	if got := kept(t, b); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestBehindConverges: whatever many callers put and delete, when it is quiet the bucket holds their last word; stopping
// writes what is left.
func TestBehindConverges(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	b := s.Bucket("resume")
	w := b.Behind(slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var run, work sync.WaitGroup
	run.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	want := map[string]string{}
	var mu sync.Mutex
	for g := range 4 {
		work.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			last := map[string]string{}
			for i := range 2000 {
				key := fmt.Sprintf("%d-%d", g, r.IntN(20))
				if r.IntN(3) == 0 {
					w.Delete(key)
					delete(last, key)
				} else {
					last[key] = fmt.Sprint(i)
					val := []byte(last[key])
					w.Put(key, val)
					clear(val) // it is the caller's again
				}
				if i%200 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			mu.Lock()
			maps.Copy(want, last)
			mu.Unlock()
		})
	}
	work.Wait()
	cancel()
	run.Wait()
	if got := kept(t, b); !maps.Equal(got, want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
}

// TestBehindFails: what could not be written waits, newer values win, and what was deleted meanwhile never appears.
func TestBehindFails(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	b := s.Bucket("resume")
	w := b.Behind(slog.New(slog.DiscardHandler))
	w.Put("a", []byte("1"))
	w.Put("b", []byte("1"))
	mustClose(t, s) // no transaction succeeds from now on
	if w.flush() {
		t.Fatal("written to a closed store")
	}
	w.Put("a", []byte("2"))
	w.Delete("b")
	if w.flush() {
		t.Fatal("written to a closed store")
	}
	if len(w.dirty) != 1 || string(w.dirty["a"]) != "2" || len(w.stored) != 0 {
		t.Errorf("waiting: %q, thought written: %v", w.dirty, w.stored)
	}
	if done, failed := w.Writes(); done != 2 || failed != 2 {
		t.Errorf("%d, %d failed", done, failed)
	}
}

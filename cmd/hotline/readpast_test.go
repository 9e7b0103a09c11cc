package main

import (
	"bytes"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// TestReadAhead: every event in its order, an error where it was, and nobody is left behind when the taker has enough.
func TestReadAhead(t *testing.T) {
	bad := errors.New("damaged")
	log := func(n int, fails ...int) iter.Seq2[hotline.Event, error] {
		return func(yield func(hotline.Event, error) bool) {
			for i := 1; i <= n; i++ {
				var err error
				if slices.Contains(fails, i) {
					err = bad
				}
				if !yield(hotline.Event{Seq: uint64(i)}, err) {
					return
				}
			}
		}
	}
	for _, n := range []int{0, 1, aheadBatch - 1, aheadBatch, aheadBatch + 1, 20*aheadBatch + 7} {
		for _, enough := range []int{1, aheadBatch, 1 << 30} {
			synctest.Test(t, func(t *testing.T) { // it fails when a goroutine is left
				got, wrong := 0, 0
				for ev, err := range readAhead(log(n, 3, aheadBatch+1)) {
					if got++; err != nil {
						wrong++
						if got != 3 && got != aheadBatch+1 {
							t.Errorf("%d: %v", got, err)
						}
					} else if ev.Seq != uint64(got) {
						t.Fatalf("event %d comes as number %d", ev.Seq, got)
					}
					if got == enough {
						break
					}
				}
				if want := min(n, enough); got != want {
					t.Errorf("%d of %d", got, want)
				}
			})
		}
	}
}

// TestHowFar: a long start says how far it is, no more often than once in five seconds.
func TestHowFar(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := howFar{log: slog.New(slog.NewTextHandler(&out, nil)), last: 1000, at: at}
	for i := range 101 {
		p.tell(at.Add(time.Duration(i)*100*time.Millisecond), hotline.Event{Seq: uint64(i * 10), At: at})
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 2 || !strings.Contains(lines[1], `event=1000 of=1000 "up to"=2026-03-01 "a second"=100`) {
		t.Errorf("%q", lines)
	}
}

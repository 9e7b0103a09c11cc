package local

import (
	"context"
	"sync"
	"testing"
	"time"

	"hotline"
)

// TestMeter: every event is told of once, in the group that it was written with and in the sync that made it durable, and
// the time counts from its Append.
func TestMeter(t *testing.T) {
	var mu sync.Mutex
	var committed, groups int
	var synced uint64
	var longest time.Duration
	s := mustOpen(t, t.TempDir(), Config{
		Committed: func(took time.Duration, n int) {
			mu.Lock()
			defer mu.Unlock()
			committed, groups, longest = committed+n, groups+1, max(longest, took)
		},
		Synced: func(took time.Duration, n uint64) {
			mu.Lock()
			defer mu.Unlock()
			synced += n
			longest = max(longest, took)
		},
	})
	began := time.Now()
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 50 {
				seq, err := s.Append([]hotline.Event{fact(w, i), fact(w, i)})
				if err == nil {
					err = s.Durable(context.Background(), seq)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	mustClose(t, s)
	mu.Lock()
	defer mu.Unlock()
	if committed != 800 || synced != 800 || groups < 50 || groups > 400 {
		t.Errorf("%d events in %d groups were told of, %d synced, want 800", committed, groups, synced)
	}
	if longest <= 0 || longest > time.Since(began) {
		t.Errorf("the longest took %v", longest)
	}
	if events, appends := s.Backlog(); events != 0 || appends != 0 {
		t.Errorf("%d events, %d appends are left", events, appends)
	}
}

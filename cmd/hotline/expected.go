package main

import (
	"context"
	"sync/atomic"
	"time"

	"hotline"
)

// expectedStep is how old an estimate of a wait may be.
const expectedStep = time.Second

// expectedWaits keeps the shard's estimates where the board can read them without waiting for anybody.
type expectedWaits struct {
	now atomic.Pointer[map[hotline.QueueID]time.Duration]
}

// run asks the shard once a second.
func (x *expectedWaits) run(ctx context.Context, ask func(context.Context) (map[hotline.QueueID]time.Duration, error)) error {
	tick := time.NewTicker(expectedStep)
	defer tick.Stop()
	for {
		m, err := ask(ctx)
		if err == nil {
			x.now.Store(&m)
		} else if ctx.Err() == nil {
			x.now.Store(nil) // nobody knows just now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// of is the queue's estimate; false: unknown.
func (x *expectedWaits) of(q hotline.QueueID) (time.Duration, bool) {
	m := x.now.Load()
	if m == nil {
		return 0, false
	}
	d, ok := (*m)[q]
	return d, ok
}

package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline"
)

// turnedPace is how long refused calls of one trunk are counted together after the first of them was told.
const turnedPace = time.Second

// turnedAway counts the calls that trunks were refused, until they are in the log.
type turnedAway struct {
	bell chan struct{} // of size 1

	mu    sync.Mutex
	calls map[turnedKey]int
}

type turnedKey struct{ trunk, why string }

func newTurnedAway() *turnedAway {
	return &turnedAway{bell: make(chan struct{}, 1), calls: map[turnedKey]int{}}
}

// note counts one. It never blocks.
func (t *turnedAway) note(trunk, why string) {
	t.mu.Lock()
	t.calls[turnedKey{trunk, why}]++
	t.mu.Unlock()
	t.ring()
}

func (t *turnedAway) ring() {
	select {
	case t.bell <- struct{}{}:
	default:
	}
}

// keep writes down what was counted, at once and then at most once a turnedPace, until ctx is done. What the log does not take, because
// the disk is full, is told when it does.
func (t *turnedAway) keep(ctx context.Context, write func([]hotline.Event) error) {
	for {
		select {
		case <-ctx.Done():
			t.write(write)
			return
		case <-t.bell:
		}
		if !t.write(write) {
			t.ring()
		}
		select {
		case <-ctx.Done():
		case <-time.After(turnedPace):
		}
	}
}

// write takes the counts into the log, or leaves them.
func (t *turnedAway) write(write func([]hotline.Event) error) bool {
	t.mu.Lock()
	counted := t.calls
	t.calls = map[turnedKey]int{}
	t.mu.Unlock()
	now, evs := time.Now(), make([]hotline.Event, 0, len(counted))
	for _, k := range slices.SortedFunc(maps.Keys(counted), func(a, b turnedKey) int {
		return strings.Compare(a.trunk+"\x00"+a.why, b.trunk+"\x00"+b.why)
	}) {
		evs = append(evs, hotline.Event{At: now, Fact: hotline.TurnedAway{Trunk: k.trunk, Reason: k.why, Calls: counted[k]}})
	}
	if len(evs) == 0 || write(evs) == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range counted {
		t.calls[k] += n
	}
	return false
}

// keepTurnedAway follows the refused calls of trunks.
func (e *engine) keepTurnedAway(ctx context.Context) error {
	e.turned.keep(ctx, func(evs []hotline.Event) error { _, err := e.store.Append(evs); return err })
	return nil
}

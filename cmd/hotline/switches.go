package main

import (
	"context"
	"maps"
	"sync/atomic"

	"hotline"
)

// switches knows which switches of the centre are on, for the calls that begin. The log is where that is kept. One goroutine
// at a time may call apply.
type switches struct {
	now atomic.Pointer[map[string]bool]
}

// on is those that are on; it is never changed.
func (s *switches) on() map[string]bool {
	if m := s.now.Load(); m != nil {
		return *m
	}
	return nil
}

func (s *switches) apply(ev hotline.Event) {
	f, ok := ev.Fact.(hotline.SwitchSet)
	if !ok {
		return
	}
	m := maps.Clone(s.on())
	if m == nil {
		m = map[string]bool{}
	}
	delete(m, f.Switch)
	if f.On {
		m[f.Switch] = true
	}
	s.now.Store(&m)
}

// followLog keeps switches and desks as the log has them, from the event after the one of that number.
func (e *engine) followLog(ctx context.Context, after uint64) error {
	for ev, err := range e.store.Tail(ctx, after) {
		if err != nil {
			return err
		}
		e.switches.apply(ev)
		e.desks.apply(ev)
		e.followed.Store(ev.Seq)
	}
	return nil
}

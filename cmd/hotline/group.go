package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// group runs the engine's goroutines by name, and knows which of them failed.
type group struct {
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	ending atomic.Bool // parts may end now

	mu  sync.Mutex // guards err
	err error
}

func newGroup(logger *slog.Logger) *group {
	g := &group{log: logger}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g
}

// run starts f. If it returns before stop, that is a failure that /readyz shows.
func (g *group) run(name string, f func(context.Context) error) {
	g.wg.Go(func() {
		err := f(g.ctx)
		if g.ctx.Err() != nil || g.ending.Load() {
			return
		}
		if err == nil {
			err = errors.New("ended")
		}
		g.log.Error("a part of the engine failed", "part", name, "error", err)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.err = errors.Join(g.err, fmt.Errorf("%s: %w", name, err))
	})
}

func (g *group) failed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *group) stop() {
	g.cancel()
	g.wg.Wait()
}

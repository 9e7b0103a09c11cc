package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// TestTurnedAway: the first refused call is told at once, a flood once a second with its number, and nothing is lost while the log cannot
// be written or at the end.
func TestTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards told
		var told []hotline.Fact
		var full atomic.Bool
		turned := newTurnedAway()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			turned.keep(ctx, func(evs []hotline.Event) error {
				if full.Load() {
					return errors.New("no space")
				}
				mu.Lock()
				defer mu.Unlock()
				for _, ev := range evs {
					told = append(told, ev.Fact)
				}
				return nil
			})
		}()
		want := func(what string, facts ...hotline.Fact) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, facts) {
				t.Errorf("%s: %v, want %v", what, told, facts)
			}
			told = nil
		}
		many := func(n int, trunk, why string) {
			for range n {
				turned.note(trunk, why)
			}
		}
		many(1, "a", hotline.TurnedByMaxCalls)
		want("the first", hotline.TurnedAway{Trunk: "a", Reason: "max_calls", Calls: 1})
		many(1000, "b", hotline.TurnedByMaxCPS)
		many(2, "a", hotline.TurnedByEngine)
		want("within the second")
		time.Sleep(turnedPace)
		want("the rest", hotline.TurnedAway{Trunk: "a", Reason: "engine", Calls: 2}, hotline.TurnedAway{Trunk: "b", Reason: "max_cps", Calls: 1000})
		full.Store(true)
		many(3, "a", hotline.TurnedByEngine)
		time.Sleep(3*turnedPace + turnedPace/2)
		full.Store(false)
		many(1, "a", hotline.TurnedByEngine)
		time.Sleep(turnedPace)
		want("after a full disk", hotline.TurnedAway{Trunk: "a", Reason: "engine", Calls: 4})
		many(5, "a", hotline.TurnedByMaxCalls)
		cancel()
		<-done
		want("the last", hotline.TurnedAway{Trunk: "a", Reason: "max_calls", Calls: 5})
	})
}

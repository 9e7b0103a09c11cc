package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// holds says whether the reserve is held now.
func (r *reserve) holds() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// TestReserve: held while nobody waits for the disk, lent while somebody does, and the collector, which stops every thread, comes
// through meanwhile.
func TestReserve(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(procs + 1)
	defer runtime.GOMAXPROCS(procs)
	r := newReserve()
	if r == nil {
		t.Skip("this system has no means for it")
	}
	defer r.close()
	becomes := func(held bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); r.holds() != held; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("held: %v", !held)
			}
		}
	}
	if r.holds() {
		t.Error("held before anybody asked")
	}
	for range 100 {
		r.during(func() { becomes(false) })
		becomes(true)
		runtime.GC()
	}
}

// TestReserveIsShared: many borrow at once, some of them panic, and the end comes in the midst of it.
func TestReserveIsShared(t *testing.T) {
	r := newReserve()
	var done atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 500 {
				func() {
					defer func() { _ = recover() }()
					r.during(func() {
						done.Add(1)
						if n%50 == i {
							panic("a disk's driver")
						}
						runtime.Gosched()
					})
				}()
			}
		})
	}
	r.close()
	all.Wait()
	r.close()
	if done.Load() != 8*500 {
		t.Errorf("%d pieces of work were done", done.Load())
	}
	if r != nil && r.lent != 0 {
		t.Errorf("%d borrow for ever", r.lent)
	}
}

// TestNoReserve: without one, work is done all the same.
func TestNoReserve(t *testing.T) {
	var r *reserve
	did := false
	r.during(func() { did = true })
	r.close()
	if !did {
		t.Error("nothing was done")
	}
}

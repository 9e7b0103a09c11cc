package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"hotline"
)

func testRead(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	if evs := readAll(t, log, 0); len(evs) != 0 {
		t.Fatalf("an empty log has %d events", len(evs))
	}
	const n = 300
	for i := range n / 3 {
		mustAppend(t, log, 0, i, 3)
	}
	all := readAll(t, log, 0)
	for after := range uint64(n + 2) {
		want := all[min(after, n):]
		same(t, "Read", readAll(t, log, after), want)
	}
	for ev := range log.Read(deadline(t), 10) { // a consumer may stop
		if ev.Seq == 12 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got int
	var end error
	for _, err := range log.Read(ctx, 0) {
		if end = err; err == nil {
			got++
		}
		cancel()
	}
	if !errors.Is(end, context.Canceled) || got == n {
		t.Errorf("a Read that was cancelled yielded %d events and ended with %v, want context.Canceled", got, end)
	}
}

// testTail checks history then live, from every starting point, and both ends: the consumer's and ctx's.
func testTail(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	const history, last = 40, 80
	for i := range history {
		mustAppend(t, log, 0, i, 1)
	}
	ctx, cancel := context.WithCancel(deadline(t))
	var caughtUp, sawLast, ended sync.WaitGroup
	for after := range uint64(history + 3) {
		caughtUp.Add(1)
		sawLast.Add(1)
		ended.Go(func() {
			tailer := tailer{t: t, at: after, caughtUp: caughtUp.Done, sawLast: sawLast.Done}
			tailer.run(ctx, log, history, last)
		})
	}
	caughtUp.Wait()
	for i := range last - history {
		mustAppend(t, log, 1, i, 1)
	}
	sawLast.Wait()
	cancel()
	ended.Wait()
}

// tailer is one consumer of testTail.
type tailer struct {
	t                 *testing.T
	at                uint64
	caughtUp, sawLast func()
}

func (r *tailer) run(ctx context.Context, log hotline.Log, history, last uint64) {
	after := r.at
	tell := func() {
		if r.at >= history && r.caughtUp != nil {
			r.caughtUp()
			r.caughtUp = nil
		}
	}
	tell()
	defer func() {
		if r.at != last {
			r.t.Errorf("Tail(%d) ended at %d, want %d", after, r.at, last)
			r.at = history
			tell()
			r.sawLast()
		}
	}()
	for ev, err := range log.Tail(ctx, after) {
		if err != nil {
			r.t.Errorf("Tail(%d): %v", after, err)
			return
		}
		if r.at++; ev.Seq != r.at {
			r.t.Errorf("Tail(%d): number %d, want %d", after, ev.Seq, r.at)
			return
		}
		tell()
		if r.at == last {
			r.sawLast()
			if after%2 == 0 {
				return // the others stay until ctx is done
			}
		}
	}
	if ctx.Err() == nil {
		r.t.Errorf("Tail(%d) ended by itself", after)
	}
}

// testSlowTail checks that a reader that stands still holds nobody up and misses nothing.
func testSlowTail(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	const n = 18_000 // more than an implementation would hold in memory for it
	first, resume, done := make(chan struct{}), make(chan struct{}), make(chan uint64)
	ctx := deadline(t)
	go func() {
		got := uint64(0)
		defer func() { done <- got }()
		for ev, err := range log.Tail(ctx, 0) {
			if err != nil || ev.Seq != got+1 {
				t.Errorf("number %d after %d: %v", ev.Seq, got, err)
				return
			}
			if got++; got == 1 {
				close(first)
				<-resume
			}
			if got == n {
				return
			}
		}
	}()
	mustAppend(t, log, 0, 0, 1)
	<-first
	for i := 1; i < n; i += 50 {
		mustAppend(t, log, 0, i, min(50, n-i))
	}
	close(resume)
	if got := <-done; got != n {
		t.Errorf("the slow reader got %d events, want %d", got, n)
	}
}

// testManyTails checks that readers of all ages see the same while writers write.
func testManyTails(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	const tails, writers, appends = 50, 8, 100
	const last = writers * appends * 2
	ctx := deadline(t)
	got := make([][]hotline.Event, tails)
	var wg sync.WaitGroup
	for i := range tails {
		wg.Go(func() {
			if i%2 == 1 { // come later
				waitFor(ctx, log, uint64(i*last/tails))
			}
			var err error
			if got[i], err = tailUntil(ctx, log, 0, last); err != nil {
				t.Error(err)
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			for i := range appends {
				if _, err := appendTo(log, w, i, 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all := readAll(t, log, 0)
	for _, evs := range got {
		same(t, "Tail", evs, all)
	}
}

// waitFor returns when a tail has seen the number.
func waitFor(ctx context.Context, log hotline.Log, seq uint64) {
	for ev := range log.Tail(ctx, max(seq, 1)-1) {
		if ev.Seq >= seq {
			return
		}
	}
}

func testClosed(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	mustAppend(t, log, 0, 0, 1)
	ctx := deadline(t)
	seen, ended := make(chan struct{}), make(chan error)
	go func() {
		var end error
		for ev, err := range log.Tail(ctx, 0) {
			if end = err; ev.Seq == 1 {
				close(seen)
			}
		}
		ended <- end
	}()
	<-seen
	closeLog()
	if err := <-ended; !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("Tail of a log that was closed ended with %v, want ErrLogClosed", err)
	}
	if _, err := appendTo(log, 0, 1, 1); !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("Append to a closed log: %v, want ErrLogClosed", err)
	}
	if err := log.Durable(ctx, 1); err != nil {
		t.Errorf("Durable of what closing made durable: %v", err)
	}
	if err := log.Durable(ctx, 2); !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("Durable of a number that will not come: %v, want ErrLogClosed", err)
	}
}

//go:build linux && (amd64 || arm64)

package media

import (
	"log/slog"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A loop's share of a processor is of the last tenth of a second, and of all that it waited for the processor in a round.
func TestPrecedenceShare(t *testing.T) {
	var p precedence
	pass := func(took, past time.Duration, times int) float64 {
		for range times {
			p.worked(int64(took), int64(past))
		}
		return p.share
	}
	const ms = time.Millisecond
	for _, step := range []struct {
		took, past time.Duration
		times      int
		least      float64
		most       float64
	}{
		{ms / 10, ms, 1000, 0.09, 0.11},
		{4 * ms, 10 * ms, 100, 0.39, 0.41},
		{ms / 10, ms, 50, 0.2, 0.3},     // half of it forgotten
		{ms / 10, ms, 500, 0.09, 0.11},  // all of it
		{80 * ms, 81 * ms, 1, 0.7, 0.9}, // held up once
		{0, time.Hour, 1, 0, 0},
		{0, 0, 1, 0, 0.001},
	} {
		if got := pass(step.took, step.past, step.times); got < step.least || got > step.most {
			t.Errorf("%d rounds of %v, one every %v: %.2f of a processor, want %g to %g", step.times, step.took, step.past, got, step.least, step.most)
		}
	}
}

// Much work makes the thread go before the others, little work lets it go again; where the operator allows no precedence there is none.
func TestPrecedence(t *testing.T) {
	runtime.LockOSThread() // the thread that is asked about stays the same
	defer runtime.UnlockOSThread()
	before := niceOf(t)
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, nil))
	p := precedence{share: precedenceFrom}
	p.settle(log)
	if p.denied {
		if p.held || niceOf(t) != before || !strings.Contains(said.String(), "LimitNICE") {
			t.Errorf("denied, but held %v, nice %d instead of %d; said %q", p.held, niceOf(t), before, said.String())
		}
		return
	}
	want := max(before-precedenceNice, -20)
	if !p.held || niceOf(t) != want {
		t.Fatalf("held %v, nice %d, want %d", p.held, niceOf(t), want)
	}
	p.share = (precedenceFrom + precedenceUntil) / 2
	if p.settle(log); niceOf(t) != want {
		t.Errorf("between the bounds: nice %d, want %d", niceOf(t), want)
	}
	p.share = precedenceUntil / 2
	if p.settle(log); p.held || niceOf(t) != before {
		t.Errorf("little work: held %v, nice %d, want %d", p.held, niceOf(t), before)
	}
	if p.give(); niceOf(t) != before || said.Len() > 0 {
		t.Errorf("given twice: nice %d, want %d; said %q", niceOf(t), before, said.String())
	}
}

// A loop that could use a whole processor for longer than a moment has no precedence any more until it has little work.
func TestPrecedenceSpent(t *testing.T) {
	var p precedence
	const ms = time.Millisecond
	for i, step := range []struct {
		took, past time.Duration
		times      int
		held       bool
	}{
		{4 * ms, 10 * ms, 50, true},
		{10 * ms, 10 * ms, 100, true}, // a burst
		{5 * ms, 10 * ms, 50, true},   // which is forgotten
		{10 * ms, 10 * ms, 100, true}, // another
		{10 * ms, 10 * ms, 50, false}, // too long
		{5 * ms, 10 * ms, 500, false}, // still much
		{ms, 10 * ms, 100, false},     // little
		{4 * ms, 10 * ms, 50, true},   // as from the start
	} {
		for range step.times {
			p.worked(int64(step.took), int64(step.past))
			p.held = p.wanted()
		}
		if p.held != step.held {
			t.Errorf("step %d, %v of %v: held %v (share %.2f, full for %v)", i, step.took, step.past, p.held, p.share, time.Duration(p.full))
		}
	}
}

// Where the operator allows no precedence, that is said once, and the thread stays as it is.
func TestPrecedenceDenied(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread that may do less ends here
		head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&head, &none[0]); err != nil {
			t.Error(err)
			return
		}
		var said strings.Builder
		log := slog.New(slog.NewTextHandler(&said, nil))
		p := precedence{share: 1}
		before := niceOf(t)
		p.settle(log)
		p.settle(log)
		var limit syscall.Rlimit
		if syscall.Getrlimit(unix.RLIMIT_NICE, &limit) == nil && limit.Cur > 20 {
			return // allowed without any capability
		}
		if p.held || !p.denied || niceOf(t) != before || strings.Count(said.String(), "LimitNICE=-10") != 1 {
			t.Errorf("held %v, denied %v, nice %d instead of %d; said %q", p.held, p.denied, niceOf(t), before, said.String())
		}
	}()
	<-done
}

func niceOf(t *testing.T) int {
	t.Helper()
	n, err := threadNice()
	if err != nil {
		t.Error(err)
	}
	return n
}

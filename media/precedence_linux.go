//go:build linux && (amd64 || arm64)

package media

import (
	"log/slog"
	"runtime"
	"syscall"
	"time"
)

// A loop that needs more of a processor than its fair share takes precedence over the other threads of the process. While garbage is
// collected there are as many busy threads as Ps: on one processor a loop of 1,000 calls, which needs almost half of it, would get
// a quarter, and voices would come up to 0.1 s late. Below that it gets what it needs anyway, and a thread of its own costs the
// others time: they are woken to hand its P on. A loop that could use a whole processor and more, flooded or with too many calls,
// gets no precedence: signalling, which refuses calls and hangs up, would have a tenth of what is left.
const (
	precedenceFrom   = 0.25 // share of a processor
	precedenceUntil  = 0.15
	precedenceFull   = 0.9                             // all of a processor: for longer than precedenceSpent it is too much
	precedenceMemory = float64(100 * time.Millisecond) // how far back the share is remembered
	precedenceSpent  = int64(time.Second)
	precedenceNice   = 10 // steps of nice(2) before the others: a weight of nine of them
)

// precedence is owned by its loop's goroutine.
type precedence struct {
	share  float64 // of a processor that was needed lately, waiting for it included
	held   bool
	denied bool  // the operator allows none (RLIMIT_NICE)
	spent  bool  // it was too much, and is until there is little work again
	full   int64 // how long it was held with a full processor by now, ns
	nice   int   // of the thread before
}

// worked is told of the time that a round with packets took, ns, and how much later than the one before it ended.
func (p *precedence) worked(took, past int64) {
	span := float64(max(past, took, 1))
	p.share += (float64(took)/span - p.share) * min(span/precedenceMemory, 1)
	if p.held && p.share >= precedenceFull {
		p.full += int64(span)
	} else {
		p.full = 0
	}
}

// wanted decides, and notes what was too much.
func (p *precedence) wanted() bool {
	switch {
	case p.share < precedenceUntil:
		p.spent = false
		return false
	case p.full > precedenceSpent:
		p.spent = true
	}
	return !p.spent && (p.held || p.share >= precedenceFrom)
}

// settle takes or gives back precedence.
func (p *precedence) settle(log *slog.Logger) {
	if !p.wanted() {
		p.give()
		return
	}
	if p.held || p.denied {
		return
	}
	if err := p.take(); err != nil {
		p.denied = true
		log.Info("media loops may not take precedence: voices come late while garbage is collected with hundreds of calls up; LimitNICE=-10 allows it", "err", err)
	}
}

// take makes the goroutine's thread its own, before the others.
func (p *precedence) take() error {
	runtime.LockOSThread()
	was, err := threadNice()
	if err == nil {
		err = setThreadNice(max(was-precedenceNice, -20))
	}
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	p.held, p.nice = true, was
	return nil
}

// give undoes take.
func (p *precedence) give() {
	if !p.held {
		return
	}
	p.held = false
	if setThreadNice(p.nice) == nil { // else the thread ends with the goroutine
		runtime.UnlockOSThread()
	}
}

// threadNice is the nice value of the calling thread, -20 to 19: Linux keeps one a thread, setpriority(2).
func threadNice() (int, error) {
	n, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 40 to 1
	return 20 - n, call("getpriority", err)
}

func setThreadNice(n int) error {
	return call("setpriority", syscall.Setpriority(syscall.PRIO_PROCESS, 0, n))
}

//go:build linux && (amd64 || arm64)

package media

import (
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"
)

// newNetwork is the network of the kernel.
func newNetwork(cfg Config) network {
	count := cfg.Loops
	if count == 0 {
		count = runtime.GOMAXPROCS(0)
	}
	n := &loops{each: make([]*loop, count)}
	for i := range n.each {
		n.each[i] = newLoop(cfg.Logger, cfg.OwnThreads)
		if cfg.Bypass != nil && i < cfg.Bypass.Rings() {
			n.each[i].ring, n.each[i].number = cfg.Bypass.Ring(i), i
		}
	}
	return n
}

// fullLoop is how many ports a loop takes before the next one is begun: those of 200 calls. A wake of a processor that
// slept costs as much as several packets, so few loops with much to do are cheaper than many with little.
const fullLoop = 800

// loops is the network of the kernel, many sockets to an epoll loop.
type loops struct {
	mu   sync.Mutex // guards which loop a port goes to, and against listen after wait
	each []*loop
	over bool
}

func (n *loops) listen(at netip.AddrPort) (port, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return nil, net.ErrClosed
	}
	l := n.pick()
	if err := l.open(); err != nil {
		return nil, err
	}
	return bindPort(l, at)
}

// adopt implements adopter.
func (n *loops) adopt(f *os.File, at netip.AddrPort) (port, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return nil, net.ErrClosed
	}
	l := n.pick()
	if err := l.open(); err != nil {
		return nil, err
	}
	return adoptPort(l, int(f.Fd()), at)
}

// pick is the loop that takes the next port: the first one that is not full, else the one with the fewest.
func (n *loops) pick() *loop {
	best := n.each[0]
	for _, l := range n.each {
		held := l.held.Load()
		if held < fullLoop {
			return l
		}
		if held < best.held.Load() {
			best = l
		}
	}
	return best
}

func (n *loops) wait() {
	n.mu.Lock()
	n.over = true
	n.mu.Unlock()
	for _, l := range n.each {
		l.close()
	}
}

// busy is how long each loop has worked.
func (n *loops) busy() []time.Duration {
	all := make([]time.Duration, len(n.each))
	for i, l := range n.each {
		all[i] = time.Duration(l.work.Load())
	}
	return all
}

// call wraps what the kernel refused.
func call(name string, err error) error { return os.NewSyscallError(name, err) }

// slotTable finds the port that an event of the kernel belongs to. It is changed under its mutex and read without.
type slotTable struct {
	mu    sync.Mutex
	free  []int32
	turns int32 // how often a slot was taken: tells an event of a former holder from one of the present

	slots slotList
}

// add gives a port a slot.
func (t *slotTable) add(s *loopPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) == 0 {
		t.free = t.slots.grow(t.free)
	}
	s.slot = t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	t.turns++
	s.turn = t.turns
	t.slots.set(s.slot, s)
}

func (t *slotTable) remove(s *loopPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slots.set(s.slot, nil)
	t.free = append(t.free, s.slot)
}

// get is the port of an event; nil: it is closed.
func (t *slotTable) get(slot, turn int32) *loopPort {
	s := t.slots.get(slot)
	if s == nil || s.turn != turn {
		return nil
	}
	return s
}

// complaints keeps the log short: one line in a while, whatever goes wrong how often.
type complaints struct {
	logger *slog.Logger
	last   int64
}

// may tells whether a line may be written again.
func (c *complaints) may(now int64) bool {
	const every = int64(10e9)
	if c.last != 0 && now-c.last < every {
		return false
	}
	c.last = now
	return true
}

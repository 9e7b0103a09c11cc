//go:build linux && (amd64 || arm64)

package media

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"hotline/media/bypass"
)

// The figures of a loop's pace. Every wake of a sleeping processor costs as much as some packets, so that a loop with
// much to do looks only now and then and deals with all that has come: often enough that gatherPackets come together, never
// later than gatherMost, and with much traffic not sooner than gatherLeast. A packet waits for half of that on average.
const (
	gatherPackets = 16
	gatherMost    = int64(1500 * time.Microsecond)
	gatherLeast   = int64(time.Millisecond)
	gatherFrom    = 2.0                           // packets in gatherMost from which on it gathers
	livelyFrom    = 0.02                          // packets a millisecond from which on a loop keeps its thread awake for the next
	paceMemory    = float64(8 * time.Millisecond) // how far back the pace is remembered
	livelyWait    = 10                            // ms that a wait without a word to the scheduler lasts at most
	heldUpAfter   = int64(100 * time.Millisecond) // a round that lasts longer is reported
	vainMost      = 4                             // after so many vain sleeps 16 are left out
	maxRounds     = 64                            // looks before it asks whether it shall stop
)

// loop is one goroutine that reads many sockets.
type loop struct {
	own    bool         // it has a P to itself: it may wait without telling the scheduler
	ring   *bypass.Ring // with copies of what the kernel has passed on; nil: it passes nothing on
	number int
	table  slotTable
	held   atomic.Int32 // ports
	stop   atomic.Bool
	work   atomic.Int64 // ns spent with packets, not waiting
	done   chan struct{}
	log    complaints

	mu     sync.Mutex // guards opening and closing
	opened bool
	ep     int
	wake   int // eventfd: a word in it ends a wait

	// Owned by the goroutine.
	pace   pace
	ahead  precedence
	start  time.Time
	events [128]syscall.EpollEvent
	buf    [maxDatagram]byte
	from   syscall.RawSockaddrAny
	size   uint32
	nap    syscall.Timespec
	room   [maxDatagram]byte

	touched uint64 // so that what was touched has a use
}

func newLoop(logger *slog.Logger, own bool) *loop {
	return &loop{own: own, log: complaints{logger: logger}, start: time.Now()}
}

// open starts the goroutine when the first port comes.
func (l *loop) open() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened {
		return nil
	}
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return call("epoll_create1", err)
	}
	wake, _, no := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if no != 0 {
		syscall.Close(ep)
		return call("eventfd2", no)
	}
	l.ep, l.wake, l.done = ep, int(wake), make(chan struct{})
	word := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: -1}
	if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, l.wake, &word); err != nil {
		l.shut()
		return call("epoll_ctl", err)
	}
	l.opened = true
	go l.run()
	return nil
}

func (l *loop) shut() {
	syscall.Close(l.wake)
	syscall.Close(l.ep)
}

// close ends the goroutine and returns when it has ended.
func (l *loop) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		return
	}
	l.opened = false
	l.stop.Store(true)
	one := [8]byte{1}
	if _, err := syscall.Write(l.wake, one[:]); err != nil {
		l.log.logger.Error("media loop: cannot be woken", "err", err)
	}
	<-l.done
	l.shut()
}

// add lets the kernel tell of what comes to a socket.
func (l *loop) add(s *loopPort) error {
	l.table.add(s)
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: s.slot, Pad: s.turn}
	if err := syscall.EpollCtl(l.ep, syscall.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		l.table.remove(s)
		return call("epoll_ctl", err)
	}
	return nil
}

func (l *loop) remove(s *loopPort) {
	var none syscall.EpollEvent
	syscall.EpollCtl(l.ep, syscall.EPOLL_CTL_DEL, s.fd, &none) // cannot fail in a way that matters: the socket is closed next
	l.table.remove(s)
}

func (l *loop) now() int64 { return int64(time.Since(l.start)) }

// run is the loop's goroutine: it ends with close.
func (l *loop) run() {
	defer close(l.done)
	defer l.ahead.give()
	last := l.now()
	for slept := false; ; {
		began := l.now()
		n := l.drain()
		if l.stop.Load() {
			return
		}
		l.pace.saw(began, n, slept)
		slept = false
		now := l.now()
		l.work.Add(now - began)
		if l.own {
			l.ahead.worked(now-began, now-last)
			l.ahead.settle(l.log.logger)
		}
		last = now
		switch {
		case now-began > heldUpAfter && l.log.may(now):
			l.log.logger.Warn("media loop held up", "for", time.Duration(now-began), "packets", n)
		case n == 0 || !l.pace.dense() || !l.pace.pays():
			l.await()
		case now < began+l.pace.gather():
			slept = true
			l.sleep(began + l.pace.gather() - now)
		}
	}
}

// drain deals with what is there.
func (l *loop) drain() (packets int) {
	for range maxRounds {
		l.copies()
		n := l.ready(0, true)
		if n == 0 {
			break
		}
		for i := range n {
			if s := l.table.get(l.events[i].Fd, l.events[i].Pad); s != nil && s.touch != nil {
				l.touched += s.touch()
			}
		}
		for i := range n {
			if s := l.table.get(l.events[i].Fd, l.events[i].Pad); s != nil && s.hold() {
				l.read(s)
				s.letGo()
			}
		}
		packets += n
	}
	return packets
}

// copies takes what the kernel has passed on. Of one stream, that always came before what the socket has.
func (l *loop) copies() {
	if l.ring != nil && l.ring.Waits() {
		l.ring.Read()
	}
}

// read takes one datagram: a socket that has more is told of again, after the others.
func (l *loop) read(s *loopPort) {
	l.size = uint32(unsafe.Sizeof(l.from))
	n, _, no := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&l.buf)), maxDatagram, 0,
		uintptr(unsafe.Pointer(&l.from)), uintptr(unsafe.Pointer(&l.size)))
	switch {
	case no == 0:
		l.copies()
		s.recv(l.buf[:n], addrPort(&l.from))
	case no == syscall.EAGAIN || no == syscall.EINTR:
	default:
		// The socket lives on through whatever the kernel says (no memory, an ICMP error): one bad read ends no call.
		if l.log.may(l.now()) {
			l.log.logger.Warn("RTP socket: read failed", "port", s.at.Port(), "err", no)
		}
		l.sleep(int64(time.Millisecond))
	}
}

// await returns when something is there, or after a while.
func (l *loop) await() {
	lanes := l.ring != nil && l.ring.Lanes() > 0
	switch {
	case l.own && (lanes || l.pace.lively()):
		l.ready(livelyWait, true)
	case lanes:
		l.ready(livelyWait, false)
	default:
		l.ready(-1, false)
	}
}

// ready asks which sockets have something, and waits for that so many milliseconds at most, for ever with -1. quick: the
// scheduler is not told, so that the goroutine keeps its P.
func (l *loop) ready(wait int, quick bool) int {
	var n uintptr
	var no syscall.Errno
	if quick {
		n, _, no = syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.ep), uintptr(unsafe.Pointer(&l.events)),
			uintptr(len(l.events)), uintptr(wait), 0, 0)
	} else {
		n, _, no = syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.ep), uintptr(unsafe.Pointer(&l.events)),
			uintptr(len(l.events)), uintptr(wait), 0, 0)
	}
	if no != 0 { // EINTR: the scheduler wants the goroutine to make room
		return 0
	}
	return int(n)
}

// sleep lets packets gather. A loop without a P of its own leaves the one it has to others meanwhile.
func (l *loop) sleep(ns int64) {
	if !l.own {
		time.Sleep(time.Duration(ns))
		return
	}
	l.nap = syscall.NsecToTimespec(ns)
	syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&l.nap)), 0, 0)
}

// pace is how many packets a millisecond a loop has had lately.
type pace struct {
	at    int64
	per   float64
	vain  int // sleeps one after another in which nothing gathered: what comes, comes in bursts
	spare int // sleeps to be left out for that
}

// saw is told how many packets a look found, and whether the loop had slept before it to let them gather.
func (p *pace) saw(now int64, packets int, slept bool) {
	past := float64(max(now-p.at, 1))
	p.at = now
	p.per += (float64(packets)*1e6/past - p.per) * min(past/paceMemory, 1)
	switch {
	case slept && packets == 0:
		p.vain = min(p.vain+1, vainMost)
		p.spare = 1 << p.vain
	case slept:
		p.vain = 0
	}
}

// pays says whether to sleep after this look: less and less often where nothing came in the sleeps before.
func (p *pace) pays() bool {
	if p.spare == 0 {
		return true
	}
	p.spare--
	return false
}

func (p *pace) dense() bool  { return p.per*float64(gatherMost)/1e6 >= gatherFrom }
func (p *pace) lively() bool { return p.per >= livelyFrom }

// gather is the time from one look to the next, ns.
func (p *pace) gather() int64 {
	return min(max(int64(gatherPackets*1e6/p.per), gatherLeast), gatherMost)
}

package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// pair is an even port for RTP and the odd one after it for RTCP (RFC 3550 §11).
type pair struct {
	rtp, rtcp port
	number    uint16      // the even port
	drain     *time.Timer // set once the pair is given back; owned by the range
	noise     atomic.Bool // something came while it drained

	leg atomic.Pointer[Leg] // nil: it drains, or is not served yet. What waits for half a minute is the pair, not the leg
}

// serve begins to read for the leg.
func (p *pair) serve(l *Leg) {
	p.leg.Store(l)
	if w, ok := p.rtp.(warmer); ok {
		w.warm(p.touch)
	}
	p.rtp.serve(p.receive)
	p.rtcp.serve(p.receiveBeside)
}

func (p *pair) receive(b []byte, from netip.AddrPort) {
	if l := p.leg.Load(); l != nil {
		l.receive(b, from)
		return
	}
	p.noise.Store(true)
}

func (p *pair) receiveBeside(b []byte, from netip.AddrPort) {
	if l := p.leg.Load(); l != nil {
		l.receiveBeside(b, from)
	}
}

func (p *pair) touch() uint64 {
	if l := p.leg.Load(); l != nil {
		return l.touch()
	}
	return 0
}

// portRange hands out pairs at random, so that a port cannot be guessed and is not used again soon. All fields behind mu.
type portRange struct {
	net network
	any bool // the kernel chooses the numbers

	mu     sync.Mutex
	free   []uint16 // even ports nobody has, in no order
	total  int
	held   map[netip.AddrPort]*pair // in use or draining, by the even port
	handed handed
	drains []*pair // of held, those draining, the one given back first at the front
	closed bool
}

// sureDrains is how many pairs always drain for the whole time. With more than that, and none free, the quiet one that was
// given back first is lent again: at hundreds of calls a second a range of ports, or what a process may open, would
// otherwise be full of drains.
const sureDrains = 1000

// bindTries bounds how many pairs are tried that another program holds, so that NewLeg stays quick.
const bindTries = 64

func newPortRange(n network, low, high uint16) (*portRange, error) {
	r := &portRange{net: n, held: map[netip.AddrPort]*pair{}}
	if low == 0 && high == 0 {
		r.any = true
		return r, nil
	}
	if low == 0 || low > high {
		return nil, fmt.Errorf("%w: port range %d-%d", ErrNoPorts, low, high)
	}
	for p := int(low) + int(low)%2; p+1 <= int(high); p += 2 {
		r.free = append(r.free, uint16(p))
	}
	r.total = len(r.free)
	if r.total == 0 {
		return nil, fmt.Errorf("%w: port range %d-%d holds no even port with its odd one", ErrNoPorts, low, high)
	}
	return r, nil
}

// take binds a random pair. Every error wraps ErrNoPorts; one that is not about a port in use (a foreign address, no
// more file descriptors) is its cause.
func (r *portRange) take(bind netip.Addr) (*pair, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	var busy []uint16
	defer func() { r.free = append(r.free, busy...) }()
	for range bindTries {
		number, ok := r.pick()
		if !ok {
			break
		}
		p, err := r.bind(bind, number)
		if (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) && r.hurry() {
			p, err = r.bind(bind, number)
		}
		if err == nil {
			r.held[p.rtp.local()] = p
			return p, nil
		}
		if !r.any {
			busy = append(busy, number)
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%w: %w", ErrNoPorts, err)
		}
	}
	return nil, fmt.Errorf("%w: %d pairs of %d in use, %d of them draining", ErrNoPorts, len(r.held), r.total, len(r.drains))
}

// pick takes a random even port out of the free ones. mu is held.
func (r *portRange) pick() (uint16, bool) {
	if r.any {
		return 0, true
	}
	if len(r.free) == 0 && !r.hurry() {
		return 0, false
	}
	n := len(r.free)
	i := rand.IntN(n)
	number := r.free[i]
	r.free[i] = r.free[n-1]
	r.free = r.free[:n-1]
	return number, true
}

// bind binds the pair that begins at number, or with 0 whichever the kernel gives. A pair that begins at an odd number is as
// good as a port in use.
func (r *portRange) bind(addr netip.Addr, number uint16) (*pair, error) {
	rtp, err := r.listen(netip.AddrPortFrom(addr, number))
	if err != nil {
		return nil, err
	}
	number = rtp.local().Port()
	if number%2 == 1 {
		rtp.close()
		return nil, syscall.EADDRINUSE
	}
	rtcp, err := r.listen(netip.AddrPortFrom(addr, number+1))
	if err != nil {
		rtp.close()
		return nil, err
	}
	return &pair{rtp: rtp, rtcp: rtcp, number: number}, nil
}

// giveBack lets the pair drain and then frees it. The time is fixed, not "until it is quiet": else a stranger could
// hold all ports for ever with a packet now and then.
func (r *portRange) giveBack(p *pair, drain time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[p.rtp.local()] != p || p.drain != nil {
		return
	}
	r.drains = append(r.drains, p)
	p.drain = time.AfterFunc(drain, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.release(p)
	})
}

// release frees a pair that drains. mu is held.
func (r *portRange) release(p *pair) {
	if r.held[p.rtp.local()] != p {
		return
	}
	delete(r.held, p.rtp.local())
	if i := slices.Index(r.drains, p); i == 0 {
		r.drains[0] = nil
		r.drains = r.drains[1:]
	} else {
		r.drains = slices.Delete(r.drains, i, i+1)
	}
	p.drain.Stop()
	p.rtp.close()
	p.rtcp.close()
	if !r.any {
		r.free = append(r.free, p.number)
	}
}

// hurry frees the quiet pair that was given back first, if more drain than must. mu is held.
func (r *portRange) hurry() bool {
	const look = 64
	for _, p := range r.drains[:min(max(len(r.drains)-sureDrains, 0), look)] {
		if !p.noise.Load() {
			r.release(p)
			return true
		}
	}
	return false
}

// owns tells whether a packet sent to that address would come back to the engine.
func (r *portRange) owns(to netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.held[netip.AddrPortFrom(to.Addr(), to.Port()&^1)]; ok {
		return true
	}
	for _, all := range [...]netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if _, ok := r.held[netip.AddrPortFrom(all, to.Port()&^1)]; ok {
			return isLocal(to.Addr())
		}
	}
	return false
}

func (r *portRange) counts() (free, draining, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.free), len(r.drains), r.total
}

// close closes every pair, also those that drain or are in use.
func (r *portRange) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.handed.drop()
	for _, p := range r.held {
		if p.drain != nil {
			p.drain.Stop()
		}
		p.rtp.close()
		p.rtcp.close()
	}
	clear(r.held)
	r.drains = nil
}

package media

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
)

// adopter is a network that can read a socket which another process bound.
type adopter interface {
	// adopt makes a port of a copy of f, which is bound to at.
	adopt(f *os.File, at netip.AddrPort) (port, error)
}

// handed are the sockets of Config.Sockets that no leg has taken yet. Guarded by the range's mutex.
type handed map[netip.AddrPort]*os.File

// hand takes over sockets. Their numbers are given to nobody who does not ask for them.
func (r *portRange) hand(files []*os.File) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range files {
		c, err := net.FilePacketConn(f)
		if err != nil {
			return fmt.Errorf("media: handed socket %s: %w", f.Name(), err)
		}
		u, ok := c.(*net.UDPConn)
		if !ok {
			c.Close()
			return fmt.Errorf("media: handed socket %s is no UDP socket", f.Name())
		}
		own, err := u.File()
		addr := plain(u.LocalAddr().(*net.UDPAddr).AddrPort())
		u.Close()
		if err != nil {
			return fmt.Errorf("media: handed socket %s: %w", f.Name(), err)
		}
		if r.handed == nil {
			r.handed = make(handed)
		}
		r.handed[addr] = own
		r.free = slices.DeleteFunc(r.free, func(n uint16) bool { return n == addr.Port()&^1 })
	}
	return nil
}

// listen takes a socket that was handed in, or binds one.
func (r *portRange) listen(at netip.AddrPort) (port, error) {
	f := r.handed[plain(at)]
	a, ok := r.net.(adopter)
	if f == nil || !ok {
		return r.net.listen(at)
	}
	delete(r.handed, plain(at))
	defer f.Close()
	return a.adopt(f, plain(at))
}

// drop closes what no leg took. The range's mutex is held.
func (h handed) drop() {
	for _, f := range h {
		f.Close()
	}
	clear(h)
}

// takeNumber is take of the pair that begins at the number.
func (r *portRange) takeNumber(bind netip.Addr, number uint16) (*pair, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if number == 0 || number%2 == 1 {
		return nil, fmt.Errorf("%w: %d begins no pair", ErrNoPorts, number)
	}
	p, err := r.bind(bind, number)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPorts, err)
	}
	r.free = slices.DeleteFunc(r.free, func(n uint16) bool { return n == number })
	r.held[p.rtp.local()] = p
	return p, nil
}

// NewLegOn is NewLeg on a port of its own: that of a leg which another process served, whose sockets were handed in
// (Config.Sockets) or are free again. number is the RTP port, even. What has come for it meanwhile waits until Configure.
func (e *Engine) NewLegOn(bind netip.Addr, number uint16, h Handler) (*Leg, error) {
	return e.newLeg(bind, h, true, func() (*pair, error) { return e.ports.takeNumber(bind, number) })
}

// adopt implements adopter.
func (u *udp) adopt(f *os.File, at netip.AddrPort) (port, error) {
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return &udpPort{net: u, conn: c.(*net.UDPConn), at: at}, nil
}

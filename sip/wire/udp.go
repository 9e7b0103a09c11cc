package wire

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"hotline/sip/syntax"
)

// udpBuffer is asked of the kernel for a socket's receive queue: about a second of a registration avalanche.
const udpBuffer = 4 << 20

// openUDP binds the socket. Called again after a failure it binds the same port.
func (s *socket) openUDP() error {
	c, err := s.w.handed.listenUDP(s.addr)
	if err != nil {
		return err
	}
	_ = c.SetReadBuffer(udpBuffer) // best effort: the kernel may allow less
	if s.addr.Port() == 0 {        // never again after the first time: others read it
		s.addr = netip.AddrPortFrom(s.addr.Addr(), uint16(c.LocalAddr().(*net.UDPAddr).Port))
	}
	s.udp.Store(c)
	return nil
}

// serveUDP reads datagrams until ctx is done. A socket that fails is opened again: a transport must not die while the
// process lives on looking well.
func (s *socket) serveUDP(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { s.udp.Load().Close() })
	defer stop()
	buf := make([]byte, 65536)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		began := time.Now()
		err := s.readUDP(ctx, buf)
		if ctx.Err() != nil {
			s.udp.Load().Close()
			return
		}
		s.w.log.Error("udp socket failed", "socket", s.String(), "error", err)
		if time.Since(began) > time.Minute {
			pause = 10 * time.Millisecond
		}
		s.udp.Load().Close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			if err := s.openUDP(); err == nil {
				break
			} else {
				s.w.log.Error("udp socket cannot be opened again", "socket", s.String(), "error", err)
			}
			pause = min(2*pause, 2*time.Second)
		}
	}
}

// readUDP reads until the socket fails. What a datagram costs before it is known to be SIP from someone welcome is this
// loop: no allocation, no entry in any table.
func (s *socket) readUDP(ctx context.Context, buf []byte) error {
	c := s.udp.Load()
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || ctx.Err() != nil || !isTemporary(err) {
				return err
			}
			continue
		}
		s.w.datagram(Path{sock: s, Peer: unmapped(from)}, buf[:n])
	}
}

// isTemporary says whether reading may simply go on: an ICMP error of an earlier datagram shows up here.
func isTemporary(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && !errors.Is(err, net.ErrClosed) && ne.Timeout()
}

// datagram handles one datagram. buf is the caller's again on return.
func (w *Wire) datagram(p Path, buf []byte) {
	defer w.catch(p, buf)
	for len(buf) > 0 && (buf[0] == '\r' || buf[0] == '\n') { // keep-alives, and what stands before a start line (§7.5)
		buf = buf[1:]
	}
	if len(buf) < 8 {
		return
	}
	if buf[0] == 0 { // no SIP message begins so
		w.stun(p, buf)
		return
	}
	if !w.guard.admit(p.Peer.Addr(), time.Now()) {
		w.cfg.Metrics.Dropped.Add(1)
		return
	}
	w.cfg.Metrics.Received.Add(1)
	h, err := syntax.ReadHead(buf)
	if err != nil {
		w.garbage(p, buf, err)
		return
	}
	h.Body = append([]byte(nil), h.Body...)
	w.receive(h, p)
}

// Datagram takes a datagram as if it had come from the address to the first udp socket of the config: what a network does, without
// one.
func (w *Wire) Datagram(from netip.AddrPort, b []byte) {
	if s := w.udpTo(from.Addr(), nil); s != nil {
		w.datagram(Path{sock: s, Peer: unmapped(from)}, b)
	}
}

// garbage counts what is not SIP at all and logs some of it.
func (w *Wire) garbage(p Path, data []byte, err error) {
	w.cfg.Metrics.Malformed.Add(1)
	w.guard.waste(p.Peer.Addr(), time.Now(), 1)
	w.log.Warn("message cannot be read", "from", p, "octets", len(data), "data", hostile(data), "error", err)
}

// hostile is data for a log: its beginning, made into text only if the line is written at all.
type hostile []byte

// LogValue implements slog.LogValuer.
func (h hostile) LogValue() slog.Value { return slog.StringValue(string(h[:min(len(h), 128)])) }

// ifaceSet is the addresses of this machine's interfaces, asked for anew every few seconds. Safe for use by several
// goroutines.
type ifaceSet struct {
	mu    sync.Mutex
	addrs map[netip.Addr]bool
	read  time.Time
}

// forget has the addresses read anew.
func (s *ifaceSet) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addrs = nil
}

func (s *ifaceSet) has(a netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.addrs == nil || now.Sub(s.read) > 10*time.Second {
		s.addrs, s.read = map[netip.Addr]bool{}, now
		all, _ := net.InterfaceAddrs() // without them only loopback is ours
		for _, ia := range all {
			if p, err := netip.ParsePrefix(ia.String()); err == nil {
				s.addrs[p.Addr().Unmap().WithZone("")] = true
			}
		}
	}
	return s.addrs[a]
}

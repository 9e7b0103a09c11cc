package wire

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// socket is one address we listen on. Messages leave by the socket they belong to, so that the peer sees the address it
// knows.
type socket struct {
	w       *Wire
	network string
	addr    netip.AddrPort              // as bound: the port is known
	udp     atomic.Pointer[net.UDPConn] // of a udp socket; replaced when it has failed
	ln      net.Listener                // of every other socket
	tls     *tls.Config                 // of a tls or wss socket

	routes    sync.Map // netip.Addr of a peer → netip.Addr of ours, for a socket on every interface
	routeSize atomic.Int32
}

// Path is a way to a peer: which socket of ours, which address of theirs, and over anything but udp which connection. The
// zero path leads nowhere. Paths are compared with ==.
type Path struct {
	sock *socket
	flow *flow
	Peer netip.AddrPort
}

// Valid says whether the way leads anywhere.
func (p Path) Valid() bool { return p.sock != nil }

// Network is "udp", "tcp", "tls", "ws" or "wss".
func (p Path) Network() string {
	if p.sock == nil {
		return ""
	}
	return p.sock.network
}

// Host is the address of ours that the peer sees: advertised, or the socket's own. It belongs in SDP and Contact.
func (p Path) Host() netip.Addr {
	if p.sock == nil {
		return netip.Addr{}
	}
	if a := p.sock.w.cfg.advertised(p.Peer.Addr()); a.IsValid() {
		return a
	}
	return p.Bind()
}

// Bind is the local address that media for this peer binds to: like host, but never the advertised one.
func (p Path) Bind() netip.Addr {
	if p.sock == nil {
		return netip.Addr{}
	}
	if a := p.sock.addr.Addr(); !a.IsUnspecified() {
		return a
	}
	if p.flow != nil && p.flow.local.IsValid() {
		return p.flow.local
	}
	return p.sock.route(p.Peer.Addr())
}

// Contact is the Contact of ours that leads the peer back by this way. sips: the peer's own addresses in the dialog are
// sips URIs, and so must ours be (RFC 3261 §8.1.1.8, §12.1.1), where the way is encrypted.
func (p Path) Contact(user string, sips bool) gosip.Uri {
	u := gosip.Uri{Scheme: "sip", User: syntax.SafeUser(user), Host: syntax.Bracket(p.Host().String()), Port: int(p.sock.addr.Port())}
	n := p.Network()
	if sips && syntax.Secure(n) {
		u.Scheme = "sips"
	}
	if n != "udp" && (u.Scheme == "sip" || n == "wss") { // a sips URI means TLS by itself (§26.2.2)
		u.UriParams = gosip.HeaderParams{{K: "transport", V: syntax.TransportParam(n)}}
	}
	return u
}

// Bare is the socket of ours that the way leaves from, leading to nobody yet: for PathTo.
func (p Path) Bare() Path { return Path{sock: p.sock} }

// String names the way for logs and for PathFrom: "udp:127.0.0.1:5060>127.0.0.1:6001".
func (p Path) String() string {
	if p.sock == nil {
		return ""
	}
	return p.sock.String() + ">" + p.Peer.String()
}

// LogValue implements slog.LogValuer.
func (p Path) LogValue() slog.Value { return slog.StringValue(p.String()) }

func (s *socket) String() string { return s.network + ":" + s.addr.String() }

// Write sends one message. b may be used again on return. ErrSend: it could not be written; it is counted.
func (p Path) Write(b []byte) error {
	if p.sock == nil {
		return ErrNoPath
	}
	m := p.sock.w.cfg.Metrics
	err := p.writeRaw(b)
	if err != nil {
		m.SendErrors.Add(1)
		return fmt.Errorf("%w: %w", ErrSend, err)
	}
	m.Sent.Add(1)
	m.said(b)
	return nil
}

func (p Path) writeRaw(b []byte) error {
	if p.flow != nil {
		return p.flow.write(b)
	}
	c := p.sock.udp.Load()
	if c == nil {
		return ErrNoPath
	}
	_, err := c.WriteToUDPAddrPort(b, p.Peer)
	return err
}

// route is the address of ours that packets to the peer leave from.
func (s *socket) route(peer netip.Addr) netip.Addr {
	if a, ok := s.routes.Load(peer); ok {
		return a.(netip.Addr)
	}
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9))) // sends nothing
	if err == nil {
		local = unmapped(c.LocalAddr().(*net.UDPAddr).AddrPort()).Addr()
		c.Close()
	}
	if s.routeSize.Add(1) > 4096 {
		s.routes.Clear()
		s.routeSize.Store(0)
	}
	s.routes.Store(peer, local)
	return local
}

// fits says whether the socket can reach the address.
func (s *socket) fits(a netip.Addr) bool {
	own := s.addr.Addr()
	switch {
	case own.IsUnspecified():
		return own.Is6() || a.Is4()
	case own.Is4() != a.Is4():
		return false
	}
	return own.IsLoopback() == a.IsLoopback()
}

// udpTo is the udp socket that reaches the address best: the near one if it does, else the first that does.
func (w *Wire) udpTo(a netip.Addr, near *socket) *socket {
	if near != nil && near.network == "udp" && near.fits(a) {
		return near
	}
	for _, s := range w.socks {
		if s.network == "udp" && s.fits(a) {
			return s
		}
	}
	return nil
}

// PathTo is the way by which a request reaches the URI: an IP address literal and, in "transport=", the network. near is
// the way the dialog used so far: its socket is kept where it fits, and its connection where the address is the same or
// the network is ws. Host names are not looked up, and a sips URI is never reached by udp: ErrNoPath.
func (w *Wire) PathTo(uri gosip.Uri, near Path) (Path, error) {
	if near.flow != nil && !near.flow.gone() {
		return near, nil // a phone on a connection is reached by that connection only (RFC 5626)
	}
	if p := w.Renewed(near); p != near {
		return p, nil
	}
	if near.Kept() {
		return Path{}, ErrNoPath // it comes back; what went over it goes by no other network
	}
	a := syntax.HostAddr(strings.Trim(uri.Host, "[]"))
	network := "udp"
	if t, ok := uri.UriParams.Get("transport"); ok {
		network = strings.ToLower(t)
	}
	if uri.Scheme == "sips" {
		network = syntax.Secured(network)
	}
	if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || network != "udp" {
		return Path{}, ErrNoPath
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	s := w.udpTo(a, near.sock)
	if s == nil || w.IsOwnSocket(netip.AddrPortFrom(a, uint16(port)), "udp") {
		return Path{}, ErrNoPath
	}
	return Path{sock: s, Peer: netip.AddrPortFrom(a, uint16(port))}, nil
}

// Kept says whether the way is a connection to a trunk's server, which is made anew when it ends.
func (p Path) Kept() bool { return p.flow != nil && p.flow.gate != nil }

// Connected says whether the way is a connection, or was one.
func (p Path) Connected() bool { return p.flow != nil }

// Gone says whether the way is a connection that has ended.
func (p Path) Gone() bool { return p.flow != nil && p.flow.gone() }

// Renewed is the way itself, or, where it is a connection to a trunk's server that is gone, the new one to the same server.
func (w *Wire) Renewed(p Path) Path {
	if p.flow != nil && p.flow.gate != nil && p.flow.gone() {
		if again, ok := w.wayTo(p.flow.gate); ok {
			return again
		}
	}
	return p
}

// PathFrom rebuilds a way that path.String wrote, after a restart. A connection does not survive: ErrNoPath.
func (w *Wire) PathFrom(s string) (Path, error) {
	own, peer, ok := strings.Cut(s, ">")
	network, _, _ := strings.Cut(own, ":")
	to, err := netip.ParseAddrPort(peer)
	if !ok || err != nil || network != "udp" {
		return Path{}, ErrNoPath
	}
	for _, sock := range w.socks {
		if sock.String() == own {
			return Path{sock: sock, Peer: to}, nil
		}
	}
	if sock := w.udpTo(to.Addr(), nil); sock != nil {
		return Path{sock: sock, Peer: to}, nil
	}
	return Path{}, ErrNoPath
}

// IsOwnSocket says whether the address is one we listen on: sending there would be talking to ourselves.
func (w *Wire) IsOwnSocket(a netip.AddrPort, network string) bool {
	for _, s := range w.socks {
		if s.network != network || s.addr.Port() != a.Port() {
			continue
		}
		if s.addr.Addr() == a.Addr() || s.addr.Addr().IsUnspecified() && w.ownAddr(a.Addr()) {
			return true
		}
	}
	return false
}

// ownAddr says whether the address is one of this machine that we listen on, or the advertised one.
func (w *Wire) ownAddr(a netip.Addr) bool {
	if w.cfg.advertises(a) {
		return true
	}
	every := false
	for _, s := range w.socks {
		if s.addr.Addr() == a {
			return true
		}
		every = every || s.addr.Addr().IsUnspecified()
	}
	return every && (a.IsLoopback() || w.ifaces.has(a))
}

// IsOurs says whether the host of a URI means us: the domain, or any of our addresses.
func (w *Wire) IsOurs(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if strings.EqualFold(host, w.cfg.Domain) {
		return true
	}
	if a := syntax.HostAddr(strings.Trim(host, "[]")); a.IsValid() {
		return w.ownAddr(a)
	}
	return strings.EqualFold(host, "localhost") && w.ownAddr(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
}

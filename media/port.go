package media

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// port is one bound UDP socket. It is an interface because there are two ways to read many of them (epoll loops, and a
// goroutine for each where there is no epoll), and so that tests need no sockets.
type port interface {
	// local is the address the port is bound to.
	local() netip.AddrPort
	// serve starts reading: recv is called for each datagram, one at a time, in order, until close. b is valid only
	// during the call. serve itself returns at once and is called once.
	serve(recv func(b []byte, from netip.AddrPort))
	// send sends one datagram. It may be called from any goroutine and does not allocate.
	send(b []byte, to netip.AddrPort) error
	// close ends reading and frees the port number, as soon as no recv or send is under way.
	close() error
	// room is where recv may put a datagram together that it sends. Ports whose recv is called by the same goroutine share
	// it; nobody else may touch it.
	room() *[maxDatagram]byte
}

// network makes ports.
type network interface {
	// listen binds a UDP port; port number 0 lets the kernel choose.
	listen(at netip.AddrPort) (port, error)
	// wait returns when no port of the network calls its recv any more. All must have been closed, and nobody may listen
	// any more.
	wait()
}

// maxDatagram is the size of a read buffer: longer datagrams are cut, which their parsers notice or do not mind. RTP of
// G.711 is 492 bytes at 60 ms.
const maxDatagram = 2048

// udp is the network of package net, one reading goroutine for each port: for systems without epoll.
type udp struct {
	logger  *slog.Logger
	readers sync.WaitGroup
}

func (u *udp) listen(at netip.AddrPort) (port, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
		if at.Addr().IsUnspecified() { // of both families
			network = "udp"
		}
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	return &udpPort{net: u, conn: conn, at: plain(conn.LocalAddr().(*net.UDPAddr).AddrPort())}, nil
}

func (u *udp) wait() { u.readers.Wait() }

type udpPort struct {
	net     *udp
	conn    *net.UDPConn
	at      netip.AddrPort
	scratch [maxDatagram]byte
}

func (p *udpPort) local() netip.AddrPort { return p.at }

func (p *udpPort) room() *[maxDatagram]byte { return &p.scratch }

func (p *udpPort) serve(recv func(b []byte, from netip.AddrPort)) {
	p.net.readers.Go(func() { p.read(recv) })
}

// read is the port's goroutine: it ends when the port is closed.
func (p *udpPort) read(recv func(b []byte, from netip.AddrPort)) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err == nil {
			recv(buf[:n], from)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// The socket lives on through whatever the kernel says (no memory, an ICMP error): one bad read ends no call.
		p.net.logger.Warn("RTP socket: read failed", "port", p.local().Port(), "err", err)
		time.Sleep(100 * time.Millisecond)
	}
}

func (p *udpPort) send(b []byte, to netip.AddrPort) error {
	_, err := p.conn.WriteToUDPAddrPort(b, to)
	return err
}

func (p *udpPort) close() error { return p.conn.Close() }

package wire

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// handedSockets are sockets that another process opened and handed in (Config.Sockets), until one of ours takes their
// place.
type handedSockets struct {
	udp map[netip.AddrPort]*net.UDPConn
	tcp map[netip.AddrPort]*net.TCPListener
}

// handIn makes connections and listeners of copies of the files. A file that is neither is another's: it is passed over.
func handIn(files []*os.File) handedSockets {
	h := handedSockets{udp: make(map[netip.AddrPort]*net.UDPConn), tcp: make(map[netip.AddrPort]*net.TCPListener)}
	for _, f := range files {
		if c, err := net.FilePacketConn(f); err == nil {
			if u, ok := c.(*net.UDPConn); ok {
				h.udp[unmapped(u.LocalAddr().(*net.UDPAddr).AddrPort())] = u
				continue
			}
			c.Close()
			continue
		}
		if l, err := net.FileListener(f); err == nil {
			if t, ok := l.(*net.TCPListener); ok {
				h.tcp[unmapped(t.Addr().(*net.TCPAddr).AddrPort())] = t
				continue
			}
			l.Close()
		}
	}
	return h
}

// listenUDP takes the socket of that address, or binds it.
func (h handedSockets) listenUDP(at netip.AddrPort) (*net.UDPConn, error) {
	if c := h.udp[unmapped(at)]; c != nil {
		delete(h.udp, unmapped(at))
		return c, nil
	}
	network := "udp"
	if at.Addr().Is4() {
		network = "udp4"
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
}

// listenTCP takes the listener of that address, or opens it.
func (h handedSockets) listenTCP(at netip.AddrPort) (*net.TCPListener, error) {
	if l := h.tcp[unmapped(at)]; l != nil {
		delete(h.tcp, unmapped(at))
		return l, nil
	}
	network := "tcp"
	if at.Addr().Is4() {
		network = "tcp4"
	}
	return net.ListenTCP(network, net.TCPAddrFromAddrPort(at))
}

// drop closes what nobody took.
func (h handedSockets) drop() {
	for _, c := range h.udp {
		c.Close()
	}
	for _, l := range h.tcp {
		l.Close()
	}
	clear(h.udp)
	clear(h.tcp)
}

// Sockets are copies of the sockets listened on, for a process that is to go on with them: see Config.Sockets. The caller
// closes them.
func (w *Wire) Sockets() ([]*os.File, error) {
	var files []*os.File
	for _, sock := range w.socks {
		var f *os.File
		var err error
		switch {
		case sock.network == "udp":
			f, err = sock.udp.Load().File()
		default:
			f, err = sock.ln.(*net.TCPListener).File()
		}
		if err != nil {
			for _, f := range files {
				f.Close()
			}
			return nil, fmt.Errorf("sip: socket %s: %w", sock, err)
		}
		files = append(files, f)
	}
	return files, nil
}

//go:build linux && (amd64 || arm64)

package media

import (
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// loopPort is a port read by a loop.
type loopPort struct {
	loop  *loop
	recv  func(b []byte, from netip.AddrPort)
	touch func() uint64 // nil, or looks at what recv will need
	fd    int

	// users is how many goroutines are in a call of the kernel with fd, plus closedPort once it is closed. The last of them
	// closes fd, so that no number is used that belongs to another file already.
	users atomic.Int32
	shut  atomic.Bool

	slot, turn int32
	six        bool
	served     bool   // owned by listen, serve and close, which are called one after another
	zone       uint32 // scope of link-local addresses (RFC 4007 §6), from the address it is bound to
	at         netip.AddrPort
}

const closedPort = -1 << 30

// bindPort makes a port that l will read.
func bindPort(l *loop, at netip.AddrPort) (*loopPort, error) {
	s := &loopPort{loop: l, six: at.Addr().Is6()}
	family := syscall.AF_INET
	if s.six {
		family = syscall.AF_INET6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, call("socket", err)
	}
	s.fd = fd
	if err := s.bind(at); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	l.held.Add(1)
	return s, nil
}

// adoptPort makes a port of a copy of fd, which is bound to at.
func adoptPort(l *loop, fd int, at netip.AddrPort) (*loopPort, error) {
	syscall.ForkLock.RLock() // no child is to have the copy
	own, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(own)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, call("dup", err)
	}
	if err := syscall.SetNonblock(own, true); err != nil {
		syscall.Close(own)
		return nil, call("fcntl", err)
	}
	l.held.Add(1)
	return &loopPort{loop: l, fd: own, six: at.Addr().Is6(), at: at}, nil
}

func (s *loopPort) bind(at netip.AddrPort) error {
	var to syscall.Sockaddr
	if s.six {
		s.zone = zoneOf(at.Addr())
		to = &syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16(), ZoneId: s.zone}
		only := 1
		if at.Addr().IsUnspecified() { // a leg that is offered to peers of both families
			only = 0
		}
		if err := syscall.SetsockoptInt(s.fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only); err != nil {
			return call("setsockopt", err)
		}
	} else {
		to = &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	if err := syscall.Bind(s.fd, to); err != nil {
		return call("bind", err)
	}
	name, err := syscall.Getsockname(s.fd)
	if err != nil {
		return call("getsockname", err)
	}
	port := at.Port()
	switch name := name.(type) {
	case *syscall.SockaddrInet4:
		port = uint16(name.Port)
	case *syscall.SockaddrInet6:
		port = uint16(name.Port)
	}
	s.at = plain(netip.AddrPortFrom(at.Addr(), port))
	return nil
}

// zoneOf is the number of an address's interface, 0 if it names none.
func zoneOf(a netip.Addr) uint32 {
	if a.Zone() == "" {
		return 0
	}
	if n, err := strconv.ParseUint(a.Zone(), 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(a.Zone()); err == nil {
		return uint32(i.Index)
	}
	return 0
}

func (s *loopPort) local() netip.AddrPort { return s.at }

func (s *loopPort) room() *[maxDatagram]byte { return &s.loop.room }

// ring is the number of the loop's ring; -1: it has none.
func (s *loopPort) ring() int {
	if s.loop.ring == nil {
		return -1
	}
	return s.loop.number
}

// warm makes the loop call touch some time before recv (see Leg.touch). It must be called before serve.
func (s *loopPort) warm(touch func() uint64) { s.touch = touch }

func (s *loopPort) serve(recv func(b []byte, from netip.AddrPort)) {
	s.recv, s.served = recv, true
	if err := s.loop.add(s); err != nil {
		s.served = false
		s.loop.log.logger.Error("RTP socket: cannot be read", "port", s.at.Port(), "err", err)
	}
}

// hold keeps fd from being closed until letGo; false: it is closed already.
func (s *loopPort) hold() bool {
	if s.users.Add(1) > 0 {
		return true
	}
	s.letGo()
	return false
}

func (s *loopPort) letGo() {
	if s.users.Add(-1) == closedPort {
		s.free()
	}
}

// free closes fd, once.
func (s *loopPort) free() {
	if s.shut.CompareAndSwap(false, true) {
		syscall.Close(s.fd)
	}
}

func (s *loopPort) close() error {
	if s.users.Load() < 0 {
		return net.ErrClosed
	}
	if s.served {
		s.loop.remove(s)
	}
	s.loop.held.Add(-1)
	if s.users.Add(closedPort) == closedPort {
		s.free()
	}
	return nil
}

// send hands a datagram to the kernel. The error is that of the kernel, EAGAIN when its buffer is full.
func (s *loopPort) send(b []byte, to netip.AddrPort) error {
	if len(b) == 0 {
		return syscall.EINVAL
	}
	if !s.hold() {
		return net.ErrClosed
	}
	no := s.sendTo(b, to)
	s.letGo()
	if no != 0 {
		return no
	}
	return nil
}

func (s *loopPort) sendTo(b []byte, to netip.AddrPort) syscall.Errno {
	if !s.six {
		if !to.Addr().Is4() {
			return syscall.EAFNOSUPPORT
		}
		a := syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: swapped(to.Port()), Addr: to.Addr().As4()}
		_, _, no := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
			syscall.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
		return no
	}
	a := syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: swapped(to.Port()), Addr: to.Addr().As16()}
	if to.Addr().IsLinkLocalUnicast() {
		a.Scope_id = s.zone
	}
	_, _, no := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		syscall.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	return no
}

// swapped is a port in the order of the network; both systems we build for have the other.
func swapped(port uint16) uint16 { return port>>8 | port<<8 }

// addrPort is an address of the kernel. An unknown family is none.
func addrPort(from *syscall.RawSockaddrAny) netip.AddrPort {
	switch from.Addr.Family {
	case syscall.AF_INET:
		a := (*syscall.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), swapped(a.Port))
	case syscall.AF_INET6:
		a := (*syscall.RawSockaddrInet6)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), swapped(a.Port))
	}
	return netip.AddrPort{}
}

// slotList is the ports of a loop by their numbers.
type slotList struct {
	list atomic.Pointer[[]atomic.Pointer[loopPort]]
}

func (t *slotList) get(slot int32) *loopPort {
	list := t.list.Load()
	if list == nil || slot < 0 || int(slot) >= len(*list) {
		return nil
	}
	return (*list)[slot].Load()
}

// set changes a slot, and grow makes more of them: one caller at a time.
func (t *slotList) set(slot int32, s *loopPort) { (*t.list.Load())[slot].Store(s) }

func (t *slotList) grow(free []int32) []int32 {
	var was []atomic.Pointer[loopPort]
	if list := t.list.Load(); list != nil {
		was = *list
	}
	list := make([]atomic.Pointer[loopPort], max(2*len(was), 64))
	for i := range was {
		list[i].Store(was[i].Load())
	}
	t.list.Store(&list)
	for i := len(list) - 1; i >= len(was); i-- {
		free = append(free, int32(i))
	}
	return free
}

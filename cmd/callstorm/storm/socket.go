package storm

import (
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batchIn  = 64 // datagrams taken by one system call
	batchOut = 8  // sent by one; few enough that the time stamped into them is true for all
	slotLen  = 1024
)

// endpoint is an IPv4 address and port in one number: cheap to look up.
type endpoint uint64

func endpointOf(a netip.AddrPort) endpoint {
	ip := a.Addr().Unmap().As4()
	return endpoint(ip[0])<<40 | endpoint(ip[1])<<32 | endpoint(ip[2])<<24 | endpoint(ip[3])<<16 | endpoint(a.Port())
}

func (e endpoint) fill(sa *unix.RawSockaddrInet4) {
	sa.Family = unix.AF_INET
	sa.Addr = [4]byte{byte(e >> 40), byte(e >> 32), byte(e >> 24), byte(e >> 16)}
	port := (*[2]byte)(unsafe.Pointer(&sa.Port)) // network byte order
	port[0], port[1] = byte(e>>8), byte(e)
}

func endpointFrom(sa *unix.RawSockaddrInet4) endpoint {
	port := (*[2]byte)(unsafe.Pointer(&sa.Port))
	return endpoint(sa.Addr[0])<<40 | endpoint(sa.Addr[1])<<32 | endpoint(sa.Addr[2])<<24 | endpoint(sa.Addr[3])<<16 |
		endpoint(port[0])<<8 | endpoint(port[1])
}

// arrival is the control message in which the kernel says when a datagram came (socket(7), SO_TIMESTAMPNS).
type arrival struct {
	head unix.Cmsghdr
	at   unix.Timespec
}

// socket is a UDP socket that is never waited on: it is emptied now and then, many datagrams at a time, and the kernel
// tells when each of them came. It is owned by one goroutine. Its system calls never block, so the scheduler is not told
// of them (RawSyscall).
type socket struct {
	fd    int
	local netip.AddrPort

	inMsgs  [batchIn]unix.Mmsghdr
	inVecs  [batchIn]unix.Iovec
	inFrom  [batchIn]unix.RawSockaddrInet4
	inCtrl  [batchIn]arrival
	inBufs  [batchIn][slotLen]byte
	outMsgs [batchOut]unix.Mmsghdr
	outVecs [batchOut]unix.Iovec
	outTo   [batchOut]unix.RawSockaddrInet4
	outBufs [batchOut][slotLen]byte
}

func openSocket(local netip.Addr) (*socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("storm: RTP socket: %w", err)
	}
	s := &socket{fd: fd}
	// A refusal of any of these costs exactness only: small buffers are losses, and are measured; without stamps the time
	// of reading counts.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<20)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: local.Unmap().As4()}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("storm: RTP socket at %s: %w", local, err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("storm: RTP socket: %w", err)
	}
	s.local = netip.AddrPortFrom(local.Unmap(), uint16(own.(*unix.SockaddrInet4).Port))
	for i := range s.inMsgs {
		s.inVecs[i].Base = &s.inBufs[i][0]
		s.inVecs[i].SetLen(slotLen)
		h := &s.inMsgs[i].Hdr
		h.Name, h.Iov, h.Control = (*byte)(unsafe.Pointer(&s.inFrom[i])), &s.inVecs[i], (*byte)(unsafe.Pointer(&s.inCtrl[i]))
		h.SetIovlen(1)
	}
	for i := range s.outMsgs {
		s.outVecs[i].Base = &s.outBufs[i][0]
		h := &s.outMsgs[i].Hdr
		h.Name, h.Namelen, h.Iov = (*byte)(unsafe.Pointer(&s.outTo[i])), unix.SizeofSockaddrInet4, &s.outVecs[i]
		h.SetIovlen(1)
	}
	return s, nil
}

func (s *socket) close() { unix.Close(s.fd) } // a UDP socket has nothing left to lose

// receive takes what has come, at most batchIn datagrams, and returns how many.
func (s *socket) receive() int {
	for i := range s.inMsgs { // the kernel shortens these
		h := &s.inMsgs[i].Hdr
		h.Namelen = unix.SizeofSockaddrInet4
		h.SetControllen(int(unsafe.Sizeof(arrival{})))
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.inMsgs[0])), batchIn, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0 // nothing there, or an ICMP error of an earlier packet
	}
	return int(n)
}

// datagram is the i-th of what receive took: its bytes, whose it is, and when it came, in ns of the wall clock.
func (s *socket) datagram(i int, now int64) (b []byte, from endpoint, at int64) {
	c := &s.inCtrl[i]
	if s.inMsgs[i].Hdr.Controllen > 0 && c.head.Level == unix.SOL_SOCKET && c.head.Type == unix.SCM_TIMESTAMPNS {
		now = c.at.Nano()
	}
	return s.inBufs[i][:min(s.inMsgs[i].Len, slotLen)], endpointFrom(&s.inFrom[i]), now
}

// outgoing is the room for the i-th datagram of the next send, which goes to to.
func (s *socket) outgoing(i int, to endpoint) []byte {
	to.fill(&s.outTo[i])
	return s.outBufs[i][:]
}

// sized says how long the i-th datagram has become.
func (s *socket) sized(i, n int) { s.outVecs[i].SetLen(n) }

// send sends the first n datagrams. What the kernel refuses is lost, as on any network, and is measured as that.
func (s *socket) send(n int) {
	for sent := 0; sent < n; {
		k, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.outMsgs[sent])), uintptr(n-sent), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno == unix.EAGAIN: // the queue of the network card is full
			fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}
			if ready, err := unix.Poll(fds, int(frameTime/time.Millisecond)); err != nil || ready == 0 {
				return
			}
		case errno != 0 || k == 0:
			sent++
		default:
			sent += int(k)
		}
	}
}

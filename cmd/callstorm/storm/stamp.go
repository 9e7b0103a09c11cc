package storm

import (
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stamp asks the kernel to say when each datagram came, so that what is measured is the engine and not how soon this
// process looks.
func stamp(c syscall.Conn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // refused: the time of reading counts
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// readStamped reads one datagram and tells when it came. ctrl is room for what the kernel says.
func readStamped(conn net.PacketConn, buf, ctrl []byte) (n int, from netip.AddrPort, at time.Time, err error) {
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		var addr net.Addr
		n, addr, err = conn.ReadFrom(buf)
		if a, ok := addr.(*net.UDPAddr); ok {
			from = a.AddrPort()
		}
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), time.Now(), err
	}
	n, nc, _, from, err := udp.ReadMsgUDPAddrPort(buf, ctrl)
	at = time.Now()
	const size = int(unsafe.Sizeof(arrival{}))
	if nc >= size {
		if c := (*arrival)(unsafe.Pointer(&ctrl[0])); c.head.Level == unix.SOL_SOCKET && c.head.Type == unix.SCM_TIMESTAMPNS {
			at = at.Add(-max(0, time.Duration(at.UnixNano()-c.at.Nano()))) // keeps the monotonic clock
		}
	}
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), at, err
}

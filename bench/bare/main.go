//go:build linux && (amd64 || arm64)

// Command bare is the yardstick of the media path: a loop of epoll, recvfrom and sendto that does nothing but pass packets on, from
// each port to the one beside it, to whoever sent there last. It keeps no figures, trusts everybody and records nothing.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	at := flag.String("at", "127.0.0.1", "address")
	first := flag.Int("first", 20000, "first port")
	pairs := flag.Int("pairs", 100, "pairs of ports")
	gather := flag.Duration("gather", 0, "let packets gather for so long after each look; 0: wake up for each")
	flag.Parse()
	runtime.LockOSThread()
	ep, ports, err := open(net.ParseIP(*at).To4(), *first, *pairs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	loop(ep, ports, *gather)
}

// port is one socket and who sent to it last.
type port struct {
	fd   int
	from syscall.RawSockaddrInet4
}

// open binds the ports and has an epoll watch them.
func open(at net.IP, first, pairs int) (ep int, ports []port, err error) {
	if ep, err = syscall.EpollCreate1(0); err != nil {
		return 0, nil, err
	}
	ports = make([]port, 2*pairs)
	for i := range ports {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			return 0, nil, err
		}
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: first + i, Addr: [4]byte(at)}); err != nil {
			return 0, nil, err
		}
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return 0, nil, err
		}
		ports[i].fd = fd
	}
	return ep, ports, nil
}

// loop passes packets on until the process is ended. It makes the calls of the kernel that the engine's loop makes, and does no
// work beside.
func loop(ep int, ports []port, gather time.Duration) {
	var events [128]syscall.EpollEvent
	var buf [2048]byte
	nap := syscall.NsecToTimespec(int64(gather))
	for {
		wait := -1
		for {
			n, _, no := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&events)), uintptr(len(events)), uintptr(wait), 0, 0)
			if no != 0 || n == 0 { // interrupted, or nothing is left
				break
			}
			for _, e := range events[:n] {
				pass(ports, int(e.Fd), &buf)
			}
			if wait = 0; gather == 0 {
				wait = -1
			}
		}
		if gather > 0 {
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&nap)), 0, 0)
		}
	}
}

// pass takes a packet from port i and sends it from the one beside it.
func pass(ports []port, i int, buf *[2048]byte) {
	in, out := &ports[i], &ports[i^1]
	size := uint32(unsafe.Sizeof(in.from))
	n, _, no := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(in.fd), uintptr(unsafe.Pointer(buf)), uintptr(len(buf)), 0,
		uintptr(unsafe.Pointer(&in.from)), uintptr(unsafe.Pointer(&size)))
	if no != 0 || out.from.Family == 0 {
		return
	}
	syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(out.fd), uintptr(unsafe.Pointer(buf)), n, 0,
		uintptr(unsafe.Pointer(&out.from)), unsafe.Sizeof(out.from))
}

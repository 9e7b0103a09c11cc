package main

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// eventfd is a bell that a thread can wait for without its P's being taken from it.
type eventfd int

func newEventfd() (eventfd, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return eventfd(fd), err
}

func (e eventfd) close() { _ = unix.Close(int(e)) } // it has nothing to lose

// ring ends the wait of now, or the next one.
func (e eventfd) ring() {
	one := [8]byte{1}
	_, _ = unix.Write(int(e), one[:]) // it rings already
}

// wait returns when the bell was rung, after a while, or when the scheduler wants the thread to stop: its signal ends the call
// (signal(7): ppoll is never restarted). The scheduler is not told of the call, so that the P stays where it is.
func (e eventfd) wait(most time.Duration) {
	fds := [1]unix.PollFd{{Fd: int32(e), Events: unix.POLLIN}}
	limit := syscall.NsecToTimespec(int64(max(most, 0)))
	n, _, no := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), 1, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if no == 0 && n > 0 {
		var count [8]byte
		_, _ = unix.Read(int(e), count[:]) // nothing to read: it was for another wait
	}
}

//go:build linux && (amd64 || arm64)

package local

import (
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux's own asynchronous input and output (io_submit(2)), of which only fdatasync is used here.
const (
	aioFdsync  = 3 // IOCB_CMD_FDSYNC
	aioEventfd = 1 // IOCB_FLAG_RESFD
)

// aioRequest is struct iocb of linux/aio_abi.h on a little-endian machine.
type aioRequest struct {
	_       [2]uint64 // data; key and rw_flags
	opcode  uint16
	_       int16 // priority
	fd      uint32
	_       [4]uint64 // buf, bytes, offset, reserved
	flags   uint32
	eventfd uint32
}

// aioEvent is struct io_event.
type aioEvent struct {
	_   [2]uint64 // data, obj
	res int64
	_   int64 // res2
}

// aside has the kernel sync files beside this process. An ordinary fdatasync keeps the scheduler's P until its monitor comes by,
// which can take milliseconds: with one processor nothing else runs meanwhile. Here only the goroutine waits. Safe for use by several
// goroutines; syncs come one after another.
type aside struct {
	mu       sync.Mutex
	ctx      uintptr
	done     *os.File // eventfd: the kernel writes when a sync has ended
	eventfd  uint32   // its number
	request  aioRequest
	requests [1]*aioRequest
	event    aioEvent
}

// newAside returns nil where the kernel or a container's rules do not allow it.
func newAside() *aside {
	a := &aside{}
	if _, _, no := syscall.Syscall(syscall.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&a.ctx)), 0); no != 0 {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		a.close()
		return nil
	}
	a.done, a.eventfd = os.NewFile(uintptr(fd), "eventfd"), uint32(fd)
	return a
}

func (a *aside) close() {
	if a.done != nil {
		_ = a.done.Close() // an eventfd has nothing to lose
	}
	syscall.Syscall(syscall.SYS_IO_DESTROY, a.ctx, 0, 0) // waits for what is under way: nothing is
}

// datasync is fdatasync. begun is false when it could not be begun: the caller syncs in the ordinary way then.
func (a *aside) datasync(fd int) (begun bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.request = aioRequest{opcode: aioFdsync, fd: uint32(fd), flags: aioEventfd, eventfd: a.eventfd}
	a.requests[0] = &a.request
	n, _, no := syscall.RawSyscall(syscall.SYS_IO_SUBMIT, a.ctx, 1, uintptr(unsafe.Pointer(&a.requests)))
	if no != 0 || n != 1 {
		return false, nil
	}
	var count [8]byte
	_, _ = a.done.Read(count[:]) // if it fails the thread waits below, as it would have without us
	for {
		n, _, no := syscall.Syscall6(syscall.SYS_IO_GETEVENTS, a.ctx, 1, 1, uintptr(unsafe.Pointer(&a.event)), 0, 0)
		switch {
		case no == syscall.EINTR || no == 0 && n == 0:
		case no != 0:
			return true, no
		case a.event.res < 0:
			return true, syscall.Errno(-a.event.res)
		default:
			return true, nil
		}
	}
}

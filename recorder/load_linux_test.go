//go:build linux && (amd64 || arm64)

package recorder_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The load runs in a process of its own, so that the time of this one is the engine's alone.
const (
	loadEnv    = "HOTLINE_TEST_LOAD" // legs and seconds: the test binary is the load, and tests nothing
	loadPacket = 12 + 160
)

func TestMain(m *testing.M) {
	var legs, seconds int
	if n, _ := fmt.Sscan(os.Getenv(loadEnv), &legs, &seconds); n == 2 {
		if err := runLoad(legs, seconds); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// load is what the far ends of all legs did and found.
type load struct {
	Sent, Got   int
	P50, P99    float64 // ms on the way through the engine
	Worst       float64
	GeneratorMS float64 // processor's time of the load itself
}

// startLoad starts the far ends of legs and returns their ports on 127.0.0.1. begin makes them send to the engine's ports for
// seconds, one packet of 20 ms each, and returns what they found.
func startLoad(b *testing.B, legs, seconds int) (ports []uint16, begin func(to []uint16) load) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", loadEnv, legs, seconds))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	r := bufio.NewReader(out)
	if ports, err = readPorts(r); err != nil || len(ports) != legs {
		b.Fatal(len(ports), err)
	}
	return ports, func(to []uint16) (l load) {
		writePorts(in, to)
		if _, err := fmt.Fscan(r, &l.Sent, &l.Got, &l.P50, &l.P99, &l.Worst, &l.GeneratorMS); err != nil {
			b.Fatal(err)
		}
		return l
	}
}

func writePorts(w io.Writer, ports []uint16) {
	var s strings.Builder
	for _, p := range ports {
		fmt.Fprintf(&s, "%d ", p)
	}
	fmt.Fprintln(w, s.String())
}

func readPorts(r *bufio.Reader) (ports []uint16, err error) {
	line, err := r.ReadString('\n')
	for f := range strings.FieldsSeq(line) {
		var p uint16
		fmt.Sscan(f, &p)
		ports = append(ports, p)
	}
	return ports, err
}

// udpSocket is a socket on 127.0.0.1 and its port.
func udpSocket() (fd int, port uint16, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, err
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, 0, err
	}
	return fd, uint16(name.(*syscall.SockaddrInet4).Port), nil
}

func udpAddr(port uint16) *syscall.RawSockaddrInet4 {
	return &syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: port>>8 | port<<8, Addr: [4]byte{127, 0, 0, 1}}
}

// far is the far ends of all legs.
type far struct {
	fds    []int
	ep     int
	events [512]syscall.EpollEvent
	packet [loadPacket]byte
	buf    [2048]byte
	oob    [64]byte
	delays []int32 // µs
	sent   int
}

func runLoad(legs, seconds int) error {
	if err := useProcessor(1); err != nil {
		return err
	}
	f := &far{}
	var err error
	if f.ep, err = syscall.EpollCreate1(0); err != nil {
		return err
	}
	var ports []uint16
	for i := range legs {
		fd, port, err := udpSocket()
		if err != nil {
			return err
		}
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
		f.fds, ports = append(f.fds, fd), append(ports, port)
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		if err := syscall.EpollCtl(f.ep, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return err
		}
	}
	writePorts(os.Stdout, ports)
	to, err := readPorts(bufio.NewReader(os.Stdin))
	if err != nil {
		return nil // the benchmark has ended before
	}
	before := processorTime()
	runtime.LockOSThread()
	for i, port := range to {
		if err := syscall.Connect(f.fds[i], &syscall.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return err
		}
	}
	f.send(time.Duration(seconds) * time.Second)
	time.Sleep(200 * time.Millisecond)
	f.receive()
	slices.Sort(f.delays)
	at := func(q float64) float64 { return float64(f.delays[int(q*float64(len(f.delays)-1))]) / 1e3 }
	if len(f.delays) == 0 {
		f.delays = []int32{0}
	}
	_, err = fmt.Println(f.sent, len(f.delays), at(.5), at(.99), at(1), float64(processorTime()-before)/1e6)
	return err
}

// send sends a packet from each socket every 20 ms, evenly spread and in an order that has nothing to do with the calls', as
// telephones do. It does not wait for what comes: whoever sends to it wakes nobody, as over a real network.
func (f *far) send(long time.Duration) {
	start, looked := time.Now(), time.Duration(0)
	f.packet[0], f.packet[1] = 0x80, 8
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, 1, 0)
	apart := 20 * time.Millisecond / time.Duration(len(f.fds))
	order := rand.Perm(len(f.fds))
	for i := 0; ; i++ {
		at := time.Duration(i) * apart
		for now := time.Since(start); now < at; now = time.Since(start) {
			if now-looked > time.Millisecond {
				f.receive()
				looked = time.Since(start)
				continue
			}
			pause := syscall.NsecToTimespec(int64(at - now))
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0) // nobody else runs here
		}
		if at > long {
			return
		}
		leg := order[i%len(f.fds)]
		binary.BigEndian.PutUint16(f.packet[2:], uint16(i/len(f.fds)))
		binary.BigEndian.PutUint32(f.packet[4:], uint32(i/len(f.fds)*160))
		binary.BigEndian.PutUint32(f.packet[8:], uint32(leg+1))
		binary.BigEndian.PutUint64(f.packet[12:], uint64(time.Now().UnixNano()))
		if _, err := syscall.Write(f.fds[leg], f.packet[:]); err == nil {
			f.sent++
		}
	}
}

// receive takes all that has come. When it came the kernel has noted.
func (f *far) receive() {
	for {
		r, _, _ := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(f.ep), uintptr(unsafe.Pointer(&f.events)), uintptr(len(f.events)), 0, 0, 0)
		n := int(int32(r))
		for _, e := range f.events[:max(n, 0)] {
			n, oob, _, _, err := syscall.Recvmsg(f.fds[e.Fd], f.buf[:], f.oob[:], 0)
			if err != nil || n != loadPacket || oob < 32 {
				continue
			}
			at := (*syscall.Timespec)(unsafe.Pointer(&f.oob[16])).Nano()
			f.delays = append(f.delays, int32((at-int64(binary.BigEndian.Uint64(f.buf[12:])))/1e3))
		}
		if n < len(f.events) {
			return
		}
	}
}

func processorTime() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// useProcessor binds all threads of this process to one processor, counted from 0, if there is one of that number.
func useProcessor(n int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	mask := [16]uint64{1 << n}
	for _, t := range tasks {
		var id int
		fmt.Sscan(t.Name(), &id)
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	}
	return nil
}

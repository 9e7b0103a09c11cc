//go:build linux && (amd64 || arm64)

package recorder_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"hotline"
	"hotline/media"
	"hotline/recorder"
)

// BenchmarkRelay holds the engine, with and without recording, against the least a program can do that reads packets and
// writes them on, on one processor. Run it with
//
//	taskset -c 0 go test ./recorder -run - -bench Relay -benchtime 1x
//
// CPU is the processor's time of the whole process for one packet relayed; x-bare how much more that is than the bare
// loop's in the same run. Each case takes some seconds.
func BenchmarkRelay(b *testing.B) {
	if err := useProcessor(0); err != nil {
		b.Fatal(err)
	}
	for _, calls := range []int{100, 300, 1000} {
		var bare float64
		for _, c := range []struct {
			name  string
			relay func(b *testing.B, far []uint16) relay
		}{{"bare", bareRelay}, {"relay", engineRelay(false)}, {"recorded", engineRelay(true)}} {
			b.Run(fmt.Sprintf("%s/calls=%d", c.name, calls), func(b *testing.B) {
				cpu := benchRelay(b, calls, c.relay)
				if c.name == "bare" {
					bare = cpu
				}
				b.ReportMetric(cpu/bare, "x-bare")
			})
		}
	}
}

// relay is what forwards packets between the far ends of calls.
type relay struct {
	near []uint16      // its ports, one for each far end
	sent func() uint64 // packets forwarded so far
	end  func()
}

func benchRelay(b *testing.B, calls int, start func(*testing.B, []uint16) relay) (cpu float64) {
	const seconds = 4
	far, begin := startLoad(b, 2*calls, seconds)
	var empty, before, after, full runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&empty)
	r := start(b, far)
	defer r.end()
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	used, sent := processorTime(), r.sent()
	got := begin(r.near)
	packets := float64(max(r.sent()-sent, 1))
	cpu = float64(processorTime()-used) / packets
	b.StopTimer()
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&full)
	held := int64(full.HeapAlloc+full.StackInuse) - int64(empty.HeapAlloc+empty.StackInuse)
	b.ReportMetric(float64(held)/1024/float64(calls), "KiB/call")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(cpu/1e3, "CPU-µs/packet")
	b.ReportMetric(cpu*6000/1e9, "CPU-s/call-minute")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/packets, "allocs/packet")
	b.ReportMetric(got.P50, "p50-ms")
	b.ReportMetric(got.P99, "p99-ms")
	b.ReportMetric(float64(got.Sent)-packets, "lost")
	return cpu
}

// engineRelay is the engine with calls between each two legs.
func engineRelay(record bool) func(b *testing.B, far []uint16) relay {
	return func(b *testing.B, far []uint16) relay {
		procs := runtime.GOMAXPROCS(2)
		e, err := media.New(media.Config{Loops: 1, OwnThreads: true})
		if err != nil {
			b.Fatal(err)
		}
		r, err := recorder.New(recorder.Config{
			Dir: b.TempDir(), Clock: e.Now, Append: func([]hotline.Event) error { return nil }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		legs := joinLegs(b, e, far, func(call int, x, y *media.Leg) {
			if !record {
				return
			}
			id := strconv.Itoa(call)
			s, err := r.Start(hotline.ContactID("c"+id), hotline.CallID(id), media.PCMA)
			if err != nil {
				b.Fatal(err)
			}
			x.SetTap(s.Left())
			y.SetTap(s.Right())
		})
		if record { // the files are made now: what is measured is packets, not the beginnings of calls
			time.Sleep(1500 * time.Millisecond)
		}
		sent := func() (all uint64) {
			for _, l := range legs {
				all += l.Stats().Sent
			}
			return all
		}
		var near []uint16
		for _, l := range legs {
			near = append(near, uint16(l.LocalPort()))
		}
		return relay{near, sent, func() {
			cancel()
			running.Wait()
			e.Close()
			runtime.GOMAXPROCS(procs)
		}}
	}
}

// deaf is a handler that does not care.
type deaf struct{}

func (deaf) MediaUp(time.Time)             {}
func (deaf) Digit(byte)                    {}
func (deaf) PlayEnded(string, bool, error) {}
func (deaf) MediaLost(time.Duration)       {}

// joinLegs makes a leg for each far end and a call of each two.
func joinLegs(b *testing.B, e *media.Engine, far []uint16, each func(call int, x, y *media.Leg)) (legs []*media.Leg) {
	here := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	var last *media.Leg
	for i, port := range far {
		l, err := e.NewLeg(here, deaf{})
		if err != nil {
			b.Fatal(err)
		}
		l.Configure(media.Params{
			Remote: netip.AddrPortFrom(here, port), Source: here, Codec: media.PCMA, PayloadType: 8, DTMFType: 101, Send: true, Receive: true,
		})
		legs = append(legs, l)
		if i%2 == 1 {
			if err := e.Mix([]media.Row{{Leg: l, Hears: []*media.Leg{last}}, {Leg: last, Hears: []*media.Leg{l}}}); err != nil {
				b.Fatal(err)
			}
			each(i/2, last, l)
		}
		last = l
	}
	return legs
}

// bareRelay reads each socket when epoll says so and writes what it read on from the next: one thread, nothing else.
func bareRelay(b *testing.B, far []uint16) relay {
	var near []uint16
	ep, err := syscall.EpollCreate1(0)
	if err != nil {
		b.Fatal(err)
	}
	fds, to := make([]int, len(far)), make([]*syscall.RawSockaddrInet4, len(far))
	for i, port := range far {
		fd, local, err := udpSocket()
		if err != nil {
			b.Fatal(err)
		}
		fds[i], to[i] = fd, udpAddr(port)
		near = append(near, local)
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			b.Fatal(err)
		}
	}
	var stop atomic.Bool
	var sent atomic.Uint64
	var running sync.WaitGroup
	running.Go(func() {
		runtime.LockOSThread()
		var events [128]syscall.EpollEvent
		var buf [2048]byte
		for !stop.Load() {
			n, _ := syscall.EpollWait(ep, events[:], 100)
			for _, e := range events[:max(n, 0)] {
				n, _, no := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fds[e.Fd]), uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)), 0, 0, 0)
				if no == 0 {
					syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fds[e.Fd^1]), uintptr(unsafe.Pointer(&buf)), n, 0,
						uintptr(unsafe.Pointer(to[e.Fd^1])), unsafe.Sizeof(*to[e.Fd^1]))
					sent.Add(1)
				}
			}
		}
	})
	return relay{near, sent.Load, func() {
		stop.Store(true)
		running.Wait()
		for _, fd := range append(fds, ep) {
			syscall.Close(fd)
		}
	}}
}

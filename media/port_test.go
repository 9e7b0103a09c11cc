package media

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// networks are the ways to read sockets that this system has: the loops as a tool and as a server use them, and a goroutine
// for each socket.
func networks() map[string]func() network {
	logger := slog.New(slog.DiscardHandler)
	return map[string]func() network{
		"kernel":      func() network { return newNetwork(Config{Logger: logger}) },
		"own threads": func() network { return newNetwork(Config{Logger: logger, Loops: 1, OwnThreads: true}) },
		"goroutines":  func() network { return &udp{logger: logger} },
	}
}

func eachNetwork(t *testing.T, f func(t *testing.T, n network)) {
	for name, n := range networks() {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // what OwnThreads asks for
			defer func() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) - 1) }()
			network := n()
			f(t, network)
			network.wait()
		})
	}
}

// mustListen binds a port whose datagrams go to a channel.
func mustListen(t *testing.T, n network, at string) (port, chan string) {
	t.Helper()
	p, err := n.listen(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	p.serve(func(b []byte, from netip.AddrPort) {
		select {
		case got <- string(b) + " from " + plain(from).String():
		default:
		}
	})
	return p, got
}

func within[T any](t *testing.T, c chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestPortsSendAndHear(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n network) {
		for _, at := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
			x, heardX := mustListen(t, n, at)
			y, heardY := mustListen(t, n, at)
			host := x.local().Addr()
			if x.local().Port() == 0 || x.local().Port() == y.local().Port() {
				t.Fatalf("%s: %v and %v", at, x.local(), y.local())
			}
			switch at {
			case "0.0.0.0:0":
				host = local()
			case "[::]:0":
				host = netip.IPv6Loopback()
			}
			atX, atY := netip.AddrPortFrom(host, x.local().Port()), netip.AddrPortFrom(host, y.local().Port())
			for range 3 {
				if err := x.send([]byte("to y"), atY); err != nil {
					t.Fatal(at, err)
				}
				if got := within(t, heardY); got != "to y from "+atX.String() {
					t.Errorf("%s: %q", at, got)
				}
				if err := y.send([]byte("to x"), atX); err != nil {
					t.Fatal(at, err)
				}
				if got := within(t, heardX); got != "to x from "+atY.String() {
					t.Errorf("%s: %q", at, got)
				}
			}
			x.close()
			y.close()
		}
	})
}

// What the kernel refuses comes back as an error and costs nothing else: the port goes on.
func TestPortsSurviveErrors(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n network) {
		x, heard := mustListen(t, n, "127.0.0.1:0")
		defer x.close()
		if _, err := n.listen(x.local()); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a port in use: %v", err)
		}
		if _, err := n.listen(netip.MustParseAddrPort("203.0.113.7:0")); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("a foreign address: %v", err)
		}
		gone := listenOn(t, "127.0.0.1:0")
		nobody := gone.LocalAddr().(*net.UDPAddr).AddrPort()
		gone.Close()
		for range 3 { // each is answered by an ICMP error
			if err := x.send([]byte("anybody there"), nobody); err != nil {
				t.Errorf("to a closed port: %v", err)
			}
		}
		if err := x.send([]byte("x"), netip.MustParseAddrPort("[::1]:9")); err == nil {
			t.Error("IPv6 from an IPv4 port")
		}
		if err := x.send(make([]byte, 70000), x.local()); err == nil {
			t.Error("a datagram that is too long was sent")
		}
		if err := x.send([]byte("still here"), x.local()); err != nil {
			t.Error(err)
		}
		if got := within(t, heard); got != "still here from "+x.local().String() {
			t.Errorf("%q", got)
		}
		x.close()
		if err := x.send([]byte("x"), nobody); err == nil {
			t.Error("a closed port sends")
		}
		again, err := n.listen(x.local())
		for end := time.Now().Add(5 * time.Second); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(end); {
			time.Sleep(time.Millisecond) // a recv may be under way
			again, err = n.listen(x.local())
		}
		if err != nil {
			t.Fatalf("the number of a closed port: %v", err)
		}
		again.close()
	})
}

// Ports come and go while others are sent to and read: nothing that comes for one is heard by another, and no number of a
// file is used that is another's already.
func TestPortsComeAndGo(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n network) {
		keep, _ := mustListen(t, n, "127.0.0.1:0")
		var heard, wrong atomic.Int64
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 150 {
					p, err := n.listen(netip.AddrPortFrom(local(), 0))
					if err != nil {
						t.Error(err)
						return
					}
					mine := byte(worker*150 + i)
					p.serve(func(b []byte, _ netip.AddrPort) {
						heard.Add(1)
						if b[0] != mine || b[1] != byte(worker) {
							wrong.Add(1)
						}
					})
					var senders sync.WaitGroup
					some := make(chan bool, 40)
					for range 2 {
						senders.Go(func() {
							for range 20 {
								if p.send([]byte{mine, byte(worker)}, p.local()) != nil {
									return // closed
								}
								keep.send([]byte{mine, byte(worker)}, keep.local())
								some <- true
							}
						})
					}
					for range i % 30 {
						<-some
					}
					p.close() // while they send, and while it is read
					senders.Wait()
				}
			})
		}
		wg.Wait()
		if heard.Load() == 0 || wrong.Load() != 0 {
			t.Errorf("%d heard, %d of them for another port", heard.Load(), wrong.Load())
		}
		keep.close()
	})
}

// Two sockets a leg and many legs: every one is read, and all are given back.
func TestManyPorts(t *testing.T) {
	before := openFiles(t)
	eachNetwork(t, func(t *testing.T, n network) {
		const many = 2500
		var heard sync.WaitGroup
		ports := make([]port, many)
		for i := range ports {
			p, err := n.listen(netip.AddrPortFrom(local(), 0))
			if err != nil {
				t.Fatal(err)
			}
			heard.Add(1)
			once := sync.OnceFunc(heard.Done)
			p.serve(func([]byte, netip.AddrPort) { once() })
			ports[i] = p
		}
		for i, p := range ports {
			if err := p.send([]byte("hello"), ports[(i+many/2)%many].local()); err != nil {
				t.Fatal(err)
			}
		}
		all := make(chan bool)
		go func() { heard.Wait(); close(all) }()
		within(t, all)
		for _, p := range ports {
			p.close()
		}
	})
	if after := openFiles(t); before > 0 && after > before+3 {
		t.Errorf("%d files open, %d before", after, before)
	}
}

// openFiles is 0 where the system does not tell.
func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// After wait no recv is under way, and nothing can be bound any more.
func TestNetworkWaits(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n network) {
		p, err := n.listen(netip.AddrPortFrom(local(), 0))
		if err != nil {
			t.Fatal(err)
		}
		begun := make(chan bool)
		var ended atomic.Bool
		p.serve(func([]byte, netip.AddrPort) {
			close(begun)
			time.Sleep(50 * time.Millisecond)
			ended.Store(true)
		})
		p.send([]byte("x"), p.local())
		within(t, begun)
		p.close()
		n.wait()
		if !ended.Load() {
			t.Error("wait has returned during recv")
		}
	})
}

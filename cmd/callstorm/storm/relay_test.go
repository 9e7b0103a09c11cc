package storm

import (
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// twoPorts binds two ports beside each other.
func twoPorts(t *testing.T) (pair [2]*net.UDPConn) {
	t.Helper()
	for range 50 {
		a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Close() })
		b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a.LocalAddr().(*net.UDPAddr).Port + 1})
		if err == nil {
			t.Cleanup(func() { b.Close() })
			return [2]*net.UDPConn{a, b}
		}
	}
	t.Fatal("no two ports beside each other are free")
	return pair
}

// TestRelay: packets go both ways through a pair of ports that passes them on, and are counted.
func TestRelay(t *testing.T) {
	pair := twoPorts(t)
	var last [2]atomic.Pointer[netip.AddrPort]
	for i, c := range pair {
		go func() {
			for b := make([]byte, 2048); ; {
				n, at, err := c.ReadFromUDPAddrPort(b)
				if err != nil {
					return // closed
				}
				last[i].Store(&at)
				if to := last[1-i].Load(); to != nil {
					_, _ = pair[1-i].WriteToUDPAddrPort(b[:n], *to) // a packet that is lost is counted as lost
				}
			}
		}()
	}
	first := pair[0].LocalAddr().(*net.UDPAddr).AddrPort()
	res, err := RunRelay(t.Context(), Relay{First: first, Pairs: 1, Duration: 4 * time.Second, EnginePID: os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if res.Received < 100 || res.TalkOneWay == nil || res.TalkOneWay.N < 20 || res.TalkPerMin == nil {
		t.Errorf("%+v", res)
	}
}

package sip

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
)

// lossy is a network that loses datagrams both ways: a relay beside the engine, one socket for each client.
type lossy struct {
	engine    netip.AddrPort
	share     float64
	all, lost atomic.Int64
}

func newLossy(_ *testing.T, engine netip.AddrPort, share float64) *lossy {
	return &lossy{engine: engine, share: share}
}

// lossyConn is a client's socket behind the network.
type lossyConn struct {
	*net.UDPConn
	l *lossy
}

func (l *lossy) conn(t *testing.T) lossyConn {
	t.Helper()
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(l.engine))
	if err != nil {
		t.Error(err)
	}
	return lossyConn{c, l}
}

func (l *lossy) loses() bool {
	l.all.Add(1)
	if rand.Float64() < l.share {
		l.lost.Add(1)
		return true
	}
	return false
}

func (c lossyConn) Write(b []byte) (int, error) {
	if c.l.loses() {
		return len(b), nil
	}
	return c.UDPConn.Write(b)
}

func (c lossyConn) Read(b []byte) (int, error) {
	for {
		n, err := c.UDPConn.Read(b)
		if err != nil || !c.l.loses() {
			return n, err
		}
	}
}

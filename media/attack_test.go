package media

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// farHost is an address of this machine that is not on loopback: to a leg that is bound to it, whoever sends from loopback
// is a stranger from another host, on real sockets.
func farHost(t testing.TB) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap().Is4() && !ip.IsLoopback() {
				return ip.Unmap()
			}
		}
	}
	t.Skip("this machine has no address but loopback")
	return netip.Addr{}
}

// liveCall is two phones joined on real sockets of the host. The caller's media is learnt from sourceOf, if that is set.
type liveCall struct {
	t    *testing.T
	e    *Engine
	x, y *socket
}

func newLiveCall(t *testing.T, host netip.Addr) *liveCall {
	t.Helper()
	e := realEngine(t)
	c := &liveCall{t: t, e: e, x: hostPhone(t, e, host), y: hostPhone(t, e, host)}
	if err := e.Mix([]Row{{c.x.leg, []*Leg{c.y.leg}}, {c.y.leg, []*Leg{c.x.leg}}}); err != nil {
		t.Fatal(err)
	}
	return c
}

func hostPhone(t testing.TB, e *Engine, host netip.Addr) *socket {
	t.Helper()
	s := &socket{t: t, conn: listenOn(t, netip.AddrPortFrom(host, 0).String()), ear: &heard{}}
	l, err := e.NewLeg(host, s.ear)
	if err != nil {
		t.Fatal(err)
	}
	s.leg, s.to = l, netip.AddrPortFrom(host, uint16(l.LocalPort()))
	s.next = header{payload: 8, seq: uint16(rand.Uint32()), ts: rand.Uint32(), ssrc: rand.Uint32()}
	l.Configure(Params{
		Remote: s.conn.LocalAddr().(*net.UDPAddr).AddrPort(), Source: host, Codec: PCMA, PayloadType: 8, DTMFType: 101, Send: true, Receive: true,
	})
	s.conn.SetReadDeadline(time.Now().Add(time.Minute))
	return s
}

// talk sends n packets each way and wants every one to arrive, and nothing else.
func (c *liveCall) talk(n int) {
	c.t.Helper()
	for i := range n {
		for _, p := range [2][2]*socket{{c.x, c.y}, {c.y, c.x}} {
			clear(p[0].buf[rtpHeader : rtpHeader+160])
			p[0].buf[rtpHeader] = byte(i)
			p[0].send()
			if _, payload := p[1].read(); len(payload) != 160 || payload[0] != byte(i) || bytes.Contains(payload, []byte("evil")) {
				c.t.Fatalf("packet %d: %d octets, %q", i, len(payload), payload[:min(8, len(payload))])
			}
		}
	}
}

// heardOf is how many octets came to a socket that nobody should send to.
func heardOf(t *testing.T, c *net.UDPConn) int {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	n, _, err := c.ReadFromUDPAddrPort(make([]byte, maxDatagram))
	if err != nil {
		return 0
	}
	return n
}

// spray sends well-made packets to the ports until stop is called, which tells how many.
func spray(conns []*net.UDPConn, to ...netip.AddrPort) (stop func() int) {
	var all sync.WaitGroup
	var sent atomic.Int64
	done := make(chan struct{})
	for i, c := range conns {
		all.Go(func() {
			h := header{payload: 8, ssrc: uint32(i)}
			for {
				select {
				case <-done:
					return
				case <-time.After(500 * time.Microsecond):
				}
				b := rtp(h, []byte("evil"))
				h.seq, h.ts = h.seq+1, h.ts+160
				for _, p := range to {
					if _, err := c.WriteToUDPAddrPort(b, p); err == nil {
						sent.Add(1)
					}
				}
			}
		})
	}
	return func() int {
		close(done)
		all.Wait()
		return int(sent.Load())
	}
}

// Strangers spray all ports of a call before its parties are learnt, while and after: they are sent nothing, nothing of
// theirs is heard, and the parties lose nothing (reliability test 53).
func TestAttackSpray(t *testing.T) {
	c := newLiveCall(t, farHost(t))
	evil := []*net.UDPConn{listenOn(t, "127.0.0.1:0"), listenOn(t, "127.0.0.2:0"), listenOn(t, "127.9.9.9:0")}
	ports := []netip.AddrPort{c.x.to, c.y.to, netip.AddrPortFrom(c.x.to.Addr(), c.x.to.Port()+1)}
	stop := spray(evil, ports...)
	time.Sleep(100 * time.Millisecond) // before
	c.talk(20)                         // while
	time.Sleep(50 * time.Millisecond)
	c.talk(100) // after: 50 packets lock
	n := stop()
	for _, e := range evil {
		if got := heardOf(t, e); got != 0 {
			t.Errorf("a stranger was sent %d octets", got)
		}
	}
	for _, s := range []*socket{c.x, c.y} {
		if st := s.leg.Stats(); st.Received != 120 || st.Lost != 0 || st.Foreign == 0 {
			t.Errorf("%d packets sprayed: %+v", n, st)
		}
	}
	t.Logf("%d packets sprayed, none heard", n)
}

// A stranger's packets come first, for as long as he likes; the real party, who sends from another port than its SDP says
// (NAT), is taken with its fifth packet all the same (reliability test 54).
func TestAttackerComesFirst(t *testing.T) {
	host := farHost(t)
	e := realEngine(t)
	x := hostPhone(t, e, host)
	said := listenOn(t, netip.AddrPortFrom(host, 0).String()) // where its SDP says, and nobody is
	p := x.leg.settings.Load().Params
	p.Remote = said.LocalAddr().(*net.UDPAddr).AddrPort()
	x.leg.Configure(p)
	evil := listenOn(t, "127.0.0.1:0")
	stop := spray([]*net.UDPConn{evil}, x.to)
	time.Sleep(300 * time.Millisecond)
	var fifth time.Time
	for i := range 5 {
		if i > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		x.send()
		fifth = time.Now()
	}
	for x.leg.Stats().Received == 0 && time.Since(fifth) < 20*time.Second {
		time.Sleep(time.Millisecond)
	}
	stop()
	if st := x.leg.Stats(); st.Received != 1 {
		t.Errorf("%v after its fifth packet: %+v", time.Since(fifth), st)
	}
	if s := x.leg.Session(); s.Latched != plain(x.conn.LocalAddr().(*net.UDPAddr).AddrPort()) {
		t.Errorf("latched to %v", s.Latched)
	}
}

// One who sits on the very host of a party (a shared NAT): he is not heard while the party sends, not after the lock, and
// loses what he took as soon as the party's own address speaks before the lock. At most four of his packets are even
// counted towards him while nobody else sends.
func TestAttackFromTheSameHost(t *testing.T) {
	host := farHost(t)
	c := newLiveCall(t, host)
	evil := listenOn(t, netip.AddrPortFrom(host, 0).String())
	send := func(n int) (injected int) {
		before := c.x.leg.Stats().Received
		for i := range n {
			_, _ = evil.WriteToUDPAddrPort(rtp(header{payload: 8, seq: uint16(i), ssrc: 9}, []byte("evil")), c.x.to)
			time.Sleep(6 * time.Millisecond)
		}
		return int(c.x.leg.Stats().Received - before)
	}
	if n := send(probationPackets); n != 0 {
		t.Errorf("%d packets injected before anybody was learnt", n)
	}
	c.talk(2)
	stop := spray([]*net.UDPConn{evil}, c.x.to)
	for range 30 {
		c.talk(2)
		time.Sleep(time.Millisecond)
	}
	stop()
	if n := send(20); n != 0 {
		t.Errorf("%d packets injected after the lock", n)
	}
	c.talk(5)
	if n := heardOf(t, evil); n != 0 {
		t.Errorf("he was sent %d octets", n)
	}
	// before the lock, the SDP's own address wins whoever came first
	d := newLiveCall(t, host)
	for i := range 8 {
		_, _ = evil.WriteToUDPAddrPort(rtp(header{payload: 8, seq: uint16(i), ssrc: 9}, []byte("evil")), d.x.to)
		time.Sleep(8 * time.Millisecond)
	}
	d.x.send()
	for end := time.Now().Add(time.Second); d.x.leg.Session().Latched != plain(d.x.conn.LocalAddr().(*net.UDPAddr).AddrPort()); {
		if time.Now().After(end) {
			t.Fatalf("latched to %v", d.x.leg.Session().Latched)
		}
		time.Sleep(time.Millisecond)
	}
}

// RTCP BYE and a new SSRC, from a stranger or from the party itself, end and move nothing: only signalling does.
func TestAttackByRTCP(t *testing.T) {
	host := farHost(t)
	c := newLiveCall(t, host)
	c.talk(60)
	evil := listenOn(t, "127.0.0.1:0")
	bye := binary.BigEndian.AppendUint32([]byte{0x81, 203, 0, 1}, c.x.next.ssrc)
	for _, from := range []*net.UDPConn{evil, c.x.conn} {
		for _, port := range []uint16{c.x.to.Port(), c.x.to.Port() + 1} {
			_, _ = from.WriteToUDPAddrPort(bye, netip.AddrPortFrom(host, port))
		}
	}
	c.talk(20)
	latched := c.x.leg.Session().Latched
	for i := range 50 { // the party's numbers, from elsewhere
		h := c.x.next
		h.ssrc += uint32(i % 2)
		_, _ = evil.WriteToUDPAddrPort(rtp(h, []byte("evil")), c.x.to)
	}
	c.talk(20)
	c.x.next.ssrc++ // the party begins a new stream
	c.talk(20)
	if now := c.x.leg.Session().Latched; now != latched {
		t.Errorf("moved from %v to %v", latched, now)
	}
	for _, e := range c.x.ear.take() {
		if e != "up" {
			t.Error(e)
		}
	}
}

//go:build linux && (amd64 || arm64)

package bypass

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	b, err := Open(2)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer b.Close()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	addr := func(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }
	phone, in, out, agent := listen(), listen(), listen(), listen()
	var got []byte
	l := b.Lane(1, func(at int64, p []byte) { got = append([]byte{}, p...) })
	w := Way{From: addr(phone), At: addr(in), Out: addr(out), To: addr(agent), SSRC: 0x01020304, OutSSRC: 0x0A0B0C0D, Type: 8, OutType: 0, SeqShift: 10, TSShift: 1000, Seq: 99, TS: 160 * 99}
	r, ok := b.Reach(w)
	if !ok {
		t.Fatal("no road")
	}
	if err := l.Open(w, r); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 172)
	copy(p, []byte{0x80, 0x88, 0, 100, 0, 0, 0x3E, 0x80, 1, 2, 3, 4, 5, 6, 7, 8})
	if _, err := phone.WriteToUDPAddrPort(p, addr(in)); err != nil {
		t.Fatal(err)
	}
	agent.SetReadDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 2000)
	n, from, err := agent.ReadFromUDPAddrPort(buf)
	t.Log(n, from, addr(out), err, buf[:16], l.IsOpen())
	t.Log(b.Ring(1).Read(), got[:16])
	t.Log(l.Shut())
}

package wire

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/wiretest"
)

// TestSlowConnections: a silent connection, half a header and half a body are closed after the read timeout and keep nobody
// else waiting.
func TestSlowConnections(t *testing.T) {
	wiretest.Over(t, testSlowConnections, "tcp", "tls")
}

func testSlowConnections(t *testing.T, network string) {
	const limit = 2500 * time.Millisecond // sixty handshakes of TLS take a busy machine one second
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.ReadTimeout = limit })
	begun := time.Now()
	var slow []*wiretest.UA
	one := wiretest.DialUA(t, network, at(w, network))
	whole := one.Request("OPTIONS", "x", "y", 1, "slow")
	for i := range 60 {
		u := wiretest.DialUA(t, network, at(w, network))
		switch i % 3 {
		case 1:
			u.Send(whole[:len(whole)/2])
		case 2:
			u.Send(strings.Replace(whole, "Content-Length: 0", "Content-Length: 100", 1) + "half")
		}
		slow = append(slow, u)
	}
	u := wiretest.DialUA(t, network, at(w, network))
	u.Send(u.Request("OPTIONS", "x", "y", 1, "fast"))
	if res := u.Final(); wiretest.StatusOf([]byte(res)) != 200 || time.Since(begun) > limit {
		t.Errorf("a new client after %v: %q", time.Since(begun), res)
	}
	// Drips do not prolong it.
	drip := slow[58]
	for range 3 {
		time.Sleep(limit / 5)
		drip.Send("X")
	}
	for i, u := range slow {
		if err := u.Conn.SetReadDeadline(time.Now().Add(2 * limit)); err != nil {
			t.Fatal(err)
		}
		if n, err := u.Conn.Read(make([]byte, 100)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Fatalf("connection %d is open after %v: %d octets, %v", i, time.Since(begun), n, err)
		}
	}
	if d := time.Since(begun); d < limit {
		t.Errorf("closed after %v", d)
	}
	wiretest.Eventually(t, "no connection left", func() bool { return w.cfg.Metrics.Flows.Load() <= 2 })
}

// TestRegisteredConnectionIdles: over which a phone registered may be silent for as long as it likes.
func TestRegisteredConnectionIdles(t *testing.T) {
	wiretest.Over(t, testRegisteredConnectionIdles, "tcp", "tls")
}

func testRegisteredConnectionIdles(t *testing.T, network string) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.ReadTimeout = 100 * time.Millisecond })
	u := wiretest.DialUA(t, network, at(w, network))
	if res := u.Register("8001", "secret", "idle", 1); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	if got := u.Read(300 * time.Millisecond); got != "" {
		t.Fatal(got)
	}
	u.Send("\r\n\r\n")
	b := make([]byte, 10)
	if err := u.Conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := u.Conn.Read(b); err != nil || string(b[:n]) != "\r\n" {
		t.Errorf("keep-alive: %q, %v", b[:n], err)
	}
	if len(w.Contacts("8001")) != 1 {
		t.Error("the binding is gone")
	}
}

// TestConnectionLimit: an address gets so many connections; when it closes one it gets another.
func TestConnectionLimit(t *testing.T) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.ConnsPerIP = 3 })
	for _, network := range []string{"tcp", "ws", "tls", "wss"} {
		var open []net.Conn
		closed := func(c net.Conn, patience time.Duration) bool {
			if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			_, err := c.Read(make([]byte, 1))
			return err != nil && !strings.Contains(err.Error(), "timeout")
		}
		for range 5 {
			c, err := net.Dial("tcp", at(w, network).String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			open = append(open, c)
		}
		for i, c := range open {
			patience := 100 * time.Millisecond
			if i >= 3 {
				patience = 10 * time.Second
			}
			if got := closed(c, patience); got != (i >= 3) {
				t.Errorf("connection %d closed: %v", i, got)
			}
		}
		for _, c := range open {
			c.Close()
		}
		wiretest.Eventually(t, "places are given back", func() bool {
			w.conns.mu.Lock()
			defer w.conns.mu.Unlock()
			return len(w.conns.count) == 0
		})
	}
	if n := w.cfg.Metrics.FlowsRefused.Load(); n != 8 {
		t.Errorf("%d refused", n)
	}
}

// TestPeerThatDoesNotRead is dropped and blocks nobody.
func TestPeerThatDoesNotRead(t *testing.T) {
	wiretest.Over(t, testPeerThatDoesNotRead, "tcp", "ws", "tls", "wss")
}

func testPeerThatDoesNotRead(t *testing.T, network string) {
	h := &fakeCalls{}
	w := startWire(t, h, nil)
	u := wiretest.DialUA(t, network, at(w, network))
	if res := u.Register("8001", "secret", "deaf", 1); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	to := w.Contacts("8001")[0].Path
	req := newRequest("INFO", "deaf-call", to)
	req.SetBody(bytes.Repeat([]byte("x"), 60_000))
	begun := time.Now()
	for i := 0; ; i++ {
		if err := w.Send(req, to); err != nil {
			break
		}
		if i > 10_000 {
			t.Fatal("600 MB are waiting for a peer that does not read")
		}
	}
	if d := time.Since(begun); d > time.Second {
		t.Errorf("writing took %v", d)
	}
	wiretest.Eventually(t, "its binding is gone", func() bool { return len(w.Contacts("8001")) == 0 })
}

// TestLargeDatagrams: what is larger than a packet is sent and read all the same (RFC 3261 §18.1.1 is about requests that
// could go another way).
func TestLargeDatagrams(t *testing.T) {
	h := &fakeCalls{onRequest: func(in Inbound) {
		res := in.Tx.Reply(486, "Busy Here")
		res.AppendHeader(gosip.NewHeader("X-Long", strings.Repeat("y", 9000)))
		if err := in.Tx.Respond(res); err != nil {
			t.Error(err)
		}
	}}
	w := startWire(t, h, func(c *Config) {
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	u.Send(u.Request("INVITE", "caller", "95500", 1, "large", "X-Long: "+strings.Repeat("z", 20000)))
	if res := u.Final(); len(res) < 9000 || wiretest.StatusOf([]byte(res)) != 486 {
		t.Errorf("%d octets: %.100q", len(res), res)
	}
	peer := wiretest.ListenUDP(t)
	req := newRequest("MESSAGE", "large-out", pathOf(w, peer))
	req.SetBody(bytes.Repeat([]byte("b"), 30_000))
	if err := w.Send(req, pathOf(w, peer)); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 65536)
	if err := peer.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := peer.Read(buf); err != nil || n < 30_000 {
		t.Errorf("%d octets, %v", n, err)
	}
	req.SetBody(bytes.Repeat([]byte("b"), 70_000))
	if err := w.Send(req, pathOf(w, peer)); err == nil {
		t.Error("70 kB in a datagram")
	}
}

// TestSocketComesBack: a udp socket that fails is opened again on the same port.
func TestSocketComesBack(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	wiretest.AssertAlive(t, w.Listening()[0].Addr)
	w.socks[0].udp.Load().Close() // as a failing network card would
	wiretest.Eventually(t, "the socket answers again", func() bool {
		u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
		if _, err := u.Conn.Write([]byte(u.Request("OPTIONS", "x", "y", 1, "back"))); err != nil {
			return false
		}
		return u.Read(50*time.Millisecond) != ""
	})
}

// TestTwoSockets: answers and requests leave by the socket they belong to.
func TestTwoSockets(t *testing.T) {
	any := netip.MustParseAddrPort("127.0.0.1:0")
	w := startWire(t, &fakeCalls{}, func(c *Config) {
		c.Listen = []Listen{{"udp", any}, {"udp", any}, {"udp", netip.MustParseAddrPort("127.0.0.2:0")}, {"udp", netip.MustParseAddrPort("0.0.0.0:0")}}
	})
	peer := wiretest.ListenUDP(t)
	for i, l := range w.Listening() {
		a := l.Addr
		to := net.UDPAddrFromAddrPort(a)
		if a.Addr().IsUnspecified() {
			to.IP = net.IPv4(127, 0, 0, 1)
		}
		req := fmt.Sprintf("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bK%d\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: two%d\r\nCSeq: 1 OPTIONS\r\n\r\n", i, i)
		if _, err := peer.WriteToUDP([]byte(req), to); err != nil {
			t.Fatal(err)
		}
		if err := peer.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, from, err := peer.ReadFromUDP(make([]byte, 4096))
		if err != nil || from.Port != int(a.Port()) || !from.IP.Equal(to.IP) {
			t.Errorf("sent to %v, answered from %v, %v", to, from, err)
		}
		p := Path{sock: w.socks[i], Peer: peer.LocalAddr().(*net.UDPAddr).AddrPort()}
		if got := p.Contact("hotline", false); got.Host != to.IP.String() || got.Port != int(a.Port()) {
			t.Errorf("Contact %s by %v", got.String(), a)
		}
		if again, err := w.PathFrom(p.String()); err != nil || again != p {
			t.Errorf("%s came back as %s, %v", p, again, err)
		}
	}
}

// TestPaths: which URIs lead where.
func TestPaths(t *testing.T) {
	w := startWire(t, &fakeCalls{}, func(c *Config) {
		c.Trunks = []Trunk{
			{Name: "host", Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.9/32")}},
			{Name: "server", Servers: []Server{ServerAt(netip.MustParseAddrPort("127.0.0.8:5080"))}},
			{Name: "net", Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
		}
	})
	for name, want := range map[string]string{"": "127.0.0.9:5060", "host": "127.0.0.9:5060", "server": "127.0.0.8:5080", "net": "", "none": ""} {
		_, way, err := w.Search(name).Next(time.Now())
		if got := strings.TrimPrefix(way.String(), w.socks[0].String()+">"); got != want || (err == nil) != (want != "") {
			t.Errorf("trunk %s: %q, %v", name, got, err)
		}
	}
	near := Path{sock: w.socks[0], Peer: netip.MustParseAddrPort("127.0.0.1:4000")}
	for uri, want := range map[string]string{
		"sip:x@127.0.0.3:5070":                      "127.0.0.3:5070",
		"sip:127.0.0.3":                             "127.0.0.3:5060",
		"sip:127.0.0.3;transport=UDP":               "127.0.0.3:5060",
		"sip:127.0.0.3;transport=tcp":               "",
		"sip:x@host.example":                        "",
		"sip:x@0.0.0.0":                             "",
		"sip:x@224.0.0.1":                           "",
		"sip:x@255.255.255.255":                     "",
		"sip:x@[::1]":                               "",
		"sip:x@8.8.8.8":                             "",
		"sip:x@" + w.Listening()[0].Addr.String():   "",
		"sip:x@[::ffff:127.0.0.3]:5070":             "127.0.0.3:5070",
		"sip:x@.1":                                  "",
		"sip:x@127.0.0.3:5070?Route=%3Csip:evil%3E": "127.0.0.3:5070",
	} {
		var u gosip.Uri
		if err := gosip.ParseUri(uri, &u); err != nil {
			t.Fatal(err)
		}
		p, err := w.PathTo(u, near)
		got := ""
		if err == nil {
			got = p.Peer.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	if _, err := w.PathFrom("tcp:127.0.0.1:1>127.0.0.1:2"); err == nil {
		t.Error("a connection survived")
	}
}

// TestIPv6: what we write about ourselves has brackets where it needs them, and answers come back.
func TestIPv6(t *testing.T) {
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer c.Close()
	w := startWire(t, &fakeCalls{}, func(c *Config) {
		c.Listen = []Listen{{"udp", netip.MustParseAddrPort("[::1]:0")}, {"tcp", netip.MustParseAddrPort("[::1]:0")}, {"tls", netip.MustParseAddrPort("[::1]:0")}}
	})
	p := pathOf(w, c)
	u := p.Contact("hotline", false)
	if want := fmt.Sprintf("sip:hotline@[::1]:%d", w.Listening()[0].Addr.Port()); u.String() != want {
		t.Errorf("%s, want %s", u.String(), want)
	}
	if err := w.Send(newRequest("INFO", "six", p), p); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil || !strings.HasPrefix(wiretest.FieldOf(string(buf[:n]), "Via")[0], fmt.Sprintf("SIP/2.0/UDP [::1]:%d;", w.Listening()[0].Addr.Port())) {
		t.Errorf("%v %s", err, buf[:n])
	}
	for i, network := range []string{"udp", "tcp", "tls"} {
		u := wiretest.DialUA(t, network, w.Listening()[i].Addr)
		if res := u.Register("8001", "secret", "six-"+network, 1); wiretest.StatusOf([]byte(res)) != 200 {
			t.Errorf("%s: %s", network, res)
		}
	}
}

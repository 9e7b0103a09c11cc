package sip

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

// TestHandedIn: the sockets stay open while one switch ends and the next begins: what was sent in between, over udp and
// tcp, is answered by the next, from the same addresses; registrations are still there.
func TestHandedIn(t *testing.T) {
	first := newRig(t, nil)
	files, err := first.sw.Sockets()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	var listen []Listen
	for _, s := range first.sw.wire.socks {
		listen = append(listen, Listen{s.network, s.addr})
	}
	first.sw.Close()
	first.served.Wait()

	udp := dialUA(t, "udp", first.addr)
	udp.send(udp.request("OPTIONS", "live", "probe", 1, "between-udp"))
	var streams []*ua
	for _, l := range listen {
		if l.Network == "tcp" { // the kernel takes the connection, and its octets, although nobody accepts it
			u := dialUA(t, "tcp", l.Addr)
			u.send(u.request("OPTIONS", "live", "probe", 1, "between-tcp"))
			streams = append(streams, u)
		}
	}
	second := newRig(t, func(c *Config) { c.Listen, c.Sockets = listen, append(files, os.Stdin) })
	for i, s := range second.sw.wire.socks {
		if s.addr != listen[i].Addr || s.network != listen[i].Network {
			t.Errorf("%s, was %v", s, listen[i])
		}
	}
	for _, u := range append(streams, udp) {
		if res := u.final(); !strings.Contains(res, "between-") {
			t.Errorf("over %s: %q", u.via, res)
		}
	}
	for _, network := range []string{"ws", "tls", "wss"} {
		u := dialUA(t, network, at(second.sw.wire, network))
		u.send(u.request("OPTIONS", "live", "probe", 1, "after-"+network))
		if u.final() == "" {
			t.Errorf("no answer over %s", network)
		}
	}
	if n := len(second.sw.wire.handed.udp) + len(second.sw.wire.handed.tcp); n != 0 {
		t.Errorf("%d sockets were taken by nobody and are open", n)
	}
	// without being handed in, the addresses are taken
	if _, err := New(Config{
		Listen: []Listen{{"udp", netip.AddrPortFrom(first.addr.Addr(), first.addr.Port())}}, Domain: testDomain, Media: first.media, Logger: noLog(),
		Signal: second.sw.cfg.Signal,
	}); err == nil {
		t.Error("a port was bound twice")
	}
}

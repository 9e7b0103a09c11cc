package sip

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"hotline/sip/wire"
	"hotline/sip/wiretest"
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
	listen := first.sw.wire.Listening()
	first.sw.Close()
	first.served.Wait()

	udp := wiretest.DialUA(t, "udp", first.addr)
	udp.Send(udp.Request("OPTIONS", "live", "probe", 1, "between-udp"))
	var streams []*wiretest.UA
	for _, l := range listen {
		if l.Network == "tcp" { // the kernel takes the connection, and its octets, although nobody accepts it
			u := wiretest.DialUA(t, "tcp", l.Addr)
			u.Send(u.Request("OPTIONS", "live", "probe", 1, "between-tcp"))
			streams = append(streams, u)
		}
	}
	second := newRig(t, func(c *Config) { c.Listen, c.Sockets = listen, append(files, os.Stdin) })
	if got := second.sw.wire.Listening(); !slices.Equal(got, listen) {
		t.Errorf("%v, was %v", got, listen)
	}
	for _, u := range append(streams, udp) {
		if res := u.Final(); !strings.Contains(res, "between-") {
			t.Errorf("over %s: %q", u.Via, res)
		}
	}
	for _, network := range []string{"ws", "tls", "wss"} {
		u := wiretest.DialUA(t, network, port(second.sw, network))
		u.Send(u.Request("OPTIONS", "live", "probe", 1, "after-"+network))
		if u.Final() == "" {
			t.Errorf("no answer over %s", network)
		}
	}
	// without being handed in, the addresses are taken
	if _, err := New(Config{
		Listen: []wire.Listen{{Network: "udp", Addr: netip.AddrPortFrom(first.addr.Addr(), first.addr.Port())}}, Domain: testDomain, Media: first.media, Logger: wiretest.NoLog(),
		Signal: second.sw.cfg.Signal,
	}); err == nil {
		t.Error("a port was bound twice")
	}
}

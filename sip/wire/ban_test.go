package wire

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// TestGuardWaste: a source that only sends what is of no use is throttled until it stops; trusted ones never are, and
// useful messages make up for what a login needs.
func TestGuardWaste(t *testing.T) {
	trusted := netip.MustParseAddr("192.0.2.9")
	g := newGuard(func(a netip.Addr) bool { return a == trusted }, func(string, time.Time) { t.Error("banned for waste") })
	now := time.Unix(1_700_000_000, 0)
	bad, good := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range wasteLimit + 2 {
		g.waste(bad, now, 1)
		g.waste(trusted, now, 1)
	}
	if g.admit(bad, now) || !g.admit(good, now) || !g.admit(trusted, now) {
		t.Error("who is throttled")
	}
	if g.admit(netip.MustParseAddr("::ffff:192.0.2.1"), now) {
		t.Error("IPv4 in IPv6 is another source")
	}
	if !g.admit(bad, now.Add(5*time.Second)) {
		t.Error("throttled for ever")
	}
	for i := range 100_000 { // a thousand logins in no time: challenge, then success
		g.waste(good, now, 1)
		g.useful(good, now)
		if !g.admit(good, now) {
			t.Fatalf("throttled after %d logins", i)
		}
	}
	for i := range 1000 {
		g.waste(netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)), now, 10)
	}
	if g.admit(netip.MustParseAddr("2001:db8::ffff"), now) || !g.admit(netip.MustParseAddr("2001:db8:0:1::1"), now) {
		t.Error("an IPv6 subscriber is one source, and only one")
	}
}

// TestGuardBans: failed logins ban pairs and addresses, not trusted addresses; bans end; memory is bounded.
func TestGuardBans(t *testing.T) {
	trusted := netip.MustParseAddr("192.0.2.9")
	var bans []string
	g := newGuard(func(a netip.Addr) bool { return a == trusted }, func(who string, _ time.Time) { bans = append(bans, who) })
	now := time.Unix(1_700_000_000, 0)
	bad := netip.MustParseAddr("192.0.2.1")
	for i := range failsPerAddr {
		g.failed(bad, fmt.Sprint(i), now)
		g.failed(trusted, fmt.Sprint(i), now)
	}
	if g.admit(bad, now) || !g.admit(trusted, now) || len(bans) != 1 {
		t.Errorf("bans: %q", bans)
	}
	if !g.admit(bad, now.Add(banTime)) {
		t.Error("banned for ever")
	}
	for range failsPerUser - 1 {
		g.failed(trusted, "8001", now)
	}
	g.failed(trusted, "8001", now.Add(failWindow+time.Second)) // a new minute
	if !g.admitUser(trusted, "8001", now.Add(failWindow+time.Second)) {
		t.Error("nine failures and one later are ten")
	}
	for i := range 2 * maxBans {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		for range failsPerUser {
			g.failed(a, "8001", now)
		}
	}
	if len(g.bans) > maxBans || len(g.fails) > maxBans {
		t.Errorf("%d bans and %d counts kept", len(g.bans), len(g.fails))
	}
	g.tend(now.Add(time.Hour))
	if len(g.bans)+len(g.fails) != 0 {
		t.Errorf("%d bans and %d counts kept after an hour", len(g.bans), len(g.fails))
	}
}

// TestGarbageMemory: twenty thousand sources of garbage and of malformed calls leave nothing behind.
func TestGarbageMemory(t *testing.T) {
	const sources = 20_000
	w := startWire(t, &fakeCalls{}, nil)
	to := net.UDPAddrFromAddrPort(w.Listening()[0].Addr)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	flood := func(n int) {
		for i := range n {
			from := &net.UDPAddr{IP: net.IPv4(127, byte(200+i>>16), byte(i>>8), byte(1+i%250))}
			c, err := net.DialUDP("udp4", from, to)
			if err != nil {
				t.Fatal(err)
			}
			data := fmt.Appendf(nil, "INVITE sip:%d@x SIP/2.0\r\nVia: SIP/2.0/UDP x:%d;branch=z9hG4bK%d\r\nCall-ID: garbage%d\r\nCSeq: 1 INVITE\r\nFrom: <sip:%d@x>;tag=1\r\nTo: <sip:x@x>\r\n\r\n", i, 1024+i%60000, i, i, i)
			if i%2 == 0 {
				data = []byte("garbage of some length that is no message at all")
			}
			if _, err := c.Write(data); err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		wiretest.Eventually(t, "the flood is worked off", func() bool { return w.cfg.Metrics.Mailboxes.Load() == 0 })
	}
	flood(1000)
	before := heap()
	flood(sources)
	if grown := int64(heap()) - int64(before); grown > 2<<20 {
		t.Errorf("%d octets for %d sources", grown, sources)
	}
	if n := w.cfg.Metrics.Received.Load(); n < sources*9/10 {
		t.Errorf("only %d of %d were looked at", n, sources)
	}
	if n := w.cfg.Metrics.ServerTx.Load(); n != 0 {
		t.Errorf("%d transactions for strangers", n)
	}
}

// TestLoginsAreNoFlood: hundreds of phones behind one address register over and over and are never turned away.
func TestLoginsAreNoFlood(t *testing.T) {
	users := wiretest.Users{}
	for i := range 300 {
		users[fmt.Sprint(8000+i)] = "secret"
	}
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.Accounts = users })
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	for round := range 5 {
		for user, password := range users {
			if res := u.Register(user, password, "many-"+user, 2*round+1); wiretest.StatusOf([]byte(res)) != 200 {
				t.Fatalf("round %d, %s: %q", round, user, res)
			}
		}
	}
	if n := w.cfg.Metrics.Dropped.Load() + uint64(w.cfg.Metrics.Banned.Load()); n != 0 {
		t.Errorf("%d dropped or banned", n)
	}
	if n := w.cfg.Metrics.Bindings.Load(); n != 300 {
		t.Errorf("%d bindings", n)
	}
}

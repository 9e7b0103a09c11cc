package wire

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// TestNothingHoldsItsMessage: what is kept of a message for minutes or hours is kept without it. All of a header's texts are parts of
// one, as long as the sender likes: whoever tries a thousand names must not have a thousand messages remembered.
func TestNothingHoldsItsMessage(t *testing.T) {
	const n, long = 200, 60_000
	now := time.Unix(1_700_000_000, 0)
	g := newGuard(func(netip.Addr) bool { return true }, func(string, time.Time) {})
	nonces := newNonces(time.Hour)
	b := newRegBed(t)
	b.reg.most = n
	filler := strings.Repeat("x", long)
	text := func(s string) string { // as a part of what came
		h, err := syntax.ReadHead(wiretest.Msg("REGISTER sip:hotline.example SIP/2.0", "X-Part: "+s, "X-Long: "+filler))
		if err != nil {
			t.Fatal(err)
		}
		return h.Named("X-Part")
	}
	for _, c := range []struct {
		name string
		keep func(i int)
	}{
		{"failed logins", func(i int) { g.failed(netip.MustParseAddr("192.0.2.1"), text(fmt.Sprint("user", i)), now) }},
		{"failed logins of long names", func(i int) { g.failed(netip.MustParseAddr("192.0.2.1"), fmt.Sprint(filler, i), now) }},
		{"bans", func(i int) {
			for range failsPerUser {
				g.failed(netip.MustParseAddr("192.0.2.2"), text(fmt.Sprint("user", i)), now)
			}
		}},
		{"nonces", func(i int) { nonces.use(text(fmt.Sprint("nonce", i)), now, 1, now) }},
		{"registrations", func(i int) {
			b.want(200, "192.0.2.1:5060", fmt.Sprintf("Contact: <sip:8001@192.0.2.1:%d>;+sip.instance=\"<urn:%d>\";reg-id=1", 1024+i, i),
				"Path: <sip:edge.example;lr>", "User-Agent: phone", "X-Long: "+filler)
		}},
	} {
		before := heapNow()
		for i := range n {
			c.keep(i)
		}
		if kept := heapNow() - before; kept > n*long/10 {
			t.Errorf("%s: %d KiB are kept of %d messages", c.name, kept>>10, n)
		}
	}
	if len(b.reg.aors["8001"]) != n || len(nonces.used) != n || len(g.fails) < 2*n || len(g.bans) < n {
		t.Errorf("kept: %d phones, %d nonces, %d fails, %d bans", len(b.reg.aors["8001"]), len(nonces.used), len(g.fails), len(g.bans))
	}
	runtime.KeepAlive(b)
}

func heapNow() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

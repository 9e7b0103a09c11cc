package wire

import (
	"net/netip"
	"testing"
)

func TestAdvertised(t *testing.T) {
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	c := &Config{Advertise: addr("203.0.113.7"), AdvertiseTo: []Advertised{
		{To: prefix("10.0.0.0/8")}, {To: prefix("10.9.0.0/16"), As: addr("10.9.0.1")}, {To: prefix("2001:db8::/32"), As: addr("2001:db8::7")},
	}}
	for peer, want := range map[string]string{
		"192.0.2.1": "203.0.113.7", "10.1.1.1": "", "10.9.1.1": "10.9.0.1", "127.0.0.1": "", "::1": "",
		"2001:db8:1::1": "2001:db8::7", "2001:db9::1": "", // an IPv4 address is of no use to it
	} {
		got := ""
		if a := c.advertised(addr(peer)); a.IsValid() {
			got = a.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", peer, got, want)
		}
	}
	for a, want := range map[string]bool{"203.0.113.7": true, "10.9.0.1": true, "2001:db8::7": true, "10.0.0.1": false} {
		if c.advertises(addr(a)) != want {
			t.Errorf("%s: not %v", a, want)
		}
	}
}

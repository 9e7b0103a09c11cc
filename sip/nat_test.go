package sip

import (
	"net/netip"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

func TestBehindNAT(t *testing.T) {
	for _, c := range []struct {
		contact, seen string
		nat           bool
	}{
		{"sip:x@10.0.0.7:5060", "198.51.100.7:1024", true},
		{"sip:x@100.64.3.4", "198.51.100.7:1024", true},
		{"sip:x@127.0.0.1", "198.51.100.7:1024", true},
		{"sip:x@[fd00::1]", "[2001:db8::7]:1024", true},
		{"sip:x@[fe80::1]", "[2001:db8::7]:1024", true},
		{"sip:x@198.51.100.8", "198.51.100.7:1024", false}, // another server of the carrier's
		{"sip:x@198.51.100.8", "10.0.0.1:1024", false},
		{"sip:x@10.0.0.7:5060", "10.0.0.1:1024", false}, // we are inside ourselves
		{"sip:x@carrier.example", "198.51.100.7:1024", false},
		{"sip:x@127.0.0.1:5060", "127.0.0.1:1024", false},
	} {
		var u gosip.Uri
		if err := gosip.ParseUri(c.contact, &u); err != nil {
			t.Fatal(err)
		}
		if got := behindNAT(u, netip.MustParseAddrPort(c.seen)); got != c.nat {
			t.Errorf("%s seen at %s: %v", c.contact, c.seen, got)
		}
	}
}

package sip

import (
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// behindNAT says whether the peer names a place where we cannot find it: an address of a private network, while it is seen at a
// public one. Requests inside the dialog then go to where its messages come from.
func behindNAT(target gosip.Uri, seen netip.AddrPort) bool {
	named := syntax.HostAddr(strings.Trim(target.Host, "[]"))
	return named.IsValid() && hidden(named) && !hidden(seen.Addr())
}

// hidden says whether the address means something only inside a network: private (RFC 1918, RFC 4193), shared (RFC 6598), of the
// link, of the machine.
func hidden(a netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

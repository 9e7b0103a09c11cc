package wire

import "net/netip"

// Advertised is the address of ours that peers of a network see, where that is not the socket's own: behind a one-to-one NAT the
// carrier sees another than the phones inside.
type Advertised struct {
	To netip.Prefix // peers
	As netip.Addr   // the zero value: the socket's own
}

// advertised is the address of ours that goes into Via, Contact and SDP for the peer; invalid: the socket's own. The longest prefix
// wins. An address of the other family is of no use to the peer.
func (c *Config) advertised(peer netip.Addr) netip.Addr {
	if peer.IsLoopback() {
		return netip.Addr{}
	}
	as, bits := c.Advertise, -1
	for _, a := range c.AdvertiseTo {
		if a.To.Contains(peer) && a.To.Bits() > bits {
			as, bits = a.As, a.To.Bits()
		}
	}
	if as.IsValid() && as.Is4() != peer.Is4() {
		return netip.Addr{}
	}
	return as
}

// advertises says whether we give the address out as ours to anybody.
func (c *Config) advertises(a netip.Addr) bool {
	if a == c.Advertise {
		return true
	}
	for _, one := range c.AdvertiseTo {
		if one.As == a {
			return true
		}
	}
	return false
}

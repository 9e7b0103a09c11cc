package media

import (
	"fmt"
	"net/netip"
)

// CheckRemote tells why media must not be sent to p.Remote, which the other side's SDP names: it is no unicast address,
// it is loopback while neither the leg's own address bind nor, with bind unspecified, p.Source is, or it is one of the
// engine's own ports. The error wraps ErrRemote. Configure makes the same check and treats such an address as none.
func (e *Engine) CheckRemote(bind netip.Addr, p Params) error {
	remote := plain(p.Remote)
	a := remote.Addr()
	switch {
	case !remote.IsValid() || remote.Port() == 0:
		return fmt.Errorf("%w: %v: no address or port", ErrRemote, p.Remote)
	case a.IsUnspecified():
		return fmt.Errorf("%w: %v is unspecified", ErrRemote, remote)
	case a.IsMulticast():
		return fmt.Errorf("%w: %v is multicast", ErrRemote, remote)
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%w: %v is broadcast", ErrRemote, remote)
	case a.IsLoopback() && !onLoopback(bind, p.Source):
		return fmt.Errorf("%w: %v is loopback", ErrRemote, remote)
	case e.ports.owns(remote):
		return fmt.Errorf("%w: %v is a port of our own", ErrRemote, remote)
	}
	return nil
}

// onLoopback tells whether a leg lives on loopback, where all of 127.0.0.0/8 is one host: softphones bound to 127.0.0.21
// send from 127.0.0.1. An engine bound to all addresses serves a phone of the same machine when its SIP came that way.
func onLoopback(bind, source netip.Addr) bool {
	return bind.Unmap().IsLoopback() || bind.IsUnspecified() && source.IsValid() && source.Unmap().IsLoopback()
}

package media

import (
	"net"
	"net/netip"
	"time"
)

// The figures of source learning. A source that is not the SDP's own address is believed after probationPackets more
// packets in sequence that took at least probationTime: a flood of guessed packets comes faster. After that it is
// final once lockTime has passed or lockPackets have come.
const (
	probationPackets = 4
	probationTime    = int64(22 * time.Millisecond)
	lockTime         = int64(5 * time.Second)
	lockPackets      = 50
)

// learner decides whose packets a leg believes, so that nobody else can be heard in a call or be sent its audio ("RTP
// bleed", CVE-2017-14099, CVE-2025-53399):
//
//  1. A packet from the SDP's address is believed at once.
//  2. Another port of the SDP's host, or of the host the leg's SIP came from (a phone behind NAT), is believed after
//     probation, as long as no believed source is sending. Everyone else never is.
//  3. The choice is final after 5 s or 50 packets, until signalling names another address.
//
// It is owned by the goroutine that reads the leg's socket.
type learner struct {
	remote  netip.AddrPort // from the SDP
	signal  netip.Addr     // where the SIP came from
	oneHost bool           // the engine sits on loopback: 127.0.0.0/8 counts as one host

	accepted netip.AddrPort // whom we believe; invalid: nobody yet
	since    int64          // when that was decided
	packets  int            // how many came from there since
	locked   bool

	candidate netip.AddrPort
	ssrc      uint32
	seq       uint16
	began     int64 // arrival of the candidate's first packet in sequence
	need      int   // how many more it needs
}

// believe tells whether an RTP packet of an agreed payload type is to be taken. changed: accepted is another now.
func (s *learner) believe(now int64, from netip.AddrPort, h header) (ok, changed bool) {
	if s.accepted.IsValid() && !s.locked {
		s.locked = now-s.since >= lockTime || s.packets >= lockPackets
	}
	switch {
	case from == s.accepted:
		s.packets++
		s.candidate = netip.AddrPort{} // a believed source that sends leaves no room for another
		return true, false
	case s.locked:
		return false, false
	case from.Port() == s.remote.Port() && s.sameHost(from.Addr(), s.remote.Addr()):
		s.accept(now, from)
		return true, true
	case !s.sameHost(from.Addr(), s.remote.Addr()) && !s.sameHost(from.Addr(), s.signal):
		return false, false
	}
	if s.probation(now, from, h) {
		s.accept(now, from)
		return true, true
	}
	return false, false
}

// considers tells whether a packet from there could be believed at all, now or after probation.
func (s *learner) considers(from netip.AddrPort) bool {
	if s.accepted.IsValid() && from == s.accepted {
		return true
	}
	return s.sameHost(from.Addr(), s.remote.Addr()) || s.sameHost(from.Addr(), s.signal)
}

func (s *learner) accept(now int64, from netip.AddrPort) {
	s.accepted, s.since, s.packets = from, now, 1
	s.candidate = netip.AddrPort{}
}

// probation counts a packet of a candidate and tells whether it has passed.
func (s *learner) probation(now int64, from netip.AddrPort, h header) bool {
	switch {
	case from != s.candidate || h.ssrc != s.ssrc:
	case h.seq == s.seq: // doubled on the way
		return false
	case h.seq == s.seq+1:
		s.seq = h.seq
		s.need--
		if s.need > 0 {
			return false
		}
		if now-s.began >= probationTime {
			return true
		}
	}
	s.candidate, s.ssrc, s.seq, s.began, s.need = from, h.ssrc, h.seq, now, probationPackets
	return false
}

func (s *learner) sameHost(a, b netip.Addr) bool {
	return b.IsValid() && (a == b || s.oneHost && a.IsLoopback() && b.IsLoopback())
}

// plain is an address as the learner compares it: an IPv4 address stays one when it comes mapped into IPv6, and zones
// are the kernel's business.
func plain(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// isLocal tells whether an address is one of this machine.
func isLocal(a netip.Addr) bool {
	if a.IsLoopback() || a.IsUnspecified() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, each := range addrs {
		if n, ok := each.(*net.IPNet); ok {
			if own, ok := netip.AddrFromSlice(n.IP); ok && own.Unmap() == a {
				return true
			}
		}
	}
	return false
}

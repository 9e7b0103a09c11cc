package media

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"hotline/media/secure"
)

// maxProven is how many addresses of one peer may be proven at a time: its interfaces.
const maxProven = 8

// consentTime is how long after the last proof of consent nothing more is sent (RFC 7675 §5.1).
const consentTime = 30 * time.Second

// awayTime is how long nothing at all may come from a leg, neither sound nor proof of consent, before it counts as gone away.
// Peers prove it every 6 s or oftener (RFC 7675 §5.1).
const awayTime = 7 * time.Second

// ice is a leg's ICE-lite (RFC 8445 §2.5). Plain fields belong to the reader of the leg's RTP port.
type ice struct {
	agent     secure.Agent
	peers     []netip.AddrPort // proven, the latest last
	nominated netip.AddrPort
	former    atomic.Pointer[ice] // before an ICE restart, until something is nominated anew (RFC 8445 §9)

	consent atomic.Int64 // when there was the last proof, ns; 0: never
	lost    atomic.Bool  // consent has expired: nothing is sent
}

// newICE goes on with the state of the former shield where nothing was restarted.
func newICE(a secure.Agent, was *shield) *ice {
	if was == nil || was.ice == nil {
		return &ice{agent: a}
	}
	if was.ice.agent == a {
		return was.ice
	}
	n := &ice{agent: a}
	n.consent.Store(was.ice.consent.Load())
	former := was.ice
	if older := former.former.Load(); older != nil {
		former = older
	}
	n.former.Store(former)
	return n
}

// knows tells whether the address was proven to be the other side's.
func (i *ice) knows(from netip.AddrPort) bool {
	if slices.Contains(i.peers, from) {
		return true
	}
	former := i.former.Load()
	return former != nil && slices.Contains(former.peers, from)
}

// proven notes a check that was right.
func (i *ice) proven(now int64, from netip.AddrPort) {
	i.consent.Store(max(now, 1))
	i.lost.Store(false)
	if len(i.peers) > 0 && i.peers[len(i.peers)-1] == from {
		return
	}
	if at := slices.Index(i.peers, from); at >= 0 {
		i.peers = slices.Delete(i.peers, at, at+1)
	} else if len(i.peers) == maxProven {
		at := 0
		if i.peers[0] == i.nominated {
			at = 1
		}
		i.peers = slices.Delete(i.peers, at, at+1)
	}
	i.peers = append(i.peers, from)
}

// watchConsent ends the sending to a peer that has not said for too long that it wants it, and tells much sooner that nothing at
// all comes from it, and that it is back.
func (l *Leg) watchConsent(now int64, s *settings) {
	if s.shield == nil || s.shield.ice == nil {
		return
	}
	i := s.shield.ice
	last := i.consent.Load()
	if last != 0 {
		l.watchAway(now, max(last, l.in.reception.lastAt.Load()))
	}
	if last == 0 || i.lost.Load() || now-last < int64(consentTime) {
		return
	}
	i.lost.Store(true)
	l.tellLost(time.Duration(now - last))
}

// watchAway tells when a leg that was heard has gone away, and when it is back; heard is when anything last came from it.
func (l *Leg) watchAway(now, heard int64) {
	switch gone := now-heard >= int64(awayTime); {
	case gone && !l.away && l.in.reception.lastAt.Load() != 0:
		l.away = true
		l.tellLost(time.Duration(now - heard))
	case !gone && l.away:
		l.away = false
		l.tellUp(l.engine.Wall(now))
	}
}

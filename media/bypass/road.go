//go:build linux && (amd64 || arm64)

package bypass

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// Road is by which interfaces the packets of a stream come and go.
type Road struct{ in, out int }

// roads knows which addresses are ours and by which interface others are reached. What it has found holds for a while: the
// packet path asks it.
type roads struct {
	lo    int
	fit   map[int]bool // interfaces that the program stands before
	mu    sync.Mutex
	own   map[netip.Addr]bool
	until time.Time // own is asked for anew
	ways  map[wayKey]way
}

type wayKey struct{ from, to netip.Addr }

type way struct {
	out   int // 0: none
	until time.Time
}

const (
	knownFor = time.Second
	waysMost = 4096
)

func (r *roads) has(i net.Interface) {
	if r.fit == nil {
		r.fit = map[int]bool{}
	}
	r.fit[i.Index] = true
	if i.Flags&net.FlagLoopback != 0 {
		r.lo = i.Index
	}
}

func (r *roads) none() bool { return len(r.fit) == 0 }

// Reach finds the interfaces for packets from a sender to us, and on from us to a receiver. false: such packets cannot go
// through the kernel: those between this machine and others, IPv6, an address that is no single one.
func (b *Bypass) Reach(w Way) (Road, bool) {
	for _, a := range []netip.AddrPort{w.From, w.At, w.Out, w.To} {
		if !a.Addr().Is4() || a.Addr().IsUnspecified() || a.Addr().IsMulticast() || a.Port() == 0 {
			return Road{}, false
		}
	}
	r := &b.roads
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	from, to := r.isOwn(now, w.From.Addr()), r.isOwn(now, w.To.Addr())
	switch {
	case from != to:
		return Road{}, false
	case from:
		return Road{in: r.lo}, r.lo != 0
	}
	out := r.route(now, w.Out.Addr(), w.To.Addr())
	return Road{out: out}, r.fit[out]
}

// isOwn tells whether an address is one of this machine: what it sends us comes by loopback. mu is held.
func (r *roads) isOwn(now time.Time, a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	if now.After(r.until) {
		r.until, r.own = now.Add(knownFor), map[netip.Addr]bool{}
		addrs, err := net.InterfaceAddrs()
		if err != nil {
			return false // then there is no way to it either
		}
		for _, each := range addrs {
			if n, ok := each.(*net.IPNet); ok {
				if own, ok := netip.AddrFromSlice(n.IP); ok {
					r.own[own.Unmap()] = true
				}
			}
		}
	}
	return r.own[a]
}

// route is the interface by which an address is reached, 0 if it is not. mu is held.
func (r *roads) route(now time.Time, from, to netip.Addr) int {
	key := wayKey{from, to}
	if w, ok := r.ways[key]; ok && now.Before(w.until) {
		return w.out
	}
	if r.ways == nil || len(r.ways) >= waysMost {
		r.ways = map[wayKey]way{}
	}
	w := way{until: now.Add(knownFor)}
	found, err := netlink.RouteGetWithOptions(to.AsSlice(), &netlink.RouteGetOptions{SrcAddr: from.AsSlice()})
	if err == nil && len(found) == 1 {
		w.out = found[0].LinkIndex
	}
	r.ways[key] = w
	return w.out
}

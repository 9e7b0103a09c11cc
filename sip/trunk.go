package sip

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// trunk is one carrier: who may call in its name, and how much. Safe for use by several goroutines.
type trunk struct {
	Trunk
	mu     sync.Mutex
	calls  int
	starts []time.Time // of the last MaxCPS calls: a ring
	next   int
}

// trunks finds the trunk of an address.
type trunks struct {
	all []*trunk
}

func newTrunks(cfg []Trunk) *trunks {
	ts := &trunks{}
	for _, t := range cfg {
		ts.all = append(ts.all, &trunk{Trunk: t, starts: make([]time.Time, t.MaxCPS)})
	}
	return ts
}

// of returns the trunk that the address is a peer of, nil if none; the longest prefix wins.
func (ts *trunks) of(a netip.Addr) *trunk {
	a = a.Unmap().WithZone("")
	var best *trunk
	bits := -1
	for _, t := range ts.all {
		for _, p := range t.Peers {
			if p.Contains(a) && p.Bits() > bits {
				best, bits = t, p.Bits()
			}
		}
	}
	return best
}

func (ts *trunks) named(name string) *trunk {
	for _, t := range ts.all {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// admit takes a place for one more call. release gives it back and may be called again. A fault means that there is
// none: 503 with the time after which it is worth trying again.
func (t *trunk) admit(now time.Time) (release func(), f *fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.MaxCalls > 0 && t.calls >= t.MaxCalls {
		return nil, &fault{503, "Too many calls", []string{"Retry-After: 5"}}
	}
	if t.MaxCPS > 0 {
		oldest := t.starts[t.next]
		if !oldest.IsZero() && now.Sub(oldest) < time.Second {
			return nil, &fault{503, "Too many calls a second", []string{"Retry-After: 1"}}
		}
		t.starts[t.next] = now
		t.next = (t.next + 1) % len(t.starts)
	}
	t.calls++
	var once sync.Once
	return func() {
		once.Do(func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.calls--
		})
	}, nil
}

// server is the address that calls out go to.
func (t *trunk) server() (netip.AddrPort, bool) {
	if t.Server.IsValid() {
		return t.Server, true
	}
	for _, p := range t.Peers {
		if p.IsSingleIP() {
			return netip.AddrPortFrom(p.Addr(), 5060), true
		}
	}
	return netip.AddrPort{}, false
}

// trunkPath is the way to the trunk's server for a call out.
func (w *wire) trunkPath(name string) (path, error) {
	t := w.trunks.named(name)
	if t == nil {
		return path{}, fmt.Errorf("%w: no trunk %q", errNoPath, name)
	}
	to, ok := t.server()
	if !ok {
		return path{}, fmt.Errorf("%w: trunk %q has no server", errNoPath, name)
	}
	s := w.udpTo(to.Addr(), nil)
	if s == nil {
		return path{}, fmt.Errorf("%w: no socket reaches %s", errNoPath, to)
	}
	return path{sock: s, peer: to}, nil
}

// admitOut counts a call out through the trunk against its max_calls and max_cps; release gives its place back.
func (w *wire) admitOut(name string) (release func(), err error) {
	t := w.trunks.named(name)
	if t == nil {
		return nil, fmt.Errorf("%w: no trunk %q", errNoPath, name)
	}
	release, f := t.admit(time.Now())
	if f != nil {
		return nil, fmt.Errorf("%w: trunk %q: %s", errBusy, name, f.reason)
	}
	return release, nil
}

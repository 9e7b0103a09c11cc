package sip

import (
	"errors"
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

	watched bool // it is asked whether it lives
	dead    bool // it gave no answer
}

// up says whether the trunk answers, as far as it is asked.
func (t *trunk) up() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.dead
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

// livingFirst is all trunks in their order, but those taken for dead last.
func (ts *trunks) livingFirst() []*trunk {
	living := make([]*trunk, 0, len(ts.all))
	var dead []*trunk
	for _, t := range ts.all {
		if t.up() {
			living = append(living, t)
		} else {
			dead = append(dead, t)
		}
	}
	return append(living, dead...)
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

// wayOut is a trunk that takes one more call out.
type wayOut struct {
	trunk   *trunk
	path    path   // to the trunk's server
	release func() // gives the call's place back
}

// wayOut finds the way for a call out and takes a place on it: through the named trunk, or without a name through the
// first that has a server and a place; one that is taken for dead comes after all others. errBusy says that there is a way
// and no place.
func (w *wire) wayOut(name string) (wayOut, error) {
	if name != "" {
		t := w.trunks.named(name)
		if t == nil {
			return wayOut{}, fmt.Errorf("%w: no trunk %q", errNoPath, name)
		}
		return w.through(t)
	}
	err := fmt.Errorf("%w: no trunk has a server", errNoPath)
	for _, t := range w.trunks.livingFirst() {
		way, fault := w.through(t)
		if fault == nil {
			return way, nil
		}
		if errors.Is(fault, errBusy) {
			err = fault
		}
	}
	return wayOut{}, err
}

func (w *wire) through(t *trunk) (wayOut, error) {
	to, ok := t.server()
	if !ok {
		return wayOut{}, fmt.Errorf("%w: trunk %q has no server", errNoPath, t.Name)
	}
	s := w.udpTo(to.Addr(), nil)
	if s == nil {
		return wayOut{}, fmt.Errorf("%w: no socket reaches %s", errNoPath, to)
	}
	release, f := t.admit(time.Now())
	if f != nil {
		return wayOut{}, fmt.Errorf("%w: trunk %q: %s", errBusy, t.Name, f.reason)
	}
	return wayOut{trunk: t, path: path{sock: s, peer: to}, release: release}, nil
}

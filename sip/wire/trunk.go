package wire

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
	"hotline/sip/syntax"
)

// trunk is one carrier: who may call in its name, how much, and where it is. Safe for use by several goroutines. What the config says of
// it never changes: a trunk that shall be another is replaced (trunkslive.go).
type trunk struct {
	Trunk
	room   *room
	reg    *registration   // nil: we do not register with it
	stands *trunk          // this is only the registrar or the recorder of that trunk; nil: a trunk
	tapes  *trunk          // stands for the recorder; nil: there is none
	taping taping          // what its recording sessions say of the recorder
	life   context.Context // until another stands in its place; nil: that of the wire
	end    context.CancelFunc
	living chan struct{} // closed when a server can be called for the first time; nil: nobody waits for it
	found  sync.Once     // closes living

	mu       sync.Mutex
	gone     bool       // another stands in its place
	gateways []*Gateway // the best first; the slice is replaced, never changed
}

// room is what a trunk's limits are held to. It stays when the trunk's config changes.
type room struct {
	mu     sync.Mutex
	calls  int
	starts []time.Time // of the last MaxCPS calls: a ring
	next   int
}

// taken is how many calls are up.
func (r *room) taken() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// trunks finds the trunk of an address.
type trunks struct {
	list atomic.Pointer[[]*trunk] // in the order of the config; the slice is replaced, never changed

	learning sync.Mutex // held while learnt is replaced
	learnt   atomic.Pointer[learntAddrs]
}

func newTrunks(cfg []Trunk) *trunks {
	ts, all := &trunks{}, []*trunk{}
	for _, t := range cfg {
		all = append(all, &trunk{Trunk: t, room: new(room)})
	}
	ts.list.Store(&all)
	return ts
}

// all are the trunks there are now.
func (ts *trunks) all() []*trunk { return *ts.list.Load() }

// itself is the trunk that calls and states are told of.
func (t *trunk) itself() *trunk {
	if t.stands != nil {
		return t.stands
	}
	return t
}

// places are where the trunk's servers are: the trunk itself, and what stands for its registrar.
func (t *trunk) places() []*trunk {
	all := []*trunk{t}
	if t.reg != nil && t.reg.at != t {
		all = append(all, t.reg.at)
	}
	if t.tapes != nil {
		all = append(all, t.tapes)
	}
	return all
}

// isRecorder says whether this only stands for another trunk's recorder: what comes from there is none of that trunk's calls.
func (t *trunk) isRecorder() bool { return t.stands != nil && t.stands.tapes == t }

// learntAddrs are the addresses of servers. It is replaced whole.
type learntAddrs struct {
	servers map[netip.Addr]bool     // of all trunks
	callers map[netip.Addr][]*trunk // of those that we register with: their calls come from there
}

// of returns the trunk that the address is a peer of, nil if none; the longest prefix wins. The servers of a trunk that we
// register with are its peers as well: that is where its calls come from.
func (ts *trunks) of(a netip.Addr) *trunk {
	a = a.Unmap().WithZone("")
	var best *trunk
	bits := -1
	for _, t := range ts.all() {
		for _, p := range t.Peers {
			if p.Contains(a) && p.Bits() > bits {
				best, bits = t, p.Bits()
			}
		}
	}
	if m := ts.learnt.Load(); best == nil && m != nil && len(m.callers[a]) > 0 {
		best = m.callers[a][0]
	}
	return best
}

// relearn notes the addresses of all servers.
func (ts *trunks) relearn() {
	ts.learning.Lock()
	defer ts.learning.Unlock()
	m := learntAddrs{servers: make(map[netip.Addr]bool), callers: make(map[netip.Addr][]*trunk)}
	for _, t := range ts.all() {
		for _, at := range t.places() {
			for _, g := range at.servers() {
				a := g.addr.Addr()
				m.servers[a] = true
				if t.Register != nil && !at.isRecorder() && !slices.Contains(m.callers[a], t) {
					m.callers[a] = append(m.callers[a], t)
				}
			}
		}
	}
	ts.learnt.Store(&m)
}

// server says whether a trunk has a server at the address.
func (ts *trunks) server(a netip.Addr) bool {
	m := ts.learnt.Load()
	return m != nil && m.servers[a.Unmap().WithZone("")]
}

// called is the trunk of a request: that of the connection we made to it, else that of the address it came from. Of several
// trunks at one carrier it is the one whose registered user is asked for.
func (ts *trunks) called(m *message) *trunk {
	if f := m.path.flow; f != nil && f.gate != nil {
		if f.gate.trunk.isRecorder() {
			return nil
		}
		return ts.named(f.gate.trunk.Name) // as it is now; nil: it is no trunk any more
	}
	t := ts.of(m.path.Peer.Addr())
	if t == nil || t.Register == nil {
		return t
	}
	same := ts.learnt.Load().callers[m.path.Peer.Addr()]
	if len(same) < 2 {
		return t
	}
	user := syntax.UnescapeUser(m.target.User)
	for _, o := range same {
		if o.Account() == user {
			return o
		}
	}
	return t
}

func (ts *trunks) named(name string) *trunk {
	for _, t := range ts.all() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// TrunkNamed is the trunk of that name as it is configured, nil if there is none. It must not be changed.
func (w *Wire) TrunkNamed(name string) *Trunk {
	if t := w.trunks.named(name); t != nil {
		return &t.Trunk
	}
	return nil
}

// TrunkAt is the trunk that the address is a peer of, nil if it is none's.
func (w *Wire) TrunkAt(a netip.Addr) *Trunk {
	if t := w.trunks.of(a); t != nil {
		return &t.Trunk
	}
	return nil
}

// TrunkOf says whether the address is a peer of the trunk of that name, as it is now.
func (w *Wire) TrunkOf(a netip.Addr, name string) bool {
	t := w.trunks.of(a)
	return t != nil && t.Name == name
}

// servers are the trunk's gateways.
func (t *trunk) servers() []*Gateway {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gateways
}

// up says whether one of the trunk's servers lives, as far as they are asked.
func (t *trunk) up() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.gateways) == 0 || slices.ContainsFunc(t.gateways, func(g *Gateway) bool { return !g.dead })
}

// livingFirst is all trunks in their order, but those taken for dead last.
func (ts *trunks) livingFirst() []*trunk {
	living := make([]*trunk, 0, len(ts.all()))
	var dead []*trunk
	for _, t := range ts.all() {
		if t.up() {
			living = append(living, t)
		} else {
			dead = append(dead, t)
		}
	}
	return append(living, dead...)
}

// admit takes a place for one more call. release gives it back and may be called again. A fault means that there is
// none, why is then a word of hotline's: 503 with the time after which it is worth trying again.
func (t *trunk) admit(now time.Time) (release func(), why string, f *fault) {
	r := t.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.MaxCalls > 0 && r.calls >= t.MaxCalls {
		return nil, hotline.TurnedByMaxCalls, &fault{503, "Too many calls", []string{"Retry-After: 5"}}
	}
	if t.MaxCPS > 0 {
		if len(r.starts) != t.MaxCPS {
			r.starts, r.next = make([]time.Time, t.MaxCPS), 0
		}
		oldest := r.starts[r.next]
		if !oldest.IsZero() && now.Sub(oldest) < time.Second {
			return nil, hotline.TurnedByMaxCPS, &fault{503, "Too many calls a second", []string{"Retry-After: 1"}}
		}
		r.starts[r.next] = now
		r.next = (r.next + 1) % len(r.starts)
	}
	r.calls++
	var once sync.Once
	return func() {
		once.Do(func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.calls--
		})
	}, "", nil
}

// Search goes through the ways that one call out may take: the servers of the trunk that was named, or those of one trunk
// after another. It holds a place on the trunk whose way it gave last. Owned by one goroutine.
type Search struct {
	w      *Wire
	rest   []*trunk   // that come after
	trunk  *trunk     // whose place is taken; nil: none yet
	ways   []*Gateway // of it, still to be tried
	place  func()
	reason error // why there is none, as far as is known
}

// Search begins: through the named trunk, or without a name through all that have servers; one that is taken for dead
// comes after all others.
func (w *Wire) Search(name string) *Search {
	if name == "" {
		return &Search{w: w, rest: w.trunks.livingFirst(), reason: fmt.Errorf("%w: no trunk has a server", ErrNoPath)}
	}
	t := w.trunks.named(name)
	if t == nil {
		return &Search{w: w, reason: fmt.Errorf("%w: no trunk %q", ErrNoPath, name)}
	}
	return &Search{w: w, rest: []*trunk{t}, reason: fmt.Errorf("%w: trunk %q has no server", ErrNoPath, name)}
}

// Trunk is the trunk whose way was given last, nil before the first.
func (s *Search) Trunk() *Trunk {
	if s.trunk == nil {
		return nil
	}
	return &s.trunk.Trunk
}

// Next is the next way, with a place on its trunk. ErrBusy: there was a way and no place; ErrNoPath: there is none (any more).
func (s *Search) Next(now time.Time) (*Gateway, Path, error) {
	for {
		for len(s.ways) > 0 {
			g := s.ways[0]
			s.ways = s.ways[1:]
			if p, ok := s.w.wayTo(g); ok {
				return g, p, nil
			}
			s.why(fmt.Errorf("%w: no socket reaches %s", ErrNoPath, g.addr))
		}
		s.End()
		if len(s.rest) == 0 {
			return nil, Path{}, s.reason
		}
		t := s.rest[0]
		s.rest = s.rest[1:]
		ways := t.ways(now)
		if len(ways) == 0 {
			continue
		}
		place, _, f := t.admit(now)
		if f != nil {
			s.why(fmt.Errorf("%w: trunk %q: %s", ErrBusy, t.Name, f.reason))
			continue
		}
		s.trunk, s.ways, s.place = t, ways, place
	}
}

// why remembers why there is no way: that of a trunk without room says most.
func (s *Search) why(err error) {
	if !errors.Is(s.reason, ErrBusy) {
		s.reason = err
	}
}

// More says whether there is another way to be tried.
func (s *Search) More() bool {
	return len(s.ways) > 0 || slices.ContainsFunc(s.rest, func(t *trunk) bool { return len(t.servers()) > 0 })
}

// Paths are the ways still to be tried, as far as they are known.
func (s *Search) Paths() (all []Path) {
	gs := slices.Clone(s.ways)
	for _, t := range s.rest {
		gs = append(gs, t.servers()...)
	}
	for _, g := range gs {
		if p, ok := s.w.wayTo(g); ok {
			all = append(all, p)
		}
	}
	return all
}

// End gives the place back. It may be called more than once.
func (s *Search) End() {
	if s.place != nil {
		s.place()
	}
}

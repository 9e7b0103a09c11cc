package wire

import (
	"hash/maphash"
	"maps"
	"net/netip"
	"sync"
	"time"
)

// Limits on sources that have shown nothing to be welcome for.
const (
	failWindow   = time.Minute     // in which failed logins are counted
	failsPerUser = 10              // of one user from one address
	failsPerAddr = 100             // of all users from one address
	banTime      = 5 * time.Minute // how long a ban lasts
	maxBans      = 1 << 16         // bans kept; more replace older ones
	wasteSlots   = 1 << 16         // sources whose waste is remembered: memory does not grow with the number of sources
	wasteLimit   = 1000            // points of waste that make a source's messages be thrown away unread
	wasteLeak    = 100             // points forgotten per second
	wasteGain    = 2               // points that a useful message takes away
)

// guard throws away what comes from sources that only do harm, before it is read. Two things count against a source:
//
// Failed logins end in a ban. Only those made with a nonce of ours that was given to that very address are counted, so
// nobody can have another address banned by sending in its name. Ten of one user from one address ban that pair; a
// hundred of any users ban the address, but never a trunk's or one from which a phone is registered.
//
// Waste is what was answered with an error or not at all: garbage, calls nobody asked for, responses to nothing. It leaks
// away with time and with useful messages; too much of it throttles the source for as long as it goes on. Trunks and
// registered phones are not throttled.
//
// An IPv6 /64 is one source. Safe for use by several goroutines.
type guard struct {
	trusted func(netip.Addr) bool // a trunk's peer, or the address of a registered phone
	banned  func(who string, until time.Time)
	seed    maphash.Seed

	mu    sync.Mutex
	bans  map[banKey]time.Time
	fails map[banKey]*failCount
	slots []wasteSlot
}

// banKey is an address, or a user at an address: not his name but its sum, for the name is a stranger's text, as long as he likes and a
// part of the whole message that it came in.
type banKey struct {
	addr netip.Addr
	user uint64 // 0: all of the address
}

func (g *guard) keyOf(a netip.Addr, user string) banKey {
	return banKey{a, maphash.String(g.seed, user) | 1}
}

type failCount struct {
	n     int
	since time.Time
}

type wasteSlot struct {
	addr   netip.Addr
	points float64
	at     time.Time
}

func newGuard(trusted func(netip.Addr) bool, banned func(string, time.Time)) *guard {
	return &guard{
		trusted: trusted, banned: banned, seed: maphash.MakeSeed(),
		bans:  make(map[banKey]time.Time),
		fails: make(map[banKey]*failCount),
		slots: make([]wasteSlot, wasteSlots),
	}
}

// admit says whether a message from the address is to be read.
func (g *guard) admit(a netip.Addr, now time.Time) bool {
	a = network64(a)
	g.mu.Lock()
	banned := g.isBanned(banKey{addr: a}, now)
	over := g.slot(a, now).over(a)
	g.mu.Unlock()
	return !banned && !over || g.trusted(a)
}

// admitUser says whether credentials of the user from the address are to be looked at.
func (g *guard) admitUser(a netip.Addr, user string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.isBanned(g.keyOf(network64(a), user), now)
}

func (g *guard) isBanned(k banKey, now time.Time) bool {
	until, ok := g.bans[k]
	if ok && !now.Before(until) {
		delete(g.bans, k)
		return false
	}
	return ok
}

// waste counts n points against the address.
func (g *guard) waste(a netip.Addr, now time.Time, n float64) {
	a = network64(a)
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.slot(a, now)
	if s.addr != a { // one slot, one source: the newest has it
		*s = wasteSlot{addr: a, at: now}
	}
	s.points = min(s.points+n, wasteLimit+wasteLeak)
}

// useful counts a message from the address in its favour.
func (g *guard) useful(a netip.Addr, now time.Time) {
	a = network64(a)
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.slot(a, now); s.addr == a {
		s.points = max(0, s.points-wasteGain)
	}
}

// slot is where the address is, or would be, counted; its points are those of now. g.mu is held.
func (g *guard) slot(a netip.Addr, now time.Time) *wasteSlot {
	s := &g.slots[maphash.Comparable(g.seed, a)%wasteSlots]
	if d := now.Sub(s.at).Seconds(); d > 0 {
		s.points = max(0, s.points-d*wasteLeak)
		s.at = now
	}
	return s
}

func (s *wasteSlot) over(a netip.Addr) bool { return s.addr == a && s.points > wasteLimit }

// failed counts a failed login with a good nonce, and says how many there were of the user from the address.
func (g *guard) failed(a netip.Addr, user string, now time.Time) (times int) {
	a = network64(a)
	trusted := g.trusted(a)
	g.mu.Lock()
	key := g.keyOf(a, user)
	times = g.count(key, now)
	pair := times >= failsPerUser
	if pair {
		g.ban(key, now)
	}
	addr := g.count(banKey{addr: a}, now) >= failsPerAddr && !trusted
	if addr {
		g.ban(banKey{addr: a}, now)
	}
	g.mu.Unlock()
	switch until := now.Add(banTime); {
	case addr:
		g.banned(a.String(), until)
	case pair:
		g.banned(a.String()+" as "+user, until)
	}
	return times
}

// count adds one failure and returns how many there are in the window. g.mu is held.
func (g *guard) count(k banKey, now time.Time) int {
	f := g.fails[k]
	if f == nil || now.Sub(f.since) > failWindow {
		if len(g.fails) >= maxBans {
			g.sweep(now)
		}
		f = &failCount{since: now}
		g.fails[k] = f
	}
	f.n++
	return f.n
}

// ban begins a ban. g.mu is held.
func (g *guard) ban(k banKey, now time.Time) {
	if len(g.bans) >= maxBans {
		g.sweep(now)
	}
	g.bans[k] = now.Add(banTime)
	delete(g.fails, k)
}

// sweep forgets what is over and, if there is still no room, a quarter of all. g.mu is held.
func (g *guard) sweep(now time.Time) {
	maps.DeleteFunc(g.bans, func(_ banKey, until time.Time) bool { return !now.Before(until) })
	maps.DeleteFunc(g.fails, func(_ banKey, f *failCount) bool { return now.Sub(f.since) > failWindow })
	makeRoom(g.bans)
	makeRoom(g.fails)
}

// makeRoom takes whatever comes first out of a full map.
func makeRoom[V any](m map[banKey]V) {
	if len(m) < maxBans {
		return
	}
	for k := range m {
		if len(m) <= maxBans*3/4 {
			return
		}
		delete(m, k)
	}
}

// tend is called now and then to forget what is over.
func (g *guard) tend(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep(now)
}

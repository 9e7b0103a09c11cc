package media

import "time"

// Totals is what all legs have heard and sent since the engine began. Nothing in it ever falls.
type Totals struct {
	Received, ReceivedBytes uint64 // packets accepted, and their payload
	Sent, SentBytes         uint64
	Lost                    uint64 // expected and never received
	Late                    uint64 // accepted behind a later one
	Dropped                 uint64 // foreign, malformed or unauthentic packets
	SendFails               uint64 // packets the kernel refused, or for which there was no address
	Bypassed                uint64 // of those received, what the kernel passed on by itself (Config.Bypass)
}

// add adds a leg's counts as they are now.
func (t *Totals) add(l *Leg) {
	in := &l.in.reception
	t.Received += in.received.Load()
	t.ReceivedBytes += in.bytes.Load()
	t.Sent += l.out.packets.Load()
	t.SentBytes += l.out.bytes.Load()
	t.Lost += in.lost()
	t.Late += in.late.Load()
	t.Dropped += l.in.foreign.Load() + l.in.malformed.Load() + l.in.unauthentic.Load()
	t.SendFails += l.out.fails.Load()
	t.Bypassed += l.express.passed.Load()
}

// atLeast raises what is below the other: a packet that was late makes lost ones fewer.
func (t *Totals) atLeast(o *Totals) {
	t.Received, t.ReceivedBytes = max(t.Received, o.Received), max(t.ReceivedBytes, o.ReceivedBytes)
	t.Sent, t.SentBytes = max(t.Sent, o.Sent), max(t.SentBytes, o.SentBytes)
	t.Lost, t.Late = max(t.Lost, o.Lost), max(t.Late, o.Late)
	t.Dropped, t.SendFails = max(t.Dropped, o.Dropped), max(t.SendFails, o.SendFails)
	t.Bypassed = max(t.Bypassed, o.Bypassed)
}

// Totals sums up over all legs, those that are gone included. The packets' way does not notice: it is the legs' own counts
// that are read.
func (e *Engine) Totals() Totals {
	e.mu.Lock()
	sum := e.past
	legs := make([]*Leg, 0, len(e.legs))
	for l := range e.legs {
		legs = append(legs, l)
	}
	e.mu.Unlock()
	for _, l := range legs {
		sum.add(l)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	sum.atLeast(&e.shown)
	e.shown = sum
	return sum
}

// Legs is how many legs there are now.
func (e *Engine) Legs() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.legs)
}

// Busy is, for each loop that reads sockets, how long it has dealt with packets since it began; empty where the system has
// no loops.
func (e *Engine) Busy() []time.Duration {
	if n, ok := e.net.(interface{ busy() []time.Duration }); ok {
		return n.busy()
	}
	return nil
}

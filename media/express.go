package media

import (
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/bypass"
)

// express is a leg's stream on its way through the kernel (package bypass), as long as it is relayed to one other leg and
// nothing is done to it. The reader opens the lane; whoever changes anything that it rests on changes that first and then
// halts it.
type express struct {
	// Owned by the reader.
	steady   int    // packets relayed in order since the lane was shut
	open     bool   // it has opened the lane, and since then taken nothing by the socket
	taking   bool   // the packet at hand has gone through the lane
	to       *Leg   // where to
	seqShift uint16 // outgoing less incoming
	tsShift  uint32

	passed atomic.Uint64 // packets

	mu   sync.Mutex // guards what follows; held for some instructions and, at the opening, calls of the kernel
	lane *bypass.Lane
	way  bypass.Way
	road bypass.Road
	live *Leg // where packets may have gone that its sender does not know of; nil: nowhere
	due  int64
	over bool
}

const (
	// steadyFor is how many packets come by the socket before the lane is opened, or tried again.
	steadyFor = 25
	// roadEvery is how often it is asked whether packets still go by the same interfaces.
	roadEvery = int64(time.Second)
)

// ringed is a port of a network with rings.
type ringed interface{ ring() int }

// consider opens the lane once the stream runs steadily. h is of the packet just relayed, which was in order.
func (l *Leg) consider(s *settings, h header, codec Codec, routes []*route) {
	x := &l.express
	if x.steady++; x.steady%steadyFor != 0 || len(routes) != 1 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r := routes[0]
	w, ok := l.way(s, h, codec, r)
	if !ok || x.over {
		return
	}
	road, ok := l.engine.cfg.Bypass.Reach(w)
	if !ok || !x.make(l) || x.lane.Open(w, road) != nil {
		return
	}
	r.turn.young = youth // those packets go uncounted
	x.open, x.to, x.seqShift, x.tsShift = true, r.to, w.SeqShift, w.TSShift
	x.way, x.road, x.live, x.due = w, road, r.to, l.engine.Now()+roadEvery
}

// make makes the lane when it is needed first. mu is held.
func (x *express) make(l *Leg) bool {
	if p, ok := l.pair.rtp.(ringed); x.lane == nil && ok && p.ring() >= 0 {
		x.lane = l.engine.cfg.Bypass.Lane(p.ring(), l.touch, l.passed)
	}
	return x.lane != nil
}

// way is where the stream goes and what becomes of its packets. false: more than the kernel can do. express.mu is held.
func (l *Leg) way(s *settings, h header, codec Codec, r *route) (bypass.Way, bool) {
	to := r.to
	goal := to.settings.Load()
	switch {
	case goal == nil || !goal.Send || to.closed.Load() || l.closed.Load() || l.settings.Load() != s:
		return bypass.Way{}, false
	case s.shield != nil || goal.shield != nil || codec != goal.Codec || s.perTick != 1 || goal.perTick != 1 || l.in.line.perTick > 1:
		return bypass.Way{}, false
	case l.feed.Load() != nil || len(l.audience()) != 1 || l.audience()[0] != r:
		return bypass.Way{}, false
	case !l.in.learner.locked || r.turn.anew || to.out.turn.Load() != &r.turn:
		return bypass.Way{}, false
	}
	learnt := to.learnt.Load()
	if learnt == nil || !learnt.final || learnt.epoch != goal.epoch {
		return bypass.Way{}, false
	}
	if generation, _, _ := unpack(to.out.state.Load()); generation != r.turn.generation {
		return bypass.Way{}, false
	}
	return bypass.Way{
		From: l.in.learner.accepted, At: l.pair.rtp.local(), Out: to.pair.rtp.local(), To: learnt.to,
		SSRC: h.ssrc, OutSSRC: to.out.ssrc, Type: h.payload, OutType: goal.PayloadType,
		SeqShift: r.turn.seqShift, TSShift: r.turn.tsShift, Seq: h.seq, TS: h.ts,
	}, true
}

// passed takes the copy of a packet that the kernel has passed on. at is its arrival by the kernel's clock.
func (l *Leg) passed(at int64, b []byte) {
	defer l.rescue("RTP")
	x := &l.express
	h, payload, ok := parseRTP(b)
	if !ok || x.to == nil || l.in.settings == nil {
		return // cannot be: the program took it for RTP, and a packet before it opened the lane
	}
	x.to.out.passed(h.seq+x.seqShift, h.ts+x.tsShift, uint32(len(payload)))
	x.to.out.sent(len(payload), nil)
	x.passed.Add(1)
	if l.closed.Load() {
		return
	}
	s := l.in.settings
	what, codec := s.meaning(h.payload)
	x.taking = true
	defer func() { x.taking = false }()
	l.accepted(at-l.engine.booted, s, h, payload, what, codec)
}

// offKernel ends what the lane does when a packet of the stream comes by the socket: all that have gone through were taken
// before it.
func (l *Leg) offKernel() {
	x := &l.express
	if x.taking || !x.open {
		return
	}
	x.open, x.steady = false, 0
	l.halt()
}

// halt shuts the lane, and lets the sender at its end know how far the stream has come.
func (l *Leg) halt() {
	x := &l.express
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.live == nil {
		return
	}
	if seq, ts, size, ok := x.lane.Shut(); ok {
		x.live.out.passed(seq, ts, uint32(size))
	}
	x.live = nil
}

// leaveKernel gives the lane back, for good.
func (l *Leg) leaveKernel() {
	l.halt()
	x := &l.express
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	if x.lane != nil {
		x.lane.Close()
	}
}

// watchRoad shuts a lane whose packets would have to go by another interface now.
func (l *Leg) watchRoad(now int64) {
	x := &l.express
	x.mu.Lock()
	stale := false
	if x.live != nil && now >= x.due {
		x.due = now + roadEvery
		road, ok := l.engine.cfg.Bypass.Reach(x.way)
		stale = !ok || road != x.road
	}
	x.mu.Unlock()
	if stale {
		l.halt()
	}
}

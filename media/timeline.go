package media

// timeline turns the timestamps of a leg's packets into ticks of 1/8000 s, in which everything behind it counts. A stream whose
// RTP clock is of 8000 Hz, as of all codecs but Opus, passes as it is. It is owned by the goroutine that reads the leg's socket.
type timeline struct {
	perTick uint32 // steps of the clock in a tick, as of the last packet of sound; 0: there was none
	wire    uint32 // a timestamp of that clock
	tick    uint32 // and where it lies
	event   uint32 // timestamp of the last event on another clock
	began   uint32 // and where that lies
	heard   bool   // there was one
}

// ticks turns a timestamp. turned: the clock is another than that of the packet before, so that the distance to it is only as
// long as it was by our clock (RFC 7160 §4.1 has a receiver expect that).
func (l *timeline) ticks(now int64, ts, perTick uint32, r *reception) (tick uint32, turned bool) {
	if perTick != l.perTick {
		turned = l.perTick != 0 || perTick != 1 && r.timed // there may have been sound when all had one clock
		l.perTick, l.wire, l.tick = perTick, ts, ts
		if perTick != 1 && turned {
			l.tick = r.tickAt(now)
		}
	}
	if perTick == 1 {
		return ts, turned
	}
	step := int32(ts - l.wire) // modulo 2^32 (RFC 3550 §5.1)
	whole := step / int32(perTick)
	if step < 0 && step%int32(perTick) != 0 {
		whole--
	}
	l.wire += uint32(whole) * perTick
	l.tick += uint32(whole)
	return l.tick, turned
}

// aside places a packet whose timestamp counts on another clock than the sound beside it, as telephone-event/8000 does beside
// Opus: some phones give it the time of the sound's clock, others of its own (RFC 7160 §3.1). All packets of an event have one
// timestamp (RFC 4733 §2.5.1.2), which lies where the first of them came.
func (l *timeline) aside(now int64, ts uint32, r *reception) uint32 {
	if !l.heard || ts != l.event {
		l.heard, l.event, l.began = true, ts, r.tickAt(now)
	}
	return l.began
}

// tickAt is the timestamp that sound spoken now should have.
func (r *reception) tickAt(now int64) uint32 {
	return r.lastTS + uint32(samplesAt(now)-r.arrived)
}

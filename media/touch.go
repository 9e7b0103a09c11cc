package media

// warmer is a port that tells a leg of packets which it will be given presently.
type warmer interface {
	warm(touch func() uint64)
}

// touch looks at what the packet path will read and write, and returns a number that means nothing. Between two packets of a
// leg go those of all others, so that almost nothing of it is in the processor's caches; a loop that has several packets to
// deal with has all their legs touched first, and the processor fetches for one while it waits for another. Without this a
// fifth of the engine's own work is waiting for memory.
func (l *Leg) touch() (sum uint64) {
	in := &l.in
	sum = uint64(in.learner.packets) + uint64(in.reception.jitter.Load()) + uint64(in.reception.lastTS) + l.faults.Load()
	if in.up && !in.gap {
		sum++
	}
	if s := l.settings.Load(); s != nil && s == in.settings {
		sum += uint64(s.PayloadType) + uint64(s.dueSince)
	}
	if t := l.tap.Load(); t != nil {
		if w, ok := (*t).(Toucher); ok {
			sum += w.Touch()
		}
	}
	for _, r := range l.audience() {
		to := r.to
		sum += uint64(r.turn.first) + to.out.state.Load() + to.out.fails.Load()
		if s := to.settings.Load(); s != nil {
			sum += uint64(s.PayloadType) + uint64(s.samples)
		}
		if d := to.learnt.Load(); d != nil {
			sum += uint64(d.epoch)
		}
		if to.pair.rtp.room() != nil {
			sum++
		}
	}
	return sum
}

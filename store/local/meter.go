package local

import "time"

// maxLandings bounds the groups that are remembered while a disk does not sync: beyond it groups are not measured.
const maxLandings = 4096

// landing is a group of events that one write took, on its way to the platter.
type landing struct {
	seq    uint64 // of its last event
	events int
	at     time.Time // of its oldest Append
}

// land notes a group that was written. s.mu is held.
func (s *Store) land(group []*batch) {
	if s.cfg.Committed == nil || len(s.landed) >= maxLandings {
		return
	}
	l := landing{seq: group[len(group)-1].seq, at: group[0].at}
	for _, b := range group {
		l.events += len(b.events)
	}
	s.landed = append(s.landed, l)
}

// committed tells of a sync that began then and made n events durable, up to target. The syncer calls it.
func (s *Store) committed(target, n uint64, began time.Time) {
	now := time.Now()
	if s.cfg.Synced != nil {
		s.cfg.Synced(now.Sub(began), n)
	}
	if s.cfg.Committed == nil {
		return
	}
	var done [64]landing
	for more := true; more; {
		s.mu.Lock()
		k := 0
		for k < len(s.landed) && k < len(done) && s.landed[k].seq <= target {
			k++
		}
		copy(done[:], s.landed[:k])
		s.landed = append(s.landed[:0], s.landed[k:]...)
		s.mu.Unlock()
		more = k == len(done)
		for _, l := range done[:k] {
			s.cfg.Committed(now.Sub(l.at), l.events)
		}
	}
}

// Backlog is how many events are not on the platter yet, and how many Appends wait to be written.
func (s *Store) Backlog() (events uint64, appends int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.ring.lastSeq()
	return last - min(last, s.synced.Load()), len(s.queue) + len(s.inflight)
}

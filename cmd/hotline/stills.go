package main

import (
	"maps"
	"sync"
	"time"

	"hotline"
)

// stills knows the two snapshots there are.
type stills struct {
	saving       sync.Mutex // one is made at a time
	mu           sync.Mutex
	newest       stillHead
	newer, older uint64 // From of each; 0: there is none
}

// note says that the snapshot in that file was used at the start. The other is not trusted.
func (s *stills) note(name string, h stillHead) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest, s.newer = h, h.From
	if name == stillOlder { // the next one takes the place of a bad one
		s.newer, s.older = 0, h.From
	}
}

func (s *stills) made(h stillHead) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest, s.older, s.newer = h, s.newer, h.From
}

func (s *stills) last() (seq uint64, made time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest.Seq, s.newest.Made
}

// need is the last event that neither snapshot needs any more: 0 while there are not two.
func (s *stills) need() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(s.older, s.newer)
}

// all is a copy of who sits where.
func (d *desks) all() map[hotline.PhoneID]hotline.AgentID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.at)
}

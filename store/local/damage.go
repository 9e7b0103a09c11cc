package local

import (
	"fmt"
	"slices"
)

// DamageError is a place in the log where records were and are no longer sound. Readers pass over it.
type DamageError struct {
	File   string
	Offset int64  // of the first bad byte
	Length int64  // bytes passed over; 0: records are missing altogether
	After  uint64 // number of the last sound event before it
	Before uint64 // number of the next sound event; 0 when not known
}

// Error names file, place and what is missing.
func (d *DamageError) Error() string {
	what := fmt.Sprintf("%d bytes are no sound record", d.Length)
	if d.Length == 0 {
		what = "records are missing"
	}
	next := ""
	if d.Before != 0 {
		next = fmt.Sprintf(" and before %d", d.Before)
	}
	return fmt.Sprintf("store/local: %s: offset %d: %s: events after %d%s are lost", d.File, d.Offset, what, d.After, next)
}

// Damage returns the places (each a *DamageError) found so far where the log is not sound. Recovery looks at the two
// youngest segments, readers at what they read.
func (s *Store) Damage() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]error(nil), s.damage...)
}

// damaged notes a place once.
func (s *Store) damaged(d DamageError) {
	s.mu.Lock()
	known := slices.ContainsFunc(s.damage, func(err error) bool {
		k := err.(*DamageError)
		return k.File == d.File && k.Offset == d.Offset
	})
	if !known {
		s.damage = append(s.damage, &d)
	}
	s.mu.Unlock()
	if !known {
		s.log.Error("the log is damaged", "err", &d)
	}
}

package main

import (
	"sync/atomic"

	"hotline/sip"
	"hotline/store/local"
)

// Buckets of what another process needs to go on with the legs, which is worth nothing after the machine's own end, and of records
// in it that could not be read.
const (
	resumeBucket  = "resume"
	damagedBucket = "resume-damaged"
	maxDamaged    = 1000 // records put aside at one start; there are no more legs than that in an engine that was well
)

// resuming keeps the legs' records.
type resuming struct {
	behind  *local.Behind
	damaged atomic.Uint64 // records that could not be read
	found   int           // legs of the run before
}

// openResume looks at what the run before kept, puts aside what cannot be read and begins anew. The calls themselves have been
// closed with cause restart in openFold: going on with them is a later step.
func (e *engine) openResume() error {
	bucket := e.store.Volatile(resumeBucket)
	old := map[string][]byte{}
	legs, err := sip.Kept(func(f func(string, []byte) bool) error {
		return bucket.Each("", func(leg string, state []byte) bool {
			old[leg] = nil
			return f(leg, state)
		})
	}, e.quarantine)
	if err != nil {
		return err
	}
	e.resume.found = len(legs)
	if len(legs) > 0 {
		e.log.Warn("legs of the run before are gone", "legs", len(legs))
	}
	if err := bucket.PutAll(old); err != nil {
		return err
	}
	e.resume.behind = bucket.Behind(e.log)
	e.group.run("legs' records", e.resume.behind.Run)
	return nil
}

// quarantine puts a record that cannot be read where it is not read again: never a second start may fail on it.
func (e *engine) quarantine(leg string, state []byte, why error) {
	n := e.resume.damaged.Add(1)
	e.log.Error("a leg's record is damaged and put aside", "leg", leg, "octets", len(state), "error", why)
	if n > maxDamaged {
		return
	}
	if err := e.store.Bucket(damagedBucket).Put(leg, state); err != nil {
		e.log.Warn("it is thrown away", "leg", leg, "error", err)
	}
}

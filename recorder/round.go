package recorder

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Run writes the recordings until ctx is done, then completes those whose audio is over.
func (r *Recorder) Run(ctx context.Context) error {
	var sealing sync.WaitGroup
	sealing.Go(r.sealer.run)
	tick := time.NewTicker(flushEvery / parts)
	defer tick.Stop()
	for part := 0; ; part = (part + 1) % parts {
		select {
		case <-ctx.Done():
			r.turn(true)
			r.sealer.close()
			sealing.Wait()
			return nil
		case <-tick.C:
		}
		if part == 0 {
			r.begin()
		}
		r.visit(part, parts, false)
		if part == parts-1 {
			r.end()
		}
	}
}

// parts is in how many steps the writer visits all sessions, so that it never has much to do at once: what else runs on its
// processor is the packets' way.
const parts = 16

// round is the writer's way once past every session.
type round struct {
	running []*Session
	over    []*take
	trouble error // the first
	wrote   bool
}

// turn is a round in one go.
func (r *Recorder) turn(last bool) {
	r.begin()
	r.visit(0, 1, last)
	r.end()
}

func (r *Recorder) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.round.running)
	r.round.running = append(r.round.running[:0], r.inOrder...)
}

// visit writes what every step-th of the sessions has, so that those that came last, whose files are still to be made, are spread over
// the round. A session whose audio is complete waits for the end of its story.
func (r *Recorder) visit(from, step int, last bool) {
	now := r.cfg.Clock()
	for i := from; i < len(r.round.running); i += step {
		s := r.round.running[i]
		runtime.Gosched() // calls go first: see tellAtOnce
		if last {
			s.Close()
		}
		s.trouble = nil
		before := s.inFile
		switch {
		case !s.over():
			s.ended = time.Time{}
			s.flush(now)
		case s.ended.IsZero() && s.flush(now):
			s.ended = time.Now()
		}
		if r.round.trouble == nil {
			r.round.trouble = s.trouble
		}
		r.round.wrote = r.round.wrote || s.inFile > before
		if !s.ended.IsZero() && (last || time.Since(s.ended) > patience || r.told(s.contact)) {
			if t := r.finish(s); t != nil {
				r.round.over = append(r.round.over, t)
			}
		}
	}
}

// end hands the takes of a round to the sealer, all at once: they share what syncing costs.
func (r *Recorder) end() {
	r.sealer.add(r.round.over)
	r.examine(r.round.trouble, r.round.wrote)
	r.pool.thin()
	r.round.over, r.round.trouble, r.round.wrote = nil, nil, false
}

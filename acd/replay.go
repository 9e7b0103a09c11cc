package acd

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hotline"
)

// rebuild makes the router anew: from the last snapshot, if there is one that can be read, and the log after it.
func (s *Shard) rebuild(ctx context.Context) error {
	if s.router != nil { // SetCentre may have changed the file
		s.centre, s.retired = s.router.centre, s.router.retired()
	}
	s.count(func(st *Stats) { st.Rebuilds++ })
	s.router, s.fresh = nil, true
	r, after := NewRouter(s.cfg.Router.id, s.centre), uint64(0)
	if s.cfg.Snapshots != nil {
		at, data, err := s.cfg.Snapshots.LastSnapshot(s.name())
		if err == nil && data != nil {
			var old *Router
			if old, err = Restore(r.id, s.centre, data); err == nil {
				r, after = old, at
			}
		}
		if err != nil {
			s.cfg.Logger.Warn("acd: snapshot cannot be used", "shard", r.id, "cause", err)
		}
	}
	if len(s.retired) > 0 {
		r.retire(s.retired)
	}
	seq := after
	if g := (*hotline.GoneError)(nil); errors.As(s.readable(ctx, after), &g) { // no snapshot, and an old log: better half the past than no centre
		s.cfg.Logger.Error("acd: what a snapshot held is lost, the log before is gone", "shard", r.id, "first", g.First)
		after, seq = g.First-1, g.First-1
	}
	for ev, err := range s.cfg.Log.Read(ctx, after) {
		if err != nil {
			return fmt.Errorf("acd: replay of shard %s after %d: %w", r.id, seq, err)
		}
		r.Apply(ev)
		seq = ev.Seq
		s.saves.since++ // read once is enough: a snapshot of it is due sooner
	}
	s.router, s.seq = r, seq
	return nil
}

// readable returns why reading the log after that number fails at once; nil: it does not.
func (s *Shard) readable(ctx context.Context, after uint64) error {
	for _, err := range s.cfg.Log.Read(ctx, after) {
		return err
	}
	return nil
}

func (s *Shard) name() string { return "acd." + string(s.cfg.Router.id) }

// saver writes snapshots beside the shard, one at a time, because a snapshot waits for the disk.
type saver struct {
	to    Snapshots
	since int // facts since the last; owned by Run
	wg    sync.WaitGroup
	mu    sync.Mutex
	busy  bool
}

// save takes a snapshot when enough has happened since the last, or when it is the last one.
func (s *Shard) save(final bool) {
	if s.cfg.Snapshots == nil || s.router == nil || s.saves.since == 0 {
		return
	}
	if !final && s.saves.since < s.cfg.SnapshotEvery {
		return
	}
	if final {
		s.saves.wait()
	} else if !s.saves.begin() {
		return
	}
	data, err := s.router.Snapshot()
	if err != nil {
		s.cfg.Logger.Error("acd: snapshot", "shard", s.router.id, "cause", err)
		s.saves.end()
		return
	}
	at, name := s.seq, s.name()
	s.saves.since = 0
	s.saves.wg.Go(func() {
		defer s.saves.end()
		if err := s.saves.to.Snapshot(name, at, data); err != nil {
			s.cfg.Logger.Warn("acd: snapshot cannot be written", "shard", s.cfg.Router.id, "cause", err)
		}
	})
}

func (v *saver) begin() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.busy {
		return false
	}
	v.busy = true
	return true
}

func (v *saver) end() {
	v.mu.Lock()
	v.busy = false
	v.mu.Unlock()
}

func (v *saver) wait() { v.wg.Wait() }

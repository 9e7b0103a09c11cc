package acd

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"hotline"
)

// errBroken marks a shard whose router broke on something other than a request.
var errBroken = errors.New("acd: a tick broke the router")

// Run replays the log and then serves requests until ctx is done. What came in before that is still answered. It returns an
// error only if the log cannot be replayed at the start.
func (s *Shard) Run(ctx context.Context) error {
	defer close(s.done)
	if err := s.rebuild(ctx); err != nil {
		return err
	}
	s.fresh = false // what follows from the file is drawn by Recover, which comes first
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		begun := s.cfg.Now()
		s.work(ctx)
		s.count(func(st *Stats) { st.Busy += s.cfg.Now().Sub(begun) })
		if s.more() {
			continue
		}
		timer.Reset(s.sleep())
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
	}
	s.work(context.WithoutCancel(ctx))
	s.save(true)
	s.saves.wait()
	return nil
}

func (s *Shard) more() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inbox) > 0 || len(s.held) > 0 && s.retry.IsZero()
}

// sleep is how long nothing needs to be done unless a request comes.
func (s *Shard) sleep() time.Duration {
	next, ok := s.retry, !s.retry.IsZero()
	if !ok {
		next, ok = s.router.Next()
	}
	if !ok {
		return time.Hour
	}
	return max(0, next.Sub(s.cfg.Now()))
}

// work answers what waits and then makes due what is due, in one append.
func (s *Shard) work(ctx context.Context) {
	items := s.take(maxBatch)
	if !s.retry.IsZero() {
		s.keep(items)
		if s.cfg.Now().Before(s.retry) || !s.heal(ctx) {
			return
		}
		items = nil
	}
	items, s.held = append(s.held, items...), nil
	b := batch{shard: s}
	if s.fresh {
		s.fresh = false
		items = append([]*item{{ctx: ctx, do: settle}}, items...)
	}
	for i, it := range items {
		if b.step(it) {
			continue
		}
		s.commit(ctx, &b)
		s.held = append(s.held, items[i+1:]...)
		if s.retry.IsZero() {
			s.repair(ctx)
		}
		return
	}
	if due, ok := s.router.Next(); ok && !due.After(s.cfg.Now()) && !b.step(&item{ctx: ctx, at: due, req: hotline.Tick{}}) {
		s.commit(ctx, &b)
		s.fall(ctx, errBroken)
		return
	}
	s.commit(ctx, &b)
}

// settle draws what follows from the centre file for a router that was rebuilt while calls went on.
func settle(r *Router, now time.Time) ([]hotline.Event, error) {
	return r.SetCentre(now, r.centre), nil
}

// batch is the requests answered by one append.
type batch struct {
	shard  *Shard
	items  []*item // stepped, whatever came of it
	errs   []error
	events []hotline.Event
	offers []time.Time // for each offer made, since when it could be made
}

// step lets the router answer one request. It returns false if the router broke on it: the request is then answered, and the
// router must be rebuilt before it is used again.
func (b *batch) step(it *item) (sound bool) {
	if !it.news() && it.ctx.Err() != nil {
		return true // nobody waits for the answer
	}
	defer func() {
		if p := recover(); p != nil {
			b.shard.broke(it, p)
		}
	}()
	now := b.shard.cfg.Now()
	var evs []hotline.Event
	var err error
	if it.do != nil {
		evs, err = it.do(b.shard.router, now)
	} else {
		evs, err = b.shard.router.Step(now, it.req)
	}
	b.items = append(b.items, it)
	b.errs = append(b.errs, err)
	b.events = append(b.events, evs...)
	for _, ev := range evs {
		if _, ok := ev.Fact.(hotline.Offered); ok {
			b.offers = append(b.offers, it.at)
		}
	}
	return true
}

func (s *Shard) broke(it *item, p any) {
	s.count(func(st *Stats) { st.Panics++ })
	s.cfg.Logger.Error("acd: a request broke the router, which is rebuilt from the log", "shard", s.cfg.Router.id,
		"request", fmt.Sprintf("%T", it.req), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	it.answer(fmt.Errorf("%w: the request broke the router", hotline.ErrOverload))
}

// commit orders the batch's facts in the log and answers its requests. If the log refuses, the steps are forgotten.
func (s *Shard) commit(ctx context.Context, b *batch) {
	if len(b.events) > 0 {
		seq, err := s.cfg.Log.Append(b.events)
		if err != nil {
			s.count(func(st *Stats) { st.AppendErrors++ })
			s.fall(ctx, err) // before anybody hears of it
			s.keep(b.items)
			return
		}
		s.seq, s.pause = seq, 0
		s.saves.since += len(b.events)
	}
	idle := s.dispatched(b.offers)
	s.count(func(st *Stats) {
		st.Steps += uint64(len(b.items))
		st.Facts += uint64(len(b.events))
		st.Idle += idle
	})
	for i, it := range b.items {
		it.answer(b.errs[i])
	}
	s.save(false)
}

// dispatched sums how long the offers that have just been logged could have been made, and says so of each.
func (s *Shard) dispatched(since []time.Time) (sum time.Duration) {
	if len(since) == 0 {
		return 0
	}
	now := s.cfg.Now()
	for _, t := range since {
		if t.IsZero() { // by a request of the shard's own
			continue
		}
		delay := max(0, now.Sub(t))
		sum += delay
		if s.cfg.Dispatched != nil {
			s.cfg.Dispatched(delay)
		}
	}
	return sum
}

// keep holds back what cannot be answered while the log cannot be written. New calls are refused at once; questions are
// answered; who no longer waits for what was asked for gets nothing.
func (s *Shard) keep(items []*item) {
	for _, it := range items {
		_, enqueue := it.req.(hotline.Enqueue)
		switch {
		case enqueue:
			it.answer(fmt.Errorf("%w: the log cannot be written", hotline.ErrOverload))
		case it.read && s.router != nil:
			_, err := it.do(s.router, s.cfg.Now())
			it.answer(err)
		case it.done != nil && (it.news() || it.ctx.Err() == nil):
			s.held = append(s.held, it)
		}
	}
}

// fall forgets what the router did since the last append: it is rebuilt from the log, now if that can be read. The log is
// tried again after a pause, which doubles until an append succeeds.
func (s *Shard) fall(ctx context.Context, why error) {
	s.pause = min(max(2*s.pause, firstPause), lastPause)
	s.retry = s.cfg.Now().Add(s.pause)
	s.setIll(why)
	s.cfg.Logger.Warn("acd: steps are forgotten, new calls refused", "shard", s.cfg.Router.id, "cause", why, "pause", s.pause)
	if err := s.rebuild(ctx); err != nil {
		s.cfg.Logger.Error("acd: the router cannot be rebuilt", "shard", s.cfg.Router.id, "cause", err)
	}
}

// repair replaces a router that broke on a request. Work goes on at once.
func (s *Shard) repair(ctx context.Context) {
	if err := s.rebuild(ctx); err != nil {
		s.fall(ctx, err)
	}
}

// heal says whether the log may be tried again.
func (s *Shard) heal(ctx context.Context) bool {
	var err error
	if s.cfg.Healthy != nil {
		err = s.cfg.Healthy()
	}
	if err == nil && s.router == nil {
		err = s.rebuild(ctx)
	}
	if err != nil {
		s.pause = min(2*s.pause, lastPause)
		s.retry = s.cfg.Now().Add(s.pause)
		return false
	}
	s.retry = time.Time{}
	s.setIll(nil)
	return true
}

func (s *Shard) setIll(err error) {
	s.mu.Lock()
	s.ill = err
	s.mu.Unlock()
}

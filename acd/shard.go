package acd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/centre"
)

// ErrStopped is returned by a shard's methods once Run has ended.
var ErrStopped = errors.New("acd: shard is stopped")

// Snapshots is where a shard keeps its state, so that a start need not replay the whole log. store/local is one.
type Snapshots interface {
	Snapshot(name string, at uint64, data []byte) error
	LastSnapshot(name string) (at uint64, data []byte, err error)
}

// ShardConfig is what a shard needs. Router, Log and Logger must be given.
type ShardConfig struct {
	Router *Router      // fresh from NewRouter: its id and centre count, its state is replayed from the log
	Log    hotline.Log  // where facts are ordered and read back
	Logger *slog.Logger // one line for each fault and recovery

	Snapshots     Snapshots        // nil: the log is replayed from its beginning at every start
	SnapshotEvery int              // facts of the shard between snapshots, default 50,000
	Healthy       func() error     // asked before the log is tried again after a failure; nil: it is just tried
	Backlog       int              // requests waiting at which an Enqueue is refused with hotline.ErrOverload, default 1,024
	Now           func() time.Time // default time.Now

	// Dispatched is told of every offer: how long an agent and a caller who fit were both there before the offer was in the
	// log and could ring a phone. It must not block. Nil: nobody is told.
	Dispatched func(delay time.Duration)
}

// Shard is the goroutine round one Router. Its methods may be called by anyone at any time; they wait until Run serves them.
type Shard struct {
	cfg  ShardConfig // fixed
	wake chan struct{}
	done chan struct{} // closed when Run has ended

	mu    sync.Mutex
	inbox []*item
	ill   error // why new calls are not taken; nil: they are
	stats Stats

	// Owned by Run.
	centre  *centre.Centre
	retired []centre.Queue // rules of queues that are gone from the file with visits in them
	router  *Router        // nil after a rebuild that failed
	seq     uint64         // of the last fact appended or replayed
	held    []*item        // kept while the log cannot be written
	fresh   bool           // replayed since its last step: the centre's consequences are to be drawn
	retry   time.Time
	pause   time.Duration
	saves   saver
}

// Stats counts what a shard has done since its start.
type Stats struct {
	Steps        uint64
	Facts        uint64
	Panics       uint64        // steps that broke an invariant
	AppendErrors uint64        // batches that the log refused
	Rebuilds     uint64        // replays, the first included
	Busy         time.Duration // time not spent waiting
	Idle         time.Duration // summed over offers: time in which an agent and a caller who fit were both there
	Waiting      int           // requests in the inbox now
	Oldest       time.Duration // how long the oldest of them has waited
}

// How a shard waits for a log that cannot be written.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	maxBatch   = 256 // requests answered by one append
)

// NewShard returns a shard; Run makes it work.
func NewShard(cfg ShardConfig) *Shard {
	if cfg.SnapshotEvery <= 0 {
		cfg.SnapshotEvery = 50_000
	}
	if cfg.Backlog <= 0 {
		cfg.Backlog = 1024
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Shard{
		cfg: cfg, wake: make(chan struct{}, 1), done: make(chan struct{}), centre: cfg.Router.centre,
		saves: saver{to: cfg.Snapshots},
	}
}

// item is one request on its way through the shard.
type item struct {
	ctx  context.Context
	at   time.Time       // when it came in, or was due
	req  hotline.Request // nil if do is set
	do   func(r *Router, now time.Time) ([]hotline.Event, error)
	read bool       // do changes nothing
	done chan error // of capacity 1; nil: nobody waits
}

func (it *item) answer(err error) {
	if it.done != nil {
		it.done <- err
	}
}

// news says whether the request tells what has happened, so that it must be heard even if its sender no longer waits. The
// others ask for something, and a sender who has gone must not get it.
func (it *item) news() bool {
	switch it.req.(type) {
	case hotline.Leave, hotline.Rang, hotline.Decline, hotline.Release, hotline.SetTalk, hotline.SetDevice,
		hotline.BeginOutbound, hotline.CallGone, hotline.Heal, hotline.CallbackFailed, hotline.Supervises:
		return true
	}
	return false
}

// Submit hands a request to the router and returns when its facts are in the log, or with the reason for which it was refused:
// hotline.ErrUnknown, hotline.ErrRefused, hotline.ErrOverload (an Enqueue while the log cannot be written or too much waits;
// a request that the router broke on), ErrStopped, or the context's error. While the log cannot be written everything else
// waits; what tells of something that has happened (Leave, Decline, Release …) is heard later even if ctx ends first. After the context's error
// it is not known whether the request was served: its facts in the log tell.
func (s *Shard) Submit(ctx context.Context, q hotline.Request) error {
	if _, ok := q.(hotline.Enqueue); ok {
		if err := s.Admit(); err != nil {
			return err
		}
	}
	return s.ask(&item{ctx: ctx, req: q, done: make(chan error, 1)})
}

// query asks the router something that changes nothing.
func query[T any](ctx context.Context, s *Shard, f func(r *Router, now time.Time) (T, error)) (T, error) {
	got := make(chan T, 1)
	err := s.ask(&item{ctx: ctx, read: true, done: make(chan error, 1), do: func(r *Router, now time.Time) ([]hotline.Event, error) {
		x, err := f(r, now)
		if err == nil {
			got <- x
		}
		return nil, err
	}})
	if err != nil {
		var none T
		return none, err
	}
	return <-got, nil
}

// Place returns the visit's position (1 is next) and its expected wait, negative if there is no telling; see Router.Place.
func (s *Shard) Place(ctx context.Context, v hotline.VisitID) (position int, wait time.Duration, err error) {
	wait, err = query(ctx, s, func(r *Router, now time.Time) (w time.Duration, err error) {
		position, w, err = r.Place(now, v)
		return w, err
	})
	if err != nil {
		return 0, 0, err // position is the router's to write until it has answered
	}
	return position, wait, nil
}

// Expected returns how long who comes to a queue now would wait; see Router.Expected.
func (s *Shard) Expected(ctx context.Context) (map[hotline.QueueID]time.Duration, error) {
	return query(ctx, s, func(r *Router, now time.Time) (map[hotline.QueueID]time.Duration, error) { return r.Expected(now), nil })
}

// ExplainVisit says why the visit waits or rings; see Router.ExplainVisit.
func (s *Shard) ExplainVisit(ctx context.Context, v hotline.VisitID) (hotline.Explanation, error) {
	return query(ctx, s, func(r *Router, now time.Time) (hotline.Explanation, error) { return r.ExplainVisit(now, v) })
}

// ExplainAgent says why the agent gets no call; see Router.ExplainAgent.
func (s *Shard) ExplainAgent(ctx context.Context, a hotline.AgentID) (hotline.Explanation, error) {
	return query(ctx, s, func(r *Router, now time.Time) (hotline.Explanation, error) { return r.ExplainAgent(now, a) })
}

// SetCentre puts another centre file in force; see Router.SetCentre.
func (s *Shard) SetCentre(ctx context.Context, c *centre.Centre) error {
	return s.ask(&item{ctx: ctx, done: make(chan error, 1), do: func(r *Router, now time.Time) ([]hotline.Event, error) {
		return r.SetCentre(now, c), nil
	}})
}

// Admit returns nil, or why new calls should not be let in now; the error wraps hotline.ErrOverload.
func (s *Shard) Admit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ill != nil {
		return fmt.Errorf("%w: %w", hotline.ErrOverload, s.ill)
	}
	if n := len(s.inbox); n >= s.cfg.Backlog {
		return fmt.Errorf("%w: %d requests wait", hotline.ErrOverload, n)
	}
	return nil
}

// Stats returns the shard's counters.
func (s *Shard) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	if st.Waiting = len(s.inbox); st.Waiting > 0 {
		st.Oldest = max(0, s.cfg.Now().Sub(s.inbox[0].at))
	}
	return st
}

func (s *Shard) ask(it *item) error {
	it.at = s.cfg.Now()
	s.mu.Lock()
	s.inbox = append(s.inbox, it)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	select {
	case err := <-it.done:
		return err
	case <-it.ctx.Done():
		return it.ctx.Err()
	case <-s.done:
		select {
		case err := <-it.done:
			return err
		default:
			return ErrStopped
		}
	}
}

// take returns the requests that came in, at most max of them.
func (s *Shard) take(most int) []*item {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.inbox), most)
	items := slices.Clone(s.inbox[:n])
	s.inbox = slices.Delete(s.inbox, 0, n)
	return items
}

func (s *Shard) count(f func(*Stats)) {
	s.mu.Lock()
	f(&s.stats)
	s.mu.Unlock()
}

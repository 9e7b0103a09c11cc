package reports

import (
	"context"
	"sync"
	"time"

	"hotline"
)

const (
	viewPace  = 100 * time.Millisecond // no two views closer together, however many events come
	viewAge   = time.Second            // no view older than this: windows slide and limits pass without any event
	soonMS    = 10_000                 // about to breach: this close to the target
	laterMS   = 30_000
	windowMS  = 30 * 60_000
	quarterMS = int64(quarter / time.Millisecond)
	crisis    = 3    // times the target: a wait that is an alarm
	nearLevel = 0.05 // this close below the target level is a warning, below that critical
)

// board makes the views. mu is taken before the fold's lock, never the other way round.
type board struct {
	fold *Fold

	mu      sync.Mutex
	view    *View
	version uint64
	waiters int
	changed chan struct{} // closed and replaced with each view
	day     dayMemo
	below   map[hotline.QueueID]Moment // since when the level is below the target, as far as a view has seen it
	alarms  occurrences
	looked  bool // a view of this run has seen which conditions hold
}

func newBoard(f *Fold) *board {
	return &board{fold: f, changed: make(chan struct{}), below: map[hotline.QueueID]Moment{}, alarms: occurrences{open: map[occasion]PastAlarm{}}}
}

// View returns the live state at now; one no older than a tenth of a second if nothing has changed since. It may be
// called from anywhere; the View must not be changed.
func (f *Fold) View(now time.Time) *View {
	b := f.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if v := b.view; v != nil && v.Seq == f.Seq() {
		if age := now.Sub(v.At.Time()); age >= 0 && age < viewPace {
			return v
		}
	}
	return b.make(now)
}

// Watch waits for a View newer than the version given; 0 returns the present state at once. While Run runs, views come
// no faster than every tenth of a second and no slower than every second, and all watchers share one.
func (f *Fold) Watch(ctx context.Context, version uint64) (*View, error) {
	if version == 0 {
		return f.View(f.cfg.Now()), nil
	}
	b := f.board
	for {
		b.mu.Lock()
		if v := b.view; v != nil && (v.Version > version || version > b.version) {
			b.mu.Unlock()
			return v, nil
		}
		b.waiters++
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		b.mu.Lock()
		b.waiters--
		b.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// run makes views for those who wait, until ctx is done.
func (b *board) run(ctx context.Context) {
	tick := time.NewTicker(viewPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.refresh(b.fold.cfg.Now())
		}
	}
}

func (b *board) refresh(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v := b.view; b.waiters == 0 && v != nil && now.Sub(v.At.Time()) < alarmPace {
		return
	}
	if v := b.view; v == nil || v.Seq != b.fold.Seq() || now.Sub(v.At.Time()) >= viewAge {
		b.make(now)
	}
}

// make builds and publishes a view. The caller holds b.mu.
func (b *board) make(now time.Time) *View {
	s := b.fold.live(now.UnixMilli())
	b.day.update(&s.snapshot, now)
	w := window{at: now.UnixMilli(), queues: map[hotline.QueueID]*lane{}, total: &lane{today: b.day.total.clone(), calls: b.day.calls}}
	w.fill(&s.snapshot, &b.day)
	v := &View{Seq: s.seq, At: Moment(w.at), Day: Moment(b.day.start), Queues: []QueueView{}}
	v.States, v.Agents = s.agentViews(w.at)
	v.Calls, v.Tasks, v.Switches, v.Notices = s.calls, s.taskCounts, s.switches, s.notices
	v.Supervisions = s.supervisions
	v.Callbacks = s.promises[:min(len(s.promises), maxPromises)]
	serving := b.fold.serving(s.book, v.Agents)
	for _, id := range s.book.queueOrder(w.seen()) {
		v.Queues = append(v.Queues, b.queueView(id, w.lane(id, &b.day), s))
		for _, a := range serving.agents(id) {
			v.Queues[len(v.Queues)-1].States.add(s.state(a, w.at))
		}
	}
	v.Totals = w.totals(v.Queues, &b.day)
	v.Alarms = b.raise(v, s)
	b.version++
	v.Version = b.version
	b.view = v
	close(b.changed)
	b.changed = make(chan struct{})
	return v
}

func (b *board) queueView(id hotline.QueueID, l *lane, s *liveSnapshot) QueueView {
	q := s.book.queue(id)
	v := QueueView{
		ID: id, Name: q.Name, Target: Target{WithinMS: q.Within.Milliseconds(), Ratio: q.Ratio},
		Waiting: l.waiting(), SL30m: l.last.levels().V1, SLDay: l.today.levels().V1, Today: l.export(),
		Level30m: l.last.level(), LevelDay: l.today.level(), Definition: q.rules(),
	}
	v.LongestIn, v.Callers = "", l.callers()
	v.Tasks, v.Promises = s.tasks[id], s.promised[id]
	if est := b.fold.cfg.ExpectedWait; est != nil {
		if d, ok := est(id); ok {
			ms := d.Milliseconds()
			v.Expected = &ms
		}
	}
	return v
}

package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
	"hotline/ivr"
)

// Config configures a Hub.
type Config struct {
	Log    hotline.Log
	Switch Switch
	Router Router
	Places Places           // nil: callers hear neither position nor wait
	Plan   func() *ivr.Plan // the plan for a call that begins now; called from any goroutine
	Look   Look             // asks web services for flows; nil: none can be asked
	Limits Limits

	After    uint64           // Run begins with the event after this number: the last one that a former run wrote
	MaxCalls int              // calls at once; further ones are refused. Default 20,000
	Inbox    int              // inputs that may wait for one call; default 512
	Ask      time.Duration    // how long a request waits for its shard; default 5 s
	Now      func() time.Time // default time.Now
	Logger   *slog.Logger     // nil: nothing is logged
}

// Stats counts what happened to a Hub's calls since it was made.
type Stats struct {
	Calls        uint64 // begun
	Refused      uint64 // refused at once: full, draining, or the log cannot be written
	Overloads    uint64 // ended because their inbox ran over
	Panics       uint64 // steps that panicked
	Stray        uint64 // signals for calls that are not there
	AppendErrors uint64 // appends that failed
	LostFacts    uint64 // facts given up because the log could not be written for too long
	Lookups      uint64 // questions to web services
	LookupErrors uint64 // of these: without a good answer
	Gone         uint64 // calls whose end left something for the shard to give back
}

// Hub runs the calls: one goroutine each. Signal and Run bring their inputs, the log, the switch and the shard take
// their outputs.
type Hub struct {
	cfg    Config
	ctx    context.Context // ends when the hub is closed; the calls' own
	cancel context.CancelFunc
	after  atomic.Uint64 // the last event that Run has routed

	wrap func(step func(time.Time, Input) Output) func(time.Time, Input) Output // tests put faults into steps here; else nil

	calls, refused, overloads, panics, stray, appendErrors, lostFacts atomic.Uint64
	lookups, lookupFailures, left                                     atomic.Uint64

	looks chan struct{} // a place for each question to a web service that is under way

	mu       sync.Mutex
	open     map[hotline.CallID]*worker
	routes   routes
	orders   orders
	watches  watches
	draining bool          // no new customers
	stopping bool          // no new calls at all
	idle     chan struct{} // closed when draining and no call is open
	running  sync.WaitGroup
}

// NewHub makes a hub. It has no goroutine until a call comes or Run is called.
func NewHub(cfg Config) *Hub {
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = 20_000
	}
	if cfg.Inbox <= 0 {
		cfg.Inbox = 512
	}
	if cfg.Ask <= 0 {
		cfg.Ask = 5 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Hub{cfg: cfg, open: map[hotline.CallID]*worker{}, routes: newRoutes(), watches: newWatches(), idle: make(chan struct{}), looks: make(chan struct{}, maxLooks)}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.after.Store(cfg.After)
	return h
}

// Signal hands a switch's signal to its call. It never blocks and may be called from any goroutine; the signals of one
// call are taken in the order of the calls of Signal. Signals without a call (a phone's registration) are not the hub's
// and are passed over.
func (h *Hub) Signal(call hotline.CallID, s hotline.Signal) {
	if call == "" {
		return
	}
	h.mu.Lock()
	w := h.at(call)
	if w == nil {
		if in, ok := s.(hotline.Incoming); !ok {
			h.stray.Add(1)
		} else if !h.hand(in) {
			h.begin(in)
		}
		h.mu.Unlock()
		return
	}
	h.mu.Unlock()
	h.put(w, Heard{s})
}

// begin starts a call's goroutine, or one that refuses the call. h.mu is held.
func (h *Hub) begin(in hotline.Incoming) {
	if h.ctx.Err() != nil {
		h.refused.Add(1)
		return
	}
	refuse := h.stopping || h.draining && in.Agent == "" // agents must still be able to end their work by star code
	full := len(h.open) >= h.cfg.MaxCalls && (in.Agent == "" || !slices.Contains(h.cfg.Plan().Emergency, in.To))
	gone := in.Replaces != "" // whose leg it was to replace ended meanwhile (RFC 3891 §3)
	if refuse || full || gone {
		cause := hotline.CauseOverload
		switch {
		case refuse:
			cause = hotline.CauseShutdown
		case gone:
			cause = hotline.CauseNotFound
		}
		h.refused.Add(1)
		h.running.Go(func() { h.do(hotline.Hangup{Leg: in.Leg, Cause: cause}) })
		return
	}
	h.start(newWorker(h, in.Call, in.Call.Contact(), in.Leg, Heard{in}))
}

// start opens a call. h.mu is held.
func (h *Hub) start(w *worker) {
	h.calls.Add(1)
	h.open[w.id] = w
	h.running.Go(w.run)
}

// bear starts the call that a promise has become due for. If it cannot, the shard hears so: an agent is kept for it.
func (h *Hub) bear(ev hotline.Event, f hotline.CallbackDue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open[ev.Call] != nil || h.ctx.Err() != nil {
		return
	}
	if h.draining || len(h.open) >= h.cfg.MaxCalls {
		h.refused.Add(1)
		h.running.Go(func() {
			ctx, cancel := context.WithTimeout(h.ctx, h.cfg.Ask)
			defer cancel()
			// An answer that is lost is none: the shard keeps the agent no longer than CallbackDue says.
			_ = h.cfg.Router.Submit(ctx, hotline.CallbackFailed{Callback: f.Callback, Call: ev.Call, Cause: hotline.CauseShutdown})
		})
		return
	}
	h.start(newWorker(h, ev.Call, ev.Call.Contact(), ev.Call.Sub(1), Told{ev}))
}

func (h *Hub) put(w *worker, in Input) {
	if !w.box.put(in) {
		h.cfg.Logger.Error("call: inbox ran over", "call", w.id)
	}
}

// gone forgets a call whose goroutine ends.
func (h *Hub) gone(w *worker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, w.id)
	h.unroute(w)
	h.unwatch(w)
	h.wakeIdle()
	if w.held.any() && h.ctx.Err() == nil {
		h.left.Add(1)
		for _, q := range w.held.back(w.id) {
			h.running.Go(func() { h.giveBack(q) })
		}
	}
}

// wakeIdle tells who drains that nothing is left. h.mu is held.
func (h *Hub) wakeIdle() {
	if h.draining {
		h.endWatches()
	}
	if h.draining && len(h.open) == 0 {
		select {
		case <-h.idle:
		default:
			close(h.idle)
		}
	}
}

// Run reads the log's tail and hands the shard's facts to the calls, until ctx is done (nil) or the log fails. It may be
// called again after a failure and goes on where it stopped.
func (h *Hub) Run(ctx context.Context) error {
	for ev, err := range h.cfg.Log.Tail(ctx, h.after.Load()) {
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, hotline.ErrLogClosed) {
				return nil
			}
			return fmt.Errorf("call: tail: %w", err)
		}
		h.after.Store(ev.Seq)
		if f, ok := ev.Fact.(hotline.CallbackDue); ok {
			h.bear(ev, f)
			continue
		}
		if ev.Call == "" || !concerns(ev.Fact) {
			continue
		}
		h.mu.Lock()
		w := h.open[ev.Call]
		h.mu.Unlock()
		if w != nil {
			h.put(w, Told{ev})
		}
	}
	return nil
}

// concerns says whether a fact is one that a shard writes for a call to act on.
func concerns(f hotline.Fact) bool {
	switch f := f.(type) {
	case hotline.AgentSet:
		return f.State == hotline.AgentOutbound // where its phone is, for a call of its own that is to ring it
	case hotline.Queued, hotline.Blocked, hotline.Offered, hotline.OfferLost, hotline.Connected, hotline.Abandoned,
		hotline.Left, hotline.Released, hotline.CallbackTried, hotline.CalledIn:
		return true
	}
	return false
}

// Count is the number of calls that are open.
func (h *Hub) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}

// Alive says whether the call is open.
func (h *Hub) Alive(call hotline.CallID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[call] != nil
}

// Line is the leg by which the agent speaks in the call, where that is another than the one that it was joined by; else empty.
func (h *Hub) Line(call hotline.CallID, agent hotline.AgentID) hotline.LegID {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.open[call]; w != nil {
		if i := w.info.Load(); i.Agent == agent {
			return i.Line
		}
	}
	return ""
}

// Open describes the open calls, the oldest first.
func (h *Hub) Open() []Info {
	h.mu.Lock()
	infos := make([]Info, 0, len(h.open))
	for _, w := range h.open {
		infos = append(infos, *w.info.Load())
	}
	h.mu.Unlock()
	slices.SortFunc(infos, func(a, b Info) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return strings.Compare(string(a.Call), string(b.Call))
	})
	return infos
}

// Stats is a copy of the counts.
func (h *Hub) Stats() Stats {
	return Stats{
		Calls: h.calls.Load(), Refused: h.refused.Load(), Overloads: h.overloads.Load(), Panics: h.panics.Load(),
		Stray: h.stray.Load(), AppendErrors: h.appendErrors.Load(), LostFacts: h.lostFacts.Load(),
		Lookups: h.lookups.Load(), LookupErrors: h.lookupFailures.Load(), Gone: h.left.Load(),
	}
}

// Drain refuses new customers from now on and returns when the last open call has ended, or with ctx's error. Agents' own
// calls (star codes) are still taken.
func (h *Hub) Drain(ctx context.Context) error {
	h.mu.Lock()
	h.draining = true
	h.wakeIdle()
	h.mu.Unlock()
	select {
	case <-h.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Shutdown refuses new calls, ends the open ones with cause shutdown and returns when all have ended, or with ctx's
// error.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.draining, h.stopping = true, true
	for _, w := range h.open {
		w.box.must(Abort{hotline.CauseShutdown})
	}
	h.mu.Unlock()
	return h.Drain(ctx)
}

// Close stops the goroutines of the calls that are still open, without a word to anyone, and waits for them. Use
// Shutdown before it.
func (h *Hub) Close() {
	h.cancel()
	h.running.Wait()
}

// do hands an action to the switch.
func (h *Hub) do(a hotline.Action) error {
	err := h.cfg.Switch.Do(h.ctx, a)
	if err != nil && h.ctx.Err() == nil {
		h.cfg.Logger.Error("call: switch refused", "action", fmt.Sprintf("%T", a), "err", err)
	}
	return err
}

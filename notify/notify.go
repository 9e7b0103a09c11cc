// Package notify tells other programs what happens in the centre: webhooks, signed, in order for each contact, tried again until
// they are taken. It reads the log behind the calls and is never in a call's way.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
)

// Events that a hook may be told of.
const (
	EventOffer  = "offer"   // an agent is asked to take the contact
	EventAnswer = "answer"  // the customer hears an agent
	EventEnd    = "end"     // an agent and the customer are apart; the call is over
	EventWrapUp = "wrap_up" // a talk was coded; the after-call work is over
)

// Hook is one program that is told.
type Hook struct {
	Name    string            // of its place in the log, of its metrics: A–Z a–z 0–9 _ . -
	URL     string            // http or https
	Secret  string            // key of the signatures
	Events  []string          // of the constants above; empty: all
	Queues  []hotline.QueueID // only contacts of these; empty: all
	Timeout time.Duration     // of one try
	Numbers bool              // numbers, names and notes are told whole
}

// Log is what is read.
type Log interface {
	Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error]
	Durable(ctx context.Context, seq uint64) error
	Last() uint64
}

// Places keeps how far each hook has come. A Put is on the platter when it returns.
type Places interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
	Each(prefix string, f func(key string, val []byte) bool) error
}

// Config is what a Notifier needs.
type Config struct {
	Hooks     []Hook
	Log       Log
	Places    Places
	Append    func([]hotline.Event) error // alarms
	Transport http.RoundTripper           // nil: one of each hook's own
	Agent     string                      // User-Agent
	Logger    *slog.Logger
}

// Notifier tells all hooks.
type Notifier struct {
	cfg   Config
	hooks []*runner
}

// Stats is how one hook fares. The counts are since New.
type Stats struct {
	Hook      string
	Delivered uint64
	Refused   uint64        // answered with a 4xx that says never: not tried again
	Retried   uint64        // tries that came to nothing and are made again
	GivenUp   uint64        // not taken for 24 h
	Backlog   int64         // read and not yet taken
	Behind    time.Duration // how long the oldest of these waits
	Last      time.Time     // when a message was last taken; zero: none since New
	Since     time.Time     // of the first try that came to nothing after the last that was taken; zero: the last one was taken
	Error     string        // what became of the last try; empty: it was taken
}

// counts are a runner's figures.
type counts struct {
	delivered, refused, retried, givenUp atomic.Uint64
	last                                 atomic.Int64 // Unix ms; 0: none
	since                                atomic.Int64 // Unix ms; 0: the last try went well
	problem                              atomic.Pointer[string]
	backlog, oldest                      atomic.Int64 // oldest: Unix ms of the oldest event in the backlog; 0: none
}

// tried notes what came of a try: refused for ever is no better than not reached.
func (c *counts) tried(err error) {
	now := time.Now().UnixMilli()
	if err == nil {
		c.last.Store(now)
		c.since.Store(0)
		c.problem.Store(nil)
		return
	}
	text := err.Error()
	c.problem.Store(&text)
	c.since.CompareAndSwap(0, now)
}

// New finds the place of every hook: a new one begins at the log's end, that of one that is configured no longer is forgotten.
// Nothing is sent before Run.
func New(cfg Config) (*Notifier, error) {
	n := &Notifier{cfg: cfg}
	known := map[string]bool{}
	for _, h := range cfg.Hooks {
		r := &runner{hook: h, cfg: cfg, client: client(h, cfg.Transport)}
		if err := r.load(); err != nil {
			return nil, fmt.Errorf("webhook %s: %w", h.Name, err)
		}
		known[h.Name] = true
		n.hooks = append(n.hooks, r)
	}
	return n, forgetPlaces(cfg.Places, known)
}

// Run tells the hooks until ctx is done. Each has goroutines, connections and a backlog of its own.
func (n *Notifier) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, len(n.hooks))
	for i, r := range n.hooks {
		wg.Go(func() {
			if err := r.run(ctx); err != nil && ctx.Err() == nil {
				errs[i] = fmt.Errorf("webhook %s: %w", r.hook.Name, err)
				n.cfg.Logger.Error("a webhook is told nothing any longer", "hook", r.hook.Name, "error", err)
			}
		})
	}
	<-ctx.Done() // the end of one is no end of the others, nor of the calls
	wg.Wait()
	return errors.Join(errs...)
}

// Stats returns the figures in the order of Config.Hooks.
func (n *Notifier) Stats(now time.Time) []Stats {
	out := make([]Stats, 0, len(n.hooks))
	for _, r := range n.hooks {
		c := &r.counts
		s := Stats{
			Hook: r.hook.Name, Delivered: c.delivered.Load(), Refused: c.refused.Load(), Retried: c.retried.Load(), GivenUp: c.givenUp.Load(),
			Backlog: c.backlog.Load(),
		}
		if at := c.since.Load(); at != 0 {
			s.Since = time.UnixMilli(at)
		}
		if p := c.problem.Load(); p != nil {
			s.Error = *p
		}
		if at := c.last.Load(); at != 0 {
			s.Last = time.UnixMilli(at)
		}
		if at := c.oldest.Load(); at != 0 {
			s.Behind = max(0, now.Sub(time.UnixMilli(at)))
		}
		out = append(out, s)
	}
	return out
}

// place is how far a hook has come: everything up to Read is dealt with, but for Open. Low is where to begin to read so that what
// is known of the contacts is known again.
type place struct {
	Low     uint64   `json:"low"`
	Read    uint64   `json:"read"`
	Open    []uint64 `json:"open,omitempty"`
	Alarmed bool     `json:"alarmed,omitempty"`
}

func (r *runner) load() error {
	val, err := r.cfg.Places.Get(r.hook.Name)
	if err != nil {
		return err
	}
	if val != nil {
		err := json.Unmarshal(val, &r.place)
		if err == nil {
			return nil
		}
		r.cfg.Logger.Error("the place of a webhook cannot be read: it begins anew", "hook", r.hook.Name)
	}
	last := r.cfg.Log.Last()
	r.place = place{Low: last, Read: last}
	return r.save(r.place)
}

func (r *runner) save(p place) error {
	val, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return r.cfg.Places.Put(r.hook.Name, val)
}

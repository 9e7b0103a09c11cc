package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"hotline"
)

// Bounds of a batch of events.
const (
	batchWait   = 200 * time.Millisecond // after its first event
	batchBytes  = 512 << 10
	MostBatch   = 5000      // events
	behindAlarm = time.Hour // of failing, until the alarm is raised
)

// EventHook is a program that is told every event of the log.
type EventHook struct {
	Name    string
	URL     string
	Secret  string        // key of the signatures
	Timeout time.Duration // of one try
	Batch   int           // events in one message at most
	Kinds   []string      // of facts; empty: all
	Numbers bool          // numbers and names are told whole
	Start   bool          // a new one begins with the log's first event, not with what comes
}

// EventHooksConfig is what EventHooks needs.
type EventHooksConfig struct {
	Hooks     []EventHook
	Redact    func(hotline.Event) hotline.Event // hides numbers
	Log       Log
	Places    Places
	Append    func([]hotline.Event) error // alarms
	Raised    func(alarm string) bool     // whether it is, from a run before; nil: none is
	Transport http.RoundTripper           // nil: one of each hook's own
	Agent     string                      // User-Agent
	Logger    *slog.Logger
}

// EventHooks tells programs all events, in order, none left out: a batch that is not taken is tried again until it is.
type EventHooks struct {
	cfg EventHooksConfig
	all []*eventRunner
}

// eventRunner tells one hook.
type eventRunner struct {
	hook   EventHook
	cfg    EventHooksConfig
	client *http.Client
	alarm  raiser

	place  uint64 // up to here everything was taken
	saved  uint64
	saveAt time.Time

	mu    sync.Mutex
	stats ExportStats
}

// batch is one message: whole lines.
type batch struct {
	first, last uint64 // events in it; first 0: none
	upTo        uint64 // of the log: what is not in it was not wanted
	body        bytes.Buffer
	n           int
}

// NewEventHooks finds how far each hook has come; that of one that is configured no longer is forgotten.
func NewEventHooks(cfg EventHooksConfig) (*EventHooks, error) {
	e := &EventHooks{cfg: cfg}
	known := map[string]bool{}
	for _, h := range cfg.Hooks {
		r := &eventRunner{
			hook: h, cfg: cfg, client: client(Hook{Timeout: h.Timeout}, cfg.Transport), stats: ExportStats{Name: h.Name},
			alarm: newRaiser("events_behind:"+h.Name, cfg.Append, cfg.Raised, cfg.Logger),
		}
		known[h.Name] = true
		val, err := cfg.Places.Get(h.Name)
		if err != nil {
			return nil, fmt.Errorf("events to %s: %w", h.Name, err)
		}
		if r.place, err = strconv.ParseUint(string(val), 10, 64); err != nil {
			if r.place = 0; !h.Start {
				r.place = cfg.Log.Last()
			}
			if err := r.save(); err != nil {
				return nil, fmt.Errorf("events to %s: %w", h.Name, err)
			}
		}
		r.saved, r.stats.Last = r.place, r.place
		e.all = append(e.all, r)
	}
	return e, forgetPlaces(cfg.Places, known)
}

func (r *eventRunner) save() error {
	err := r.cfg.Places.Put(r.hook.Name, strconv.AppendUint(nil, r.place, 10))
	if err == nil {
		r.saved, r.saveAt = r.place, time.Now().Add(saveEvery)
	}
	return err
}

// Run tells the hooks until ctx is done.
func (e *EventHooks) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, r := range e.all {
		wg.Go(func() { r.run(ctx) })
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// Stats returns the figures in the order of EventHooksConfig.Hooks.
func (e *EventHooks) Stats() []ExportStats {
	out := make([]ExportStats, 0, len(e.all))
	for _, r := range e.all {
		r.mu.Lock()
		out = append(out, r.stats)
		r.mu.Unlock()
	}
	return out
}

func (r *eventRunner) run(ctx context.Context) {
	f := &follower{log: r.cfg.Log, logger: r.cfg.Logger, what: "events to " + r.hook.Name}
	in, ended := f.start(ctx, r.place)
	for ctx.Err() == nil {
		b := r.gather(ctx, in)
		if b.n > 0 && !r.deliver(ctx, b) {
			break
		}
		r.place = max(r.place, b.upTo)
		if r.place > r.saved && !time.Now().Before(r.saveAt) {
			r.keep()
		}
	}
	<-ended
	r.keep()
}

func (r *eventRunner) keep() {
	if r.place == r.saved {
		return
	}
	if err := r.save(); err != nil {
		r.cfg.Logger.Error("how far events were told cannot be kept: a restart tells them again", "hook", r.hook.Name, "error", err)
	}
}

// gather waits for events and returns those that come together.
func (r *eventRunner) gather(ctx context.Context, in <-chan hotline.Event) *batch {
	b := &batch{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	if r.place > r.saved {
		timer.Reset(saveEvery)
	}
	for b.n < r.hook.Batch && b.body.Len() < batchBytes {
		select {
		case ev := <-in:
			if b.upTo = ev.Seq; len(r.hook.Kinds) > 0 && !slices.Contains(r.hook.Kinds, ev.Fact.Kind()) {
				if b.n == 0 && ev.Seq%tellEvery == 0 {
					return b // the place is moved nevertheless
				}
				continue
			}
			if b.n == 0 {
				timer.Reset(batchWait)
			}
			r.add(b, ev)
		case <-timer.C:
			return b
		case <-ctx.Done():
			return &batch{}
		}
	}
	return b
}

func (r *eventRunner) add(b *batch, ev hotline.Event) {
	seq := ev.Seq
	if !r.hook.Numbers && r.cfg.Redact != nil {
		ev = r.cfg.Redact(ev)
	}
	line, err := hotline.MarshalEvent(ev)
	if err != nil {
		r.cfg.Logger.Error("an event cannot be written", "seq", seq, "error", err)
		return
	}
	if b.n == 0 {
		b.first = seq
	}
	b.n++
	b.last = seq
	b.body.Write(line)
	b.body.WriteByte('\n')
}

// deliver tries until the batch is taken; false: ctx is done.
func (r *eventRunner) deliver(ctx context.Context, b *batch) bool {
	d := delivery{id: r.hook.Name + "-" + strconv.FormatUint(b.first, 10) + "-" + strconv.FormatUint(b.last, 10)}
	for d.tries = 1; ; d.tries++ {
		after, err := r.post(ctx, &d, b)
		if ctx.Err() != nil && err != nil {
			return false
		}
		r.mu.Lock()
		if err == nil {
			r.stats.Delivered += uint64(b.n)
			r.stats.Last, r.stats.LastAt, r.stats.FailingSince, r.stats.Error = b.last, time.Now(), time.Time{}, ""
			r.mu.Unlock()
			r.alarm.set(false, "")
			return true
		}
		r.stats.Error = shown(err)
		first := r.stats.FailingSince.IsZero()
		if first {
			r.stats.FailingSince = time.Now()
		}
		since := r.stats.FailingSince
		r.mu.Unlock()
		if first {
			r.cfg.Logger.Warn("events are not taken: they are told again", "hook", r.hook.Name, "first", b.first, "last", b.last, "error", shown(err))
		}
		if time.Since(since) >= behindAlarm {
			r.alarm.set(true, r.hook.Name)
		}
		if pause(ctx, max(d.wait(), after)) != nil {
			return false
		}
	}
}

func (r *eventRunner) post(ctx context.Context, d *delivery, b *batch) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.hook.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.hook.URL, bytes.NewReader(b.body.Bytes()))
	if err != nil {
		return 0, errors.New("the URL is no good")
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for name, value := range map[string]string{
		"Content-Type": "application/x-ndjson", "User-Agent": r.cfg.Agent, "X-Hotline-Event": "events", "X-Hotline-Delivery": d.id,
		"X-Hotline-First": strconv.FormatUint(b.first, 10), "X-Hotline-Last": strconv.FormatUint(b.last, 10),
		"X-Hotline-Timestamp": now, "X-Hotline-Signature": Sign(r.hook.Secret, now, b.body.Bytes()),
	} {
		req.Header.Set(name, value)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return 0, plain(err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer)
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		return 0, nil
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		after = min(time.Duration(min(s, 3600))*time.Second, mostWait)
	}
	return after, errors.New("status " + strconv.Itoa(res.StatusCode))
}

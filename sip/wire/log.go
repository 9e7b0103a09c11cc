package wire

import (
	"context"
	"log"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// How often one message may be logged.
const (
	logBurst  = 10
	logPeriod = 10 * time.Second
	logKinds  = 256 // different messages counted at once
)

// sampler is a slog.Handler that lets each message through a few times per period and then says how many it kept back:
// whoever can send a packet must not be able to fill the disk. Text values, which are hostile, are cut short.
type sampler struct {
	slog.Handler
	state *samplerState
}

type samplerState struct {
	mu    sync.Mutex
	since time.Time
	seen  map[string]int
}

func quiet(l *slog.Logger) *slog.Logger {
	return slog.New(&sampler{l.Handler(), &samplerState{seen: map[string]int{}}})
}

// Handle implements slog.Handler.
func (s *sampler) Handle(ctx context.Context, r slog.Record) error {
	kept, ok := s.state.pass(r.Message, r.Time)
	for msg, n := range kept {
		k := slog.NewRecord(r.Time, slog.LevelWarn, "log lines were kept back", 0)
		k.AddAttrs(slog.String("line", strconv.Quote(msg)), slog.Int("times", n))
		if err := s.Handler.Handle(ctx, k); err != nil {
			return err
		}
	}
	if !ok {
		return nil
	}
	safe := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if v := a.Value.Resolve(); v.Kind() == slog.KindString || v.Kind() == slog.KindAny {
			a.Value = slog.StringValue(tame(v.String()))
		}
		safe.AddAttrs(a)
		return true
	})
	return s.Handler.Handle(ctx, safe)
}

// tame cuts what is long. Quoting is the handler's below, which does it for every text that needs it.
func tame(s string) string {
	const most = 4096 // room for a stack
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}

// WithAttrs implements slog.Handler.
func (s *sampler) WithAttrs(as []slog.Attr) slog.Handler {
	return &sampler{s.Handler.WithAttrs(as), s.state}
}

// WithGroup implements slog.Handler.
func (s *sampler) WithGroup(name string) slog.Handler {
	return &sampler{s.Handler.WithGroup(name), s.state}
}

// pass counts a message; kept is what the period that has just ended kept back.
func (s *samplerState) pass(msg string, now time.Time) (kept map[string]int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) > logPeriod || len(s.seen) >= logKinds {
		for m, n := range s.seen {
			if n > logBurst {
				if kept == nil {
					kept = map[string]int{}
				}
				kept[m] = n - logBurst
			}
		}
		s.since = now
		clear(s.seen)
	}
	s.seen[msg]++
	return kept, s.seen[msg] <= logBurst
}

// quietLog is the logger of net/http, which knows only text.
func quietLog(l *slog.Logger) *log.Logger { return slog.NewLogLogger(l.Handler(), slog.LevelDebug) }

// catch keeps a panic over one message from ending the process.
func (w *Wire) catch(p Path, data []byte) {
	if v := recover(); v != nil {
		w.cfg.Metrics.Panics.Add(1)
		w.log.Error("panic over a message", "panic", v, "from", p, "data", hostile(data), "stack", string(debug.Stack()))
	}
}

// panicked is told of panics on a mailbox.
func (w *Wire) panicked(v any) {
	w.cfg.Metrics.Panics.Add(1)
	w.log.Error("panic on a mailbox", "panic", v, "stack", string(debug.Stack()))
}

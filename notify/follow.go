package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hotline"
)

// follower hands the events after a number to take, each once it is safe from a power cut, in order, whatever the disk does.
type follower struct {
	log    Log
	logger *slog.Logger
	what   string                       // of log lines
	gone   func(first uint64)           // events before this one were archived before they were taken; nil: only a log line
	take   func(ev hotline.Event) error // an error ends
}

// run ends with ctx, with the log, or with take's error.
func (f *follower) run(ctx context.Context, after uint64) error {
	for {
		var trouble error
		for ev, err := range f.log.Tail(ctx, after) {
			if trouble = err; err != nil {
				break
			}
			if err := f.durable(ctx, ev.Seq); err != nil {
				return err
			}
			if err := f.take(ev); err != nil {
				return err
			}
			after = ev.Seq
		}
		var gone *hotline.GoneError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case trouble == nil || errors.Is(trouble, hotline.ErrLogClosed):
			return trouble
		case errors.As(trouble, &gone) && gone.First > after:
			f.logger.Error("events were archived before they were handed on", "to", f.what, "first", after+1, "last", gone.First-1)
			if after = gone.First - 1; f.gone != nil {
				f.gone(gone.First)
			}
		default:
			f.logger.Error("the log cannot be read: it is tried again", "for", f.what, "error", trouble)
			if err := pause(ctx, readAgain); err != nil {
				return err
			}
		}
	}
}

// start hands the events after a number over a channel, on a goroutine of its own, until ctx is done; ended says why it stopped.
func (f *follower) start(ctx context.Context, after uint64) (in <-chan hotline.Event, ended <-chan error) {
	events, end := make(chan hotline.Event, 256), make(chan error, 1)
	f.take = func(ev hotline.Event) error {
		select {
		case events <- ev:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() { end <- f.run(ctx, after) }()
	return events, end
}

// durable waits until the event is safe, however long the disk is sick.
func (f *follower) durable(ctx context.Context, seq uint64) error {
	for {
		err := f.log.Durable(ctx, seq)
		if err == nil || errors.Is(err, hotline.ErrLogClosed) {
			return err
		}
		if err := pause(ctx, saveEvery); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// raiser raises an alarm of the engine and clears it, once each.
type raiser struct {
	append func([]hotline.Event) error
	logger *slog.Logger
	alarm  string
	on     bool
}

// newRaiser knows whether a run before left the alarm raised; open may be nil.
func newRaiser(alarm string, append func([]hotline.Event) error, open func(alarm string) bool, logger *slog.Logger) raiser {
	return raiser{append: append, logger: logger, alarm: alarm, on: open != nil && open(alarm)}
}

func (r *raiser) set(on bool, detail string) {
	if on == r.on {
		return
	}
	var fact hotline.Fact = hotline.AlarmCleared{Alarm: r.alarm}
	if on {
		fact = hotline.AlarmRaised{Alarm: r.alarm, Detail: detail}
	}
	if err := r.append([]hotline.Event{{At: time.Now(), Fact: fact}}); err != nil {
		r.logger.Error("an alarm is not in the log", "alarm", r.alarm, "error", err)
		return
	}
	r.on = on
}

package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hotline"
)

// ExportStats is how an export fares.
type ExportStats struct {
	Name         string
	Last         uint64    // number of the last event handed on
	Delivered    uint64    // events since the start
	LastAt       time.Time // when; zero: none since the start
	FailingSince time.Time // zero: the last try succeeded
	Error        string
}

// export is a file that follows the log: how it fares, and its alarm.
type export struct {
	logger *slog.Logger
	alarm  raiser
	cannot string // what the operator is told of a file that cannot be written

	mu    sync.Mutex
	stats ExportStats
}

// Stats returns how the export fares; Last and Delivered are events.
func (x *export) Stats() ExportStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stats
}

// delivered notes that so many events more, up to last, are in the file.
func (x *export) delivered(n, last uint64) {
	x.mu.Lock()
	x.stats.Delivered += n
	x.stats.Last, x.stats.LastAt, x.stats.FailingSince, x.stats.Error = last, time.Now(), time.Time{}, ""
	x.mu.Unlock()
	x.alarm.set(false, "")
}

// run writes until ctx is done or the log is closed. When the disk fails it is told once, and tried again from what is in the file.
func (x *export) run(ctx context.Context, write func(context.Context) error) error {
	for {
		err := write(ctx)
		if ctx.Err() != nil || errors.Is(err, hotline.ErrLogClosed) {
			return nil
		}
		x.mu.Lock()
		x.stats.Error = shown(err)
		first := x.stats.FailingSince.IsZero()
		if first {
			x.stats.FailingSince = time.Now()
		}
		x.mu.Unlock()
		if first {
			x.logger.Error(x.cannot, "error", err)
			x.alarm.set(true, shown(err))
		}
		if pause(ctx, readAgain) != nil {
			return nil
		}
	}
}

// sheet is the file that an export writes.
type sheet interface {
	put(ev hotline.Event) error
	flush() error       // nothing more comes for now: what was put goes to the file
	keep() error        // brings the file to the disk
	due() time.Duration // until it is to be kept; an hour or more: there is nothing to keep
}

// fill puts what follows after into the sheet until ctx is done, the log is closed or the sheet fails.
func (x *export) fill(ctx context.Context, log Log, after uint64, to sheet) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &follower{log: log, logger: x.logger, what: x.stats.Name}
	in, ended := f.start(ctx, after)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var ev hotline.Event
		select {
		case ev = <-in:
		default:
			if err := to.flush(); err != nil {
				return err
			}
			timer.Reset(to.due())
			select {
			case ev = <-in:
			case <-timer.C:
				if err := to.keep(); err != nil {
					return err
				}
				continue
			case err := <-ended:
				return errors.Join(err, to.keep())
			}
		}
		if err := to.put(ev); err != nil {
			return err
		}
	}
}

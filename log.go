package hotline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Event is one fact with its place in the order of all facts. The ids that apply to it are set, the others empty.
type Event struct {
	Seq     uint64    // place in the log, from 1; given by Append
	At      time.Time // when it became true: UTC, whole milliseconds
	Shard   ShardID   // the shard that wrote it; empty when a call or the engine did
	Contact ContactID
	Call    CallID
	Leg     LegID
	Agent   AgentID
	Queue   QueueID
	Fact    Fact
}

// Log is the one ordered, durable record of what became true. Implementations pass store/storetest.
type Log interface {
	// Append gives the events their order and returns the number of the last. They are safe from a crash of the process
	// and visible to Tail on return; it never waits for the disk. On an error none of them is in the log. They stand together,
	// also after a crash: all of them are in the log or none.
	// The events' At is set to whole milliseconds UTC.
	Append(evs []Event) (seq uint64, err error)
	// Durable returns when everything up to seq is safe from a power cut.
	Durable(ctx context.Context, seq uint64) error
	// Read yields the events after the given number, then ends. An error ends the sequence.
	Read(ctx context.Context, after uint64) iter.Seq2[Event, error]
	// Tail yields the events after the given number and then those to come, until ctx is done.
	Tail(ctx context.Context, after uint64) iter.Seq2[Event, error]
}

// Errors of a Log.
var (
	// ErrLogFull is returned by Append when the disk is full or read-only. Nothing was written; try again later.
	ErrLogFull = errors.New("hotline: log cannot be written")
	// ErrLogClosed is returned once the log is closed.
	ErrLogClosed = errors.New("hotline: log is closed")
	// ErrLogGone is returned by Read and Tail when the events asked for were archived.
	ErrLogGone = errors.New("hotline: events were archived")
)

// GoneError is the ErrLogGone that knows the number of the first event there still is.
type GoneError struct{ First uint64 }

// Error names the number.
func (e *GoneError) Error() string {
	return fmt.Sprintf("%v: the first there is has number %d", ErrLogGone, e.First)
}

// Unwrap returns ErrLogGone.
func (e *GoneError) Unwrap() error { return ErrLogGone }

// Errors of Submit.
var (
	// ErrUnknown: the queue, agent, visit or offer named does not exist (any more).
	ErrUnknown = errors.New("hotline: unknown")
	// ErrRefused: the request does not fit the present state, for example an offer that has just expired.
	ErrRefused = errors.New("hotline: refused")
	// ErrOverload: too much is waiting; the caller should give up or try later.
	ErrOverload = errors.New("hotline: overloaded")
)

// Millis is t in UTC, cut to whole milliseconds: the precision of every time in the log.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

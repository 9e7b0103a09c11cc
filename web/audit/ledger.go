// Package audit keeps what people did as a chain: every entry's hash covers its facts and the hash of the entry before, so that
// an entry that was altered, taken out or put in between is found, and named. It is a fold over the log's audited facts, kept
// in a bucket of its own: it stays when the log's old segments are archived, and one is held against the other. What it protects
// from whom stands in docs/roles.md.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
)

// retryAfter is how long the ledger waits for a bucket that cannot be written.
const retryAfter = time.Second

// Bucket keeps the entries; store/local has one.
type Bucket interface {
	Put(key string, val []byte) error
	Each(prefix string, f func(key string, val []byte) bool) error
}

// Entry is one act. It is stored for years: fields are only added, and each one added is hashed where it is not empty.
type Entry struct {
	N      uint64          `json:"n" doc:"Place in the chain, from 1, without gaps."`
	Seq    uint64          `json:"seq" doc:"Number of its event in the log."`
	At     time.Time       `json:"at"`
	User   string          `json:"user"`
	Agent  hotline.AgentID `json:"agent,omitempty" doc:"Of the login, where it is an agent's."`
	Act    string          `json:"act"`
	Target string          `json:"target,omitempty"`
	Addr   string          `json:"addr,omitempty" doc:"Where the request came from."`
	Prev   string          `json:"prev" doc:"Hash of the entry before; empty for the first."`
	Hash   string          `json:"hash" doc:"SHA-256, hex, over prev and this entry."`
}

// sum is the entry's hash: SHA-256 over its fields in their order, each as LENGTH:VALUE and a comma.
func (e *Entry) sum() string {
	h := sha256.New()
	for _, f := range []string{
		e.Prev, strconv.FormatUint(e.N, 10), strconv.FormatUint(e.Seq, 10), e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.User,
		string(e.Agent), e.Act, e.Target, e.Addr,
	} {
		fmt.Fprintf(h, "%d:%s,", len(f), f) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// key puts the entries in the order of the chain and of the days.
func key(day string, n uint64) string { return fmt.Sprintf("%s.%016d", day, n) }

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// valid is the text as JSON keeps it: every byte that is no UTF-8 is one replacement rune.
func valid(s string) string { return string([]rune(s)) }

// Config is what a Ledger needs.
type Config struct {
	Bucket Bucket
	Log    hotline.Log
	Logger *slog.Logger
}

// Ledger is the chain. Its methods may be called from any goroutine, Run from one.
type Ledger struct {
	cfg Config

	followed atomic.Uint64

	mu    sync.Mutex // guards the rest
	head  Entry      // the last entry; zero: there is none
	day   string     // of the last entry's key: a clock that is set back makes no disorder
	first string     // day of the first entry
}

// Open finds the end of the chain that there is.
func Open(cfg Config) (*Ledger, error) {
	l := &Ledger{cfg: cfg}
	var bad error
	err := cfg.Bucket.Each("", func(k string, val []byte) bool {
		day, _, _ := strings.Cut(k, ".")
		if l.first == "" {
			l.first = day
		}
		var e Entry
		if bad = json.Unmarshal(val, &e); bad != nil {
			bad = fmt.Errorf("audit: entry %s cannot be read: %w", k, bad)
			cfg.Logger.Error("audit: damaged", "entry", k, "error", bad)
			return true // Verify names it
		}
		l.head, l.day = e, day
		return true
	})
	return l, err
}

// Run follows the log until ctx is done. What is not safe from a power cut yet is waited for: the chain never knows of an act
// that the log has lost.
func (l *Ledger) Run(ctx context.Context) error {
	l.mu.Lock()
	after := l.head.Seq
	l.mu.Unlock()
	for {
		err := l.follow(ctx, after)
		var gone *hotline.GoneError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &gone):
			l.cfg.Logger.Error("audit: acts were archived before they came into the chain", "after", after, "next", gone.First)
			after = gone.First - 1
		default:
			return err
		}
	}
}

func (l *Ledger) follow(ctx context.Context, after uint64) error {
	for ev, err := range l.cfg.Log.Tail(ctx, after) {
		if err != nil {
			return err
		}
		if _, ok := ev.Fact.(hotline.Audited); !ok {
			l.followed.Store(ev.Seq)
			continue
		}
		if err := l.cfg.Log.Durable(ctx, ev.Seq); err != nil {
			return err
		}
		for l.Apply(ev) != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(retryAfter):
			}
		}
		l.followed.Store(ev.Seq)
	}
	return nil
}

// Followed is the last event of the log that has been seen to: the chain needs none before it.
func (l *Ledger) Followed() uint64 { return l.followed.Load() }

// Apply adds the event to the chain if it is an act that is not in it yet. On an error it is not in it.
func (l *Ledger) Apply(ev hotline.Event) error {
	a, ok := ev.Fact.(hotline.Audited)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ok || ev.Seq <= l.head.Seq {
		return nil
	}
	e := Entry{
		N: l.head.N + 1, Seq: ev.Seq, At: hotline.Millis(ev.At), User: valid(a.User), Agent: hotline.AgentID(valid(string(ev.Agent))),
		Act: valid(a.Act), Target: valid(a.Target), Addr: valid(a.Addr), Prev: l.head.Hash,
	}
	e.Hash = e.sum()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	day := max(dayOf(e.At), l.day)
	if err := l.cfg.Bucket.Put(key(day, e.N), b); err != nil {
		l.cfg.Logger.Error("audit: an act waits to be kept", "seq", ev.Seq, "error", err)
		return err
	}
	if l.first == "" {
		l.first = day
	}
	l.head, l.day = e, day
	return nil
}

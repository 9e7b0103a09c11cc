package wire

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// TestMailboxOrder: what is posted for one Call-ID runs one after another and in order, whoever posts it.
func TestMailboxOrder(t *testing.T) {
	bs := newMailboxes(new(Metrics), func(v any) { t.Error(v) })
	const boxes, each = 50, 500
	type state struct {
		inside atomic.Int32
		got    []int
	}
	all := make([]state, boxes)
	var done sync.WaitGroup
	done.Add(boxes * each)
	for b := range boxes {
		go func() {
			s := &all[b]
			for i := range each {
				bs.post(fmt.Sprint(b), func() {
					defer done.Done()
					if s.inside.Add(1) != 1 {
						t.Error("two at once")
					}
					s.got = append(s.got, i)
					s.inside.Add(-1)
				})
			}
		}()
	}
	done.Wait()
	bs.stop()
	for b := range all {
		if !slices.IsSorted(all[b].got) || len(all[b].got) != each {
			t.Errorf("box %d: out of order", b)
		}
	}
	if n := bs.metrics.Mailboxes.Load(); n != 0 {
		t.Errorf("%d boxes left", n)
	}
	bs.post("late", func() { t.Error("run after stop") })
	bs.stop()
}

// TestMailboxPanic: a panic costs what panicked and nothing else.
func TestMailboxPanic(t *testing.T) {
	var panics atomic.Int32
	bs := newMailboxes(new(Metrics), func(any) { panics.Add(1) })
	ran := make(chan int, 3)
	bs.post("a", func() { ran <- 1 })
	bs.post("a", func() { panic("x") })
	bs.post("a", func() { ran <- 2 })
	if <-ran != 1 || <-ran != 2 || panics.Load() != 1 {
		t.Error("after a panic")
	}
	bs.stop()
}

// TestMailboxBounds: messages from outside are refused when there is no room; what we post ourselves never is.
func TestMailboxBounds(t *testing.T) {
	bs := newMailboxes(new(Metrics), func(v any) { t.Error(v) })
	hold, held := make(chan struct{}), make(chan struct{})
	bs.post("full", func() { close(held); <-hold })
	<-held
	taken := 0
	for range 2 * maxQueuedOne {
		if bs.offer("full", func(*mailbox) {}) {
			taken++
		}
	}
	if taken != maxQueuedOne {
		t.Errorf("%d taken", taken)
	}
	posted := false
	bs.post("full", func() { posted = true })
	if !bs.offer("empty", func(*mailbox) {}) {
		t.Error("another Call-ID has no room")
	}
	if bs.offerOpen("nobody", func(*mailbox) {}) {
		t.Error("a box was opened for nothing")
	}
	close(hold)
	bs.stop()
	if !posted || bs.queued.Load() != 0 {
		t.Errorf("posted %v, %d queued", posted, bs.queued.Load())
	}
}

// TestPanicInHandler: the message is lost, the wire lives, and the log says what it was.
func TestPanicInHandler(t *testing.T) {
	var buf safeBuffer
	h := &fakeCalls{onRequest: func(in Inbound) { panic("broken invariant") }}
	w := openWire(t, h, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&buf, nil)) })
	done := make(chan error)
	go func() { done <- w.Run(t.Context()) }()
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	for i := range 30 {
		u.Send(strings.Replace(u.Request("BYE", "a", "b", 1, fmt.Sprint("panic-", i)), "\r\nCall-ID", ";tag=x\r\nCall-ID", 1))
	}
	wiretest.Eventually(t, "30 panics", func() bool { return w.cfg.Metrics.Panics.Load() == 30 })
	wiretest.AssertAlive(t, w.Listening()[0].Addr)
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := strings.Count(buf.String(), "broken invariant"); n != logBurst {
		t.Errorf("logged %d times", n)
	}
}

// safeBuffer is a buffer that several goroutines may write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestQuietLog: a flood fills neither the log nor the memory, what was kept back is said, and hostile text stays on its line.
func TestQuietLog(t *testing.T) {
	var buf bytes.Buffer
	h := &sampler{slog.NewTextHandler(&buf, nil), &samplerState{seen: map[string]int{}}}
	now := time.Unix(1_700_000_000, 0)
	say := func(at time.Duration, msg string, args ...any) {
		r := slog.NewRecord(now.Add(at), slog.LevelWarn, msg, 0)
		r.Add(args...)
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		say(0, "flood", "data", "x\r\nlevel=ERROR msg=forged\x1b[31m", "n", i)
	}
	say(0, "other")
	if lines := strings.Split(strings.TrimSpace(buf.String()), "\n"); len(lines) != logBurst+1 {
		t.Errorf("%d lines", len(lines))
	}
	if strings.Contains(buf.String(), "\nlevel=ERROR") || strings.ContainsAny(buf.String(), "\r\x1b") {
		t.Errorf("%q", buf.String())
	}
	buf.Reset()
	say(logPeriod+time.Second, "flood", "data", strings.Repeat("y", 1<<20))
	if s := buf.String(); !strings.Contains(s, "times=990") || len(s) > 8192 {
		t.Errorf("%d octets: %.200s", len(s), s)
	}
	for i := range 10 * logKinds {
		say(logPeriod+time.Second, fmt.Sprint("kind ", i))
	}
	if len(h.state.seen) > logKinds {
		t.Errorf("%d kinds counted", len(h.state.seen))
	}
	l := slog.New(h).With("a", 1).WithGroup("g")
	buf.Reset()
	l.Warn("grouped", "b", 2)
	if !strings.Contains(buf.String(), "a=1 g.b=2") {
		t.Error(buf.String())
	}
}

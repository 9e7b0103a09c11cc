package main

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/centre"
)

// steppedWall is a machine's clock that can be put elsewhere.
type steppedWall struct{ by atomic.Int64 }

func (w *steppedWall) Now() time.Time {
	return time.Now().Round(0).Add(time.Duration(w.by.Load()))
}

// TestClock: the engine's time goes on as time does when the machine's clock is put forward or back an hour, goes by it again when nobody
// is busy, and takes small corrections over at once.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wall steppedWall
		c := newClock(wall.Now)
		began := c.Now()
		no, yes := func() bool { return false }, func() bool { return true }
		for _, step := range []time.Duration{time.Hour, -time.Hour} {
			before := c.Now()
			wall.by.Add(int64(step))
			time.Sleep(10 * time.Second)
			if got := c.Now().Sub(before); got != 10*time.Second {
				t.Errorf("%v: %v went by", step, got)
			}
			if off := c.off(); off != step || c.catchUp(off, yes) || c.off() != step {
				t.Errorf("%v: off by %v, then %v", step, off, c.off())
			}
			if !c.catchUp(c.off(), no) || c.off() != 0 {
				t.Errorf("%v: off by %v when nobody is busy", step, c.off())
			}
		}
		if got := c.Now().Sub(began); got != 20*time.Second {
			t.Errorf("%v in all", got)
		}
		wall.by.Add(int64(300 * time.Millisecond))
		if !c.catchUp(c.off(), yes) || c.off() != 0 {
			t.Errorf("a small correction is not taken: %v", c.off())
		}
	})
	c := newClock(time.Now) // what it says can be compared with what time.Now does
	if d := time.Since(c.Now()); d < 0 || d > time.Minute || !strings.Contains(fmt.Sprint(c.Now()), "m=") {
		t.Errorf("%v ago: %v", d, c.Now())
	}
}

// clockLog is a log in memory.
type clockLog struct {
	mu     sync.Mutex
	events []hotline.Event
}

func (l *clockLog) Append(evs []hotline.Event) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, evs...)
	return uint64(len(l.events)), nil
}

func (l *clockLog) Durable(context.Context, uint64) error { return nil }

func (l *clockLog) Read(context.Context, uint64) iter.Seq2[hotline.Event, error] {
	return func(func(hotline.Event, error) bool) {}
}

func (l *clockLog) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return l.Read(ctx, after)
}

// has counts the facts of a kind.
func (l *clockLog) has(kind string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.events {
		if ev.Fact.Kind() == kind {
			n++
		}
	}
	return n
}

// TestClockStepsInAQueue: the machine's clock is put forward or back an hour while a phone rings: it rings its 15 s
// (reliability.md §4, 75).
func TestClockStepsInAQueue(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var wall steppedWall
				log := new(clockLog)
				file, faults := centre.Parse("centre.yaml", []byte("time_zone: UTC\nagents: [{id: \"1\", password: x, skills: {s: 5}}]\nqueues: [{id: q, needs: s, ring_timeout: 15s}]\n"), nil)
				if file == nil {
					t.Fatal(faults)
				}
				shard := acd.NewShard(acd.ShardConfig{Router: acd.NewRouter("main", file), Log: log, Logger: slog.New(slog.DiscardHandler), Now: newClock(wall.Now).Now})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- shard.Run(ctx) }()
				for _, q := range []hotline.Request{
					hotline.SetDevice{Agent: "1", Up: true},
					hotline.SetAgent{Agent: "1", State: hotline.AgentReady},
					hotline.Enqueue{Contact: "c", Call: "c", Since: time.Now(), Entry: hotline.EntryIVR, Visit: "c.1", Queue: "q"},
				} {
					if err := shard.Submit(ctx, q); err != nil {
						t.Fatal(err)
					}
				}
				if log.has("offered") != 1 {
					t.Fatal("not offered")
				}
				time.Sleep(5 * time.Second)
				wall.by.Add(int64(step))
				time.Sleep(9 * time.Second)
				if err := shard.Submit(ctx, hotline.Tick{}); err != nil || log.has("offer_lost") != 0 {
					t.Errorf("%v, lost early: %d", err, log.has("offer_lost"))
				}
				time.Sleep(5 * time.Second)
				if log.has("offer_lost") != 1 {
					t.Error("it rings for ever")
				}
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestMachineAlarms: a certificate is an alarm from 14 days before its end on, by its name and once, until another is in its place.
func TestMachineAlarms(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := newMachineAlarms()
	for _, c := range []struct {
		sip, web time.Duration // to the end; 0: there is none
		says     string
	}{
		{15 * 24 * time.Hour, 0, ""},
		{14*24*time.Hour - time.Second, 0, "+certificate:sip 2026-03-15"},
		{13 * 24 * time.Hour, time.Hour, "+certificate:web 2026-03-01"},
		{13 * 24 * time.Hour, -time.Hour, ""},
		{90 * 24 * time.Hour, -time.Hour, "-certificate:sip"},
		{90 * 24 * time.Hour, 90 * 24 * time.Hour, "-certificate:web"},
	} {
		at := func(d time.Duration) int64 {
			if d == 0 {
				return 0
			}
			return now.Add(d).Unix()
		}
		wrong := map[string]string{}
		certificateTrouble(wrong, now, map[string]int64{"sip": at(c.sip), "web": at(c.web)})
		facts := a.step(wrong)
		if again := a.step(wrong); len(again) != len(facts) {
			t.Error("what could not be written down is not said again")
		}
		a.said(facts)
		var said []string
		for _, f := range facts {
			switch f := f.(type) {
			case hotline.AlarmRaised:
				said = append(said, "+"+f.Alarm+" "+f.Detail)
			case hotline.AlarmCleared:
				said = append(said, "-"+f.Alarm)
			}
		}
		if got := strings.Join(said, ", "); got != c.says {
			t.Errorf("%v, %v: %q, want %q", c.sip, c.web, got, c.says)
		}
	}
}

package notify

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/notify/queuelog"
)

func testQueueFile(t *testing.T, r *rig, path string) *QueueFile {
	t.Helper()
	q, err := NewQueueFile(QueueFileConfig{
		Path: path, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard(), Lines: queuelog.Config{Agent: "PJSIP/{id}", Numbers: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// allLines is what an uninterrupted run writes.
func allLines(evs []hotline.Event) []byte {
	l, out := queuelog.New(queuelog.Config{Agent: "PJSIP/{id}", Numbers: true}, &queuelog.State{}), []byte(nil)
	for _, ev := range evs {
		for _, line := range l.Lines(ev) {
			out = append(out, line...)
		}
	}
	return out
}

// TestQueueLogIsWrittenOnceWhateverHappens: ends, crashes with the file cut anywhere behind its place, and logrotate, while it runs and while
// it does not.
func TestQueueLogIsWrittenOnceWhateverHappens(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			r := newRig(t)
			path := filepath.Join(t.TempDir(), "queue_log")
			r.call("before")
			from, moved := r.log.Last(), 0
			move := func() {
				moved++
				_ = os.Rename(path, fmt.Sprintf("%s.%03d", path, moved))
			}
			for run := range 15 {
				q := testQueueFile(t, r, path)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- q.Run(ctx) }()
				step := func() {
					for i := range rng.IntN(4) {
						r.call(fmt.Sprintf("c%d-%d-%d", run, i, rng.IntN(1000)))
						time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
					}
					synctest.Wait()
				}
				step()
				if rng.IntN(4) == 0 {
					move()
					step()
				}
				r.places.mu.Lock()
				kept := maps.Clone(r.places.val)
				r.places.mu.Unlock()
				size := q.place.Size
				step()
				crash := rng.IntN(2) == 0
				cancel()
				<-done
				if crash {
					r.places.val = kept
					if info, err := os.Stat(path); err == nil && info.Size() > size && rng.IntN(2) == 0 {
						_ = os.Truncate(path, size+rng.Int64N(info.Size()-size+1))
					}
				} else if rng.IntN(3) == 0 {
					move()
				}
			}
			q := testQueueFile(t, r, path)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_ = q.Run(ctx)
			var got []byte
			for i := 1; i <= moved; i++ {
				data, _ := os.ReadFile(fmt.Sprintf("%s.%03d", path, i))
				got = append(got, data...)
			}
			data, _ := os.ReadFile(path)
			got = append(got, data...)
			if want := allLines(r.log.evs[from:]); !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %d bytes instead of %d", seed, len(got), len(want))
			}
		})
	}
}

// TestQueueLogGoesOnBehindAnothers: a file that Asterisk wrote is kept, and one that was changed since is gone on with.
func TestQueueLogGoesOnBehindAnothers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		path := filepath.Join(t.TempDir(), "queue_log")
		const old = "1|NONE|NONE|NONE|QUEUESTART|\n"
		if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		run := func(id string) {
			q := testQueueFile(t, r, path)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- q.Run(ctx) }()
			r.call(id)
			synctest.Wait()
			cancel()
			<-done
			if s := q.Stats(); s.Last != r.log.Last() || s.Delivered == 0 {
				t.Errorf("%+v", s)
			}
		}
		run("a")
		f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		_, _ = f.WriteString("somebody's own line")
		f.Close()
		run("b")
		got, _ := os.ReadFile(path)
		a, b := allLines(r.log.evs[:9]), allLines(r.log.evs[9:])
		if want := old + string(a) + "somebody's own line\n" + string(b); string(got) != want {
			t.Errorf("%s", got)
		}
	})
}

package notify

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// exported reads every event of the folder, in the order of the names, and fails if one is missing or there twice.
func exported(t *testing.T, dir string) (all []hotline.Event, files int) {
	t.Helper()
	closed, err := closedFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, packed bool) {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if packed {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		for s := bufio.NewScanner(r); s.Scan(); {
			ev, err := hotline.UnmarshalEvent(s.Bytes())
			if err != nil {
				t.Fatalf("%s: %v: %s", name, err, s.Text())
			}
			all = append(all, ev)
		}
	}
	seen := map[uint64]bool{}
	for _, c := range closed {
		if !seen[c.first] { // NAME and NAME.gz may both be there after a crash
			read(c.name, c.packed)
		}
		seen[c.first] = true
	}
	if _, err := os.Stat(filepath.Join(dir, eventsNow)); err == nil {
		read(eventsNow, false)
	}
	for i, ev := range all {
		if i > 0 && ev.Seq != all[i-1].Seq+1 {
			t.Fatalf("%d after %d", ev.Seq, all[i-1].Seq)
		}
	}
	return all, len(closed)
}

// TestEventsAreWrittenOnceWhateverHappens stops and crashes in the middle again and again: what a crash leaves of the file is cut at any byte.
func TestEventsAreWrittenOnceWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		dir := t.TempDir()
		r := newRig(t)
		r.call("before")
		for run := range 30 {
			e, err := NewEventFiles(EventFilesConfig{
				Dir: dir, Size: 5000, Every: 24 * time.Hour, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard(),
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- e.Run(ctx) }()
			for i := range rng.IntN(8) {
				r.call(fmt.Sprintf("c%d-%d", run, i))
			}
			time.Sleep(time.Duration(rng.IntN(3)) * time.Second)
			synctest.Wait()
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if now := filepath.Join(dir, eventsNow); run%3 == 1 { // a crash: the file is cut, or ends with rubbish
				data, _ := os.ReadFile(now)
				if data = data[:rng.IntN(len(data)+1)]; run%2 == 1 {
					data = append(data, "\x00\x00\x00garbage"...)
				}
				if err := os.WriteFile(now, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		e, _ := NewEventFiles(EventFilesConfig{Dir: dir, Size: 5000, Every: 24 * time.Hour, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard()})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_ = e.Run(ctx)
		all, files := exported(t, dir)
		if all[0].Seq != 10 || all[len(all)-1].Seq != r.log.Last() || files < 5 {
			t.Errorf("events %d to %d of %d, %d files", all[0].Seq, all[len(all)-1].Seq, r.log.Last(), files)
		}
		if gz, _ := filepath.Glob(filepath.Join(dir, "*.ndjson.gz")); len(gz) != files {
			t.Errorf("%d of %d are packed", len(gz), files)
		}
		if s := e.Stats(); s.Last != r.log.Last() || !s.FailingSince.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

func TestEventFilesByDayAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		r := newRig(t)
		r.call("first")
		e, err := NewEventFiles(EventFilesConfig{
			Dir: dir, Size: 1 << 30, Every: 24 * time.Hour, Keep: time.Hour, Start: true, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard(),
			Redact: func(ev hotline.Event) hotline.Event {
				if f, ok := ev.Fact.(hotline.CallStarted); ok {
					f.From = f.From.Masked()
					ev.Fact = f
				}
				return ev
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		old := filepath.Join(dir, "events-000000000000-000000000000.ndjson.gz")
		if err := os.WriteFile(old, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		time.Sleep(25 * time.Hour)
		r.call("next day")
		synctest.Wait()
		cancel()
		<-done
		if _, err := os.Stat(old); err == nil {
			t.Error("an old file is kept")
		}
		all, files := exported(t, dir)
		if files != 1 || all[0].Seq != 1 || len(all) != 18 {
			t.Errorf("%d events, %d closed files", len(all), files)
		}
		data, _ := os.ReadFile(filepath.Join(dir, eventsNow))
		if bytes.Contains(data, []byte(`"number":"13800138000"`)) {
			t.Error("a number is written")
		}
	})
}

func TestADiskThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "events")
		r := newRig(t)
		e, err := NewEventFiles(EventFilesConfig{Dir: dir, Size: 1 << 20, Every: time.Hour, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard()})
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(dir)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		r.call("c1")
		time.Sleep(time.Minute)
		if s := e.Stats(); s.FailingSince.IsZero() {
			t.Errorf("%+v", s)
		}
		_ = os.Mkdir(dir, 0o700)
		time.Sleep(time.Minute)
		cancel()
		<-done
		all, _ := exported(t, dir)
		if s := e.Stats(); len(all) < 10 || !s.FailingSince.IsZero() || all[len(all)-1].Fact != (hotline.AlarmCleared{Alarm: "export_failing"}) {
			t.Errorf("%+v %v", s, all)
		}
	})
}

// TestEventHookGoesOnWhereItStopped: refusals, silence, restarts and crashes: every event comes, in order; one that came comes again at most
// after a crash.
func TestEventHookGoesOnWhereItStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng, theirs := rand.New(rand.NewPCG(3, 4)), rand.New(rand.NewPCG(5, 6)) // each of one goroutine
		r := newRig(t)
		r.call("before")
		from := r.log.Last()
		var got []uint64
		tries := 0
		far := roundTrip(func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			if req.Header.Get("X-Hotline-Signature") != Sign("a secret of some length", req.Header.Get("X-Hotline-Timestamp"), body) {
				t.Error("the signature is wrong")
			}
			code := 200
			switch tries++; theirs.IntN(4) {
			case 0:
				code = []int{400, 404, 429, 500, 302}[theirs.IntN(5)]
			case 1:
				if theirs.IntN(2) == 0 {
					return nil, errors.New("connection reset")
				}
			}
			if code == 200 {
				for line := range strings.Lines(string(body)) {
					ev, err := hotline.UnmarshalEvent([]byte(strings.TrimSuffix(line, "\n")))
					if err != nil {
						t.Error(err)
					}
					got = append(got, ev.Seq)
				}
			}
			return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("")), Header: http.Header{}}, nil
		})
		crashes := 0
		for run := range 20 {
			h, err := NewEventHooks(EventHooksConfig{
				Hooks: []EventHook{{Name: "lake", URL: "http://lake.example", Secret: "a secret of some length", Timeout: time.Second, Batch: 7}},
				Log:   r.log, Places: r.places, Append: r.log.Append, Transport: far, Logger: discard(),
			})
			if err != nil {
				t.Fatal(err)
			}
			before := maps.Clone(r.places.val)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- h.Run(ctx) }()
			for i := range rng.IntN(5) {
				r.call(fmt.Sprintf("c%d-%d", run, i))
			}
			time.Sleep(time.Duration(rng.IntN(20)) * time.Second)
			if run == 19 {
				time.Sleep(time.Hour)
			}
			cancel()
			<-done
			if run%5 == 4 && run < 19 {
				crashes++
				r.places.val = before
			}
		}
		next, again := from+1, 0
		for _, seq := range got {
			switch {
			case seq == next:
				next++
			case seq < next:
				again++
			default:
				t.Fatalf("%d is missing before %d", next, seq)
			}
		}
		if next != r.log.Last()+1 || again == 0 || again > crashes*60 {
			t.Errorf("told up to %d of %d, %d twice, in %d tries", next-1, r.log.Last(), again, tries)
		}
	})
}

// TestEventHookRaisesTheAlarmAndChooses: an hour of silence raises the alarm; only what was asked for is told.
func TestEventHookRaisesTheAlarmAndChooses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var alive atomic.Bool
		kinds := ""
		far := roundTrip(func(req *http.Request) (*http.Response, error) {
			if !alive.Load() {
				return nil, errors.New("nobody there")
			}
			body, _ := io.ReadAll(req.Body)
			for line := range strings.Lines(string(body)) {
				ev, _ := hotline.UnmarshalEvent([]byte(strings.TrimSuffix(line, "\n")))
				kinds += ev.Fact.Kind() + " "
			}
			return &http.Response{StatusCode: 204, Body: http.NoBody, Header: http.Header{}}, nil
		})
		h, err := NewEventHooks(EventHooksConfig{
			Hooks: []EventHook{{Name: "lake", URL: "http://lake.example", Timeout: time.Second, Batch: 100, Kinds: []string{"queued", "alarm_raised"}}},
			Log:   r.log, Places: r.places, Append: r.log.Append, Transport: far, Logger: discard(),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		r.call("c1")
		time.Sleep(2 * time.Hour)
		if s := h.Stats()[0]; time.Since(s.FailingSince) < time.Hour {
			t.Errorf("%+v", s)
		}
		alive.Store(true)
		time.Sleep(time.Hour)
		cancel()
		<-done
		if kinds != "queued alarm_raised " {
			t.Error(kinds)
		}
		if last := r.log.evs[len(r.log.evs)-1].Fact; last != (hotline.AlarmCleared{Alarm: "events_behind:lake"}) {
			t.Error(last)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

package boards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/reports"
)

// source is a fold's Watch: views come when the test makes them.
type source struct {
	mu   sync.Mutex
	view *reports.View
	grew chan struct{}
}

func newSource() *source { return &source{grew: make(chan struct{})} }

func (s *source) put(v *reports.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Version = 1
	if s.view != nil {
		v.Version = s.view.Version + 1
	}
	v.At = reports.At(time.Now())
	s.view = v
	close(s.grew)
	s.grew = make(chan struct{})
}

func (s *source) watch(ctx context.Context, version uint64) (*reports.View, error) {
	for {
		s.mu.Lock()
		v, grew := s.view, s.grew
		s.mu.Unlock()
		if v != nil && v.Version > version {
			return v, nil
		}
		select {
		case <-grew:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func noCentre() (Centre, any) {
	return Centre{
		Name: "c", Zone: "UTC", Serves: func(team string) []hotline.QueueID { return map[string][]hotline.QueueID{"a": {"claims"}}[team] },
		Agents: func(q hotline.QueueID) []hotline.AgentID {
			return map[hotline.QueueID][]hotline.AgentID{"claims": {"1"}}[q]
		},
	}, 1
}

func hubOf(s *source) *Hub {
	return NewHub(Config{Shelf: NewShelf(newShelfMap()), Watch: s.watch, Centre: noCentre, Now: time.Now})
}

// calm is a view of two queues in which n wait and others were served.
func calm(n int) *reports.View {
	since := make([]reports.Moment, n)
	for i := range since {
		since[i] = reports.Moment(1_000_000 + int64(i))
	}
	v := &reports.View{Queues: []reports.QueueView{
		{ID: "claims", Name: "报案", Target: reports.Target{WithinMS: 20_000, Ratio: 0.8}, Waiting: reports.Waiting{Waiting: n, Since: since}, Today: reports.Today{Arrivals: []int{1, n}, LastWeek: []int{2, 2}}},
		{ID: "rescue", Name: "救援", Target: reports.Target{WithinMS: 10_000, Ratio: 0.9}, Today: reports.Today{Arrivals: []int{0, 3}, LastWeek: []int{}}},
	}}
	if n > 0 {
		v.Queues[0].LongestFrom = since[0]
	}
	return v
}

// screen puts messages together as the page does.
type screen struct {
	parts map[string]json.RawMessage
	n     uint64
	at    int64
	fulls int
}

func (s *screen) take(t testing.TB, b []byte) {
	t.Helper()
	var m message
	data, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "event: board\ndata: ")
	if err := json.Unmarshal([]byte(data), &m); !ok || err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if m.Full {
		s.parts, s.fulls = map[string]json.RawMessage{}, s.fulls+1
	} else if m.N != s.n+1 {
		t.Fatalf("after %d the changes of %d", s.n, m.N)
	}
	maps.Copy(s.parts, m.Set)
	for _, k := range m.Gone {
		delete(s.parts, k)
	}
	s.n, s.at = m.N, m.At
}

// What screens put together from changes is what the board is, whichever of them is slow.
func TestChangesMakeTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(0))
		h := hubOf(src)
		rng := rand.New(rand.NewPCG(3, 4))
		var viewers []*Viewer
		screens := make([]screen, 5)
		for range screens {
			v, err := h.Follow(Main)
			if err != nil {
				t.Fatal(err)
			}
			viewers = append(viewers, v)
		}
		for range 300 {
			src.put(calm(rng.IntN(5)))
			if rng.IntN(10) == 0 {
				b, _ := h.cfg.Shelf.Get(Main)
				b.Title = fmt.Sprint("t", rng.IntN(100))
				if err := h.cfg.Shelf.Put(b, func(*Wallboard) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
			synctest.Wait()
			for i, v := range viewers {
				if i > 0 && rng.IntN(i+1) > 0 {
					continue // the screens that come later are slower
				}
				ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
				b, err := v.Next(ctx)
				stop()
				if err == nil {
					screens[i].take(t, b)
				}
			}
		}
		time.Sleep(3 * time.Second)
		src.put(calm(2))
		time.Sleep(time.Second)
		synctest.Wait()
		last := viewers[0].feed.frame
		for i, v := range viewers {
			for screens[i].n < last.n {
				b, err := v.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				screens[i].take(t, b)
			}
			if !maps.EqualFunc(screens[i].parts, last.parts, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
				t.Errorf("screen %d shows something else than the board: %v\n%v", i, screens[i].parts, last.parts)
			}
		}
		if screens[0].fulls > screens[4].fulls {
			t.Errorf("the quick screen was sent the whole %d times, the slow one %d", screens[0].fulls, screens[4].fulls)
		}
		for _, v := range viewers {
			v.Close()
		}
		synctest.Wait()
		if len(h.feeds) != 0 {
			t.Error("a feed goes on although nobody looks")
		}
	})
}

// A fact is on its way to the screens within 250 ms whenever it falls, also where one follows the other; nothing is sent more
// than six times a second, and something at least once, so that a screen knows the stream.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(0))
		h := hubOf(src)
		v, err := h.Follow(Main)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		var facts sync.Map // number that waits → when
		go func() {
			rng := rand.New(rand.NewPCG(5, 6))
			for n := 1; n < 60; n++ {
				facts.Store(n, time.Now())
				src.put(calm(n)) // the fold's views come 100 ms apart as a rule, here also closer
				time.Sleep(time.Duration(1+rng.IntN(150)) * time.Millisecond)
			}
		}()
		var s screen
		var last time.Time
		frames, began := 0, time.Now()
		for time.Since(began) < 10*time.Second {
			ctx, stop := context.WithTimeout(t.Context(), 1100*time.Millisecond)
			b, err := v.Next(ctx)
			stop()
			if err != nil {
				break // no views, no frames: the screen says so itself
			}
			s.take(t, b)
			frames++
			if d := time.Since(last); frames > 1 && d < pace-slack {
				t.Errorf("%v after the one before", d)
			}
			last = time.Now()
			var f queueFigures
			if err := json.Unmarshal(s.parts["queue:claims"], &f); err != nil {
				t.Fatal(err)
			}
			for n := f.Waiting; n > 0; n-- {
				at, ok := facts.LoadAndDelete(n)
				if !ok {
					break
				}
				if d := time.Since(at.(time.Time)); d > 250*time.Millisecond {
					t.Errorf("number %d was sent after %v", n, d)
				}
			}
		}
		if frames > 60 {
			t.Errorf("%d frames in ten seconds", frames)
		}
		left := 0
		facts.Range(func(any, any) bool { left++; return true })
		if left > 0 {
			t.Errorf("%d facts were never sent", left)
		}
	})
}

func TestBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(1))
		v, err := hubOf(src).Follow(Main)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		var s screen
		stop := time.AfterFunc(0, func() {})
		defer stop.Stop()
		go func() {
			for range 10 {
				time.Sleep(time.Second)
				src.put(calm(1)) // as the fold does while nothing happens
			}
		}()
		for range 5 {
			b, err := v.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.take(t, b)
			if s.at != time.Now().UnixMilli() {
				t.Errorf("the engine's clock is %d ms off", time.Now().UnixMilli()-s.at)
			}
			if s.fulls > 1 || s.n > 1 && len(b) > 100 {
				t.Errorf("nothing has changed, and %d bytes were sent", len(b))
			}
		}
		time.Sleep(20 * time.Second)
	})
}

// All who look at a board are given the same bytes: they are made once.
func TestSharedBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(1))
		h := hubOf(src)
		var first []byte
		for range 10 {
			v, err := h.Follow(Main)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			b, err := v.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b
			}
			if &first[0] != &b[0] {
				t.Error("a viewer has bytes of its own")
			}
		}
	})
}

func TestDeletedBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(1))
		h := hubOf(src)
		b := one()
		if err := h.cfg.Shelf.Put(b, func(*Wallboard) error { return nil }); err != nil {
			t.Fatal(err)
		}
		v, err := h.Follow("x")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		if _, err := v.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := h.cfg.Shelf.Delete("x", 1, func(*Wallboard) error { return nil }); err != nil {
			t.Fatal(err)
		}
		src.put(calm(2))
		if _, err := v.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
		if _, err := h.Follow("x"); !errors.Is(err, ErrUnknown) {
			t.Errorf("%v, want ErrUnknown", err)
		}
	})
}

// A forecast is asked for once for all viewers and never waited for.
func TestForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.put(calm(1))
		asked := map[hotline.QueueID]int{}
		var mu sync.Mutex
		h := NewHub(Config{Shelf: NewShelf(newShelfMap()), Watch: src.watch, Centre: noCentre, Now: time.Now, Forecast: func(q hotline.QueueID, _ time.Time) []Slot {
			time.Sleep(3 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			asked[q]++
			return []Slot{{1, 0.5, 1.5}, {2, 1, 3}}
		}})
		var viewers []*Viewer
		for range 3 {
			v, _ := h.Follow(Main)
			viewers = append(viewers, v)
		}
		var s screen
		for i := range 10 {
			b, err := viewers[0].Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.take(t, b)
			if i == 0 && s.parts["forecast:1"] != nil {
				t.Error("the first frame waited for the forecast")
			}
			time.Sleep(time.Second)
			src.put(calm(1))
		}
		var f struct{ Calls, Low, High []float64 }
		key := ""
		for k := range s.parts {
			if strings.HasPrefix(k, "forecast:") {
				key = k
			}
		}
		if err := json.Unmarshal(s.parts[key], &f); err != nil || !slices.Equal(f.Calls, []float64{2, 4}) || !slices.Equal(f.High, []float64{3, 6}) {
			t.Errorf("%s: %+v, %v: want the sum of both queues", key, f, err)
		}
		for _, v := range viewers {
			v.Close()
		}
		mu.Lock()
		defer mu.Unlock()
		if !maps.Equal(asked, map[hotline.QueueID]int{"claims": 1, "rescue": 1}) {
			t.Errorf("asked %v", asked)
		}
	})
}

package boards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/reports"
)

const (
	pace  = 200 * time.Millisecond // no two frames of a board closer together, but for half a step of the views
	slack = 50 * time.Millisecond  // so much earlier a view is taken, so that the next one is not waited for
	beat  = time.Second            // no frame later than this after the one before: a screen that hears nothing for three shows it
)

// ErrClosed is returned to who follows a board that is not there any more.
var ErrClosed = errors.New("boards: the board is gone")

// Config is what a Hub needs. All fields but Forecast must be set.
type Config struct {
	Shelf    *Shelf
	Watch    func(ctx context.Context, version uint64) (*reports.View, error) // as reports.Fold.Watch
	Centre   func() (c Centre, rev any)                                       // rev differs when the centre does
	Forecast Forecast                                                         // nil: nothing is expected
	Now      func() time.Time
}

// Hub pushes boards to those who look at them. Its methods may be called from any goroutine.
type Hub struct {
	cfg      Config
	expected *forecasts
	mu       sync.Mutex // guards feeds
	feeds    map[string]*feed
}

// NewHub makes a Hub.
func NewHub(cfg Config) *Hub {
	return &Hub{cfg: cfg, feeds: map[string]*feed{}, expected: &forecasts{ask: cfg.Forecast, now: cfg.Now, gate: make(chan struct{}, 1), kept: map[hotline.QueueID]*forecast{}}}
}

// feed is one board while somebody looks at it.
type feed struct {
	hub     *Hub
	name    string
	stop    context.CancelFunc
	viewers int // guarded by the hub's mu

	mu      sync.Mutex // guards the fields below
	frame   *frame
	changed chan struct{} // closed and replaced with each frame
	err     error
}

// frame is a board at one time: as what has changed since the frame before, and whole for who has not that one.
type frame struct {
	n     uint64
	at    int64
	delta []byte
	parts parts
	once  sync.Once
	whole []byte
}

// message is what a screen is sent.
type message struct {
	N    uint64                     `json:"n"`
	At   int64                      `json:"at"` // the engine's clock, Unix ms
	Full bool                       `json:"full,omitempty"`
	Set  map[string]json.RawMessage `json:"set,omitempty"`
	Gone []string                   `json:"gone,omitempty"`
}

// event is a message as a server-sent event.
func event(m message) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // parts are valid JSON: they were encoded here
	}
	var out bytes.Buffer
	out.WriteString("event: board\ndata: ")
	out.Write(b)
	out.WriteString("\n\n")
	return out.Bytes()
}

func (f *frame) full() []byte {
	f.once.Do(func() { f.whole = event(message{N: f.n, At: f.at, Full: true, Set: f.parts}) })
	return f.whole
}

// Viewer is one screen. It is used by one goroutine.
type Viewer struct {
	feed *feed
	has  uint64 // number of the frame it was given last
}

// Follow begins to look at a board. Close must be called in the end. ErrUnknown: there is none.
func (h *Hub) Follow(name string) (*Viewer, error) {
	if _, err := h.cfg.Shelf.Get(name); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.feeds[name]
	if f == nil {
		ctx, stop := context.WithCancel(context.Background()) // lives as long as somebody looks
		f = &feed{hub: h, name: name, stop: stop, changed: make(chan struct{})}
		h.feeds[name] = f
		go f.run(ctx)
	}
	f.viewers++
	return &Viewer{feed: f}, nil
}

// Close ends looking.
func (v *Viewer) Close() {
	h := v.feed.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if v.feed.viewers--; v.feed.viewers > 0 {
		return
	}
	v.feed.stop()
	if h.feeds[v.feed.name] == v.feed {
		delete(h.feeds, v.feed.name)
	}
}

// Next waits for something newer than what was given last, and returns it as a server-sent event. The bytes are shared and
// must not be changed. Who comes late is given the newest state at once, whole; nobody waits for anybody.
func (v *Viewer) Next(ctx context.Context) ([]byte, error) {
	f := v.feed
	for {
		f.mu.Lock()
		now, changed, err := f.frame, f.changed, f.err
		f.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case now != nil && now.n == v.has+1 && v.has > 0:
			v.has = now.n
			return now.delta, nil
		case now != nil && now.n > v.has:
			v.has = now.n
			return now.full(), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// run makes frames until nobody looks any more.
func (f *feed) run(ctx context.Context) {
	err := f.frames(ctx)
	f.hub.mu.Lock()
	if f.hub.feeds[f.name] == f {
		delete(f.hub.feeds, f.name) // who comes now begins anew
	}
	f.hub.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	close(f.changed)
	f.changed = make(chan struct{})
}

// frames takes the views as they come. One that comes too soon after the last frame waits for the next view, but no longer
// than until a frame is due.
func (f *feed) frames(ctx context.Context) error {
	m := maker{hub: f.hub, name: f.name}
	var newest *reports.View
	var seen uint64
	var sent time.Time
	waits := false
	for {
		wait, cancel := ctx, context.CancelFunc(func() {})
		if waits {
			wait, cancel = context.WithDeadline(ctx, sent.Add(pace+slack/2))
		}
		v, err := f.hub.cfg.Watch(wait, seen)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ErrClosed
		case err == nil:
			seen, newest = v.Version, v
			if time.Since(sent) < pace-slack {
				waits = true
				continue
			}
		case !waits:
			return fmt.Errorf("boards: %s: %w", f.name, err)
		}
		waits = false
		next, err := m.next(newest)
		if err != nil {
			return err
		}
		if next == nil && time.Since(sent) < beat-slack {
			continue
		}
		sent = time.Now()
		f.publish(m.frame(next))
	}
}

func (f *feed) publish(fr *frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frame = fr
	close(f.changed)
	f.changed = make(chan struct{})
}

// maker makes one board's frames, one after another.
type maker struct {
	hub  *Hub
	name string

	plan   *plan
	shelf  uint64 // revision of the shelf that the plan is of
	centre any

	n    uint64
	last parts
}

// next is what has changed since the last frame; nil: nothing. Frames follow by frame.
func (m *maker) next(v *reports.View) (parts, error) {
	if err := m.refresh(); err != nil {
		return nil, err
	}
	now, err := m.plan.parts(v, m.hub.expected)
	if err != nil {
		return nil, fmt.Errorf("boards: %s: %w", m.name, err)
	}
	if maps.EqualFunc(now, m.last, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		return nil, nil
	}
	return now, nil
}

// refresh brings the plan up to the board and the centre.
func (m *maker) refresh() error {
	rev := m.hub.cfg.Shelf.Rev()
	c, centre := m.hub.cfg.Centre()
	if m.plan != nil && m.shelf == rev && m.centre == centre {
		return nil
	}
	b, err := m.hub.cfg.Shelf.Get(m.name)
	switch {
	case errors.Is(err, ErrUnknown):
		return ErrClosed
	case err != nil:
		return err
	}
	m.plan, m.shelf, m.centre = newPlan(b, c), rev, centre
	return nil
}

// frame is the next frame; now is nil when nothing has changed, and it says only that the stream lives.
func (m *maker) frame(now parts) *frame {
	m.n++
	d := message{N: m.n, At: m.hub.cfg.Now().UnixMilli()}
	if now != nil {
		d.Set = map[string]json.RawMessage{}
		for key, b := range now {
			if !bytes.Equal(b, m.last[key]) {
				d.Set[key] = b
			}
		}
		for key := range m.last {
			if now[key] == nil {
				d.Gone = append(d.Gone, key)
			}
		}
		slices.Sort(d.Gone)
		m.last = now
	}
	return &frame{n: m.n, at: d.At, delta: event(d), parts: m.last}
}

// Once is a board's figures at a view, whole, as JSON: for a look at a board that is not kept yet, and for programs.
func (h *Hub) Once(b *Wallboard, v *reports.View) (json.RawMessage, error) {
	c, _ := h.cfg.Centre()
	p, err := newPlan(b, c).parts(v, h.expected)
	if err != nil {
		return nil, err
	}
	return json.Marshal(message{N: 1, At: h.cfg.Now().UnixMilli(), Full: true, Set: p})
}

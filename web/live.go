package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

const (
	viewStep    = 250 * time.Millisecond // a page is sent no more views than that
	keepAlive   = 2 * time.Second        // a page that hears nothing for 3 s shows itself as stale
	writeWithin = 10 * time.Second       // a client that reads no more is dropped
)

func (s *server) liveRoutes() {
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/live", "live", "The live state and the log offset it is true at"),
		func(ctx context.Context, _ *struct{}) (*body[*reports.View], error) {
			return &body[*reports.View]{s.redact(ctx, s.Fold.View(s.Now()))}, nil
		})
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/live/stream", "live-stream",
		"The live state again whenever it has changed, as server-sent events: view, and for who may see the centre trunks"),
		func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: s.liveStream}, nil
		})
	huma.Register(s.api, s.op(auth.SeeEvents, http.MethodGet, "/api/v1/events", "events",
		"All facts in their order as server-sent events, none lost, durable ones only; Last-Event-ID resumes"),
		func(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
			after, err := in.after(s.lastSeq())
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) { s.eventStream(c, after) }}, nil
		})
}

// lastSeq is the number of the last event that figures are made of.
func (s *server) lastSeq() uint64 { return s.Fold.Seq() }

type eventsIn struct {
	After string `query:"after" doc:"Number of the last event that is known; default: only events from now on."`
	Last  string `header:"Last-Event-ID" doc:"As after, from a browser that reconnects."`
}

func (in *eventsIn) after(now uint64) (uint64, error) {
	text := in.Last
	if text == "" {
		text = in.After
	}
	if text == "" {
		return now, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, huma.Error422UnprocessableEntity("after must be the number of an event")
	}
	return n, nil
}

// redact hides customers' numbers from roles that may not see them.
func (s *server) redact(ctx context.Context, v *reports.View) *reports.View {
	if !s.maySeeSupervision(ctx) {
		v = v.Unwatched()
	}
	if u, _ := userOf(ctx); u.Role.May(auth.SeeNumbers) {
		return v
	}
	return v.Redact(mask)
}

// mask hides a party from who may not see numbers.
func mask(p hotline.Party) hotline.Party { return p.Masked() }

// sse is a stream of server-sent events to one client.
type sse struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func newSSE(c huma.Context) (sse, context.Context) {
	r, w := humago.Unwrap(c)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return sse{w, http.NewResponseController(w)}, r.Context()
}

func (s sse) send(id, event string, data []byte) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	var err error
	switch {
	case data == nil:
		_, err = fmt.Fprint(s.w, ":\n\n")
	case id == "":
		_, err = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, data)
	default:
		_, err = fmt.Fprintf(s.w, "id: %s\nevent: %s\ndata: %s\n\n", id, event, data)
	}
	return errors.Join(err, s.rc.Flush())
}

// liveStream sends the view when it is newer than the last one sent, skipping what came in between.
func (s *server) liveStream(c huma.Context) {
	out, ctx := newSSE(c)
	var version uint64
	var trunks []byte
	for {
		wait, cancel := context.WithTimeout(ctx, keepAlive)
		v, err := s.Fold.Watch(wait, version)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil: // nothing new: the comment says that the stream lives
			if trunks, err = s.sendTrunks(ctx, out, trunks); err != nil || out.send("", "", nil) != nil {
				return
			}
			continue
		}
		version = v.Version
		b, err := s.viewJSON(ctx, v)
		if err != nil || out.send("", "view", b) != nil {
			return
		}
		if trunks, err = s.sendTrunks(ctx, out, trunks); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(viewStep):
		}
		if !s.Auth.Open(tokenOf(ctx)) {
			return // logged out, or too long idle: the client asks again and learns it
		}
	}
}

// viewCache keeps the last view's JSON, in clear and masked, for all who are sent it.
type viewCache struct {
	mu      sync.Mutex // guards the fields below
	version uint64
	json    [4][]byte // in clear, masked; both without a word of supervision
}

// viewJSON is the view as the role may see it.
func (s *server) viewJSON(ctx context.Context, v *reports.View) ([]byte, error) {
	i := 1
	if u, _ := userOf(ctx); u.Role.May(auth.SeeNumbers) {
		i = 0
	}
	if !s.maySeeSupervision(ctx) {
		i += 2
	}
	c := &s.views
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != v.Version {
		c.version, c.json = v.Version, [4][]byte{}
	}
	if c.json[i] == nil {
		b, err := json.Marshal(s.redact(ctx, v))
		if err != nil {
			return nil, err
		}
		c.json[i] = b
	}
	return c.json[i], nil
}

// eventStream sends every event after the number, once it is on the disk.
func (s *server) eventStream(c huma.Context, after uint64) {
	r, _ := humago.Unwrap(c)
	next, stop := pull(r.Context(), s.Log, after)
	defer stop()
	first, err := next(viewStep) // so that a stream which cannot be had is an answer, not a torn stream
	if errors.Is(err, hotline.ErrLogGone) {
		goneProblem(c, err)
		return
	}
	out, ctx := newSSE(c)
	ev, checked := first, time.Now()
	if err == nil {
		err = out.send("", "", nil) // the client knows at once that the stream stands
	}
	for {
		switch {
		case err != nil:
			return
		case ev.Seq == 0:
			err = out.send("", "", nil)
		default:
			err = s.sendEvent(ctx, out, ev)
		}
		if now := time.Now(); now.Sub(checked) > keepAlive {
			checked = now
			if _, ok := s.Auth.Who(tokenOf(ctx)); !ok { // for a program, reading on is a use
				return
			}
		}
		if err == nil {
			ev, err = next(keepAlive)
		}
	}
}

// goneProblem answers that events were archived, with the number of the earliest there is, if the log says it.
func goneProblem(c huma.Context, err error) {
	p := struct {
		huma.ErrorModel
		Earliest uint64 `json:"earliest,omitempty"`
	}{ErrorModel: huma.ErrorModel{Title: http.StatusText(http.StatusGone), Status: http.StatusGone, Detail: err.Error()}}
	var gone *hotline.GoneError
	if errors.As(err, &gone) {
		p.Earliest = gone.First
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{"status":410}`)
	}
	c.SetHeader("Content-Type", "application/problem+json")
	c.SetStatus(http.StatusGone)
	c.BodyWriter().Write(b) // a client that is gone needs no answer
}

func (s *server) sendEvent(ctx context.Context, out sse, ev hotline.Event) error {
	for {
		wait, cancel := context.WithTimeout(ctx, keepAlive)
		err := s.Log.Durable(wait, ev.Seq)
		cancel()
		if err == nil {
			break
		}
		if wait.Err() == nil || ctx.Err() != nil {
			return err
		}
		if err := out.send("", "", nil); err != nil { // the disk is slow, the client need not know
			return err
		}
	}
	b, err := hotline.MarshalEvent(ev)
	if err != nil {
		return err
	}
	return out.send(strconv.FormatUint(ev.Seq, 10), ev.Fact.Kind(), b)
}

// pull reads a log's tail one event at a time; next returns a zero event when none came within its time.
func pull(ctx context.Context, log hotline.Log, after uint64) (next func(time.Duration) (hotline.Event, error), stop func()) {
	type item struct {
		ev  hotline.Event
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	items := make(chan item)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev, err := range log.Tail(ctx, after) {
			select {
			case items <- item{ev, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	next = func(within time.Duration) (hotline.Event, error) {
		select {
		case i := <-items:
			return i.ev, i.err
		case <-ctx.Done():
			return hotline.Event{}, ctx.Err()
		case <-time.After(within):
			return hotline.Event{}, nil
		}
	}
	return next, func() { cancel(); <-done }
}

package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// message is one server-sent event; a comment has none of the fields.
type message struct{ id, event, data string }

// stream is an open stream of server-sent events.
type stream struct {
	t    *testing.T
	got  chan message
	stop context.CancelFunc
	res  *http.Response
}

func (b *bench) stream(t *testing.T, token, path string, headers ...string) *stream {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(stop)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := b.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, got: make(chan message, 1000), stop: stop, res: r}
	go s.read()
	return s
}

func (s *stream) read() {
	defer close(s.got)
	defer s.res.Body.Close()
	lines := bufio.NewScanner(s.res.Body)
	lines.Buffer(nil, 16<<20)
	var m message
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			m.data = value
		case "":
			s.got <- m
			m = message{}
		}
	}
}

// next is the next message that is no comment.
func (s *stream) next() (message, bool) {
	s.t.Helper()
	for {
		select {
		case m, ok := <-s.got:
			if !ok || m.event != "" {
				return m, ok
			}
		case <-time.After(10 * time.Second):
			s.t.Fatal("nothing came for ten seconds")
		}
	}
}

func (b *bench) put(t *testing.T, facts ...hotline.Fact) {
	t.Helper()
	for _, f := range facts {
		if _, err := b.log.Append([]hotline.Event{{At: b.Now(), Call: "c1", Contact: "c1", Fact: f}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLiveStream(t *testing.T) {
	b := newBench(t, afternoon(t))
	s := b.stream(t, b.as(t, auth.Wallboard), "/api/v1/live/stream")
	if got := s.res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("type %q", got)
	}
	first, _ := s.next()
	var v reports.View
	if err := json.Unmarshal([]byte(first.data), &v); err != nil || first.event != "view" || v.Seq != b.Fold.Seq() {
		t.Fatalf("%s %.80s, %v", first.event, first.data, err)
	}
	number := "13900000001"
	b.put(t, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: number, Name: "x"}})
	began := time.Now()
	for {
		m, ok := s.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		if strings.Contains(m.data, number) {
			t.Fatal("a number on the wall")
		}
		v = reports.View{}
		if err := json.Unmarshal([]byte(m.data), &v); err != nil {
			t.Fatal(err)
		}
		if len(v.Calls) > 0 && v.Calls[len(v.Calls)-1].ID == "c1" {
			break
		}
	}
	if d := time.Since(began); d > 4*time.Second {
		t.Errorf("the change was shown after %v", d)
	}
}

// However much happens, a page is sent at most four views a second, and two pages may see different masks of one view.
func TestLiveStreamPace(t *testing.T) {
	b := newBench(t, nil)
	wall, lead := b.stream(t, b.as(t, auth.Wallboard), "/api/v1/live/stream"), b.stream(t, b.as(t, auth.Lead), "/api/v1/live/stream")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_, _ = b.log.Append([]hotline.Event{{At: b.Now(), Call: "c1", Contact: "c1", Fact: hotline.CallStarted{From: hotline.Party{Number: "13900000001"}}}})
			}
		}
	}()
	n, clear := 0, 0
	for end := time.After(1500 * time.Millisecond); ; {
		select {
		case <-wall.got:
			n++
			continue
		case m := <-lead.got:
			if strings.Contains(m.data, "13900000001") {
				clear++
			}
			continue
		case <-end:
		}
		break
	}
	close(stop)
	<-done
	if n < 1 || n > 8 {
		t.Errorf("%d views in a second and a half, want about 6", n)
	}
	if clear == 0 {
		t.Error("the lead saw no number")
	}
}

func TestLiveStreamEndsWithItsSession(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Lead)
	s := b.stream(t, tok, "/api/v1/live/stream")
	s.next()
	if err := b.Auth.End(tok); err != nil {
		t.Fatal(err)
	}
	for {
		b.put(t, hotline.EngineStarted{Version: "x"})
		if _, ok := s.next(); !ok {
			return
		}
	}
}

func TestEventsInOrderNoneLost(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Director)
	const n = 500
	for range n / 2 {
		b.put(t, hotline.LegRang{})
	}
	s := b.stream(t, tok, "/api/v1/events?after=0")
	go func() {
		for range n / 2 {
			_, _ = b.log.Append([]hotline.Event{{At: b.Now(), Call: "c1", Fact: hotline.CallEnded{Cause: hotline.CauseHangup}}})
		}
	}()
	for want := 1; want <= n; want++ {
		m, ok := s.next()
		if !ok || m.id != strconv.Itoa(want) {
			t.Fatalf("number %q came, want %d", m.id, want)
		}
		ev, err := hotline.UnmarshalEvent([]byte(m.data))
		if err != nil || ev.Seq != uint64(want) || m.event != ev.Fact.Kind() {
			t.Fatalf("%s %s: %v", m.event, m.data, err)
		}
	}
	s.stop()
	again := b.stream(t, tok, "/api/v1/events?after=1", "Last-Event-ID", "400") // what a browser sends when it reconnects
	if m, _ := again.next(); m.id != "401" {
		t.Errorf("resumed at %q, want 401", m.id)
	}
	now := b.stream(t, tok, "/api/v1/events")
	time.Sleep(2 * viewStep) // the stream has no other sign that it stands than its first event
	b.put(t, hotline.LegRang{})
	if m, _ := now.next(); m.id != strconv.Itoa(n+1) {
		t.Errorf("without a number the first event is %q, want %d", m.id, n+1)
	}
	if r := b.get(t, tok, "/api/v1/events?after=x"); r.StatusCode != 422 {
		t.Errorf("after=x: %s", r.Status)
	}
}

// Nobody outside sees an event before it is on the disk.
func TestEventsAreDurable(t *testing.T) {
	b := newBench(t, nil)
	hold := make(chan struct{})
	b.log.mu.Lock()
	b.log.hold = hold
	b.log.mu.Unlock()
	b.put(t, hotline.LegRang{})
	s := b.stream(t, b.as(t, auth.Director), "/api/v1/events?after=0")
	select {
	case m := <-s.got:
		if m.event != "" {
			t.Errorf("%s was sent before it was durable", m.data)
		}
	case <-time.After(300 * time.Millisecond):
	}
	close(hold)
	if m, _ := s.next(); m.id != "1" {
		t.Errorf("%+v", m)
	}
}

func TestArchivedEvents(t *testing.T) {
	b := newBench(t, nil)
	for range 10 {
		b.put(t, hotline.LegRang{})
	}
	b.log.mu.Lock()
	b.log.first = 7
	b.log.mu.Unlock()
	r := b.get(t, b.as(t, auth.Director), "/api/v1/events?after=2")
	if r.StatusCode != http.StatusGone || r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(r.body, "7") {
		t.Errorf("%s %s %s", r.Status, r.Header.Get("Content-Type"), r.body)
	}
	var p struct{ Status, Earliest int }
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Status != 410 || p.Earliest != 7 {
		t.Errorf("%s: %v", r.body, err)
	}
	if m, _ := b.stream(t, b.as(t, auth.Director), "/api/v1/events?after=6").next(); m.id != "7" {
		t.Errorf("the earliest there is: %+v", m)
	}
}

// A client that reads no more is dropped after its own deadline and holds up nobody: the log grows, others are served.
func TestStuckReader(t *testing.T) {
	b := newBench(t, afternoon(t))
	c, err := net.Dial("tcp", strings.TrimPrefix(b.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b.as(t, auth.Director) + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	s := b.stream(t, b.as(t, auth.Director), "/api/v1/events?after="+strconv.FormatUint(b.Fold.Seq(), 10))
	began := time.Now()
	for range 2000 {
		b.put(t, hotline.RecordingFailed{Error: strings.Repeat("x", 5000)})
	}
	for i := range 2000 {
		if _, ok := s.next(); !ok {
			t.Fatalf("the other client's stream ended after %d", i)
		}
	}
	if d := time.Since(began); d > writeWithin {
		t.Errorf("the other client was held up for %v", d)
	}
}

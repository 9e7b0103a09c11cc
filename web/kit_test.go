package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/audit"
	"hotline/web/auth"
)

// memLog is a hotline.Log in memory. Durable waits until hold is closed, if it is set.
type memLog struct {
	mu     sync.Mutex
	events []hotline.Event
	grown  chan struct{}
	broken error         // answer of Append
	first  uint64        // events before it were archived
	hold   chan struct{} // Durable waits for it
}

func newLog() *memLog { return &memLog{grown: make(chan struct{})} }

func (l *memLog) Append(evs []hotline.Event) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return 0, l.broken
	}
	for _, ev := range evs {
		ev.Seq, ev.At = uint64(len(l.events)+1), hotline.Millis(ev.At)
		l.events = append(l.events, ev)
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return uint64(len(l.events)), nil
}

func (l *memLog) Durable(ctx context.Context, _ uint64) error {
	l.mu.Lock()
	hold := l.hold
	l.mu.Unlock()
	if hold == nil {
		return nil
	}
	select {
	case <-hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *memLog) Read(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) { l.read(ctx, after, false, yield) }
}

func (l *memLog) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) { l.read(ctx, after, true, yield) }
}

func (l *memLog) read(ctx context.Context, after uint64, live bool, yield func(hotline.Event, error) bool) {
	for {
		l.mu.Lock()
		rest, grown, gone := l.events[min(after, uint64(len(l.events))):], l.grown, after+1 < l.first
		l.mu.Unlock()
		if gone {
			yield(hotline.Event{}, &hotline.GoneError{First: l.first})
			return
		}
		for _, ev := range rest {
			if after = ev.Seq; !yield(ev, nil) {
				return
			}
		}
		if !live {
			return
		}
		select {
		case <-grown:
		case <-ctx.Done():
			yield(hotline.Event{}, ctx.Err())
			return
		}
	}
}

// audited are the acts noted so far.
func (l *memLog) audited() (acts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.events {
		if a, ok := ev.Fact.(hotline.Audited); ok {
			acts = append(acts, strings.TrimSpace(a.User+" "+a.Act+" "+a.Target))
		}
	}
	return acts
}

// learn brings the ledger up to date.
func (b *bench) learn(t testing.TB) {
	t.Helper()
	b.log.mu.Lock()
	evs := slices.Clone(b.log.events)
	b.log.mu.Unlock()
	for _, ev := range evs {
		if err := b.ledger.Apply(ev); err != nil {
			t.Fatal(err)
		}
	}
}

// bucket is a bucket in memory.
type bucket struct {
	mu sync.Mutex
	m  map[string][]byte
}

func newBucket() *bucket { return &bucket{m: map[string][]byte{}} }

func (b *bucket) Get(k string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.m[k]), nil
}

func (b *bucket) Put(k string, v []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.m[k] = bytes.Clone(v)
	return nil
}

func (b *bucket) Delete(k string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, k)
	return nil
}

func (b *bucket) Each(prefix string, f func(string, []byte) bool) error {
	b.mu.Lock()
	var keys []string
	for k := range b.m {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	b.mu.Unlock()
	slices.Sort(keys)
	for _, k := range keys {
		if v, _ := b.Get(k); !f(k, v) {
			return nil
		}
	}
	return nil
}

// phones are the agents' HA1 values.
type phones map[string]string

func (p phones) HA1(user string) (string, bool) { h, ok := p[user]; return h, ok }

// tapes are recordings in memory, by file.
type tapes map[string][]byte

type tape struct{ *bytes.Reader }

func (tape) Close() error { return nil }

func (t tapes) Open(file string) (io.ReadSeekCloser, error) {
	b, ok := t[file]
	if !ok {
		return nil, errors.New("no such file")
	}
	return tape{bytes.NewReader(b)}, nil
}

func (t tapes) Sidecar(file string) ([]byte, error) {
	b, ok := t[file+".json"]
	if !ok {
		return nil, errors.New("no such file")
	}
	return b, nil
}

// bench is a web server over a centre of its own.
type bench struct {
	*httptest.Server
	*server
	log    *memLog
	desk   *fileDesk
	shelf  *shelf
	tapes  tapes
	ledger *audit.Ledger // what people did as of learn
	mu     sync.Mutex
	asked  []hotline.Request
	answer error                       // of Submit
	decide func(hotline.Request) error // instead of answer, if set
}

// testNow is the time at which the tests play.
const testNow = "2026-11-22T14:32:08+08:00"

// logins knows the phones' passwords and nobody else.
func logins(now func() time.Time, c *centre.Centre) *auth.Auth {
	p := phones{}
	for _, a := range c.Agents {
		p[string(a.ID)] = md5hex(string(a.ID) + ":hotline.example:" + a.Password)
	}
	return auth.New(auth.Config{Users: newBucket(), Sessions: newBucket(), Factors: newBucket(), Accounts: p, Realm: "hotline.example", Now: now})
}

// setBench builds a bench whose log holds the events; now is the clock of everything.
func setBench(events []hotline.Event, now func() time.Time) (*bench, error) {
	return benchOf(centreText(), events, now)
}

func benchOf(text string, events []hotline.Event, now func() time.Time) (*bench, error) {
	c, faults := centre.Parse("centre.yaml", []byte(text), func(string) (string, bool) { return "secret", true })
	if len(faults) > 0 {
		return nil, fmt.Errorf("centre: %v", faults)
	}
	b := &bench{log: newLog(), desk: newDesk(c, now), shelf: &shelf{own: map[string][]byte{}}, tapes: tapes{}}
	fold := reports.New(reports.Config{Centre: reportCentre(c), Now: now})
	_, err := b.log.Append(events)
	if err != nil {
		return nil, err
	}
	for _, ev := range b.log.events {
		fold.Apply(ev)
	}
	if b.ledger, err = audit.Open(audit.Config{Bucket: newBucket(), Log: b.log, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return nil, err
	}
	s, mux, err := build(Config{
		Ledger:  b.ledger,
		Version: "test", Fold: fold, Log: b.log, Submit: b.submit, Recordings: b.tapes,
		Centre: b.desk.centre, CentreFile: b.desk, Prompts: b.shelf, Auth: logins(now, c), Kept: newBucket(), Ready: func() error { return nil }, Now: now, Cards: newBucket(),
		Boards: newBucket(), Kiosks: auth.NewKiosks(newBucket(), now),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	b.server = s
	b.Server = httptest.NewUnstartedServer(s.protect(mux))
	return b, nil
}

func (b *bench) submit(_ context.Context, q hotline.Request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, q)
	if b.decide != nil {
		return b.decide(q)
	}
	return b.answer
}

// newBench is a running bench over the events, which stand still at testNow.
func newBench(t *testing.T, events []hotline.Event) *bench {
	t.Helper()
	at := moment(t, testNow)
	b, err := setBench(past(events, at), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	b.run(t)
	return b
}

// run serves until the test is over.
func (b *bench) run(t *testing.T) {
	b.Start()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Fold.Run(ctx, b.log) }()
	t.Cleanup(func() { b.Server.CloseClientConnections(); b.Server.Close(); stop(); <-done })
}

// past is the events up to an instant.
func past(events []hotline.Event, at time.Time) []hotline.Event {
	i, _ := slices.BinarySearchFunc(events, at, func(ev hotline.Event, at time.Time) int { return ev.At.Compare(at) })
	return events[:i]
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// token is a session of a login that was not asked for over HTTP, for tests of something else.
func (b *bench) token(t testing.TB, u auth.User) string {
	t.Helper()
	tok, err := b.Auth.Begin(u)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// as is a session of the role; an agent's is 8001's.
func (b *bench) as(t testing.TB, r auth.Role) string {
	u := auth.User{Name: string(r), Role: r}
	if r == auth.Agent {
		u = auth.User{Name: "8001", Role: r, Agent: "8001"}
	}
	return b.token(t, u)
}

// reply is an answer that was read to its end.
type reply struct {
	*http.Response
	body string
}

// do sends a request; the token and the body may be empty. Headers come in pairs.
func (b *bench) do(t testing.TB, token, method, path, body string, headers ...string) reply {
	t.Helper()
	q, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := b.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{r, string(all)}
}

func (b *bench) get(t testing.TB, token, path string, headers ...string) reply {
	t.Helper()
	return b.do(t, token, http.MethodGet, path, "", headers...)
}

// read decodes an answer that must be of the status.
func read[T any](t testing.TB, r reply, status int) (v T) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: %s, want %d\n%s", r.Request.Method, r.Request.URL.Path, r.Status, status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%s: %v\n%s", r.Request.URL.Path, err, r.body)
	}
	return v
}

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// book is a log in memory.
type book struct {
	mu    sync.Mutex
	evs   []hotline.Event
	grown chan struct{}
	sick  bool // the next event read is an error, once
}

func newBook() *book { return &book{grown: make(chan struct{})} }

func (b *book) Append(evs []hotline.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ev := range evs {
		ev.Seq, ev.At = uint64(len(b.evs)+1), hotline.Millis(ev.At)
		b.evs = append(b.evs, ev)
	}
	close(b.grown)
	b.grown = make(chan struct{})
	return nil
}

func (b *book) Last() uint64 { b.mu.Lock(); defer b.mu.Unlock(); return uint64(len(b.evs)) }

func (b *book) Durable(context.Context, uint64) error { return nil }

func (b *book) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for at := int(after); ctx.Err() == nil; {
			b.mu.Lock()
			evs, grown, sick := b.evs[at:], b.grown, b.sick
			b.sick = b.sick && len(evs) == 0
			b.mu.Unlock()
			if sick && len(evs) > 0 {
				yield(hotline.Event{}, errors.New("input/output error"))
				return
			}
			for _, ev := range evs {
				if at++; !yield(ev, nil) {
					return
				}
			}
			if len(evs) == 0 {
				select {
				case <-grown:
				case <-ctx.Done():
				}
			}
		}
	}
}

// shelf keeps places in memory.
type shelf struct {
	mu  sync.Mutex
	val map[string][]byte
}

func (s *shelf) Get(key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.val[key], nil
}

func (s *shelf) Put(key string, val []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.val[key] = val
	return nil
}

func (s *shelf) Delete(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.val, key)
	return nil
}

func (s *shelf) Each(_ string, f func(string, []byte) bool) error {
	s.mu.Lock()
	all := maps.Clone(s.val)
	s.mu.Unlock()
	for key, val := range all {
		if !f(key, val) {
			return nil
		}
	}
	return nil
}

// got is one try as the other side sees it.
type got struct {
	message
	header http.Header
	host   string
	when   time.Time
}

// far is the other side, without a network: time can be made up.
type far struct {
	mu     sync.Mutex
	got    []got
	times  map[string]int
	answer func(ctx context.Context, g got, n int) int // n: how often the message came before
}

func (f *far) RoundTrip(req *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(req.Body)
	g := got{header: req.Header, host: req.URL.Host, when: time.Now()}
	if err := json.Unmarshal(body, &g.message); err != nil {
		return nil, err
	}
	f.mu.Lock()
	if f.times == nil {
		f.times = map[string]int{}
	}
	n := f.times[g.host+g.ID]
	f.times[g.host+g.ID]++
	f.got = append(f.got, g)
	f.mu.Unlock()
	status := 204
	if f.answer != nil {
		status = f.answer(req.Context(), g, n)
	}
	if req.Context().Err() != nil {
		return nil, req.Context().Err()
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

func (f *far) all() []got { f.mu.Lock(); defer f.mu.Unlock(); return append([]got(nil), f.got...) }

type rig struct {
	t      *testing.T
	log    *book
	places *shelf
	far    *far
	text   *strings.Builder
	hooks  []Hook
	n      *Notifier
	stop   func()
}

func newRig(t *testing.T, hooks ...Hook) *rig {
	for i := range hooks {
		if hooks[i].URL == "" {
			hooks[i].URL = "https://" + hooks[i].Name + ".example/hook?key=hidden"
		}
		hooks[i].Secret, hooks[i].Timeout = "a secret of some length", 5*time.Second
	}
	return &rig{t: t, log: newBook(), places: &shelf{val: map[string][]byte{}}, far: &far{}, text: &strings.Builder{}, hooks: hooks}
}

func (r *rig) start() {
	r.t.Helper()
	n, err := New(Config{
		Hooks: r.hooks, Log: r.log, Places: r.places, Append: r.log.Append, Transport: r.far, Agent: "Hotline/test",
		Logger: slog.New(slog.NewTextHandler(r.text, nil)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	r.n, r.stop = n, func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) put(ev hotline.Event, facts ...hotline.Fact) {
	for _, f := range facts {
		ev.At, ev.Fact = time.Now(), f
		if err := r.log.Append([]hotline.Event{ev}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// call puts a whole contact into the log: offer, answer, end (agent), end (call), wrap_up (code), wrap_up (end).
func (r *rig) call(id string) {
	ev := hotline.Event{Contact: hotline.ContactID(id), Call: hotline.CallID("call-" + id)}
	visit := hotline.VisitID("v-" + id)
	r.put(ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13800138000", Name: "王小明"}, To: "95500"})
	ev.Queue = "claims"
	r.put(ev, hotline.Queued{Visit: visit, Since: time.Now(), Attrs: map[string]string{"vip": "1", "caller": "13800138000", "name": "王小明"}})
	ev.Agent = "8001"
	r.put(ev, hotline.Offered{Visit: visit, Offer: "o1", Attempt: 1, WaitMS: 900})
	r.put(hotline.Event{Contact: ev.Contact, Call: ev.Call, Agent: "8001"}, hotline.Answered{Visit: visit, WaitMS: 1000})
	r.put(ev, hotline.Released{Visit: visit, TalkMS: 60_000, HoldMS: 1000, By: hotline.RoleCustomer, Wrap: "timed"})
	r.put(hotline.Event{Call: ev.Call, Contact: ev.Contact}, hotline.CallEnded{By: hotline.RoleCustomer})
	r.put(ev, hotline.Noted{Visit: visit, Text: "calls back from 13911112222"}, hotline.WrapCoded{Visit: visit, Code: "claim.car"}, hotline.WrapEnded{Visit: visit, MS: 9000})
}

func sequence(all []got) string {
	var b strings.Builder
	for _, g := range all {
		b.WriteString(g.Event + g.Part + " ")
	}
	return strings.TrimSpace(b.String())
}

const whole = "offer answer endagent endcall wrap_up wrap_up"

func TestAContactIsToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm", Numbers: true})
		r.call("before") // a new hook is not told of the past
		r.start()
		r.call("c1")
		synctest.Wait()
		r.stop()
		all := r.far.all()
		if sequence(all) != whole {
			t.Fatalf("%s", sequence(all))
		}
		o := all[0]
		if o.Contact != "c1" || o.Call != "call-c1" || o.Queue != "claims" || o.Agent != "8001" || o.Number != "13800138000" || o.Name != "王小明" || o.Attrs["vip"] != "1" || *o.WaitedMS != 900 || o.Masked {
			t.Errorf("%+v", o)
		}
		if a := all[1]; a.Queue != "claims" || a.Visit != "v-c1" { // its fact names no queue
			t.Errorf("%+v", a)
		}
		if w := all[5]; w.Code != "claim.car" || !*w.Done || *w.WrapMS != 9000 || w.Note == "" {
			t.Errorf("%+v", w)
		}
		if o.header.Get("X-Hotline-Event") != "offer" || o.header.Get("X-Hotline-Delivery") != o.ID || o.header.Get("User-Agent") != "Hotline/test" {
			t.Errorf("%v", o.header)
		}
	})
}

// TestASickLogIsReadAgain: what cannot be read once is told all the same, in its order, and once.
func TestASickLogIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		r.start()
		r.call("c1")
		synctest.Wait()
		r.log.mu.Lock()
		r.log.sick = true
		r.log.mu.Unlock()
		r.call("c2")
		time.Sleep(2 * readAgain)
		synctest.Wait()
		r.stop()
		if s := sequence(r.far.all()); s != whole+" "+whole {
			t.Errorf("told: %s", s)
		}
		if !strings.Contains(r.text.String(), "tried again") {
			t.Error("nobody is told that the log was sick")
		}
	})
}

func TestAHookWithoutNumbersSeesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		r.start()
		r.call("c1")
		synctest.Wait()
		r.stop()
		for _, g := range r.far.all() {
			text, _ := json.Marshal(g.message)
			for _, secret := range []string{"13800138000", "13911112222", "王小明"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("%s in %s", secret, text)
				}
			}
			if !g.Masked || g.Number != "138****8000" || g.Attrs["caller"] != "138****8000" {
				t.Errorf("%s", text)
			}
		}
	})
}

func TestEventsAndQueuesChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "some", Events: []string{EventEnd}}, Hook{Name: "other", Queues: []hotline.QueueID{"sales"}}, Hook{Name: "same", Queues: []hotline.QueueID{"claims"}})
		r.start()
		r.call("c1")
		ev := hotline.Event{Contact: "t", Call: "t"}
		r.put(ev, hotline.CallStarted{Test: true}, hotline.Offered{Visit: "v"}, hotline.CallEnded{}) // a trial is nobody's business
		r.put(hotline.Event{Call: "watch"}, hotline.CallEnded{})                                     // a supervisor's line has no contact
		synctest.Wait()
		r.stop()
		told := map[string][]got{}
		for _, g := range r.far.all() {
			told[g.host] = append(told[g.host], g)
		}
		if sequence(told["some.example"]) != "endagent endcall" || len(told["other.example"]) != 0 || sequence(told["same.example"]) != whole {
			t.Errorf("%v", told)
		}
	})
}

func TestTriedAgainWithBackOffInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		r.far.answer = func(_ context.Context, g got, n int) int {
			if g.Contact == "c1" && g.Event == EventOffer && n < 5 {
				return []int{500, 503, 429, 408, 302}[n]
			}
			return 200
		}
		r.start()
		r.call("c1")
		r.call("c2")
		synctest.Wait()
		if got := len(r.far.all()); got != 7 { // one try of c1, all of c2: nobody waits for another contact
			t.Fatalf("%d told", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.stop()
		var c1 []got
		for _, g := range r.far.all() {
			if g.Contact == "c1" {
				c1 = append(c1, g)
			}
		}
		if sequence(c1) != "offer offer offer offer offer "+whole {
			t.Fatalf("%s", sequence(c1))
		}
		for i := 1; i <= 5; i++ {
			d, want := c1[i].when.Sub(c1[i-1].when), time.Second<<(i-1)
			if d < want*3/4 || d > want*5/4 || c1[i].ID != c1[0].ID {
				t.Errorf("try %d after %v", i+1, d)
			}
		}
		if s := r.n.Stats(time.Now())[0]; s.Delivered != 12 || s.Retried != 5 || s.Backlog != 0 || s.Behind != 0 {
			t.Errorf("%+v", s)
		}
		if strings.Contains(r.text.String(), "hidden") || strings.Contains(r.text.String(), "1380013") {
			t.Errorf("private in the log: %s", r.text)
		}
	})
}

func TestARefusalIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		r.far.answer = func(_ context.Context, g got, _ int) int {
			if g.Event == EventOffer {
				return 422
			}
			return 200
		}
		r.start()
		r.call("c1")
		time.Sleep(time.Hour)
		r.stop()
		if s := r.n.Stats(time.Now())[0]; sequence(r.far.all()) != whole || s.Refused != 1 || s.Delivered != 5 || !s.Since.IsZero() || s.Error != "" {
			t.Errorf("%s %+v", sequence(r.far.all()), s)
		}
	})
}

// TestAWrongSecretIsSeen: a receiver that refuses every signature makes the hook's state say so, since the first of them, until it takes
// one.
func TestAWrongSecretIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		var mended atomic.Bool
		r.far.answer = func(context.Context, got, int) int {
			if mended.Load() {
				return 200
			}
			return 401
		}
		r.start()
		begun := time.Now()
		r.call("c1")
		time.Sleep(time.Hour)
		s := r.n.Stats(time.Now())[0]
		if s.Error != "status 401" || s.Refused == 0 || s.Delivered != 0 || s.Since.Before(begun.Truncate(time.Millisecond)) || s.Since.After(begun.Add(time.Minute)) {
			t.Errorf("%+v, begun %v", s, begun)
		}
		mended.Store(true)
		r.call("c2")
		time.Sleep(time.Hour)
		if s := r.n.Stats(time.Now())[0]; s.Error != "" || !s.Since.IsZero() || s.Delivered == 0 {
			t.Errorf("mended: %+v", s)
		}
		r.stop()
	})
}

// TestADeadHookDelaysNobody: one is dead for two days; the other is told at once; what is 24 h old is given up with an alarm, and
// the alarm is taken back when the hook lives again.
func TestADeadHookDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "dead"}, Hook{Name: "sound"})
		var alive atomic.Bool
		r.far.answer = func(ctx context.Context, g got, _ int) int {
			if g.host == "dead.example" && !alive.Load() {
				<-ctx.Done() // it never answers
			}
			return 200
		}
		r.start()
		for i := range 30 {
			r.call(fmt.Sprint("c", i))
		}
		synctest.Wait()
		if s := r.n.Stats(time.Now()); s[1].Delivered != 180 || s[0].Backlog != 180 {
			t.Fatalf("%+v", s)
		}
		time.Sleep(23 * time.Hour)
		if s := r.n.Stats(time.Now())[0]; s.GivenUp != 0 || s.Behind < 22*time.Hour {
			t.Errorf("%+v", s)
		}
		time.Sleep(3 * time.Hour)
		if s := r.n.Stats(time.Now())[0]; s.GivenUp != 180 || s.Backlog != 0 {
			t.Errorf("%+v", s)
		}
		alive.Store(true)
		r.call("last")
		synctest.Wait()
		r.stop()
		var alarms []string
		for _, ev := range r.log.evs {
			switch f := ev.Fact.(type) {
			case hotline.AlarmRaised:
				alarms = append(alarms, "+"+f.Alarm)
			case hotline.AlarmCleared:
				alarms = append(alarms, "-"+f.Alarm)
			}
		}
		if got := strings.Join(alarms, " "); got != "+webhook_lost:dead -webhook_lost:dead" {
			t.Errorf("%s", got)
		}
	})
}

// TestMemoryIsBounded: of a flood behind a dead hook only the window is in memory, and nothing is lost when it comes back.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		var alive atomic.Bool
		r.far.answer = func(context.Context, got, int) int {
			if alive.Load() {
				return 200
			}
			return 500
		}
		r.start()
		for i := range 400 {
			r.call(fmt.Sprint("c", i))
		}
		synctest.Wait()
		if s := r.n.Stats(time.Now())[0]; s.Backlog != window {
			t.Fatalf("%+v", s)
		}
		alive.Store(true)
		time.Sleep(10 * time.Minute)
		r.stop()
		if s := r.n.Stats(time.Now())[0]; s.Delivered != 2400 || s.Backlog != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestNothingIsLostByARestart stops in the middle again and again, with answers that come and go: each message comes at least once,
// each contact's in order, and the same message is the same text.
func TestNothingIsLostByARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm", Numbers: true})
		r.far.answer = func(_ context.Context, g got, n int) int {
			time.Sleep(time.Duration(g.Seq%7) * 300 * time.Millisecond)
			if (g.Seq*7919+uint64(n)*31)%5 < 2 {
				return 503
			}
			return 200
		}
		for run := range 12 {
			r.start()
			for i := range 10 {
				r.call(fmt.Sprintf("c%d-%d", run, i))
			}
			time.Sleep(time.Duration(run*run) * 70 * time.Millisecond)
			if run%3 == 2 { // a crash: the place is as it was before the end
				r.places.mu.Lock()
				kept := maps.Clone(r.places.val)
				r.places.mu.Unlock()
				r.stop()
				r.places.val = kept
			} else {
				r.stop()
			}
		}
		r.start()
		time.Sleep(time.Hour)
		r.stop()
		last, text, told := map[hotline.ContactID]uint64{}, map[string]string{}, map[string]bool{}
		for _, g := range r.far.all() {
			body, _ := json.Marshal(g.message)
			if was, ok := text[g.ID]; ok && was != string(body) {
				t.Fatalf("one message, two texts:\n%s\n%s", was, body)
			}
			text[g.ID] = string(body)
			if !told[g.ID] && g.Seq < last[g.Contact] {
				t.Errorf("%s: %d after %d", g.Contact, g.Seq, last[g.Contact])
			}
			told[g.ID], last[g.Contact] = true, max(last[g.Contact], g.Seq)
			if g.Number != "13800138000" {
				t.Errorf("%s without its number", body)
			}
		}
		if len(told) != 12*10*6 {
			t.Errorf("%d messages", len(told))
		}
	})
}

func TestAHookTakenOutIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm"})
		r.start()
		r.stop()
		crm := r.hooks
		r.hooks = nil
		r.start()
		r.stop()
		r.call("c1")
		r.hooks = crm
		r.start()
		synctest.Wait()
		r.stop()
		if len(r.far.all()) != 0 {
			t.Errorf("told of the time without it: %s", sequence(r.far.all()))
		}
	})
}

func TestHostileTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Hook{Name: "crm", Numbers: true})
		r.start()
		attrs := map[string]string{}
		for i := range 500 {
			attrs[fmt.Sprintf("a%03d\r\nX-Evil: 1", i)] = strings.Repeat("\xff\u202e<script>", 1000)
		}
		ev := hotline.Event{Contact: "c\r\nX: y", Call: "x", Queue: "q"}
		r.put(ev, hotline.CallStarted{From: hotline.Party{Number: strings.Repeat("9", 5000), Name: "=cmd()\r\nX-Evil: 1\x00" + strings.Repeat("王", 5000)}},
			hotline.Queued{Visit: "v", Attrs: attrs}, hotline.Offered{Visit: "v"}, hotline.CallEnded{})
		synctest.Wait()
		r.stop()
		all := r.far.all()
		if len(all) != 2 || len(all[0].Name) > maxText || len(all[0].Number) > maxText || len(all[0].Attrs) > maxAttrs {
			t.Fatalf("%+v", all)
		}
		if body, _ := json.Marshal(all[0].message); len(body) > 100_000 || strings.Contains(string(body), "<script>") || all[0].header.Get("X-Evil") != "" {
			t.Errorf("%d bytes", len(body))
		}
	})
}

package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// shelf is a bucket in memory.
type shelf struct {
	mu   sync.Mutex // guards the fields below where a ledger runs
	m    map[string][]byte
	full bool
}

// room makes it full, or gives room again.
func (b *shelf) room(full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = full
}

func (b *shelf) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.m)
}

func (b *shelf) Put(k string, v []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		return errors.New("full")
	}
	b.m[k] = slices.Clone(v)
	return nil
}

func (b *shelf) Each(prefix string, f func(string, []byte) bool) error {
	b.mu.Lock()
	all := maps.Clone(b.m)
	b.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(k, prefix) && !f(k, slices.Clone(all[k])) {
			break
		}
	}
	return nil
}

// book is a log in memory; events up to gone are archived.
type book struct {
	events []hotline.Event
	gone   uint64
}

func (l *book) Append(evs []hotline.Event) (uint64, error) {
	for _, ev := range evs {
		ev.Seq = uint64(len(l.events) + 1)
		l.events = append(l.events, ev)
	}
	return uint64(len(l.events)), nil
}

func (l *book) Durable(context.Context, uint64) error { return nil }

func (l *book) Read(_ context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		if after < l.gone {
			yield(hotline.Event{}, &hotline.GoneError{First: l.gone + 1})
			return
		}
		for _, ev := range l.events[after:] {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

func (l *book) Tail(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for ev, err := range l.Read(ctx, after) {
			if !yield(ev, err) {
				return
			}
		}
		<-ctx.Done()
		yield(hotline.Event{}, ctx.Err())
	}
}

// day1 is where the tests begin.
func day1() time.Time { return time.Date(2026, 11, 20, 23, 0, 0, 0, time.UTC) }

// filled is a log of n acts an hour apart, each with an event of another kind before it.
func filled(n int) *book {
	l := &book{}
	for i := range n {
		_, _ = l.Append([]hotline.Event{
			{At: day1(), Fact: hotline.AlarmCleared{Alarm: "x"}},
			{At: day1().Add(time.Duration(i) * time.Hour), Fact: hotline.Audited{
				User: []string{"anna", "bert"}[i%2], Act: []string{"export", "set_agent ready", "play_recording"}[i%3], Target: fmt.Sprint("t", i), Addr: "192.0.2.1",
			}},
		})
	}
	return l
}

func ledger(t *testing.T, b *shelf, log *book) *Ledger {
	t.Helper()
	l, err := Open(Config{Bucket: b, Log: log, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// kept is a ledger that has read the whole log.
func kept(t *testing.T, log *book) (*Ledger, *shelf) {
	t.Helper()
	b := &shelf{m: map[string][]byte{}}
	l := ledger(t, b, log)
	for _, ev := range log.events {
		if err := l.Apply(ev); err != nil {
			t.Fatal(err)
		}
	}
	return l, b
}

func verdict(t *testing.T, l *Ledger, noted Head) Verdict {
	t.Helper()
	v, err := l.Verify(t.Context(), noted)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSoundChain(t *testing.T) {
	log := filled(50)
	l, b := kept(t, log)
	v := verdict(t, l, Head{})
	if !v.OK || v.Entries != 50 || v.InLog != 50 || v.N != 50 || len(v.Hash) != 64 || !v.From.Equal(day1()) {
		t.Fatalf("%+v", v)
	}
	again := ledger(t, b, log)
	if w := verdict(t, again, Head{N: 50, Hash: v.Hash}); !w.OK || w.Hash != v.Hash {
		t.Errorf("after a restart: %+v", w)
	}
	if err := again.Apply(log.events[3]); err != nil || again.head.N != 50 {
		t.Errorf("an act came in twice: %d, %v", again.head.N, err)
	}
	other, _ := kept(t, log)
	if w := verdict(t, other, Head{}); w.Hash != v.Hash {
		t.Error("the chain made anew from the log is another one")
	}
	log.gone = 40
	if w := verdict(t, again, Head{}); !w.OK || w.InLog != 30 {
		t.Errorf("with the log's beginning archived: %+v", w)
	}
}

// Whatever is done to an entry is found, and the first one is named.
func TestFaultsAreNamed(t *testing.T) {
	keyOf := func(b *shelf, n int) string { return slices.Sorted(maps.Keys(b.m))[n-1] }
	swap := func(b *shelf, n int, from, to string) {
		k := keyOf(b, n)
		b.m[k] = []byte(strings.Replace(string(b.m[k]), from, to, 1))
	}
	for name, c := range map[string]struct {
		do    func(l *Ledger, b *shelf, log *book)
		noted Head
		n     uint64
		fault string
	}{
		"the user is another":  {func(_ *Ledger, b *shelf, _ *book) { swap(b, 7, "anna", "bert") }, Head{}, 7, FaultAltered},
		"the act is another":   {func(_ *Ledger, b *shelf, _ *book) { swap(b, 3, "play_recording", "login") }, Head{}, 3, FaultAltered},
		"the time is another":  {func(_ *Ledger, b *shelf, _ *book) { swap(b, 5, "T03:00", "T02:00") }, Head{}, 5, FaultAltered},
		"a field was moved on": {func(_ *Ledger, b *shelf, _ *book) { swap(b, 5, `"target":"t4"`, `"target":"t","addr":"4"`) }, Head{}, 5, FaultAltered},
		"garbage":              {func(_ *Ledger, b *shelf, _ *book) { b.m[keyOf(b, 4)] = []byte("{") }, Head{}, 4, FaultUnreadable},
		"taken out":            {func(_ *Ledger, b *shelf, _ *book) { delete(b.m, keyOf(b, 4)) }, Head{}, 4, FaultGap},
		"the first taken out":  {func(_ *Ledger, b *shelf, _ *book) { delete(b.m, keyOf(b, 1)) }, Head{}, 1, FaultGap},
		"the end taken off":    {func(_ *Ledger, b *shelf, _ *book) { delete(b.m, keyOf(b, 10)) }, Head{}, 10, FaultCut},
		"the log says more":    {func(_ *Ledger, _ *shelf, log *book) { log.events[4].Fact = hotline.Audited{User: "x"} }, Head{}, 3, FaultMissing},
		"the log says other": {func(_ *Ledger, _ *shelf, log *book) {
			log.events[5].Fact = hotline.Audited{User: "nobody"}
		}, Head{}, 3, FaultLogDiffers},
		"the log says nothing":   {func(_ *Ledger, _ *shelf, log *book) { log.events[5].Fact = hotline.AlarmCleared{} }, Head{}, 3, FaultNotInLog},
		"another head was noted": {func(*Ledger, *shelf, *book) {}, Head{N: 8, Hash: "00"}, 8, FaultHead},
		"a longer one was noted": {func(*Ledger, *shelf, *book) {}, Head{N: 11, Hash: "00"}, 11, FaultNoHead},
		"made anew from an altered log, which the noted head finds": {func(l *Ledger, b *shelf, log *book) {
			log.events[5].Fact = hotline.Audited{User: "nobody"}
			clear(b.m)
			n := &Ledger{cfg: l.cfg}
			for _, ev := range log.events {
				_ = n.Apply(ev)
			}
			l.head = n.head
		}, Head{N: 10, Hash: "of before"}, 10, FaultHead},
	} {
		t.Run(name, func(t *testing.T) {
			log := filled(10)
			l, b := kept(t, log)
			c.do(l, b, log)
			v := verdict(t, l, c.noted)
			if v.OK || v.Broken == nil || v.Broken.N != c.n || v.Broken.Fault != c.fault {
				t.Errorf("%+v %+v, want %s at %d", v, v.Broken, c.fault, c.n)
			}
		})
	}
}

// Who alters an entry and makes its hash anew breaks the next one's.
func TestRehashedEntry(t *testing.T) {
	log := filled(6)
	l, b := kept(t, log)
	log.gone = 12 // nothing to compare with
	p, err := l.Search(Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	e := p.Items[3] // the third
	e.User = "nobody"
	e.Hash = e.sum()
	k := slices.Sorted(maps.Keys(b.m))[2]
	b.m[k] = []byte(fmt.Sprintf(`{"n":3,"seq":%d,"at":%q,"user":"nobody","act":%q,"target":%q,"addr":%q,"prev":%q,"hash":%q}`,
		e.Seq, e.At.Format(time.RFC3339Nano), e.Act, e.Target, e.Addr, e.Prev, e.Hash))
	if v := verdict(t, l, Head{}); v.Broken == nil || v.Broken.N != 4 || v.Broken.Fault != FaultUnchained {
		t.Errorf("%+v", v.Broken)
	}
}

func TestSearch(t *testing.T) {
	l, _ := kept(t, filled(60)) // over three days
	for name, c := range map[string]struct {
		q    Query
		want int
	}{
		"all":      {Query{}, 60},
		"user":     {Query{User: "anna"}, 30},
		"act":      {Query{Act: "set_agent"}, 20},
		"target":   {Query{Target: "t5"}, 11},
		"from":     {Query{From: day1().Add(50 * time.Hour)}, 10},
		"to":       {Query{To: day1().Add(5 * time.Hour)}, 5},
		"before":   {Query{To: day1()}, 0},
		"after":    {Query{From: day1().Add(1000 * time.Hour)}, 0},
		"two days": {Query{From: day1().Add(2 * time.Hour), To: day1().Add(40 * time.Hour), User: "bert", Act: "export"}, 7},
	} {
		for _, limit := range []int{1, 7, 500} {
			c.q.Limit, c.q.Cursor = limit, ""
			n, last := 0, uint64(1<<62)
			for {
				p, err := l.Search(c.q)
				if err != nil || len(p.Items) > limit {
					t.Fatal(name, err, len(p.Items))
				}
				for _, e := range p.Items {
					if e.N >= last {
						t.Errorf("%s: %d after %d", name, e.N, last)
					}
					n, last = n+1, e.N
				}
				if c.q.Cursor = p.Next; p.Next == "" {
					break
				}
			}
			if n != c.want {
				t.Errorf("%s by pages of %d: %d entries, want %d", name, limit, n, c.want)
			}
		}
	}
	for _, bad := range []string{"x", "2026-11-20", "2026-11-20.", "2026-13-40.1", "2026-11-20.-1", "..", ".1"} {
		if _, err := l.Search(Query{Cursor: bad}); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
	empty := ledger(t, &shelf{m: map[string][]byte{}}, &book{})
	if p, err := empty.Search(Query{}); err != nil || len(p.Items) != 0 || p.Items == nil {
		t.Errorf("of nothing: %+v, %v", p, err)
	}
	if v := verdict(t, empty, Head{}); !v.OK || v.Entries != 0 {
		t.Errorf("of nothing: %+v", v)
	}
}

// A clock that was set back and text that is none make no fault.
func TestOddActs(t *testing.T) {
	log := filled(2)
	_, _ = log.Append([]hotline.Event{
		{At: day1().Add(-72 * time.Hour), Agent: "8001", Fact: hotline.Audited{User: "a\xff\xfeb", Act: "x\n", Target: "“=1+1”,3:x,"}},
		{At: day1().Add(-71 * time.Hour), Fact: hotline.Audited{User: "c"}},
	})
	l, b := kept(t, log)
	if v := verdict(t, l, Head{}); !v.OK || v.Entries != 4 {
		t.Errorf("%+v %+v", v, v.Broken)
	}
	if v := verdict(t, ledger(t, b, log), Head{}); !v.OK {
		t.Errorf("after a restart: %+v", v.Broken)
	}
}

// Run waits for a full disk, and goes on behind what was archived.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, b := filled(10), &shelf{m: map[string][]byte{}, full: true}
		log.gone = 8
		l := ledger(t, b, log)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		synctest.Wait()
		if b.count() != 0 {
			t.Error("kept on a full disk")
		}
		b.room(false)
		time.Sleep(2 * retryAfter)
		synctest.Wait()
		if n := b.count(); n != 6 {
			t.Errorf("%d acts are kept, want the 6 that are not archived", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if v := verdict(t, l, Head{}); !v.OK || v.Entries != 6 {
			t.Errorf("%+v %+v", v, v.Broken)
		}
	})
}

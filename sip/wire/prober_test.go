package wire

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// probeBed is a prober in virtual time and what it did.
type probeBed struct {
	*prober
	hold   sync.Mutex // guards what follows
	lines  []string
	begun  time.Time
	answer func(p *pulse, done func(bool)) // called at each question; nil: nobody ever answers
	still  bool                            // every place shows life by itself
}

func newProbeBed(t *testing.T, every time.Duration) *probeBed {
	b := &probeBed{prober: newProber(every, 4*time.Second, new(Metrics)), begun: time.Now()}
	b.ask = func(p *pulse, done func(bool)) func() {
		b.tell("ask")
		b.hold.Lock()
		answer := b.answer
		b.hold.Unlock()
		if answer != nil {
			answer(p, done)
		}
		return func() { b.tell("give up") }
	}
	b.changed = func(p *pulse) { b.tell(fmt.Sprintf("dead %v", b.isDead(p))) }
	b.quiet = func(*pulse) time.Time {
		b.hold.Lock()
		defer b.hold.Unlock()
		if b.still {
			return time.Now().Add(every)
		}
		return time.Time{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return b
}

func (b *probeBed) tell(what string) {
	b.hold.Lock()
	defer b.hold.Unlock()
	b.lines = append(b.lines, fmt.Sprintf("%v %s", time.Since(b.begun).Round(100*time.Millisecond), what))
}

// is checks what happens in the time from now on.
func (b *probeBed) is(t *testing.T, what string, d time.Duration, want string) {
	t.Helper()
	if got := strings.Join(b.during(d), "; "); got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func (b *probeBed) during(d time.Duration) []string {
	b.hold.Lock()
	b.lines, b.begun = nil, time.Now()
	b.hold.Unlock()
	time.Sleep(d)
	synctest.Wait()
	b.hold.Lock()
	defer b.hold.Unlock()
	return slices.Clone(b.lines)
}

// then sets how questions are answered from now on.
func (b *probeBed) then(answer func(*pulse, func(bool))) {
	b.hold.Lock()
	defer b.hold.Unlock()
	b.answer = answer
}

// asked sleeps until just before p is asked again.
func (b *probeBed) asked(p *pulse) {
	b.mu.Lock()
	wait := time.Until(p.at) - time.Millisecond
	b.mu.Unlock()
	time.Sleep(wait)
}

func alwaysAlive(_ *pulse, done func(bool)) { done(true) }

func TestProberFindsDeathAndLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newProbeBed(t, 30*time.Second), &pulse{}
		b.then(alwaysAlive)
		b.watch(p, time.Hour)
		b.asked(p)
		b.is(t, "a phone that answers", 61*time.Second, "0s ask; 30s ask; 1m0s ask")
		b.then(nil)
		b.asked(p)
		b.is(t, "one that died", 61*time.Second, "0s ask; 4s give up; 4s ask; 8s give up; 8s dead true; 30s ask; 34s give up; 1m0s ask")
		b.then(alwaysAlive)
		b.asked(p)
		b.is(t, "one that came back", 65*time.Second, "0s give up; 26s ask; 26s dead false; 56s ask")
		if n := b.metrics.Unanswered.Load(); n != 4 {
			t.Errorf("%d failures", n)
		}

		b.then(nil)
		b.asked(p)
		b.is(t, "one question", 5*time.Second, "0s ask; 4s give up; 4s ask")
		b.heard(p)
		b.is(t, "it registers while the second question is under way", 8*time.Second, "3s give up; 3s ask; 7s give up; 7s dead true")
		b.then(alwaysAlive)
		b.heard(p)
		if b.isDead(p) {
			t.Error("dead although it registered")
		}
		b.is(t, "it is asked at once whether it can be reached", time.Second, "0s ask")

		var late func(bool)
		b.then(func(_ *pulse, done func(bool)) { late = done; b.then(nil) })
		b.asked(p)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		late(true) // to the first question, while the second is under way: whoever answers now may be dead by now
		b.is(t, "an answer that comes too late", 4*time.Second, "3s give up; 3s dead true")

		b.asked(p)
		time.Sleep(time.Second)
		b.forget(p)
		b.forget(p)
		b.heard(p)
		b.is(t, "one that is gone", time.Hour, "")
		if b.isDead(p) || len(b.due) != 0 {
			t.Error("it is still there")
		}
	})
}

// TestProberLeavesAlone: a phone in a call, and one that was heard of, shows its life by itself; but not one that failed.
func TestProberLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newProbeBed(t, 30*time.Second)
		way := Path{sock: &socket{}}
		p := &pulse{path: way}
		b.then(alwaysAlive)
		b.watch(p, time.Hour)
		b.talk(way, 1)
		b.talk(way, 1)
		b.talk(way, -1)
		b.is(t, "in a call", 10*time.Minute, "")
		b.talk(way, -1)
		b.asked(p)
		b.is(t, "after the call", time.Second, "0s ask")
		b.hold.Lock()
		b.still = true
		b.hold.Unlock()
		b.is(t, "heard of", 10*time.Minute, "")
		b.hold.Lock()
		b.still, b.answer = false, nil
		b.hold.Unlock()
		b.asked(p)
		time.Sleep(time.Second)
		b.talk(way, 1)
		b.is(t, "a call does not save one that failed", 8*time.Second, "3s give up; 3s ask; 7s give up; 7s dead true")
		var none *prober
		none.watch(p, time.Second)
		none.talk(way, 1)
		none.forget(p)
	})
}

// TestProberSpreads: 10,000 phones that register in the same moment are asked evenly over the period, each once in it, by
// one goroutine. What was missed while the process stood still is not made up for in one burst.
func TestProberSpreads(t *testing.T) {
	const phones, slice = 10_000, 100 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		b := newProbeBed(t, 30*time.Second)
		count, most := map[*pulse]int{}, 0
		var at int64
		inSlice := 0
		b.then(func(p *pulse, done func(bool)) {
			count[p]++
			if now := time.Now().UnixNano() / int64(slice); now != at {
				at, inSlice = now, 0
			}
			inSlice++
			most = max(most, inSlice)
			done(true)
		})
		before := runtime.NumGoroutine()
		all := make([]*pulse, phones)
		for i := range all {
			all[i] = &pulse{}
			b.watch(all[i], time.Hour)
		}
		time.Sleep(10 * 30 * time.Second)
		synctest.Wait()
		if n := runtime.NumGoroutine(); n > before+100 { // earlier tests may still be ending theirs
			t.Errorf("%d goroutines, before %d", n, before)
		}
		for p, n := range count {
			if n != 10 {
				t.Fatalf("asked %d times in ten periods: %+v", n, p)
			}
		}
		if mean := phones / 300; len(count) != phones || most > 2*mean+20 {
			t.Errorf("%d phones asked, at most %d in %v", len(count), most, slice)
		}
		t.Logf("at most %d questions in %v, on average %d", most, slice, phones/300)

		b.mu.Lock()
		for _, p := range all {
			p.at = time.Now().Add(-time.Hour) // as after a machine was asleep
		}
		b.mu.Unlock()
		most = 0
		b.forget(all[0])
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if most > int(slice/probePause)*probeBurst {
			t.Errorf("%d questions in %v", most, slice)
		}
	})
}

// TestProberFirstQuestions: phones of a former run are asked within five seconds, and then spread over the period.
func TestProberFirstQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newProbeBed(t, 30*time.Second)
		b.then(alwaysAlive)
		var all []*pulse
		for range 1000 {
			p := &pulse{}
			all = append(all, p)
			b.watch(p, firstAsked)
		}
		if n := len(b.during(firstAsked)); n < 1000 {
			t.Errorf("%d asked", n)
		}
		time.Sleep(30 * time.Second)
		if n := len(b.during(15 * time.Second)); n < 400 || n > 600 {
			t.Errorf("%d of %d asked in half a period", n, len(all))
		}
	})
}

func BenchmarkProber(b *testing.B) {
	pr := newProber(30*time.Second, 4*time.Second, new(Metrics))
	pr.ask = func(_ *pulse, done func(bool)) func() { done(true); return nil }
	pr.changed, pr.quiet = func(*pulse) {}, func(*pulse) time.Time { return time.Time{} }
	for range 10_000 {
		pr.watch(&pulse{}, time.Hour)
	}
	b.ReportAllocs()
	for b.Loop() {
		pr.mu.Lock()
		pr.due[0].at = time.Time{}
		pr.mu.Unlock()
		pr.work()
	}
}

package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hotline"
	"hotline/media"
)

// kinds are what the log has, in short: "stored gaps=2" or "failed: text".
func (b *bench) kinds() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ev := range b.log {
		switch f := ev.Fact.(type) {
		case hotline.RecordingStored:
			out = append(out, fmt.Sprintf("stored gaps=%d repaired=%v", f.Gaps, f.Repaired))
		case hotline.RecordingFailed:
			out = append(out, "failed")
		}
	}
	return out
}

// talk sends packets from one moment to another to some taps, the writer visiting at its times; fill is each tap's sound.
func (b *bench) talk(from, to time.Duration, visit bool, taps map[byte]media.Tap) {
	for at := from; at < to; at += 20 * time.Millisecond {
		b.now = int64(at)
		for fill, tap := range taps {
			tap.Frame(packet(at, int(at/(20*time.Millisecond)), fill))
		}
		if visit && at%flushEvery == 0 {
			b.turn(false)
		}
	}
	b.now = int64(to)
}

// count is how many samples of a side have a value.
func count(side []byte, v byte) (n int) {
	for _, b := range side {
		if b == v {
			n++
		}
	}
	return n
}

// notesLeft are the recordings that the next start would find open.
func notesLeft(t *testing.T, dir string) (names []string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	n := &notes{root: root, log: slog.New(slog.DiscardHandler), open: map[string]Info{}, old: map[string]bool{}}
	all, err := n.all()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all {
		names = append(names, info.File)
	}
	return names
}

// TestWriterHeldUp: the disk stands still for three seconds. Both sides are whole all the same.
func TestWriterHeldUp(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	taps := map[byte]media.Tap{3: s.Left(), 5: s.Right()}
	b.talk(0, time.Second, true, taps)
	b.talk(time.Second, 4*time.Second, false, taps)
	b.talk(4*time.Second, 5*time.Second, true, taps)
	got := b.stored(t, s)
	l, r := b.sides(t, got.File)
	if len(l) != 5*rate || count(l, 3) != 5*rate || count(r, 5) != 5*rate || got.Gaps != 0 {
		t.Errorf("%d samples; left has %d, right %d; %d gaps", len(l), count(l, 3), count(r, 5), got.Gaps)
	}
}

// TestOneSidesClockHarmsNotTheOther: an agent's phone leaps ahead; the caller is heard all along.
func TestOneSidesClockHarmsNotTheOther(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	left, right := s.Left(), s.Right()
	for i := range 300 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		left.Frame(packet(at, i, 3))
		f := packet(at, i, 5)
		if i >= 100 {
			f.Timestamp += 1900 * 8
		}
		if i >= 200 {
			f.Timestamp += 390 * 8
		}
		right.Frame(f)
		if i%25 == 0 {
			b.turn(false)
		}
	}
	b.now = int64(6 * time.Second)
	got := b.stored(t, s)
	l, r := b.sides(t, got.File)
	if len(l) != 6*rate || count(l, 3) != 6*rate {
		t.Errorf("%d samples, %d of the left side", len(l), count(l, 3))
	}
	if n := count(r, 5); n < 5*rate {
		t.Errorf("%d of the right side", n)
	}
	if info, _ := b.Info(got.File); info.Late != 0 {
		t.Errorf("%d frames were late", info.Late)
	}
}

// TestStartDoesNotTouchTheDisk: a disk that refuses or hangs must not hold up a call; what it refuses at first is a gap.
func TestStartDoesNotTouchTheDisk(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	year := filepath.Join(dir, time.Now().UTC().Format("2006"))
	if err := os.WriteFile(year, nil, 0o600); err != nil { // in the way of the day's folder
		t.Fatal(err)
	}
	s := b.start(t, "c1", media.PCMA)
	if es, _ := os.ReadDir(dir); len(es) != 1 {
		t.Errorf("Start made %v", es)
	}
	taps := map[byte]media.Tap{3: s.Left()}
	b.talk(0, 2*time.Second, true, taps)
	if b.Failures() != 1 || len(notesLeft(t, dir)) != 0 {
		t.Errorf("%d failures, notes %v", b.Failures(), notesLeft(t, dir))
	}
	if err := os.Remove(year); err != nil {
		t.Fatal(err)
	}
	b.talk(2*time.Second, 4*time.Second, true, taps)
	got := b.stored(t, s)
	l, _ := b.sides(t, got.File)
	if len(l) != 4*rate || l[0] != media.PCMA.Silence() || l[4*rate-1] != 3 || count(l, 3) < 2*rate {
		t.Errorf("%d samples, %d sound", len(l), count(l, 3))
	}
	if k := strings.Join(b.kinds(), "; "); k != "stored gaps=2 repaired=false; failed" {
		t.Errorf("the log has: %s", k)
	}
	info, _ := b.Info(got.File)
	if info.Error == "" || info.Spans[0].FromMS != 0 || info.Spans[0].ToMS < 1000 || info.Spans[0].ToMS > 2500 {
		t.Errorf("%+v", info)
	}
	if len(notesLeft(t, dir)) != 0 {
		t.Errorf("notes are left: %v", notesLeft(t, dir))
	}
}

// TestNoFileEver: one word in the log, nothing left to try.
func TestNoFileEver(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	if err := os.WriteFile(filepath.Join(dir, time.Now().UTC().Format("2006")), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := b.start(t, "c1", media.PCMA)
	b.talk(0, time.Second, true, map[byte]media.Tap{3: s.Left()})
	s.Close()
	b.Recorder.turn(true)
	b.sealer.work()
	b.sealer.again()
	if k := strings.Join(b.kinds(), "; "); k != "failed" || b.Failures() != 1 || b.Running() != 0 || len(b.sealer.failed) != 0 {
		t.Errorf("the log has: %s; %d failures, %d running, %d tried again", k, b.Failures(), b.Running(), len(b.sealer.failed))
	}
}

// TestLogRefuses: the recording is stored as soon as the log takes the word, once.
func TestLogRefuses(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	refuse, append := true, b.cfg.Append
	b.cfg.Append = func(evs []hotline.Event) error {
		if refuse {
			return hotline.ErrLogFull
		}
		return append(evs)
	}
	s := b.start(t, "c1", media.PCMA)
	b.talk(0, time.Second, true, map[byte]media.Tap{3: s.Left()})
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallStarted{}})
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallEnded{}})
	s.Close()
	b.turn(false)
	b.sealer.again()
	if len(b.kinds()) != 0 || len(notesLeft(t, dir)) != 1 {
		t.Fatalf("%v, notes %v", b.kinds(), notesLeft(t, dir))
	}
	refuse = false
	b.sealer.again()
	b.sealer.again()
	if k := strings.Join(b.kinds(), "; "); k != "stored gaps=0 repaired=false" || len(notesLeft(t, dir)) != 0 {
		t.Errorf("the log has: %s; notes %v", k, notesLeft(t, dir))
	}
	if err := b.Verify(b.lastStored(t)); err != nil {
		t.Error(err)
	}
}

// TestSidecarRefused: it failed, and is stored when the disk lets it.
func TestSidecarRefused(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.PCMA)
	b.talk(0, time.Second, true, map[byte]media.Tap{3: s.Left()})
	inTheWay := filepath.Join(dir, s.name+jsonExt, "x")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallStarted{}})
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallEnded{}})
	b.turn(false)
	b.sealer.again()
	if k := strings.Join(b.kinds(), "; "); k != "failed" || b.Failures() != 1 || len(notesLeft(t, dir)) != 1 {
		t.Errorf("the log has: %s; %d failures; notes %v", k, b.Failures(), notesLeft(t, dir))
	}
	if err := os.RemoveAll(filepath.Dir(inTheWay)); err != nil {
		t.Fatal(err)
	}
	b.sealer.again()
	if k := strings.Join(b.kinds(), "; "); k != "failed; stored gaps=0 repaired=false" || len(notesLeft(t, dir)) != 0 {
		t.Errorf("the log has: %s; notes %v", k, notesLeft(t, dir))
	}
	if tmp, _ := filepath.Glob(filepath.Join(dir, "*", "*", "*", "*"+tmpExt)); len(tmp) != 0 {
		t.Errorf("left behind: %v", tmp)
	}
}

// TestLongRefusal: after an hour without disk the file is filled step by step, and what was refused is one gap a side.
func TestLongRefusal(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	left := map[byte]media.Tap{3: s.Left()}
	b.talk(0, 2*time.Second, true, left)
	good := s.file
	bad, err := os.Open(good.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	s.file = bad
	b.now = int64(2*time.Second) + int64(time.Hour)
	b.turn(false)
	s.file = good
	b.talk(time.Hour+3*time.Second, time.Hour+60*time.Second, true, left)
	got := b.stored(t, s)
	if got.MS != (time.Hour+60*time.Second).Milliseconds() || got.Gaps != 2 {
		t.Errorf("%d ms, %d gaps", got.MS, got.Gaps)
	}
	l, _ := b.sides(t, got.File)
	if l[rate] != 3 || l[1800*rate] != media.PCMA.Silence() || l[3655*rate] != 3 {
		t.Errorf("at 1 s %x, at 1800 s %x, at 3655 s %x", l[rate], l[1800*rate], l[3655*rate])
	}
}

// TestStartAgain: a recording that is started again before it is stored goes on; afterwards it is a second file, and the
// story of the contact is not lost.
func TestStartAgain(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.Apply(hotline.Event{Contact: "c1", At: time.Now(), Fact: hotline.CallStarted{}})
	b.Apply(hotline.Event{Contact: "c1", At: time.Now(), Fact: hotline.LegAnswered{Role: hotline.RoleCustomer}})
	s := b.start(t, "c1", media.PCMA)
	if b.start(t, "c1", media.PCMA) != s {
		t.Error("a second session of a contact")
	}
	b.talk(0, time.Second, true, map[byte]media.Tap{3: s.Left()})
	s.Close()
	s.Close()
	b.turn(false)
	if dead := s.Left(); dead.(*ring).closed.Load() != true {
		t.Error("a tap of a closed session takes frames")
	}
	b.now = int64(2 * time.Second)
	if b.start(t, "c1", media.PCMA) != s {
		t.Fatal("not gone on with")
	}
	b.talk(2*time.Second, 3*time.Second, true, map[byte]media.Tap{4: s.Left()})
	s.Close()
	b.turn(true)
	first := b.lastStored(t)
	l, _ := b.sides(t, first.File)
	if first.MS != 3000 || l[rate/2] != 3 || l[3*rate/2] != media.PCMA.Silence() || l[5*rate/2] != 4 {
		t.Errorf("%+v: %x %x %x", first, l[rate/2], l[3*rate/2], l[5*rate/2])
	}
	b.now = int64(10 * time.Second)
	again := b.start(t, "c1", media.PCMA)
	b.talk(10*time.Second, 11*time.Second, true, map[byte]media.Tap{5: again.Left()})
	second := b.stored(t, again)
	if second.File != strings.TrimSuffix(first.File, wavExt)+"_2.wav" || second.MS != 1000 {
		t.Errorf("%+v", second)
	}
	if info, _ := b.Info(second.File); len(info.Spans) == 0 || info.Spans[0].Kind != "ivr" || info.Contact != "c1" {
		t.Errorf("%+v", info)
	}
	if err := errors.Join(b.Verify(first), b.Verify(second)); err != nil {
		t.Error(err)
	}
	if n := len(b.stories); n != 0 {
		t.Errorf("%d stories are remembered", n)
	}
}

// TestManyAtOnce starts, taps, tells and closes from many goroutines while the writer runs.
func TestManyAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := newBench(t, dir)
		b.cfg.Clock = func() int64 { return int64(time.Since(began)) }
		running := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { running <- b.Run(ctx) }()
		const contacts = 40
		var wg sync.WaitGroup
		for n := range contacts {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(n), 1))
				id := hotline.ContactID(fmt.Sprint("c", n))
				b.Apply(hotline.Event{Contact: id, At: time.Now(), Fact: hotline.CallStarted{}})
				s, err := b.Start(id, hotline.CallID(id), media.PCMA)
				if err != nil {
					t.Error(err)
					return
				}
				left := s.Left()
				var right media.Tap
				for i := range 100 + rng.IntN(300) {
					at := time.Since(began)
					left.Frame(packet(at, i, 3))
					if i%100 == 50 {
						right = s.Right()
					}
					if right != nil {
						right.Frame(packet(at, i, 5))
					}
					time.Sleep(20 * time.Millisecond)
				}
				s.Close()
				b.Apply(hotline.Event{Contact: id, At: time.Now(), Fact: hotline.CallEnded{}})
			})
		}
		wg.Wait()
		cancel()
		if err := <-running; err != nil {
			t.Error(err)
		}
		if b.Running() != 0 || len(b.kinds()) != contacts || len(notesLeft(t, dir)) != 0 {
			t.Errorf("%d running, %d of %d told, notes %v", b.Running(), len(b.kinds()), contacts, notesLeft(t, dir))
		}
		for _, k := range b.kinds() {
			if k != "stored gaps=0 repaired=false" {
				t.Error(k)
			}
		}
	})
}

func TestLongHead(t *testing.T) {
	h := wavHead(media.PCMA, 5<<30)
	if _, n, err := codecOf(h[:]); err != nil || n != (1<<32-1-headLen)/2*2 {
		t.Errorf("%d, %v", n, err)
	}
}

// BenchmarkWriter is what the recorder costs for one second of one call with two sides, packets and all.
func BenchmarkWriter(b *testing.B) {
	const calls = 100
	now := int64(0)
	r, err := New(Config{
		Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler), Clock: func() int64 { return now },
		Append: func([]hotline.Event) error { return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	var taps []media.Tap
	for i := range calls {
		s, err := r.Start(hotline.ContactID(fmt.Sprint("c", i)), "c", media.PCMA)
		if err != nil {
			b.Fatal(err)
		}
		taps = append(taps, s.Left(), s.Right())
	}
	r.turn(false)
	r.sealer.work()
	b.ReportAllocs()
	i := 0
	for b.Loop() { // a second
		for range 50 {
			now = int64(i) * 20e6
			f := packet(time.Duration(now), i, 3)
			for _, t := range taps {
				t.Frame(f)
			}
			if i%25 == 24 {
				r.turn(false)
			}
			i++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*calls), "ns/call-second")
}

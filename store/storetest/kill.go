package storetest

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
)

// childEnv names the environment variable that makes Run the child of the kill -9 case; its value is the log's folder.
const childEnv = "HOTLINE_STORETEST_CHILD"

func isChild() (dir string, ok bool) { return os.LookupEnv(childEnv) }

// child appends with several writers until it is killed, and tells its parent, through file descriptor 3, of every event
// that a tail sees ("s NUMBER HASH") and of every Append that returned ("a NUMBER").
func child(t *testing.T, open opener, dir string) {
	out := os.NewFile(3, "parent")
	var mu sync.Mutex
	tell := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if _, err := fmt.Fprintf(out, format, args...); err != nil {
			os.Exit(3) // the parent is gone
		}
	}
	log, closeLog := open(t, dir)
	defer closeLog()
	last := uint64(0)
	for ev := range log.Read(t.Context(), 0) {
		last = ev.Seq
	}
	go func() {
		for ev, err := range log.Tail(t.Context(), last) {
			if err != nil {
				tell("! Tail: %v\n", err)
				return
			}
			tell("s %d %x\n", ev.Seq, hash(ev))
		}
	}()
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				seq, err := log.Append(bigStep(w, i))
				if err != nil {
					tell("! Append: %v\n", err)
					return
				}
				tell("a %d\n", seq)
			}
		}()
	}
	time.Sleep(patience) // to be killed long before
}

// bigStep is an Append of one to four events, now and then of one that takes many pages to write.
func bigStep(w, i int) []hotline.Event {
	n := 1 + i%4
	evs := make([]hotline.Event, n)
	for k := range evs {
		evs[k] = step(w, i, k+1, n)
	}
	if i%10 == 9 {
		f := evs[0].Fact.(hotline.FlowStepped)
		f.Detail = strings.Repeat("x", 50_000+i)
		evs[0].Fact = f
	}
	return evs
}

func hash(ev hotline.Event) uint64 {
	b, err := hotline.MarshalEvent(ev)
	if err != nil {
		return 0
	}
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// testKill kills the writing process again and again. What any reader has seen, and what any Append promised, is there
// afterwards, in the same place; and no Append is there in part.
func testKill(t *testing.T, open opener) {
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Log("seed", seed)
	dir := t.TempDir()
	seen := map[uint64]uint64{}
	acked := uint64(0)
	for round := range rounds {
		acked = max(acked, runChild(t, dir, time.Duration(rnd.IntN(150))*time.Millisecond, seen))
		log, closeLog := open(t, dir)
		evs := readAll(t, log, 0)
		closeLog()
		for seq, h := range seen {
			if seq > uint64(len(evs)) {
				t.Fatalf("round %d: a reader had seen %d, the log ends at %d", round, seq, len(evs))
			}
			if got := hash(evs[seq-1]); got != h {
				t.Fatalf("round %d: event %d is not the one that a reader had seen", round, seq)
			}
		}
		if acked > uint64(len(evs)) {
			t.Fatalf("round %d: Append had returned %d, the log ends at %d", round, acked, len(evs))
		}
		wholeAppends(t, evs)
		t.Logf("round %d: %d events, readers had seen %d, Append had returned %d", round, len(evs), len(seen), acked)
	}
	if len(seen) == 0 {
		t.Fatal("no reader saw anything: this proved nothing")
	}
}

// runChild runs the child on dir, kills it when it has worked for a while, and adds what its readers saw. It returns the
// highest number that an Append returned.
func runChild(t *testing.T, dir string, work time.Duration, seen map[uint64]uint64) (acked uint64) {
	t.Helper()
	top, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.Command(os.Args[0], "-test.run=^"+top+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := bufio.NewReader(r)
	var killer *time.Timer
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // killed; a line without its end is not told
		}
		if killer == nil {
			killer = time.AfterFunc(work, func() { cmd.Process.Kill() })
		}
		var seq, h uint64
		switch {
		case strings.HasPrefix(line, "!"):
			t.Error("child:", line)
		case strings.HasPrefix(line, "a"):
			fmt.Sscanf(line, "a %d", &seq)
			acked = max(acked, seq)
		default:
			fmt.Sscanf(line, "s %d %x", &seq, &h)
			seen[seq] = h
		}
	}
	_ = cmd.Wait() // "signal: killed"
	if killer == nil {
		t.Fatal("the child ended before it did anything")
	}
	killer.Stop()
	return acked
}

// wholeAppends checks that every Append in the log is there with all its events.
func wholeAppends(t *testing.T, evs []hotline.Event) {
	t.Helper()
	for p := 0; p < len(evs); {
		var k, n int
		fmt.Sscanf(evs[p].Fact.(hotline.FlowStepped).Step, "%d/%d", &k, &n)
		if k != 1 || p+n > len(evs) {
			t.Fatalf("event %d is %d of %d of its Append, the log ends at %d", evs[p].Seq, k, n, len(evs))
		}
		p += n
	}
}

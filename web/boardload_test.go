package web

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/web/auth"
)

// TestBoardServer is the other process of TestBoardViewers: a centre with twenty calls a second, and its pages.
func TestBoardServer(t *testing.T) {
	if os.Getenv("BOARD_SERVER") == "" {
		t.Skip("started by TestBoardViewers")
	}
	now := time.Now().UTC()
	b, err := setBench(past(playDay(2, now.Add(-6*time.Hour), now, now), now), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b.run(t)
	fmt.Printf("READY %s %s\n", strings.TrimPrefix(b.URL, "http://"), b.as(t, auth.Wallboard))
	go func() {
		queues := lines()
		rng := rand.New(rand.NewPCG(7, 8))
		for n := 0; ; n++ {
			time.Sleep(time.Duration(rng.ExpFloat64() * float64(50*time.Millisecond)))
			b.oneCall(n, hotline.QueueID(queues[n%len(queues)].id), time.Duration(rng.IntN(2000))*time.Millisecond, rng.IntN(5) == 0)
		}
	}()
	bufio.NewReader(os.Stdin).ReadString('\n') // until the parent closes it
}

// oneCall puts a call into a queue now, and takes it out after a while.
func (b *bench) oneCall(n int, q hotline.QueueID, wait time.Duration, gives bool) {
	id := hotline.ContactID(fmt.Sprint("load", n))
	put := func(facts ...hotline.Fact) {
		for _, f := range facts {
			_, _ = b.log.Append([]hotline.Event{{At: time.Now(), Contact: id, Call: hotline.CallID(id), Queue: q, Agent: "8001", Fact: f}})
		}
	}
	at := time.Now()
	put(hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13900000001"}}, hotline.Queued{Visit: id.Visit(1), Entry: "ivr", Since: at})
	time.AfterFunc(wait, func() {
		ms := wait.Milliseconds()
		if gives {
			put(hotline.Abandoned{Visit: id.Visit(1), WaitMS: ms}, hotline.CallEnded{Cause: hotline.CauseHangup})
			return
		}
		put(hotline.Connected{Visit: id.Visit(1), WaitMS: ms}, hotline.Answered{Visit: id.Visit(1), WaitMS: ms})
		put(hotline.Released{Visit: id.Visit(1), TalkMS: 1, Cause: hotline.CauseHangup, Wrap: "none"}, hotline.CallEnded{Cause: hotline.CauseHangup})
	})
}

// cpu is the processor time that a process has used, in ticks of 10 ms.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// arrival is one message at one screen.
type arrival struct {
	n  uint64
	at time.Time
}

// watcher is one screen: it notes when which message came; the first one also reads what it says.
type watcher struct {
	came  []arrival
	facts map[int64]uint64 // moment of a caller's first wait → message that first shows it
	bytes int64
}

func (w *watcher) run(t *testing.T, addr, token string, reads bool, stop <-chan struct{}) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	go func() { <-stop; c.Close() }()
	fmt.Fprintf(c, "GET /api/v1/boards/main/stream HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", addr, token)
	r := bufio.NewReaderSize(c, 1<<16)
	number, since := regexp.MustCompile(`"n":(\d+)`), regexp.MustCompile(`"waiting_since":\[([^\]]*)\]`)
	for {
		line, err := r.ReadSlice('\n')
		w.bytes += int64(len(line))
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return
		}
		if !bytes.HasPrefix(line, []byte("data: ")) {
			continue
		}
		now := time.Now()
		m := number.FindSubmatch(line[:min(len(line), 64)])
		if m == nil {
			continue
		}
		n, _ := strconv.ParseUint(string(m[1]), 10, 64)
		w.came = append(w.came, arrival{n, now})
		if !reads {
			continue
		}
		for _, list := range since.FindAllSubmatch(line, -1) {
			for s := range strings.SplitSeq(string(list[1]), ",") {
				if at, err := time.Parse(time.RFC3339, strings.Trim(s, `"`)); err == nil && w.facts[at.UnixMilli()] == 0 {
					w.facts[at.UnixMilli()] = n
				}
			}
		}
	}
}

// TestBoardViewers: BOARD_VIEWERS=500 screens on a busy centre, over real connections, from another process. It says what they
// cost the engine and how long after a fact each shows it.
func TestBoardViewers(t *testing.T) {
	viewers, _ := strconv.Atoi(os.Getenv("BOARD_VIEWERS"))
	if viewers == 0 {
		t.Skip("BOARD_VIEWERS says how many")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestBoardServer$", "-test.timeout", "5m")
	server.Env = append(os.Environ(), "BOARD_SERVER=1")
	in, _ := server.StdinPipe()
	out, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); cancel(); _ = server.Wait() }()
	var addr, token string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "READY %s %s", &addr, &token); err == nil {
			break
		}
	}
	const span = 15 * time.Second
	spent := func() float64 {
		time.Sleep(2 * time.Second)
		from, began := cpu(t, server.Process.Pid), time.Now()
		time.Sleep(span)
		return 100 * float64(cpu(t, server.Process.Pid)-from) / float64(time.Since(began))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	ws := make([]*watcher, viewers)
	start := func(i int) {
		ws[i] = &watcher{facts: map[int64]uint64{}}
		wg.Go(func() { ws[i].run(t, addr, token, i == 0, stop) })
	}
	start(0)
	one := spent()
	from := time.Now()
	for i := 1; i < viewers; i++ {
		start(i)
	}
	all := spent()
	close(stop)
	wg.Wait()
	var late []time.Duration
	sent := int64(0)
	for _, w := range ws {
		sent += w.bytes
		at := map[uint64]time.Time{}
		for _, a := range w.came {
			at[a.n] = a.at
		}
		for fact, n := range ws[0].facts {
			if when := time.UnixMilli(fact); when.After(from.Add(2 * time.Second)) {
				if came, ok := at[n]; ok {
					late = append(late, came.Sub(when))
				}
			}
		}
	}
	slices.Sort(late)
	if len(late) < viewers {
		t.Fatalf("only %d times were taken", len(late))
	}
	p := func(q float64) time.Duration { return late[int(q*float64(len(late)-1))].Round(time.Millisecond) }
	t.Logf("%d viewers: engine %.1f %% of a core, %.1f %% with one viewer: %.1f %% for %d more; %.0f kB/s each; fact to screen p50 %v p99 %v max %v of %d", viewers, all, one, all-one, viewers-1,
		float64(sent)/float64(viewers)/1000/(span.Seconds()+2), p(0.5), p(0.99), p(1), len(late))
	if all-one > 10 {
		t.Errorf("%d viewers cost %.1f %% of a core, more than 10", viewers, all-one)
	}
	if p(0.99) > 250*time.Millisecond {
		t.Errorf("p99 %v, more than 250 ms", p(0.99))
	}
}

package main

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// abortCentre lets every caller in and queues him for agents who are not there.
const abortCentre = `
time_zone: Asia/Shanghai
language: zh-CN
agents: [{id: "8001", name: a, password: pw-8001, skills: {claims: 5}}]
queues: [{id: claims, name: 报案, needs: claims >= 3, ring_timeout: 4s, max_wait: {after: 60s, then: hangup}}]
flows: {main: [{answer: {}}, {queue: claims}]}
numbers: {"95500": main}
`

// TestAborts: thousands of callers who give up at any moment, in every way there is, on a whole engine with real SIP and real
// sockets. Afterwards there is no call, leg, port, descriptor, goroutine or memory of theirs. ABORTS=20000 in `make torture`.
func TestAborts(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("ABORTS"))
	if err != nil || n < 1 {
		n = 200
	}
	e, at := wholeEngine(t)

	seed := uint64(time.Now().UnixNano())
	run := func(n int) {
		seed++
		var all sync.WaitGroup
		room := make(chan struct{}, 60)
		for i := range n {
			room <- struct{}{}
			all.Go(func() {
				defer func() { <-room }()
				abort(t, at, rand.New(rand.NewPCG(seed, uint64(i))), n >= 1000)
			})
		}
		all.Wait()
	}
	run(50) // what is made once is made
	still := func() bool {
		free, _, total := e.media.Ports()
		return e.hub.Count() == 0 && e.sip.Count() == 0 && free == total
	}
	wait := func(what string) {
		for end := time.Now().Add(150 * time.Second); !still(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				free, draining, total := e.media.Ports()
				t.Fatalf("%s: %d calls, %d legs, %d of %d ports free, %d drain", what, e.hub.Count(), e.sip.Count(), free, total, draining)
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	if n < 1000 { // ports drain for 30 s: small runs do not wait for them
		still = func() bool {
			free, draining, total := e.media.Ports()
			return e.hub.Count() == 0 && e.sip.Count() == 0 && free+draining == total
		}
	}
	wait("before")
	before := measure(e)
	began := time.Now()
	run(n)
	took := time.Since(began)
	wait("after")
	after := measure(e)
	for range 50 { // ports that have drained are closed in their own time
		if after.files <= before.files+8 {
			break
		}
		time.Sleep(100 * time.Millisecond)
		after = measure(e)
	}
	t.Logf("%d calls in %v; before %+v, after %+v; %d calls begun, %d refused", n, took.Round(time.Millisecond), before, after, e.hub.Stats().Calls, e.hub.Stats().Refused)
	if s := e.hub.Stats(); s.Panics+e.wire.Panics.Load() != 0 || s.Overloads != 0 || s.LostFacts != 0 {
		t.Errorf("%+v", s)
	}
	if after.goroutines > before.goroutines+600 || after.files > before.files+8 { // 512 goroutines are kept for the next messages
		t.Errorf("left behind: %+v, before %+v", after, before)
	}
	if after.heap > before.heap+int64(n)*5<<10+16<<20 { // the records of the contacts stay for a day, as they should
		t.Errorf("%d KiB of heap more", (after.heap-before.heap)>>10)
	}
}

// wholeEngine is a running engine with one trunk, and where it hears SIP. It ends with the test.
func wholeEngine(t *testing.T) (*engine, netip.AddrPort) {
	t.Helper()
	return engineOf(t, abortCentre, func(cfg *config, at netip.AddrPort) {
		cfg.Ports = [2]uint16{31000, 36999}
		cfg.SIP.Listen = append(cfg.SIP.Listen, wire.Listen{Network: "tcp", Addr: at})
		cfg.SIP.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
}

// engineOf is a running engine of the centre that hears SIP by udp, as change has it.
func engineOf(t *testing.T, centre string, change func(cfg *config, at netip.AddrPort)) (*engine, netip.AddrPort) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), []byte(centre), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Data, cfg.Centre = filepath.Join(dir, "data"), filepath.Join(dir, "centre.yaml")
	at := freeUDP(t)
	cfg.SIP.Domain = wiretest.Domain
	cfg.SIP.Listen = []wire.Listen{{Network: "udp", Addr: at}}
	cfg.Web.Listen, cfg.Metrics = netip.MustParseAddrPort("127.0.0.1:0"), netip.AddrPort{}
	change(&cfg, at)
	t.Setenv("HOTLINE_ADMIN_PASSWORD", "correct horse battery staple")
	e, err := openEngine(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.stop(5*time.Second, "test")
		e.close()
	})
	return e, at
}

type measured struct {
	goroutines, files int
	heap              int64
}

func measure(e *engine) measured {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd")
	_, draining, _ := e.media.Ports()
	return measured{runtime.NumGoroutine(), len(files) - 2*draining, int64(m.HeapAlloc)}
}

func freeUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// abort is one caller. vanish: some go without a word, which costs the engine a minute to find out.
func abort(t *testing.T, to netip.AddrPort, r *rand.Rand, vanish bool) {
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	id := fmt.Sprintf("%x", r.Uint64())
	toHead := "<sip:95500@" + to.String() + ">"
	say := func(method, branch string, seq int, body string) {
		kind := ""
		if body != "" {
			kind = "Content-Type: application/sdp\r\n"
		}
		fmt.Fprintf(c, "%[1]s sip:95500@%[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;rport;branch=z9hG4bK%[4]s%[9]s\r\nMax-Forwards: 70\r\nFrom: <sip:1380000@%[3]s>;tag=a\r\nTo: %[5]s\r\nCall-ID: %[4]s\r\nCSeq: %[6]d %[1]s\r\nContact: <sip:a@%[3]s>\r\n%[7]sContent-Length: %[8]d\r\n\r\n%[10]s",
			method, to, c.LocalAddr(), id, toHead, seq, kind, len(body), branch, body)
	}
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", 2+c.LocalAddr().(*net.UDPAddr).Port&^1)
	buf := make([]byte, 1<<16)
	tag := regexp.MustCompile(`(?m)^To: (.*)\r$`)
	final := func(method string, within time.Duration) string {
		for end := time.Now().Add(within); ; {
			_ = c.SetReadDeadline(end)
			n, err := c.Read(buf)
			if err != nil {
				return ""
			}
			m := string(buf[:n])
			if strings.HasPrefix(m, "BYE ") {
				fmt.Fprintf(c, "SIP/2.0 200 OK\r\n%sContent-Length: 0\r\n\r\n", strings.Join(regexp.MustCompile(`(?m)^(?:Via|From|To|Call-ID|CSeq): .*\r\n`).FindAllString(m, -1), ""))
				continue
			}
			if len(m) > 12 && strings.HasPrefix(m, "SIP/2.0 ") && m[8] >= '2' && strings.Contains(m, " "+method+"\r\n") {
				if method == "INVITE" {
					toHead = tag.FindStringSubmatch(m)[1]
				}
				return m[8:11]
			}
		}
	}
	nap := func(most time.Duration) { time.Sleep(time.Duration(r.Int64N(int64(most)))) }
	say("INVITE", "i", 1, sdp)
	ways := 5
	if vanish && r.IntN(50) == 0 {
		nap(20 * time.Millisecond)
		return // without a word
	}
	bare := toHead
	switch r.IntN(ways) {
	case 0, 1: // CANCEL
		nap(10 * time.Millisecond)
		say("CANCEL", "i", 1, "")
		switch final("INVITE", 5*time.Second) {
		case "200": // the answer was quicker
			say("ACK", "k", 1, "")
			say("BYE", "b", 2, "")
			final("BYE", 5*time.Second)
		default:
			toHead = bare
			say("ACK", "i", 1, "")
		}
	case 2: // BYE before the ACK
		if final("INVITE", 5*time.Second) == "200" {
			say("BYE", "b", 2, "")
			final("BYE", 5*time.Second)
		}
	case 3: // twice the same, and gone at once
		say("INVITE", "i", 1, sdp)
		if final("INVITE", 5*time.Second) == "200" {
			say("ACK", "k", 1, "")
			say("BYE", "b", 2, "")
			final("BYE", 5*time.Second)
		}
	default: // talks, waits in the queue, gives up
		if final("INVITE", 5*time.Second) == "200" {
			say("ACK", "k", 1, "")
			nap(200 * time.Millisecond)
			say("BYE", "b", 2, "")
			final("BYE", 5*time.Second)
		}
	}
}

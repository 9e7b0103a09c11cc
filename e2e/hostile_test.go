//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const hostileIP = "127.0.0.38"

// bare is a caller of one socket and strings.
type bare struct {
	t      *testing.T
	e      *engine
	conn   *net.UDPConn
	id     string
	ok     string // the 200
	bye    chan string
	got    chan string
	number int
	name   string // what it calls itself, quotes included; may be empty
}

// ring calls and does nothing else.
func ring(t *testing.T, e *engine, n int) *bare { t.Helper(); return ringAs(t, e, n, "") }

// ringAs calls with a name, quotes included.
func ringAs(t *testing.T, e *engine, n int, name string) *bare {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", e.ip+":5060")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 138)}, to)
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{t: t, e: e, conn: conn, id: fmt.Sprintf("hostile%d-%d", n, time.Now().UnixNano()), bye: make(chan string, 4), got: make(chan string, 64), number: n, name: name}
	t.Cleanup(func() { conn.Close() })
	go b.listen()
	b.send("INVITE", 1, "", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.138\r\ns=-\r\nc=IN IP4 127.0.0.138\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", 30000+2*n))
	return b
}

func (b *bare) listen() {
	buf := make([]byte, 1<<16)
	for {
		n, err := b.conn.Read(buf)
		if err != nil {
			if strings.Contains(err.Error(), "refused") { // the engine is gone: ICMP
				continue
			}
			close(b.got)
			return
		}
		m := string(buf[:n])
		if strings.HasPrefix(m, "BYE ") {
			fmt.Fprintf(b.conn, "SIP/2.0 200 OK\r\n%sContent-Length: 0\r\n\r\n", strings.Join(regexp.MustCompile(`(?m)^(?:Via|From|To|Call-ID|CSeq): .*\r\n`).FindAllString(m, -1), ""))
			select {
			case b.bye <- m:
			default:
			}
			continue
		}
		select {
		case b.got <- m:
		default:
		}
	}
}

func (b *bare) send(method string, seq int, to, body string) {
	if to == "" {
		to = "<sip:95500@" + b.e.ip + ">"
	}
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	fmt.Fprintf(b.conn, "%[1]s sip:95500@%[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;rport;branch=z9hG4bK%[4]s%[1]s%[5]d\r\nMax-Forwards: 70\r\nFrom: %[11]s<sip:1380000%04[9]d@%[3]s>;tag=b\r\nTo: %[6]s\r\nCall-ID: %[4]s\r\nCSeq: %[5]d %[1]s\r\nContact: <sip:b@%[3]s>\r\n%[7]sContent-Length: %[8]d\r\n\r\n%[10]s",
		method, b.e.ip, b.conn.LocalAddr(), b.id, seq, to, kind, len(body), b.number, body, b.name)
}

// final is the next final answer to the method, with its code.
func (b *bare) final(method string, within time.Duration) (string, string) {
	b.t.Helper()
	end := time.After(within)
	for {
		select {
		case m := <-b.got:
			if strings.HasPrefix(m, "SIP/2.0 ") && m[8] >= '2' && strings.Contains(m, " "+method+"\r\n") {
				return m[8:11], m
			}
		case <-end:
			return "", ""
		}
	}
}

// talk calls and is answered.
func talk(t *testing.T, e *engine, n int) *bare {
	t.Helper()
	b := ring(t, e, n)
	b.taken()
	return b
}

// taken waits until the call is answered.
func (b *bare) taken() {
	b.t.Helper()
	code, m := b.final("INVITE", 5*time.Second)
	if code != "200" {
		b.t.Fatalf("call %d: %q", b.number, code)
	}
	b.ok = regexp.MustCompile(`(?m)^To: (.*)\r$`).FindStringSubmatch(m)[1]
	b.send("ACK", 1, b.ok, "")
}

// ends waits for the process to end by itself.
func (e *engine) ends(within time.Duration) time.Duration {
	e.t.Helper()
	began := time.Now()
	select {
	case err := <-e.exited:
		if err != nil {
			e.t.Errorf("the engine ended with %v", err)
		}
	case <-time.After(within):
		e.t.Fatalf("the engine still runs after %s", within)
	}
	return time.Since(began)
}

// recorded starts the engine again and wants a record of n contacts, none of them open.
func (e *engine) recorded(n int) (causes map[string]int) {
	e.t.Helper()
	e.start()
	var page struct {
		Items []struct {
			ID, Ended, Cause string
		}
	}
	e.json("/api/v1/contacts?limit=200", &page)
	causes = map[string]int{}
	for _, c := range page.Items {
		if c.Ended == "" {
			e.t.Errorf("contact %s is open", c.ID)
		}
		causes[c.Cause]++
	}
	if len(page.Items) != n {
		e.t.Errorf("%d contacts are recorded, want %d", len(page.Items), n)
	}
	return causes
}

// TestTermDrains: TERM refuses what is new and lets everything else go on to its end; then the engine ends within a second.
func TestTermDrains(t *testing.T) {
	e := startEngine(t, hostileIP, centreFile)
	var calls []*bare
	for i := range 3 {
		calls = append(calls, talk(t, e, i))
	}
	e.cmd.Process.Signal(syscall.SIGTERM)
	e.eventually(2*time.Second, "readiness is 503", func() bool {
		res, err := http.Get("http://" + e.metrics + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	began := time.Now()
	late := ring(t, e, 9)
	code, m := late.final("INVITE", time.Second)
	if d := time.Since(began); code != "503" || d > 100*time.Millisecond || !strings.Contains(m, "Retry-After") {
		t.Errorf("a new call: %s after %v", code, d)
	}
	late.send("OPTIONS", 2, "", "")
	if code, _ := late.final("OPTIONS", time.Second); code != "503" {
		t.Errorf("OPTIONS: %s", code)
	}
	late.send("REGISTER", 3, "", "") // asked for its password as ever
	if code, _ := late.final("REGISTER", time.Second); code != "401" && code != "400" {
		t.Errorf("REGISTER: %s", code)
	}
	time.Sleep(time.Second)
	for i, c := range calls {
		c.send("OPTIONS", 2, c.ok, "")
		if code, _ := c.final("OPTIONS", time.Second); code != "200" {
			t.Errorf("call %d is gone: %q", i, code)
		}
	}
	for _, c := range calls {
		c.send("BYE", 3, c.ok, "")
		if code, _ := c.final("BYE", time.Second); code != "200" {
			t.Errorf("BYE: %s", code)
		}
	}
	took := e.ends(5 * time.Second)
	t.Logf("ended %v after the last call", took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("ended %v after the last call", took)
	}
	if causes := e.recorded(3); causes["hangup"] != 3 {
		t.Errorf("%v", causes)
	}
}

// TestTermTwice and INT: everybody is told, every contact has its record, and the engine is gone.
func TestTermTwice(t *testing.T) { endsAtOnce(t, syscall.SIGTERM, syscall.SIGTERM) }

func TestIntEndsAtOnce(t *testing.T) { endsAtOnce(t, os.Interrupt) }

func endsAtOnce(t *testing.T, signals ...os.Signal) {
	e := startEngine(t, hostileIP, centreFile)
	var calls []*bare
	for i := range 5 {
		calls = append(calls, talk(t, e, i))
	}
	unacked := ring(t, e, 7)
	if code, _ := unacked.final("INVITE", 5*time.Second); code != "200" {
		t.Fatalf("not answered: %q", code)
	}
	for _, s := range signals {
		e.cmd.Process.Signal(s)
		time.Sleep(200 * time.Millisecond)
	}
	took := e.ends(8 * time.Second)
	t.Logf("ended after %v", took.Round(time.Millisecond))
	for i, c := range calls {
		select {
		case <-c.bye:
		case <-time.After(time.Second):
			t.Errorf("caller %d was not told", i)
		}
	}
	causes := e.recorded(6)
	if causes["shutdown"] != 6 {
		t.Errorf("%v", causes)
	}
}

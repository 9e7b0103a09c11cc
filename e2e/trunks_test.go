//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// exchange is a carrier's server, or a caller, of bare datagrams: it takes every call at once and answers OPTIONS.
type exchange struct {
	t     *testing.T
	conn  *net.UDPConn
	taken atomic.Int32 // INVITEs answered with 200, each once
	dead  atomic.Bool
	mu    sync.Mutex
	seen  map[string]time.Time // Call-IDs
	final chan string          // answers to its own INVITEs
}

func newExchange(t *testing.T, at string) *exchange {
	t.Helper()
	a, err := net.ResolveUDPAddr("udp4", at)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{t: t, seen: map[string]time.Time{}, final: make(chan string, 1000)}
	if x.conn, err = net.ListenUDP("udp4", a); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); x.serve() }()
	t.Cleanup(func() { x.conn.Close(); <-done })
	return x
}

func (x *exchange) serve() {
	buf := make([]byte, 65535)
	for {
		n, from, err := x.conn.ReadFromUDP(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		switch method, _, _ := strings.Cut(text, " "); {
		case x.dead.Load() || method == "ACK":
		case method == "SIP/2.0":
			if field(text, "CSeq") == "1 INVITE" && text[8] >= '2' {
				x.final <- text
			}
		default:
			x.answer(text, method, from)
		}
	}
}

func (x *exchange) answer(text, method string, to *net.UDPAddr) {
	body, id := "", field(text, "Call-ID")
	if method == "INVITE" {
		x.mu.Lock()
		if _, again := x.seen[id]; !again {
			x.seen[id] = time.Now()
			x.taken.Add(1)
		}
		x.mu.Unlock()
		body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 19998 RTP/AVP 8\r\n"
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, l := range strings.Split(text, "\r\n") {
		name, _, _ := strings.Cut(l, ":")
		switch strings.ToLower(name) {
		case "via", "from", "call-id", "cseq":
			b.WriteString(l + "\r\n")
		case "to":
			if !strings.Contains(l, ";tag=") {
				l += ";tag=x" + fmt.Sprint(len(id))
			}
			b.WriteString(l + "\r\n")
		}
	}
	fmt.Fprintf(&b, "Contact: <sip:x@%s>\r\n", x.conn.LocalAddr())
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	_, _ = x.conn.WriteToUDP([]byte(b.String()), to)
}

func field(text, name string) string {
	m := regexp.MustCompile(`(?im)^` + name + `\s*:\s*([^\r\n]*)`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// call sends an INVITE to the engine, and to its 200 the ACK.
func (x *exchange) call(e *engine, number, id string) {
	to := &net.UDPAddr{IP: net.ParseIP(e.ip), Port: 5060}
	own := x.conn.LocalAddr()
	body := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 19996 RTP/AVP 8\r\n"
	request := func(method, tag, body string) string {
		s := fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\r\nMax-Forwards: 70\r\nFrom: <sip:13800001111@carrier.example>;tag=%s\r\n"+
			"To: <sip:%s@%s>%s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:x@%s>\r\n", method, number, e.ip, own, method, id, id, number, e.ip, tag, id, method, own)
		if body != "" {
			s += "Content-Type: application/sdp\r\n"
		}
		return s + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	_, _ = x.conn.WriteToUDP([]byte(request("INVITE", "", body)), to)
	select {
	case res := <-x.final:
		if !strings.HasPrefix(res, "SIP/2.0 200") {
			x.t.Errorf("%s", res)
		}
		_, tag, _ := strings.Cut(field(res, "To"), ">")
		_, _ = x.conn.WriteToUDP([]byte(request("ACK", tag, "")), to)
	case <-time.After(5 * time.Second):
		x.t.Errorf("call %s is not answered", id)
	}
}

const outsideCentre = `
time_zone: Asia/Shanghai
language: zh-CN
flows:
  main:
    - answer: {}
    - number: {to: "075512345678", trunk: carrier, timeout: 20s}
numbers: {"95500": main}
`

// TestTrunkFailover: one of the carrier's two servers dies while calls come in. Every call goes out, those that meet the silence
// within 2 s by the other server, the later ones at once; and the first server is used again when it is back.
func TestTrunkFailover(t *testing.T) {
	a, b := newExchange(t, "127.0.0.35:5071"), newExchange(t, "127.0.0.35:5072")
	e := startEngineWith(t, "127.0.0.35", outsideCentre,
		`servers: ["127.0.0.35:5071", "127.0.0.35:5072"], number: "95500", rewrite: {out: [{match: "0(\\d+)", replace: "+86$1", only: called}]}`)
	caller := newExchange(t, "127.0.0.35:5073")
	e.eventually(5*time.Second, "the trunk is up", func() bool { return e.metric("hotline_trunk_up") == 1 })
	const calls = 60
	for i := range calls {
		if i == 20 {
			a.dead.Store(true)
		}
		caller.call(e, "95500", fmt.Sprintf("failover-%d", i))
		time.Sleep(50 * time.Millisecond)
	}
	e.eventually(10*time.Second, "every call went out", func() bool { return a.taken.Load()+b.taken.Load() >= calls })
	if n := a.taken.Load(); n < 15 || n > 21 || b.taken.Load() > calls-15 {
		t.Errorf("%d calls by the first server, %d by the second", n, b.taken.Load())
	}
	if n := e.metric("hotline_trunk_failovers_total"); n < 1 || n > 45 {
		t.Errorf("%v failovers: later calls must not try the dead server", n)
	}
	if up := e.metric("hotline_trunk_server_up", "5071"); up != 0 || e.metric("hotline_trunk_up") != 1 {
		t.Errorf("the dead server is up: %v", up)
	}
	a.dead.Store(false)
	e.eventually(60*time.Second, "the first server is back", func() bool { return e.metric("hotline_trunk_server_up", "5071") == 1 })
	was := a.taken.Load()
	caller.call(e, "95500", "failover-last")
	e.eventually(5*time.Second, "it is used again", func() bool { return a.taken.Load() == was+1 })
	said, err := e.command("check", "--number", "075512345678")
	if err != nil || !strings.Contains(said, "carrier out, called: 075512345678 becomes +8675512345678 (rule 1") {
		t.Errorf("%s %v", said, err)
	}
}

// TestTrunkRegisters: a second engine is the carrier. The first registers there and takes the calls that come for its account; when
// the carrier is killed and comes back, it is registered again.
func TestTrunkRegisters(t *testing.T) {
	i, j := strings.Index(centreFile, "    - play: welcome"), strings.Index(centreFile, "numbers:")
	carrier := startEngine(t, "127.0.0.135", centreFile[:i]+"    - queue: claims\n"+centreFile[j:])
	e := startEngineWith(t, "127.0.0.35", strings.Replace(centreFile, `numbers: {"95500": main}`, `numbers: {"8001": main}`, 1),
		`peers: [192.0.2.1], server: 127.0.0.135, domain: hotline.example, register: {user: "8001", password: pw-8001, every: 60s}`)
	registered := func() bool {
		return e.metric("hotline_trunk_registered") == 1 && carrier.metric("hotline_sip_contacts") == 1
	}
	e.eventually(10*time.Second, "registered", registered)
	var trunks []struct {
		Name         string
		Up           bool
		Registration struct {
			Registered bool
			Since      time.Time
			Server     string
		}
	}
	e.json("/api/v1/trunks", &trunks)
	if len(trunks) != 1 || !trunks[0].Registration.Registered || time.Since(trunks[0].Registration.Since) > time.Minute || !strings.Contains(trunks[0].Registration.Server, "127.0.0.135:5060") {
		t.Errorf("%+v", trunks)
	}
	res, err := http.Get("http://" + e.metrics + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(said), "trunk carrier: up, registered for ") {
		t.Errorf("%s", said)
	}

	if res := carrier.send(http.MethodPost, "/api/v1/agents/8001/state", map[string]string{"state": "ready"}); res.StatusCode/100 != 2 {
		t.Fatal(res.Status)
	}
	carrier.agentIs("8001", "ready")
	caller := newExchange(t, "127.0.0.35:5075")
	caller.call(carrier, "95500", "registers-1")
	carrier.eventually(20*time.Second, "the customer of the carrier's engine talks with ours", func() bool {
		state, _ := carrier.agentState("8001")
		return state == "talking" && e.metric("hotline_trunk_calls") == 1
	})

	carrier.kill()
	carrier.start()
	e.eventually(60*time.Second, "registered again", registered)
	e.stop()
	carrier.eventually(5*time.Second, "signed off", func() bool { return carrier.metric("hotline_sip_contacts") == 0 })
}

// cutter is a wire between phones and the engine that can be cut.
func cutter(t *testing.T, at, to string) (cut func()) {
	t.Helper()
	ln, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			mu.Lock()
			conns = append(conns, c, up)
			mu.Unlock()
			go func() { _, _ = io.Copy(up, c); up.Close() }()
			go func() { _, _ = io.Copy(c, up); c.Close() }()
		}
	}()
	cut = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			c.Close()
		}
		conns = nil
	}
	t.Cleanup(func() { ln.Close(); cut() })
	return cut
}

// TestFlowIsCut: a phone over tcp whose connection is cut leaves the pool at once, and is there again when it has registered anew.
func TestFlowIsCut(t *testing.T) {
	e := startEngine(t, "127.0.0.35", centreFile)
	cut := cutter(t, "127.0.0.136:5060", "127.0.0.35:5060")
	via := *e
	via.ip = "127.0.0.136"
	startPhone(t, &via, "agent", phoneOptions{ip: "127.0.0.137", user: "8001", password: "pw-8001", tone: 440, auto: true, tcp: true})
	e.eventually(5*time.Second, "registered", func() bool { return e.metric("hotline_sip_contacts") == 1 })
	cut()
	began := time.Now()
	e.eventually(2*time.Second, "gone", func() bool { return e.metric("hotline_sip_contacts") == 0 })
	t.Logf("out of the pool after %s", time.Since(began))
	e.eventually(90*time.Second, "back", func() bool { return e.metric("hotline_sip_contacts") == 1 })
	t.Logf("back after %s", time.Since(began))
}

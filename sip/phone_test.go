package sip

import (
	"bufio"
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// phone is a SIP phone of bare sockets and strings, so that the engine meets messages that sipgo did not write. It speaks
// UDP, keeps every message and answers nothing by itself.
type phone struct {
	t       *testing.T
	conn    *net.UDPConn
	stream  net.Conn // set: SIP goes over this instead
	over    string   // its network
	scheme  string   // of its Contact; default sip
	as      string   // the user of its Contact; default me
	rtp     *net.UDPConn
	engine  netip.AddrPort
	in      chan *sipMsg
	done    sync.WaitGroup
	mu      sync.Mutex
	heard   []byte             // RTP payloads heard
	packets [][]byte           // RTP packets heard, as they came
	lost    int                // messages that nobody read
	filter  func(*sipMsg) bool // false: as if it had got lost on the way
	gone    chan struct{}      // closed with the phone

	regs     chan *sipMsg // answers to REGISTER
	expires  string       // asked for by register; default 300 s
	instance string       // parameters of its Contact in register
}

// sipMsg is one message as it came.
type sipMsg struct {
	start string
	heads [][2]string
	body  string
	size  int
	at    time.Time
	on    net.Conn // the stream it came by; nil: a datagram
}

func newPhone(t *testing.T, engine netip.AddrPort) *phone {
	t.Helper()
	return newPhoneAt(t, net.IPv4(127, 0, 0, 1), engine)
}

func newPhoneAt(t *testing.T, at net.IP, engine netip.AddrPort) *phone {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: at})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	p := &phone{t: t, conn: listen(), rtp: listen(), engine: engine, in: make(chan *sipMsg, 256), regs: make(chan *sipMsg, 16), gone: make(chan struct{}), expires: "300"}
	p.done.Go(p.read)
	p.done.Go(p.listenRTP)
	t.Cleanup(p.close)
	return p
}

// newStreamPhone is a phone that speaks SIP over one connection of its own: "tcp", "tls", "ws" or "wss".
func newStreamPhone(t *testing.T, r *rig, network string) *phone {
	t.Helper()
	engine := port(r.sw, network)
	p := newPhone(t, engine)
	p.stream, p.over = wiretest.DialStream(t, network, engine, netip.Addr{}), network
	p.done.Go(p.readStream)
	return p
}

// readStream cuts the stream into messages by their Content-Length.
func (p *phone) readStream() {
	stream := p.stream
	r := bufio.NewReader(stream)
	for {
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			l, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if l != "\r\n" || head.Len() > 0 {
				head.WriteString(l)
			}
		}
		n, _ := strconv.Atoi(parseMsg(head.String()).get("content-length"))
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		m := parseMsg(head.String() + string(body))
		m.on = stream
		p.take(m)
	}
}

func (p *phone) close() {
	close(p.gone)
	if p.stream != nil {
		p.stream.Close()
	}
	p.conn.Close()
	p.rtp.Close()
	p.done.Wait()
}

func (p *phone) addr() string {
	if p.stream != nil {
		return p.stream.LocalAddr().String()
	}
	return p.conn.LocalAddr().String()
}

func (p *phone) network() string {
	if p.stream != nil {
		return strings.ToUpper(p.over)
	}
	return "UDP"
}

func (p *phone) rtpPort() int { return p.rtp.LocalAddr().(*net.UDPAddr).Port }

func (p *phone) read() {
	buf := make([]byte, 65535)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return
		}
		p.take(parseMsg(string(buf[:n])))
	}
}

func (p *phone) take(m *sipMsg) {
	p.mu.Lock()
	keep := p.filter == nil || p.filter(m)
	p.mu.Unlock()
	if !keep {
		return
	}
	in := p.in
	if m.method() == "REGISTER" {
		in = p.regs
	}
	select {
	case in <- m:
	default:
		p.mu.Lock()
		p.lost++
		p.mu.Unlock()
	}
}

func (p *phone) listenRTP() {
	buf := make([]byte, 2048)
	for {
		n, err := p.rtp.Read(buf)
		if err != nil {
			return
		}
		if n > 12 {
			p.mu.Lock()
			p.heard = append(p.heard, buf[12:n]...)
			p.packets = append(p.packets, slices.Clone(buf[:n]))
			p.mu.Unlock()
		}
	}
}

// hears waits until n bytes of audio that are no silence came.
func (p *phone) hears(n int) bool {
	for range 200 {
		p.mu.Lock()
		got := 0
		for _, b := range p.heard {
			if b != 0xd5 && b != 0xff {
				got++
			}
		}
		p.mu.Unlock()
		if got >= n {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func (p *phone) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = nil
}

// drop sets what gets lost on the way to the phone.
func (p *phone) drop(f func(*sipMsg) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filter = func(m *sipMsg) bool { return !f(m) }
}

func parseMsg(text string) *sipMsg {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := &sipMsg{start: lines[0], body: body, size: len(text), at: time.Now()}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		m.heads = append(m.heads, [2]string{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)})
	}
	return m
}

func (m *sipMsg) get(name string) string {
	for _, h := range m.heads {
		if h[0] == strings.ToLower(name) {
			return h[1]
		}
	}
	return ""
}

func (m *sipMsg) all(name string) []string {
	var out []string
	for _, h := range m.heads {
		if h[0] == strings.ToLower(name) {
			out = append(out, h[1])
		}
	}
	return out
}

func (m *sipMsg) isRequest() bool { return !strings.HasPrefix(m.start, "SIP/2.0 ") }

func (m *sipMsg) code() int {
	if m.isRequest() {
		return 0
	}
	n, _ := strconv.Atoi(strings.Fields(m.start)[1])
	return n
}

func (m *sipMsg) method() string {
	if m.isRequest() {
		return strings.Fields(m.start)[0]
	}
	_, method, _ := strings.Cut(m.get("cseq"), " ")
	return method
}

func (m *sipMsg) seq() int {
	n, _ := strconv.Atoi(strings.Fields(m.get("cseq"))[0])
	return n
}

func (m *sipMsg) is(what string) bool {
	want := strings.Fields(what)
	if want[0] == m.method() && m.isRequest() {
		return true
	}
	return len(want) == 2 && !m.isRequest() && want[0] == strconv.Itoa(m.code()) && want[1] == m.method()
}

func tagIn(h string) string {
	m := regexp.MustCompile(`;\s*tag=([^;>\s]+)`).FindStringSubmatch(h)
	if m == nil {
		return ""
	}
	return m[1]
}

func uriIn(h string) string {
	m := regexp.MustCompile(`<([^>]+)>`).FindStringSubmatch(h)
	if m == nil {
		return h
	}
	return m[1]
}

func (p *phone) send(text string) {
	p.t.Helper()
	if p.stream != nil {
		if _, err := io.WriteString(p.stream, text); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	if _, err := p.conn.WriteToUDPAddrPort([]byte(text), p.engine); err != nil {
		p.t.Fatal(err)
	}
}

// want returns the next message of the given kind ("BYE", "200 INVITE"); others that come before it are skipped but 100 and
// repetitions must not hide a wrong answer: any final response to the same method is a failure.
func (p *phone) want(what string) *sipMsg {
	p.t.Helper()
	m := p.wait(what, 5*time.Second)
	if m == nil {
		p.t.Fatalf("%s did not come", what)
	}
	return m
}

func (p *phone) wait(what string, d time.Duration) *sipMsg {
	p.t.Helper()
	deadline := time.After(d)
	fields := strings.Fields(what)
	for {
		select {
		case m := <-p.in:
			if m.is(what) {
				return m
			}
			if len(fields) == 2 && m.code() >= 200 && m.method() == fields[1] && fields[0] >= "2" && !(m.code() == 200 && fields[0] != "200") {
				p.t.Fatalf("%s came while %s was due", m.start, what)
			}
		case <-deadline:
			return nil
		}
	}
}

// none fails if such a message comes within d.
func (p *phone) none(what string, d time.Duration) {
	p.t.Helper()
	if m := p.wait(what, d); m != nil {
		p.t.Fatalf("%s came: %s", what, m.start)
	}
}

func word() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// sdp is the phone's description; lines are added at its end.
func (p *phone) sdp(version int, lines ...string) string {
	s := fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", version, p.rtpPort())
	for _, l := range lines {
		s += l + "\r\n"
	}
	return s
}

// line is one dialog as the phone sees it, caller or called.
type line struct {
	p         *phone
	callID    string
	me, them  string // From and To as the phone sends them in its requests, with tags
	target    string
	routes    []string // as sent
	seq       int
	branch    string
	inviteMsg *sipMsg // called: the INVITE
	extra     string  // header lines for the next request
}

func (p *phone) dialler(to string) *line {
	return &line{
		p: p, callID: word() + "@phone", me: fmt.Sprintf(`"Li \"L\" Lei" <sip:13800001111@%s>;tag=%s`, p.addr(), word()),
		them: fmt.Sprintf("<sip:%s@%s>", to, p.engine), target: fmt.Sprintf("sip:%s@%s", to, p.engine), seq: 100,
	}
}

func (l *line) request(method string, seq int, branch, body, ctype string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=%s\r\n", method, l.target, l.p.network(), l.p.addr(), branch)
	for _, r := range l.routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <%s:%s@%s>%s\r\n%s", l.me, l.them, l.callID, seq, method, cmp.Or(l.p.scheme, "sip"), cmp.Or(l.p.as, "me"), l.p.addr(), l.p.instance, l.extra)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: %s\r\n", ctype)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// ask sends a request with a new branch and number.
func (l *line) ask(method, body string) string {
	l.p.t.Helper()
	l.seq++
	l.branch = "z9hG4bK" + word()
	text := l.request(method, l.seq, l.branch, body, "application/sdp")
	l.p.send(text)
	return text
}

// made takes the dialog from a response that has a To tag.
func (l *line) made(res *sipMsg) *line {
	l.them = res.get("to")
	l.target = uriIn(res.get("contact"))
	l.routes = nil
	for _, r := range res.all("record-route") {
		l.routes = append([]string{r}, l.routes...)
	}
	return l
}

func (l *line) ack(body string) {
	l.p.send(l.request("ACK", l.seq, "z9hG4bK"+word(), body, "application/sdp"))
}

// ackRefusal is the ACK of a final response that is no 2xx: same branch.
func (l *line) ackRefusal(res *sipMsg) {
	them := l.them
	l.them = res.get("to")
	l.p.send(l.request("ACK", l.seq, l.branch, "", ""))
	l.them = them
}

func (l *line) cancel() { l.p.send(l.request("CANCEL", l.seq, l.branch, "", "")) }

// call sets a call up as far as the ACK; with is called when the engine has it.
func (l *line) establish() *sipMsg {
	l.p.t.Helper()
	res := l.p.want("200 INVITE")
	l.made(res)
	l.ack("")
	return res
}

// reply answers a request; header lines may be added. The tag makes the dialog.
func (p *phone) reply(req *sipMsg, code int, tag, body string, headers ...string) {
	p.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Whatever\r\n", code)
	for _, v := range req.all("via") {
		fmt.Fprintf(&b, "Via: %s\r\n", v)
	}
	to := req.get("to")
	if tag != "" && tagIn(to) == "" {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", req.get("from"), to, req.get("call-id"), req.get("cseq"))
	contact := false
	for _, h := range headers {
		fmt.Fprintf(&b, "%s\r\n", h)
		contact = contact || strings.HasPrefix(h, "Contact:")
	}
	if !contact {
		fmt.Fprintf(&b, "Contact: <sip:me@%s>\r\n", p.addr())
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	p.send(b.String())
}

// called makes the phone's side of a dialog from the engine's INVITE that it answered with tag.
func (p *phone) called(invite *sipMsg, tag string) *line {
	l := &line{
		p: p, callID: invite.get("call-id"), me: invite.get("to") + ";tag=" + tag, them: invite.get("from"),
		target: uriIn(invite.get("contact")), seq: 500, inviteMsg: invite,
	}
	l.routes = append(l.routes, invite.all("record-route")...)
	return l
}

// register binds the phone as an agent with the test's password.
func (p *phone) register(user string) {
	p.t.Helper()
	uri := "sip:" + testDomain
	l := &line{p: p, callID: word(), me: fmt.Sprintf("<sip:%s@%s>;tag=%s", user, testDomain, word()), them: fmt.Sprintf("<sip:%s@%s>", user, testDomain), target: uri}
	l.ask("REGISTER", "")
	answer := func(code int) *sipMsg {
		p.t.Helper()
		select {
		case m := <-p.regs:
			if m.code() != code {
				p.t.Fatalf("%s, want %d", m.start, code)
			}
			return m
		case <-time.After(5 * time.Second):
			p.t.Fatal("REGISTER not answered")
		}
		return nil
	}
	res := answer(401)
	l.extra = "Expires: " + p.expires + "\r\n" + digestFor(res, user, "REGISTER", uri)
	l.ask("REGISTER", "")
	answer(200)
}

// digestFor answers a challenge (RFC 2617 §3.2.2).
func digestFor(challenge *sipMsg, user, method, uri string) string {
	nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(challenge.get("www-authenticate"))[1]
	h := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	ha1 := h(user + ":" + testDomain + ":" + testPassword)
	response := h(ha1 + ":" + nonce + ":00000001:abcdef:auth:" + h(method+":"+uri))
	return fmt.Sprintf("Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", qop=auth, nc=00000001, cnonce=\"abcdef\", response=\"%s\"\r\n",
		user, testDomain, nonce, uri, response)
}

const (
	testDomain   = "hotline.example"
	testPassword = "secret"
)

// speak sends n packets of the byte as A-law audio, 20 ms apart, to the engine's port in the SDP.
func (p *phone) speak(sdp string, b byte, n int) {
	m := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(sdp)
	if m == nil {
		p.t.Errorf("no port in %q", sdp)
		return
	}
	port, _ := strconv.Atoi(m[1])
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	pkt := make([]byte, 12+160)
	pkt[0], pkt[1] = 0x80, 8
	copy(pkt[8:], "ssrc")
	for i := range pkt[12:] {
		pkt[12+i] = b
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		pkt[2], pkt[3] = byte(i>>8), byte(i)
		ts := uint32(i * 160)
		pkt[4], pkt[5], pkt[6], pkt[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
		if _, err := p.rtp.WriteToUDPAddrPort(pkt, to); err != nil {
			return
		}
		<-tick.C
	}
}

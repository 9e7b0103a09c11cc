package sip

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

const wireDomain = "hotline.example"

// wireUsers are accounts by user and password.
type wireUsers map[string]string

func (u wireUsers) HA1(user string) (string, bool) {
	password, ok := u[user]
	if !ok {
		return "", false
	}
	sum := md5.Sum([]byte(user + ":" + wireDomain + ":" + password))
	return hex.EncodeToString(sum[:]), true
}

// fakeCalls is a handler that keeps what it is told and answers by onRequest, if that is set.
type fakeCalls struct {
	onRequest func(inbound)
	onCancel  func(*serverTx)

	mu      sync.Mutex
	got     []inbound
	devices []hotline.Signal
}

func (f *fakeCalls) request(in inbound) {
	f.mu.Lock()
	f.got = append(f.got, in)
	f.mu.Unlock()
	if f.onRequest != nil {
		f.onRequest(in)
	}
}

func (f *fakeCalls) cancelled(tx *serverTx) {
	if f.onCancel != nil {
		f.onCancel(tx)
		return
	}
	_ = tx.respond(tx.reply(487, "Request Terminated"))
}

func (f *fakeCalls) device(sig hotline.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.devices = append(f.devices, sig)
}

func (f *fakeCalls) requests() []inbound {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fakeCalls) signals() []hotline.Signal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.devices)
}

// startWire runs a wire on loopback: udp, tcp, ws, tls and wss, in this order.
func startWire(t testing.TB, h handler, change func(*wireConfig)) *wire {
	t.Helper()
	w := openWire(t, h, change)
	done := make(chan error)
	go func() { done <- w.run(context.Background()) }()
	t.Cleanup(func() {
		w.close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := w.cfg.Metrics.Panics.Load(); n != 0 {
			t.Errorf("%d panics", n)
		}
	})
	return w
}

func openWire(t testing.TB, h handler, change func(*wireConfig)) *wire {
	t.Helper()
	cert, key := certFiles(t)
	cfg := wireConfig{
		Listen: everywhere(), Cert: cert, Key: key, Domain: wireDomain,
		Accounts: wireUsers{"8001": "secret", "8002": "geheim"},
		Logger:   slog.New(slog.NewTextHandler(wireLog{t}, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	w, err := newWire(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

type wireLog struct{ t testing.TB }

func (l wireLog) Write(b []byte) (int, error) {
	if testing.Verbose() {
		fmt.Print(string(b))
	}
	return len(b), nil
}

// ua is a SIP user agent of one socket and strings.
type ua struct {
	t    testing.TB
	conn net.Conn
	to   netip.AddrPort
	via  string // "UDP", "TCP", "TLS", "WS" or "WSS"
	buf  []byte
}

func dialUA(t testing.TB, network string, to netip.AddrPort) *ua {
	t.Helper()
	if network != "udp" {
		return &ua{t: t, conn: dialStream(t, network, to, netip.Addr{}), to: to, via: strings.ToUpper(network)}
	}
	c, err := net.Dial(network, to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &ua{t: t, conn: c, to: to, via: strings.ToUpper(network)}
}

func (u *ua) send(text string) {
	u.t.Helper()
	if _, err := u.conn.Write([]byte(text)); err != nil {
		u.t.Fatal(err)
	}
}

// read returns the next message, "" if none comes in time.
func (u *ua) read(within time.Duration) string {
	u.t.Helper()
	if err := u.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		u.t.Fatal(err)
	}
	for {
		if u.via != "UDP" {
			if i := strings.Index(string(u.buf), "\r\n\r\n"); i >= 0 { // none of ours has a body here
				msg := string(u.buf[:i+4])
				u.buf = u.buf[i+4:]
				return msg
			}
		}
		b := make([]byte, 65536)
		n, err := u.conn.Read(b)
		if err != nil {
			return ""
		}
		if u.via == "UDP" {
			return string(b[:n])
		}
		u.buf = append(u.buf, b[:n]...)
	}
}

// final returns the next final response.
func (u *ua) final() string {
	u.t.Helper()
	for {
		msg := u.read(5 * time.Second)
		if msg == "" || statusOf([]byte(msg)) >= 200 {
			return msg
		}
	}
}

// request builds a request to the user. Further header fields go behind.
func (u *ua) request(method, from, to string, seq int, callID string, headers ...string) string {
	local := u.conn.LocalAddr().String()
	extra := ""
	for _, h := range headers {
		extra += h + "\r\n"
	}
	if method == "INVITE" || method == "REGISTER" && !strings.Contains(extra, "Contact:") {
		extra += "Contact: <sip:" + from + "@" + local + ">\r\n"
	}
	uri := "sip:" + to + "@" + wireDomain
	if method == "REGISTER" {
		uri = "sip:" + wireDomain
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK%s%d%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s@%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: 0\r\n\r\n",
		method, uri, u.via, local, callID, seq, method, from, wireDomain, callID[:4], to, wireDomain, callID, seq, method, extra)
}

// field returns the values of a header field of a message.
func fieldOf(msg, name string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?im)^`+name+`[ \t]*:[ \t]*(.*?)\r$`).FindAllStringSubmatch(msg, -1) {
		all = append(all, m[1])
	}
	return all
}

// authorize answers the challenge of a 401.
func authorize(challenge, method, uri, user, password string, nc int) string {
	get := func(name string) string {
		m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(challenge)
		if m == nil {
			return ""
		}
		return m[1]
	}
	ha1 := md5.Sum([]byte(user + ":" + get("realm") + ":" + password))
	c := credentials{nonce: get("nonce"), uri: uri, qop: "auth", nc: fmt.Sprintf("%08x", nc), cnonce: "c"}
	return fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", qop=auth, nc=%s, cnonce="c", algorithm=MD5`,
		user, get("realm"), c.nonce, uri, digestResponse(hex.EncodeToString(ha1[:]), method, c), c.nc)
}

// register registers the user and returns the last answer.
func (u *ua) register(user, password, callID string, seq int, headers ...string) string {
	u.t.Helper()
	u.send(u.request("REGISTER", user, user, seq, callID, headers...))
	res := u.final()
	if statusOf([]byte(res)) != 401 {
		return res
	}
	auth := authorize(fieldOf(res, "WWW-Authenticate")[0], "REGISTER", "sip:"+wireDomain, user, password, 1)
	u.send(u.request("REGISTER", user, user, seq+1, callID, append(headers, auth)...))
	return u.final()
}

// newRequest is a request of ours for wire.request.
func newRequest(method, callID string, to path) *gosip.Request {
	var uri gosip.Uri
	_ = gosip.ParseUri("sip:8001@"+to.peer.String(), &uri)
	req := gosip.NewRequest(gosip.RequestMethod(method), uri)
	id := gosip.CallIDHeader(callID)
	req.AppendHeader(&gosip.FromHeader{Address: gosip.Uri{Scheme: "sip", User: "hotline", Host: wireDomain}, Params: gosip.HeaderParams{{K: "tag", V: "us"}}})
	req.AppendHeader(&gosip.ToHeader{Address: uri})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.RequestMethod(method)})
	return req
}

// answerTo builds a response to a request from its text.
func responseTo(req string, code int, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Whatever\r\n", code)
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range fieldOf(req, name) {
			if name == "To" && code > 100 && !strings.Contains(v, "tag=") {
				v += ";tag=them"
			}
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.String()
}

// listenUDP is a bare socket on loopback that the wire sends to.
func listenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func pathOf(w *wire, c *net.UDPConn) path {
	return path{sock: w.socks[0], peer: c.LocalAddr().(*net.UDPAddr).AddrPort()}
}

// eventually waits for something that happens on another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("never: %s", what)
}

// TestResponseOrder: 183 and 200 sent back to back come up in this order, for each of 200 calls at once; a request of the
// same call right behind them comes after both.
func TestResponseOrder(t *testing.T) {
	h := &fakeCalls{}
	byes := make(map[string]int)
	type seen struct {
		codes []int
		bye   int
	}
	var mu sync.Mutex
	calls := map[string]*seen{}
	h.onRequest = func(in inbound) {
		mu.Lock()
		id := in.req.CallID().Value()
		calls[id].bye = len(calls[id].codes)
		byes[id]++
		mu.Unlock()
		_ = in.tx.respond(in.tx.reply(200, "OK"))
	}
	w := startWire(t, h, nil)
	peer := listenUDP(t)
	to := pathOf(w, peer)
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := peer.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			req := string(buf[:n])
			if !strings.HasPrefix(req, "INVITE ") {
				continue
			}
			id := fieldOf(req, "Call-ID")[0]
			bye := "BYE sip:hotline@x SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKbye" + id + "\r\nFrom: <sip:8001@x>;tag=them\r\nTo: " +
				fieldOf(req, "From")[0] + "\r\nCall-ID: " + id + "\r\nCSeq: 7 BYE\r\nContent-Length: 0\r\n\r\n"
			for _, msg := range []string{responseTo(req, 183), responseTo(req, 200), bye} {
				if _, err := peer.WriteToUDPAddrPort([]byte(msg), from); err != nil {
					return
				}
			}
		}
	}()
	const n = 200
	for i := range n {
		id := fmt.Sprintf("order-%d", i)
		s := &seen{bye: -1}
		mu.Lock()
		calls[id] = s
		mu.Unlock()
		_, err := w.request(t.Context(), outbound{req: newRequest("INVITE", id, to), path: to, answer: func(res *gosip.Response) {
			mu.Lock()
			defer mu.Unlock()
			s.codes = append(s.codes, res.StatusCode)
		}, failed: func(err error) { t.Errorf("%s: %v", id, err) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "every call answered and ended", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(byes) == n
	})
	mu.Lock()
	defer mu.Unlock()
	for id, s := range calls {
		// On a slow machine the INVITE was repeated and so was the answer; the first ones came in order all the same.
		if !slices.Equal(s.codes[:2], []int{183, 200}) || s.bye < 2 {
			t.Errorf("%s: %v, BYE after %d", id, s.codes, s.bye)
		}
	}
}

// TestCancelBehindInvite: a CANCEL in the same instant as its INVITE always finds it.
func TestCancelBehindInvite(t *testing.T) {
	const tries = 2000
	for _, network := range []string{"udp", "tcp", "tls", "wss"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			h := &fakeCalls{}
			w := startWire(t, h, func(c *wireConfig) {
				c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}
			})
			u := dialUA(t, network, at(w, network))
			for i := range tries {
				id := fmt.Sprintf("race-%d", i)
				invite := u.request("INVITE", "caller", "95500", 1, id)
				cancel := strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1)
				u.send(invite)
				u.send(cancel)
				var codes []string
				for len(codes) < 2 {
					res := u.final()
					if res == "" {
						t.Fatalf("try %d: only %v", i, codes)
					}
					if !strings.Contains(res, "Call-ID: "+id+"\r\n") {
						continue // a retransmission of an earlier one
					}
					codes = append(codes, res[8:11]+strings.Fields(fieldOf(res, "CSeq")[0])[1])
					if strings.HasPrefix(res, "SIP/2.0 487") {
						u.send(string(ackTo([]byte(invite), []byte(res), "ACK")))
					}
				}
				slices.Sort(codes)
				if !slices.Equal(codes, []string{"200CANCEL", "487INVITE"}) {
					t.Fatalf("try %d: %v", i, codes)
				}
			}
			if n := len(h.requests()); n != tries {
				t.Errorf("%d INVITEs came up", n)
			}
			if n := w.cfg.Metrics.Retransmits.Load(); n > tries/10 {
				t.Errorf("%d retransmissions", n)
			}
		})
	}
}

// noLog is a logger that says nothing.
func noLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

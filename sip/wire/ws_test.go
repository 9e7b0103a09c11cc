package wire

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	gosip "github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// wsPhone is a browser's phone.
type wsPhone struct {
	t *testing.T
	c *websocket.Conn
	*wiretest.UA
}

func dialWS(t *testing.T, w *Wire, network string, header http.Header) (*wsPhone, int) {
	t.Helper()
	c, res, err := websocket.Dial(t.Context(), network+"://"+at(w, network).String(), wsOptions("sip", header))
	code := 0
	if res != nil {
		code = res.StatusCode
	}
	if err != nil {
		return nil, code
	}
	t.Cleanup(func() { c.CloseNow() })
	return &wsPhone{t: t, c: c, UA: &wiretest.UA{T: t, Conn: fakeAddr{}, To: at(w, network), Via: strings.ToUpper(network)}}, code
}

func wsOptions(protocol string, header http.Header) *websocket.DialOptions {
	return &websocket.DialOptions{
		Subprotocols: []string{protocol}, HTTPHeader: header,
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: wiretest.Trusting()}},
	}
}

// fakeAddr is the address a browser puts into its messages.
type fakeAddr struct{ net.Conn }

func (fakeAddr) LocalAddr() net.Addr { return invalidAddr{} }

type invalidAddr struct{}

func (invalidAddr) Network() string { return "ws" }
func (invalidAddr) String() string  { return "df7jal23ls0d.invalid" }

func (p *wsPhone) say(text string) {
	p.t.Helper()
	if err := p.c.Write(p.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *wsPhone) hear() string {
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	_, b, err := p.c.Read(ctx)
	if err != nil {
		return ""
	}
	return string(b)
}

// TestWebSocketPhone registers, is called and answers, all over the one connection; when it goes, so does its binding.
func TestWebSocketPhone(t *testing.T) {
	wiretest.Over(t, testWebSocketPhone, "ws", "wss")
}

func testWebSocketPhone(t *testing.T, network string) {
	h := &fakeCalls{}
	w := startWire(t, h, nil)
	p, _ := dialWS(t, w, network, nil)
	if p == nil {
		t.Fatal("no connection")
	}
	contact := `Contact: <sip:abc@df7jal23ls0d.invalid;transport=ws>;+sip.instance="<urn:uuid:f81d4fae>";reg-id=1;expires=600`
	p.say(p.Request("REGISTER", "8001", "8001", 1, "browser", contact))
	auth := wiretest.Authorize(wiretest.FieldOf(p.hear(), "WWW-Authenticate")[0], "REGISTER", "sip:"+wiretest.Domain, "8001", "secret", 1)
	p.say(p.Request("REGISTER", "8001", "8001", 2, "browser", contact, auth))
	if res := p.hear(); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	cs := w.Contacts("8001")
	if len(cs) != 1 || cs[0].Path.Network() != network {
		t.Fatalf("%+v", cs)
	}
	codes := make(chan int, 10)
	if _, err := w.Request(t.Context(), Outbound{
		Req: newRequest("INVITE", "to-browser", cs[0].Path), Path: cs[0].Path,
		Answer: func(res *gosip.Response) { codes <- res.StatusCode },
	}); err != nil {
		t.Fatal(err)
	}
	invite := p.hear()
	if v := wiretest.FieldOf(invite, "Via"); len(v) != 1 || !strings.HasPrefix(v[0], "SIP/2.0/"+strings.ToUpper(network)+" 127.0.0.1:") {
		t.Errorf("%q", v)
	}
	p.say(wiretest.ResponseTo(invite, 180))
	p.say(wiretest.ResponseTo(invite, 200))
	if a, b := <-codes, <-codes; a != 180 || b != 200 {
		t.Errorf("%d, %d", a, b)
	}
	p.c.CloseNow()
	want := []hotline.Signal{hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceDown{Agent: "8001"}}
	wiretest.Eventually(t, "the phone is gone", func() bool { return len(h.signals()) == 2 })
	if d := cmp.Diff(want, h.signals()); d != "" {
		t.Error(d)
	}
	if _, err := w.Request(t.Context(), Outbound{Req: newRequest("INVITE", "too-late", cs[0].Path), Path: cs[0].Path}); err == nil {
		t.Error("sent over a connection that is gone")
	}
}

// TestWebSocketFrames: a ping with a payload is answered and a fragmented message is one message.
func TestWebSocketFrames(t *testing.T) {
	wiretest.Over(t, testWebSocketFrames, "ws", "wss")
}

func testWebSocketFrames(t *testing.T, network string) {
	w := startWire(t, &fakeCalls{}, nil)
	p, _ := dialWS(t, w, network, nil)
	pinged := make(chan error, 1)
	go func() { pinged <- p.c.Ping(t.Context()) }()
	out, err := p.c.Writer(t.Context(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	text := p.Request("OPTIONS", "x", "y", 1, "frames", "X-Long: "+strings.Repeat("x", 20_000))
	for len(text) > 0 {
		n := min(1000, len(text))
		if _, err := out.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if res := p.hear(); wiretest.StatusOf([]byte(res)) != 200 {
		t.Errorf("%q", res)
	}
	go p.hear() // reads the pong
	if err := <-pinged; err != nil {
		t.Error(err)
	}
	p.say("\r\n\r\n")
}

// TestWebSocketHandshake: silent connections and half requests stop nobody; foreign pages and other protocols are turned away.
func TestWebSocketHandshake(t *testing.T) {
	wiretest.Over(t, testWebSocketHandshake, "ws", "wss")
}

func testWebSocketHandshake(t *testing.T, network string) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.Origins = []string{"https://desk.example"} })
	for i := range 50 {
		c, err := net.Dial("tcp", at(w, network).String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n")
		}
	}
	begun := time.Now()
	for origin, want := range map[string]int{"": 101, "https://desk.example": 101, "https://evil.example": 403, "null": 403, "http://" + at(w, network).String(): 403} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		if _, code := dialWS(t, w, network, header); code != want {
			t.Errorf("origin %q: %d, want %d", origin, code, want)
		}
	}
	if d := time.Since(begun); d > time.Second {
		t.Errorf("the handshakes took %v", d)
	}
	_, res, err := websocket.Dial(t.Context(), network+"://"+at(w, network).String(), wsOptions("chat", nil))
	if err == nil || res.StatusCode != 400 {
		t.Errorf("another sub-protocol: %v, %v", res, err)
	}
}

// TestWebSocketStranger: a connection that nobody registers over is closed.
func TestWebSocketStranger(t *testing.T) {
	wiretest.Over(t, testWebSocketStranger, "ws", "wss")
}

func testWebSocketStranger(t *testing.T, network string) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.ReadTimeout = 100 * time.Millisecond })
	p, _ := dialWS(t, w, network, nil)
	if got := p.hear(); got != "" {
		t.Fatal(got)
	}
	wiretest.Eventually(t, "closed", func() bool { return w.cfg.Metrics.Flows.Load() == 0 })
	big, _ := dialWS(t, w, network, nil)
	_ = big.c.Write(t.Context(), websocket.MessageText, make([]byte, 2*syntax.MaxMessage)) // it may be closed before all is written
	if got := big.hear(); got != "" {
		t.Fatal(got)
	}
}

package wire

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hotline/sip/wiretest"
)

// pageOf serves a user's page over a listener of the test's own and returns its phone.
func pageOf(t *testing.T, w *Wire, user string, alive func() bool, header http.Header) (*wsPhone, error) {
	t.Helper()
	pages := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.ServePage(rw, r, user, alive) }))
	t.Cleanup(pages.Close)
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(pages.URL, "http"), wsOptions("sip", header))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.CloseNow() })
	return &wsPhone{t: t, c: c, UA: &wiretest.UA{T: t, Conn: fakeAddr{}, To: w.Listening()[0].Addr, Via: "WS"}}, nil
}

// pageKeys gives 8001 and ~lead the key "key", which no password is.
func pageKeys(c *Config) {
	c.Keys = func(user string) []string {
		if user != "8001" && user != "~lead" {
			return nil
		}
		sum := md5.Sum([]byte(user + ":" + wiretest.Domain + ":key"))
		return []string{hex.EncodeToString(make([]byte, 16)), hex.EncodeToString(sum[:])}
	}
}

// tryRegister registers and returns the status.
func (p *wsPhone) tryRegister(user, password, id string) int {
	p.t.Helper()
	contact := "Contact: <sip:abc@df7jal23ls0d.invalid;transport=ws>;expires=600"
	p.say(p.Request("REGISTER", user, user, 1, id, contact))
	asked := p.hear()
	if wiretest.StatusOf([]byte(asked)) != 401 {
		return wiretest.StatusOf([]byte(asked))
	}
	auth := wiretest.Authorize(wiretest.FieldOf(asked, "WWW-Authenticate")[0], "REGISTER", "sip:"+wiretest.Domain, user, password, 1)
	p.say(p.Request("REGISTER", user, user, 2, id, contact, auth))
	return wiretest.StatusOf([]byte(p.hear()))
}

// TestPagePhone: over a page's connection its user registers by a key, and by nothing else; the key is worth nothing elsewhere,
// and who has no account but a login calls as that, also from an address that trunks call from.
func TestPagePhone(t *testing.T) {
	h := &fakeCalls{}
	w := startWire(t, h, pageKeys)
	p, err := pageOf(t, w, "8001", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if code := p.tryRegister("8001", "secret", "by-password"); code != 401 {
		t.Errorf("by the password: %d", code)
	}
	if code := p.tryRegister("~lead", "key", "another"); code != 401 {
		t.Errorf("as somebody else: %d", code)
	}
	if code := p.tryRegister("8001", "key", "by-key"); code != 200 || len(w.Contacts("8001")) != 1 {
		t.Errorf("by the key: %d", code)
	}
	elsewhere, _ := dialWS(t, w, "ws", nil)
	if code := elsewhere.tryRegister("8001", "key", "elsewhere"); code != 401 {
		t.Errorf("by the key on another connection: %d", code)
	}
	lead, err := pageOf(t, w, "~lead", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if code := lead.tryRegister("~lead", "key", "lead"); code != 200 {
		t.Errorf("a login that is no agent: %d", code)
	}
	lead.say(lead.Request("INVITE", "8002", "*43", 1, "in-anothers-name"))
	if res := lead.hear(); wiretest.StatusOf([]byte(res)) != 401 {
		t.Errorf("in another's name: %s", res)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.got) != 0 {
		t.Errorf("calls came through: %+v", h.got)
	}
}

// TestPageEndsWithItsLogin: the connection goes with the login behind it, and the phone with the connection.
func TestPageEndsWithItsLogin(t *testing.T) {
	var on atomic.Bool
	on.Store(true)
	w := startWire(t, &fakeCalls{}, func(c *Config) { pageKeys(c); c.ReadTimeout = 300 * time.Millisecond })
	p, err := pageOf(t, w, "8001", on.Load, nil)
	if err != nil {
		t.Fatal(err)
	}
	if code := p.tryRegister("8001", "key", "ends"); code != 200 {
		t.Fatal(code)
	}
	on.Store(false)
	wiretest.Eventually(t, "the phone is gone", func() bool { return len(w.Contacts("8001")) == 0 })
}

// TestPageBehindAProxy: a proxy on this machine is believed whom it speaks for, and its clients are not sent to our loopback.
func TestPageBehindAProxy(t *testing.T) {
	for from, want := range map[string]string{"": "127.0.0.1", "203.0.113.7": "203.0.113.7", "1.2.3.4, 203.0.113.8": "203.0.113.8", "nonsense": "127.0.0.1"} {
		r := httptest.NewRequest(http.MethodGet, "/sip", nil)
		r.RemoteAddr = "127.0.0.1:4000"
		if from != "" {
			r.Header.Set("X-Forwarded-For", from)
		}
		if peer, _, err := pageEnds(r); err != nil || peer.Addr().String() != want {
			t.Errorf("%q: %v, %v", from, peer, err)
		}
		r.RemoteAddr = "198.51.100.9:4000"
		if peer, _, _ := pageEnds(r); peer.Addr().String() != "198.51.100.9" {
			t.Errorf("%q from afar: %v", from, peer)
		}
	}
}

package wire

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/coder/websocket"

	"hotline/sip/digest"
	"hotline/sip/syntax"
)

// ServePage takes over the handshake of a WebSocket (RFC 7118) that came to the listener of the pages: see Switch.ServePage.
func (w *Wire) ServePage(rw http.ResponseWriter, r *http.Request, user string, alive func() bool) {
	peer, local, err := pageEnds(r)
	if err != nil || !offersSIP(r) {
		http.Error(rw, "sub-protocol sip needed", http.StatusBadRequest) // RFC 7118 §4.1
		return
	}
	if !w.enter() {
		http.Error(rw, "closing", http.StatusServiceUnavailable)
		return
	}
	defer w.wg.Done()
	if !w.guard.admit(peer.Addr(), time.Now()) || !w.conns.enter(peer.Addr()) {
		w.cfg.Metrics.FlowsRefused.Add(1)
		http.Error(rw, "too many connections", http.StatusServiceUnavailable)
		return
	}
	defer w.conns.leave(peer.Addr())
	c, err := websocket.Accept(rw, r, &websocket.AcceptOptions{
		Subprotocols:       []string{"sip"},
		InsecureSkipVerify: true, // the origin is the caller's to check
	})
	if err != nil {
		return // Accept has answered
	}
	c.SetReadLimit(syntax.MaxMessage)
	s := &socket{w: w, network: "ws", addr: w.behind(local, peer.Addr())}
	if r.TLS != nil {
		s.network = "wss"
	}
	s.serveSocket(w.ctx, c, &flow{sock: s, peer: peer, local: s.addr.Addr(), user: user, alive: alive})
}

// pageEnds are the two ends of a page's connection. A proxy on this machine is believed whom it speaks for.
func pageEnds(r *http.Request) (peer, local netip.AddrPort, err error) {
	if peer, err = netip.ParseAddrPort(r.RemoteAddr); err != nil {
		return peer, local, err
	}
	peer = unmapped(peer)
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if t, ok := a.(*net.TCPAddr); ok {
			local = unmapped(t.AddrPort())
		}
	}
	if !peer.Addr().IsLoopback() {
		return peer, local, nil
	}
	all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if last, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
		peer = netip.AddrPortFrom(last.Unmap(), peer.Port())
	}
	return peer, local, nil
}

// behind is the address of ours that the peer of a page's connection reaches with its media: the one it connected to, but where a
// proxy stands between, one that we listen on for SIP, or, where that is every address, the one that leads to the peer.
func (w *Wire) behind(local netip.AddrPort, peer netip.Addr) netip.AddrPort {
	if local.IsValid() && local.Addr().IsLoopback() == peer.IsLoopback() {
		return local
	}
	for _, s := range w.socks {
		if !s.fits(peer) {
			continue
		}
		if a := s.addr.Addr(); !a.IsUnspecified() {
			return netip.AddrPortFrom(a, local.Port())
		}
		return netip.AddrPortFrom(s.route(peer), local.Port())
	}
	return local
}

// ofPage is the user of the page that the message came from; empty: it came from elsewhere.
func (m *message) ofPage() string {
	if m.path.flow == nil {
		return ""
	}
	return m.path.flow.user
}

// rightKey says whether the response is that of one of the user's keys, which are good on a connection of its own page only.
func (a *authenticator) rightKey(m *message, c digest.Credentials) bool {
	by, known := digest.By(c.Algorithm)
	if !known || by.Name != "MD5" || c.QOP != "" && c.QOP != "auth" || c.Username != m.ofPage() || a.keys == nil {
		return false
	}
	right := 0
	for _, ha1 := range a.keys(c.Username) {
		right |= subtle.ConstantTimeCompare([]byte(by.Response(ha1, m.Method, c)), []byte(strings.ToLower(c.Response)))
	}
	return right == 1
}

// proves says whether the credentials are right for where they came from.
func (a *authenticator) proves(m *message, c digest.Credentials) bool {
	if m.ofPage() != "" {
		return a.rightKey(m, c)
	}
	return a.rightResponse(m.Method, c)
}

// ended says that the login of a page's connection is over.
func (f *flow) ended() bool { return f.alive != nil && !f.alive() }

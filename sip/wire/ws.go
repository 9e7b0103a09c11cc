package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"hotline/sip/syntax"
)

// Times of a WebSocket (RFC 7118), ws or wss.
const (
	wsHandshake = 5 * time.Second  // for the HTTP request
	wsPing      = 30 * time.Second // between pings of a connection that registered: a lost browser is noticed
	wsPong      = 10 * time.Second
)

// serveWS answers WebSocket handshakes until ctx is done. Each connection's handshake has a goroutine and a deadline of
// its own, so a silent one stops nobody.
func (s *socket) serveWS(ctx context.Context) {
	conns := make(chan net.Conn)
	srv := &http.Server{
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if s.w.enter() { // the server does not wait for a handler that took its connection over
				defer s.w.wg.Done()
				s.upgrade(ctx, rw, r)
			}
		}),
		ReadHeaderTimeout: wsHandshake,
		ReadTimeout:       wsHandshake,
		IdleTimeout:       wsHandshake,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          quietLog(s.w.log),
	}
	s.w.wg.Go(func() { _ = srv.Serve(&handedOver{addr: s.ln.Addr(), conns: conns, done: ctx.Done()}) })
	defer srv.Close()
	s.accept(ctx, func(raw net.Conn) {
		c := raw
		if s.tls != nil {
			t := s.shake(ctx, raw)
			if t == nil {
				return
			}
			c = t
		}
		end := make(chan struct{})
		select {
		case conns <- &countedConn{Conn: c, raw: raw, end: end}:
		case <-ctx.Done():
			return
		}
		select { // the connection counts against its address until it is closed
		case <-end:
		case <-ctx.Done():
		}
	})
}

// upgrade is one WebSocket client from its handshake to its end.
func (s *socket) upgrade(ctx context.Context, rw http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return
	}
	if !s.w.originAllowed(r) {
		s.w.log.Warn("websocket from a foreign origin", "from", r.RemoteAddr, "origin", hostile(r.Header.Get("Origin")))
		http.Error(rw, "origin not allowed", http.StatusForbidden)
		return
	}
	if !offersSIP(r) {
		http.Error(rw, "sub-protocol sip needed", http.StatusBadRequest) // RFC 7118 §4.1
		return
	}
	c, err := websocket.Accept(rw, r, &websocket.AcceptOptions{
		Subprotocols:       []string{"sip"},
		InsecureSkipVerify: true, // the origin was checked above
	})
	if err != nil {
		return // Accept has answered
	}
	c.SetReadLimit(syntax.MaxMessage)
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	f := &flow{sock: s, peer: unmapped(from)}
	if a, ok := local.(*net.TCPAddr); ok {
		f.local = unmapped(a.AddrPort()).Addr()
	}
	s.serveSocket(ctx, c, f)
}

// serveSocket reads one WebSocket, f, to its end: each text or binary message is one SIP message (RFC 7118 §5).
func (s *socket) serveSocket(ctx context.Context, c *websocket.Conn, f *flow) {
	ctx, cancel := context.WithCancel(ctx)
	f.shut = func() { cancel(); _ = c.CloseNow() }
	f.send = func(b []byte) error {
		wctx, done := context.WithTimeout(ctx, writeTimeout)
		defer done()
		return c.Write(wctx, websocket.MessageText, b)
	}
	s.w.flowOpened(f)
	defer f.close()
	s.w.start(func() { s.watch(ctx, c, f) })
	p := Path{sock: s, flow: f, Peer: f.peer}
	for {
		_, data, err := c.Read(ctx)
		if err != nil {
			return
		}
		f.listened()
		s.w.wsMessage(p, data)
	}
}

// watch pings a connection that somebody registered over and closes one that nobody did.
func (s *socket) watch(ctx context.Context, c *websocket.Conn, f *flow) {
	idle := time.NewTimer(s.w.cfg.ReadTimeout)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle.C:
		}
		if !f.known.Load() || f.ended() {
			f.close()
			return
		}
		pctx, done := context.WithTimeout(ctx, wsPong)
		err := c.Ping(pctx)
		done()
		if err != nil {
			f.close()
			return
		}
		f.listened()
		idle.Reset(wsPing)
	}
}

// wsMessage handles one WebSocket message.
func (w *Wire) wsMessage(p Path, data []byte) {
	defer w.catch(p, data)
	if len(strings.Trim(string(data[:min(len(data), 5)]), "\r\n")) == 0 { // keep-alive of RFC 5626 §4.4.1
		if len(data) >= 4 {
			_ = p.Write([]byte("\r\n"))
		}
		return
	}
	if !w.guard.admit(p.Peer.Addr(), time.Now()) {
		w.cfg.Metrics.Dropped.Add(1)
		p.flow.finish()
		return
	}
	w.cfg.Metrics.Received.Add(1)
	h, err := syntax.ReadHead(data)
	if err != nil {
		w.garbage(p, data, err)
		return
	}
	w.receive(h, p)
}

// originAllowed says whether a browser's page may open a WebSocket here: one of the list, or of the very host it asks.
// Whoever sends no Origin is not a browser.
func (w *Wire) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.ContainsFunc(w.cfg.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && len(w.cfg.Origins) == 0 && strings.EqualFold(u.Host, r.Host)
}

func offersSIP(r *http.Request) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for _, p := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(p), "sip") {
				return true
			}
		}
	}
	return false
}

// handedOver is a listener of connections that were accepted elsewhere.
type handedOver struct {
	addr  net.Addr
	conns <-chan net.Conn
	done  <-chan struct{}
}

func (l *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, errors.Join(ErrClosed, net.ErrClosed)
	}
}

func (l *handedOver) Close() error   { return nil }
func (l *handedOver) Addr() net.Addr { return l.addr }

// countedConn closes end when it is closed, and of a TLS connection what it travels over: see serveStream.
type countedConn struct {
	net.Conn
	raw  net.Conn
	end  chan struct{}
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { close(c.end) })
	return c.raw.Close()
}

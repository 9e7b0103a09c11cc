package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"hotline/sip/certfile"
)

// Times of a connection to a trunk's server.
const (
	linkDial   = 5 * time.Second        // for the connection and its handshake
	linkFirst  = 500 * time.Millisecond // until the second try
	linkLast   = 30 * time.Second       // between tries at most
	linkLives  = 10 * time.Second       // one that stood so long is tried again at once
	linkRetire = 2 * time.Hour          // for calls over a connection to a server that its name no longer leads to
)

// connect keeps a connection to the gateway: one for all requests and both directions (RFC 5923), so that no call waits for a
// handshake. It returns at once; the connection ends with g.stop or with the wire.
func (w *Wire) connect(g *Gateway) {
	ctx, stop := context.WithCancel(w.lifeOf(g.trunk))
	g.stop = stop
	g.trunk.mu.Lock()
	g.dead, g.since = true, time.Now() // until it stands
	g.trunk.mu.Unlock()
	w.start(func() {
		pause := time.Duration(0)
		for first := true; ctx.Err() == nil; first = false {
			began := time.Now()
			err := w.link(ctx, g)
			if ctx.Err() != nil {
				return
			}
			if time.Since(began) > linkLives {
				pause = 0
			}
			w.linkDown(g, err, first)
			select {
			case <-ctx.Done():
				return
			case <-time.After(jittered(pause)):
			}
			pause = min(max(2*pause, linkFirst), linkLast)
		}
	})
}

// jittered is d, less up to a quarter of it by chance: engines that lost a carrier together do not come back together.
func jittered(d time.Duration) time.Duration {
	if d < 4 {
		return d
	}
	return d - rand.N(d/4)
}

// link makes one connection and serves it to its end.
func (w *Wire) link(ctx context.Context, g *Gateway) error {
	c, raw, s, err := w.dialGateway(ctx, g)
	if err != nil {
		return err
	}
	defer raw.Close()
	life, end := context.WithCancel(w.ctx) // calls outlive g.stop
	defer end()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(linkRetire, end) })
	defer stop()
	s.serveStream(life, c, raw, g)
	return errors.New("the connection ended")
}

// linkUp is called by serveStream when the connection is ready.
func (w *Wire) linkUp(g *Gateway, f *flow) {
	was := g.trunk.up()
	t := g.trunk
	t.mu.Lock()
	g.flow, g.dead, g.since, g.refused = f, false, time.Now(), ""
	t.mu.Unlock()
	f.gate = g
	f.known.Store(true)
	t.lives()
	w.ask(g, Path{sock: f.sock, flow: f, Peer: f.peer})
	w.tellTrunk(g, was)
	if reg := t.itself().reg; reg != nil && reg.at == t {
		reg.moved()
	}
}

// linkDown notes that there is no connection to the gateway.
func (w *Wire) linkDown(g *Gateway, err error, first bool) {
	t := g.trunk
	was := t.up()
	t.mu.Lock()
	p := g.pulse
	changed := !g.dead || first
	if g.pulse = nil; !g.dead {
		g.since = time.Now()
	}
	g.flow, g.dead, g.refused = nil, true, err.Error()
	t.mu.Unlock()
	w.alive.forget(p)
	if changed {
		w.log.Warn("sip: no connection to a trunk's server", "trunk", t.Name, "server", g, "error", err)
		w.tellTrunk(g, was || first)
	}
}

// dialGateway connects, with a handshake for tls. The socket is that of ours whose address the peer may call back: the
// listener of the same network, if there is one.
func (w *Wire) dialGateway(ctx context.Context, g *Gateway) (c, raw net.Conn, s *socket, err error) {
	ctx, cancel := context.WithTimeout(ctx, linkDial)
	defer cancel()
	s = w.listener(g.network, g.addr.Addr())
	var d net.Dialer
	if s != nil && !s.addr.Addr().IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.addr.Addr(), 0))
	}
	raw, err = d.DialContext(ctx, "tcp", g.addr.String())
	if err != nil {
		return nil, nil, nil, plainDialError(err)
	}
	if s == nil { // nobody can call us back but over this connection
		local := unmapped(raw.LocalAddr().(*net.TCPAddr).AddrPort())
		s = &socket{w: w, network: g.network, addr: local}
	}
	if g.network != "tls" {
		return raw, raw, s, nil
	}
	cfg, err := w.trunkTLS(g.trunk, g.server.Host)
	if err == nil {
		t := tls.Client(raw, cfg)
		if err = t.HandshakeContext(ctx); err == nil {
			return t, raw, s, nil
		}
	}
	raw.Close()
	return nil, nil, nil, err
}

// plainDialError leaves out of a connection's error what the caller says anyway.
func plainDialError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// listener is the socket of the network that a peer at the address can call back, nil if there is none.
func (w *Wire) listener(network string, a netip.Addr) *socket {
	for _, s := range w.socks {
		if s.network == network && s.fits(a) {
			return s
		}
	}
	return nil
}

// trunkTLS is the client's side of TLS to a trunk: the certificate must be of the name that was configured (RFC 5922 §7.4),
// never of one that DNS led to. Who asks for ours gets it.
func (w *Wire) trunkTLS(t *trunk, name string) (*tls.Config, error) {
	var roots *x509.CertPool // nil: the system's
	if t.CA != "" {
		pem, err := certfile.Read(t.CA)
		if err != nil {
			return nil, err
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.CA)
		}
	}
	cfg := &tls.Config{
		ServerName: name, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection does it, by the rules for SIP
		VerifyConnection:   func(cs tls.ConnectionState) error { return verifyDomain(cs.PeerCertificates, roots, name, time.Now()) },
	}
	if w.cert != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return w.cert.At(time.Now()), nil }
	}
	return cfg, nil
}

// verifyDomain checks a server's certificates: a chain to the roots, and the identity of a SIP domain (RFC 5922 §7.1, §7.2):
// a sip URI of the very name, or without any sip URI a DNS name. No wildcard stands for a domain.
func verifyDomain(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) error {
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	leaf := chain[0]
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now}); err != nil {
		return err
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return leaf.VerifyHostname(a.String())
	}
	name = strings.TrimSuffix(name, ".")
	uris := false
	for _, u := range leaf.URIs {
		if !strings.EqualFold(u.Scheme, "sip") {
			continue
		}
		uris = true
		host := u.Host
		if host == "" { // sip:example.com has no slashes
			host = u.Opaque
		}
		if strings.EqualFold(host, name) {
			return nil
		}
	}
	for _, d := range leaf.DNSNames {
		if !uris && strings.EqualFold(d, name) {
			return nil
		}
	}
	return x509.HostnameError{Certificate: leaf, Host: name}
}

package sip

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Times of TLS.
const (
	tlsHandshake = 5 * time.Second // from the connection to the end of its handshake, at most
	certCheck    = time.Second     // between looks at the certificate's files
)

// shakeWaste is what a failed handshake counts against its source: it costs as much as several messages.
const shakeWaste = 5

// maxPEM is more than any chain or key is long: a wrong name must not fill the memory.
const maxPEM = 1 << 20

// certificate is what tls and wss sockets prove themselves with. It follows its files: handshakes look at them, and what
// they hold anew is in force from then on, for new connections only. Safe for use by several goroutines.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	metrics           *Metrics

	inForce atomic.Pointer[tls.Certificate]

	reading sync.Mutex        // guards what follows
	due     time.Time         // when the files are looked at again
	seen    [sha256.Size]byte // of what was found in them last, good or bad
}

// newCertificate reads the files. Without a certificate there is no listening.
func newCertificate(certFile, keyFile string, log *slog.Logger, m *Metrics) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, metrics: m}
	now := time.Now()
	pair, found, err := c.read()
	if err != nil {
		return nil, err
	}
	c.seen, c.due = found, now.Add(certCheck)
	c.take(pair, now)
	return c, nil
}

// at is the certificate of a handshake at the time.
func (c *certificate) at(now time.Time) *tls.Certificate {
	if c.reading.TryLock() { // nobody waits for another's look at the files: their disk may hang
		if !now.Before(c.due) {
			c.due = now.Add(certCheck)
			c.follow(now)
		}
		c.reading.Unlock()
	}
	return c.inForce.Load()
}

// follow takes over what the files hold if that is new. What cannot be used is said once; the old certificate stays.
// c.reading is held.
func (c *certificate) follow(now time.Time) {
	pair, found, err := c.read()
	if found == c.seen {
		return
	}
	c.seen = found
	if err != nil {
		c.metrics.CertErrors.Add(1)
		c.log.Warn("the new certificate cannot be used; the old one stays in force", "error", err, "until", c.inForce.Load().Leaf.NotAfter)
		return
	}
	c.take(pair, now)
	c.log.Info("certificate taken over", "cert", c.certFile, "until", pair.Leaf.NotAfter)
}

func (c *certificate) take(pair *tls.Certificate, now time.Time) {
	if now.After(pair.Leaf.NotAfter) || now.Before(pair.Leaf.NotBefore) { // phones without it would be no better off
		c.log.Warn("the certificate is not valid now", "cert", c.certFile, "from", pair.Leaf.NotBefore, "until", pair.Leaf.NotAfter)
	}
	c.metrics.CertExpires.Store(pair.Leaf.NotAfter.Unix())
	c.inForce.Store(pair)
}

// read reads both files; found identifies what they held, or why they could not be read.
func (c *certificate) read() (pair *tls.Certificate, found [sha256.Size]byte, err error) {
	cert, err1 := readPEM(c.certFile)
	key, err2 := readPEM(c.keyFile)
	if err := errors.Join(err1, err2); err != nil {
		return nil, sha256.Sum256([]byte(err.Error())), err
	}
	a, b := sha256.Sum256(cert), sha256.Sum256(key)
	found = sha256.Sum256(append(a[:], b[:]...))
	p, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, found, fmt.Errorf("%s and %s: %w", c.certFile, c.keyFile, err)
	}
	return &p, found, nil
}

func readPEM(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPEM))
}

// config is the server's side of TLS; protos are the protocols that may be negotiated, none: whatever is asked for.
func (c *certificate) config(protos ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protos,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.at(time.Now()), nil },
	}
}

// openTLS is openTCP for a tls or wss socket.
func (s *socket) openTLS() error {
	switch s.network {
	case "wss":
		s.tls = s.w.cert.config("http/1.1") // RFC 6455 §4.1: the upgrade is HTTP/1.1's
	default:
		s.tls = s.w.cert.config()
	}
	return s.openTCP()
}

// shake does the handshake of a connection on its own goroutine and within its time. Who does not speak TLS gets nil: the
// caller drops the connection.
func (s *socket) shake(ctx context.Context, c net.Conn) *tls.Conn {
	limit, cancel := context.WithTimeout(ctx, min(tlsHandshake, s.w.cfg.ReadTimeout))
	defer cancel()
	t := tls.Server(c, s.tls)
	err := t.HandshakeContext(limit)
	if err == nil {
		return t
	}
	if ctx.Err() != nil || errors.Is(err, io.EOF) { // came and went without a word: a load balancer's probe
		return nil
	}
	from := unmapped(c.RemoteAddr().(*net.TCPAddr).AddrPort())
	s.w.cfg.Metrics.HandshakesFailed.Add(1)
	s.w.guard.waste(from.Addr(), time.Now(), shakeWaste)
	s.w.log.Warn("no TLS with a client", "from", from, "socket", s.String(), "error", err)
	return nil
}

// sips says whether the dialog of the INVITE must be led by sips URIs (RFC 3261 §12.1.1).
func sips(req *gosip.Request) bool {
	if req.Recipient.Scheme == "sips" {
		return true
	}
	if rr := recordRoutes(req.GetHeaders("record-route"), false); len(rr) > 0 {
		return rr[0].Scheme == "sips"
	}
	c := req.Contact()
	return c != nil && c.Address.Scheme == "sips"
}

// sipsTo says whether a request to the URI by the routes must give a sips URI of ours (RFC 3261 §8.1.1.8).
func sipsTo(uri gosip.Uri, routes []gosip.Uri) bool {
	return uri.Scheme == "sips" || len(routes) > 0 && routes[0].Scheme == "sips"
}

// secure says whether what goes over the network is encrypted.
func secure(network string) bool { return network == "tls" || network == "wss" }

// secured is the encrypted network that a sips URI means by its transport parameter (RFC 3261 §19.1.4, §26.2.2): "tcp" or
// none is tls, "ws" is wss (RFC 7118 §5.2.2).
func secured(transport string) string {
	if transport == "ws" || transport == "wss" {
		return "wss"
	}
	return "tls"
}

// transportParam is the network as a URI's transport parameter. The URI of a WebSocket says ws, encrypted or not (RFC 7118
// §5.2.2).
func transportParam(network string) string {
	if network == "wss" {
		return "ws"
	}
	return network
}

package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// tlsHandshake is the time from a connection to the end of its handshake, at most.
const tlsHandshake = 5 * time.Second

// shakeWaste is what a failed handshake counts against its source: it costs as much as several messages.
const shakeWaste = 5

// openTLS is openTCP for a tls or wss socket.
func (s *socket) openTLS() error {
	switch s.network {
	case "wss":
		s.tls = s.w.cert.TLS("http/1.1") // RFC 6455 §4.1: the upgrade is HTTP/1.1's
	default:
		s.tls = s.w.cert.TLS()
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

// IsSIPS says whether the dialog of the INVITE must be led by sips URIs (RFC 3261 §12.1.1).
func IsSIPS(req *gosip.Request) bool {
	if req.Recipient.Scheme == "sips" {
		return true
	}
	if rr := syntax.RecordRoutes(req.GetHeaders("record-route"), false); len(rr) > 0 {
		return rr[0].Scheme == "sips"
	}
	c := req.Contact()
	return c != nil && c.Address.Scheme == "sips"
}

// SIPSTo says whether a request to the URI by the routes must give a sips URI of ours (RFC 3261 §8.1.1.8).
func SIPSTo(uri gosip.Uri, routes []gosip.Uri) bool {
	return uri.Scheme == "sips" || len(routes) > 0 && routes[0].Scheme == "sips"
}

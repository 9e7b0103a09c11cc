package sip

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// authority is a certificate authority of the tests alone.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

// testCA is the one that the phones of the tests trust.
var testCA = sync.OnceValue(newAuthority)

func newAuthority() *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

// issue makes a certificate for the addresses of the tests, and its key, as PEM.
func (a *authority) issue(t testing.TB, serial int64, until time.Time) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.IPv6loopback},
	}, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// certFiles are a good certificate and its key.
func certFiles(t testing.TB) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	c, k := testCA().issue(t, 2, time.Now().Add(time.Hour))
	writeFile(t, cert, c)
	writeFile(t, key, k)
	return cert, key
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// everywhere listens on 127.0.0.1 by every network there is.
func everywhere() []Listen {
	var all []Listen
	for _, network := range []string{"udp", "tcp", "ws", "tls", "wss"} {
		all = append(all, Listen{network, netip.MustParseAddrPort("127.0.0.1:0")})
	}
	return all
}

// at is the address the wire listens on by the network.
func at(w *wire, network string) netip.AddrPort {
	for _, s := range w.socks {
		if s.network == network {
			return s.addr
		}
	}
	return netip.AddrPort{}
}

// over runs a test over each of the networks.
func over(t *testing.T, test func(*testing.T, string), networks ...string) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { test(t, network) })
	}
}

// trusting is a client's side of TLS that believes in the tests' authority alone.
func trusting() *tls.Config { return &tls.Config{RootCAs: testCA().pool, ServerName: "127.0.0.1"} }

// dialStream is a client's connection by any network but udp, from the local address if there is one. What is written at
// once to a WebSocket is one message.
func dialStream(t testing.TB, network string, to netip.AddrPort, local netip.Addr) net.Conn {
	t.Helper()
	var d net.Dialer
	if local.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: local.AsSlice()}
	}
	raw, err := d.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	c := raw
	if secure(network) {
		c = tls.Client(raw, trusting())
		if err := c.(*tls.Conn).Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	if network == "tcp" || network == "tls" {
		return c
	}
	given := func(context.Context, string, string) (net.Conn, error) { return c, nil }
	ws, _, err := websocket.Dial(t.Context(), network+"://"+to.String(), &websocket.DialOptions{
		Subprotocols: []string{"sip"}, HTTPClient: &http.Client{Transport: &http.Transport{DialContext: given, DialTLSContext: given}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	return wsConn{websocket.NetConn(context.Background(), ws, websocket.MessageText), raw}
}

// wsConn is a WebSocket as a stream of messages.
type wsConn struct {
	net.Conn
	raw net.Conn
}

func (c wsConn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// Close drops the connection without a word.
func (c wsConn) Close() error { return c.raw.Close() }

package wiretest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
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
	"testing"
	"time"

	"github.com/coder/websocket"

	"hotline/sip/syntax"
)

// Authority is a certificate authority of the tests alone.
type Authority struct {
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey
	Pool *x509.CertPool
}

// caPEM is the certificate of CA, good until 2190: to sign one anew for every phone takes longer than a test may wait on a busy machine.
const caPEM = `-----BEGIN CERTIFICATE-----
MIIBVTCB/aADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMTB1Rlc3QgQ0Ew
IBcNOTAwMTAxMDAwMDAwWhgPMjE5MDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMTB1Rl
c3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARG4e7pdX+xsBT46CPjyJTb
WY0mUemZtY3qYabLgaaLBXtOS0kaAwhKFJyrK+qvPp+2JKdAoBvYIjhNqnZJ0FD2
o0IwQDAOBgNVHQ8BAf8EBAMCAgQwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU
bXgfrYRvT0p643CO1v0o5op9Hc0wCgYIKoZIzj0EAwIDRwAwRAIgJPKemiwSX33Q
g+BdVZ6tphj5p8tzPPVLzPf/H8bzO5wCIBF25jp02GF+80AKODPVXwldAK5ZFcGb
QdRWpFMcG5KY
-----END CERTIFICATE-----
`

// CA is the one that the phones of the tests trust: it is always the same, so that nobody has to hand it around.
func CA() *Authority {
	secret := sha256.Sum256([]byte("Test CA"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode([]byte(caPEM))
	return authorityOf(key, block.Bytes)
}

// NewAuthority is one that nobody trusts.
func NewAuthority() *Authority {
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
	return authorityOf(key, der)
}

func authorityOf(key *ecdsa.PrivateKey, der []byte) *Authority {
	var err error
	a := &Authority{Key: key, Pool: x509.NewCertPool()}
	if a.Cert, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	a.Pool.AddCert(a.Cert)
	return a
}

// Issue makes a certificate for the addresses of the tests, and its key, as PEM.
func (a *Authority) Issue(t testing.TB, serial int64, until time.Time) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.IPv6loopback},
	}, a.Cert, &k.PublicKey, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// CertFiles are a good certificate and its key.
func CertFiles(t testing.TB) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	c, k := CA().Issue(t, 2, time.Now().Add(time.Hour))
	WriteFile(t, cert, c)
	WriteFile(t, key, k)
	return cert, key
}

// WriteFile writes a file that only we can read, or fails the test.
func WriteFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Over runs a test over each of the networks.
func Over(t *testing.T, test func(*testing.T, string), networks ...string) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { test(t, network) })
	}
}

// Trusting is a client's side of TLS that believes in the tests' authority alone.
func Trusting() *tls.Config { return &tls.Config{RootCAs: CA().Pool, ServerName: "127.0.0.1"} }

// DialStream is a client's connection by any network but udp, from the local address if there is one. What is written at
// once to a WebSocket is one message.
func DialStream(t testing.TB, network string, to netip.AddrPort, local netip.Addr) net.Conn {
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
	if syntax.Secure(network) {
		c = tls.Client(raw, Trusting())
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
	return WSConn{websocket.NetConn(context.Background(), ws, websocket.MessageText), raw}
}

// WSConn is a WebSocket as a stream of messages.
type WSConn struct {
	net.Conn
	Raw net.Conn
}

func (c WSConn) LocalAddr() net.Addr { return c.Raw.LocalAddr() }

// Close drops the connection without a word.
func (c WSConn) Close() error { return c.Raw.Close() }

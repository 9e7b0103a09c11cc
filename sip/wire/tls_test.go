package wire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/certfile"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// reloading is a certificate whose log can be read.
type reloading struct {
	*certfile.File
	certFile, keyFile string
	metrics           *Metrics
	ca                *wiretest.Authority
	said              *bytes.Buffer
	now               time.Time
}

func newReloading(t *testing.T) *reloading {
	t.Helper()
	dir := t.TempDir()
	r := &reloading{
		ca: wiretest.NewAuthority(), said: new(bytes.Buffer), metrics: new(Metrics), certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem"),
	}
	r.put(t, 1)
	c, err := certfile.Open(certfile.Config{
		Cert: r.certFile, Key: r.keyFile, Logger: slog.New(slog.NewTextHandler(r.said, nil)), Errors: &r.metrics.CertErrors, Expires: &r.metrics.CertExpires,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.File, r.now = c, time.Now()
	return r
}

func (r *reloading) put(t *testing.T, serial int64) {
	t.Helper()
	cert, key := r.ca.Issue(t, serial, time.Now().Add(time.Duration(serial)*time.Hour))
	wiretest.WriteFile(t, r.certFile, cert)
	wiretest.WriteFile(t, r.keyFile, key)
}

// after is the serial number in force so much later.
func (r *reloading) after(d time.Duration) int64 {
	r.now = r.now.Add(d)
	return r.At(r.now).Leaf.SerialNumber.Int64()
}

func (r *reloading) warnings() int { return strings.Count(r.said.String(), "level=WARN") }

// TestCertificateFollowsItsFiles: the files are looked at once a second at most; what is broken keeps the old certificate
// with one warning, however often it is met.
func TestCertificateFollowsItsFiles(t *testing.T) {
	r := newReloading(t)
	r.put(t, 2)
	if got := r.after(certfile.Pace / 2); got != 1 {
		t.Errorf("within a second of the last look: %d", got)
	}
	if got := r.after(certfile.Pace); got != 2 || r.warnings() != 0 {
		t.Fatalf("%d in force; %s", got, r.said)
	}
	if got, want := r.metrics.CertExpires.Load(), r.At(r.now).Leaf.NotAfter.Unix(); got != want {
		t.Errorf("ends at %d, not %d", got, want)
	}
	good, err := os.ReadFile(r.certFile)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := r.ca.Issue(t, 3, time.Now().Add(time.Hour))
	for i, bad := range []struct {
		what string
		data []byte
	}{{"half a file", good[:len(good)/2]}, {"nothing", nil}, {"no PEM", []byte("certificate")}, {"another key's", other}} {
		wiretest.WriteFile(t, r.certFile, bad.data)
		for range 3 {
			if got := r.after(certfile.Pace); got != 2 {
				t.Errorf("%s: %d in force", bad.what, got)
			}
		}
		if r.warnings() != i+1 || r.metrics.CertErrors.Load() != uint64(i+1) {
			t.Errorf("%s: %d warnings, %d counted", bad.what, r.warnings(), r.metrics.CertErrors.Load())
		}
	}
	if err := os.Remove(r.certFile); err != nil {
		t.Fatal(err)
	}
	if got := r.after(certfile.Pace); got != 2 || r.warnings() != 5 {
		t.Errorf("without a file: %d, %d warnings", got, r.warnings())
	}
	r.put(t, 4)
	if got := r.after(certfile.Pace); got != 4 || r.warnings() != 5 {
		t.Errorf("mended: %d, %d warnings", got, r.warnings())
	}
}

// TestCertificateOnASlowDisk: while one handshake waits for the files, others take what is in force.
func TestCertificateOnASlowDisk(t *testing.T) {
	r := newReloading(t)
	r.put(t, 2)
	pem, err := os.ReadFile(r.certFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(r.certFile), syscall.Mkfifo(r.certFile, 0o600)); err != nil {
		t.Fatal(err)
	}
	slow := make(chan int64)
	later := r.now.Add(2 * certfile.Pace)
	go func() { slow <- r.At(later).Leaf.SerialNumber.Int64() }()
	disk, err := os.OpenFile(r.certFile, os.O_WRONLY, 0) // when somebody reads
	if err != nil {
		t.Fatal(err)
	}
	if got := r.after(2 * certfile.Pace); got != 1 {
		t.Errorf("%d", got)
	}
	if _, err := disk.Write(pem); err != nil {
		t.Error(err)
	}
	disk.Close()
	if got := <-slow; got != 2 {
		t.Errorf("%d after the wait", got)
	}
	if got := r.after(0); got != 2 {
		t.Errorf("%d", got)
	}
}

// TestCertificateOutOfDate is told and used all the same: the phones of the other networks need the engine.
func TestCertificateOutOfDate(t *testing.T) {
	r := newReloading(t)
	cert, key := r.ca.Issue(t, 5, time.Now().Add(-time.Minute))
	wiretest.WriteFile(t, r.certFile, cert)
	wiretest.WriteFile(t, r.keyFile, key)
	if got := r.after(certfile.Pace); got != 5 || r.warnings() != 1 {
		t.Errorf("%d in force; %s", got, r.said)
	}
}

// TestReload: connections made before a change go on, those after it see the new certificate.
func TestReload(t *testing.T) {
	wiretest.Over(t, testReload, "tls", "wss")
}

func testReload(t *testing.T, network string) {
	var cert, key string
	w := startWire(t, &fakeCalls{}, func(c *Config) { cert, key = c.Cert, c.Key })
	old := wiretest.DialUA(t, network, at(w, network))
	if res := old.Register("8001", "secret", "before", 1); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	c, k := wiretest.CA().Issue(t, 77, time.Now().Add(time.Hour))
	wiretest.WriteFile(t, cert, c)
	wiretest.WriteFile(t, key, k)
	serial := func() int64 {
		c, err := tls.Dial("tcp", at(w, network).String(), wiretest.Trusting())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	wiretest.Eventually(t, "the new certificate", func() bool { return serial() == 77 })
	if res := old.Register("8001", "secret", "before", 3); wiretest.StatusOf([]byte(res)) != 200 {
		t.Errorf("the old connection: %s", res)
	}
}

// TestCertificateNeeded: neither a tls nor a wss socket opens without, and nothing stays open.
func TestCertificateNeeded(t *testing.T) {
	cert, key := wiretest.CertFiles(t)
	other, _ := wiretest.CertFiles(t)
	for _, c := range []struct{ network, cert, key, want string }{
		{"tls", "", "", "no certificate and key for tls"},
		{"wss", cert, "", "no certificate and key for wss"},
		{"tls", cert + "x", key, "no such file"},
		{"tls", cert, t.TempDir(), "is a directory"},
		{"wss", other, key, "does not match"},
		{"tls", key, cert, "certificate"},
		{"dtls", cert, key, "is not udp"},
	} {
		cfg := Config{
			Listen: []Listen{{"udp", netip.MustParseAddrPort("127.0.0.1:0")}, {c.network, netip.MustParseAddrPort("127.0.0.1:0")}},
			Domain: wiretest.Domain, Cert: c.cert, Key: c.key, Logger: wiretest.NoLog(),
		}
		if _, err := New(cfg, &fakeCalls{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s and %s: %v, want %q", c.network, c.cert, c.key, err, c.want)
		}
	}
}

// TestHandshake: silence, half a handshake, plain SIP, HTTP, garbage, an old version of TLS and a client that trusts
// somebody else are dropped and counted, and nobody waits for them.
func TestHandshake(t *testing.T) {
	wiretest.Over(t, testHandshake, "tls", "wss")
}

func testHandshake(t *testing.T, network string) {
	const limit = 500 * time.Millisecond
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.ReadTimeout = limit })
	to := at(w, network).String()
	begun := time.Now()
	bad := []string{
		"", "\x16\x03\x01\x02\x00\x01\x00", "OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		strings.Repeat("\x00", 2000), "\x16\x03\x01\xff\xff" + strings.Repeat("x", 100), "\x80\x2e\x01\x00\x02",
	}
	const each = 10
	var open []net.Conn
	for range each {
		for _, text := range bad {
			c, err := net.Dial("tcp", to)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
		}
	}
	good := wiretest.DialUA(t, network, at(w, network))
	if res := good.Register("8001", "secret", "among", 1); wiretest.StatusOf([]byte(res)) != 200 || time.Since(begun) > limit {
		t.Errorf("a good client after %v: %q", time.Since(begun), res)
	}
	for i, c := range open {
		if err := c.SetReadDeadline(begun.Add(4 * limit)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("open after %v: %q", time.Since(begun), bad[i%len(bad)])
		}
	}
	for _, cfg := range []*tls.Config{
		{RootCAs: wiretest.CA().Pool, ServerName: "127.0.0.1", MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, {RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"},
	} {
		if _, err := tls.Dial("tcp", to, cfg); err == nil {
			t.Errorf("%+v came in", cfg)
		}
	}
	probe, err := net.Dial("tcp", to) // a load balancer's, which is no fault
	if err != nil {
		t.Fatal(err)
	}
	probe.Close()
	want := uint64(each*len(bad) + 2)
	wiretest.Eventually(t, "all counted", func() bool { return w.cfg.Metrics.HandshakesFailed.Load() == want })
	if len(w.Contacts("8001")) != 1 || w.cfg.Metrics.HandshakesFailed.Load() != want {
		t.Errorf("%d contacts, %d failed", len(w.Contacts("8001")), w.cfg.Metrics.HandshakesFailed.Load())
	}
}

// TestTLSVersions: 1.2 and 1.3 both register.
func TestTLSVersions(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cfg := wiretest.Trusting()
		cfg.MinVersion, cfg.MaxVersion = v, v
		cfg.ServerName, cfg.InsecureSkipVerify = "", true // no SNI
		c, err := tls.Dial("tcp", at(w, "tls").String(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		u := &wiretest.UA{T: t, Conn: c, To: at(w, "tls"), Via: "TLS"}
		if res := u.Register("8001", "secret", fmt.Sprintf("version-%d", v), 1); wiretest.StatusOf([]byte(res)) != 200 {
			t.Errorf("%s: %s", tls.VersionName(v), res)
		}
	}
}

// TestLastWordsOverTLS: who breaks the framing hears why before the connection ends, and that it ends.
func TestLastWordsOverTLS(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	u := wiretest.DialUA(t, "tls", at(w, "tls"))
	u.Send(strings.Replace(u.Request("OPTIONS", "x", "y", 1, "unframed"), "Content-Length: 0\r\n", "", 1))
	if err := u.Conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(u.Conn)
	if wiretest.StatusOf(all) != 400 || err != nil { // EOF came with TLS's own goodbye
		t.Errorf("%q, %v", all, err)
	}
}

// TestURINetworks: what a URI's scheme and transport parameter mean, and by what port.
func TestURINetworks(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:a@b":                "tcp 5060",
		"sip:a@b;transport=UDP":  "udp 5060",
		"sip:a@b;transport=tls":  "tls 5061",
		"sips:a@b":               "tls 5061",
		"sips:a@b;transport=tcp": "tls 5061",
		"sips:a@b;transport=ws":  "wss 443",
		"sip:a@b;transport=ws":   "ws 80",
		"sip:a@b;transport=wss":  "wss 443",
	} {
		u, err := syntax.ReadURI(uri)
		n := u.Network("tcp")
		if got := fmt.Sprint(n, " ", syntax.DefaultPort(n)); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", uri, got, err, want)
		}
	}
	if u, _ := syntax.ReadURI("sip:a@b;transport=ws"); u.Network("wss") != "wss" {
		t.Error("the URI of a WebSocket over TLS says ws, RFC 7118 §5.2.2")
	}
	w := startWire(t, &fakeCalls{}, nil)
	for _, uri := range []string{"sips:x@127.0.0.3", "sips:x@127.0.0.3:5060", "sips:x@127.0.0.3;transport=udp", "sip:x@127.0.0.3;transport=tls"} {
		var u gosip.Uri
		if err := gosip.ParseUri(uri, &u); err != nil {
			t.Fatal(err)
		}
		if p, err := w.PathTo(u, Path{sock: w.socks[0], Peer: netip.MustParseAddrPort("127.0.0.1:4000")}); err == nil {
			t.Errorf("%s by %s", uri, p)
		}
	}
	u := wiretest.DialUA(t, "tls", at(w, "tls"))
	for _, own := range []string{"sips:x@", "sip:x@"} {
		res := u.Register("8001", "secret", "self-"+own[:4], 1, "Contact: <"+own+at(w, "tls").String()+">")
		if wiretest.StatusOf([]byte(res)) != 403 {
			t.Errorf("%s: our own address as a phone: %s", own, res)
		}
	}
}

package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hotline/sip/certfile"
)

// TestWebCertificateIsFollowed: connections that are made after the files have changed are proven with the new certificate, those that are up go on; a
// broken file leaves the old one in force, and is looked at again only when it is another.
func TestWebCertificateIsFollowed(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir, "cert.pem", "key.pem")
	var c webCert
	if err := c.open(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	cfg := c.file.TLS()
	cfg.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.file.At(now), nil }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{TLSConfig: cfg, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })}
	go s.ServeTLS(l, "", "") // ends with Close
	defer s.Close()
	shown := func(client *http.Client) []byte {
		t.Helper()
		res, err := client.Get("https://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.TLS.PeerCertificates[0].Raw
	}
	client := func() *http.Client {
		tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	old := client()
	first := shown(old)
	selfSigned(t, dir, "cert.pem", "key.pem")
	if !bytes.Equal(shown(client()), first) {
		t.Error("the files are looked at more than once a second")
	}
	now = now.Add(2 * certfile.Pace)
	second := shown(client())
	if bytes.Equal(second, first) {
		t.Error("the new certificate is not taken over")
	}
	if !bytes.Equal(shown(old), first) {
		t.Error("a connection that was up was broken off")
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		now = now.Add(2 * certfile.Pace)
		if !bytes.Equal(shown(client()), second) {
			t.Error("a broken file ended the old certificate")
		}
	}
	if n := c.errors.Load(); n != 1 {
		t.Errorf("told %d times", n)
	}
	selfSigned(t, dir, "cert.pem", "key.pem")
	now = now.Add(2 * certfile.Pace)
	if third := shown(client()); bytes.Equal(third, second) || bytes.Equal(third, first) {
		t.Error("it does not recover")
	}
	if err := new(webCert).open(filepath.Join(dir, "none.pem"), filepath.Join(dir, "key.pem"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("an engine starts without its certificate")
	}
}

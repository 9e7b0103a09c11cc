package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate and its key into the folder.
func selfSigned(t *testing.T, dir, cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"hotline.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTLSOfTheConfig: what works, and every fault with its line and key, whatever is beside it.
func TestTLSOfTheConfig(t *testing.T) {
	name := write(t, "hotline.yaml", "")
	dir := filepath.Dir(name)
	selfSigned(t, dir, "a.pem", "a.key")
	selfSigned(t, dir, "b.pem", "b.key")
	read := func(text string) (config, string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, faults := readConfig(name, noEnv)
		var said strings.Builder
		for _, f := range faults {
			said.WriteString(strings.ReplaceAll(strings.TrimPrefix(f.String(), name), dir+"/", "") + "\n")
		}
		return c, said.String()
	}
	c, said := read("sip:\n  listen: [tls://127.0.0.1:5061, \"wss://[::1]:5067\"]\n  cert: a.pem\n  key: a.key\n  origins: [https://desk.example, http://10.0.0.1:8080]\n" +
		"web: {cert: b.pem, key: b.key}\n")
	if said != "" || len(c.SIP.Listen) != 2 || c.SIP.Listen[0].Network != "tls" || c.SIP.Listen[1].Addr.String() != "[::1]:5067" {
		t.Errorf("%s %+v", said, c.SIP)
	}
	if c.SIP.Cert != filepath.Join(dir, "a.pem") || c.SIP.Key != filepath.Join(dir, "a.key") || c.Web.Key != filepath.Join(dir, "b.key") {
		t.Errorf("not beside the file: %+v", c.SIP)
	}
	if !slices.Equal(c.SIP.Origins, []string{"https://desk.example", "http://10.0.0.1:8080"}) {
		t.Errorf("%q", c.SIP.Origins)
	}
	for _, wrong := range []struct{ sip, want string }{
		{"  listen: [udp://127.0.0.1:1, tls://127.0.0.1:5061, wss://127.0.0.1:5067]\n", ":2: sip.listen[1]: needs a certificate; sip.cert and sip.key beside it\n:2: sip.listen[2]: needs a certificate; sip.cert and sip.key beside it\n"},
		{"  listen: [tls://127.0.0.1:5061]\n  cert: a.pem\n", ":2: sip: cert and key belong together; both, or neither for plain connections\n:2: sip.listen[0]: needs a certificate; sip.cert and sip.key beside it\n"},
		{"  cert: c.pem\n  key: c.key\n", ":2: sip.cert: \"c.pem\" cannot be read: no such file or directory; a PEM file that this user may read\n:3: sip.key: \"c.key\" cannot be read: no such file or directory; a PEM file that this user may read\n"},
		{"  cert: a.key\n  key: a.pem\n", ":2: sip.cert: \"a.key\" holds no certificate; a PEM file with -----BEGIN CERTIFICATE-----\n:3: sip.key: \"a.pem\" holds no private key; a PEM file with -----BEGIN PRIVATE KEY-----\n"},
		{"  cert: a.pem\n  key: b.key\n", ":3: sip.key: cert and key cannot be used: private key does not match public key; the key of the first certificate in cert\n"},
		{"  listen: [dtls://127.0.0.1:5061]\n", ":2: sip.listen[0]: \"dtls\" is not a transport; udp://ADDRESS:PORT, tcp://, tls://, ws:// or wss://\n"},
		{"  origins: [desk.example, \"https://desk.example/\", \"*\"]\n", ":2: sip.origins[0]: \"desk.example\" is not an origin; such as https://desk.example or https://desk.example:8443\n" +
			":2: sip.origins[1]: \"https://desk.example/\" is not an origin; such as https://desk.example or https://desk.example:8443\n:2: sip.origins[2]: \"*\" is not an origin; such as https://desk.example or https://desk.example:8443\n"},
	} {
		if _, said := read("sip:\n" + wrong.sip); said != wrong.want {
			t.Errorf("%s:\n%s\nwant\n%s", wrong.sip, said, wrong.want)
		}
	}
}

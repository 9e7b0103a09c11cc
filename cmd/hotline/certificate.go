package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"strings"

	"hotline/centre/strict"
)

// certificate reads the keys cert and key of a section and sees to it that the files belong together and can be used.
func (r configReader) certificate(section strict.Value, m strict.Map) (cert, key string) {
	cert, key = r.path(m.Get("cert"), ""), r.path(m.Get("key"), "")
	if (cert == "") != (key == "") {
		section.Fault("cert and key belong together", "both, or neither for plain connections")
	}
	chain, ok := readPEM(m.Get("cert"), cert, "CERTIFICATE")
	private, okKey := readPEM(m.Get("key"), key, "PRIVATE KEY")
	if !ok || !okKey {
		return cert, key
	}
	if _, err := tls.X509KeyPair(chain, private); err != nil {
		m.Get("key").Fault(fmt.Sprintf("cert and key cannot be used: %s", strings.TrimPrefix(err.Error(), "tls: ")), "the key of the first certificate in cert")
	}
	return cert, key
}

// readPEM reads a file that must hold a block of the kind; false where there is none, whose fault is named.
func readPEM(v strict.Value, name, kind string) ([]byte, bool) {
	if name == "" {
		return nil, false
	}
	data, err := os.ReadFile(name)
	if err != nil {
		v.Fault(fmt.Sprintf("%s cannot be read: %s", strict.Quote(name), reason(err)), "a PEM file that this user may read")
		return nil, false
	}
	for rest := data; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			v.Fault(fmt.Sprintf("%s holds no %s", strict.Quote(name), strings.ToLower(kind)), "a PEM file with -----BEGIN "+kind+"-----")
			return nil, false
		}
		if b.Type == kind || kind == "PRIVATE KEY" && strings.HasSuffix(b.Type, " "+kind) { // RSA, EC
			return data, true
		}
	}
}

// authorities reads the name of a file with those whose certificates are believed, and sees to it that there are some in it.
func (r configReader) authorities(v strict.Value) string {
	name := r.path(v, "")
	data, ok := readPEM(v, name, "CERTIFICATE")
	if ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		v.Fault(fmt.Sprintf("%s holds no certificate that can be used", strict.Quote(name)), "the certificate of whoever has signed the other side's")
	}
	return name
}

// origins reads the pages that may open a WebSocket.
func (r configReader) origins(c *sipConfig, v strict.Value) {
	if !v.Present() {
		return
	}
	for _, one := range v.List() {
		s := r.text(one, "")
		if !isOrigin(s) {
			one.Fault(fmt.Sprintf("%s is not an origin", strict.Quote(s)), "such as https://desk.example or https://desk.example:8443")
			continue
		}
		c.Origins = append(c.Origins, s)
	}
}

// isOrigin: a scheme and a host, nothing more.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && s == u.Scheme+"://"+u.Host
}

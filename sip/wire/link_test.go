package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

func TestVerifyDomain(t *testing.T) {
	a := wiretest.CA()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := func(dns []string, uris ...string) []*x509.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(9), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: dns,
			Subject: pkix.Name{CommonName: "carrier.example"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		for _, u := range uris {
			p, err := url.Parse(u)
			if err != nil {
				t.Fatal(err)
			}
			c.URIs = append(c.URIs, p)
		}
		der, err := x509.CreateCertificate(rand.Reader, c, a.Cert, &key.PublicKey, a.Key)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return []*x509.Certificate{leaf}
	}
	for i, c := range []struct {
		chain []*x509.Certificate
		name  string
		good  bool
	}{
		{made([]string{"carrier.example"}), "carrier.example", true},
		{made([]string{"Carrier.EXAMPLE"}), "carrier.example.", true},
		{made([]string{"other.example"}), "carrier.example", false},
		{made(nil), "carrier.example", false}, // its common name says nothing
		{made([]string{"*.carrier.example"}), "sip.carrier.example", false},
		{made(nil, "sip:carrier.example"), "carrier.example", true},
		{made([]string{"carrier.example"}, "sip:other.example"), "carrier.example", false}, // its sip URIs say whose it is
		{made([]string{"carrier.example"}, "https://other.example"), "carrier.example", true},
		{made(nil, "sip:bob@carrier.example"), "carrier.example", false}, // a person's
		{made([]string{"carrier.example"}), "192.0.2.1", false},
		{nil, "carrier.example", false},
	} {
		if err := verifyDomain(c.chain, a.Pool, c.name, time.Now()); (err == nil) != c.good {
			t.Errorf("%d, %s: %v", i, c.name, err)
		}
	}
	if verifyDomain(made([]string{"a"}), a.Pool, "a", time.Now().Add(2*time.Hour)) == nil {
		t.Error("it is over")
	}
	if verifyDomain(made([]string{"a"}), x509.NewCertPool(), "a", time.Now()) == nil {
		t.Error("nobody's")
	}
}

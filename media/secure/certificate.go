package secure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// ErrFingerprint: a certificate is not the one that signalling announced.
var ErrFingerprint = errors.New("secure: the certificate has another fingerprint")

// Fingerprint names a certificate by its hash, as a=fingerprint does (RFC 8122 §5): "sha-256" and "AB:CD:…".
type Fingerprint struct{ Hash, Value string }

// Of reports whether a certificate (DER) has the fingerprint. Hashes weaker than SHA-256 name nothing.
func (f Fingerprint) Of(der []byte) bool {
	want, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
	if err != nil {
		return false
	}
	var sum []byte
	switch strings.ToLower(f.Hash) {
	case "sha-256":
		s := sha256.Sum256(der)
		sum = s[:]
	case "sha-384":
		s := sha512.Sum384(der)
		sum = s[:]
	case "sha-512":
		s := sha512.Sum512(der)
		sum = s[:]
	default:
		return false
	}
	return subtle.ConstantTimeCompare(sum, want) == 1
}

// Certificate is what we prove ourselves with in DTLS handshakes. It is self-signed and new at each start of the engine:
// who reads our SDP knows it, nobody else needs to.
type Certificate struct {
	tls         tls.Certificate
	Fingerprint Fingerprint
}

// NewCertificate makes a certificate (ECDSA P-256) that is valid from a day before now for ten years.
func NewCertificate(now time.Time) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("secure: certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fmt.Errorf("secure: certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "media"}, // says nothing about us (RFC 8826 §4.1)
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("secure: certificate: %w", err)
	}
	sum := sha256.Sum256(der)
	hexes := make([]string, len(sum))
	for i, b := range sum {
		hexes[i] = fmt.Sprintf("%02X", b)
	}
	return &Certificate{
		tls:         tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		Fingerprint: Fingerprint{Hash: "sha-256", Value: strings.Join(hexes, ":")},
	}, nil
}

package main

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// certPace is the time between two looks at a certificate's files.
const certPace = time.Second

// webCertificate is what the pages prove themselves with. It follows its files, as that of tls and wss does: handshakes look at them, and what
// they hold anew is in force from then on, for new connections. What cannot be used is said once, and the old one stays. Safe for use by
// several goroutines.
type webCertificate struct {
	cert, key string
	log       *slog.Logger

	inForce atomic.Pointer[tls.Certificate]
	faults  atomic.Uint64 // files that could not be used

	reading sync.Mutex        // guards what follows
	due     time.Time         // when the files are looked at again
	seen    [sha256.Size]byte // of what was found in them last, good or bad
}

func newWebCertificate(cert, key string, log *slog.Logger) (*webCertificate, error) {
	c := &webCertificate{cert: cert, key: key, log: log}
	pair, found, err := c.read()
	if err != nil {
		return nil, err
	}
	c.seen, c.due = found, time.Now().Add(certPace)
	c.inForce.Store(pair)
	return c, nil
}

// at is the certificate of a handshake at the time.
func (c *webCertificate) at(now time.Time) *tls.Certificate {
	if c.reading.TryLock() { // nobody waits for another's look at the files: their disk may hang
		if !now.Before(c.due) {
			c.due = now.Add(certPace)
			c.follow()
		}
		c.reading.Unlock()
	}
	return c.inForce.Load()
}

// follow takes over what the files hold if that is new. c.reading is held.
func (c *webCertificate) follow() {
	pair, found, err := c.read()
	if found == c.seen {
		return
	}
	c.seen = found
	if err != nil {
		c.faults.Add(1)
		c.log.Warn("the new certificate of the pages cannot be used; the old one stays in force", "error", err, "until", c.inForce.Load().Leaf.NotAfter)
		return
	}
	c.inForce.Store(pair)
	c.log.Info("certificate of the pages taken over", "cert", c.cert, "until", pair.Leaf.NotAfter)
}

// read reads both files; found identifies what they held, or why they could not be read.
func (c *webCertificate) read() (pair *tls.Certificate, found [sha256.Size]byte, err error) {
	cert, err1 := os.ReadFile(c.cert)
	key, err2 := os.ReadFile(c.key)
	if err := errors.Join(err1, err2); err != nil {
		return nil, sha256.Sum256([]byte(err.Error())), err
	}
	a, b := sha256.Sum256(cert), sha256.Sum256(key)
	found = sha256.Sum256(append(a[:], b[:]...))
	p, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, found, err
	}
	return &p, found, nil
}

// tlsConfig has the servers ask for it at each handshake.
func (c *webCertificate) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.at(time.Now()), nil
		},
	}
}

// Package certfile is the certificate of a server that takes over what its files hold anew, without a restart.
package certfile

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxPEM is more than any chain or key is long: a wrong name must not fill the memory.
const maxPEM = 1 << 20

// Pace is the time between two looks at the files, at least.
const Pace = time.Second

// Config is where a certificate is, and who hears of it.
type Config struct {
	Cert, Key string         // PEM files
	Logger    *slog.Logger   // hears of what was taken over and what cannot be used
	Errors    *atomic.Uint64 // counts files that could not be used
	Expires   *atomic.Int64  // when the one in force ends, in seconds since 1970
}

// File is a certificate that servers prove themselves with. It follows its files: handshakes look at them, and what they hold anew is in
// force from then on, for new connections only. Safe for use by several goroutines.
type File struct {
	cfg     Config
	inForce atomic.Pointer[tls.Certificate]

	reading sync.Mutex        // guards what follows
	due     time.Time         // when the files are looked at again
	seen    [sha256.Size]byte // of what was found in them last, good or bad
}

// Open reads the files. The error says which of them cannot be used: without a certificate there is no listening.
func Open(cfg Config) (*File, error) {
	c := &File{cfg: cfg}
	now := time.Now()
	pair, found, err := c.read()
	if err != nil {
		return nil, err
	}
	c.seen, c.due = found, now.Add(Pace)
	c.take(pair, now)
	return c, nil
}

// At is the certificate of a handshake at the time.
func (c *File) At(now time.Time) *tls.Certificate {
	if c.reading.TryLock() { // nobody waits for another's look at the files: their disk may hang
		if !now.Before(c.due) {
			c.due = now.Add(Pace)
			c.follow(now)
		}
		c.reading.Unlock()
	}
	return c.inForce.Load()
}

// follow takes over what the files hold if that is new. What cannot be used is said once; the old certificate stays.
// c.reading is held.
func (c *File) follow(now time.Time) {
	pair, found, err := c.read()
	if found == c.seen {
		return
	}
	c.seen = found
	if err != nil {
		c.cfg.Errors.Add(1)
		c.cfg.Logger.Warn("the new certificate cannot be used; the old one stays in force", "error", err, "until", c.inForce.Load().Leaf.NotAfter)
		return
	}
	c.take(pair, now)
	c.cfg.Logger.Info("certificate taken over", "cert", c.cfg.Cert, "until", pair.Leaf.NotAfter)
}

func (c *File) take(pair *tls.Certificate, now time.Time) {
	if now.After(pair.Leaf.NotAfter) || now.Before(pair.Leaf.NotBefore) { // phones without it would be no better off
		c.cfg.Logger.Warn("the certificate is not valid now", "cert", c.cfg.Cert, "from", pair.Leaf.NotBefore, "until", pair.Leaf.NotAfter)
	}
	c.cfg.Expires.Store(pair.Leaf.NotAfter.Unix())
	c.inForce.Store(pair)
}

// read reads both files; found identifies what they held, or why they could not be read.
func (c *File) read() (pair *tls.Certificate, found [sha256.Size]byte, err error) {
	cert, err1 := Read(c.cfg.Cert)
	key, err2 := Read(c.cfg.Key)
	if err := errors.Join(err1, err2); err != nil {
		return nil, sha256.Sum256([]byte(err.Error())), err
	}
	a, b := sha256.Sum256(cert), sha256.Sum256(key)
	found = sha256.Sum256(append(a[:], b[:]...))
	p, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, found, fmt.Errorf("%s and %s: %w", c.cfg.Cert, c.cfg.Key, err)
	}
	return &p, found, nil
}

// Read reads a PEM file, as far as any chain or key is long.
func Read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPEM))
}

// TLS is the server's side of TLS; protos are the protocols that may be negotiated, none: whatever is asked for.
func (c *File) TLS(protos ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protos,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.At(time.Now()), nil },
	}
}

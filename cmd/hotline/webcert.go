package main

import (
	"log/slog"
	"sync/atomic"
	"time"

	"hotline/sip/certfile"
)

// webCert is what the pages prove themselves with, and what is counted of it.
type webCert struct {
	file    *certfile.File // nil: the pages are plain
	errors  atomic.Uint64
	expires atomic.Int64
}

func (c *webCert) open(cert, key string, log *slog.Logger) (err error) {
	c.file, err = certfile.Open(certfile.Config{Cert: cert, Key: key, Logger: log.With("of", "pages"), Errors: &c.errors, Expires: &c.expires})
	return err
}

// ends is when it ends, in seconds since 1970; 0: there is none. Files that are new count though no browser has come.
func (c *webCert) ends(now time.Time) int64 {
	if c.file != nil {
		c.file.At(now)
	}
	return c.expires.Load()
}

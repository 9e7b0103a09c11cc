package web

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"hotline/web/auth"
)

// OnceIn is the key by which something is made once, however often it is sent.
type OnceIn struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"Chosen by who asks: the same once more by the same login is answered with what was made, and nothing is made anew."`
}

// id is the id of what is made. With a key it follows from login, kind and key, so that it is known again, also after a restart:
// only what has no key may be made at any time, all else under server.making.
func (o OnceIn) id(u auth.User, kind string) string {
	if o.Key == "" {
		return newID(kind)
	}
	sum := sha256.Sum256([]byte(u.Name + "\x00" + kind + "\x00" + o.Key))
	return kind + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20])
}

// once makes what has this key alone: who sends it at the same time waits and finds it made.
func (s *server) once(o OnceIn) (done func()) {
	if o.Key == "" {
		return func() {}
	}
	s.making.Lock()
	return s.making.Unlock
}

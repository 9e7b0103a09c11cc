package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
)

// strongPhones are the phones that prove themselves by SHA-256 alone (RFC 8760).
type strongPhones struct {
	ha1  map[string]string // user → HA1
	all  int               // phones there are, weak ones too
	seed maphash.Seed
}

// of implements sip.Config.Strong. A user there is not is challenged in either way, in the same proportion as those there are:
// the challenge must not say who exists.
func (p strongPhones) of(user string, known bool) (ha1 string, asks bool) {
	if h, ok := p.ha1[user]; ok || known {
		return h, ok
	}
	return "", p.all > 0 && int(maphash.String(p.seed, user)%uint64(p.all)) < len(p.ha1)
}

// strongHA1 is the hash of a password that digest by SHA-256 needs (RFC 7616 §3.4.2).
func strongHA1(user, realm, password string) string {
	sum := sha256.Sum256([]byte(user + ":" + realm + ":" + password))
	return hex.EncodeToString(sum[:])
}

package wire

import (
	"crypto/subtle"
	"strconv"
	"strings"
	"time"

	"hotline/sip/digest"
	"hotline/sip/syntax"
)

// verdict is what became of a request's credentials.
type verdict int

const (
	authNone    verdict = iota // there are none of our realm: ask for them
	authStale                  // right once, but the nonce is old or used: ask again
	authWrong                  // wrong, or of a user there is not: ask again, and count it
	authEnough                 // wrong again and again: refused for good, so that a phone which never gives up does
	authIgnored                // of a user and an address that failed too often: no answer at all
	authGood
)

// triesAsked is how many wrong passwords within a minute are answered with another challenge. Some phones answer every new
// nonce at once, wrong each time; a 403 stops them before they are banned.
const triesAsked = 3

// authenticator checks digests. It has no state but its nonces; safe for use by several goroutines.
type authenticator struct {
	realm    string
	accounts Accounts
	strong   func(user string) (ha1 string, asks bool) // nil: nobody
	keys     func(user string) []string                // of pages' phones; nil: there are none
	nonces   *nonces
	guard    *guard
}

// dummyHA1 is computed with when there is no such user, so that the answer takes as long as a wrong password's.
const dummyHA1 = "00000000000000000000000000000000"

// check looks for credentials of our realm in the request and says whose they are. The rule of RFC 7616 §3.4.5 that the
// digest's uri equals the Request-URI is not held: phones put other spellings there, and a nonce count is good for one
// request only.
func (a *authenticator) check(m *message, now time.Time) (verdict, string) {
	var c digest.Credentials
	found := false
	for i := range m.Fields {
		if m.Fields[i].Kind != syntax.KindAuthorization {
			continue
		}
		if got, ok := digest.ReadCredentials(m.Fields[i].Value); ok && got.Realm == a.realm {
			c, found = got, true
			break
		}
	}
	if !found {
		return authNone, ""
	}
	from := m.path.Peer.Addr()
	if !a.guard.admitUser(from, c.Username, now) {
		return authIgnored, c.Username
	}
	state, made := a.nonces.check(c.Nonce, from, now)
	right := a.proves(m, c)
	if state == nonceForeign {
		// Not a word on the password: it could be guessed with nonces of the guesser's own, which nobody counts.
		return authNone, ""
	}
	if !right {
		if a.guard.failed(from, c.Username, now) > triesAsked { // sent by who got our challenge: see guard
			return authEnough, c.Username
		}
		return authWrong, c.Username
	}
	if state != nonceFresh {
		return authStale, c.Username
	}
	nc, err := strconv.ParseUint(c.NC, 16, 32)
	if c.QOP != "" && (err != nil || nc == 0 || len(c.NC) != 8) {
		return authWrong, c.Username
	}
	if c.QOP == "" {
		nc = 0
	}
	if !a.nonces.use(c.Nonce, made, uint32(nc), now) {
		return authStale, c.Username
	}
	return authGood, c.Username
}

// rightResponse compares the digest with the one the password gives, in a time that tells nothing.
func (a *authenticator) rightResponse(method string, c digest.Credentials) bool {
	ha1, ok := "", false
	if a.accounts != nil {
		ha1, ok = a.accounts.HA1(c.Username)
	}
	strong, asks := a.asksStrong(c.Username)
	by, known := digest.By(c.Algorithm)
	switch {
	case asks && by.Name == strongDigest:
		ha1 = strong
	case asks || by.Name != "MD5": // nothing weaker than what was asked for (RFC 8760 §2.6)
		known = false
	}
	if !known || c.QOP != "" && c.QOP != "auth" {
		ok = false
	}
	if by.Hash == nil {
		by, _ = digest.By("")
	}
	if len(ha1) != len(dummyHA1) && len(ha1) != 2*len(dummyHA1) {
		ha1, ok = dummyHA1, false
	}
	want := by.Response(ha1, method, c)
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response))) == 1
	return same && ok
}

// challenge is the one answer to whoever may not do what he asked for: unknown user, wrong password and no password
// look the same. MD5 alone is offered, because common phones stop registering at the sight of SHA-256; who is to prove himself
// by that is offered nothing else, so that nobody in between can have him take the weaker one. A page's key is as long as a hash:
// MD5 loses nothing of it.
func (a *authenticator) challenge(user string, m *message, stale bool) *fault {
	algorithm := "MD5"
	if _, asks := a.asksStrong(user); asks && m.ofPage() == "" {
		algorithm = strongDigest
	}
	line := `WWW-Authenticate: Digest realm="` + a.realm + `", nonce="` + a.nonces.make(m.path.Peer.Addr(), m.at) + `", qop="auth", algorithm=` + algorithm
	if stale {
		line += ", stale=true"
	}
	return &fault{401, "Unauthorized", []string{line}}
}

// strongDigest is the algorithm that accounts may be held to (RFC 8760 §2.1).
const strongDigest = "SHA-256"

// asksStrong says whether the user must prove himself by SHA-256, and his hash for it.
func (a *authenticator) asksStrong(user string) (ha1 string, asks bool) {
	if a.strong == nil {
		return "", false
	}
	return a.strong(user)
}

// HasAccount says whether there is an agent's phone of that user, registered or not.
func (w *Wire) HasAccount(user string) bool { return w.auth.exists(user) }

// exists says whether the user has an account.
func (a *authenticator) exists(user string) bool {
	if a.accounts == nil {
		return false
	}
	_, ok := a.accounts.HA1(user)
	return ok
}

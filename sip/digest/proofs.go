package digest

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// maxProofs is how often one request proves itself: once, and once more if the nonce had grown old meanwhile or another element
// asks too. A server that goes on asking must not keep us busy (CVE-2020-28242).
const maxProofs = 2

// Session proves who we are to one peer for as long as it is spoken with: what it has asked for goes with further requests at once, each with
// the next count of the nonce (RFC 3261 §22.2, §22.3, RFC 7616 §3.4). The zero value proves nothing. Owned by one goroutine at a time.
type Session struct {
	User, Password string

	held    [2]*held // by whom it was asked
	settled bool
}

// held is a challenge and how often it was answered.
type held struct {
	Challenge
	count uint32
}

// Who asks: the one that is called, by 401, or somebody on the way, by 407. It is an index of Session.held.
const (
	byServer = iota
	byProxy
)

// Tries is what one request was asked so far.
type Tries struct {
	n     int
	asked [2]bool
}

// Settle ends the beginning: if we were asked by now, no other realm than one of those that did learns who we are.
func (s *Session) Settle() { s.settled = true }

// Again reads the answer to a request; true: it asks for what we can give, and the request is to be sent once more, with the next CSeq
// and signed. It is so once for each request, and once more for a nonce that has grown old or for another element.
func (s *Session) Again(t *Tries, res *gosip.Response) bool {
	by, asks := byServer, "WWW-Authenticate"
	switch res.StatusCode {
	case 401:
	case 407:
		by, asks = byProxy, "Proxy-Authenticate"
	default:
		return false
	}
	if s.User == "" || t.n >= maxProofs {
		return false
	}
	for _, h := range res.GetHeaders(asks) { // the first that we can do: they come with the strongest first (RFC 8760 §2.4)
		c, ok := ReadChallenge(h.Value())
		if !ok || !s.knows(by, c.Realm) {
			continue
		}
		if was := s.held[by]; t.asked[by] && (!c.stale || was != nil && was.Nonce == c.Nonce) {
			continue // the password is wrong
		}
		t.n++
		t.asked[by] = true
		next := &held{Challenge: c}
		if was := s.held[by]; was != nil && was.Nonce == c.Nonce {
			next.count = was.count // another request was asked by it: no count comes twice (RFC 7616 §3.4)
		}
		s.held[by] = next
		return true
	}
	return false
}

// knows says whether the realm is the one that asked before, or may be the first (CVE-2021-41158: any realm got an answer).
func (s *Session) knows(by int, realm string) bool {
	if s.held[by] != nil {
		return s.held[by].Realm == realm
	}
	other := s.held[1-by]
	return !s.settled || other == nil || other.Realm == realm
}

// Sign puts the credentials for all that was asked so far on the request, in place of those it had.
func (s *Session) Sign(req *gosip.Request) {
	for by, answers := range [...]string{byServer: "Authorization", byProxy: "Proxy-Authorization"} {
		for req.RemoveHeader(answers) {
		}
		if h := s.held[by]; h != nil {
			h.count++
			req.AppendHeader(gosip.NewHeader(answers, h.answer(s.User, s.Password, h.count, req)))
		}
	}
}

// Learn takes the nonce that a success names for the next request (RFC 7616 §3.5).
func (s *Session) Learn(res *gosip.Response) {
	h := s.held[byServer]
	if h == nil || !res.IsSuccess() {
		return
	}
	for _, f := range res.GetHeaders("Authentication-Info") {
		if values, ok := digestValues("Digest " + f.Value()); ok && values["nextnonce"] != "" {
			h.Nonce, h.count = values["nextnonce"], 0
		}
	}
}

// Algorithm is a hash of a digest (RFC 8760 §2.1).
type Algorithm struct {
	Name string
	Hash func(string) string // in hex
}

// By finds an algorithm by its name in a challenge; none is MD5 (RFC 7616 §3.3).
func By(name string) (Algorithm, bool) {
	switch strings.ToUpper(name) {
	case "", "MD5":
		return Algorithm{"MD5", func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	case "SHA-256":
		return Algorithm{"SHA-256", func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	case "SHA-512-256":
		return Algorithm{"SHA-512-256", func(s string) string { h := sha512.Sum512_256([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	}
	return Algorithm{}, false
}

// Challenge is what a WWW-Authenticate or Proxy-Authenticate field of scheme Digest asks for (RFC 7616 §3.3).
type Challenge struct {
	Algorithm
	Realm, Nonce, opaque   string
	hasOpaque, auth, stale bool // auth: qop "auth" is offered
}

// ReadChallenge reads a field; ok is false for another scheme or algorithm, and for what is malformed.
func ReadChallenge(s string) (c Challenge, ok bool) {
	values, ok := digestValues(s)
	if !ok || values["nonce"] == "" {
		return c, false
	}
	if c.Algorithm, ok = By(values["algorithm"]); !ok {
		return c, false
	}
	c.Realm, c.Nonce = values["realm"], values["nonce"]
	c.opaque, c.hasOpaque = values["opaque"]
	c.stale = strings.EqualFold(values["stale"], "true")
	qop, asked := values["qop"]
	for _, q := range strings.Split(qop, ",") {
		c.auth = c.auth || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	return c, !asked || c.auth // auth-int alone: not ours
}

// answer is the credentials for a request, the count-th with the nonce.
func (c Challenge) answer(user, password string, count uint32, req *gosip.Request) string {
	cr := Credentials{Username: user, Realm: c.Realm, Nonce: c.Nonce, URI: req.Recipient.String()}
	if c.auth {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		cr.QOP, cr.NC, cr.CNonce = "auth", fmt.Sprintf("%08x", count), hex.EncodeToString(b[:])
	}
	ha1 := c.Hash(user + ":" + c.Realm + ":" + password) // RFC 7616 §3.4.2
	line := `Digest username=` + quoted(user) + `, realm=` + quoted(c.Realm) + `, nonce=` + quoted(c.Nonce) +
		`, uri=` + quoted(cr.URI) + `, response="` + c.Response(ha1, string(req.Method), cr) + `", algorithm=` + c.Name
	if c.auth {
		line += `, qop=auth, nc=` + cr.NC + `, cnonce="` + cr.CNonce + `"`
	}
	if c.hasOpaque {
		line += `, opaque=` + quoted(c.opaque)
	}
	return line
}

// Response is the response to a challenge (RFC 7616 §3.4.1) as hex.
func (a Algorithm) Response(ha1, method string, c Credentials) string {
	s := ha1 + ":" + c.Nonce
	if c.QOP != "" {
		s += ":" + c.NC + ":" + c.CNonce + ":" + c.QOP
	}
	return a.Hash(s + ":" + a.Hash(method+":"+c.URI))
}

// quoted is a quoted-string (RFC 3261 §25.1).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

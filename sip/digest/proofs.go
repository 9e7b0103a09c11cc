package digest

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// maxProofs is how often one request proves itself: once, and once more if the nonce had grown old meanwhile or another element
// asks too. A server that goes on asking must not keep us busy (CVE-2020-28242).
const maxProofs = 2

// Proofs is what one request has proved itself with so far.
type Proofs struct {
	nonces []string
	asked  []int // codes
}

// Again is the request once more, with the credentials that the response asks for; false: it asks for none, or not for ours,
// or was told already.
func (p *Proofs) Again(req *gosip.Request, res *gosip.Response, user, password string) (*gosip.Request, bool) {
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 401:
	case 407:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return nil, false
	}
	if user == "" || len(p.nonces) >= maxProofs {
		return nil, false
	}
	for _, h := range res.GetHeaders(asks) { // the first that we can do: they come with the strongest first (RFC 8760 §2.4)
		c, ok := ReadChallenge(h.Value())
		if !ok || slices.Contains(p.nonces, c.Nonce) {
			continue
		}
		if slices.Contains(p.asked, res.StatusCode) && !c.stale {
			return nil, false // the password is wrong
		}
		p.nonces, p.asked = append(p.nonces, c.Nonce), append(p.asked, res.StatusCode)
		next := req.Clone()
		next.CSeq().SeqNo++
		for next.RemoveHeader(answers) {
		}
		next.AppendHeader(gosip.NewHeader(answers, c.answer(user, password, next)))
		return next, true
	}
	return nil, false
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

// answer is the credentials for a request.
func (c Challenge) answer(user, password string, req *gosip.Request) string {
	cr := Credentials{Username: user, Realm: c.Realm, Nonce: c.Nonce, URI: req.Recipient.String()}
	if c.auth {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		cr.QOP, cr.NC, cr.CNonce = "auth", "00000001", hex.EncodeToString(b[:])
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

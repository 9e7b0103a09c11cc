package sip

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

// prove answers a trunk that asks who calls (RFC 3261 §22.2, §22.3): the INVITE goes again, with the next CSeq and the digest
// of the trunk's password. Only the trunk's own answer to our own request comes here (CVE-2021-41158).
func (l *leg) prove(b *branch, res *gosip.Response) bool {
	if l.phase != phaseNew || b.left || b.gate == nil {
		return false
	}
	t := b.gate.trunk
	req, ok := b.tried.again(b.req, res, t.User, t.Password)
	if !ok {
		if res.StatusCode == 401 || res.StatusCode == 407 {
			l.log.Info("sip: a trunk asks for what we cannot give", "trunk", t.Name, "code", res.StatusCode)
		}
		return false
	}
	b.req, b.forks = req, nil
	l.dialled.heard, b.heard = true, true // it lives: it asked
	l.dialled.hunt.seq = max(l.dialled.hunt.seq, req.CSeq().SeqNo)
	l.send(b)
	return true
}

// proofs is what one request has proved itself with so far.
type proofs struct {
	nonces []string
	asked  []int // codes
}

// again is the request once more, with the credentials that the response asks for; false: it asks for none, or not for ours,
// or was told already.
func (p *proofs) again(req *gosip.Request, res *gosip.Response, user, password string) (*gosip.Request, bool) {
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
		c, ok := readChallenge(h.Value())
		if !ok || slices.Contains(p.nonces, c.nonce) {
			continue
		}
		if slices.Contains(p.asked, res.StatusCode) && !c.stale {
			return nil, false // the password is wrong
		}
		p.nonces, p.asked = append(p.nonces, c.nonce), append(p.asked, res.StatusCode)
		next := req.Clone()
		next.CSeq().SeqNo++
		for next.RemoveHeader(answers) {
		}
		next.AppendHeader(gosip.NewHeader(answers, c.answer(user, password, next)))
		return next, true
	}
	return nil, false
}

// digestAlgorithm is a hash of a digest (RFC 8760 §2.1).
type digestAlgorithm struct {
	name string
	hash func(string) string // in hex
}

// digestBy finds an algorithm by its name in a challenge; none is MD5 (RFC 7616 §3.3).
func digestBy(name string) (digestAlgorithm, bool) {
	switch strings.ToUpper(name) {
	case "", "MD5":
		return digestAlgorithm{"MD5", func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	case "SHA-256":
		return digestAlgorithm{"SHA-256", func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	case "SHA-512-256":
		return digestAlgorithm{"SHA-512-256", func(s string) string { h := sha512.Sum512_256([]byte(s)); return hex.EncodeToString(h[:]) }}, true
	}
	return digestAlgorithm{}, false
}

// challenge is what a WWW-Authenticate or Proxy-Authenticate field of scheme Digest asks for (RFC 7616 §3.3).
type challenge struct {
	digestAlgorithm
	realm, nonce, opaque   string
	hasOpaque, auth, stale bool // auth: qop "auth" is offered
}

// readChallenge reads a field; ok is false for another scheme or algorithm, and for what is malformed.
func readChallenge(s string) (c challenge, ok bool) {
	values, ok := digestValues(s)
	if !ok || values["nonce"] == "" {
		return c, false
	}
	if c.digestAlgorithm, ok = digestBy(values["algorithm"]); !ok {
		return c, false
	}
	c.realm, c.nonce = values["realm"], values["nonce"]
	c.opaque, c.hasOpaque = values["opaque"]
	c.stale = strings.EqualFold(values["stale"], "true")
	qop, asked := values["qop"]
	for _, q := range strings.Split(qop, ",") {
		c.auth = c.auth || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	return c, !asked || c.auth // auth-int alone: not ours
}

// answer is the credentials for a request.
func (c challenge) answer(user, password string, req *gosip.Request) string {
	cr := credentials{username: user, realm: c.realm, nonce: c.nonce, uri: req.Recipient.String()}
	if c.auth {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		cr.qop, cr.nc, cr.cnonce = "auth", "00000001", hex.EncodeToString(b[:])
	}
	ha1 := c.hash(user + ":" + c.realm + ":" + password) // RFC 7616 §3.4.2
	line := `Digest username=` + quoted(user) + `, realm=` + quoted(c.realm) + `, nonce=` + quoted(c.nonce) +
		`, uri=` + quoted(cr.uri) + `, response="` + c.response(ha1, string(req.Method), cr) + `", algorithm=` + c.name
	if c.auth {
		line += `, qop=auth, nc=` + cr.nc + `, cnonce="` + cr.cnonce + `"`
	}
	if c.hasOpaque {
		line += `, opaque=` + quoted(c.opaque)
	}
	return line
}

// response is the response to a challenge (RFC 7616 §3.4.1) as hex.
func (a digestAlgorithm) response(ha1, method string, c credentials) string {
	s := ha1 + ":" + c.nonce
	if c.qop != "" {
		s += ":" + c.nc + ":" + c.cnonce + ":" + c.qop
	}
	return a.hash(s + ":" + a.hash(method+":"+c.uri))
}

// quoted is a quoted-string (RFC 3261 §25.1).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

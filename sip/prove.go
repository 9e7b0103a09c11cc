package sip

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// prove answers a trunk that asks who calls (RFC 3261 §22.2, §22.3): the INVITE goes again, with the next CSeq and the digest
// of the trunk's password. It does so once: a trunk that asks again does not take the password.
func (l *leg) prove(b *branch, res *gosip.Response) bool {
	d := l.dialled
	if l.phase != phaseNew || d.trunk == nil || d.trunk.User == "" || d.proved {
		return false
	}
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 401:
	case 407:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return false
	}
	for _, h := range res.GetHeaders(asks) {
		c, ok := readChallenge(h.Value())
		if !ok {
			continue
		}
		d.proved = true
		req := b.req.Clone()
		req.CSeq().SeqNo++
		req.AppendHeader(gosip.NewHeader(answers, c.answer(d.trunk.Trunk, req)))
		b.req, b.forks = req, nil
		l.send(b)
		return true
	}
	l.log.Info("sip: a trunk asks for what we cannot give", "trunk", d.trunk.Name, "code", res.StatusCode)
	return false
}

// challenge is what a WWW-Authenticate or Proxy-Authenticate field of scheme Digest asks for (RFC 2617 §3.2.1).
type challenge struct {
	realm, nonce, opaque string
	hasOpaque, auth      bool // auth: qop "auth" is offered
}

// readChallenge reads a field; ok is false for another scheme or algorithm, and for what is malformed.
func readChallenge(s string) (c challenge, ok bool) {
	values, ok := digestValues(s)
	if !ok || values["nonce"] == "" {
		return c, false
	}
	if alg := values["algorithm"]; alg != "" && !strings.EqualFold(alg, "MD5") {
		return c, false
	}
	c.realm, c.nonce = values["realm"], values["nonce"]
	c.opaque, c.hasOpaque = values["opaque"]
	qop, asked := values["qop"]
	for _, q := range strings.Split(qop, ",") {
		c.auth = c.auth || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	return c, !asked || c.auth // auth-int alone: not ours
}

// answer is the credentials for a request.
func (c challenge) answer(t Trunk, req *gosip.Request) string {
	cr := credentials{username: t.User, realm: c.realm, nonce: c.nonce, uri: req.Recipient.String()}
	if c.auth {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		cr.qop, cr.nc, cr.cnonce = "auth", "00000001", hex.EncodeToString(b[:])
	}
	sum := md5.Sum([]byte(t.User + ":" + c.realm + ":" + t.Password)) // RFC 2617 §3.2.2.2
	ha1 := hex.EncodeToString(sum[:])
	line := `Digest username=` + quoted(t.User) + `, realm=` + quoted(c.realm) + `, nonce=` + quoted(c.nonce) +
		`, uri=` + quoted(cr.uri) + `, response="` + digestResponse(ha1, string(req.Method), cr) + `", algorithm=MD5`
	if c.auth {
		line += `, qop=auth, nc=` + cr.nc + `, cnonce="` + cr.cnonce + `"`
	}
	if c.hasOpaque {
		line += `, opaque=` + quoted(c.opaque)
	}
	return line
}

// quoted is a quoted-string (RFC 3261 §25.1).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

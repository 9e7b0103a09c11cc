package digest

import (
	"strings"

	"hotline/sip/syntax"
)

// Credentials are what an Authorization field of scheme Digest says (RFC 2617 §3.2.2).
type Credentials struct {
	Username, Realm, Nonce, URI, Response, Algorithm, CNonce, QOP, NC string
}

// ReadCredentials reads an Authorization field. ok is false for another scheme and for what is malformed.
func ReadCredentials(s string) (c Credentials, ok bool) {
	ok = eachDigestValue(s, func(name, value string) {
		switch name {
		case "username":
			c.Username = value
		case "realm":
			c.Realm = value
		case "nonce":
			c.Nonce = value
		case "uri":
			c.URI = value
		case "response":
			c.Response = value
		case "algorithm":
			c.Algorithm = value
		case "cnonce":
			c.CNonce = value
		case "qop":
			c.QOP = value
		case "nc":
			c.NC = value
		}
	})
	return c, ok && c.Username != "" && c.Nonce != "" && c.Response != ""
}

// digestValues are the parameters of a field of scheme Digest, names in lower case (RFC 2617 §3.2).
func digestValues(s string) (values map[string]string, ok bool) {
	values = make(map[string]string, 10)
	ok = eachDigestValue(s, func(name, value string) { values[name] = value })
	return values, ok
}

// eachDigestValue yields the parameters of a field of scheme Digest, names in lower case; false: it is malformed, or of another.
func eachDigestValue(s string, yield func(name, value string)) bool {
	scheme, rest, _ := strings.Cut(strings.TrimLeft(s, " \t"), " ")
	if !strings.EqualFold(scheme, "Digest") || len(rest) > 2048 {
		return false
	}
	for more := true; more; {
		var item string
		item, rest, more = syntax.CutList(rest)
		if item == "" {
			continue
		}
		name, value, found := strings.Cut(item, "=")
		if !found {
			return false
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if strings.HasPrefix(value, `"`) {
			end := syntax.ClosingQuote(value)
			if end != len(value)-1 || end < 1 {
				return false
			}
			value = syntax.QuoteUnescape(value[1:end])
		}
		yield(strings.ToLower(name), value)
	}
	return true
}

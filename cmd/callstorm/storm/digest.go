package storm

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
)

// authorization answers a digest challenge (RFC 2617 §3.2.2, MD5 with qop=auth).
func authorization(challenge, method, uri, user, password, cnonce string) string {
	realm, nonce := quoted(challenge, "realm"), quoted(challenge, "nonce")
	hash := func(s string) string {
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	ha1 := hash(user + ":" + realm + ":" + password)
	ha2 := hash(method + ":" + uri)
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=MD5`, user, realm, nonce, uri)
	if strings.Contains(quoted(challenge, "qop"), "auth") {
		fmt.Fprintf(&b, `, qop=auth, nc=00000001, cnonce="%s", response="%s"`,
			cnonce, hash(ha1+":"+nonce+":00000001:"+cnonce+":auth:"+ha2))
	} else {
		fmt.Fprintf(&b, `, response="%s"`, hash(ha1+":"+nonce+":"+ha2))
	}
	if o := quoted(challenge, "opaque"); o != "" {
		fmt.Fprintf(&b, `, opaque="%s"`, o)
	}
	return b.String()
}

// quoted returns a parameter of a challenge, with or without its quotes. A comma may stand inside of quotes.
func quoted(challenge, name string) string {
	rest := challenge
	if i := strings.IndexByte(rest, ' '); i >= 0 && strings.EqualFold(rest[:i], "Digest") {
		rest = rest[i+1:]
	}
	for rest != "" {
		var key, value string
		key, rest, _ = strings.Cut(rest, "=")
		rest = strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(rest, `"`) {
			value, rest, _ = strings.Cut(rest[1:], `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

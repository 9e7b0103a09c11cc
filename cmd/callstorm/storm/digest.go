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

// quoted returns a parameter of a challenge, with or without its quotes.
func quoted(challenge, name string) string {
	for p := range strings.SplitSeq(strings.TrimPrefix(challenge, "Digest "), ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(p), "="); ok && strings.EqualFold(k, name) {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

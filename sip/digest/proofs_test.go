package digest

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

func TestReadChallenge(t *testing.T) {
	for in, want := range map[string]string{
		`Digest realm="r", nonce="n"`:                                  "r n",
		`digest Realm="a \"b\"", NONCE="n", algorithm=md5, qop="auth"`: `a "b" n auth`,
		`Digest realm="r", nonce="n", qop="auth-int,auth", opaque=""`:  "r n auth opaque",
		`Digest realm="r", nonce="n", qop="auth-int"`:                  "",
		`Digest realm="r", nonce="n", algorithm=SHA-256`:               "r n",
		`Digest realm="r", nonce="n", algorithm=MD5-sess`:              "",
		`Digest realm="r"`:                                 "",
		`Basic realm="r"`:                                  "",
		`Digest realm="r, nonce="n"`:                       "",
		`Digest nonce="` + strings.Repeat("x", 3000) + `"`: "",
	} {
		c, ok := ReadChallenge(in)
		got := ""
		if ok {
			got = c.Realm + " " + c.Nonce
			if c.auth {
				got += " auth"
			}
			if c.hasOpaque {
				got += " opaque"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// FuzzReadChallenge: whatever a trunk asks, our answer is one line that we can read ourselves.
func FuzzReadChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth", opaque="o"`)
	f.Add(`Digest realm="a \"b\\", nonce="\r\n", algorithm=md5`)
	f.Add(`Digest nonce=,,,="x`)
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := ReadChallenge(text)
		if !ok {
			return
		}
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", User: "1", Host: "192.0.2.1"})
		line := c.answer(`a"b\`, "p", 1, req)
		got, ok := ReadCredentials(line)
		if len(text) < 500 && (!ok || got.Realm != c.Realm || got.Nonce != c.Nonce || got.Username != `a"b\` || got.URI != "sip:1@192.0.2.1") {
			t.Errorf("%q: %q reads as %+v", text, line, got)
		}
	})
}

package storm

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"
)

// crlf writes a message as it is on the wire.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func TestParse(t *testing.T) {
	m := parse(crlf(`INVITE sip:8001@10.0.0.1:5060;x=1 SIP/2.0
v: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1
Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK0
f: "a; tag=no <b>" <sip:13800138000@10.0.0.9;user=phone>;tag=abc
t: <sip:8001@h>
i: call-1
CSEQ:  7   INVITE
m: <sip:c@10.0.0.9:5099>
l: 3

xyz`))
	if m == nil {
		t.Fatal("not parsed")
	}
	n, method := m.cseq()
	got := []string{
		m.method, m.uri, strings.Join(m.all("via"), "|"), m.get("call-id"), address(m.get("from")), param(m.get("from"), "tag"),
		address(m.get("contact")), user(address(m.get("from"))), method, string(m.body), m.get("content-length"), param(m.get("to"), "tag"),
	}
	want := []string{
		"INVITE", "sip:8001@10.0.0.1:5060;x=1", "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1|SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK0", "call-1",
		"sip:13800138000@10.0.0.9;user=phone", "abc", "sip:c@10.0.0.9:5099", "13800138000", "INVITE", "xyz", "3", "",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("field %d: %q, want %q", i, got[i], want[i])
		}
	}
	if n != 7 {
		t.Errorf("CSeq %d", n)
	}
	r := parse(crlf("SIP/2.0 486 Busy Here\nCSeq: 2 INVITE\n\n"))
	if r == nil || r.method != "" || r.code != 486 {
		t.Errorf("response: %+v", r)
	}
	for _, bad := range []string{"", "\n\n", "hello", "INVITE sip:x SIP/2.0\n", "INVITE\n\n"} {
		if m := parse(crlf(bad)); m != nil {
			t.Errorf("%q is %+v", bad, m)
		}
	}
}

// TestAddresses holds the forms that headers and URIs come in.
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ value, uri, user, tag string }{
		{"<sip:a@h>;tag=1", "sip:a@h", "a", "1"},
		{"sip:a@h;tag=2", "sip:a@h", "a", "2"},
		{`"Display \"<x>" <sip:b@h>;tag=4`, "sip:b@h", "b", "4"},
		{`"never ends <sip:b@h>`, "sip:b@h", "b", ""},
		{"<sip:host.only>;TAG=3;q=1", "sip:host.only", "", "3"},
		{"tel:+861", "tel:+861", "", ""},
		{"", "", "", ""},
	} {
		if a := address(c.value); a != c.uri || user(a) != c.user || param(c.value, "tag") != c.tag {
			t.Errorf("%q: %q %q %q, want %q %q %q", c.value, a, user(a), param(c.value, "tag"), c.uri, c.user, c.tag)
		}
	}
}

// TestResponse: what RFC 3261 §8.2.6.2 wants copied is copied, in order, and the To gets our tag once.
func TestResponse(t *testing.T) {
	req := parse(crlf(`INVITE sip:x SIP/2.0
Via: one
Via: two
Record-Route: <sip:p1;lr>
From: <sip:f>;tag=f
To: <sip:t>
Call-ID: c
CSeq: 1 INVITE

`))
	got := string(response(req, 200, "OK", "mine", "Contact: <sip:me>\r\n", []byte("v=0\r\n")))
	want := string(crlf(`SIP/2.0 200 OK
Via: one
Via: two
Record-Route: <sip:p1;lr>
From: <sip:f>;tag=f
To: <sip:t>;tag=mine
Call-ID: c
CSeq: 1 INVITE
Contact: <sip:me>
Content-Type: application/sdp
Content-Length: 5

v=0
`))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	req.headers = append(req.headers[:4:4], header{"to", "<sip:t>;tag=theirs"})
	if r := parse(response(req, 200, "OK", "mine", "", nil)); param(r.get("to"), "tag") != "theirs" {
		t.Errorf("To: %s", r.get("to"))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(crlf("INVITE sip:a@b SIP/2.0\nv: x\nf: <sip:a@b>;tag=1\nCSeq: 1 INVITE\n\nbody"))
	f.Add(crlf("SIP/2.0 200 OK\nCSeq: x\nWWW-Authenticate: Digest realm=\"a,b\", nonce=x\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := parse(b)
		if m == nil {
			return
		}
		n, _ := m.cseq()
		_ = n
		for _, h := range m.headers {
			_, _, _ = address(h.value), param(h.value, "tag"), user(h.value)
			_ = authorization(h.value, "INVITE", "sip:x", "u", "p", "c")
		}
		if m.method != "" {
			if again := parse(response(m, 200, "OK", "t", "", nil)); again == nil || again.code != 200 {
				t.Errorf("our answer to %q is no SIP", b)
			}
		}
	})
}

// TestDigest holds the example of RFC 2617 §3.5, and the form without qop of RFC 2069.
func TestDigest(t *testing.T) {
	challenge := `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	a := authorization(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", "0a4f113b")
	for _, want := range []string{
		`response="6629fae49393a05397450978507c4ef1"`, `username="Mufasa"`, `qop=auth,`, `nc=00000001`, `cnonce="0a4f113b"`,
		`opaque="5ccc069c403ebaf9f0171e9517f40e41"`, `uri="/dir/index.html"`, `realm="testrealm@host.com"`,
	} {
		if !strings.Contains(a, want) {
			t.Errorf("no %s in %s", want, a)
		}
	}
	hash := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
	want := hash(hash("u:r:p") + ":n:" + hash("REGISTER:sip:h"))
	if a := authorization(`digest Realm=r , nonce="n"`, "REGISTER", "sip:h", "u", "p", "c"); !strings.Contains(a, `response="`+want+`"`) || strings.Contains(a, "qop") {
		t.Errorf("without qop: %s, want %s", a, want)
	}
}

func TestQuoted(t *testing.T) {
	const c = `Digest realm="a, nonce=b",nonce = "n=1" , stale=FALSE, algorithm=MD5`
	for name, want := range map[string]string{"realm": "a, nonce=b", "nonce": "n=1", "STALE": "FALSE", "algorithm": "MD5", "qop": ""} {
		if got := quoted(c, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

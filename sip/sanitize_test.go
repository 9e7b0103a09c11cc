package sip

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	gosip "github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"
)

func TestNumberOf(t *testing.T) {
	for in, want := range map[string]string{
		"sip:95500@x": "95500", "sip:%2B8613800001111@x": "+8613800001111", "sip:value%25%34%31@x": "value%41", "sip:user;par=u%40example.net@x": "user",
		"sip:null-%00-null@x": "null- -null", "tel:+1-201-555-0123;phone-context=x": "+12015550123", "sip:x": "", "sip:%E5%BC%A0@x": "张", "sip:%zz@x": "%zz",
	} {
		var u gosip.Uri
		if err := gosip.ParseUri(in, &u); err != nil {
			t.Fatal(err)
		}
		if got := numberOf(u); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestSafeText(t *testing.T) {
	for in, want := range map[string]string{
		"王芳": "王芳", "a\r\nRoute: <sip:evil>": "a  Route: <sip:evil>", "\u202eevil\u202c": "evil", "\xff\xfeA": "A", " \t x \x00": "x",
		strings.Repeat("é", 500): strings.Repeat("é", maxDisplay),
	} {
		if got := safeText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for name, ok := range map[string]bool{"X-Queue": true, "x-q": true, "X-": false, "Route": false, "X-a b": false, "X-A\r\nRoute": false, "": false} {
		if _, got := safeHeader(name, "v"); got != ok {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// TestNothingGetsOut: whatever stands in a name, a number, a reason or a header field of ours, the message has the lines it
// was meant to have and is read back as what it was.
func TestNothingGetsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\r\nRoute: <sip:evil>\r\n", "a\"b\\", "x>;tag=y", "\x00\x01", "\r\n\r\nINVITE sip:x SIP/2.0"}))
		name, number, reason, value := text.Draw(t, "name"), text.Draw(t, "number"), text.Draw(t, "reason"), text.Draw(t, "value")
		var id gosip.CallIDHeader = "c"
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", User: safeUser(number), Host: "x"})
		req.AppendHeader(&gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "x", Params: gosip.HeaderParams{{K: "branch", V: "z9hG4bK1"}}})
		req.AppendHeader(&gosip.FromHeader{DisplayName: safeDisplay(name), Address: gosip.Uri{Scheme: "sip", User: safeUser(number), Host: "x"}, Params: gosip.HeaderParams{{K: "tag", V: "1"}}})
		req.AppendHeader(&gosip.ToHeader{DisplayName: name, Address: gosip.Uri{Scheme: "sip", Host: "x"}}) // not made safe: the last wall
		req.AppendHeader(&id)
		req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.INVITE})
		safe, _ := safeHeader("X-Value", value)
		req.AppendHeader(gosip.NewHeader("X-Value", safe))
		req.AppendHeader(gosip.NewHeader("X-Raw", value))
		req.SetBody([]byte("body"))
		b, err := appendMessage(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		h, err := readHead(b)
		if err != nil || h.broken != "" || len(h.fields) != 8 || string(h.body) != "body" {
			t.Fatalf("%v, %+v: %q", err, h, b)
		}
		from, err := readAddress(h.get(kindFrom))
		if err != nil {
			t.Fatalf("From: %q", h.get(kindFrom))
		}
		if got := displayName(from.display); got != safeText(name) {
			t.Fatalf("name %q came back as %q", safeText(name), got)
		}
		u, err := readURI(from.uri)
		if number != "" && (err != nil || unescapeUser(u.user) != number) {
			t.Fatalf("number %q came back as %q, %v", number, u.user, err)
		}
		res := gosip.NewResponse(486, reason)
		if b, err = appendMessage(nil, res); err != nil || strings.Count(string(b), "\r\n") != 2 {
			t.Fatalf("%q, %v", b, err)
		}
	})
}

func TestSafeTextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := safeText(rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text"))
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxDisplay || safeText(s) != s {
			t.Fatalf("%q", s)
		}
		if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Fatalf("%q at %d", s, i)
		}
	})
}

package syntax

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
		if got := NumberOf(u); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestSafeText(t *testing.T) {
	for in, want := range map[string]string{
		"王芳": "王芳", "a\r\nRoute: <sip:evil>": "a  Route: <sip:evil>", "\u202eevil\u202c": "evil", "\xff\xfeA": "A", " \t x \x00": "x",
		strings.Repeat("é", 500): strings.Repeat("é", MaxDisplay),
	} {
		if got := SafeText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for name, ok := range map[string]bool{"X-Queue": true, "x-q": true, "X-": false, "Route": false, "X-a b": false, "X-A\r\nRoute": false, "": false} {
		if _, got := SafeHeader(name, "v"); got != ok {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestSafeTextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := SafeText(rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text"))
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxDisplay || SafeText(s) != s {
			t.Fatalf("%q", s)
		}
		if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Fatalf("%q at %d", s, i)
		}
	})
}

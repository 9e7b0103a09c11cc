package syntax

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTrimmedAndDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ \t0-9a.]*`).Draw(t, "s")
		if got, want := trimmed(s), strings.Trim(s, " \t"); got != want {
			t.Fatalf("trimmed(%q) = %q, want %q", s, got, want)
		}
		if got, want := Digits(s), s != "" && strings.Trim(s, "0123456789") == ""; got != want {
			t.Fatalf("digits(%q) = %v", s, got)
		}
		host := rapid.StringMatching(`[ a-zA-Z0-9._:-]*`).Draw(t, "host")
		const may = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._"
		if got, want := hostName(host), host != "" && strings.Trim(host, may) == ""; got != want {
			t.Fatalf("hostName(%q) = %v", host, got)
		}
	})
}

func TestReadURI(t *testing.T) {
	for in, want := range map[string]URI{
		"sip:a@b":                  {Scheme: "sip", User: "a", Host: "b"},
		"SIPS:a:pw@B.Example:5061": {Scheme: "sips", User: "a", Host: "b.example", Port: 5061},
		"sip:[2001:db8::10:5070]":  {Scheme: "sip", Host: "2001:db8::10:5070"},
		"sip:u@[::1]:7;a=b;lr?x=y": {Scheme: "sip", User: "u", Host: "::1", Port: 7, Params: Params{{"a", "b"}, {"lr", ""}}, Header: "x=y"},
		"sip:user;par=u%40x@h":     {Scheme: "sip", User: "user;par=u%40x", Host: "h"},
	} {
		if got, err := ReadURI(in); err != nil || !cmp.Equal(want, got, cmp.AllowUnexported(URI{}, Param{})) {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "sip:", "sip", "tel:1", "sip:@x", "sip:2001:db8::10", "sip:a@b:0", "sip:a@b:70000", "sip:a@b:x", "sip:a@[::1", "sip:a b@c", "sip:a@b c", "sip:<a@b>", "sip:a@.\x00"} {
		if u, err := ReadURI(in); err == nil {
			t.Errorf("%q: %+v", in, u)
		}
	}
}

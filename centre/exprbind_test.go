package centre

import (
	"slices"
	"testing"
)

func TestBind(t *testing.T) {
	known := func(s string) bool { return slices.Contains([]string{"english", "german", "claims"}, s) }
	tests := []struct{ text, attrs, want string }{
		{"claims >= 3", "", "claims >= 3"},
		{"$language", "language=english", "english"},
		{"$language >= 3", "language=english", "english >= 3"},
		{"claims and $language", "language=german", "claims and german"},
		{"claims and $language", "", "claims"},
		{"claims and $language", "language=klingon", "claims"},
		{"claims and $language", "language=", "claims"},
		{"claims and $language", "language=english or claims", "claims"},
		{"claims and $language", "language=and", "claims"},
		{"$language", "", ""},
		{"not $language", "", ""},
		{"not $language", "language=german", "not german"},
		{"$language or english", "", "english"},
		{"$language or english", "language=german", "german or english"},
		{"claims and ($language or $second)", "", "claims"},
		{"claims and ($language or $second)", "second=german", "claims and german"},
		{"claims and ($a or english and $b)", "b=german", "claims and english and german"},
	}
	for _, tt := range tests {
		e, err := ParseExpr(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got := e.Bind(attrs(tt.attrs), known)
		if got.String() != tt.want || len(got.Vars()) > 0 {
			t.Errorf("%q with %q is %q, want %q", tt.text, tt.attrs, got, tt.want)
		}
		// Bound expressions are shared by their text, so the text has to be canonical.
		if again, err := ParseExpr(got.Text); err != nil || again.String() != got.Text {
			t.Errorf("%q: the text %q is not canonical: %v", tt.text, got.Text, err)
		}
	}
	e, _ := ParseExpr("$b and (claims or not $a >= 3) and $b")
	if v := e.Vars(); !slices.Equal(v, []string{"a", "b"}) {
		t.Errorf("Vars %v", v)
	}
	if s := e.Skills(); !slices.Equal(s, []string{"claims"}) {
		t.Errorf("Skills %v", s)
	}
	// Without Bind, variables ask for nothing.
	if !e.Eval(skills("claims=1")) || e.Eval(nil) {
		t.Error("unbound")
	}
	if e.Bind(attrs("a=hindi;b=tamil"), nil).String() != "tamil and (claims or not hindi >= 3) and tamil" {
		t.Error("a nil known takes every word")
	}
	if v := (Expr{}).Vars(); v != nil || (Expr{}).Bind(nil, nil).String() != "" {
		t.Error("the zero Expr")
	}
}

func TestAnd(t *testing.T) {
	tests := []struct{ a, b, want string }{
		{"", "", ""},
		{"a", "", "a"},
		{"", "b", "b"},
		{"a", "b", "a and b"},
		{"a or c", "b", "(a or c) and b"},
		{"a and c", "b and $d", "a and c and b and $d"},
		{"not a", "b", "not a and b"},
	}
	for _, tt := range tests {
		a, _ := ParseExpr(tt.a)
		b, _ := ParseExpr(tt.b)
		if got := a.And(b); got.String() != tt.want || got.Text != tt.want || len(got.Vars()) != len(b.Vars()) {
			t.Errorf("%q And %q = %q", tt.a, tt.b, got)
		}
	}
}

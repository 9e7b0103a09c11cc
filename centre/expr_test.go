package centre

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestExpr(t *testing.T) {
	tests := []struct {
		text, canonical string
		fits, not       []string // skills as "a=3,b=5"
	}{
		{"", "", []string{"", "a=1"}, nil},
		{"a", "a", []string{"a=1", "a=9,b=2"}, []string{"", "b=9"}},
		{"claims >= 3", "claims >= 3", []string{"claims=3", "claims=9"}, []string{"", "claims=2"}},
		{"a>3", "a > 3", []string{"a=4"}, []string{"a=3"}},
		{"a <= 3", "a <= 3", []string{"", "a=3"}, []string{"a=4"}},
		{"a < 3", "a < 3", []string{"", "a=2"}, []string{"a=3"}},
		{"a = 3", "a = 3", []string{"a=3"}, []string{"", "a=4"}},
		{"a != 3", "a != 3", []string{"", "a=4"}, []string{"a=3"}},
		{"a and b or c", "a and b or c", []string{"a=1,b=1", "c=1"}, []string{"a=1", "b=1"}},
		{"a and (b or c)", "a and (b or c)", []string{"a=1,c=1"}, []string{"c=1", "a=1"}},
		{"not a and b", "not a and b", []string{"b=1"}, []string{"a=1,b=1", ""}},
		{"not (a and b)", "not (a and b)", []string{"", "a=1", "b=1"}, []string{"a=1,b=1"}},
		{"not not a", "not not a", []string{"a=1"}, []string{""}},
		{"NOT a OR  b", "not a or b", []string{"", "a=1,b=1"}, []string{"a=1"}},
		{"((a))and((b and(c)))", "a and b and c", []string{"a=1,b=1,c=1"}, []string{"a=1,b=1"}},
		{"(a or b) and (c or d)", "(a or b) and (c or d)", []string{"a=1,d=1"}, []string{"a=1,b=1"}},
		{"报案 >= 3 and 英语", "报案 >= 3 and 英语", []string{"报案=3,英语=1"}, []string{"报案=3"}},
		{"tier-2.b_x", "tier-2.b_x", []string{"tier-2.b_x=1"}, []string{"tier=1"}},
		{"android or north", "android or north", []string{"north=1"}, []string{"and=1"}},
	}
	for _, tt := range tests {
		e, err := ParseExpr(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if e.String() != tt.canonical || e.Text != tt.text {
			t.Errorf("%q is %q", tt.text, e)
		}
		for _, s := range tt.fits {
			if !e.Eval(skills(s)) {
				t.Errorf("%q does not fit %q", s, tt.text)
			}
		}
		for _, s := range tt.not {
			if e.Eval(skills(s)) {
				t.Errorf("%q fits %q", s, tt.text)
			}
		}
	}
	e, _ := ParseExpr("b and not (a >= 3 or b) and c")
	if got := e.Skills(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("Skills = %v", got)
	}
	if (Expr{}).Skills() != nil {
		t.Error("the zero Expr names skills")
	}
}

func skills(s string) map[string]int {
	m := map[string]int{}
	for _, part := range strings.Split(s, ",") {
		if name, level, ok := strings.Cut(part, "="); ok {
			m[name] = int(level[0] - '0')
		}
	}
	return m
}

func TestExprErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a >", "column 4: ends too early; here: a level from 0 to 9"},
		{"a >= x", `column 6: unexpected "x"; here: a level from 0 to 9`},
		{"a >= 10", `column 6: level "10" does not exist; a level from 0 to 9`},
		{"a >= -1", `column 6: unexpected "-"; here: a level from 0 to 9`},
		{"a b", `column 3: unexpected "b"; here: and, or, or the end of the expression`},
		{"a and", "column 6: ends too early; here: the name of a skill"},
		{"and a", `column 1: unexpected "and"; here: the name of a skill`},
		{"(a or b", "column 1: bracket is never closed; add )"},
		{"a)", `column 2: unexpected ")"; here: and, or, or the end of the expression`},
		{"()", `column 2: unexpected ")"; here: the name of a skill`},
		{"a == 3", `column 3: "==" is unknown; equal is a single =`},
		{"!a", `column 1: "!" is unknown; write not, or != for unequal`},
		{"a && b", `column 3: unexpected "&"; here: and, or, or the end of the expression`},
		{"3 <= a", `column 1: unexpected "3"; here: the name of a skill`},
		{"报案 >= 三", `column 7: unexpected "三"; here: a level from 0 to 9`},
		{"a >= 3abc", `column 7: unexpected "abc"; here: and, or, or the end of the expression`},
		{strings.Repeat("x", 65), "column 1: name is too long; at most 64 characters"},
		{strings.Repeat("(", 60) + "a", "column 52: is nested too deeply; use fewer brackets"},
		{strings.Repeat("not ", 60) + "a", "column 205: is nested too deeply; use fewer brackets"},
	}
	for _, tt := range tests {
		e, err := ParseExpr(tt.text)
		var at *ExprError
		if !errors.As(err, &at) || err.Error() != tt.want {
			t.Errorf("%q: %v; want %s", tt.text, err, tt.want)
		}
		if e.root != nil || e.Text != "" {
			t.Errorf("%q: an error with a value", tt.text)
		}
	}
}

// FuzzExpr: what parses means the same as its canonical text, which is a fixed point; what does not parse says where.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{"", "a", "a >= 3", "a and b or not (c < 2)", "not not a", "((a)", "a != 0 or b = 9", "报案>3", "a ==", "!x"} {
		f.Add(s, uint64(12345))
	}
	f.Fuzz(func(t *testing.T, text string, levels uint64) {
		e, err := ParseExpr(text)
		if err != nil {
			var at *ExprError
			if !errors.As(err, &at) || at.Column < 1 || at.Column > len([]rune(text))+1 {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := ParseExpr(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q -> %q -> %q, %v", text, e, again, err)
		}
		have := map[string]int{}
		for i, s := range e.Skills() {
			have[s] = int(levels >> (4 * (i % 16)) % 10)
		}
		if e.Eval(have) != again.Eval(have) {
			t.Fatalf("%q and %q differ for %v", text, e, have)
		}
	})
}

func ExampleParseExpr() {
	e, err := ParseExpr("claims >= 3 and not english")
	fmt.Println(e.Eval(map[string]int{"claims": 5}), e.Eval(map[string]int{"claims": 5, "english": 1}), err)
	_, err = ParseExpr("claims >= ")
	fmt.Println(err)
	// Output:
	// true false <nil>
	// column 11: ends too early; here: a level from 0 to 9
}

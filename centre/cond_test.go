package centre

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func attrs(s string) map[string]string {
	m := map[string]string{}
	for _, part := range strings.Split(s, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			m[name] = value
		}
	}
	return m
}

func TestCond(t *testing.T) {
	tests := []struct {
		text, canonical string
		holds, not      []string // attributes as "a=3;b=5"
	}{
		{"", "", []string{"", "a=1"}, nil},
		{"vip", "vip", []string{"vip=gold", "vip=0"}, []string{"", "vip="}},
		{"vip = gold", "vip = gold", []string{"vip=gold"}, []string{"", "vip=Gold", "vip=gold "}},
		{"vip != gold", "vip != gold", []string{"", "vip=silver"}, []string{"vip=gold"}},
		{"not vip=gold AND (region = 010 Or x)", "not vip = gold and (region = 010 or x)", []string{"region=10", "x=1"}, []string{"", "vip=gold;x=1"}},
		{"region = '010'", `region = "010"`, []string{"region=010"}, []string{"region=10"}},
		{"age >= 18", "age >= 18", []string{"age=18", "age=018.0", "age=100"}, []string{"", "age=17.99", "age=-20", "age=eighteen", "age="}},
		{"age < -1.5", "age < -1.5", []string{"age=-2", "age=-1.51"}, []string{"age=-1.5", "age=0", "age=-0"}},
		{"x = 0", "x = 0", []string{"x=0", "x=-0", "x=0.00"}, []string{"", "x=", "x=."}},
		{"id = 110101199003071234", "id = 110101199003071234", []string{"id=110101199003071234"}, []string{"id=110101199003071235"}},
		{"name < m", "name < m", []string{"name=a"}, []string{"name=z", ""}},
		{"since >= 2026-10-01", "since >= 2026-10-01", []string{"since=2026-10-01", "since=2027-01-01"}, []string{"since=2026-09-30"}},
		{`vip in (gold, "black card",7)`, `vip in (gold, "black card", 7)`, []string{"vip=gold", "vip=black card", "vip=7.0"}, []string{"", "vip=silver"}},
		{"not vip in (gold)", "not vip in (gold)", []string{"", "vip=silver"}, []string{"vip=gold"}},
		{"caller = +8613800138000", "caller = +8613800138000", []string{"caller=+8613800138000"}, []string{"caller=8613800138000"}},
		{`x = 'say "no"'`, `x = 'say "no"'`, []string{`x=say "no"`}, []string{"x=no"}},
		{"x-vip = 金卡", "x-vip = 金卡", []string{"x-vip=金卡"}, []string{"x-vip=银卡"}},
		{"x = ''", `x = ""`, []string{"", "x="}, []string{"x=1"}},
	}
	for _, tt := range tests {
		c, err := ParseCond(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if c.String() != tt.canonical || c.Text != tt.text {
			t.Errorf("%q is %q", tt.text, c)
		}
		for _, s := range tt.holds {
			if !c.Eval(attrs(s)) {
				t.Errorf("%q does not hold for %q", tt.text, s)
			}
		}
		for _, s := range tt.not {
			if c.Eval(attrs(s)) {
				t.Errorf("%q holds for %q", tt.text, s)
			}
		}
	}
}

func TestCondErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"vip =", "column 6: ends too early; here: a word, a number, or a text in quotes"},
		{"= gold", `column 1: unexpected "="; here: the name of an attribute`},
		{"7 = x", `column 1: unexpected "7"; here: the name of an attribute`},
		{"vip gold", `column 5: unexpected "gold"; here: and, or, or the end of the condition`},
		{"vip == gold", `column 5: "==" is unknown; equal is a single =`},
		{"!vip", `column 1: "!" is unknown; write not, or != for unequal`},
		{"vip = 'gold", "column 7: quote is never closed; add '"},
		{"vip in gold", `column 8: unexpected "gold"; here: ( and a list of values`},
		{"vip in ()", `column 9: unexpected ")"; here: a word, a number, or a text in quotes`},
		{"vip in (a b)", `column 11: unexpected "b"; here: , or )`},
		{"vip in (a", "column 10: ends too early; here: , or )"},
		{"(vip", "column 1: bracket is never closed; add )"},
		{"vip = and", `column 7: unexpected "and"; here: a word, a number, or a text in quotes`},
		{"vip ; x", `column 5: unexpected ";"; here: and, or, or the end of the condition`},
		{"a in (" + strings.Repeat("x,", 101) + "x)", "column 208: list is too long; at most 100 values; or a table"},
		{strings.Repeat("(", 60) + "a", "column 52: is nested too deeply; use fewer brackets"},
		{strings.Repeat("not ", 60) + "a", "column 205: is nested too deeply; use fewer brackets"},
	}
	for _, tt := range tests {
		c, err := ParseCond(tt.text)
		var at *ExprError
		if !errors.As(err, &at) || err.Error() != tt.want {
			t.Errorf("%q: %v; want %s", tt.text, err, tt.want)
		}
		if c.root != nil || c.Text != "" {
			t.Errorf("%q: an error with a value", tt.text)
		}
	}
}

// FuzzCond: what parses means the same as its canonical text, which is a fixed point; what does not parse says where.
func FuzzCond(f *testing.F) {
	for _, s := range []string{"", "a", "a >= 3", "a and b or not (c < 2)", "a in (b, 'c', 7)", "((a)", "a = \"x\" or b != -1.50", "级别>3", "a ==", "!x"} {
		f.Add(s, "a=3;b=7;c=")
	}
	f.Fuzz(func(t *testing.T, text, have string) {
		c, err := ParseCond(text)
		if err != nil {
			var at *ExprError
			if !errors.As(err, &at) || at.Column < 1 || at.Column > len([]rune(text))+1 {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := ParseCond(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q -> %q -> %q, %v", text, c, again, err)
		}
		if c.Eval(attrs(have)) != again.Eval(attrs(have)) {
			t.Fatalf("%q and %q differ for %q", text, c, have)
		}
	})
}

func ExampleParseCond() {
	c, err := ParseCond("vip in (gold, black) and not (region = 010)")
	fmt.Println(c.Eval(map[string]string{"vip": "gold", "region": "021"}), c.Eval(map[string]string{"vip": "gold", "region": "010"}), err)
	_, err = ParseCond("vip = ")
	fmt.Println(err)
	// Output:
	// true false <nil>
	// column 7: ends too early; here: a word, a number, or a text in quotes
}

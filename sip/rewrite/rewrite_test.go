package rewrite

import (
	"strings"
	"testing"
)

func rules(t *testing.T, lines ...string) Rules {
	t.Helper()
	var rs Rules
	for _, l := range lines {
		match, replace, ok := strings.Cut(l, " → ")
		of := Both
		if rest, found := strings.CutPrefix(match, "caller "); found {
			match, of = rest, Caller
		} else if rest, found := strings.CutPrefix(match, "called "); found {
			match, of = rest, Called
		}
		r, err := New(match, replace, of)
		if !ok || err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		rs = append(rs, r)
	}
	return rs
}

// TestTable is what numbers become.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		rules    []string
		from, to string
		of       Of
		rule     int
	}{
		{nil, "13800001111", "13800001111", Called, -1},
		{[]string{"+86 → "}, "+8613800001111", "13800001111", Called, 0},
		{[]string{"+86 → "}, "8613800001111", "8613800001111", Called, -1},
		{[]string{"+86 → "}, "+86", "+86", Called, -1}, // nothing would be left
		{[]string{"+86 → 0", "+ → 00"}, "+8613800001111", "013800001111", Called, 0},
		{[]string{"+86 → 0", "+ → 00"}, "+4930123456", "004930123456", Called, 1},
		{[]string{`1[3-9]\d{9} → +86$0`}, "13800001111", "+8613800001111", Called, 0},
		{[]string{`1[3-9]\d{9} → +86$0`}, "138000011112", "138000011112", Called, -1}, // the whole number
		{[]string{`0(10|2\d)(\d{8}) → +86$1$2`}, "01012345678", "+861012345678", Called, 0},
		{[]string{`(?P<area>0\d{2,3})-(\d+) → ${area}$2`}, "0755-12345678", "075512345678", Called, 0},
		{[]string{`95500|4008195500 → 1000`}, "95500", "1000", Called, 0},
		{[]string{`95500|4008195500 → 1000`}, "955001", "955001", Called, -1},
		{[]string{"*9 → 9"}, "*91", "91", Called, 0},
		{[]string{"caller +86 → 0"}, "+861380000", "+861380000", Called, -1},
		{[]string{"caller +86 → 0"}, "+861380000", "01380000", Caller, 0},
		{[]string{"called 0 → 9", "0 → 8"}, "01", "81", Caller, 1},
		{[]string{".* → 95500"}, "anything@all", "95500", Caller, 0},
		{[]string{".* → 95500"}, "", "", Caller, -1},
		{[]string{"(.*) → $1$1"}, strings.Repeat("1", 100), strings.Repeat("1", 100), Caller, -1},
		{[]string{"1 → 2"}, strings.Repeat("1", 129), strings.Repeat("1", 129), Caller, -1},
		{[]string{"00 → +", "+86 → "}, "008612", "+8612", Called, 0}, // one rule a number
	} {
		to, rule := rules(t, c.rules...).Apply(c.from, c.of)
		if to != c.to || rule != c.rule {
			t.Errorf("%q, %s: %s by %d, want %s by %d", c.rules, c.from, to, rule, c.to, c.rule)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ match, replace, want string }{
		{"", "1", "every number"},
		{strings.Repeat("1", 201), "", "longer"},
		{"(", "1", "missing closing )"},
		{`(?=x)1`, "1", "not a regular expression"},
		{`\d+`, "$2", "no group 2"},
		{`(\d+)`, "$1x", "no group 1x"},
		{`(\d+)`, "${1}x", ""},
		{`(?P<a>\d+)`, "$a", ""},
		{`(\d+)`, "$", "without"},
		{`(\d+)`, "a;b", "digits"},
		{"0", "a b", "digits"},
		{`(\d+)`, "$99999999999999999999", "no group"},
		{`(\d+)`, "${1", "without"},
	} {
		_, err := New(c.match, c.replace, Both)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: %v, want %q", c.match, c.replace, err, c.want)
		}
	}
	if make(Rules, 1001).Check() == nil || make(Rules, 1000).Check() != nil {
		t.Error("number of rules")
	}
}

// FuzzApply: whatever number comes, it comes back bounded, and the same every time.
func FuzzApply(f *testing.F) {
	f.Add("+8613800001111", `(\+?)86(\d*)`, "0$2")
	f.Add("95500", "9", "")
	f.Add("\x00\xff", ".*", "${1}")
	f.Fuzz(func(t *testing.T, number, match, replace string) {
		r, err := New(match, replace, Both)
		if err != nil {
			return
		}
		a, i := Rules{r}.Apply(number, Called)
		b, j := Rules{r}.Apply(number, Called)
		if a != b || i != j || i < 0 && a != number || i == 0 && (a == "" || len(a) > MaxNumber) {
			t.Errorf("%q by %s: %q (%d), %q (%d)", number, r, a, i, b, j)
		}
	})
}

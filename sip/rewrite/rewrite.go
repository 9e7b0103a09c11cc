// Package rewrite changes the numbers that pass a trunk: what a carrier sends into what the centre knows, and what the
// centre dials into what a carrier wants. It is pure: the same rules make the same number of the same number.
package rewrite

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Of says which of a call's numbers a rule is for.
type Of uint8

// The numbers of a call.
const (
	Both   Of = iota
	Called    // the number dialled
	Caller    // the number shown
)

// Bounds. A number longer than MaxNumber is left alone: it is none.
const (
	MaxNumber = 128
	maxMatch  = 200
	maxRules  = 1000
)

// Errors of New.
var (
	errEmpty   = errors.New("empty: it would change every number")
	errLong    = errors.New("longer than 200 characters")
	errReplace = errors.New("a number has digits, letters and + * # - . _ only")
)

// Rule changes the numbers it matches.
type Rule struct {
	of      Of
	match   string // as it was written
	replace string
	prefix  bool
	expr    *regexp.Regexp // of a rule that is no prefix: the whole number must match
}

// New makes a rule. A match of digits, letters, +, * and # alone is a prefix, and replace stands in its place. Everything else is a
// regular expression (RE2: its time is linear in the number's length) that the whole number must match, and replace may take
// up its groups as $1 or ${name}. The error says what is wrong, in words for whoever wrote the rule.
func New(match, replace string, of Of) (Rule, error) {
	r := Rule{of: of, match: match, replace: replace, prefix: isPrefix(match)}
	switch {
	case match == "":
		return r, errEmpty
	case len(match) > maxMatch:
		return r, errLong
	case r.prefix:
		return r, plainNumber(replace)
	}
	expr, err := regexp.Compile(`^(?:` + match + `)$`)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return r, fmt.Errorf("not a regular expression: %s", se.Code)
		}
		return r, fmt.Errorf("not a regular expression: %w", err)
	}
	r.expr = expr
	return r, r.groups()
}

// groups checks that replace names only groups there are: a missing one would vanish without a word.
func (r Rule) groups() error {
	rest := r.replace
	var literal strings.Builder
	for {
		before, after, found := strings.Cut(rest, "$")
		literal.WriteString(before)
		if !found {
			break
		}
		name := groupName(after)
		if name == "" {
			return fmt.Errorf("a $ without the number or name of a group in %q", r.replace)
		}
		if !r.hasGroup(name) {
			return fmt.Errorf("no group %s in the expression", name)
		}
		rest = strings.TrimPrefix(after, name)
		if strings.HasPrefix(after, "{") {
			_, rest, _ = strings.Cut(after, "}")
		}
	}
	return plainNumber(literal.String())
}

// groupName is the group that stands behind a $, as package regexp reads it: the longest run of letters, digits and _.
func groupName(s string) string {
	if strings.HasPrefix(s, "{") {
		name, _, ok := strings.Cut(s[1:], "}")
		if !ok {
			return ""
		}
		return name
	}
	n := 0
	for n < len(s) && (s[n] == '_' || letterOrDigit(s[n])) {
		n++
	}
	return s[:n]
}

func (r Rule) hasGroup(name string) bool {
	n := 0
	for i := range name {
		if name[i] < '0' || name[i] > '9' {
			return r.expr.SubexpIndex(name) >= 0
		}
		if n = 10*n + int(name[i]-'0'); n > r.expr.NumSubexp() {
			return false
		}
	}
	return name != ""
}

func letterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isPrefix says whether the text can be the beginning of a number as it stands.
func isPrefix(s string) bool {
	// "86*" as an expression would be 8, 86, 866…: nobody means that, and a star is a key of the phone. A + that does not
	// come first, though, can only be an expression's.
	for i := 0; i < len(s); i++ {
		if c := s[i]; !letterOrDigit(c) && c != '*' && c != '#' && (c != '+' || i > 0) {
			return false
		}
	}
	return true
}

func plainNumber(s string) error {
	for i := 0; i < len(s); i++ {
		if !letterOrDigit(s[i]) && strings.IndexByte("+*#-._", s[i]) < 0 {
			return errReplace
		}
	}
	return nil
}

// String is the rule as it was written.
func (r Rule) String() string { return r.match + " → " + r.replace }

// apply returns the number changed, and whether the rule matched.
func (r Rule) apply(number string) (string, bool) {
	if r.prefix {
		rest, ok := strings.CutPrefix(number, r.match)
		return r.replace + rest, ok
	}
	if r.expr == nil {
		return number, false
	}
	at := r.expr.FindStringSubmatchIndex(number)
	if at == nil {
		return number, false
	}
	return string(r.expr.ExpandString(nil, r.replace, number, at)), true
}

// Rules are tried in their order; the first that matches changes the number and is the last.
type Rules []Rule

// Check says whether there are too many rules.
func (rs Rules) Check() error {
	if len(rs) > maxRules {
		return fmt.Errorf("more than %d rules", maxRules)
	}
	return nil
}

// Apply returns what the number becomes and the index of the rule that made it so, -1 if none matched. A rule that would leave
// nothing of a number, or make it longer than MaxNumber, leaves it alone.
func (rs Rules) Apply(number string, of Of) (string, int) {
	if number == "" || len(number) > MaxNumber {
		return number, -1
	}
	for i, r := range rs {
		if r.of != Both && r.of != of {
			continue
		}
		if next, ok := r.apply(number); ok {
			if next == "" || len(next) > MaxNumber {
				return number, -1
			}
			return next, i
		}
	}
	return number, -1
}

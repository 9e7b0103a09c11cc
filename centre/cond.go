package centre

import (
	"slices"
	"strings"
)

// Cond is a condition over a contact's attributes, for example "vip = gold and not (region = 010)". The zero Cond holds.
//
// A bare name asks whether the attribute is set and not empty. =, !=, <, <=, >, >= compare the attribute on the left with the
// value on the right, a word, a number or a text in quotes; "name in (a, b)" asks for one of several. Where both sides are
// numbers they are compared as numbers, of any length; a text in quotes is compared as text. The order of an attribute that is
// not set, or of a number and a text, is never true. "not" binds tighter than "and", "and" tighter than "or".
type Cond struct {
	Text string // as it stands in the file
	root cond
}

// cond is one part of a parsed condition.
type cond interface {
	eval(attrs map[string]string) bool
	writer
}

// Eval says whether the condition holds for these attributes.
func (c Cond) Eval(attrs map[string]string) bool { return c.root == nil || c.root.eval(attrs) }

// String is the canonical text: the same for two conditions that differ only in spaces, brackets or letter case of operators.
func (c Cond) String() string {
	if c.root == nil {
		return ""
	}
	var b strings.Builder
	c.root.write(&b, 0)
	return b.String()
}

type (
	isSet   struct{ name string }
	compare struct {
		name, op string
		value    literal
	}
	oneOfCond struct {
		name   string
		values []literal
	}
	notCond  struct{ x cond }
	listCond struct {
		all bool
		xs  []cond
	}
)

// literal is a value as it is written: a word, a number, or a text in quotes.
type literal struct {
	text   string
	quoted bool
}

func (n isSet) eval(attrs map[string]string) bool { return attrs[n.name] != "" }

func (n compare) eval(attrs map[string]string) bool {
	have, set := attrs[n.name]
	switch n.op {
	case "=":
		return n.value.equal(have)
	case "!=":
		return !n.value.equal(have)
	}
	order, ok := n.value.order(have)
	if !ok || !set || have == "" {
		return false
	}
	switch n.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (n oneOfCond) eval(attrs map[string]string) bool {
	return slices.ContainsFunc(n.values, func(l literal) bool { return l.equal(attrs[n.name]) })
}

func (n notCond) eval(attrs map[string]string) bool { return !n.x.eval(attrs) }

func (n listCond) eval(attrs map[string]string) bool {
	for _, x := range n.xs {
		if x.eval(attrs) != n.all {
			return !n.all
		}
	}
	return n.all
}

func (l literal) equal(have string) bool {
	order, ok := l.order(have)
	return ok && order == 0
}

// order compares have with the literal; false where one is a number and the other is not.
func (l literal) order(have string) (int, bool) {
	if l.quoted {
		return strings.Compare(have, l.text), true
	}
	a, isNumber := parseDecimal(have)
	b, wantsNumber := parseDecimal(l.text)
	if isNumber && wantsNumber {
		return a.compare(b), true
	}
	return strings.Compare(have, l.text), !wantsNumber
}

// decimal is a number of any length, exactly: account numbers do not fit a float.
type decimal struct {
	negative  bool
	int, frac string // without zeros before and after
}

func parseDecimal(s string) (decimal, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	isDigits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if whole == "" || !isDigits(whole) || !isDigits(frac) || point && frac == "" {
		return decimal{}, false
	}
	d := decimal{int: strings.TrimLeft(whole, "0"), frac: strings.TrimRight(frac, "0")}
	d.negative = negative && d.int+d.frac != ""
	return d, true
}

func (d decimal) compare(e decimal) int {
	if d.negative != e.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	order := len(d.int) - len(e.int)
	if order == 0 {
		order = strings.Compare(d.int, e.int)
	}
	if order == 0 {
		order = strings.Compare(d.frac, e.frac)
	}
	if d.negative {
		order = -order
	}
	return order
}

func (n isSet) write(b *strings.Builder, _ int) { b.WriteString(n.name) }

func (n compare) write(b *strings.Builder, _ int) {
	b.WriteString(n.name + " " + n.op + " ")
	n.value.write(b)
}

func (n oneOfCond) write(b *strings.Builder, _ int) {
	b.WriteString(n.name + " in (")
	for i, v := range n.values {
		if i > 0 {
			b.WriteString(", ")
		}
		v.write(b)
	}
	b.WriteByte(')')
}

// write chooses the quotes that the text does not hold; no text holds both.
func (l literal) write(b *strings.Builder) {
	quote := ""
	if l.quoted {
		quote = `"`
		if strings.Contains(l.text, quote) {
			quote = "'"
		}
	}
	b.WriteString(quote + l.text + quote)
}

func (n notCond) write(b *strings.Builder, _ int)     { writeNot(b, n.x) }
func (n listCond) write(b *strings.Builder, prec int) { writeList(b, prec, n.all, n.xs) }

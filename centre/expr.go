package centre

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Expr is a skill expression, for example "claims >= 3 and not english". The zero Expr is true for everybody.
//
// A bare name asks for the skill at any level. A comparison (>=, >, <=, <, =, !=) asks for a level from 0 to 9; who does not
// have the skill has level 0, so "english < 3" also fits those who speak none. "not" binds tighter than "and", "and" tighter
// than "or"; brackets group. $name stands for the skill that the contact's attribute of that name holds: see Bind.
type Expr struct {
	Text string // as it stands in the file
	root node
	free bool // it has variables
}

// node is one part of a parsed expression.
type node interface {
	eval(skills map[string]int) bool
	writer
	names(add func(string))
}

// Eval says whether someone with these levels fits. Variables that nobody bound ask for nothing.
func (e Expr) Eval(skills map[string]int) bool {
	if e.free {
		e = e.Bind(nil, nil)
	}
	return e.root == nil || e.root.eval(skills)
}

// String is the canonical text: two expressions that differ only in spaces, brackets or letter case of operators have the
// same. Empty: everybody.
func (e Expr) String() string {
	if e.root == nil {
		return ""
	}
	var b strings.Builder
	e.root.write(&b, 0)
	return b.String()
}

// Skills returns the skills that the expression names, sorted, each once.
func (e Expr) Skills() []string {
	var all []string
	if e.root != nil {
		e.root.names(func(s string) { all = append(all, s) })
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type (
	skillNode struct{ name string }
	levelNode struct {
		name  string
		op    string
		level int
	}
	notNode struct{ x node }
	// listNode is a chain of "and" (all) or of "or".
	listNode struct {
		all bool
		xs  []node
	}
)

func (n skillNode) eval(skills map[string]int) bool { return skills[n.name] > 0 }

func (n levelNode) eval(skills map[string]int) bool {
	have := skills[n.name]
	switch n.op {
	case ">=":
		return have >= n.level
	case ">":
		return have > n.level
	case "<=":
		return have <= n.level
	case "<":
		return have < n.level
	case "=":
		return have == n.level
	}
	return have != n.level
}

func (n notNode) eval(skills map[string]int) bool { return !n.x.eval(skills) }

func (n listNode) eval(skills map[string]int) bool {
	for _, x := range n.xs {
		if x.eval(skills) != n.all {
			return !n.all
		}
	}
	return n.all
}

func (n skillNode) write(b *strings.Builder, _ int) { b.WriteString(n.name) }

func (n levelNode) write(b *strings.Builder, _ int) {
	b.WriteString(n.name + " " + n.op + " " + strconv.Itoa(n.level))
}

func (n notNode) write(b *strings.Builder, _ int)     { writeNot(b, n.x) }
func (n listNode) write(b *strings.Builder, prec int) { writeList(b, prec, n.all, n.xs) }

func (n skillNode) names(add func(string)) { add(n.name) }
func (n levelNode) names(add func(string)) { add(n.name) }
func (n notNode) names(add func(string))   { n.x.names(add) }

func (n listNode) names(add func(string)) {
	for _, x := range n.xs {
		x.names(add)
	}
}

// ExprError says where in an expression something is wrong.
type ExprError struct {
	Column  int    // of the character, from 1
	Problem string // what is wrong
	Want    string // what would be right
}

func (e *ExprError) Error() string {
	return fmt.Sprintf("column %d: %s; %s", e.Column, e.Problem, e.Want)
}

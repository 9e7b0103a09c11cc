package centre

import (
	"slices"
	"strconv"
	"strings"
)

// varNode stands for the skill that an attribute of the contact names. Op "" asks for any level.
type varNode struct {
	name  string // of the attribute, without $
	op    string
	level int
}

// eval holds, so that a part nobody bound asks for nothing; Expr.Eval leaves such parts out altogether.
func (n varNode) eval(map[string]int) bool { return true }

func (n varNode) write(b *strings.Builder, _ int) {
	b.WriteString("$" + n.name)
	if n.op != "" {
		b.WriteString(" " + n.op + " " + strconv.Itoa(n.level))
	}
}

func (n varNode) names(func(string)) {}

// Vars returns the attributes that the expression takes skills from, without $, sorted, each once.
func (e Expr) Vars() []string {
	if !e.free {
		return nil
	}
	var all []string
	vars(e.root, &all)
	slices.Sort(all)
	return slices.Compact(all)
}

func vars(n node, all *[]string) {
	switch n := n.(type) {
	case varNode:
		*all = append(*all, n.name)
	case notNode:
		vars(n.x, all)
	case listNode:
		for _, x := range n.xs {
			vars(x, all)
		}
	}
}

// Bind puts skills in the place of attributes: $language with the attribute language = english is the skill english. Where
// the attribute is absent, or known says that no such skill exists, the part is left out of the "and" or "or" that it stands
// in, and with it a "not" before it: "$language or english" is then "english", and an expression of such parts only fits
// everybody. A nil known takes every word for a skill. What it returns has no variables.
func (e Expr) Bind(attrs map[string]string, known func(skill string) bool) Expr {
	if !e.free {
		return e
	}
	return written(bind(e.root, attrs, known))
}

// bind returns nil for a part that is left out.
func bind(n node, attrs map[string]string, known func(string) bool) node {
	switch n := n.(type) {
	case varNode:
		skill := attrs[n.name]
		if !isSkillName(skill) || known != nil && !known(skill) {
			return nil
		}
		if n.op == "" {
			return skillNode{skill}
		}
		return levelNode{skill, n.op, n.level}
	case notNode:
		if x := bind(n.x, attrs, known); x != nil {
			return notNode{x}
		}
		return nil
	case listNode:
		var xs []node
		for _, x := range n.xs {
			xs = append(xs, bind(x, attrs, known))
		}
		return join(n.all, xs...)
	}
	return n
}

// And returns the expression that holds where both do.
func (e Expr) And(f Expr) Expr {
	switch {
	case e.root == nil:
		return f
	case f.root == nil:
		return e
	}
	return written(join(true, e.root, f.root))
}

// join makes one chain of the parts, without those that are nil; chains of the same kind are taken apart.
func join(all bool, parts ...node) node {
	var xs []node
	for _, x := range parts {
		if l, ok := x.(listNode); ok && l.all == all {
			xs = append(xs, l.xs...)
		} else if x != nil {
			xs = append(xs, x)
		}
	}
	switch len(xs) {
	case 0:
		return nil
	case 1:
		return xs[0]
	}
	return listNode{all: all, xs: xs}
}

// written is an expression made, not read: its text is the canonical one.
func written(root node) Expr {
	e := Expr{root: root}
	if root == nil {
		return e
	}
	e.Text = e.String()
	var names []string
	vars(root, &names)
	e.free = len(names) > 0
	return e
}

package centre

import (
	"strings"
	"unicode"

	"hotline/centre/strict"
)

// Bounds on an expression: beyond them it is a mistake.
const (
	maxExprDepth = 50
	maxSkillName = 64
)

// ParseExpr reads a skill expression. The error is always an *ExprError. An empty text is the zero Expr.
func ParseExpr(text string) (Expr, error) {
	p := exprParser{text: []rune(text)}
	p.next()
	if p.tok.kind == tokEnd {
		return Expr{Text: text}, nil
	}
	root := p.or(0)
	if p.err == nil && p.tok.kind != tokEnd {
		p.unexpected("and, or, or the end of the expression")
	}
	if p.err != nil {
		return Expr{}, p.err
	}
	return Expr{Text: text, root: root}, nil
}

type tokKind int

const (
	tokEnd tokKind = iota
	tokName
	tokNumber
	tokOp    // a comparison
	tokWord  // and, or, not
	tokOpen  // (
	tokClose // )
	tokBad
)

type token struct {
	kind tokKind
	text string
	col  int
}

// exprParser is a recursive-descent parser with one token of look-ahead. After the first error it only unwinds.
type exprParser struct {
	text []rune
	pos  int
	tok  token
	err  *ExprError
}

func (p *exprParser) or(depth int) node  { return p.chain(depth, false, p.and) }
func (p *exprParser) and(depth int) node { return p.chain(depth, true, p.not) }

// chain reads what sub reads, joined by "and" (all) or "or". Chains of the same kind are one list however they are bracketed.
func (p *exprParser) chain(depth int, all bool, sub func(int) node) node {
	word := "or"
	if all {
		word = "and"
	}
	var xs []node
	for {
		x := sub(depth)
		if p.err != nil {
			return nil
		}
		if l, ok := x.(listNode); ok && l.all == all {
			xs = append(xs, l.xs...)
		} else {
			xs = append(xs, x)
		}
		if p.tok.kind != tokWord || p.tok.text != word {
			break
		}
		p.next()
	}
	if len(xs) == 1 {
		return xs[0]
	}
	return listNode{all: all, xs: xs}
}

func (p *exprParser) not(depth int) node {
	if depth > maxExprDepth {
		p.fail(p.tok.col, "is nested too deeply", "use fewer brackets")
		return nil
	}
	if p.tok.kind == tokWord && p.tok.text == "not" {
		p.next()
		x := p.not(depth + 1)
		if p.err != nil {
			return nil
		}
		return notNode{x}
	}
	if p.tok.kind == tokOpen {
		open := p.tok.col
		p.next()
		x := p.or(depth + 1)
		if p.err != nil {
			return nil
		}
		if p.tok.kind != tokClose {
			p.fail(open, "bracket is never closed", "add )")
			return nil
		}
		p.next()
		return x
	}
	return p.comparison()
}

func (p *exprParser) comparison() node {
	if p.tok.kind != tokName {
		p.unexpected("the name of a skill")
		return nil
	}
	name := p.tok.text
	p.next()
	if p.tok.kind != tokOp {
		return skillNode{name}
	}
	op := p.tok.text
	p.next()
	if p.tok.kind != tokNumber {
		p.unexpected("a level from 0 to 9")
		return nil
	}
	if len(p.tok.text) > 1 {
		p.fail(p.tok.col, "level "+strict.Quote(p.tok.text)+" does not exist", "a level from 0 to 9")
		return nil
	}
	level := int(p.tok.text[0] - '0')
	p.next()
	return levelNode{name, op, level}
}

func (p *exprParser) fail(col int, problem, want string) {
	if p.err == nil {
		p.err = &ExprError{Column: col, Problem: problem, Want: want}
	}
}

func (p *exprParser) unexpected(want string) {
	if p.tok.kind == tokEnd {
		p.fail(p.tok.col, "ends too early", "here: "+want)
		return
	}
	p.fail(p.tok.col, "unexpected "+strict.Quote(p.tok.text), "here: "+want)
}

// next reads the next token. A text that is none is tokBad, with the error noted.
func (p *exprParser) next() {
	for p.pos < len(p.text) && unicode.IsSpace(p.text[p.pos]) {
		p.pos++
	}
	start := p.pos
	p.tok = token{kind: tokEnd, col: start + 1}
	if start == len(p.text) {
		return
	}
	switch r := p.text[start]; {
	case r == '(':
		p.take(tokOpen, 1)
	case r == ')':
		p.take(tokClose, 1)
	case strings.ContainsRune("<>=!", r):
		p.operator()
	case r >= '0' && r <= '9':
		p.takeWhile(tokNumber, func(r rune) bool { return r >= '0' && r <= '9' })
	case isNameStart(r):
		p.takeWhile(tokName, isNameRune)
		switch word := strings.ToLower(p.tok.text); {
		case isOperatorWord(word):
			p.tok.kind, p.tok.text = tokWord, word
		case p.pos-start > maxSkillName:
			p.fail(start+1, "name is too long", "at most 64 characters")
		}
	default:
		p.take(tokBad, 1)
	}
}

func (p *exprParser) operator() {
	two := string(p.text[p.pos:min(p.pos+2, len(p.text))])
	switch two {
	case ">=", "<=", "!=":
		p.take(tokOp, 2)
		return
	case "==":
		p.fail(p.pos+1, `"==" is unknown`, "equal is a single =")
		p.take(tokBad, 2)
		return
	}
	if two[0] == '!' {
		p.fail(p.pos+1, `"!" is unknown`, "write not, or != for unequal")
		p.take(tokBad, 1)
		return
	}
	p.take(tokOp, 1)
}

func (p *exprParser) take(k tokKind, n int) {
	p.tok = token{kind: k, text: string(p.text[p.pos : p.pos+n]), col: p.pos + 1}
	p.pos += n
}

func (p *exprParser) takeWhile(k tokKind, in func(rune) bool) {
	n := 1
	for p.pos+n < len(p.text) && in(p.text[p.pos+n]) {
		n++
	}
	p.take(k, n)
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isNameRune(r rune) bool {
	return isNameStart(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '-' || r == '.'
}

func isOperatorWord(lower string) bool { return lower == "and" || lower == "or" || lower == "not" }

// isSkillName says whether an expression can name the skill.
func isSkillName(s string) bool {
	n := 0
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNameRune(r) {
			return false
		}
		n++
	}
	return n > 0 && n <= maxSkillName && !isOperatorWord(strings.ToLower(s))
}

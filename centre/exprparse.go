package centre

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"hotline/centre/strict"
)

// Bounds on an expression: beyond them it is a mistake.
const (
	maxExprDepth = 50
	maxSkillName = 64
)

// queueSkill begins the name of a queue's own skill: the level of the agents who list the queue.
const queueSkill = "queue."

// ParseExpr reads a skill expression. The error is always an *ExprError. An empty text is the zero Expr.
func ParseExpr(text string) (Expr, error) {
	p := exprParser{lexer: lexer{text: []rune(text)}}
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
	return Expr{Text: text, root: root, free: p.free}, nil
}

// exprParser is a recursive-descent parser with one token of look-ahead. After the first error it only unwinds.
type exprParser struct {
	lexer
	free bool // a variable was read
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
		xs = append(xs, sub(depth))
		if p.err != nil {
			return nil
		}
		if p.tok.kind != tokWord || p.tok.text != word {
			break
		}
		p.next()
	}
	return join(all, xs...)
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
	if p.tok.kind != tokName && p.tok.kind != tokVar {
		p.unexpected("the name of a skill")
		return nil
	}
	name, isVar := p.tok.text, p.tok.kind == tokVar
	p.free = p.free || isVar
	p.next()
	if p.tok.kind != tokOp {
		if isVar {
			return varNode{name: name}
		}
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
	if isVar {
		return varNode{name, op, level}
	}
	return levelNode{name, op, level}
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
	case r == '$' && start+1 < len(p.text) && isNameStart(p.text[start+1]):
		p.pos++
		p.takeWhile(tokVar, isNameRune)
		p.tok.col = start + 1
		if p.pos-start-1 > maxSkillName {
			p.fail(start+1, "name is too long", "at most 64 characters")
		}
	case r >= '0' && r <= '9':
		p.takeWhile(tokNumber, func(r rune) bool { return r >= '0' && r <= '9' })
	case isNameStart(r):
		p.takeWhile(tokName, isNameRune)
		switch word := strings.ToLower(p.tok.text); {
		case isOperatorWord(word):
			p.tok.kind, p.tok.text = tokWord, word
		case tooLong(p.tok.text):
			p.fail(start+1, "name is too long", "at most 64 characters")
		}
	default:
		p.take(tokBad, 1)
	}
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isNameRune(r rune) bool {
	return isNameStart(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '-' || r == '.'
}

func isOperatorWord(lower string) bool { return lower == "and" || lower == "or" || lower == "not" }

// isSkillName says whether an expression can name the skill.
func isSkillName(s string) bool {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNameRune(r) {
			return false
		}
	}
	return s != "" && !tooLong(s) && !isOperatorWord(strings.ToLower(s))
}

// tooLong says whether the name is beyond maxSkillName, not counting the prefix of a queue's own skill.
func tooLong(name string) bool {
	return utf8.RuneCountInString(strings.TrimPrefix(name, queueSkill)) > maxSkillName
}

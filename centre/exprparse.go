package centre

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"hotline/centre/strict"
)

// maxSkillName is how long a name may be, in characters: beyond it is a mistake.
const maxSkillName = 64

// queueSkill begins the name of a queue's own skill: the level of the agents who list the queue.
const queueSkill = "queue."

// ParseExpr reads a skill expression. The error is always an *ExprError. An empty text is the zero Expr.
func ParseExpr(text string) (Expr, error) {
	p := exprParser{logic: logic[node]{lexer: lexer{text: []rune(text)}, not: func(x node) node { return notNode{x} }, join: join}}
	p.next, p.leaf = p.token, p.comparison
	root, ok := p.read("expression")
	if p.err != nil {
		return Expr{}, p.err
	}
	if !ok {
		return Expr{Text: text}, nil
	}
	return Expr{Text: text, root: root, free: p.free}, nil
}

// exprParser reads the leaves of skill expressions.
type exprParser struct {
	logic[node]
	free bool // a variable was read
}

func (p *exprParser) comparison() node {
	if p.tok.kind != tokName && p.tok.kind != tokVar {
		p.unexpected("the name of a skill")
		return nil
	}
	name, isVar := p.tok.text, p.tok.kind == tokVar
	p.free = p.free || isVar
	p.step()
	if p.tok.kind != tokOp {
		if isVar {
			return varNode{name: name}
		}
		return skillNode{name}
	}
	op := p.tok.text
	p.step()
	if p.tok.kind != tokNumber {
		p.unexpected("a level from 0 to 9")
		return nil
	}
	if len(p.tok.text) > 1 {
		p.fail(p.tok.col, "level "+strict.Quote(p.tok.text)+" does not exist", "a level from 0 to 9")
		return nil
	}
	level := int(p.tok.text[0] - '0')
	p.step()
	if isVar {
		return varNode{name, op, level}
	}
	return levelNode{name, op, level}
}

// token reads the next token. A text that is none is tokBad, with the error noted.
func (p *exprParser) token() {
	start := p.pos
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

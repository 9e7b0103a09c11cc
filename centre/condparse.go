package centre

import (
	"strings"
)

// maxCondValues is how many values may stand in one list after "in".
const maxCondValues = 100

// ParseCond reads a condition. The error is always an *ExprError. An empty text is the zero Cond.
func ParseCond(text string) (Cond, error) {
	p := condParser{logic[cond]{lexer: lexer{text: []rune(text)}, not: func(x cond) cond { return notCond{x} }, join: joinConds}}
	p.next, p.leaf = p.token, p.comparison
	root, ok := p.read("condition")
	if p.err != nil {
		return Cond{}, p.err
	}
	if !ok {
		return Cond{Text: text}, nil
	}
	return Cond{Text: text, root: root}, nil
}

// joinConds makes one chain of the parts; chains of the same kind are taken apart.
func joinConds(all bool, parts ...cond) cond {
	var xs []cond
	for _, x := range parts {
		if l, ok := x.(listCond); ok && l.all == all {
			xs = append(xs, l.xs...)
		} else {
			xs = append(xs, x)
		}
	}
	if len(xs) == 1 {
		return xs[0]
	}
	return listCond{all: all, xs: xs}
}

// condParser reads the leaves of conditions. Of the kinds of token it uses tokName for every bare word and number, tokVar for a
// text in quotes, tokWord for and, or, not, in.
type condParser struct{ logic[cond] }

func (p *condParser) comparison() cond {
	name := p.tok.text
	if p.tok.kind != tokName || !isAttr(name) {
		p.unexpected("the name of an attribute")
		return nil
	}
	p.step()
	switch {
	case p.tok.kind == tokOp:
		op := p.tok.text
		p.step()
		value := p.literal()
		if p.err != nil {
			return nil
		}
		return compare{name, op, value}
	case p.tok.kind == tokWord && p.tok.text == "in":
		p.step()
		values := p.literals()
		if p.err != nil {
			return nil
		}
		return oneOfCond{name, values}
	}
	return isSet{name}
}

func (p *condParser) literal() literal {
	if p.tok.kind != tokName && p.tok.kind != tokVar {
		p.unexpected("a word, a number, or a text in quotes")
		return literal{}
	}
	l := literal{text: p.tok.text, quoted: p.tok.kind == tokVar}
	p.step()
	return l
}

// literals reads (a, b, c).
func (p *condParser) literals() []literal {
	if p.tok.kind != tokOpen {
		p.unexpected("( and a list of values")
		return nil
	}
	var all []literal
	for {
		p.step()
		all = append(all, p.literal())
		switch {
		case p.err != nil:
			return nil
		case len(all) > maxCondValues:
			p.fail(p.tok.col, "list is too long", "at most 100 values; or a table")
			return nil
		case p.tok.kind == tokClose:
			p.step()
			return all
		case p.tok.kind != tokComma:
			p.unexpected(", or )")
			return nil
		}
	}
}

func (p *condParser) token() {
	start := p.pos
	switch r := p.text[start]; {
	case r == '(':
		p.take(tokOpen, 1)
	case r == ')':
		p.take(tokClose, 1)
	case r == ',':
		p.take(tokComma, 1)
	case r == '"' || r == '\'':
		p.quoted(r)
	case strings.ContainsRune("<>=!", r):
		p.operator()
	case isBareRune(r):
		p.takeWhile(tokName, isBareRune)
		if word := strings.ToLower(p.tok.text); isOperatorWord(word) || word == "in" {
			p.tok.kind, p.tok.text = tokWord, word
		}
	default:
		p.take(tokBad, 1)
	}
}

func (p *condParser) quoted(quote rune) {
	start := p.pos
	for n := start + 1; n < len(p.text); n++ {
		if p.text[n] == quote {
			p.tok = token{kind: tokVar, text: string(p.text[start+1 : n]), col: start + 1}
			p.pos = n + 1
			return
		}
	}
	p.fail(start+1, "quote is never closed", "add "+string(quote))
	p.take(tokBad, len(p.text)-start)
}

// isBareRune says whether the character may stand in a value without quotes: names, numbers, dates, languages, addresses.
func isBareRune(r rune) bool { return isNameRune(r) || strings.ContainsRune("+*#@/:", r) }

// isAttr says whether s can name an attribute of a contact.
func isAttr(s string) bool { return isSkillName(s) && !strings.EqualFold(s, "in") }

package centre

import (
	"strings"
	"unicode"
)

// maxCondValues is how many values may stand in one list after "in".
const maxCondValues = 100

// ParseCond reads a condition. The error is always an *ExprError. An empty text is the zero Cond.
func ParseCond(text string) (Cond, error) {
	p := condParser{lexer{text: []rune(text)}}
	p.next()
	if p.tok.kind == tokEnd {
		return Cond{Text: text}, nil
	}
	root := p.chain(0, false)
	if p.err == nil && p.tok.kind != tokEnd {
		p.unexpected("and, or, or the end of the condition")
	}
	if p.err != nil {
		return Cond{}, p.err
	}
	return Cond{Text: text, root: root}, nil
}

// condParser is a recursive-descent parser with one token of look-ahead. After the first error it only unwinds. Of the kinds
// of token it uses tokName for every bare word and number, tokVar for a text in quotes, tokWord for and, or, not, in.
type condParser struct{ lexer }

// chain reads what is joined by "or", or by "and" (all).
func (p *condParser) chain(depth int, all bool) cond {
	word := "or"
	if all {
		word = "and"
	}
	var xs []cond
	for {
		var x cond
		if all {
			x = p.not(depth)
		} else {
			x = p.chain(depth, true)
		}
		if p.err != nil {
			return nil
		}
		if l, ok := x.(listCond); ok && l.all == all {
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
	return listCond{all: all, xs: xs}
}

func (p *condParser) not(depth int) cond {
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
		return notCond{x}
	}
	if p.tok.kind == tokOpen {
		open := p.tok.col
		p.next()
		x := p.chain(depth+1, false)
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

func (p *condParser) comparison() cond {
	name := p.tok.text
	if p.tok.kind != tokName || !isAttr(name) {
		p.unexpected("the name of an attribute")
		return nil
	}
	p.next()
	switch {
	case p.tok.kind == tokOp:
		op := p.tok.text
		p.next()
		value := p.literal()
		if p.err != nil {
			return nil
		}
		return compare{name, op, value}
	case p.tok.kind == tokWord && p.tok.text == "in":
		p.next()
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
	p.next()
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
		p.next()
		all = append(all, p.literal())
		switch {
		case p.err != nil:
			return nil
		case len(all) > maxCondValues:
			p.fail(p.tok.col, "list is too long", "at most 100 values; or a table")
			return nil
		case p.tok.kind == tokClose:
			p.next()
			return all
		case p.tok.kind != tokComma:
			p.unexpected(", or )")
			return nil
		}
	}
}

func (p *condParser) next() {
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

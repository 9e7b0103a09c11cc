package centre

import (
	"strings"
	"unicode"
)

// maxExprDepth is how deep brackets may be nested: beyond it is a mistake.
const maxExprDepth = 50

// How tightly operators bind, for writing brackets only where they are needed.
const (
	precOr = iota + 1
	precAnd
	precNot
)

// logic reads what skill expressions and conditions have in common — and, or, not, brackets — and makes parts of the kind N
// of it. It is a recursive-descent parser with one token of look-ahead. After the first error it only unwinds.
type logic[N any] struct {
	lexer
	next func()                    // reads the next token that is no space into tok
	leaf func() N                  // reads what stands between the operators
	not  func(x N) N               // makes "not x"
	join func(all bool, xs ...N) N // makes a chain of "and" (all) or of "or"
}

// read reads the whole text; false: it is empty, or err says what is wrong.
func (p *logic[N]) read(name string) (root N, ok bool) {
	p.step()
	if p.tok.kind == tokEnd {
		return root, false
	}
	root = p.or(0)
	if p.err == nil && p.tok.kind != tokEnd {
		p.unexpected("and, or, or the end of the " + name)
	}
	return root, p.err == nil
}

func (p *logic[N]) step() {
	for p.pos < len(p.text) && unicode.IsSpace(p.text[p.pos]) {
		p.pos++
	}
	p.tok = token{kind: tokEnd, col: p.pos + 1}
	if p.pos < len(p.text) {
		p.next()
	}
}

func (p *logic[N]) or(depth int) N  { return p.chain(depth, false, "or", p.and) }
func (p *logic[N]) and(depth int) N { return p.chain(depth, true, "and", p.part) }

// chain reads what sub reads, joined by the word.
func (p *logic[N]) chain(depth int, all bool, word string, sub func(depth int) N) (none N) {
	var xs []N
	for {
		xs = append(xs, sub(depth))
		if p.err != nil {
			return none
		}
		if p.tok.kind != tokWord || p.tok.text != word {
			return p.join(all, xs...)
		}
		p.step()
	}
}

// part reads "not" and a part, something in brackets, or a leaf.
func (p *logic[N]) part(depth int) (none N) {
	switch {
	case depth > maxExprDepth:
		p.fail(p.tok.col, "is nested too deeply", "use fewer brackets")
		return none
	case p.tok.kind == tokWord && p.tok.text == "not":
		p.step()
		x := p.part(depth + 1)
		if p.err != nil {
			return none
		}
		return p.not(x)
	case p.tok.kind == tokOpen:
		open := p.tok.col
		p.step()
		x := p.or(depth + 1)
		if p.err == nil && p.tok.kind != tokClose {
			p.fail(open, "bracket is never closed", "add )")
		}
		if p.err != nil {
			return none
		}
		p.step()
		return x
	}
	return p.leaf()
}

// writer is a part that can write itself.
type writer interface {
	// write adds the part's canonical text; prec is how tightly the part around it binds.
	write(b *strings.Builder, prec int)
}

func writeNot(b *strings.Builder, x writer) {
	b.WriteString("not ")
	x.write(b, precNot)
}

func writeList[W writer](b *strings.Builder, prec int, all bool, xs []W) {
	own, word := precOr, " or "
	if all {
		own, word = precAnd, " and "
	}
	if own < prec {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	for i, x := range xs {
		if i > 0 {
			b.WriteString(word)
		}
		x.write(b, own+1)
	}
}

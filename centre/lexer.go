package centre

import "hotline/centre/strict"

type tokKind int

const (
	tokEnd tokKind = iota
	tokName
	tokVar // $name
	tokNumber
	tokOp    // a comparison
	tokWord  // and, or, not
	tokOpen  // (
	tokClose // )
	tokComma // , in a list of values
	tokBad
)

type token struct {
	kind tokKind
	text string
	col  int
}

// lexer is what the parsers of expressions and of conditions share: the text, one token of look-ahead, the first error.
type lexer struct {
	text []rune
	pos  int
	tok  token
	err  *ExprError
}

func (p *lexer) fail(col int, problem, want string) {
	if p.err == nil {
		p.err = &ExprError{Column: col, Problem: problem, Want: want}
	}
}

func (p *lexer) unexpected(want string) {
	if p.tok.kind == tokEnd {
		p.fail(p.tok.col, "ends too early", "here: "+want)
		return
	}
	p.fail(p.tok.col, "unexpected "+strict.Quote(p.tok.text), "here: "+want)
}

func (p *lexer) operator() {
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

func (p *lexer) take(k tokKind, n int) {
	p.tok = token{kind: k, text: string(p.text[p.pos : p.pos+n]), col: p.pos + 1}
	p.pos += n
}

func (p *lexer) takeWhile(k tokKind, in func(rune) bool) {
	n := 1
	for p.pos+n < len(p.text) && in(p.text[p.pos+n]) {
		n++
	}
	p.take(k, n)
}

package centre

// Expr is a skill expression, for example "claims >= 3 and not english". The zero Expr is true for everybody.
type Expr struct {
	Text string
	root node
}

// node is one part of a parsed expression.
type node interface {
	eval(skills map[string]int) bool
}

// Eval says whether someone with these levels fits.
func (e Expr) Eval(skills map[string]int) bool { return e.root == nil || e.root.eval(skills) }

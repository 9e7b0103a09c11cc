package edit

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text is a file's bytes with where its lines begin, as YAML counts them.
type text struct {
	src   []byte
	lines []int
	ends  map[*yaml.Node]int // of values that an edit wrote: where what they replace ended
}

func newText(src []byte) *text {
	t := &text{src: src, lines: []int{0}, ends: map[*yaml.Node]int{}}
	for i := 0; i < len(src); {
		n := breakAt(src[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		t.lines = append(t.lines, i)
	}
	return t
}

// breakAt is the length of the line break that b begins with: those of YAML 1.1 §5.4, which the library counts.
func breakAt(b []byte) int {
	for _, s := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(b, []byte(s)) {
			return len(s)
		}
	}
	return 0
}

// at is the offset of a node, -1 if the text has no such place. Columns count characters.
func (t *text) at(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(t.lines) || n.Column < 1 {
		return -1
	}
	p := t.lines[n.Line-1]
	for range n.Column - 1 {
		if p >= len(t.src) {
			return -1
		}
		_, size := utf8.DecodeRune(t.src[p:])
		p += size
	}
	return p
}

// body is where the node's own text begins, behind its anchor and tag.
func (t *text) body(n *yaml.Node) int {
	p := t.at(n)
	for p >= 0 && p < len(t.src) && (t.src[p] == '&' && n.Anchor != "" || t.src[p] == '!' && n.Style&yaml.TaggedStyle != 0) {
		for p < len(t.src) && !isSpace(t.src[p]) {
			p++
		}
		for p < len(t.src) && isSpace(t.src[p]) {
			p++
		}
	}
	return p
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// end is the offset behind the node, -1 where that cannot be told. indent is how far the block that the node stands in is
// indented.
func (t *text) end(n *yaml.Node, indent int) int {
	if p, ok := t.ends[n]; ok {
		return p
	}
	p := t.body(n)
	if p < 0 {
		return -1
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return t.after(p, "*"+n.Value)
	case n.Kind == yaml.ScalarNode:
		return t.scalarEnd(n, p, indent)
	case n.Style&yaml.FlowStyle != 0:
		return t.flowEnd(p)
	case len(n.Content) == 0:
		return -1
	}
	last := n.Content[len(n.Content)-1]
	return t.end(last, n.Column-1)
}

func (t *text) after(p int, s string) int {
	if !bytes.HasPrefix(t.src[p:], []byte(s)) {
		return -1
	}
	return p + len(s)
}

func (t *text) scalarEnd(n *yaml.Node, p, indent int) int {
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return t.quoteEnd(p)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return t.literalEnd(p, indent)
	case n.Value == "":
		return p
	}
	return t.after(p, n.Value) // one over several lines is not there to the letter
}

// quoteEnd is behind the quoted text that begins at p.
func (t *text) quoteEnd(p int) int {
	if p >= len(t.src) || t.src[p] != '\'' && t.src[p] != '"' {
		return -1
	}
	quote := t.src[p]
	for i := p + 1; i < len(t.src); i++ {
		switch {
		case t.src[i] == '\\' && quote == '"':
			i++
		case t.src[i] != quote:
		case quote == '\'' && i+1 < len(t.src) && t.src[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// literalEnd is the end of the last line with something on it that is indented further than indent.
func (t *text) literalEnd(p, indent int) int {
	i, _ := slices.BinarySearch(t.lines, p+1)
	end := t.trimmedEnd(p)
	for ; i < len(t.lines); i++ {
		line := string(t.src[t.lines[i]:t.lineEnd(t.lines[i])])
		switch body := strings.TrimLeft(line, " "); {
		case strings.TrimSpace(line) == "":
		case len(line)-len(body) <= indent:
			return end
		default:
			end = t.trimmedEnd(t.lines[i])
		}
	}
	return end
}

// flowEnd is behind the bracket that closes the one at p. In a flow a quote opens only where a value begins, and # only behind a
// blank (YAML 1.2 §6.6, §7.3.3).
func (t *text) flowEnd(p int) int {
	depth := 0
	for i := p; i < len(t.src); i++ {
		switch c := t.src[i]; {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case c == '#' && i > 0 && isSpace(t.src[i-1]):
			i = t.trimmedEnd(i) - 1
		case (c == '\'' || c == '"') && t.opens(i):
			if i = t.quoteEnd(i) - 1; i < 0 {
				return -1
			}
		}
	}
	return -1
}

// opens says whether a quote at i begins a quoted text.
func (t *text) opens(i int) bool {
	if i > 0 && !isSpace(t.src[i-1]) {
		return strings.IndexByte("[{,:", t.src[i-1]) >= 0
	}
	for i--; i >= 0 && isSpace(t.src[i]); i-- {
	}
	return i >= 0 && strings.IndexByte("[{,:?", t.src[i]) >= 0
}

// line is the number of the line, from 0, that p stands on.
func (t *text) line(p int) int {
	i, found := slices.BinarySearch(t.lines, p)
	if !found {
		i--
	}
	return i
}

func (t *text) lineStart(p int) int { return t.lines[t.line(p)] }

// lineEnd is behind the line break of the line of p, or the end of the text.
func (t *text) lineEnd(p int) int {
	if i := t.line(p) + 1; i < len(t.lines) {
		return t.lines[i]
	}
	return len(t.src)
}

// trimmedEnd is the end of the line of p without its line break and blanks, but not before p.
func (t *text) trimmedEnd(p int) int {
	end := t.lineEnd(p)
	return max(p, t.lineStart(p)+len(bytes.TrimRight(t.src[t.lineStart(p):end], " \t\r\n\u0085\u2028\u2029")))
}

// alone says whether nothing but blanks stands before p on its line.
func (t *text) alone(p int) bool {
	return len(bytes.Trim(t.src[t.lineStart(p):p], " ")) == 0
}

// restIsComment says whether nothing but a comment follows on the line.
func (t *text) restIsComment(p int) bool {
	rest := bytes.TrimSpace(t.src[p:t.lineEnd(p)])
	return len(rest) == 0 || rest[0] == '#' && p < len(t.src) && isSpace(t.src[p])
}

// newline is how the file ends its lines.
func (t *text) newline() string {
	if bytes.Contains(t.src, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

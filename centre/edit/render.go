package edit

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// longLine is how long a value may be, in bytes, before its members stand on lines of their own.
const longLine = 140

// flow writes a value on one line.
func flow(n *yaml.Node) string {
	var b strings.Builder
	flowTo(&b, n)
	return b.String()
}

func flowTo(b *strings.Builder, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteString(", ")
			}
			flowTo(b, n.Content[i])
			b.WriteString(": ")
			flowTo(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, one := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			flowTo(b, one)
		}
		b.WriteByte(']')
	case yaml.AliasNode:
		b.WriteString("*" + n.Value + " ")
	default:
		b.WriteString(scalar(n))
	}
}

// scalar writes a word or number; in quotes where it would be read as something else.
func scalar(n *yaml.Node) string {
	if n.Tag != "!!str" {
		return n.Value
	}
	if isPlain(n.Value) {
		return n.Value
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range n.Value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			b.WriteString(`\U` + hex(r, 8))
		default:
			b.WriteString(`\u` + hex(r, 4))
		}
	}
	b.WriteByte('"')
	return b.String()
}

func hex(r rune, digits int) string {
	const all = "0123456789ABCDEF"
	b := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		b[i], r = all[r&15], r>>4
	}
	return string(b)
}

// isPlain says whether a text may stand without quotes: it is simple enough for anyone to see so, and the library reads it as
// that text.
func isPlain(s string) bool {
	if s == "" || len(s) > 100 || strings.TrimSpace(s) != s || strings.ContainsAny(s, "[]{},:#&*!|'\"%@`?\\") {
		return false
	}
	first := []rune(s)[0]
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) && r != ' ' }) {
		return false
	}
	var n yaml.Node
	if yaml.Unmarshal([]byte(s), &n) != nil || len(n.Content) != 1 {
		return false
	}
	one := n.Content[0]
	return one.Kind == yaml.ScalarNode && tagOf(one) == "!!str" && one.Value == s
}

// block writes a member of a block behind its dash or key: on the same line if it is short or a word, else one line for each of
// its parts, indented by so many blanks. pad is what stands between dash or key and a value on the same line.
func (t *text) block(n *yaml.Node, indent int, pad string, asked bool) string {
	line := flow(n)
	if n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || len(n.Content) == 0 || !asked && len(line) <= longLine {
		return pad + line
	}
	var b strings.Builder
	first := pad == " " && n.Kind == yaml.MappingNode // of a dash: its first key may follow it
	for i := 0; i < len(n.Content); i++ {
		if i == 0 && first {
			b.WriteString(pad)
		} else {
			b.WriteString(t.newline() + strings.Repeat(" ", indent))
		}
		if n.Kind == yaml.SequenceNode {
			b.WriteString("-" + t.block(n.Content[i], indent+2, " ", len(n.Content[i].Content) == 2))
			continue
		}
		b.WriteString(scalar(n.Content[i]) + ":" + t.keyed(n.Content[i+1], indent+2, false))
		i++
	}
	return b.String()
}

// keyed writes a value behind a key and its colon.
func (t *text) keyed(n *yaml.Node, indent int, asked bool) string {
	line := flow(n)
	if n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || len(n.Content) == 0 || !asked && len(line) <= longLine {
		return " " + line
	}
	return t.block(n, indent, "", true)
}

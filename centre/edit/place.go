package edit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// remove takes a value away, with its key.
func (w *writer) remove(s *spot) error {
	if s.n.Line == 0 || s.up == nil {
		return errMixed
	}
	first, key := s.n, s.key()
	if key != nil {
		first = key
	}
	from, to := w.at(first), w.end(s.n, s.up.n.Column-1)
	if from < 0 || to < from {
		return ErrByHand
	}
	var err error
	switch {
	case s.up.n.Style&yaml.FlowStyle != 0:
		w.removeFlow(s, from, to)
	case key == nil:
		err = w.removeItem(s, from, to)
	default:
		err = w.removeKey(s, from, to)
	}
	if err != nil {
		return err
	}
	n := s.up.n
	delete(w.ids, n)
	if key != nil && (key.Value == "id" || key.Value == "number") {
		w.ids = nil
	}
	if key != nil {
		n.Content = slices.Delete(n.Content, s.i-1, s.i+1)
	} else {
		n.Content = slices.Delete(n.Content, s.i, s.i+1)
	}
	return nil
}

// removeFlow takes [from, to) out of brackets or braces, and a comma beside it.
func (w *writer) removeFlow(s *spot, from, to int) {
	if s.i+1 < len(s.up.n.Content) { // another follows
		comma := w.skip(to)
		if comma < len(w.src) && w.src[comma] == ',' {
			if w.line(comma) != w.line(to) || strings.TrimSpace(string(w.src[to:comma])) != "" {
				w.note(from, to, "")
				w.note(comma, comma+1, "")
				return
			}
			to = comma + 1
			for to < len(w.src) && w.src[to] == ' ' {
				to++
			}
		}
	} else {
		before := from - 1
		for before >= 0 && isSpace(w.src[before]) {
			before--
		}
		if before >= 0 && w.src[before] == ',' {
			from = before
		}
	}
	w.note(from, to, "")
}

// skip is the offset of the next thing that is neither blank nor comment.
func (w *writer) skip(p int) int {
	for p < len(w.src) {
		switch {
		case isSpace(w.src[p]):
			p++
		case w.src[p] == '#':
			p = w.lineEnd(p)
		default:
			return p
		}
	}
	return p
}

// dash is the offset of the dash before a member of a block, -1 if it cannot be seen.
func (w *writer) dash(list *yaml.Node, from int) int {
	for l := w.line(from); l >= 0 && l >= list.Line-1; l-- {
		p := w.lines[l] + list.Column - 1
		if p < len(w.src) && p < w.lineEnd(w.lines[l]) && w.src[p] == '-' && w.alone(p) {
			return p
		}
	}
	return -1
}

func (w *writer) removeItem(s *spot, from, to int) error {
	dash := w.dash(s.up.n, from)
	if dash < 0 || !w.restIsComment(to) {
		return ErrByHand
	}
	w.note(w.lineStart(dash), w.lineEnd(to), "")
	return nil
}

func (w *writer) removeKey(s *spot, from, to int) error {
	if !w.restIsComment(to) {
		return ErrByHand
	}
	if w.alone(from) {
		w.note(w.lineStart(from), w.lineEnd(to), "")
		return nil
	}
	// The first key of a member, behind its dash.
	prefix := strings.TrimSpace(string(w.src[w.lineStart(from):from]))
	if strings.Trim(prefix, "- ") != "" {
		return ErrByHand
	}
	if s.i+1 >= len(s.up.n.Content) {
		w.note(from, to, "{}")
		return nil
	}
	if next := w.at(s.up.n.Content[s.i+1]); next > to && strings.TrimSpace(string(w.src[to:next])) == "" {
		to = next
	}
	for to < len(w.src) && w.src[to] == ' ' {
		to++ // before a comment
	}
	w.note(from, to, "")
	return nil
}

// add puts a value that is not there yet into a map under its key, or into a list under its id.
func (w *writer) add(s *spot, name string, value *yaml.Node) error {
	switch {
	case s.n.Line == 0:
		return errMixed
	case s.n.Kind == yaml.MappingNode:
		return w.addKey(s, name, value)
	case s.n.Kind == yaml.SequenceNode:
		return w.append(s, member(w.nameOf(s), name, value))
	case s.n.Kind == yaml.ScalarNode && s.up != nil: // nothing stands there yet
		whole := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{word(name), value}}
		if isList(w.nameOf(s)) {
			whole = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{member(w.nameOf(s), name, value)}}
		}
		return w.fill(s, whole)
	}
	return ErrNoPlace
}

// nameOf is the key that a value stands under.
func (w *writer) nameOf(s *spot) string {
	if key := s.key(); key != nil {
		return key.Value
	}
	return ""
}

// fill writes a list or map where nothing stands, in lines of its own.
func (w *writer) fill(s *spot, whole *yaml.Node) error {
	if s.inFlow() || s.key() == nil {
		return w.replace(s, whole)
	}
	colon := w.colon(s)
	if colon < 0 || !w.restIsComment(colon) {
		return ErrByHand
	}
	at := w.trimmedEnd(colon)
	w.note(at, at, w.keyed(whole, s.key().Column+1, true))
	s.up.n.Content[s.i] = whole
	w.ends[whole] = at
	return nil
}

func (w *writer) addKey(s *spot, name string, value *yaml.Node) error {
	n := s.n
	key := word(name)
	defer func() {
		n.Content = append(n.Content, key, value)
		if name == "id" || name == "number" {
			w.ids = nil
		}
	}()
	if n.Style&yaml.FlowStyle != 0 {
		return w.addFlow(s, scalar(key)+": "+flow(value))
	}
	last := w.lastOld(n)
	if last < 0 {
		return errMixed
	}
	asked := s.up == nil || w.nameOf(s) == "flows" // a part of the file; a dialogue, step by step
	return w.addLine(w.end(n.Content[last], n.Column-1), strings.Repeat(" ", n.Column-1)+scalar(key)+":"+w.keyed(value, n.Column+1, asked))
}

// lastOld is the place of the last value that stands in the text, also if it has been replaced; -1 if there is none.
func (w *writer) lastOld(n *yaml.Node) int {
	for i := len(n.Content) - 1; i >= 0; i-- {
		first := n.Content[i]
		if n.Kind == yaml.MappingNode {
			first = n.Content[i-1]
		}
		if _, replaced := w.ends[first]; first.Line > 0 || replaced {
			return i
		}
		if n.Kind == yaml.MappingNode {
			i--
		}
	}
	return -1
}

// append puts a member at the end of a list.
func (w *writer) append(s *spot, value *yaml.Node) error {
	n := s.n
	last := w.lastOld(n)
	defer func() {
		n.Content = append(n.Content, value)
		if ids, id := w.ids[n], idOf(value); ids != nil && id != nil {
			if _, twice := ids[id.Value]; !twice {
				ids[id.Value] = len(n.Content) - 1
			}
		}
	}()
	if n.Style&yaml.FlowStyle != 0 {
		if len(n.Content) == 0 && s.key() != nil && !s.inFlow() && value.Kind == yaml.MappingNode {
			return w.unfold(s, value)
		}
		return w.addFlow(s, flow(value))
	}
	if last < 0 {
		return errMixed
	}
	asBlock := n.Content[last].Kind == yaml.MappingNode && n.Content[last].Style&yaml.FlowStyle == 0
	return w.addLine(w.end(n.Content[last], n.Column-1), strings.Repeat(" ", n.Column-1)+"-"+w.block(value, n.Column+1, " ", asBlock))
}

// unfold makes an empty list in brackets one of lines, with its first member.
func (w *writer) unfold(s *spot, value *yaml.Node) error {
	from, to := w.at(s.n), w.end(s.n, 0)
	if from < 1 || to < from || !w.restIsComment(to) {
		return ErrByHand
	}
	if w.src[from-1] == ' ' {
		from--
	}
	w.note(from, to, "")
	indent := s.key().Column + 1
	return w.addLine(to, strings.Repeat(" ", indent)+"-"+w.block(value, indent+2, " ", false))
}

// addLine writes a line behind the one that ends with what ends at p.
func (w *writer) addLine(p int, line string) error {
	if p < 0 || !w.restIsComment(p) {
		return ErrByHand
	}
	at := w.lineEnd(p)
	w.note(at, at, line+w.newline())
	return nil
}

// addFlow writes into brackets or braces, behind what stands in them.
func (w *writer) addFlow(s *spot, put string) error {
	n := s.n
	last := w.lastOld(n)
	if last < 0 {
		if len(n.Content) > 0 {
			return errMixed
		}
		p := w.body(n)
		if p < 0 {
			return ErrByHand
		}
		w.note(p+1, p+1, put)
		return nil
	}
	p := w.end(n.Content[last], 0)
	if p < 0 {
		return ErrByHand
	}
	first := n.Content[last]
	if n.Kind == yaml.MappingNode {
		first = n.Content[last-1]
	}
	sep := ", "
	if at := w.at(first); at >= 0 && w.alone(at) {
		sep = "," + w.newline() + strings.Repeat(" ", first.Column-1)
	}
	w.note(p, p, sep+put)
	return nil
}

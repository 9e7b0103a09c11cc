package edit

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// maxAligned bounds the work of comparing two lists, in pairs of members. Beyond it a list is written anew.
const maxAligned = 1 << 20

// aligned makes a list of steps, shifts or the like another one by touching only the members that differ: a step that is put in
// between, moved or taken away leaves the lines of the others, with their comments, as they are. done is false where the list
// has to be written anew.
func (w *writer) aligned(s *spot, value *yaml.Node) (done bool, err error) {
	old, now := s.n.Content, value.Content
	inFlow := s.n.Style&yaml.FlowStyle != 0
	from := pairs(old, now)
	if from == nil || len(old) == 0 || len(now) == 0 {
		return false, nil
	}
	kept, added := map[int]bool{}, 0
	for _, i := range from {
		if i >= 0 {
			kept[i] = true
		} else {
			added++
		}
	}
	if inFlow && (added > 0 || len(kept) == 0) {
		return false, nil
	}
	places := make([]place, len(old))
	if !inFlow {
		for i := range old {
			if places[i], err = w.itemAt(s, i); err != nil {
				return true, err
			}
		}
	}
	for j, i := range from {
		if i < 0 {
			continue
		}
		if err := w.become(&spot{up: s, n: old[i], i: i}, now[j]); err != nil {
			return true, err
		}
	}
	are := slices.Clone(s.n.Content)
	for i := len(old) - 1; i >= 0; i-- {
		if kept[i] {
			continue
		}
		if err := w.remove(&spot{up: s, n: s.n.Content[i], i: i}); err != nil {
			return true, err
		}
	}
	s.n.Content = w.insert(s, from, are, now, places)
	delete(w.ids, s.n)
	return true, nil
}

// place is where a member of a block stands: the line of its dash, with comments of its own above, and where it ends.
type place struct{ above, line, end int }

func (w *writer) itemAt(s *spot, i int) (place, error) {
	n := s.n.Content[i]
	from, end := w.at(n), w.end(n, s.n.Column-1)
	if from < 0 || end < from {
		return place{}, ErrByHand
	}
	dash := w.dash(s.n, from)
	if dash < 0 || !w.restIsComment(end) {
		return place{}, ErrByHand
	}
	at := place{line: w.lineStart(dash), end: end}
	at.above = at.line
	for i > 0 && at.above > 0 {
		up := w.lineStart(at.above - 1)
		if line := bytes.TrimSpace(w.src[up:at.above]); len(line) == 0 || line[0] != '#' {
			break
		}
		at.above = up
	}
	return at, nil
}

// insert writes the members that are new behind those that stand before them, and returns the list as it is then. One that only
// has another place now is written with its own lines.
func (w *writer) insert(s *spot, from []int, old, now []*yaml.Node, places []place) []*yaml.Node {
	used := map[int]bool{}
	for _, i := range from {
		used[i] = true
	}
	at, end := -1, -1
	if len(places) > 0 {
		at, end = places[0].line, places[0].line
	}
	inLines := slices.ContainsFunc(old, func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 })
	result := make([]*yaml.Node, len(now))
	for j, i := range from {
		if i >= 0 {
			result[j] = old[i]
			if len(places) > 0 {
				at, end = w.lineEnd(places[i].end), places[i].end
			}
			continue
		}
		put := blanks(s.n.Column-1) + "-" + w.block(now[j], s.n.Column+1, " ", inLines) + w.newline()
		for k, n := range old {
			if !used[k] && equal(n, now[j]) {
				used[k], now[j] = true, n
				put = string(w.src[places[k].above:w.lineEnd(places[k].end)])
				w.note(places[k].above, places[k].line, "")
				break
			}
		}
		w.note(at, at, put)
		w.ends[now[j]] = end
		result[j] = now[j]
	}
	return result
}

func blanks(n int) string { return string(bytes.Repeat([]byte(" "), n)) }

// become makes a value exactly another one; what stands there and not in the other goes.
func (w *writer) become(s *spot, value *yaml.Node) error {
	switch {
	case s.n.Line == 0:
		return errMixed
	case equal(s.n, value):
		return nil
	case s.n.Kind == yaml.AliasNode:
		return ErrByHand
	case s.n.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode && shareKey(s.n, value):
		return w.becomeMap(s, value)
	case s.n.Kind == yaml.SequenceNode && value.Kind == yaml.SequenceNode:
		return w.set(s, value)
	}
	return w.replace(s, value)
}

// equal says whether two values mean the same, in whatever order their keys stand.
func equal(a, b *yaml.Node) bool {
	if a.Kind != yaml.MappingNode || b.Kind != yaml.MappingNode {
		if a.Kind != yaml.SequenceNode || b.Kind != yaml.SequenceNode || a.Anchor != "" {
			return same(a, b)
		}
		return slices.EqualFunc(a.Content, b.Content, equal)
	}
	if len(a.Content) != len(b.Content) || a.Anchor != "" {
		return false
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		if v := keyed(b, a.Content[i].Value); v == nil || !equal(a.Content[i+1], v) {
			return false
		}
	}
	return true
}

func (w *writer) becomeMap(s *spot, value *yaml.Node) error {
	for i := len(s.n.Content) - 2; i >= 0; i -= 2 {
		if keyed(value, s.n.Content[i].Value) == nil {
			if err := w.remove(&spot{up: s, n: s.n.Content[i+1], i: i + 1}); err != nil {
				return err
			}
		}
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		key, v := value.Content[i].Value, value.Content[i+1]
		at, err := w.step(s, key)
		switch {
		case err != nil:
		case at.n == nil:
			err = w.add(s, key, v)
		default:
			err = w.become(at, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keyed is the value under a key, nil if there is none.
func keyed(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func shareKey(a, b *yaml.Node) bool {
	for i := 0; i+1 < len(a.Content); i += 2 {
		if keyed(b, a.Content[i].Value) != nil {
			return true
		}
	}
	return false
}

// pairs says for each of the new members which old one becomes it, -1 for one that is new; nil where comparing takes too long.
// Those that are equal stay; between them, those of one kind; the rest in their order.
func pairs(old, now []*yaml.Node) []int {
	from := make([]int, len(now))
	for j := range from {
		from[j] = -1
	}
	ok := within(old, now, 0, len(old), 0, len(now), equal, from)
	ok = ok && between(from, len(old), func(a, b, c, d int) bool { return within(old, now, a, b, c, d, alike, from) })
	ok = ok && between(from, len(old), func(a, b, c, d int) bool {
		if b-a == 1 && d-c == 1 { // one stands in the other's place
			from[c] = a
		}
		return true
	})
	if !ok {
		return nil
	}
	return from
}

// alike says whether two members are one thing that changed: of one id, or steps of one kind.
func alike(a, b *yaml.Node) bool {
	if a.Kind != yaml.MappingNode || b.Kind != yaml.MappingNode {
		return false
	}
	if x, y := idOf(a), idOf(b); x != nil || y != nil {
		return x != nil && y != nil && x.Value == y.Value
	}
	if len(a.Content) == 2 || len(b.Content) == 2 {
		return len(a.Content) == len(b.Content) && a.Content[0].Value == b.Content[0].Value
	}
	return len(a.Content) > 0 && shareKey(a, b)
}

// between visits the stretches of both lists between those that have found each other.
func between(from []int, n int, visit func(a, b, c, d int) bool) bool {
	a, c := 0, 0
	for j := 0; j <= len(from); j++ {
		b := n
		if j < len(from) {
			if b = from[j]; b < 0 {
				continue
			}
		}
		if a < b && c < j && !visit(a, b, c, j) {
			return false
		}
		a, c = b+1, j+1
	}
	return true
}

// within finds the longest run of members of old[a:b] and now[c:d], in their order, that are equal by eq.
func within(old, now []*yaml.Node, a, b, c, d int, eq func(x, y *yaml.Node) bool, from []int) bool {
	for a < b && c < d && eq(old[a], now[c]) {
		from[c] = a
		a, c = a+1, c+1
	}
	for a < b && c < d && eq(old[b-1], now[d-1]) {
		b, d = b-1, d-1
		from[d] = b
	}
	rows, cols := b-a, d-c
	if rows*cols > maxAligned {
		return false
	}
	most := make([]int, (rows+1)*(cols+1))
	at := func(i, j int) *int { return &most[i*(cols+1)+j] }
	for i := rows - 1; i >= 0; i-- {
		for j := cols - 1; j >= 0; j-- {
			if *at(i, j) = max(*at(i+1, j), *at(i, j+1)); eq(old[a+i], now[c+j]) {
				*at(i, j) = max(*at(i, j), *at(i+1, j+1)+1)
			}
		}
	}
	for i, j := 0, 0; i < rows && j < cols; {
		switch {
		case eq(old[a+i], now[c+j]) && *at(i, j) == *at(i+1, j+1)+1:
			from[c+j] = a + i
			i, j = i+1, j+1
		case *at(i+1, j) >= *at(i, j+1):
			i++
		default:
			j++
		}
	}
	return true
}

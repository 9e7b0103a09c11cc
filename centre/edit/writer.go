package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// writer makes edits on a tree and notes what they do to the text. Nodes that an edit made have no line.
type writer struct {
	*text
	doc  *yaml.Node
	cuts []cut
	ids  map[*yaml.Node]map[string]int // of lists that were looked into: where each member is
	anew bool                          // lists are written anew, not member by member
}

// cut puts a text in the place of what stands from one offset to another.
type cut struct {
	from, to int
	put      string
}

// spot is a value with the way to it.
type spot struct {
	up *spot // nil: the topmost value
	n  *yaml.Node
	i  int // its place in up.n.Content
}

// inFlow says whether the value stands in brackets or braces.
func (s *spot) inFlow() bool {
	for u := s.up; u != nil; u = u.up {
		if u.n.Style&yaml.FlowStyle != 0 {
			return true
		}
	}
	return false
}

func (w *writer) note(from, to int, put string) { w.cuts = append(w.cuts, cut{from, to, put}) }

// splice is the text with all cuts made.
func (w *writer) splice() ([]byte, error) {
	slices.SortStableFunc(w.cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out bytes.Buffer
	at := 0
	for _, c := range w.cuts {
		if c.from < at {
			return nil, errMixed
		}
		out.Write(w.src[at:c.from])
		out.WriteString(c.put)
		at = c.to
	}
	out.Write(w.src[at:])
	return out.Bytes(), nil
}

// edit puts value, or nothing if it is nil, where the path leads.
func (w *writer) edit(doc *yaml.Node, path []string, value *yaml.Node) error {
	if len(path) == 0 || len(path) > maxDepth {
		return ErrNoPlace
	}
	if isEmpty(doc) {
		return w.first(doc, path, value)
	}
	s := &spot{n: doc.Content[0]}
	for i, name := range path {
		next, err := w.step(s, name)
		switch {
		case err != nil:
			return err
		case next.n != nil && i < len(path)-1:
			s = next
		case next.n != nil && value == nil:
			return w.remove(next)
		case next.n != nil:
			return w.set(next, value)
		case value == nil:
			return ErrNoPlace
		default:
			return w.add(s, name, wrap(path[i:], value))
		}
	}
	return nil
}

// first writes into a file without values.
func (w *writer) first(doc *yaml.Node, path []string, value *yaml.Node) error {
	if value == nil {
		return ErrNoPlace
	}
	value = wrap(path, value)
	doc.Content = []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{word(path[0]), value}}}
	w.note(len(w.src), len(w.src), scalar(word(path[0]))+":"+w.keyed(value, 2, true)+w.newline())
	return nil
}

// places are where the members of a list are, by what they are called; the first of two.
func (w *writer) places(list *yaml.Node) map[string]int {
	if known, ok := w.ids[list]; ok {
		return known
	}
	ids := make(map[string]int, len(list.Content))
	for i, m := range list.Content {
		if id := idOf(m); id != nil {
			if _, twice := ids[id.Value]; !twice {
				ids[id.Value] = i
			}
		}
	}
	if w.ids == nil {
		w.ids = map[*yaml.Node]map[string]int{}
	}
	w.ids[list] = ids
	return ids
}

// step is the value that a name leads to; its node is nil if there is none yet.
func (w *writer) step(s *spot, name string) (*spot, error) {
	switch {
	case s.n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(s.n.Content); i += 2 {
			if s.n.Content[i].Value == name {
				return &spot{up: s, n: s.n.Content[i+1], i: i + 1}, nil
			}
		}
		return &spot{up: s}, nil
	case s.n.Kind == yaml.SequenceNode:
		ids := w.places(s.n)
		if i, ok := ids[name]; ok {
			return &spot{up: s, n: s.n.Content[i], i: i}, nil
		}
		if i, err := strconv.Atoi(name); err == nil && len(ids) == 0 && i >= 0 && i < len(s.n.Content) {
			return &spot{up: s, n: s.n.Content[i], i: i}, nil
		}
		return &spot{up: s}, nil
	case s.n.Kind == yaml.AliasNode:
		return nil, ErrByHand
	case isEmpty(s.n):
		return &spot{up: s}, nil
	}
	return nil, ErrNoPlace
}

// idOf is what a member of a list is called by; nil if by nothing.
func idOf(m *yaml.Node) *yaml.Node {
	if m.Kind != yaml.MappingNode {
		return nil
	}
	for _, key := range []string{"id", "number"} {
		for i := 0; i+1 < len(m.Content); i += 2 {
			if m.Content[i].Value == key {
				return m.Content[i+1]
			}
		}
	}
	return nil
}

// isList says whether the key holds a list of members with ids.
func isList(key string) bool {
	return slices.Contains([]string{
		"teams", "agents", "desks", "not_ready_reasons", "wrap_up_codes", "codes", "hours", "switches", "tables", "entries", "queues", "shifts",
	}, key)
}

// wrap is the value of path[0] that has value where the rest of the path leads.
func wrap(path []string, value *yaml.Node) *yaml.Node {
	for i := len(path) - 1; i > 0; i-- {
		if isList(path[i-1]) {
			value = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{member(path[i-1], path[i], value)}}
		} else {
			value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{word(path[i]), value}}
		}
	}
	return tidy(value)
}

// member is value as a member of a list, with its id; shifts have none.
func member(list, id string, value *yaml.Node) *yaml.Node {
	key := "id"
	if list == "entries" {
		key = "number"
	}
	if value.Kind != yaml.MappingNode || idOf(value) != nil || list == "shifts" {
		return value
	}
	n := *value
	n.Content = append([]*yaml.Node{word(key), word(id)}, value.Content...)
	return &n
}

// tidy is the value without keys that hold null.
func tidy(n *yaml.Node) *yaml.Node {
	var all []*yaml.Node
	for i := 0; i < len(n.Content); i++ {
		if n.Kind == yaml.MappingNode {
			if !isNull(n.Content[i+1]) {
				all = append(all, n.Content[i], tidy(n.Content[i+1]))
			}
			i++
			continue
		}
		all = append(all, tidy(n.Content[i]))
	}
	out := *n
	out.Content = all
	return &out
}

// set puts another value in the place of one.
func (w *writer) set(s *spot, value *yaml.Node) error {
	switch {
	case s.n.Line == 0:
		return errMixed
	case s.n.Kind == yaml.AliasNode:
		return ErrByHand
	case s.n.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
		return w.merge(s, value)
	case same(s.n, value):
		return nil
	case s.n.Kind == yaml.SequenceNode && value.Kind == yaml.SequenceNode && isWords(s.n) && isWords(value):
		if done, err := w.words(s, value); done {
			return err
		}
	}
	value = tidy(value)
	if s.n.Kind == yaml.SequenceNode && value.Kind == yaml.SequenceNode && !w.anew {
		if done, err := w.aligned(s, value); done {
			return err
		}
	}
	return w.replace(s, value)
}

func (w *writer) merge(s *spot, value *yaml.Node) error {
	for i := 0; i+1 < len(value.Content); i += 2 {
		key, v := value.Content[i], value.Content[i+1]
		at, err := w.step(s, key.Value)
		switch {
		case err != nil:
		case at.n == nil && !isNull(v):
			err = w.add(s, key.Value, tidy(v))
		case at.n != nil && isNull(v):
			err = w.remove(at)
		case at.n != nil:
			err = w.set(at, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isWords(n *yaml.Node) bool {
	return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode })
}

// words makes one list of words of another where some only go and some only come at the end, so that the others keep their
// comments.
func (w *writer) words(s *spot, value *yaml.Node) (done bool, err error) {
	var kept []*yaml.Node
	has := func(list []*yaml.Node, n *yaml.Node) bool {
		return slices.ContainsFunc(list, func(x *yaml.Node) bool { return same(x, n) })
	}
	for _, n := range s.n.Content {
		if has(value.Content, n) {
			kept = append(kept, n)
		}
	}
	if len(kept) == 0 || len(kept) > len(value.Content) || !slices.EqualFunc(kept, value.Content[:len(kept)], same) {
		return false, nil
	}
	for i := len(s.n.Content) - 1; i >= 0; i-- {
		if n := s.n.Content[i]; !has(kept, n) {
			if err := w.remove(&spot{up: s, n: n, i: i}); err != nil {
				return true, err
			}
		}
	}
	for _, n := range value.Content[len(kept):] {
		if err := w.append(s, n); err != nil {
			return true, err
		}
	}
	return true, nil
}

// key is the key of a map's value; nil of a list's member.
func (s *spot) key() *yaml.Node {
	if s.up == nil || s.up.n.Kind != yaml.MappingNode {
		return nil
	}
	return s.up.n.Content[s.i-1]
}

// colon is the offset behind the colon of a map's value, -1 if there is none to be seen.
func (w *writer) colon(s *spot) int {
	key := s.key()
	if key == nil {
		return -1
	}
	p := w.end(key, s.up.n.Column-1)
	for p >= 0 && p < len(w.src) && w.src[p] == ' ' {
		p++
	}
	if p < 0 || p >= len(w.src) || w.src[p] != ':' {
		return -1
	}
	return p + 1
}

// replace writes value where another stands.
func (w *writer) replace(s *spot, value *yaml.Node) error {
	indent := s.up.n.Column - 1
	from, to, put := w.at(s.n), w.end(s.n, indent), flow(value)
	isBlock := s.n.Kind != yaml.ScalarNode && s.n.Style&yaml.FlowStyle == 0
	if key := s.key(); !s.inFlow() && key != nil && (isBlock || isEmpty(s.n) || len(put) > longLine) {
		from, put = w.colon(s), w.keyed(value, key.Column+1, false)
	} else if isEmpty(s.n) && s.n.Kind == yaml.ScalarNode && s.n.Value == "" {
		put = " " + put
	}
	if from < 0 || to < from {
		return ErrByHand
	}
	if isEmpty(s.n) && s.n.Value == "" && s.n.Kind == yaml.ScalarNode && !s.inFlow() {
		to = from // what follows the colon may be a comment
		if strings.HasPrefix(put, w.newline()) {
			from = w.trimmedEnd(from)
			to = from
		}
	}
	w.hoist(s, from, to)
	w.note(from, to, put)
	s.up.n.Content[s.i] = value
	w.ends[value] = to
	if key := s.key(); key != nil && (key.Value == "id" || key.Value == "number") {
		w.ids = nil
	}
	return nil
}

// hoist keeps the comments that stand between two offsets above the line of the first.
func (w *writer) hoist(s *spot, from, to int) {
	var put strings.Builder
	start := w.lineStart(from)
	line := string(w.src[start:from])
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	seen := map[string]bool{}
	for _, n := range []*yaml.Node{s.key(), s.n} {
		eachComment(n, func(c string) {
			if bytes.Contains(w.src[from:to], []byte(c)) && !seen[c] {
				seen[c] = true
				put.WriteString(indent + c + w.newline())
			}
		})
	}
	if put.Len() > 0 {
		w.note(start, start, put.String())
	}
}

// eachComment visits the lines of comment of a node and of those in it.
func eachComment(n *yaml.Node, visit func(string)) {
	if n == nil {
		return
	}
	for _, c := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		for line := range strings.Lines(c) {
			if line = strings.TrimSpace(line); line != "" {
				visit(line)
			}
		}
	}
	for _, one := range n.Content {
		eachComment(one, visit)
	}
}

package edit

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"hotline/centre/strict"
)

// Kept stands in the place of a secret in a text that is shown: written back, the secret stays as it is.
const Kept = "<kept>"

// secret is one secret's place. Its name is what it is of: two files that have it mean the same thing by it.
type secret struct {
	name  string
	key   string // the path, for a fault
	node  *yaml.Node
	block int // how far the block that it stands in is indented
	sent  bool
}

// secrets finds passwords of agents and desks, and the headers that are sent with look-ups.
func secrets(doc *yaml.Node) (all []secret) {
	if len(doc.Content) == 0 {
		return nil
	}
	root := doc.Content[0]
	for _, list := range []string{"agents", "desks"} {
		for i, m := range valueOf(root, list).Content {
			id := idOf(follow(m))
			eachKey(follow(m), func(k, v *yaml.Node) {
				if k.Value == "password" && id != nil {
					all = append(all, secret{name: list + "/" + id.Value, key: fmt.Sprintf("%s[%d].password", list, i), node: v, block: m.Column - 1})
				}
			})
		}
	}
	headers(root, "", 0, &all)
	return all
}

// headers finds the headers of every look-up, wherever in the file it stands. One belongs to its address: another address never
// gets it.
func headers(n *yaml.Node, path string, depth int, all *[]secret) {
	if depth > maxDepth {
		return
	}
	if n.Kind == yaml.MappingNode {
		if h := valueOf(n, "headers"); h.Kind == yaml.MappingNode {
			eachKey(h, func(k, v *yaml.Node) {
				*all = append(*all, secret{
					name: "headers/" + valueOf(n, "url").Value + "/" + strings.ToLower(k.Value), key: join(path, "headers."+k.Value), node: v,
					block: h.Column - 1, sent: true,
				})
			})
		}
		eachKey(n, func(k, v *yaml.Node) { headers(v, join(path, k.Value), depth+1, all) })
		return
	}
	for i, c := range n.Content {
		headers(c, fmt.Sprintf("%s[%d]", path, i), depth+1, all)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// follow is the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// valueOf is a map's value, an empty node where there is none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	found := &yaml.Node{}
	eachKey(n, func(k, v *yaml.Node) {
		if k.Value == key {
			found = follow(v)
		}
	})
	return found
}

func eachKey(n *yaml.Node, visit func(k, v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(n.Content[i], n.Content[i+1])
	}
}

// isOpen says whether the value may be shown: it names a variable, or is a placeholder.
func isOpen(n *yaml.Node) bool {
	return strings.HasPrefix(n.Value, "${") || n.Value == Kept
}

// Mask returns the file with every secret that stands in it in clear replaced by Kept. Lines stay where they are. An error wraps
// ErrByHand where a secret is written so that it cannot be hidden: the file must not be shown then.
func Mask(source []byte) ([]byte, error) {
	src, marked := bytes.CutPrefix(source, []byte(bom))
	doc, err := read(src)
	if err != nil {
		return nil, err
	}
	w := &writer{text: newText(src), doc: doc}
	seen := map[int]bool{}
	for _, s := range secrets(doc) {
		n := follow(s.node)
		if n.Kind != yaml.ScalarNode || isEmpty(n) || isOpen(n) {
			continue
		}
		from, to := w.body(n), w.end(n, s.block)
		if from < 0 || to < from {
			return nil, fmt.Errorf("%s: %w", s.key, ErrByHand)
		}
		if !seen[from] {
			seen[from] = true
			w.note(from, to, Kept)
		}
	}
	out, err := w.splice()
	if err != nil {
		return nil, ErrByHand
	}
	if marked {
		out = append([]byte(bom), out...)
	}
	return out, nil
}

// Unmask puts the secrets of base in the places where source says Kept, to the letter: what Mask made comes back as it was. What
// base does not have is a fault. So is a variable of the machine in a header of a look-up, unless base sends it to the same address
// already: whoever may edit the centre must not have the machine's secrets sent anywhere.
func Unmask(name string, source, base []byte) ([]byte, []strict.Fault) {
	src, marked := bytes.CutPrefix(source, []byte(bom))
	doc, err := read(src)
	if err != nil {
		return source, nil // centre.Parse says what is wrong with it
	}
	known, before := known(base)
	w := &writer{text: newText(src), doc: doc}
	var faults []strict.Fault
	fault := func(s secret, problem, want string) {
		faults = append(faults, strict.Fault{File: name, Line: s.node.Line, Key: s.key, Problem: problem, Want: want})
	}
	for _, s := range secrets(doc) {
		was, has := known[s.name]
		switch n := s.node; {
		case n.Kind != yaml.ScalarNode:
		case n.Value == Kept && !has:
			fault(s, "is to be kept, but there is none yet", "write it in full")
		case n.Value == Kept:
			from, to := w.body(n), w.end(n, s.block)
			if from < 0 || to < from {
				fault(s, "cannot be put back here", "write "+Kept+" on the line of its key")
				continue
			}
			w.note(from, to, was)
		case s.sent && strings.HasPrefix(n.Value, "${") && before[s.name] != n.Value:
			fault(s, "sends a variable of the machine to a web service", "put it into the file at the machine and apply it there")
		}
	}
	out, err := w.splice()
	if err != nil || len(faults) > 0 {
		return source, faults
	}
	if marked {
		out = append([]byte(bom), out...)
	}
	return out, nil
}

// known are a file's secrets by name: as they are written, and what they are.
func known(base []byte) (written, values map[string]string) {
	written, values = map[string]string{}, map[string]string{}
	src, _ := bytes.CutPrefix(base, []byte(bom))
	doc, err := read(src)
	if err != nil {
		return written, values
	}
	t := newText(src)
	for _, s := range secrets(doc) {
		n := follow(s.node)
		if n.Kind != yaml.ScalarNode || isEmpty(n) {
			continue
		}
		values[s.name] = n.Value
		from, to := t.body(n), t.end(n, s.block)
		if from < 0 || to < from || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			written[s.name] = scalar(word(n.Value))
			continue
		}
		written[s.name] = string(src[from:to])
	}
	return written, values
}

package edit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"hotline/centre"
)

// Tree is the file as plain values, as they are written: maps, lists, texts, whole numbers, fractions and truths. It is for forms,
// which show what stands there and not what follows from it. The file must have been parsed without faults before.
func Tree(source []byte) (map[string]any, error) {
	src, _ := bytes.CutPrefix(source, []byte(bom))
	doc, err := read(src)
	if err != nil || len(doc.Content) == 0 {
		return map[string]any{}, err
	}
	m, _ := value(doc.Content[0]).(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m, nil
}

func value(n *yaml.Node) any {
	switch n = follow(n); n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		eachKey(n, func(k, v *yaml.Node) { m[k.Value] = value(v) })
		return m
	case yaml.SequenceNode:
		all := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			all = append(all, value(c))
		}
		return all
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 10, 53); err == nil {
			return i
		}
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && json.Valid([]byte(n.Value)) {
			return f
		}
	}
	return n.Value
}

// Field is one key that differs between two files, with what stands there in JSON; empty: nothing does.
type Field struct {
	Key string `json:"key"`
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// part is the part of the file that a kind of change of centre.Diff is told of.
func part(kind string) string {
	switch kind {
	case "agent", "desk", "queue", "team", "table", "flow", "number", "shift":
		return kind + "s"
	case "reason":
		return "not_ready_reasons"
	case "switch":
		return "switches"
	case "wrap_up_code":
		return "wrap_up_codes"
	}
	return kind
}

// Index finds the things of a file by kind of change and id.
type Index struct {
	tree   map[string]any
	things map[string]map[string]any
}

// NewIndex indexes a file given as values by Tree. It should be that of a masked file: what it holds is told.
func NewIndex(tree map[string]any) *Index {
	return &Index{tree: tree, things: map[string]map[string]any{}}
}

// Fields are the keys in which a changed thing differs, in order.
func Fields(old, new *Index, c centre.Change) []Field {
	a, b := old.thing(c), new.thing(c)
	x, isMap := a.(map[string]any)
	y, isMapToo := b.(map[string]any)
	if !isMap && !isMapToo {
		return compared(nil, "", a, b)
	}
	keys := map[string]bool{}
	for k := range x {
		keys[k] = true
	}
	for k := range y {
		keys[k] = true
	}
	var all []Field
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		all = compared(all, k, x[k], y[k])
	}
	return all
}

func compared(all []Field, key string, a, b any) []Field {
	old, new := shown(a), shown(b)
	if old == new {
		return all
	}
	return append(all, Field{key, old, new})
}

// shown is a value in JSON, cut where nobody would read on.
func shown(v any) string {
	if v == nil {
		return ""
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	const most = 300
	if r := []rune(strings.TrimSpace(b.String())); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.TrimSpace(b.String())
}

// thing is what a change is about.
func (x *Index) thing(c centre.Change) any {
	if c.Kind == "setting" {
		return x.tree[c.ID]
	}
	things, known := x.things[c.Kind]
	if !known {
		things = thingsOf(c.Kind, x.tree[part(c.Kind)])
		x.things[c.Kind] = things
	}
	return things[c.ID]
}

// thingsOf are the members of a part by what changes call them; an agent's shifts are several.
func thingsOf(kind string, list any) map[string]any {
	if m, ok := list.(map[string]any); ok {
		return m
	}
	all, _ := list.([]any)
	things := make(map[string]any, len(all))
	for _, m := range all {
		one, _ := m.(map[string]any)
		if kind == "shift" {
			agent := asText(one["agent"])
			own, _ := things[agent].([]any)
			things[agent] = append(own, one)
			continue
		}
		things[asText(one["id"])] = one
	}
	return things
}

// asText is a word or whole number as a text.
func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

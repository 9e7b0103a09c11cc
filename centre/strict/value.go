package strict

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxText is the longest text a value may have, in characters.
const maxText = 1000

// Value is one value of the file, or the place of one that is absent. Its readers return the default when it is absent, and
// when it is faulty, having noted the fault.
type Value struct {
	file *File
	node *yaml.Node // nil: absent
	key  string
	line int
}

// Present says whether the value stands in the file.
func (v Value) Present() bool { return v.node != nil }

// Line is the value's line, or that of what it is missing from.
func (v Value) Line() int { return v.line }

// Key is the value's path in the file.
func (v Value) Key() string { return v.key }

// Fault notes that the value is wrong.
func (v Value) Fault(problem, want string) { v.file.add(v.line, v.key, problem, want) }

// Need notes a fault if the value is absent, and returns the value.
func (v Value) Need() Value {
	if !v.Present() && v.key != "" {
		v.Fault("is missing", "add it")
	}
	return v
}

// IsScalar says whether the value is a single word or number, not a list or a map.
func (v Value) IsScalar() bool {
	return v.node != nil && v.node.Kind == yaml.ScalarNode && v.node.Tag != "!!null"
}

// IsMap says whether the value is a map.
func (v Value) IsMap() bool { return v.node != nil && v.node.Kind == yaml.MappingNode }

// IsList says whether the value is a list.
func (v Value) IsList() bool { return v.node != nil && v.node.Kind == yaml.SequenceNode }

// Empty is an empty value in the place of this one.
func (v Value) Empty() Value {
	v.node = nil
	return v
}

// Map is a value made of named values.
type Map struct {
	at     Value
	values map[string]Value
	keys   []string // in file order
}

// Map reads the value as a map that may hold only the keys named.
func (v Value) Map(known ...string) Map {
	m := v.Free()
	v.file.note(known, m)
	for _, k := range m.keys {
		if !slices.Contains(known, k) {
			val := m.values[k]
			want := "one of " + strings.Join(known, ", ")
			if len(known) == 0 {
				want = "nothing here: {}"
			}
			val.Fault("unknown key", want)
		}
	}
	return m
}

// Free reads the value as a map with keys of the user's choice.
func (v Value) Free() Map {
	m := Map{at: v, values: make(map[string]Value)}
	if v.node == nil || v.isNull() {
		return m
	}
	if v.node.Kind != yaml.MappingNode {
		v.Fault("is "+v.kind(), "a map of key: value")
		return m
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		k, val := resolve(v.node.Content[i]), v.node.Content[i+1]
		at := Value{file: v.file, key: v.key, line: k.Line}
		if k.Kind != yaml.ScalarNode || k.Tag == "!!null" || k.Tag == "!!merge" || k.Value == "" {
			at.Fault("key is not a word", "a key is a single word before the colon")
			continue
		}
		at.key, at.node, at.line = join(v.key, k.Value), resolve(val), val.Line
		if first, twice := m.values[k.Value]; twice {
			at.line = k.Line
			at.Fault("stands twice", fmt.Sprintf("keep one; the first is on line %d", first.line))
			continue
		}
		m.values[k.Value] = at
		m.keys = append(m.keys, k.Value)
	}
	return m
}

// Get returns the named value, absent if it does not stand in the map.
func (m Map) Get(key string) Value {
	if v, ok := m.values[key]; ok {
		return v
	}
	return Value{file: m.at.file, key: join(m.at.key, key), line: m.at.line}
}

// Keys returns the keys in the order of the file.
func (m Map) Keys() []string { return m.keys }

// List reads the value as a list.
func (v Value) List() []Value {
	if v.node == nil || v.isNull() {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.Fault("is "+v.kind(), "a list: lines that begin with -")
		return nil
	}
	list := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		list[i] = Value{file: v.file, node: resolve(n), key: fmt.Sprintf("%s[%d]", v.key, i), line: n.Line}
	}
	return list
}

// Text reads the value as text: a word, a number or a quoted text, without control characters.
func (v Value) Text(def string) string {
	if v.node == nil {
		return def
	}
	if v.node.Kind != yaml.ScalarNode {
		v.Fault("is "+v.kind(), "a text")
		return def
	}
	if t := v.node.Tag; !strings.HasPrefix(t, "!!") || t == "!!binary" {
		v.Fault("has the tag "+Quote(t), "a plain text")
		return def
	}
	s := v.node.Value
	switch {
	case v.isNull() || strings.TrimSpace(s) == "":
		v.Fault("is empty", "give it a value or remove the key")
	case utf8.RuneCountInString(s) > maxText:
		v.Fault("is longer than "+strconv.Itoa(maxText)+" characters", "shorten it")
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		v.Fault("holds a control character", "remove it")
	default:
		return s
	}
	return def
}

// OptionalText reads the value as Text does, but an empty one ("" in quotes) is the default and no fault.
func (v Value) OptionalText(def string) string {
	if v.node != nil && v.node.Kind == yaml.ScalarNode && !v.isNull() && v.node.Value == "" {
		return def
	}
	return v.Text(def)
}

// Int reads the value as a whole number from low to high.
func (v Value) Int(def, low, high int) int {
	if v.node == nil {
		return def
	}
	n, err := strconv.Atoi(v.node.Value)
	if v.node.Kind != yaml.ScalarNode || v.node.Tag != "!!int" || err != nil || n < low || n > high {
		v.Fault(v.shown()+" does not fit", fmt.Sprintf("a whole number from %d to %d", low, high))
		return def
	}
	return n
}

// Ratio reads the value as a share above 0 and up to 1.
func (v Value) Ratio(def float64) float64 {
	if v.node == nil {
		return def
	}
	x, err := strconv.ParseFloat(v.node.Value, 64)
	number := v.node.Kind == yaml.ScalarNode && (v.node.Tag == "!!float" || v.node.Tag == "!!int")
	if !number || err != nil || math.IsNaN(x) || x <= 0 || x > 1 {
		v.Fault(v.shown()+" does not fit", "a share above 0 and up to 1, for example 0.80")
		return def
	}
	return x
}

// Bool reads the value as true or false.
func (v Value) Bool(def bool) bool {
	if v.node == nil {
		return def
	}
	if v.node.Kind == yaml.ScalarNode && v.node.Tag == "!!bool" {
		switch v.node.Value {
		case "true":
			return true
		case "false":
			return false
		}
	}
	v.Fault(v.shown()+" does not fit", "true or false")
	return def
}

// OneOf reads the value as one of the words.
func (v Value) OneOf(def string, words ...string) string {
	if v.node == nil {
		return def
	}
	if v.node.Kind != yaml.ScalarNode || !slices.Contains(words, v.node.Value) {
		v.Fault(v.shown()+" is unknown", "one of "+strings.Join(words, ", "))
		return def
	}
	return v.node.Value
}

// Duration reads the value as a length of time such as 500ms, 15s, 10m, 1h30m or 180d, from low to high.
func (v Value) Duration(def, low, high time.Duration) time.Duration {
	if v.node == nil {
		return def
	}
	if v.node.Kind != yaml.ScalarNode {
		v.Fault("is "+v.kind(), "a time such as 15s")
		return def
	}
	d, err := ParseDuration(v.node.Value)
	switch {
	case err != nil:
		v.Fault(v.shown()+" is no time", "a number with its unit, such as 15s, 10m, 2h or 180d")
		return def
	case d < low || d > high:
		v.Fault(v.shown()+" does not fit", fmt.Sprintf("from %s to %s", ShowDuration(low), ShowDuration(high)))
		return def
	}
	return d
}

func (v Value) isNull() bool { return v.node.Kind == yaml.ScalarNode && v.node.Tag == "!!null" }

// kind names what the value is, for a fault.
func (v Value) kind() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	return v.shown()
}

func (v Value) shown() string {
	switch {
	case v.node.Kind != yaml.ScalarNode:
		return v.kind()
	case v.isNull():
		return "nothing"
	}
	return Quote(v.node.Value)
}

func join(path, key string) string {
	if r := []rune(key); len(r) > 60 {
		key = string(r[:60]) + "…"
	}
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == ':' }) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

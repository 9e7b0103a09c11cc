package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Edit is one change of a centre file.
type Edit struct {
	// Path leads to the place: keys of maps; in a list the id of a member (the number of a table's entry), or its place from 0
	// where members have neither. ["agents", "8001", "skills", "claims"].
	Path []string `json:"path"`
	// Value is put there, as JSON. A map is merged into what is there (RFC 7396): keys that it does not name stay, null takes one
	// away. A member that is not in its list yet is added at the end. null takes the place itself away.
	Value json.RawMessage `json:"value"`
}

// Errors of Text. They are wrapped with the path in question.
var (
	// ErrNoPlace says that a path leads nowhere, or a value cannot stand where it leads.
	ErrNoPlace = errors.New("there is no such place in the file")
	// ErrByHand says that the place is written in a way that only a person can change.
	ErrByHand = errors.New("the place is written in a way that can only be changed in the text")
	// ErrNoYAML says that the file itself cannot be read.
	ErrNoYAML = errors.New("the file cannot be read")
	// ErrValue says that a value is no JSON.
	ErrValue = errors.New("the value is no JSON")
)

// PlaceError is an error of Text with the path that it is about.
type PlaceError struct {
	Path string
	Err  error
}

func (e *PlaceError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap is what is wrong there.
func (e *PlaceError) Unwrap() error { return e.Err }

// errMixed says that edits touch one another: they are made one by one then.
var errMixed = errors.New("edit: edits touch one another")

// maxDepth bounds how deep a value may be nested.
const maxDepth = 64

const bom = "\ufeff"

// Text returns the file with all edits made, or an error and nothing. Lines that an edit does not concern stay as they are, with
// their comments; a comment on a line that is taken away goes with it, one within a value that is replaced is kept above it.
func Text(source []byte, edits []Edit) ([]byte, error) {
	src, marked := bytes.CutPrefix(source, []byte(bom))
	out, err := batch(src, edits)
	if err != nil && len(edits) > 1 {
		out = src
		for _, e := range edits {
			if out, err = single(out, e); err != nil {
				break
			}
		}
	} else if err != nil && len(edits) == 1 {
		out, err = single(src, edits[0])
	}
	if err != nil {
		return nil, err
	}
	if marked {
		out = append([]byte(bom), out...)
	}
	return out, nil
}

// single makes one edit; where it cannot be made at once, key by key.
func single(source []byte, e Edit) ([]byte, error) {
	out, err := batch(source, []Edit{e})
	if !errors.Is(err, ErrByHand) && !errors.Is(err, errMixed) {
		return out, err
	}
	value, bad := decode(e.Value)
	if bad != nil || value == nil || value.Kind != yaml.MappingNode || len(value.Content) < 2 || len(e.Path) >= maxDepth {
		return nil, byHand(e, err)
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(e.Value, &keys) != nil {
		return nil, byHand(e, err)
	}
	out = source
	for i := 0; i < len(value.Content); i += 2 {
		key := value.Content[i].Value
		next, err := single(out, Edit{append(slices.Clone(e.Path), key), keys[key]})
		if errors.Is(err, ErrNoPlace) && isNull(value.Content[i+1]) {
			continue // nothing to take away
		}
		if err != nil {
			return nil, err
		}
		out = next
	}
	return out, nil
}

// byHand keeps to ourselves that an edit could not be made at once.
func byHand(e Edit, err error) error {
	if errors.Is(err, errMixed) {
		return &PlaceError{strings.Join(e.Path, "."), ErrByHand}
	}
	return err
}

// batch makes all edits on one reading of the file. Lists that cannot be changed member by member are written anew.
func batch(source []byte, edits []Edit) ([]byte, error) {
	out, err := attempt(source, edits, false)
	if errors.Is(err, ErrByHand) || errors.Is(err, errMixed) {
		return attempt(source, edits, true)
	}
	return out, err
}

func attempt(source []byte, edits []Edit, anew bool) ([]byte, error) {
	src := slices.Clone(source)
	if len(src) > 0 && breakAt(src[len(src)-1:]) == 0 {
		src = append(src, newText(src).newline()...)
	}
	doc, err := read(src)
	if err != nil {
		return nil, err
	}
	w := &writer{text: newText(src), doc: doc, anew: anew}
	for _, e := range edits {
		value, err := decode(e.Value)
		if err == nil {
			err = w.edit(doc, e.Path, value)
		}
		if err != nil {
			return nil, &PlaceError{strings.Join(e.Path, "."), err}
		}
	}
	out, err := w.splice()
	if err != nil {
		return nil, err
	}
	got, err := read(out)
	if err != nil || !same(doc, got) {
		if len(edits) == 1 {
			return nil, &PlaceError{strings.Join(edits[0].Path, "."), ErrByHand}
		}
		return nil, errMixed
	}
	return out, nil
}

// read reads a file as a tree; an empty one is a document without content.
func read(src []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoYAML, err)
	}
	if doc.Kind == 0 {
		doc = yaml.Node{Kind: yaml.DocumentNode}
	}
	return &doc, nil
}

// same says whether two trees mean the same in the same order. Nothing and an empty list or map are one.
func same(a, b *yaml.Node) bool {
	if isEmpty(a) && isEmpty(b) {
		return true
	}
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
		return false
	}
	if a.Kind == yaml.ScalarNode && (a.Value != b.Value || tagOf(a) != tagOf(b)) || a.Kind == yaml.AliasNode && a.Value != b.Value {
		return false
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// tagOf is what a word is read as; a date is a text to us.
func tagOf(n *yaml.Node) string {
	if tag := n.ShortTag(); tag != "!!timestamp" {
		return tag
	}
	return "!!str"
}

// isEmpty says whether the node holds nothing.
func isEmpty(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.ShortTag() == "!!null"
	case yaml.AliasNode:
		return false
	}
	return len(n.Content) == 0 || n.Kind == yaml.DocumentNode && isEmpty(n.Content[0])
}

// decode reads JSON as a tree, keys in their order; JSON's null is nil.
func decode(raw json.RawMessage) (*yaml.Node, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	n, err := token(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	if dec.More() {
		return nil, ErrValue
	}
	if isNull(n) {
		return nil, nil
	}
	return n, nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func token(dec *json.Decoder, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle}
		if v == '[' {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		for dec.More() {
			one, err := token(dec, depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, one)
		}
		_, err = dec.Token()
		return n, err
	case string:
		return word(v), nil
	case json.Number:
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: v.String(), Tag: "!!int"}
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
		return n, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v), Tag: "!!bool"}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "null", Tag: "!!null"}, nil
}

func word(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

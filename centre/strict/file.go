package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds on what is read at all: a file beyond them is a mistake or an attack.
const (
	maxBytes  = 16 << 20
	maxNodes  = 1_000_000 // values that stand in the file
	maxCopies = 10_000    // values that stand there by aliases
	maxDepth  = 100
	maxFaults = 1_000
)

// File is a file being read. The faults found so far are kept in it.
type File struct {
	name   string
	faults []Fault
	known  map[string]map[string]bool // by the keys a map may hold: which of them were found in any such map
}

// Read parses the file's bytes and returns the file with its topmost value. That value is absent if the bytes are no YAML;
// the fault is then in the file.
func Read(name string, data []byte) (*File, Value) {
	f := &File{name: name}
	root := Value{file: f, key: "", line: 1}
	if len(data) > maxBytes {
		f.add(1, "", fmt.Sprintf("has %d bytes", len(data)), fmt.Sprintf("at most %d", maxBytes))
		return f, root
	}
	if at := invalidUTF8(data); at >= 0 {
		f.add(1+bytes.Count(data[:at], []byte("\n")), "", "is not UTF-8", "save the file as UTF-8")
		return f, root
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		f.add(1, "", "is empty", "")
		return f, root
	case err != nil:
		f.syntax(err, data)
		return f, root
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		f.add(more.Line, "", "has a second document", "one document a file: remove the line ---")
		return f, root
	} else if !errors.Is(err, io.EOF) {
		f.syntax(err, data)
		return f, root
	}
	if nodes, copies := maxNodes, maxCopies; !f.bounded(&doc, 0, &nodes, &copies) {
		return f, root
	}
	if len(doc.Content) > 0 {
		root.node = resolve(doc.Content[0])
		root.line = root.node.Line
	}
	return f, root
}

// Faults returns all faults found so far in the order of the file.
func (f *File) Faults() []Fault { return sorted(f.faults) }

// Keys returns the keys that the maps of the file may hold, and whether each stands in the file, in every kind of map that may
// hold it: for who wants to know what an example of everything lacks. A map's kind is the list of keys it may hold.
func (f *File) Keys() map[string]bool {
	all := make(map[string]bool)
	for kind, found := range f.known {
		for _, k := range strings.Fields(kind) {
			shown, twice := all[k]
			all[k] = found[k] && (shown || !twice)
		}
	}
	return all
}

// note keeps which keys of a map with these known keys stand in it.
func (f *File) note(known []string, m Map) {
	kind := strings.Join(known, " ")
	found := f.known[kind]
	if found == nil {
		found = map[string]bool{}
		if f.known == nil {
			f.known = map[string]map[string]bool{}
		}
		f.known[kind] = found
	}
	for _, k := range m.keys {
		found[k] = true
	}
}

// Name is the name the file was read under.
func (f *File) Name() string { return f.name }

func (f *File) add(line int, key, problem, want string) {
	if key == "" {
		key = "file"
	}
	if len(f.faults) == maxFaults {
		problem, want = "has more faults than are shown", "mend these first"
	}
	if len(f.faults) <= maxFaults {
		f.faults = append(f.faults, Fault{File: f.name, Line: max(line, 1), Key: key, Problem: problem, Want: want})
	}
}

// syntax turns an error of the YAML library into a fault. The line that the library names is often that of the surrounding
// value, so the line is found as the end of the shortest beginning of the file that gives the same error: a parser that reads
// from front to back gives it for every longer one too.
func (f *File) syntax(err error, data []byte) {
	lines := bytes.SplitAfter(data, []byte("\n"))
	first := sort.Search(len(lines), func(n int) bool {
		got := parse(bytes.Join(lines[:n+1], nil))
		return got != nil && got.Error() == err.Error()
	})
	text := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
	f.add(min(first+1, len(lines)), "", "is not YAML: "+printable(text), "check indentation, colons and quotes here and above")
}

// parse reads all documents and returns the first error.
func parse(data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// printable keeps a library's text on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// bounded says whether the document is finite and of sane size once every alias is followed. After it, a walk that follows
// aliases ends.
func (f *File) bounded(n *yaml.Node, depth int, nodes, copies *int) bool {
	*nodes--
	if *nodes < 0 || *copies < 0 || depth > maxDepth {
		f.add(n.Line, "", "is nested too deeply or grows without bound through aliases", "write the values out")
		return false
	}
	if n.Kind == yaml.AliasNode {
		return f.bounded(n.Alias, depth+1, copies, copies)
	}
	for _, c := range n.Content {
		if !f.bounded(c, depth+1, nodes, copies) {
			return false
		}
	}
	return true
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// invalidUTF8 returns the offset of the first byte that is no UTF-8, or -1.
func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

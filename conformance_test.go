package hotline_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestConformanceTable holds docs/sip.md to what there is: every row of a conformance table names tests in its last column, and
// each of them exists. "TestA/part" names a part of TestA: a text of some test, or a file of some testdata, begins so.
func TestConformanceTable(t *testing.T) {
	known, parts := make(map[string]bool), testdataNames(t)
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				known[f.Name.Name] = true
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					parts = append(parts, text)
				}
			}
			return true
		})
	}
	text, err := os.ReadFile("docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[^`]+)`")
	rows, table := 0, false
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			table = false
			continue
		case strings.TrimSpace(cells[len(cells)-1]) == "Test":
			table = true
			continue
		case !table || strings.HasPrefix(line, "|-"):
			continue
		}
		rows++
		if len(cells) != 4 {
			t.Errorf("docs/sip.md:%d: %d cells, want RFC, feature, how, test", n+1, len(cells))
		}
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(tests) == 0 {
			t.Errorf("docs/sip.md:%d: no test shows it", n+1)
		}
		for _, m := range tests {
			name, part, _ := strings.Cut(m[1], "/")
			begins := func(s string) bool { return strings.HasPrefix(s, part) }
			if !known[name] || part != "" && !slices.ContainsFunc(parts, begins) {
				t.Errorf("docs/sip.md:%d: there is no %s", n+1, m[1])
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows: the tables were not found", rows)
	}
}

// testdataNames are the names of all files of scripts and examples.
func testdataNames(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.Contains(p, "testdata/") {
			names = append(names, path.Base(p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

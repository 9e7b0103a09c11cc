package hotline_test

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestConformanceTable holds docs/sip.md to what there is: every row of a conformance table names tests in its last column, and
// each of them exists. "TestA/part" names a part of TestA.
func TestConformanceTable(t *testing.T) {
	known := make(map[string]bool)
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
			name, _, _ := strings.Cut(m[1], "/")
			if !known[name] {
				t.Errorf("docs/sip.md:%d: there is no %s", n+1, name)
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows: the tables were not found", rows)
	}
}

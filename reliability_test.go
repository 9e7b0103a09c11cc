package hotline_test

import (
	"go/ast"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReliabilityTable holds docs/reliability.md to the tests there are: whatever it names exists, and the vulnerabilities
// are numbered 1 to 36 with a test each.
func TestReliabilityTable(t *testing.T) {
	data, err := os.ReadFile("docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				there[f.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)`")
	for _, m := range named.FindAllStringSubmatch(string(data), -1) {
		if !there[m[1]] {
			t.Errorf("docs/reliability.md names %s, which is no test", m[1])
		}
	}
	next := 1
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		if n != next || !named.MatchString(cells[3]) {
			t.Errorf("row %d where %d with a test is due: %s", n, next, line)
		}
		next = n + 1
	}
	if next != 37 {
		t.Errorf("the table ends with row %d", next-1)
	}
}

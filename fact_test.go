package hotline_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	. "hotline"
)

// kinds reads from fact.go and factshard.go which type has which Kind.
func kinds(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range []string{"fact.go", "factshard.go", "factdesk.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		readKinds(file, found)
	}
	if len(found) < 30 {
		t.Fatalf("only %d facts found", len(found))
	}
	return found
}

func readKinds(file *ast.File, found map[string]string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if _, ok := n.Type.(*ast.StructType); ok {
				found[n.Name.Name] += "" // known, its Kind perhaps not yet
			}
		case *ast.FuncDecl:
			if n.Name.Name == "Kind" && n.Recv != nil {
				lit := n.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit)
				found[n.Recv.List[0].Type.(*ast.Ident).Name], _ = strconv.Unquote(lit.Value)
			}
		}
		return true
	})
}

// TestEveryFact holds the closed set together: every type of fact.go has a Kind that is its name in snake case, stands in
// the codec's table under it, and has an example.
func TestEveryFact(t *testing.T) {
	example := map[string]bool{}
	for _, ev := range examples() {
		example[reflect.TypeOf(ev.Fact).Name()] = true
	}
	for name, kind := range kinds(t) {
		if kind != snake(name) {
			t.Errorf("%s has Kind %q, want %q", name, kind, snake(name))
			continue
		}
		ev, err := UnmarshalEvent([]byte(fmt.Sprintf(`{"v":1,"at":"2025-11-22T09:30:00Z","kind":%q,"fact":{}}`, kind)))
		if err != nil {
			t.Errorf("%s is missing in the codec's table: %v", name, err)
		} else if got := reflect.TypeOf(ev.Fact).Name(); got != name || ev.Fact.Kind() != kind {
			t.Errorf("%s decodes as %s", kind, got)
		}
		if !example[name] {
			t.Errorf("%s has no example in codec_example_test.go", name)
		}
	}
}

// TestFactFields: a field without a name of its own in the log would follow the Go name, and change with it.
func TestFactFields(t *testing.T) {
	for _, ev := range examples() {
		checkTags(t, reflect.TypeOf(ev.Fact))
	}
}

func checkTags(t *testing.T, typ reflect.Type) {
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[Event]().PkgPath() {
		return
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name != strings.ToLower(name) {
			t.Errorf("%s.%s: its name in the log is %q, want snake_case", typ.Name(), f.Name, name)
		}
		if strings.HasSuffix(f.Name, "MS") && name != "ms" && !strings.HasSuffix(name, "_ms") {
			t.Errorf("%s.%s is a duration, its name in the log %q does not end in _ms", typ.Name(), f.Name, name)
		}
		checkTags(t, f.Type)
	}
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

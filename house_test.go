package hotline_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports is who may import whom, of our own packages; a subpackage has its parent's rights. A new edge is a change of the
// design: argue it in DECISIONS.md first.
func imports() map[string][]string {
	return map[string][]string{
		"hotline":    {},
		"agentstate": {"hotline"},
		"centre":     {"hotline"},
		"acd":        {"hotline", "agentstate", "centre"},
		"ivr":        {"hotline", "centre"},
		"call":       {"hotline", "ivr"},
		"store":      {"hotline"},
		"media":      {},
		"recorder":   {"hotline", "media"},
		"sip":        {"hotline", "media"},
		"ari":        {"hotline"},
		"reports":    {"hotline"},
		"notify":     {"hotline"},
		"replay":     {"hotline", "centre", "acd"},
		"bench":      {"hotline", "reports", "store"},
		"web":        {"hotline", "centre", "reports"},
	}
}

// rooms is where a library may be used: one room each, so that it can be replaced there.
func rooms() map[string]string {
	return map[string]string{
		"github.com/emiago/sipgo":             "sip",
		"go.etcd.io/bbolt":                    "store",
		"github.com/danielgtaylor/huma":       "web",
		"go.yaml.in/yaml":                     "centre",
		"github.com/xuri/excelize":            "web",
		"github.com/boombuler/barcode":        "web",
		"github.com/coreos/go-oidc":           "web",
		"golang.org/x/oauth2":                 "web",
		"github.com/wneessen/go-mail":         "notify",
		"github.com/prometheus/client_golang": "reports",
		"github.com/prometheus/client_model":  "reports",
		"github.com/pion/rtp":                 "media",
		"github.com/alecthomas/kong":          "cmd",
		"github.com/pion/srtp":                "media",
		"github.com/pion/dtls":                "media",
		"github.com/pion/stun":                "media",
		"github.com/miekg/dns":                "sip",
		"github.com/klauspost/compress":       "reports",
		"github.com/cilium/ebpf":              "media",
		"github.com/vishvananda/netlink":      "media",
	}
}

// source is one Go file of the project.
type source struct {
	path string // from the root, with slashes
	room string // first folder, "hotline" for the root
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		room, _, sub := strings.Cut(p, "/")
		if !sub {
			room = "hotline"
		}
		all = append(all, source{p, room, strings.HasSuffix(p, "_test.go"), f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportTable(t *testing.T) {
	table, rooms := imports(), rooms()
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			p, _ := strconv.Unquote(spec.Path.Value)
			for lib, room := range rooms {
				if strings.HasPrefix(p, lib) && s.room != room && !(s.test || s.room == "cmd" || s.room == "e2e") {
					t.Errorf("%s imports %s, which belongs in %s only", s.path, p, room)
				}
			}
			if s.test {
				continue // a test may look at a neighbour, the program may not
			}
			if p != "hotline" && !strings.HasPrefix(p, "hotline/") {
				continue
			}
			to, _, _ := strings.Cut(strings.TrimPrefix(p, "hotline/"), "/")
			allowed, known := table[s.room]
			if s.room == "cmd" || s.room == "sim" || s.room == "e2e" || to == s.room {
				continue
			}
			if !known || !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s: %s may import %v", s.path, p, s.room, allowed)
			}
		}
	}
}

// TestBudgets holds the sizes that keep a file readable in one sitting.
func TestBudgets(t *testing.T) {
	const fileLines, funcLines, methods = 400, 70, 5
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if n := s.fset.File(s.file.Pos()).LineCount(); n > fileLines {
			t.Errorf("%s: %d lines, at most %d", s.path, n, fileLines)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				from, to := s.fset.Position(n.Pos()), s.fset.Position(n.End())
				if lines := to.Line - from.Line + 1; lines > funcLines && !isTable(n) {
					t.Errorf("%s: %s is %d lines, at most %d", from, n.Name.Name, lines, funcLines)
				}
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init", from)
				}
			case *ast.InterfaceType:
				if n.Methods.NumFields() > methods {
					t.Errorf("%s: interface of %d methods, at most %d", s.fset.Position(n.Pos()), n.Methods.NumFields(), methods)
				}
			}
			return true
		})
	}
}

// isTable says whether the function is one switch or one literal: a table, which has no natural end.
func isTable(f *ast.FuncDecl) bool {
	if len(f.Body.List) > 2 {
		return false
	}
	switch f.Body.List[0].(type) {
	case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.ReturnStmt:
		return true
	}
	return false
}

// TestNoGlobals allows package variables only for errors, embedded files and assertions of the form var _ I = T{}.
func TestNoGlobals(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					embedded := g.Doc != nil && strings.Contains(docText(g), "//go:embed")
					if name.Name == "_" || embedded || isError(v, i) {
						continue
					}
					t.Errorf("%s: package variable %s", s.fset.Position(name.Pos()), name.Name)
				}
			}
		}
	}
}

func docText(g *ast.GenDecl) string {
	var b strings.Builder
	for _, c := range g.Doc.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func isError(v *ast.ValueSpec, i int) bool {
	if !strings.HasPrefix(strings.ToLower(v.Names[i].Name), "err") || i >= len(v.Values) {
		return false
	}
	call, ok := v.Values[i].(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "New" || sel.Sel.Name == "Errorf")
}

package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// spoken is a sentence as it is put together in the source: what is not written there is x, or "x" in quotes.
func spoken(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := spoken(e.X)
		b, okB := spoken(e.Y)
		if !okA {
			a = "x"
		}
		if !okB {
			b = "x"
		}
		return a + b, okA || okB
	case *ast.CallExpr:
		if sel, isSel := e.Fun.(*ast.SelectorExpr); isSel && sel.Sel.Name == "Sprintf" && len(e.Args) > 0 {
			s, ok := spoken(e.Args[0])
			return strings.NewReplacer("%d", "7", "%s", "7s", "%q", `"x"`).Replace(s), ok
		}
		return `"x"`, false
	}
	return "x", false
}

// saidBy is what is wrong and what would be right, where a node of the source makes a fault.
func saidBy(node ast.Node) (said []ast.Expr) {
	switch node := node.(type) {
	case *ast.CallExpr:
		method := ""
		switch fun := node.Fun.(type) {
		case *ast.SelectorExpr:
			method = fun.Sel.Name
		case *ast.Ident:
			method = fun.Name
		}
		if len(node.Args) >= 2 && (method == "Fault" || method == "add" || method == "fault") {
			return node.Args[len(node.Args)-2:]
		}
	case *ast.KeyValueExpr:
		if key, ok := node.Key.(*ast.Ident); ok && (key.Name == "Problem" || key.Name == "Want") {
			return []ast.Expr{node.Value}
		}
	case *ast.AssignStmt:
		if sel, ok := node.Lhs[0].(*ast.SelectorExpr); ok && (sel.Sel.Name == "Problem" || sel.Sel.Name == "Want") {
			return node.Rhs
		}
	}
	return nil
}

// TestFaultsOfTheFileAreInChinese: whatever package centre finds wrong, it is said in both languages.
func TestFaultsOfTheFileAreInChinese(t *testing.T) {
	s := &server{phrases: phrases()}
	n := 0
	for _, pattern := range []string{"../centre/*.go", "../centre/strict/*.go", "../centre/edit/secret.go", "../cmd/hotline/lacking.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(node ast.Node) bool {
				for _, arg := range saidBy(node) {
					text, ok := spoken(arg)
					if !ok || strings.TrimSpace(text) == "" || !strings.Contains(text, " ") || text[0] == '{' || strings.Contains(text, "[{") { // words, and examples in YAML
						continue
					}
					n++
					if got := s.phrase(text); !strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
						t.Errorf("%s: no Chinese for %q", name, text)
					}
				}
				return true
			})
		}
	}
	if n < 120 {
		t.Errorf("only %d sentences are found: the test would hold little", n)
	}
	for english, chinese := range map[string]string{
		`unknown prompt "nothing"`: `没有语音 "nothing"`,
		"a WAV file /data/prompts/zh-CN/nothing.wav, or a default prompt such as welcome": "录音文件 /data/prompts/zh-CN/nothing.wav，或自带的语音，例如 welcome",
		"a trunk of the machine's file: it has none":                                      "先在机器配置里加中继：现在一条也没有",
		`prompt "hum" cannot be played: hum.wav: 9 bytes`:                                 `语音 "hum" 无法播放：hum.wav: 9 bytes`,
	} {
		if got := s.phrase(english); got != chinese {
			t.Errorf("%q: %q", english, got)
		}
	}
	if got := s.phrase(`unknown queue "nowhere"`); got != `没有队列 "nowhere"` {
		t.Error(got)
	}
}

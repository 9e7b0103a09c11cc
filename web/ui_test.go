package web

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// uiFiles is every embedded file of ours (not of vendor) with one of the suffixes.
func uiFiles(t *testing.T, suffixes ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(ui, "ui", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(p, "ui/vendor/") || !slices.Contains(suffixes, path.Ext(p)) {
			return err
		}
		b, err := ui.ReadFile(p)
		out[p] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("no files with %v: the test would hold nothing", suffixes)
	}
	return out
}

// The libraries are those that vendor.sh brought, and nothing else lies among them but our declarations of types.
func TestVendorIsWhatWasBrought(t *testing.T) {
	sums, err := ui.ReadFile("ui/vendor/CHECKSUMS")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(sums)); lines.Scan(); {
		want, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok {
			t.Fatalf("CHECKSUMS: %q", lines.Text())
		}
		b, err := ui.ReadFile("ui/" + name)
		if err != nil {
			t.Errorf("listed but missing: %v", err)
			continue
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s is not what was brought: change vendor.sh and run make vendor", name)
		}
		listed["ui/"+name] = true
	}
	err = fs.WalkDir(ui, "ui/vendor", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !listed[p] && p != "ui/vendor/CHECKSUMS" && !strings.HasSuffix(p, ".d.ts") {
			t.Errorf("%s lies in vendor, but CHECKSUMS does not know it", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range listed {
		if path.Ext(name) != ".js" {
			continue
		}
		if !listed[path.Dir(name)+"/LICENSE"] || !listed[path.Dir(name)+"/VERSION"] {
			t.Errorf("%s has no licence or version beside it", name)
		}
	}
}

// texts reads a file of words: "key": "words".
func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := ui.ReadFile("ui/text/" + lang + ".js")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s*"([\w.-]+)":\s*"((?:[^"\\]|\\.)*)",?$`).FindAllStringSubmatch(string(b), -1) {
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s: %s stands there twice", lang, m[1])
		}
		if strings.TrimSpace(m[2]) == "" {
			t.Errorf("%s: %s is empty", lang, m[1])
		}
		out[m[1]] = m[2]
	}
	if n := strings.Count(string(b), `":`); n != len(out) {
		t.Errorf("%s: %d keys, %d understood", lang, n, len(out))
	}
	return out
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	zh, en := texts(t, "zh-CN"), texts(t, "en-US")
	gap := regexp.MustCompile(`\{\w+\}`)
	gaps := func(s string) []string { g := gap.FindAllString(s, -1); slices.Sort(g); return g }
	for key := range zh {
		switch words, ok := en[key]; {
		case !ok:
			t.Errorf("en-US has no %q", key)
		case !slices.Equal(gaps(zh[key]), gaps(words)):
			t.Errorf("%s: zh-CN fills %v, en-US %v", key, gaps(zh[key]), gaps(words))
		case key != "lang.other" && strings.ContainsFunc(words, cjk):
			t.Errorf("en-US: %s is Chinese: %s", key, words)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("zh-CN has no %q", key)
		}
	}
}

func cjk(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// All words that people see stand in text/: a page in English shows no Chinese but data.
func TestNoChineseOutsideTheTexts(t *testing.T) {
	for name, body := range uiFiles(t, ".js", ".html", ".css", ".svg") {
		if strings.HasPrefix(name, "ui/text/") {
			continue
		}
		for i, line := range strings.Split(body, "\n") {
			if strings.ContainsFunc(line, cjk) {
				t.Errorf("%s:%d: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

// Every key that a page asks for exists, and every key is asked for: by itself or, in code("kind", …), by its kind.
func TestKeysAndTheirUses(t *testing.T) {
	zh := texts(t, "zh-CN")
	used := map[string]bool{}
	kinds := map[string]bool{}
	var all strings.Builder
	for name, body := range uiFiles(t, ".js") {
		if strings.HasPrefix(name, "ui/text/") {
			continue
		}
		all.WriteString(body)
		for _, m := range regexp.MustCompile(`\bt\(\s*"([^"]+)"`).FindAllStringSubmatch(body, -1) {
			used[m[1]] = true
			if _, ok := zh[m[1]]; !ok {
				t.Errorf("%s asks for %q, which no text has", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\bcode\(\s*"([^"]+)"`).FindAllStringSubmatch(body, -1) {
			kinds[m[1]] = true
		}
	}
	for kind := range kinds {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(zh)), func(k string) bool { return strings.HasPrefix(k, kind+".") }) {
			t.Errorf("code(%q, …) finds no words", kind)
		}
	}
	for key := range zh {
		kind := key[:max(0, strings.LastIndex(key, "."))]
		if !used[key] && !kinds[kind] && !strings.Contains(all.String(), `"`+key+`"`) && !strings.Contains(all.String(), "`"+kind+".${") {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

// The Content-Security-Policy lets no inline script or style through; one that stands there is dead.
func TestNothingInlineInHTML(t *testing.T) {
	bad := map[string]*regexp.Regexp{
		"a style attribute":     regexp.MustCompile(`(?i)<[^>]*\sstyle\s*=`),
		"a style element":       regexp.MustCompile(`(?i)<style\b`),
		"an inline script":      regexp.MustCompile(`(?i)<script\b(?:[^>]*\ssrc=)?[^>]*>\s*[^\s<]`),
		"a script without src":  regexp.MustCompile(`(?i)<script(?:\s+(?:type|async|defer)(?:="[^"]*")?)*\s*>`),
		"an event attribute":    regexp.MustCompile(`(?i)<[^>]*\son[a-z]+\s*=`),
		"an address of outside": regexp.MustCompile(`(?i)(?:src|href)="(?:https?:)?//`),
	}
	for name, body := range uiFiles(t, ".html") {
		for what, re := range bad {
			if m := re.FindString(body); m != "" {
				t.Errorf("%s has %s: %s", name, what, m)
			}
		}
	}
	for name, body := range uiFiles(t, ".js") {
		for _, s := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
			if strings.Contains(body, s) {
				t.Errorf("%s uses %s: text from outside would be markup", name, s)
			}
		}
	}
}

// Every file that a page names is there: a typing error would be a page that does not start.
func TestPagesNameFilesThatExist(t *testing.T) {
	there := func(p string) bool { _, err := fs.Stat(ui, strings.TrimPrefix(p, "/")); return err == nil }
	for name, body := range uiFiles(t, ".js", ".html", ".css") {
		for _, m := range regexp.MustCompile(`(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"`).FindAllStringSubmatch(body, -1) {
			if file := path.Join(path.Dir(name), m[1]); path.Ext(file) == ".js" && !there(file) {
				t.Errorf("%s imports %s, which is not there", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(/ui/[^"#$]+)`).FindAllStringSubmatch(body, -1) {
			if !there(m[1]) {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
	sprite, err := ui.ReadFile("ui/shared/glyphs.svg")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range uiFiles(t, ".js") {
		for _, m := range regexp.MustCompile(`\$\{Glyph\}\s+name="([^"$]+)"`).FindAllStringSubmatch(body, -1) {
			if !bytes.Contains(sprite, []byte(`id="`+m[1]+`"`)) {
				t.Errorf("%s shows the glyph %q, which the sprite has not", name, m[1])
			}
		}
	}
}

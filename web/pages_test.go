package web

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Light or dark is the person's choice on every page; only a screen on the wall is dark for everybody.
func TestEveryPageIsLightOrDarkAsItsReaderHasIt(t *testing.T) {
	pages, err := filepath.Glob("ui/*/index.html")
	if err != nil || len(pages) < 8 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		theme := strings.Index(string(text), `<script src="/ui/shared/theme.js"></script>`)
		sheet := strings.Index(string(text), `rel="stylesheet"`)
		if strings.Contains(string(text), `data-theme="wall"`) {
			continue
		}
		if theme < 0 || theme > sheet {
			t.Errorf("%s: the theme stands at %d, the first style sheet at %d: it is drawn in the wrong one first", page, theme, sheet)
		}
	}
}

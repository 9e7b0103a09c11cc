package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed ui
var ui embed.FS

// page is one file of the pages with the tag that lets a browser keep it.
type page struct {
	body []byte
	kind string
	etag string
}

// pages serves the embedded files: /NAME is ui/NAME/index.html, / and /board/NAME are the wallboard, all else stands under /ui/.
func (s *server) pages(mux *http.ServeMux) error {
	files := map[string]page{}
	err := fs.WalkDir(ui, "ui", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := ui.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		files["/"+p] = page{b, kindOf(p), `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		return fmt.Errorf("web: pages: %w", err)
	}
	mux.HandleFunc("GET /ui/", func(w http.ResponseWriter, r *http.Request) { serve(w, r, files, r.URL.Path) })
	for at, name := range map[string]string{
		"/{$}": "wallboard", "/agent": "agent", "/lead": "lead", "/qa": "qa", "/reports": "reports", "/admin": "admin", "/login": "login", "/boards": "boards", "/mine": "mine",
	} {
		file := "/ui/" + name + "/index.html"
		if _, ok := files[file]; !ok {
			return fmt.Errorf("web: page %s is missing", file)
		}
		mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) { serve(w, r, files, file) })
	}
	wall := func(w http.ResponseWriter, r *http.Request) { serve(w, r, files, "/ui/wallboard/index.html") }
	mux.HandleFunc("GET /board/{name}", s.boardPage(wall))
	return nil
}

func kindOf(p string) string {
	switch path.Ext(p) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

func serve(w http.ResponseWriter, r *http.Request, files map[string]page, name string) {
	p, ok := files[name]
	if !ok || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".sh") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("ETag", p.etag)
	h.Set("Cache-Control", "no-cache") // asked again each time, answered 304 while it is the same
	if r.Header.Get("If-None-Match") == p.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", p.kind)
	w.Write(p.body) // a client that is gone needs no answer
}

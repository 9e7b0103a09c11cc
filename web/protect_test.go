package web

import (
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

func TestHeaders(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/", "/qa", "/login", "/ui/shared/base.css", "/api/v1/me", "/nothing", "/api/openapi.json"} {
		h := b.get(t, "", path).Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: policy %q has no %q", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
		if strings.HasPrefix(path, "/api/v1") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached: %q", path, h.Get("Cache-Control"))
		}
	}
}

// A page of another site may not change anything with the visitor's cookie.
func TestCrossSite(t *testing.T) {
	b := newBench(t, nil)
	cookie := cookieName + "=" + b.as(t, auth.Agent)
	for _, m := range [][3]string{
		{http.MethodPost, "/api/v1/agents/8001/state", `{"state":"ready"}`},
		{http.MethodDelete, "/api/v1/sessions", ""},
		{http.MethodPut, "/api/v1/contacts/nobody/wrap-up", `{"note":"x"}`},
		{http.MethodPatch, "/api/v1/tasks/nobody", `{"note":"x"}`},
	} {
		for _, c := range []struct {
			headers []string
			refused bool
		}{
			{[]string{"Sec-Fetch-Site", "cross-site"}, true},
			{[]string{"Sec-Fetch-Site", "same-site"}, true},
			{[]string{"Origin", "https://evil.example"}, true},
			{[]string{"Origin", "null"}, true},
			{nil, true}, // no browser that says nothing of itself is one
			{[]string{"Authorization", "Basic eDp5"}, true},
			{[]string{"Sec-Fetch-Site", "same-origin"}, false},
			{[]string{"Origin", b.URL}, false},
			{[]string{"Authorization", "Bearer " + b.as(t, auth.Agent)}, false}, // a program
		} {
			r := b.do(t, "", m[0], m[1], m[2], append(c.headers, "Cookie", cookie)...)
			if refused := r.StatusCode == 403 && strings.Contains(r.body, "page"); refused != c.refused {
				t.Errorf("%s %s %v: %s %s", m[0], m[1], c.headers, r.Status, r.body)
			}
		}
	}
}

func TestPages(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/", "/agent", "/qa", "/reports", "/admin", "/login"} {
		r := b.get(t, "", path)
		if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s %s", path, r.Status, r.Header.Get("Content-Type"))
		}
		if again := b.get(t, "", path, "If-None-Match", r.Header.Get("ETag")); again.StatusCode != 304 || again.body != "" {
			t.Errorf("%s again: %s", path, again.Status)
		}
	}
	for path, kind := range map[string]string{
		"/ui/shared/lib.js": "text/javascript", "/ui/shared/base.css": "text/css", "/ui/shared/glyphs.svg": "image/svg+xml",
		"/ui/vendor/wavesurfer/wavesurfer.esm.js": "text/javascript",
	} {
		if r := b.get(t, "", path); r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %s %s, want %s", path, r.Status, r.Header.Get("Content-Type"), kind)
		}
	}
	for _, path := range []string{"/ui/", "/ui/vendor/", "/ui/vendor.sh", "/ui/jsconfig.json", "/ui/../web.go", "/ui/%2e%2e/web.go", "/api/v2/me", "/wallboard"} {
		if r := b.get(t, "", path); r.StatusCode != 404 {
			t.Errorf("%s: %s, want 404", path, r.Status)
		}
	}
}

// The description names every route, its security and the problem type.
func TestOpenAPI(t *testing.T) {
	b := newBench(t, nil)
	doc := read[struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}](t, b.get(t, "", "/api/openapi.json"), 200)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %q", doc.OpenAPI)
	}
	n := 0
	for _, r := range b.routes {
		op := doc.Paths[r.path][strings.ToLower(r.method)]
		if op == nil {
			t.Errorf("%s %s is not described", r.method, r.path)
			continue
		}
		n++
		if _, secured := op["security"]; secured != (r.need != "") {
			t.Errorf("%s %s: described as secured: %v", r.method, r.path, secured)
		}
	}
	if n < 20 {
		t.Errorf("only %d routes", n)
	}
}

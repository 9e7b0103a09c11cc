package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hotline/ivr"
)

func TestLookup(t *testing.T) {
	long := strings.Repeat("长", 200)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /good", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != "k" || r.Header.Get("Accept") != "application/json" {
			http.Error(w, "who are you", http.StatusForbidden)
			return
		}
		io.WriteString(w, `{"customer": {"name": "王\u0007芳\n", "level": 3, "vip": true, "none": null, "cards": [{"no": "42"}], "long": "`+long+`"}}`)
	})
	mux.HandleFunc("POST /post", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Header.Get("Content-Type") != "application/json" {
			b = nil
		}
		w.Write(b)
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `"`+strings.Repeat("x", 70<<10)+`"`) })
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/text2", http.StatusFound) })
	mux.HandleFunc("/text2", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"a": "b"}`) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "ftp://127.0.0.1/x", http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	hang := make(chan struct{})
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-hang })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer close(hang)
	l := newLookups()
	defer l.close()
	ask := func(q ivr.Lookup) (map[string]string, error) {
		if q.Method == "" {
			q.Method = "GET"
		}
		if strings.HasPrefix(q.URL, "/") {
			q.URL = srv.URL + q.URL
		}
		patience := 20 * time.Second
		if strings.HasSuffix(q.URL, "/slow") {
			patience = 200 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return l.look(ctx, q)
	}
	got, err := ask(ivr.Lookup{URL: "/good", Headers: map[string]string{"X-Key": "k"}, Save: map[string]string{
		"name": "customer.name", "level": "customer.level", "vip": "customer.vip", "card": "customer.cards.0.no", "none": "customer.none",
		"object": "customer", "out": "customer.cards.7.no", "deep": "customer.name.x", "long": "customer.long", "minus": "customer.cards.-1",
	}})
	want := map[string]string{"name": "王芳", "level": "3", "vip": "true", "card": "42", "long": strings.Repeat("长", 85)}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := ask(ivr.Lookup{URL: "/post", Method: "POST", Body: []byte(`{"x": "y"}`), Save: map[string]string{"a": "x"}}); err != nil || got["a"] != "y" {
		t.Errorf("POST: %v %v", got, err)
	}
	if got, err := ask(ivr.Lookup{URL: "/moved", Save: map[string]string{"a": "a"}}); err != nil || got["a"] != "b" {
		t.Errorf("moved: %v %v", got, err)
	}
	for url, want := range map[string]string{
		"/good": "status 403", "/nowhere": "status 404", "/huge": "too long", "/text": "not JSON", "/away": "may not go", "/round": "may not go",
		"/slow": "deadline", "ftp://127.0.0.1/13800000000": "not http", "http://127.0.0.1:1/13800000000": "refused", "http://%zz": "no good",
	} {
		_, err := ask(ivr.Lookup{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "://") || strings.Contains(err.Error(), "1380") {
			t.Errorf("%s: %v, want %q and nothing of the URL", url, err, want)
		}
	}
}

// FuzzSaved: whatever a web service answers, what is kept is short, printable and asked for.
func FuzzSaved(f *testing.F) {
	f.Add(`{"a": {"b": ["x", 1.5e9, true]}}`, "a.b.0")
	f.Add(`["\u0000\ud800"]`, "0")
	f.Add(`{"": ""}`, "")
	f.Fuzz(func(t *testing.T, body, path string) {
		attrs, err := saved([]byte(body), map[string]string{"x": path})
		if err != nil && len(attrs) > 0 {
			t.Errorf("%v and %v", attrs, err)
		}
		for name, v := range attrs {
			if name != "x" || len(v) > maxLookupValue || !utf8.ValidString(v) || strings.ContainsAny(v, "\r\n\x00") {
				t.Errorf("%s = %q", name, v)
			}
		}
	})
}

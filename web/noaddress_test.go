package web

import (
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

// An address that takes other methods says which; one that there is not says so.
func TestOtherMethods(t *testing.T) {
	b := newBench(t, nil)
	token := b.as(t, auth.Director)
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{"POST", "/api/v1/live", "GET, HEAD", 405},
		{"PATCH", "/api/v1/agents/8001/break", "DELETE, POST", 405},
		{"GET", "/api/v1/login", "POST", 405},
		{"DELETE", "/api/v1/contacts/c1", "GET, HEAD", 405},
		{"GET", "/api/v1/agents/8001/break/", "", 404},
		{"GET", "/api/v1/agents//state", "", 404},
		{"GET", "/api/v1/nothing", "", 404},
		{"GET", "/api/", "", 404},
		{"OPTIONS", "/api/v1/me", "GET, HEAD", 405},
	} {
		r := b.do(t, token, c.method, c.path, "")
		if r.StatusCode != c.status || r.Header.Get("Allow") != c.allow || r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(r.body, `"status":`) {
			t.Errorf("%s %s: %d, Allow %q, %s", c.method, c.path, r.StatusCode, r.Header.Get("Allow"), r.body)
		}
	}
}

// What is wrong with a body is said without the password in it.
func TestFaultsWithoutSecrets(t *testing.T) {
	b := newBench(t, nil)
	for _, body := range []string{`{"user":"a","password":"geheim","more":1}`, `{"password":"geheim"}`, `{"user":{"password":"geheim"}}`, `["geheim"]`} {
		r := b.do(t, "", http.MethodPost, "/api/v1/login", body)
		if r.StatusCode != 422 || strings.Contains(r.body, "geheim") {
			t.Errorf("%s: %d %s", body, r.StatusCode, r.body)
		}
	}
}

// An agent that there is not has no list of calls.
func TestCallsOfNobody(t *testing.T) {
	b := newBench(t, nil)
	if r := b.get(t, b.as(t, auth.Lead), "/api/v1/agents/nobody/calls"); r.StatusCode != 404 {
		t.Error(r.StatusCode)
	}
	if r := b.get(t, b.as(t, auth.Lead), "/api/v1/agents/8001/calls"); r.StatusCode != 200 {
		t.Error(r.StatusCode)
	}
}

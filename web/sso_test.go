package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
	"hotline/web/oidc"
)

// door is an identity provider that says who comes; oidc.Provider itself is tested in its own room and end to end.
type door struct {
	user auth.User
	next string
	err  error
	kept string // the state that Finish was shown
}

func (d *door) Begin(_ context.Context, next string) (string, string, error) {
	d.next = next
	return "https://login.example/auth?state=s1", "s1", d.err
}

func (d *door) Finish(_ context.Context, kept, state, code string) (auth.User, string, error) {
	d.kept = kept
	return d.user, d.next, d.err
}

// walk goes through the door without following where it leads.
func walk(t *testing.T, b *bench, path string, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		q.AddCookie(c)
	}
	r, err := (&http.Client{Transport: b.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r
}

func TestSSO(t *testing.T) {
	d := &door{user: auth.User{Name: "sso/anna", Role: auth.Lead}}
	b := newBench(t, nil)
	b.SSO, b.SSOName = d, "Example ID"
	if a := read[about](t, b.get(t, "", "/api/v1/about"), http.StatusOK); a.SSO != "Example ID" {
		t.Errorf("%+v", a)
	}
	r := walk(t, b, "/api/v1/sso/begin?next=/lead")
	if r.StatusCode != http.StatusFound || r.Header.Get("Location") != "https://login.example/auth?state=s1" || len(r.Cookies()) != 1 {
		t.Fatalf("%s %v", r.Status, r.Header)
	}
	state := r.Cookies()[0]
	if !state.HttpOnly || state.Value != "s1" || state.Path != ssoPath {
		t.Errorf("%+v", state)
	}
	r = walk(t, b, "/api/v1/sso?state=s1&code=c", state)
	if r.StatusCode != http.StatusFound || r.Header.Get("Location") != "/lead" || d.kept != "s1" {
		t.Fatalf("%s %v kept %q", r.Status, r.Header, d.kept)
	}
	var session string
	for _, c := range r.Cookies() {
		if c.Name == cookieName {
			session = c.Value
		}
	}
	m := read[me](t, b.get(t, session, "/api/v1/me"), http.StatusOK)
	if m.User != "sso/anna" || m.Role != auth.Lead || !m.SSO {
		t.Errorf("%+v", m)
	}
	if acts := b.log.audited(); len(acts) != 1 || acts[0] != "sso/anna login sso" {
		t.Errorf("%v", acts)
	}
}

// TestSSORefuses: whoever has no place here, and whatever goes wrong, ends at the log-in page with a word about it and no session.
func TestSSORefuses(t *testing.T) {
	for want, d := range map[string]*door{
		"sso_role":    {err: oidc.ErrNoRole},
		"sso_expired": {err: oidc.ErrExpired},
		"sso_down":    {err: fmt.Errorf("%w: gone", oidc.ErrProvider)},
	} {
		b := newBench(t, nil)
		b.SSO = d
		r := walk(t, b, "/api/v1/sso?state=s1&code=c")
		if r.Header.Get("Location") != "/login?problem="+want || strings.Contains(fmt.Sprint(r.Cookies()), cookieName) {
			t.Errorf("%s: %v", want, r.Header)
		}
	}
	for _, u := range []auth.User{{Name: "sso/a", Role: auth.Agent, Agent: "9999"}, {Name: "sso/b", Role: auth.TeamLead, Team: "none"}} {
		b := newBench(t, nil)
		b.SSO = &door{user: u}
		if r := walk(t, b, "/api/v1/sso?state=s1&code=c"); r.Header.Get("Location") != "/login?problem=sso_role" {
			t.Errorf("%+v: %v", u, r.Header)
		}
	}
	b := newBench(t, nil)
	if r := walk(t, b, "/api/v1/sso/begin"); r.Header.Get("Location") != "/login?problem=sso_down" {
		t.Errorf("without a provider: %v", r.Header)
	}
	b.SSO = &door{}
	if r := walk(t, b, "/api/v1/sso?error=access_denied&state=s1"); r.Header.Get("Location") != "/login?problem=sso_denied" {
		t.Errorf("denied: %v", r.Header)
	}
}

// TestSSOLeadsNowhereElse: after the log-in one is on a page of ours, whatever was asked for.
func TestSSOLeadsNowhereElse(t *testing.T) {
	b := newBench(t, nil)
	for next, want := range map[string]string{
		"/lead": "/lead", "/reports?view=kpi": "/reports?view=kpi", "//evil.example": "/", "https://evil.example/lead": "/", "/\\evil.example": "/", "/api/v1/logout": "/",
		"javascript:alert(1)": "/", "": "/", "/lead/../../x": "/", "/board/hall": "/board/hall",
	} {
		b.SSO = &door{user: auth.User{Name: "sso/anna", Role: auth.Lead}, next: next}
		if r := walk(t, b, "/api/v1/sso?state=s1&code=c"); r.Header.Get("Location") != want {
			t.Errorf("%q leads to %q, want %q", next, r.Header.Get("Location"), want)
		}
	}
}

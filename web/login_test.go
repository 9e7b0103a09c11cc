package web

import (
	"net/http"
	"strings"
	"testing"

	"hotline"
	"hotline/web/auth"
)

func TestLogin(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Auth.Add("anna", auth.QA, "a long password"); err != nil {
		t.Fatal(err)
	}
	r := b.do(t, "", http.MethodPost, "/api/v1/login", `{"user":"anna","password":"a long password"}`)
	got := read[struct {
		Token string
		Me    me
	}](t, r, 200)
	if got.Me.User != "anna" || got.Me.Role != auth.QA || got.Me.TimeZone != "Asia/Shanghai" || got.Me.Language != "zh-CN" {
		t.Errorf("me: %+v", got.Me)
	}
	c := r.Cookies()
	if len(c) != 1 || c[0].Value != got.Token || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/" {
		t.Fatalf("cookie: %+v", c)
	}
	if m := read[me](t, b.get(t, "", "/api/v1/me", "Cookie", c[0].Name+"="+c[0].Value), 200); m.User != "anna" {
		t.Errorf("by cookie: %+v", m)
	}
	if m := read[me](t, b.get(t, got.Token, "/api/v1/me"), 200); m.User != "anna" {
		t.Errorf("by token: %+v", m)
	}
	if r := b.do(t, got.Token, http.MethodPost, "/api/v1/logout", ""); r.StatusCode != 204 || !strings.Contains(r.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("log out: %s %q", r.Status, r.Header.Get("Set-Cookie"))
	}
	if r := b.get(t, got.Token, "/api/v1/me"); r.StatusCode != 401 {
		t.Errorf("after the log out: %s", r.Status)
	}
	if got := strings.Join(b.log.audited(), "; "); got != "anna login; anna logout" {
		t.Errorf("audited: %s", got)
	}
}

func TestAgentLogsInWithThePhonesPassword(t *testing.T) {
	b := newBench(t, nil)
	got := read[struct{ Me me }](t, b.do(t, "", http.MethodPost, "/api/v1/login", `{"user":"8001","password":"phone8001"}`), 200)
	if got.Me.Role != auth.Agent || got.Me.Agent != "8001" {
		t.Errorf("%+v", got.Me)
	}
}

// A wrong password and an unknown name get the very same answer.
func TestLoginRefusalsAreAlike(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Auth.Add("anna", auth.QA, "a long password"); err != nil {
		t.Fatal(err)
	}
	var first reply
	for i, body := range []string{
		`{"user":"anna","password":"wrong"}`, `{"user":"nobody","password":"wrong"}`, `{"user":"8001","password":"wrong"}`, `{"user":"","password":""}`,
	} {
		r := b.do(t, "", http.MethodPost, "/api/v1/login", body)
		if r.StatusCode != 401 || r.Header.Get("Content-Type") != "application/problem+json" || len(r.Cookies()) != 0 {
			t.Errorf("%s: %s %s", body, r.Status, r.body)
		}
		if i == 0 {
			first = r
		} else if r.body != first.body {
			t.Errorf("%s is answered\n%s, a wrong password\n%s", body, r.body, first.body)
		}
	}
	var last reply
	for range 12 {
		last = b.do(t, "", http.MethodPost, "/api/v1/login", `{"user":"anna","password":"wrong"}`)
	}
	if last.StatusCode != 429 {
		t.Errorf("after a dozen guesses: %s, want 429", last.Status)
	}
	if acts := b.log.audited(); len(acts) != 0 {
		t.Errorf("refused logins are no acts: %v", acts)
	}
}

// Without a log nothing accountable is done but logging in, and a log that works again needs no restart.
func TestNoActWithoutLog(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Director)
	b.log.mu.Lock()
	b.log.broken = hotline.ErrLogFull
	b.log.mu.Unlock()
	for _, c := range [][3]string{
		{"POST", "/api/v1/agents/8002/state", `{"state":"ready"}`},
		{"PUT", "/api/v1/users/bert", `{"role":"qa","password":"a long password"}`},
		{"GET", "/api/v1/reports/queues?format=csv", ""},
	} {
		if r := b.do(t, tok, c[0], c[1], c[2]); r.StatusCode != 503 {
			t.Errorf("%s %s with a full log: %s", c[0], c[1], r.Status)
		}
	}
	if r := b.do(t, "", "POST", "/api/v1/login", `{"user":"8001","password":"phone8001"}`); r.StatusCode != 200 {
		t.Errorf("log in with a full log: %s", r.Status)
	}
	if len(b.asked) != 0 {
		t.Errorf("the shard was asked all the same: %v", b.asked)
	}
	if r := b.get(t, tok, "/api/v1/live"); r.StatusCode != 200 {
		t.Errorf("the live state needs no log: %s", r.Status)
	}
	b.log.mu.Lock()
	b.log.broken = nil
	b.log.mu.Unlock()
	if r := b.do(t, tok, "PUT", "/api/v1/users/bert", `{"role":"qa","password":"a long password"}`); r.StatusCode != 204 {
		t.Errorf("afterwards: %s %s", r.Status, r.body)
	}
}

func TestAgentState(t *testing.T) {
	b := newBench(t, nil)
	for _, c := range []struct {
		as     auth.Role
		body   string
		answer error
		status int
		want   hotline.Request
	}{
		{auth.Agent, `{"state":"ready"}`, nil, 200, hotline.SetAgent{Agent: "8001", State: "ready", Source: hotline.SourceAgent}},
		{auth.Lead, `{"state":"not_ready","reason":"rest"}`, nil, 200, hotline.SetAgent{Agent: "8001", State: "not_ready", Reason: "rest", Source: hotline.SourceLead}},
		{auth.Director, `{"state":"signed_out"}`, nil, 200, hotline.SetAgent{Agent: "8001", State: "signed_out", Source: hotline.SourceLead}},
		{auth.Agent, `{"state":"talking"}`, nil, 422, nil},
		{auth.Agent, `{"state":"ready","extra":1}`, nil, 422, nil},
		{auth.Agent, `{`, nil, 400, nil},
		{auth.Agent, `{"state":"ready"}`, hotline.ErrRefused, 409, nil},
		{auth.Agent, `{"state":"ready"}`, hotline.ErrUnknown, 404, nil},
		{auth.Agent, `{"state":"ready"}`, hotline.ErrOverload, 503, nil},
	} {
		b.mu.Lock()
		b.asked, b.answer = nil, c.answer
		b.mu.Unlock()
		r := b.do(t, b.as(t, c.as), http.MethodPost, "/api/v1/agents/8001/state", c.body)
		if r.StatusCode != c.status {
			t.Errorf("%s %s: %s %s, want %d", c.as, c.body, r.Status, r.body, c.status)
		}
		if r.StatusCode >= 400 && r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: an error of type %s", c.body, r.Header.Get("Content-Type"))
		}
		if c.want != nil && (len(b.asked) != 1 || b.asked[0] != c.want) {
			t.Errorf("%s %s: asked %+v, want %+v", c.as, c.body, b.asked, c.want)
		}
	}
	want := "lead set_agent not_ready rest 8001; director set_agent signed_out  8001"
	if got := strings.Join(b.log.audited(), "; "); got != want {
		t.Errorf("audited %q, want %q: what a person does to another", got, want)
	}
}

func TestUsers(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Director)
	put := func(name, body string) int {
		return b.do(t, tok, http.MethodPut, "/api/v1/users/"+name, body).StatusCode
	}
	if got := put("bert", `{"role":"qa","password":"a long password"}`); got != 204 {
		t.Errorf("put: %d", got)
	}
	for name, body := range map[string]string{
		"8001": `{"role":"qa","password":"a long password"}`, "b b": `{"role":"qa","password":"a long password"}`,
		"carl": `{"role":"king","password":"a long password"}`, "dora": `{"role":"qa","password":"abc"}`,
	} {
		if got := put(strings.ReplaceAll(name, " ", "%20"), body); got != 422 {
			t.Errorf("%s %s: %d, want 422", name, body, got)
		}
	}
	r := b.get(t, tok, "/api/v1/users")
	if users := read[[]auth.User](t, r, 200); len(users) != 1 || users[0].Name != "bert" || strings.Contains(r.body, "argon2") {
		t.Errorf("users: %s", r.body)
	}
	if r := b.do(t, tok, http.MethodDelete, "/api/v1/users/director", ""); r.StatusCode != 409 {
		t.Errorf("one's own login: %s", r.Status)
	}
	if r := b.do(t, tok, http.MethodDelete, "/api/v1/users/bert", ""); r.StatusCode != 204 {
		t.Errorf("delete: %s", r.Status)
	}
}

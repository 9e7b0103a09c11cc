package web

import (
	"net/http"
	"testing"

	"hotline/web/auth"
)

// fakePhones notes whose sockets came.
type fakePhones struct {
	user  string
	alive func() bool
}

func (f *fakePhones) ServePage(w http.ResponseWriter, _ *http.Request, user string, alive func() bool) {
	f.user, f.alive = user, alive
	w.WriteHeader(http.StatusTeapot)
}

// Who has a phone in its page, under which account, and that no other site's page gets at it.
func TestPhoneOfAPage(t *testing.T) {
	phones := &fakePhones{}
	b := newBench(t, nil)
	b.Phones, b.Realm = phones, "hotline.example"
	for _, c := range []struct {
		role auth.Role
		user string
	}{{auth.Agent, "8001"}, {auth.Lead, "~lead"}, {auth.QA, "~qa"}, {auth.Wallboard, ""}, {auth.Coordinator, ""}} {
		token := b.as(t, c.role)
		want, status := http.StatusTeapot, http.StatusOK
		if c.user == "" {
			want, status = http.StatusForbidden, http.StatusForbidden
		}
		r := b.do(t, token, http.MethodPost, "/api/v1/phone-key", "")
		if r.StatusCode != status {
			t.Errorf("%s: %s %s", c.role, r.Status, r.body)
		} else if c.user != "" {
			if k := read[phoneKeyOut](t, r, status); k.User != c.user || k.URI != "sip:"+c.user+"@hotline.example" || len(k.Password) < 40 || k.Socket != "/sip" || k.Numbers != (c.role != auth.QA) {
				t.Errorf("%s: %+v", c.role, k)
			}
		}
		phones.user = ""
		if got := b.get(t, token, "/sip"); got.StatusCode != want || phones.user != c.user {
			t.Errorf("%s: %s for %q", c.role, got.Status, phones.user)
		}
		if c.user == "" {
			continue
		}
		if got := b.get(t, token, "/sip", "Origin", "https://evil.example"); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %s", c.role, got.Status)
		}
		if got := b.get(t, token, "/sip", "Origin", b.URL); got.StatusCode != want || !phones.alive() {
			t.Errorf("%s from its page: %s", c.role, got.Status)
		}
		if err := b.Auth.End(token); err != nil || phones.alive() {
			t.Errorf("%s: its socket outlives the session, %v", c.role, err)
		}
	}
	if got := b.get(t, "", "/sip"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %s", got.Status)
	}
}

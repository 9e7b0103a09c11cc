package web

import (
	"errors"
	"strings"
	"testing"

	"hotline"
)

// TestNoCardByOwnTask: a task that an agent writes itself opens nobody's card to it, nor to a colleague; one of its own contact does,
// and so does one that a lead gives it.
func TestNoCardByOwnTask(t *testing.T) {
	h := newHall(t, deskCentre)
	tok, other, lead := h.agent("8001"), h.agent("8002"), h.as(t, "lead")
	h.staff("8001", "8002")
	h.rings("c1", hotline.Party{Number: "13911111111"}, nil)
	h.talks("c1")
	for _, body := range []string{
		`{"kind":"follow_up","number":"13800138000"}`, `{"kind":"follow_up","number":"13800138000","owner":""}`,
		`{"kind":"callback","number":"13800138000","contact":"c1","owner":""}`,
	} {
		if r := h.do(t, tok, "POST", "/api/v1/tasks", body); r.StatusCode != 200 {
			t.Errorf("%s: %s %s", body, r.Status, r.body)
		}
		for _, who := range []string{tok, other} {
			if r := h.get(t, who, "/api/v1/customers/13800138000"); r.StatusCode != 403 {
				t.Errorf("after %s: %s %s", body, r.Status, r.body)
			}
		}
	}
	for who, body := range map[string]string{tok: `{"kind":"follow_up","contact":"c1","owner":"8002"}`, lead: `{"kind":"follow_up","number":"13922222222","owner":"8002"}`} {
		if r := h.do(t, who, "POST", "/api/v1/tasks", body); r.StatusCode != 200 {
			t.Errorf("%s: %s %s", body, r.Status, r.body)
		}
	}
	for _, number := range []string{"13911111111", "13922222222"} {
		if r := h.get(t, other, "/api/v1/customers/"+number); r.StatusCode != 200 {
			t.Errorf("%s, which it was told to see to: %s %s", number, r.Status, r.body)
		}
	}
}

// TestTasksWhileSignedIn: who is signed out sees no customers in its tasks, hears none, and deals with none.
func TestTasksWhileSignedIn(t *testing.T) {
	h := newHall(t, deskCentre)
	tok := h.agent("8001")
	h.do(t, h.as(t, "lead"), "POST", "/api/v1/tasks", `{"kind":"follow_up","number":"13800138000","owner":"8001"}`)
	id := string(h.Fold.TasksWith("13800138000")[0].ID)
	ask := func(want int) {
		t.Helper()
		for _, r := range []reply{h.get(t, tok, "/api/v1/tasks"), h.do(t, tok, "PATCH", "/api/v1/tasks/"+id, `{"note":"x"}`), h.do(t, tok, "POST", "/api/v1/tasks/"+id+"/done", "")} {
			if r.StatusCode != want || want != 200 && strings.Contains(r.body, "13800138000") {
				t.Errorf("%s %s: %s %s", r.Request.Method, r.Request.URL.Path, r.Status, r.body)
			}
		}
	}
	ask(403)
	h.staff("8001")
	ask(200)
}

// brokenCards cannot be read.
type brokenCards struct {
	Cards
	put int
}

func (b *brokenCards) Get(string) ([]byte, error) { return nil, errors.New("input/output error") }
func (b *brokenCards) Put(string, []byte) error   { b.put++; return nil }

// TestCardsThatCannotBeRead: nothing is written over a card that cannot be read just now.
func TestCardsThatCannotBeRead(t *testing.T) {
	h := newHall(t, deskCentre)
	broken := &brokenCards{}
	h.server.Cards = broken
	lead := h.as(t, "lead")
	for _, r := range []reply{
		h.do(t, lead, "PUT", "/api/v1/customers/13800138000", `{"name":"x"}`), h.do(t, lead, "POST", "/api/v1/customers/13800138000/notes", `{"text":"x"}`),
	} {
		if r.StatusCode != 503 || broken.put != 0 {
			t.Errorf("%s %s, %d written", r.Status, r.body, broken.put)
		}
	}
}

// TestNumberAsName: many trunks repeat the number as the name; where numbers are hidden that is no name to show.
func TestNumberAsName(t *testing.T) {
	h := newHall(t, "numbers_shown: false\n"+deskCentre[1:])
	tok := h.agent("8001")
	h.staff("8001")
	h.rings("c1", hotline.Party{Number: "13800138000", Name: "+86 138 0013 8000"}, nil)
	h.talks("c1")
	h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"callback","contact":"c1"}`)
	for _, path := range []string{"/agents/8001/card", "/tasks", "/customers/contact:c1"} {
		if r := h.get(t, tok, "/api/v1"+path); r.StatusCode != 200 || strings.Contains(r.body, "0013 8000") || strings.Contains(r.body, "13800138000") {
			t.Errorf("%s: %s %s", path, r.Status, r.body)
		}
	}
	if r := h.get(t, tok, "/api/v1/agents/8001/card"); strings.Contains(r.body, `"diverted":{"number":"****"`) {
		t.Errorf("nobody sent it on: %s", r.body)
	}
}

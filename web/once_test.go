package web

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// TestMadeOnce: what is sent again with its key, because the answer was lost, is made once and answered as it is, also when both are under
// way at a time; another key, another login and no key make another.
func TestMadeOnce(t *testing.T) {
	h := newHall(t, deskCentre)
	h.staff("8001", "8002")
	tok, lead := h.agent("8001"), h.as(t, auth.Lead)
	const key = "Idempotency-Key"
	task := func(tok string, headers ...string) reports.Task {
		return read[reports.Task](t, h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"follow_up","number":"13800138000","note":"报价"}`, headers...), 200)
	}
	first := task(tok, key, "k1")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if r := h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"follow_up","number":"13800138000"}`, key, "k2"); r.StatusCode != http.StatusOK {
				t.Errorf("%s %s", r.Status, r.body)
			}
		})
	}
	all.Wait()
	if again := task(tok, key, "k1"); again.ID != first.ID || again.Note != "报价" {
		t.Errorf("again: %+v", again)
	}
	others := map[string]bool{string(first.ID): true, string(task(h.agent("8002"), key, "k1").ID): true, string(task(tok).ID): true, string(task(tok).ID): true}
	if page := read[reports.TaskPage](t, h.get(t, lead, "/api/v1/tasks"), 200); len(others) != 4 || len(page.Items) != 5 {
		t.Errorf("%d tasks, %d ids", len(page.Items), len(others))
	}
	if n := strings.Count(strings.Join(h.log.audited(), "\n"), "open_task"); n != 5 {
		t.Errorf("%d entries of the audit for 5 tasks", n)
	}

	notice := func() reports.Notice {
		return read[reports.Notice](t, h.do(t, lead, "POST", "/api/v1/notices", `{"title":"系统升级"}`, key, "k1"), 200)
	}
	if a, b := notice(), notice(); a.ID != b.ID || b.Rev != 1 || len(read[board](t, h.get(t, lead, "/api/v1/notices"), 200).Items) != 1 {
		t.Errorf("%+v, %+v", a, b)
	}

	for range 2 {
		w := read[customerWhole](t, h.do(t, lead, "POST", "/api/v1/customers/13800138000/notes", `{"text":"喜欢上午联系"}`, key, "k1"), 200)
		if len(w.Notes) != 1 {
			t.Errorf("%+v", w.Notes)
		}
	}
	if r := h.do(t, lead, "POST", "/api/v1/notices", `{"title":"x"}`, key, strings.Repeat("k", 201)); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a long key: %s", r.Status)
	}
}

package web

import (
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// TestNotices: what is posted is read, who has read what is seen by who posted it, a change wants to be read again, and what
// was removed is shown as removed.
func TestNotices(t *testing.T) {
	h := newHall(t, deskCentre)
	lead, a, b := h.as(t, auth.Lead), h.agent("8001"), h.agent("8002")
	all := read[reports.Notice](t, h.do(t, lead, "POST", "/api/v1/notices", `{"title":"费率","text":"今日起 =1+1"}`), 200)
	own := read[reports.Notice](t, h.do(t, lead, "POST", "/api/v1/notices", `{"title":"一组早会","teams":["a","a"],"until":"2026-11-22T10:00:00Z"}`), 200)
	see := func(tok string) board { return read[board](t, h.get(t, tok, "/api/v1/notices"), 200) }
	if x := see(a); x.Unread != 2 || len(x.Items) != 2 || x.Items[0].Readers != nil || x.Items[0].Waiting != nil || x.Items[0].State != reports.NoticeNew {
		t.Errorf("%+v", x)
	}
	if x := see(b); x.Unread != 1 || x.Items[0].ID != all.ID {
		t.Errorf("another team: %+v", x)
	}
	if x := read[board](t, h.do(t, a, "POST", "/api/v1/notices/"+all.ID+"/read", `{"rev":1}`), 200); x.Unread != 1 {
		t.Errorf("%+v", x)
	}
	n := h.Fold.Seq()
	read[board](t, h.do(t, a, "POST", "/api/v1/notices/"+all.ID+"/read", `{"rev":1}`), 200)
	if h.Fold.Seq() != n {
		t.Error("read twice is written twice")
	}
	if r := h.do(t, b, "POST", "/api/v1/notices/"+own.ID+"/read", `{"rev":1}`, "Accept-Language", "zh"); r.StatusCode != 404 || !strings.Contains(r.body, "没有这条公告") {
		t.Errorf("another team's: %s %s", r.Status, r.body)
	}
	for _, one := range see(lead).Items {
		if one.ID == all.ID && (len(one.Readers) != 1 || one.Readers[0].Name != "王芳" || len(one.Waiting) != 1 || one.Waiting[0].User != "8002") {
			t.Errorf("%+v", one)
		}
		if one.ID == own.ID && (len(one.Readers) != 0 || len(one.Waiting) != 1) {
			t.Errorf("%+v", one)
		}
	}
	changed := read[reports.Notice](t, h.do(t, lead, "PUT", "/api/v1/notices/"+all.ID, `{"title":"费率","text":"明日起"}`), 200)
	if changed.Rev != 2 || changed.State != reports.NoticeChanged {
		t.Errorf("%+v", changed)
	}
	if r := h.do(t, a, "POST", "/api/v1/notices/"+all.ID+"/read", `{"rev":1}`); r.StatusCode != 409 {
		t.Errorf("an old reading: %s", r.Status)
	}
	if x := see(a); x.Unread != 2 {
		t.Errorf("%+v", x)
	}
	if r := h.do(t, lead, "DELETE", "/api/v1/notices/"+all.ID, ""); r.StatusCode != 204 {
		t.Errorf("%s %s", r.Status, r.body)
	}
	if x := see(b); x.Unread != 0 || x.Items[0].State != reports.NoticeRemoved {
		t.Errorf("%+v", x)
	}
	h.pass(4 * 3600e9)  // 18:32: own is over
	a = h.agent("8001") // the session too
	if x := see(a); x.Unread != 0 || len(x.Items) != 1 {
		t.Errorf("%+v", x)
	}
	h.pass(6 * 3600e9) // another day
	a = h.agent("8001")
	if x := see(a); len(x.Items) != 0 {
		t.Errorf("%+v", x)
	}
	head := h.token(t, auth.User{Name: "tl", Role: auth.TeamLead, Team: "a"})
	if x := read[reports.Notice](t, h.do(t, head, "POST", "/api/v1/notices", `{"title":"x"}`), 200); len(x.Teams) != 1 || x.Teams[0] != "a" {
		t.Errorf("%+v", x)
	}
	for body, want := range map[string]int{`{"title":"x","teams":["b"]}`: 403, `{"title":"x","teams":["z"]}`: 422, `{"title":""}`: 422} {
		if r := h.do(t, head, "POST", "/api/v1/notices", body); r.StatusCode != want {
			t.Errorf("%s: %s", body, r.Status)
		}
	}
}

// TestTasksOfPeople: follow-ups with an owner and a time, made at the desk, handed on, overdue, done.
func TestTasksOfPeople(t *testing.T) {
	h := newHall(t, deskCentre)
	tok := h.agent("8001")
	if r := h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"follow_up","number":"13800138000"}`); r.StatusCode != 403 {
		t.Errorf("signed out: %s", r.Status)
	}
	h.staff("8001", "8002")
	h.rings("c1", callerOf("13800138000", "陈建国"), nil)
	h.talks("c1")
	task := read[reports.Task](t, h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"callback","contact":"c1","due":"2026-11-22T06:50:00Z","note":"报价"}`), 200)
	if task.Kind != "callback" || task.Owner != "8001" || task.From.Number != "13800138000" || task.Queue != "claims" || task.OpenedBy != "8001" || task.Overdue {
		t.Errorf("%+v", task)
	}
	if c := read[deskCard](t, h.get(t, tok, "/api/v1/agents/8001/card"), 200); len(c.Tasks) != 1 || c.Tasks[0].ID != task.ID {
		t.Errorf("%+v", c.Tasks)
	}
	h.pass(29 * 60e9)
	page := read[reports.TaskPage](t, h.get(t, tok, "/api/v1/tasks?owner=8001"), 200)
	if i := len(page.Items); i != 1 || !page.Items[0].Overdue || page.Items[0].ID != task.ID {
		t.Errorf("%+v", page.Items)
	}
	patched := read[reports.Task](t, h.do(t, tok, "PATCH", "/api/v1/tasks/"+string(task.ID), `{"owner":"b","due":"2026-11-23T01:00:00Z"}`), 200)
	if patched.Owner != "b" || patched.Note != "报价" || patched.Overdue {
		t.Errorf("%+v", patched)
	}
	if r := h.do(t, tok, "POST", "/api/v1/tasks/"+string(task.ID)+"/done", ""); r.StatusCode != 403 {
		t.Errorf("another team's: %s", r.Status)
	}
	done := read[reports.Task](t, h.do(t, h.agent("8002"), "POST", "/api/v1/tasks/"+string(task.ID)+"/done", `{"note":"已回电"}`), 200)
	if done.By != "8002" || done.Result != "已回电" || done.Closed == 0 {
		t.Errorf("%+v", done)
	}
	for body, want := range map[string]int{
		`{"kind":"callback"}`: 422, `{"kind":"callback","number":"tel:1"}`: 422, `{"kind":"other","number":"1"}`: 422,
		`{"kind":"follow_up","number":"138","owner":"nobody"}`: 422, `{"kind":"follow_up","contact":"c9"}`: 404, `{"kind":"follow_up","number":"138","queue":"no"}`: 422,
	} {
		if r := h.do(t, tok, "POST", "/api/v1/tasks", body); r.StatusCode != want {
			t.Errorf("%s: %s %s", body, r.Status, r.body)
		}
	}
	if r := h.do(t, h.agent("8002"), "POST", "/api/v1/tasks", `{"kind":"follow_up","contact":"c1"}`); r.StatusCode != 403 {
		t.Errorf("of a colleague's contact: %s", r.Status)
	}
}

package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hotline"
	"hotline/web/audit"
	"hotline/web/auth"
)

// needLogins is the part of need about logins, sessions and the audit.
func needLogins() map[string][]auth.Role {
	all := auth.Roles()
	return map[string][]auth.Role{
		"GET /api/v1/sessions":             all,
		"DELETE /api/v1/sessions":          all,
		"DELETE /api/v1/sessions/{id}":     all,
		"POST /api/v1/me/password":         all,
		"GET /api/v1/me/totp":              all,
		"POST /api/v1/me/totp":             all,
		"POST /api/v1/me/totp/confirm":     all,
		"POST /api/v1/me/totp/off":         all,
		"DELETE /api/v1/users/{name}/totp": {auth.Director},
		"GET /api/v1/audit":                {auth.Director},
		"GET /api/v1/audit/verify":         {auth.Director},
	}
}

func TestAuditLog(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Director)
	const evil = "=HYPERLINK(\"http://evil.example\")\r\n<script>"
	_, _ = b.log.Append([]hotline.Event{
		{At: moment(t, testNow), Fact: hotline.Audited{User: "anna", Act: "play_recording", Target: evil, Addr: "192.0.2.1"}},
		{At: moment(t, testNow), Fact: hotline.Audited{User: "bert", Act: "set_agent ready", Target: "8001"}},
		{At: moment(t, testNow), Agent: "8001", Fact: hotline.Audited{User: "8001", Act: "login"}},
	})
	b.learn(t)
	page := func(query string) audit.Page { return read[audit.Page](t, b.get(t, tok, "/api/v1/audit?"+query), 200) }
	if p := page(""); len(p.Items) != 3 || p.Items[0].User != "8001" || p.Items[0].N != 3 || p.Items[2].Target != evil {
		t.Errorf("%+v", p)
	}
	if p := page("user=bert&act=set_agent&target=800&from=" + url.QueryEscape(testNow)); len(p.Items) != 1 || p.Items[0].N != 2 {
		t.Errorf("filtered: %+v", p)
	}
	p := page("limit=2")
	if q := page("limit=2&cursor=" + p.Next); len(q.Items) != 1 || q.Items[0].N != 1 || q.Next != "" {
		t.Errorf("the second page: %+v", q)
	}
	for query, want := range map[string]int{"cursor=x": 422, "from=yesterday": 422, "limit=0": 422, "format=xml": 422} {
		if r := b.get(t, tok, "/api/v1/audit?"+query, "Accept-Language", "zh-CN"); r.StatusCode != want {
			t.Errorf("%s: %s", query, r.Status)
		}
	}
	r := b.get(t, tok, "/api/v1/audit?format=csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 4 || !strings.HasPrefix(rows[3][6], "'=HYPERLINK") {
		t.Errorf("csv: %v\n%s", err, r.body)
	}
	if acts := b.log.audited(); !slices.Equal(acts[len(acts)-2:], []string{"director export audit csv", "director exported audit csv rows=3"}) {
		t.Errorf("the export is no act: %v", acts)
	}
	b.learn(t)
	v := read[audit.Verdict](t, b.get(t, tok, "/api/v1/audit/verify"), 200)
	if !v.OK || v.Entries != 5 || v.InLog != 5 {
		t.Errorf("%+v", v)
	}
	if w := read[audit.Verdict](t, b.get(t, tok, "/api/v1/audit/verify?n=5&hash="+v.Hash), 200); !w.OK {
		t.Errorf("with the noted head: %+v", w)
	}
	b.log.mu.Lock()
	for i, ev := range b.log.events {
		if a, ok := ev.Fact.(hotline.Audited); ok && a.User == "anna" {
			a.User = "bert"
			b.log.events[i].Fact = a
		}
	}
	b.log.mu.Unlock()
	if w := read[audit.Verdict](t, b.get(t, tok, "/api/v1/audit/verify"), 200); w.OK || w.Broken.N != 1 || w.Broken.Fault != audit.FaultLogDiffers {
		t.Errorf("an altered log: %+v %+v", w, w.Broken)
	}
	for _, m := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if r := b.do(t, tok, m, "/api/v1/audit", "{}"); r.StatusCode != 405 && r.StatusCode != 404 {
			t.Errorf("%s of the audit: %s", m, r.Status)
		}
	}
}

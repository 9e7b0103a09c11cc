package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

// Whoever may look at reports and not copy them out is told so; whoever may is noted with what went out.
func TestExportNeedsLeaveAndIsNoted(t *testing.T) {
	b := newBench(t, afternoon(t))
	for _, role := range auth.Roles() {
		for _, path := range []string{"queues?format=csv", "queues?format=xlsx", "agents?format=html", "kpi?format=csv", "contacts?format=csv", "contacts"} {
			r := b.get(t, b.as(t, role), "/api/v1/reports/"+path, "Accept-Language", "zh-CN")
			if may := role.May(auth.Export); may != (r.StatusCode == 200) {
				t.Errorf("%s as %s: %s", path, role, r.Status)
			} else if !may && role.May(auth.SeeReports) && !strings.Contains(r.body, "不能导出") {
				t.Errorf("%s as %s is refused with %s", path, role, r.body)
			}
		}
	}
	before := len(b.log.audited())
	tok := b.as(t, auth.Lead)
	span := "from=2026-11-22T14:00:00%2B08:00&to=2026-11-22T14:30:00%2B08:00"
	b.get(t, tok, "/api/v1/reports/queues?format=xlsx&interval=15m&queue=rescue&lang=zh-CN&"+span)
	r := b.get(t, tok, "/api/v1/reports/contacts?format=csv&"+span)
	all, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(all) < 3 {
		t.Fatal(len(all), err)
	}
	asked := "from=2026-11-22T14:00:00+08:00 to=2026-11-22T14:30:00+08:00"
	want := []string{
		"lead export queues xlsx " + asked + " interval=15m queue=rescue rows=2",
		"lead export contacts csv " + asked,
		fmt.Sprintf("lead exported contacts csv %s rows=%d", asked, len(all)-1),
	}
	if got := b.log.audited()[before:]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("noted:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The columns' ids are for programs, their names for people; a page to print runs nothing.
func TestFilesSpeakBothLanguages(t *testing.T) {
	b := newBench(t, afternoon(t))
	tok := b.as(t, auth.Lead)
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "\ufeffstart,local,queue,name,final,"},
		{"&lang=zh-CN", "", "\ufeff时段（UTC）,当地时段,队列,"},
		{"", "zh-CN,zh;q=0.9", "\ufeff时段（UTC）,"},
		{"&lang=en-US", "zh-CN", "\ufeffFrom (UTC),Interval,Queue,"},
	} {
		if r := b.get(t, tok, "/api/v1/reports/queues?format=csv"+c.query, "Accept-Language", c.accept); !strings.HasPrefix(r.body, c.want) {
			t.Errorf("%s %s: %.80s", c.query, c.accept, r.body)
		}
	}
	for _, name := range []string{"queues", "agents", "kpi", "contacts"} {
		r := b.get(t, tok, "/api/v1/reports/"+name+"?format=html&lang=zh-CN")
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || !strings.HasPrefix(r.Header.Get("Content-Security-Policy"), "default-src 'none';") ||
			!strings.Contains(r.body, "Asia/Shanghai") || strings.Contains(r.body, "<script") {
			t.Errorf("%s: %s %v %.200s", name, r.Status, r.Header, r.body)
		}
	}
	if r := b.get(t, tok, "/api/v1/reports/queues?format=pdf"); r.StatusCode != 422 {
		t.Errorf("pdf: %s", r.Status)
	}
}

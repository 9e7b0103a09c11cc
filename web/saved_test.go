package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hotline/web/auth"
)

const savedURL = "/api/v1/reports/saved"

// user is a login that is there, and a session of it.
func (b *bench) user(t testing.TB, name string, role auth.Role) string {
	t.Helper()
	if err := b.Auth.Add(name, role, "a long password"); err != nil {
		t.Fatal(err)
	}
	return b.token(t, auth.User{Name: name, Role: role})
}

func TestSavedReports(t *testing.T) {
	b := newBench(t, afternoon(t))
	anna, bert, qa := b.user(t, "anna", auth.Lead), b.user(t, "bert", auth.Lead), b.user(t, "carl", auth.QA)
	day := `{"name":"昨日队列","report":"queues","query":{"interval":"1h","queue":"rescue"},"span":"yesterday","shared":["qa"]}`
	one := read[savedView](t, b.do(t, anna, "POST", savedURL, day), 200)
	if one.ID == "" || one.Owner != "anna" || !one.Mine || one.URL != "/api/v1/reports/queues?from=2026-11-21T00%3A00%3A00%2B08%3A00&interval=1h&queue=rescue&to=2026-11-22T00%3A00%3A00%2B08%3A00" {
		t.Errorf("%+v", one)
	}
	list := func(tok string) (names []string) {
		for _, r := range read[savedList](t, b.get(t, tok, savedURL), 200).Items {
			names = append(names, r.Name)
		}
		return names
	}
	if len(list(anna)) != 1 || len(list(bert)) != 0 || len(list(qa)) != 1 {
		t.Errorf("anna sees %v, bert %v, carl %v", list(anna), list(bert), list(qa))
	}
	for _, c := range []struct {
		tok, method, id, body string
		want                  int
	}{
		{qa, "PUT", one.ID, day, 403},
		{qa, "DELETE", one.ID, "", 403},
		{bert, "PUT", one.ID, day, 404},
		{bert, "GET", one.ID, "", 404},
		{anna, "GET", "../users", "", 404},
		{anna, "PUT", one.ID, strings.Replace(day, "昨日队列", "rescue", 1), 200},
	} {
		if r := b.do(t, c.tok, c.method, savedURL+"/"+c.id, c.body); r.StatusCode != c.want {
			t.Errorf("%s %s: %s %s, want %d", c.method, c.id, r.Status, r.body, c.want)
		}
	}
	for _, bad := range []string{
		`{"name":"","report":"queues","span":"today"}`, `{"name":"x","report":"nothing","span":"today"}`, `{"name":"x","report":"saved","span":"today"}`,
		`{"name":"x","report":"queues","span":"next_week"}`, `{"name":"x","report":"queues"}`, `{"name":"x","report":"queues","from":"2026-11-22T00:00:00Z","to":"2026-11-21T00:00:00Z"}`,
		`{"name":"x","report":"queues","span":"today","query":{"interval":"7m"}}`, `{"name":"x","report":"queues","span":"today","query":{"colour":"red"}}`,
		`{"name":"x","report":"queues","span":"today","query":{"from":"2026-11-22T00:00:00Z"}}`, `{"name":"x","report":"queues","span":"today","shared":["queen"]}`,
		`{"name":"x","report":"queues","span":"today","query":{"format":"csv"}}`,
	} {
		if r := b.do(t, anna, "POST", savedURL, bad, "Accept-Language", "zh-CN"); r.StatusCode != 422 {
			t.Errorf("%s: %s %s", bad, r.Status, r.body)
		}
	}
	b.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r := b.get(t, qa, savedURL+"/"+one.ID+"?format=csv&lang=zh-CN")
	if r.StatusCode != 303 || !strings.HasPrefix(r.Header.Get("Location"), "/api/v1/reports/queues?format=csv&from=2026-11-21") {
		t.Errorf("%s %v", r.Status, r.Header)
	}
	if r := b.get(t, qa, r.Header.Get("Location")); r.StatusCode != 200 || !strings.HasPrefix(r.body, "\ufeff时段") {
		t.Errorf("%s %.100s", r.Status, r.body)
	}
	kpi := read[savedView](t, b.do(t, anna, "POST", savedURL, `{"name":"kpi","report":"kpi","span":"last_month"}`), 200)
	if kpi.URL != "/api/v1/reports/kpi?month=2026-10" {
		t.Error(kpi.URL)
	}
	if r := b.do(t, anna, "DELETE", savedURL+"/"+one.ID, ""); r.StatusCode != 204 || len(list(anna)) != 1 {
		t.Errorf("%s %v", r.Status, list(anna))
	}
}

// A span that moves is that of the day, in the centre's zone.
func TestSavedSpanMoves(t *testing.T) {
	at := moment(t, testNow)
	b, err := setBench(nil, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	r := SavedReport{Report: "queues", Span: "last_month"}
	q, _, _, err := b.savedQuery(r, moment(t, "2026-12-01T00:00:00+08:00"))
	if err != nil || q.Get("from") != "2026-11-01T00:00:00+08:00" || q.Get("to") != "2026-12-01T00:00:00+08:00" {
		t.Error(q, err)
	}
}

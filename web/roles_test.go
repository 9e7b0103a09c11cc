package web

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

// need is what a route asks for: a list of the roles that may use it. Agents that act for themselves are tested apart.
func need() map[string][]auth.Role {
	all := auth.Roles()
	but := func(drop ...auth.Role) (out []auth.Role) {
		for _, r := range all {
			keep := true
			for _, d := range drop {
				keep = keep && d != r
			}
			if keep {
				out = append(out, r)
			}
		}
		return out
	}
	const a, w, qa, tl, co, le, di = auth.Agent, auth.Wallboard, auth.QA, auth.TeamLead, auth.Coordinator, auth.Lead, auth.Director
	table := map[string][]auth.Role{
		"POST /api/v1/login":                           nil, // everybody
		"GET /api/v1/about":                            nil,
		"GET /api/v1/sso/begin":                        nil,
		"GET /api/v1/sso":                              nil,
		"POST /api/v1/logout":                          all,
		"GET /api/v1/me":                               all,
		"GET /api/v1/live":                             all,
		"GET /api/v1/live/stream":                      all,
		"GET /api/v1/events":                           {di, le},
		"GET /api/v1/contacts":                         but(a, w),
		"GET /api/v1/contacts/{id}":                    but(a, w),
		"GET /api/v1/contacts/{id}/explain":            but(a, w),
		"GET /api/v1/contacts/{id}/spans":              {di, le, tl, qa},
		"GET /api/v1/contacts/{id}/recording":          {di, le, tl, qa},
		"GET /api/v1/contacts/{id}/peaks":              {di, le, tl, qa},
		"GET /api/v1/agents/{id}/day":                  {di, le, tl, qa, co},
		"GET /api/v1/agents/{id}":                      {di, le, tl, qa, co},
		"POST /api/v1/agents/{id}/state":               {di, le, tl},
		"POST /api/v1/agents/{id}/end-wrap-up":         {di, le, tl},
		"GET /api/v1/agents/{id}/calls":                {di, le, tl},
		"POST /api/v1/agents/{id}/calls":               {di, le, tl},
		"POST /api/v1/contacts/{id}/supervise":         {di, le, tl, qa},
		"DELETE /api/v1/contacts/{id}/supervise":       {di, le, tl, qa},
		"POST /api/v1/agents/{id}/follow":              {di, le, tl, qa},
		"DELETE /api/v1/agents/{id}/follow":            {di, le, tl, qa},
		"GET /api/v1/supervision":                      {di, le, tl, qa},
		"POST /api/v1/agents/{id}/calls/{call}/{verb}": {di, le, tl},
		"GET /api/v1/agents/{id}/explain":              {di, le, tl, qa, co},
		"POST /api/v1/agents/{id}/break":               {di, le, tl},
		"DELETE /api/v1/agents/{id}/break":             {di, le, tl},
		"POST /api/v1/agents/{id}/break/answer":        {di, le, tl},
		"POST /api/v1/agents/{id}/recall":              {di, le, tl},
		"POST /api/v1/agents/{id}/phone":               {di, le, tl},
		"POST /api/v1/visits/{visit}/move":             {di, le, tl},
		"POST /api/v1/visits/{visit}/pull":             {di, le, tl},
		"POST /api/v1/visits/{visit}/priority":         {di, le, tl},
		"DELETE /api/v1/visits/{visit}":                {di, le, tl},
		"GET /api/v1/callbacks":                        {di, le, tl, co},
		"DELETE /api/v1/callbacks/{id}":                {di, le, tl},
		"GET /api/v1/tasks":                            {di, le, tl, co, a},
		"POST /api/v1/tasks/{id}/done":                 {di, le, tl, co, a},
		"GET /api/v1/tasks/{id}/recording":             {di, le, tl, co, a},
		"GET /api/v1/switches":                         all,
		"GET /api/v1/switches/{id}":                    all,
		"POST /api/v1/switches/{id}":                   {di, le},
		"GET /api/v1/reports/queues":                   but(a, w),
		"GET /api/v1/reports/agents":                   but(a, w),
		"GET /api/v1/reports/kpi":                      but(a, w),
		"GET /api/v1/reports/contacts":                 but(a, w, tl),
		"GET /api/v1/reports/teams":                    but(a, w),
		"GET /api/v1/reports/timeline":                 but(a, w),
		"GET /api/v1/reports/abandoned":                but(a, w),
		"GET /api/v1/reports/ivr":                      but(a, w),
		"GET /api/v1/reports/heatmap":                  but(a, w),
		"GET /api/v1/reports/survey":                   but(a, w),
		"GET /api/v1/reports/quality":                  but(a, w),
		"GET /api/v1/reports/trunks":                   but(a, w),
		"GET /api/v1/reports/peaks":                    but(a, w),
		"GET /api/v1/reports/fcr":                      but(a, w),
		"GET /api/v1/reports/definitions":              but(a, w),
		"GET /api/v1/reports/saved":                    but(a, w),
		"POST /api/v1/reports/saved":                   but(a, w),
		"GET /api/v1/reports/saved/{id}":               but(a, w),
		"PUT /api/v1/reports/saved/{id}":               but(a, w),
		"DELETE /api/v1/reports/saved/{id}":            but(a, w),
		"GET /api/v1/reports/schedules":                {di, le, co},
		"POST /api/v1/reports/schedules":               {di, le, co},
		"PUT /api/v1/reports/schedules/{id}":           {di, le, co},
		"DELETE /api/v1/reports/schedules/{id}":        {di, le, co},
		"POST /api/v1/reports/schedules/{id}/send":     {di, le, co},
		"GET /api/v1/staffing":                         but(a, w),
		"GET /api/v1/forecast":                         but(a, w),
		"GET /api/v1/roster/{queue}/{day}":             but(a, w),
		"PUT /api/v1/roster/{queue}/{day}":             {di, le},
		"DELETE /api/v1/roster/{queue}/{day}":          {di, le},
		"GET /api/v1/turns":                            but(a, w),
		"POST /api/v1/turns":                           {di, le},
		"GET /api/v1/reports/visits":                   but(a, w),
		"GET /api/v1/reasons":                          all,
		"GET /api/v1/centre":                           {di, le, co},
		"GET /api/v1/health":                           {di, le, co},
		"GET /api/v1/outward":                          {di, le, co},
		"GET /api/v1/trunks":                           {di, le, co},
		"POST /api/v1/phone-key":                       {di, le, tl, qa, a},
		"GET /api/v1/users":                            {di},
		"PUT /api/v1/users/{name}":                     {di},
		"DELETE /api/v1/users/{name}":                  {di},
	}
	maps.Copy(table, needDesk())
	maps.Copy(table, needLead())
	maps.Copy(table, needBoards())
	return table
}

// TestEveryRouteByRole asks every route as every role and as nobody: 401, 403 or something else.
func TestEveryRouteByRole(t *testing.T) {
	b := newBench(t, playDay(1, moment(t, "2026-11-22T14:00:00+08:00"), moment(t, testNow), moment(t, testNow)))
	want := need()
	maps.Copy(want, needCentre())
	maps.Copy(want, needLogins())
	for _, r := range b.routes {
		key := r.method + " " + r.path
		roles, known := want[key]
		if !known {
			t.Errorf("%s is in no row of the table", key)
			continue
		}
		path := strings.NewReplacer("{id}", "8002", "{name}", "nobody", "{visit}", "nowhere", "{call}", "nowhere", "{verb}", "hold").Replace(r.path)
		if strings.HasSuffix(path, "/stream") || strings.HasSuffix(path, "/events") {
			path += "?after=x" // events: refused after the right was checked
		}
		if got := ask(t, b, "", r.method, path); roles != nil && got != http.StatusUnauthorized {
			t.Errorf("%s without a login: %d, want 401", key, got)
		}
		for _, role := range auth.Roles() {
			got := ask(t, b, b.as(t, role), r.method, path)
			may := roles == nil
			for _, x := range roles {
				may = may || x == role
			}
			if may == (got == http.StatusForbidden) || got == http.StatusUnauthorized && roles != nil {
				t.Errorf("%s as %s: %d, may: %v", key, role, got, may)
			}
		}
	}
	if len(b.routes) != len(want) {
		t.Errorf("%d routes, %d rows", len(b.routes), len(want))
	}
}

// ask returns the status alone, so that a stream does not keep it.
func ask(t *testing.T, b *bench, token, method, path string) int {
	t.Helper()
	body := ""
	switch {
	case strings.HasSuffix(path, "/state"):
		body = `{"state":"ready"}`
	case strings.HasSuffix(path, "/break"):
		body = `{"reason":"rest"}`
	case strings.HasSuffix(path, "/answer"):
		body = `{"grant":true}`
	case strings.HasSuffix(path, "/calls") && method == http.MethodPost:
		body = `{"to":"13900139000"}`
	case strings.HasSuffix(path, "/phone"):
		body = `{"phone":""}`
	case strings.HasSuffix(path, "/move"):
		body = `{"queue":"rescue"}`
	case strings.HasSuffix(path, "/pull"):
		body = `{"agent":"8001"}`
	case strings.HasSuffix(path, "/priority"):
		body = `{"priority":3}`
	case strings.Contains(path, "/switches/"):
		body = `{"on":true}`
	case strings.HasSuffix(path, "/login"):
		body = `{"user":"nobody","password":"wrong"}`
	case strings.HasSuffix(path, "/wrap-up") && method == http.MethodPut:
		body = `{"code":"car","agent":"8002"}`
	case strings.HasSuffix(path, "/raise-hand"):
		body = `{}`
	case strings.HasSuffix(path, "/api/v1/tasks"), strings.Contains(path, "/tasks/") && method == http.MethodPatch:
		body = `{"kind":"follow_up","number":"x"}`
		if method == http.MethodPatch {
			body = `{"note":"x"}`
		}
	case strings.HasSuffix(path, "/read"):
		body = `{"rev":1}`
	case strings.HasSuffix(path, "/notes"):
		body = `{"text":"x"}`
	case strings.Contains(path, "/customers/"):
		body = `{"vip":true}`
	case strings.Contains(path, "/notices"):
		body = `{"title":"x"}`
	case strings.Contains(path, "/boards/"):
		body = `{"name":"x","version":0,"pages":[]}`
	case strings.HasSuffix(path, "/kiosks"):
		body = `{"board":"nowhere"}`
	case method == http.MethodPut:
		body = `{"role":"qa","password":"short"}`
	}
	q, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	r, err := b.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

// TestAgentActsForItselfOnly: the routes of one agent are open to that agent, whatever its role may not do to others.
func TestAgentActsForItselfOnly(t *testing.T) {
	b := newBench(t, nil)
	tok := b.as(t, auth.Agent)
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodGet, "/api/v1/agents/8001", "", 200},
		{http.MethodGet, "/api/v1/agents/8001/explain", "", 200},
		{http.MethodPost, "/api/v1/agents/8001/state", `{"state":"ready"}`, 200},
		{http.MethodPost, "/api/v1/agents/8001/end-wrap-up", "", 200},
		{http.MethodGet, "/api/v1/agents/8002", "", 403},
		{http.MethodPost, "/api/v1/agents/8002/state", `{"state":"ready"}`, 403},
		{http.MethodPost, "/api/v1/agents/8002/end-wrap-up", "", 403},
	} {
		if r := b.do(t, tok, c.method, c.path, c.body); r.StatusCode != c.want {
			t.Errorf("%s %s: %s, want %d\n%s", c.method, c.path, r.Status, c.want, r.body)
		}
	}
	if r := b.get(t, b.as(t, auth.Lead), "/api/v1/agents/nobody"); r.StatusCode != 404 {
		t.Errorf("an agent that is not there: %s", r.Status)
	}
}

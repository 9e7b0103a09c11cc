//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEveryRouteTakesAnything: whatever is asked of the routes that the engine describes — names there are and are not, numbers that
// are none, bodies of the shape described and of none — is done or refused with a problem that says why: no fault of the engine's (5xx)
// and none in its log. ANYTHING=n asks n times, SEED=n the same again.
func TestEveryRouteTakesAnything(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("ANYTHING"))
	count = max(count, 3000)
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("SEED=%d", seed)
	e := startEngine(t, "127.0.0.79", deskCentre)
	caller := ring(t, e, 1) // a call is there, and one that is over
	caller.taken()
	a := &asker{e: e, chance: rand.New(rand.NewPCG(seed, 1)), statuses: map[int]int{}}
	e.json("/api/openapi.json", &a.doc)
	a.learns()
	paths := slices.Sorted(maps.Keys(a.doc.Paths))
	for i := range count {
		p := paths[a.chance.IntN(len(paths))]
		methods := slices.Sorted(maps.Keys(a.doc.Paths[p]))
		a.asks(strings.ToUpper(methods[a.chance.IntN(len(methods))]), p)
		if i%500 == 499 {
			a.learns()
		}
	}
	t.Logf("answers: %v", a.statuses)
	if a.statuses[200] < count/20 || a.statuses[422] < count/20 {
		t.Error("too little of it was understood or refused: this says nothing")
	}
	log, err := os.ReadFile(path.Join(e.dir, "engine.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "panic") {
			t.Error(line)
		}
	}
	if !alive(e) {
		t.Error("the engine does not answer")
	}
}

// schema is as much of a JSON schema as is needed to make values of it.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"` // one, or several
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	Enum       []any              `json:"enum"`
	More       any                `json:"additionalProperties"`
}

type operation struct {
	Parameters []struct {
		Name   string
		In     string
		Schema *schema
	}
	RequestBody struct {
		Content map[string]struct{ Schema *schema }
	} `json:"requestBody"`
}

// asker asks the engine for anything.
type asker struct {
	e      *engine
	chance *rand.Rand
	doc    struct {
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]*schema }
	}
	known    []string            // words that mean something to the engine
	named    map[string][]string // those, by what they are called: "contact", "agent"
	statuses map[int]int
}

// learns reads what there is by now: names of contacts, visits, recordings, files and versions.
func (a *asker) learns() {
	a.known = []string{"8001", "8002", "claims", "other", "main", "direct", "95500", "13800138000", "admin", "lead", "rest", "zh-CN", "en-US", "ready", "not_ready", "csv", "xlsx", "day", "hour", "queues", "agents"}
	a.named = map[string][]string{}
	for _, p := range []string{"/api/v1/live", "/api/v1/contacts", "/api/v1/tasks", "/api/v1/centre", "/api/v1/notices", "/api/v1/callbacks", "/api/v1/boards"} {
		b, res := a.e.get(p)
		var v any
		if res.StatusCode == http.StatusOK && json.Unmarshal(b, &v) == nil {
			a.gathers(strings.TrimSuffix(path.Base(p), "s"), v)
		}
	}
}

// gathers keeps the words of a value; those called id are called as what they are in.
func (a *asker) gathers(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			in := k
			if k == "id" || k == "items" {
				in = name
			}
			a.gathers(strings.TrimSuffix(in, "s"), v[k])
		}
	case []any:
		for _, x := range v {
			a.gathers(name, x)
		}
	case string:
		if len(v) < 100 && len(a.known) < 400 && !slices.Contains(a.known, v) {
			a.known = append(a.known, v)
		}
		if !slices.Contains(a.named[name], v) {
			a.named[name] = append(a.named[name], v)
		}
	}
}

// place is a value for a place in a route: mostly the name of such a thing as stands before it.
func (a *asker) place(route, name string, s *schema) string {
	before, _, _ := strings.Cut(route, "{"+name+"}")
	if all := a.named[strings.TrimSuffix(path.Base(before), "s")]; len(all) > 0 && a.chance.IntN(5) > 0 {
		return all[a.chance.IntN(len(all))]
	}
	return fmt.Sprint(a.value(s, 0))
}

// asks fills the route's places, and asks.
func (a *asker) asks(method, route string) {
	op := a.doc.Paths[route][strings.ToLower(method)]
	if strings.HasSuffix(route, "/stream") || slices.Contains([]string{"/api/v1/events", "/api/v1/login", "/api/v1/me/password", "/api/v1/me/totp"}, route) {
		return // without end; and who guesses passwords is shut out
	}
	at, query := route, url.Values{}
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			at = strings.ReplaceAll(at, "{"+p.Name+"}", url.PathEscape(a.place(route, p.Name, p.Schema)))
		case p.In == "query" && a.chance.IntN(2) == 0:
			query.Set(p.Name, fmt.Sprint(a.value(p.Schema, 0)))
		}
	}
	var body io.Reader
	kind := ""
	for k, c := range op.RequestBody.Content {
		b, _ := json.Marshal(a.value(c.Schema, 0))
		if a.chance.IntN(20) == 0 {
			b = b[:a.chance.IntN(len(b)+1)]
		}
		body, kind = bytes.NewReader(b), k
		break
	}
	req, err := http.NewRequest(method, "http://"+a.e.web+at+"?"+query.Encode(), body)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+a.e.token)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept-Language", []string{"zh-CN", "en-US", "xx"}[a.chance.IntN(3)])
	a.does(req)
}

// does asks and looks at the answer.
func (a *asker) does(req *http.Request) {
	t := a.e.t
	said := ""
	if req.GetBody != nil {
		r, _ := req.GetBody()
		b, _ := io.ReadAll(r)
		said = string(b)
	}
	client := http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Errorf("%s %s %s: %v", req.Method, req.URL, said, err)
		return
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	a.statuses[res.StatusCode]++
	var problem struct {
		Status int
		Detail string
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized: // its own session was ended by what it asked for
		a.e.token = a.e.login("admin", adminPassword)
	case res.StatusCode == http.StatusInternalServerError || res.StatusCode > http.StatusServiceUnavailable:
		t.Errorf("%s %s %s: %s %s", req.Method, req.URL, said, res.Status, b)
	case res.StatusCode >= 400 && (json.Unmarshal(b, &problem) != nil || problem.Status != res.StatusCode || problem.Detail == ""):
		t.Errorf("%s %s %s: %s without a reason: %s", req.Method, req.URL, said, res.Status, b)
	}
}

// value makes a value of the schema, or now and then of none.
func (a *asker) value(s *schema, deep int) any {
	if s != nil && s.Ref != "" {
		s = a.doc.Components.Schemas[path.Base(s.Ref)]
	}
	if s == nil || deep > 6 || a.chance.IntN(25) == 0 {
		return a.oddity()
	}
	if len(s.Enum) > 0 && a.chance.IntN(5) > 0 {
		return s.Enum[a.chance.IntN(len(s.Enum))]
	}
	kind, _ := s.Type.(string)
	if all, ok := s.Type.([]any); ok && len(all) > 0 {
		kind = fmt.Sprint(all[0])
	}
	switch kind {
	case "object":
		m := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(s.Properties)) {
			if k != "$schema" && a.chance.IntN(4) > 0 {
				m[k] = a.value(s.Properties[k], deep+1)
			}
		}
		if s.More != nil && s.More != false && len(s.Properties) == 0 {
			m[a.word()] = a.oddity()
		}
		return m
	case "array":
		all := []any{}
		for range a.chance.IntN(4) {
			all = append(all, a.value(s.Items, deep+1))
		}
		return all
	case "integer", "number":
		return []any{0, 1, 2, 60, -1, 1 << 31, 1<<53 + 1, -1 << 62, 0.5, 1e300, 7}[a.chance.IntN(11)]
	case "boolean":
		return a.chance.IntN(2) == 0
	}
	return a.word()
}

// word is a word that means something, in three of four.
func (a *asker) word() string {
	if a.chance.IntN(4) > 0 {
		return a.known[a.chance.IntN(len(a.known))]
	}
	odd := []string{
		"", " ", "..", "../../etc/passwd", "%00", "\x00", "\u202e", "王", "'", `"`, "=1+1", "<script>", "null", "-1", "1e9", "9999-99-99", "2026-11-23", "2026-11", "0000-01-01", "2026-11-23T00:00:00Z",
		"24:00", "-PT1S", "99999999999h", "*", "?", "[", "(", "\\", "a,b", "🙂", strings.Repeat("9", 300), strings.Repeat("长", 100), "true", "{}", "\xff\xfe",
	}
	return odd[a.chance.IntN(len(odd))]
}

func (a *asker) oddity() any {
	return []any{nil, true, 0, -1, 1e300, "", a.word(), []any{}, []any{nil}, map[string]any{}, map[string]any{"a": nil}}[a.chance.IntN(11)]
}

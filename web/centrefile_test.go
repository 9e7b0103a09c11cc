package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/centre"
	"hotline/web/auth"
)

// fileDesk is a CentreFile in memory.
type fileDesk struct {
	mu       sync.Mutex
	current  *centre.Centre
	files    map[string][]byte
	versions []CentreVersion
	now      func() time.Time
}

func env(name string) (string, bool) { return "secret", name == "SECRET" }

func newDesk(c *centre.Centre, now func() time.Time) *fileDesk {
	return &fileDesk{current: c, files: map[string][]byte{c.SHA256: c.Source}, versions: []CentreVersion{{SHA256: c.SHA256, At: now()}}, now: now}
}

func (d *fileDesk) centre() *centre.Centre {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.current
}

func (d *fileDesk) Source(sha string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sha == "" {
		return d.current.Source, nil
	}
	if b, ok := d.files[sha]; ok {
		return b, nil
	}
	return nil, ErrNoVersion
}

func (d *fileDesk) Check(source []byte) (*centre.Centre, []centre.Fault) {
	return centre.Parse("centre.yaml", source, env)
}

func (d *fileDesk) Publish(p Publication) error {
	c, faults := d.Check(p.Source)
	if faults != nil {
		return fmt.Errorf("not checked before: %v", faults)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current.SHA256 != p.Base {
		return ErrNotBase
	}
	d.current, d.files[c.SHA256] = c, p.Source
	d.versions = slices.DeleteFunc(d.versions, func(v CentreVersion) bool { return v.SHA256 == c.SHA256 })
	d.versions = append(d.versions, CentreVersion{SHA256: c.SHA256, At: d.now(), By: p.By, Note: p.Note})
	return nil
}

func (d *fileDesk) Versions() ([]CentreVersion, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.versions, nil
}

// needCentre is who may use the routes of the centre file, its tables, prompts and phones.
func needCentre() map[string][]auth.Role {
	const co, le, di = auth.Coordinator, auth.Lead, auth.Director
	return map[string][]auth.Role{
		"GET /api/v1/phones":                            {di, le, co},
		"GET /api/v1/centre/source":                     {di, le},
		"POST /api/v1/centre/check":                     {di, le},
		"POST /api/v1/centre/publish":                   {di, le},
		"POST /api/v1/centre/edits":                     {di, le},
		"GET /api/v1/centre/versions":                   {di, le},
		"GET /api/v1/centre/versions/{sha256}":          {di, le},
		"POST /api/v1/centre/versions/{sha256}/restore": {di, le},
		"GET /api/v1/centre/tables/{kind}":              {di, le},
		"POST /api/v1/centre/tables/{kind}":             {di, le},
		"GET /api/v1/prompts":                           {di, le, co},
		"GET /api/v1/prompts/{language}/{name}":         {di, le, co},
		"PUT /api/v1/prompts/{language}/{name}":         {di, le},
		"POST /api/v1/prompts/{language}/{name}/speech": {di, le},
		"DELETE /api/v1/prompts/{language}/{name}":      {di, le},
	}
}

// withSecrets puts a centre in force that has some.
func withSecrets(t *testing.T, b *bench) string {
	t.Helper()
	const text = `# our centre
teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: geheim1, team: a, skills: {claims: 5}} # best
  - {id: "8002", name: 李雷, password: "${SECRET}", skills: {claims: 3}}
queues:
  - {id: claims, name: 报案, needs: claims >= 3}
flows:
  main: # the only one
    - answer: {}
    - queue: claims
numbers: {"95500": main}
`
	base := b.desk.centre().SHA256
	if err := b.desk.Publish(Publication{Source: []byte(text), Base: base}); err != nil {
		t.Fatal(err)
	}
	return text
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type done struct {
	SHA256, Base, Source string
	Done                 bool
	Faults               []struct {
		Line               int
		Key, Problem, Want string
	}
	Changes []struct {
		Kind, ID, How, Name string
		Talking, Waiting    int
		Fields              []struct{ Key, Old, New string }
	}
}

// TestEditingTheCentre: read, check, publish, publish over somebody else, look back, roll back.
func TestEditingTheCentre(t *testing.T) {
	b := newBench(t, nil)
	text := withSecrets(t, b)
	lead := b.as(t, auth.Lead)
	type sourceReply struct {
		SHA256, Source string
		File           map[string]any
	}
	src := read[sourceReply](t, b.get(t, lead, "/api/v1/centre/source"), 200)
	if want := strings.Replace(text, "geheim1", "<kept>", 1); src.Source != want || src.SHA256 != sum([]byte(text)) {
		t.Fatalf("shown is\n%s", src.Source)
	}
	if n := len(src.File["agents"].([]any)); n != 2 {
		t.Errorf("%d agents", n)
	}

	bad := strings.Replace(strings.Replace(src.Source, "needs: claims >= 3", "needs: claims >=", 1), "queue: claims", "queue: nowhere", 1)
	got := read[done](t, b.do(t, lead, "POST", "/api/v1/centre/check", jsonOf(t, map[string]any{"source": bad})), 200)
	if len(got.Faults) != 2 || got.Faults[0].Line != 7 || got.Faults[1].Line != 11 || got.Faults[1].Key == "" || got.Faults[1].Want == "" || len(got.Changes) != 0 {
		t.Errorf("faults %+v", got.Faults)
	}
	r := b.do(t, lead, "POST", "/api/v1/centre/publish", jsonOf(t, map[string]any{"source": bad, "base": src.SHA256}), "Accept-Language", "zh")
	if r.StatusCode != 422 || !strings.Contains(r.body, "文件有 2 处错误") || b.desk.centre().SHA256 != src.SHA256 {
		t.Errorf("%s %s", r.Status, r.body)
	}

	good := strings.Replace(src.Source, "claims: 5", "claims: 7", 1)
	got = read[done](t, b.do(t, lead, "POST", "/api/v1/centre/check", jsonOf(t, map[string]any{"source": good})), 200)
	if len(got.Changes) != 1 || got.Changes[0].ID != "8001" || got.Changes[0].Name != "王芳" || fmt.Sprint(got.Changes[0].Fields) != `[{skills {"claims":5} {"claims":7}}]` {
		t.Errorf("changes %+v, faults %v", got.Changes, got.Faults)
	}
	publish := jsonOf(t, map[string]any{"source": good, "base": src.SHA256, "note": "she has learned"})
	got = read[done](t, b.do(t, lead, "POST", "/api/v1/centre/publish", publish), 200)
	if a, _ := b.desk.centre().Agent("8001"); !got.Done || a.Skills["claims"] != 7 || a.Password != "geheim1" || string(b.desk.centre().Source) != strings.Replace(text, "claims: 5", "claims: 7", 1) {
		t.Errorf("in force is\n%s", b.desk.centre().Source)
	}
	if r := b.do(t, lead, "POST", "/api/v1/centre/publish", publish); r.StatusCode != 409 {
		t.Errorf("from a base that is over: %s", r.Status)
	}

	list := read[[]CentreVersion](t, b.get(t, lead, "/api/v1/centre/versions"), 200)
	if len(list) != 3 || !list[0].InForce || list[0].By != "lead" || list[0].Note != "she has learned" || list[1].SHA256 != src.SHA256 {
		t.Fatalf("versions %+v", list)
	}
	old := read[done](t, b.get(t, lead, "/api/v1/centre/versions/"+src.SHA256), 200)
	if old.Source != src.Source || len(old.Changes) != 1 {
		t.Errorf("the version before: %+v", old)
	}
	if r := b.get(t, lead, "/api/v1/centre/versions/"+strings.Repeat("0", 64)); r.StatusCode != 404 {
		t.Errorf("a version that never was: %s", r.Status)
	}
	back := jsonOf(t, map[string]any{"base": got.SHA256})
	if got := read[done](t, b.do(t, lead, "POST", "/api/v1/centre/versions/"+src.SHA256+"/restore", back), 200); !got.Done || b.desk.centre().SHA256 != src.SHA256 {
		t.Errorf("not rolled back: %+v", got)
	}
	for _, act := range []string{"lead publish_centre " + got.SHA256[:12], "lead restore_centre " + src.SHA256[:12]} {
		if !slices.Contains(b.log.audited(), act) {
			t.Errorf("%q is not in %q", act, b.log.audited())
		}
	}
}

// TestEditsOfPlaces: a form's changes, their faults, and what they do to the text.
func TestEditsOfPlaces(t *testing.T) {
	b := newBench(t, nil)
	text := withSecrets(t, b)
	lead, base := b.as(t, auth.Lead), sum([]byte(text))
	ask := func(publish bool, edits string) reply {
		return b.do(t, lead, "POST", "/api/v1/centre/edits", fmt.Sprintf(`{"base":%q,"publish":%v,"edits":%s}`, base, publish, edits))
	}
	got := read[done](t, ask(false, `[{"path":["agents","8003"],"value":{"name":"赵敏","password":"geheim3","skills":{"claims":4}}},{"path":["agents","8001","password"],"value":"geheim9"}]`), 200)
	if len(got.Faults) != 0 || got.Done || strings.Contains(got.Source, "geheim") || !strings.Contains(got.Source, "# best") {
		t.Errorf("%+v", got)
	}
	if fmt.Sprint(got.Changes) != "[{agent 8001 changed 王芳 0 0 [{password <kept> <kept>}]} {agent 8003 added 赵敏 0 0 []}]" {
		t.Errorf("changes %v", got.Changes)
	}
	if got := read[done](t, ask(false, `[{"path":["queues","claims","target"],"value":{"within":"soon"}}]`), 200); len(got.Faults) != 1 || got.Faults[0].Key != "queues[0].target.within" {
		t.Errorf("faults %+v", got.Faults)
	}
	for edits, status := range map[string]int{
		`[{"path":["agents","9"],"value":null}]`:                                      422,
		`[{"path":["time_zone","x","y"],"value":{"a":1}}]`:                            200, // a fault of the file
		`[{"path":["agents","8009"],"value":{"password":"<kept>"}}]`:                  200,
		`[{"path":["agents","8002","password"],"value":"${HOTLINE_ADMIN_PASSWORD}"}]`: 200,
	} {
		r := ask(false, edits)
		if r.StatusCode != status || status == 200 && !strings.Contains(r.body, `"problem"`) {
			t.Errorf("%s: %s %s", edits, r.Status, r.body)
		}
	}
	if got := read[done](t, ask(true, `[{"path":["numbers","95501"],"value":"main"}]`), 200); !got.Done || b.desk.centre().Numbers["95501"] != "main" {
		t.Errorf("%+v", got)
	}
	if r := ask(true, `[{"path":["numbers","95502"],"value":"main"}]`); r.StatusCode != 409 {
		t.Errorf("from a base that is over: %s", r.Status)
	}
}

// TestTablesOfTheCentre: out, in with faults, in.
func TestTablesOfTheCentre(t *testing.T) {
	b := newBench(t, nil)
	text := withSecrets(t, b)
	lead, base := b.as(t, auth.Lead), sum([]byte(text))
	out := b.get(t, lead, "/api/v1/centre/tables/agents")
	if out.StatusCode != 200 || strings.Contains(out.body, "geheim") || !strings.HasPrefix(out.body, "\ufeffid,name") || !slices.Contains(b.log.audited(), "lead export_centre agents") {
		t.Errorf("%s %s", out.Status, out.body)
	}
	type reply struct {
		Encoding string
		Rows     int
		Faults   []struct {
			Row                   int
			Column, Problem, Want string
		}
		Changes []struct{ Kind, ID, How string }
		Done    bool
	}
	send := func(kind, query, csv string) reply {
		t.Helper()
		return read[reply](t, b.do(t, lead, "POST", "/api/v1/centre/tables/"+kind+"?"+query, csv, "Content-Type", "text/csv", "Accept-Language", "zh-CN"), 200)
	}
	if got := send("agents", "publish=true&base="+base, out.body); !got.Done || got.Rows != 2 || len(got.Changes) != 0 || string(b.desk.centre().Source) != text {
		t.Errorf("what was exported changes %+v", got)
	}
	got := send("agents", "publish=true&base="+base, "id,team,skills,password\n8001,b,claims 12,\n8003,a,,three\n8003,a,,\n")
	if fmt.Sprint(got.Faults) != "[{2 team 没有班组 b a} {2 skills claims 的等级是 12 1 – 9} {4 id 8003 在第 3 行已经有了 只留一个} {4 password 没有填：新坐席必须有密码 请补上}]" || got.Done {
		t.Errorf("faults %v", got.Faults)
	}
	// What only the whole file shows is a fault of the row too.
	if got := send("agents", "", "id,skills,password\n8001,and 5,\n"); fmt.Sprintf("%d %s", got.Faults[0].Row, got.Faults[0].Column) != "2 skills" {
		t.Errorf("faults %v", got.Faults)
	}
	if got := send("agents", "publish=true&base="+base, "id,name,skills,password\n8003,\"=HYPERLINK(1)\",claims 4,three\n"); !got.Done || len(got.Changes) != 1 {
		t.Errorf("%+v", got)
	}
	if out := b.get(t, lead, "/api/v1/centre/tables/agents"); !strings.Contains(out.body, "'=HYPERLINK(1)") {
		t.Errorf("a formula leaves as one: %s", out.body)
	}
	if r := b.do(t, lead, "POST", "/api/v1/centre/tables/numbers?publish=true&base="+base, "number,flow\n1,main\n", "Content-Type", "text/csv"); r.StatusCode != 409 {
		t.Errorf("from a base that is over: %s", r.Status)
	}
}

// shelf is prompts in memory.
type shelf struct {
	own    map[string][]byte
	speech bool
}

func (s *shelf) List() ([]Prompt, error) {
	all := []Prompt{{Name: "welcome", Language: "zh-CN", Default: true}}
	for key := range s.own {
		lang, name, _ := strings.Cut(key, "/")
		all = append(all, Prompt{Name: name, Language: lang, Own: true, Default: name == "welcome"})
	}
	return all, nil
}

func (s *shelf) Open(lang, name string) ([]byte, time.Duration, error) {
	if b, ok := s.own[lang+"/"+name]; ok {
		return b, time.Second, nil
	}
	return nil, 0, ErrNoPrompt
}

func (s *shelf) Put(lang, name string, wav []byte) (time.Duration, error) {
	if !strings.HasPrefix(string(wav), "RIFF") {
		return 0, fmt.Errorf("%w: no RIFF", ErrBadSound)
	}
	s.own[lang+"/"+name] = bytes.Clone(wav) // the buffer is the request's
	return time.Second, nil
}

func (s *shelf) Delete(lang, name string) error {
	if _, ok := s.own[lang+"/"+name]; !ok {
		return ErrNoPrompt
	}
	delete(s.own, lang+"/"+name)
	return nil
}

func (s *shelf) Speak(context.Context, string, string) ([]byte, error) {
	if !s.speech {
		return nil, ErrNoSpeech
	}
	return []byte("RIFFspoken"), nil
}

// TestPrompts: put, list with its uses, listen, keep what is needed, take away.
func TestPrompts(t *testing.T) {
	b := newBench(t, nil)
	text := withSecrets(t, b)
	source := strings.Replace(text, "    - answer: {}\n", "    - answer: {}\n    - play: own\n    - play: welcome\n", 1)
	if err := b.desk.Publish(Publication{Source: []byte(source), Base: sum([]byte(text))}); err != nil {
		t.Fatal(err)
	}
	lead := b.as(t, auth.Lead)
	put := func(path, body string) reply {
		return b.do(t, lead, "PUT", "/api/v1/prompts/"+path, body, "Content-Type", "audio/wav")
	}
	if r := put("zh-CN/own", "MP3"); r.StatusCode != 422 || !strings.Contains(r.body, "no RIFF") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	for _, bad := range []string{"zh-CN/..", "zh-CN/a%2Fb", "fr-FR/own", "zh-CN/.hidden"} {
		if r := put(bad, "RIFF"); r.StatusCode < 400 {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
	read[promptMade](t, put("zh-CN/own", "RIFFx"), 200)
	read[promptMade](t, put("zh-CN/welcome", "RIFFy"), 200)
	for _, p := range read[[]Prompt](t, b.get(t, lead, "/api/v1/prompts"), 200) {
		if p.Own && !slices.Equal(p.Uses, []string{"flows.main"}) {
			t.Errorf("%+v", p)
		}
	}
	if r := b.get(t, lead, "/api/v1/prompts/zh-CN/own"); r.StatusCode != 200 || r.body != "RIFFx" || r.Header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%s %q", r.Status, r.body)
	}
	for path, status := range map[string]int{"zh-CN/own": 409, "zh-CN/welcome": 204, "zh-CN/nothing": 404} {
		if r := b.do(t, lead, "DELETE", "/api/v1/prompts/"+path, ""); r.StatusCode != status {
			t.Errorf("%s: %s %s", path, r.Status, r.body)
		}
	}
	say := func() reply {
		return b.do(t, lead, "POST", "/api/v1/prompts/en-US/own/speech", `{"text":"Hello"}`)
	}
	if r := say(); r.StatusCode != http.StatusNotImplemented || !strings.Contains(r.body, "espeak-ng") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	b.shelf.speech = true
	read[promptMade](t, say(), 200)
	if string(b.shelf.own["en-US/own"]) != "RIFFspoken" {
		t.Errorf("%q", b.shelf.own)
	}
}

// TestTablesFaultsAreInWords: every fault that a table may have is said in Chinese too.
func TestTablesFaultsAreInWords(t *testing.T) {
	words := chineseCentre()
	n := 0
	for _, file := range []string{"read.go", "kind.go", "agents.go"} {
		b, err := os.ReadFile("../centre/sheet/" + file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, b, 0)
		if err != nil {
			t.Fatal(err)
		}
		check := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value)
				if n++; s != "" && strings.ContainsRune(s, ' ') && words[s] == "" && s[0] > '9' {
					t.Errorf("no Chinese for %q", s)
				}
			}
		}
		ast.Inspect(f, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if sel, ok := node.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "fault" && len(node.Args) > 2 {
					check(node.Args[1])
					check(node.Args[2])
				}
			case *ast.KeyValueExpr:
				if key, ok := node.Key.(*ast.Ident); ok && (key.Name == "Problem" || key.Name == "Want") {
					check(node.Value)
				}
			}
			return true
		})
	}
	if n < 40 {
		t.Errorf("only %d sentences are found", n)
	}
}

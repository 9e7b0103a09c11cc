package edit

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func edits(t testing.TB, text string) []Edit {
	t.Helper()
	var all []Edit
	for line := range strings.Lines(strings.TrimSpace(text)) {
		path, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			t.Fatalf("no edit: %q", line)
		}
		all = append(all, Edit{strings.Split(path, "/"), json.RawMessage(value)})
	}
	return all
}

const file = `# The centre.
time_zone: Asia/Shanghai   # of everybody
teams: [{id: a, name: 一组}]
agents:
  # the old hands
  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best
  - {id: "8002", name: 李雷, password: 'it''s, a # {secret}', skills: {claims: 3}}

  # the new ones
  - id: "8003" # since May
    name: 赵敏
    password: pw
    # her skills
    skills:
      vip: 9      # alone
      claims: 2

queues:
  - id: claims
    name: 报案
    needs: claims >= 3             # skill expression
    target: {within: 20s, ratio: 0.80}
hours:
  - id: office
    open: ["mon-fri 09:00-18:00"]
    closed:
      - 2026-10-01..2026-10-07 国庆 # golden week
      - 2026-01-01
desks:
# none yet
switches: []   # by hand
flows:
  main:
    - answer: {}
numbers: {"95500": main}
# the end`

// TestText: each edit, and which lines differ from the file's.
func TestText(t *testing.T) {
	for _, c := range []struct{ name, edits, want string }{
		{"a word", `agents/8001/name = "王小芳"`, `
-  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best
+  - {id: "8001", name: 王小芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best`},
		{"a word that needs quotes", `agents/8003/name = "yes: no"`, `
-    name: 赵敏
+    name: "yes: no"`},
		{"a number that is a text", `agents/8003/name = "007"`, `
-    name: 赵敏
+    name: "007"`},
		{"the same again", `agents/8001/name = "王芳"`, ``},
		{"a level", `agents/8003/skills/vip = 7`, `
-      vip: 9      # alone
+      vip: 7      # alone`},
		{"a level more", `agents/8003/skills/english = 1`, `
+      english: 1`},
		{"a level more in braces", `agents/8002/skills/english = 1`, `
-  - {id: "8002", name: 李雷, password: 'it''s, a # {secret}', skills: {claims: 3}}
+  - {id: "8002", name: 李雷, password: 'it''s, a # {secret}', skills: {claims: 3, english: 1}}`},
		{"a level less", `agents/8001/skills/claims = null`, `
-  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best
+  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {english: 3}} # best`},
		{"the last level", `agents/8001/skills/english = null`, `
-  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best
+  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5}} # best`},
		{"several keys at once", `agents/8003 = {"team":"a","skills":{"vip":8,"claims":null},"weight":20}`, `
-      vip: 9      # alone
-      claims: 2
+      vip: 8      # alone
+    team: a
+    weight: 20`},
		{"an agent more", `agents/8004 = {"name":"陈晨","password":"x","skills":{"claims":5}}`, `
+  - id: "8004"
+    name: 陈晨
+    password: x
+    skills: {claims: 5}`},
		{"an agent less", `agents/8003 = null`, `
-  - id: "8003" # since May
-    name: 赵敏
-    password: pw
-    # her skills
-    skills:
-      vip: 9      # alone
-      claims: 2`},
		{"two agents less and one more", "agents/8001 = null\nagents/8003 = null\nagents/9 = {\"name\":\"n\",\"password\":\"p\"}", `
-  - {id: "8001", name: 王芳, password: "${A8001}", team: a, skills: {claims: 5, english: 3}} # best
-  - id: "8003" # since May
-    name: 赵敏
-    password: pw
-    # her skills
-    skills:
-      vip: 9      # alone
-      claims: 2
+  - {id: "9", name: n, password: p}`},
		{"a team more and one less", "teams/b = {\"name\":\"二组\"}\nteams/a = null", `
-teams: [{id: a, name: 一组}]
+teams: [{id: b, name: 二组}]`},
		{"an id", `agents/8003/id = "8103"`, `
-  - id: "8003" # since May
+  - id: "8103" # since May`},
		{"a key that was not there", `queues/claims/wrap_up = {"mode":"timed","after":"20s"}`, `
+    wrap_up: {mode: timed, after: 20s}`},
		{"into a map", `queues/claims/target = {"within":"15s"}`, `
-    target: {within: 20s, ratio: 0.80}
+    target: {within: 15s, ratio: 0.80}`},
		{"a holiday more", `hours/office/closed = ["2026-10-01..2026-10-07 国庆","2026-01-01","2027-01-01"]`, `
+      - 2027-01-01`},
		{"a holiday less", `hours/office/closed = ["2026-01-01"]`, `
-      - 2026-10-01..2026-10-07 国庆 # golden week`},
		{"other holidays", `hours/office/closed = ["2026-05-01"]`, `
-      - 2026-10-01..2026-10-07 国庆 # golden week
-      - 2026-01-01
+      - 2026-05-01`},
		{"where nothing stands", `desks/d1 = {"password":"p"}`, `
+  - {id: d1, password: p}`},
		{"where brackets are empty", "switches/s = {\"name\":\"紧急\"}", `
-switches: []   # by hand
+switches:   # by hand
+  - {id: s, name: 紧急}`},
		{"a part of the file", `not_ready_reasons/rest = {"name":"小休","allowance":"15m"}`, `
+not_ready_reasons:
+  - {id: rest, name: 小休, allowance: 15m}`},
		{"a number", `numbers/95501 = "main"`, `
-numbers: {"95500": main}
+numbers: {"95500": main, "95501": main}`},
		{"the only number", `numbers/95500 = null`, `
-numbers: {"95500": main}
+numbers: {}`},
		{"a flow", `flows/night = [{"answer":{}},{"play":"closed"},{"hangup":{}}]`, `
+  night:
+    - answer: {}
+    - play: closed
+    - hangup: {}`},
		{"a member's first key", `agents/8003/id = null`, `
-  - id: "8003" # since May
+  - # since May`},
		{"a part taken away", `hours = null`, `
-hours:
-  - id: office
-    open: ["mon-fri 09:00-18:00"]
-    closed:
-      - 2026-10-01..2026-10-07 国庆 # golden week
-      - 2026-01-01`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Text([]byte(file+"\n"), edits(t, c.edits))
			if err != nil {
				t.Fatal(err)
			}
			if d := changed(file+"\n", string(got)); d != strings.TrimPrefix(c.want, "\n") {
				t.Errorf("got\n%s\nwant%s", d, c.want)
			}
		})
	}
}

// changed lists lines that only one of two texts has, the old ones first; both in their order.
func changed(a, b string) string {
	only := func(sign, x, y string) (all []string) {
		left := map[string]int{}
		for line := range strings.Lines(y) {
			left[line]++
		}
		for line := range strings.Lines(x) {
			if left[line]--; left[line] < 0 {
				all = append(all, sign+strings.TrimRight(line, "\n"))
			}
		}
		return all
	}
	return strings.Join(append(only("-", a, b), only("+", b, a)...), "\n")
}

func TestTextRefuses(t *testing.T) {
	for _, c := range []struct {
		source, edits string
		want          error
	}{
		{file, `agents/9999 = null`, ErrNoPlace},
		{file, `time_zone/x = 1`, ErrNoPlace},
		{file, `agents/8001/name = {`, ErrValue},
		{file, `agents/8001/name = 1 2`, ErrValue},
		{"a: [", `a = 1`, ErrNoYAML},
		{"a: &x {b: 1}\nc: *x\n", `c/b = 2`, ErrByHand},
		{"a: one\n  two\n", `a = "three"`, ErrByHand},
		{"a: &x 1\nb: *x\n", `a = 2`, ErrByHand},
	} {
		if got, err := Text([]byte(c.source), edits(t, c.edits)); !errors.Is(err, c.want) {
			t.Errorf("%s of %q: %v\n%s", c.edits, c.source, err, got)
		}
	}
}

// TestTextOfOddFiles: what editors of other systems make of a file does not come to harm.
func TestTextOfOddFiles(t *testing.T) {
	for _, c := range []struct{ source, edits, want string }{
		{"\ufeffa: 1\r\nb: 2 # x\r\n", `a = 3`, "\ufeffa: 3\r\nb: 2 # x\r\n"},
		{"a: 1\r\n", `numbers/1 = "x"`, "a: 1\r\nnumbers:\r\n  \"1\": x\r\n"},
		{"", `language = "zh-CN"`, "language: zh-CN\n"},
		{"# nothing\n", `agents/1 = {"name":"x"}`, "# nothing\nagents:\n  - {id: \"1\", name: x}\n"},
		{"a: 1", `b = 2`, "a: 1\nb: 2\n"},
		{"{a: 1}", `b = {"c":"d"}`, "{a: 1, b: {c: d}}\n"},
		{"teams: [\n  {id: a}, # one\n  {id: b}  # two\n]\n", "teams/b = null", "teams: [\n  {id: a}, # one\n    # two\n]\n"},
		{"teams: [\n  {id: a}, # one\n  {id: b}  # two\n]\n", `teams/c = {"name":"x"}`, "teams: [\n  {id: a}, # one\n  {id: b},\n  {id: c, name: x}  # two\n]\n"},
		{"m:\n- x: |\n    a\n    b\n\n  y: 1\n", "m/0/x = null", "m:\n- y: 1\n"},
		{"m:\n- x: |\n    a\n\n    b\n- y: 1\n", "m/0 = null", "m:\n- y: 1\n"},
		{"teams:\n- {id: 王, name: it's}\n", `teams/王/name = "x"`, "teams:\n- {id: 王, name: x}\n"},
	} {
		got, err := Text([]byte(c.source), edits(t, c.edits))
		if string(got) != c.want {
			t.Errorf("%s of %q: %v\ngot  %q\nwant %q", c.edits, c.source, err, got, c.want)
		}
	}
}

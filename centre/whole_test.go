package centre

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline/centre/strict"
)

// TestWholeFile: the example of everything is valid and uses every key that the parser knows, and the reference explains each.
func TestWholeFile(t *testing.T) {
	f, root := strict.Read("whole.yaml", read(t, "testdata/whole.yaml"))
	build(root, env)
	for _, fault := range f.Faults() {
		t.Error(fault)
	}
	doc, err := os.ReadFile("../docs/centre.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(string(doc), -1) {
		explained[m[1]] = true
	}
	for key, shown := range f.Keys() {
		if !shown {
			t.Errorf("testdata/whole.yaml does not show %s wherever it may stand", key)
		}
		if !explained[key] {
			t.Errorf("docs/centre.md does not explain %s", key)
		}
	}
}

// TestExamplesOfTheReference: every example of docs/centre.md is a valid file, or part of one.
func TestExamplesOfTheReference(t *testing.T) {
	doc, err := os.ReadFile("../docs/centre.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatchIndex(string(doc), -1)
	if len(examples) < 5 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, at := range examples {
		text, line := string(doc[at[2]:at[3]]), 1+strings.Count(string(doc[:at[2]]), "\n")
		_, faults := Parse("example", []byte(text), env)
		for _, fault := range faults {
			if !strings.Contains(fault.Problem, "unknown ") || strings.Contains(fault.Problem, "unknown key") { // what it refers to is elsewhere
				t.Errorf("docs/centre.md:%d: %s", line+fault.Line-1, fault)
			}
		}
	}
}

// TestWholeCentre holds some of what the example means.
func TestWholeCentre(t *testing.T) {
	c := parse(t, string(read(t, "testdata/whole.yaml")))
	claims, _ := c.Queue("claims")
	sales, _ := c.Queue("sales")
	if sales.Needs.String() != "queue.sales" || !sales.Needs.Eval(c.Agents[0].Skills) || sales.Needs.Eval(c.Agents[1].Skills) {
		t.Errorf("sales needs %q", sales.Needs)
	}
	if v := claims.Needs.Vars(); len(v) != 1 || v[0] != "speaks" {
		t.Errorf("claims needs %q", claims.Needs)
	}
	var firsts []string
	for _, r := range claims.rules() {
		then, to := r.actions.First()
		firsts = append(firsts, strings.TrimSpace(r.name+" "+then+" "+to))
	}
	want := []string{"max_wait voicemail", "max_waiting message all-busy", "no_agents number 02150001234", "long_wait callback", "closing.join message closed", "closing.waiting voicemail"}
	if d := cmp.Diff(want, firsts); d != "" {
		t.Error(d)
	}
	var night []Span
	for _, h := range c.Hours {
		if h.ID == "night" {
			night = h.Open
		}
	}
	if d := cmp.Diff([]Span{{everyDay, 22 * 60, 24 * 60}, {everyDay, 0, 6 * 60}}, night); d != "" {
		t.Error(d)
	}
	if s := c.Shifts[1]; s.From != 22*60 || s.To != 30*60 || s.Days != 1<<0|1<<1|1<<3|1<<5|1<<6 {
		t.Errorf("shift %+v", s)
	}
	if e := c.Tables[0].Entries[0]; e.Until.Format("2006-01-02 15:04 -0700") != "2027-01-01 00:00 +0800" || e.Then != EntryReject {
		t.Errorf("entry %+v", e)
	}
	var prompts []string
	for _, p := range c.Prompts() {
		prompts = append(prompts, p.Key+" "+p.Prompt+" "+p.Language)
	}
	for _, u := range c.Trunks() {
		prompts = append(prompts, u.Key+" trunk "+u.Trunk)
	}
	golden := "testdata/whole-uses.txt"
	got := strings.Join(prompts, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(read(t, golden)), got); d != "" {
		t.Errorf("(-want +got) %s", d)
	}
}

// TestDiffOfTheWhole: where things stand makes no difference, and what any number or name says does.
func TestDiffOfTheWhole(t *testing.T) {
	text := string(read(t, "testdata/whole.yaml"))
	c := parse(t, text)
	spread := strings.ReplaceAll(text, "\n", "\n\n# spread\n")
	if d := Diff(c, parse(t, spread)); len(d) > 0 {
		t.Errorf("the same on other lines: %v", d)
	}
	valid := 0
	// Of each number or name that stands as a value the last letter is changed. Keys would only be unknown.
	for _, at := range regexp.MustCompile(`[0-9a-z]+[^0-9a-z_:/]`).FindAllStringIndex(text, -1) {
		end := at[1] - 1
		last := byte('x')
		if old := text[end-1]; old >= '0' && old <= '9' {
			last = '1' + (old-'0'+1)%4
		}
		changed := text[:end-1] + string(last) + text[end:]
		other, faults := Parse("whole.yaml", []byte(changed), env)
		if len(faults) > 0 || strings.HasPrefix(text[strings.LastIndexByte(text[:end], '\n')+1:], "#") {
			continue
		}
		valid++
		if len(Diff(c, other)) == 0 {
			t.Errorf("line %d: no difference with %q for %q", 1+strings.Count(text[:end], "\n"), changed[at[0]:end], text[at[0]:end])
		}
	}
	if valid < 120 {
		t.Errorf("only %d changes were valid", valid)
	}
	if d := Diff(&Centre{}, &Centre{}); len(d) > 0 {
		t.Error(d)
	}
}

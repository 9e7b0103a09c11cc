package centre

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// env knows the passwords of the contract's centre.
func env(name string) (string, bool) {
	switch name {
	case "A8001":
		return "one", true
	case "A8002":
		return "two", true
	}
	return "", false
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, text string) *Centre {
	t.Helper()
	c, faults := Parse("centre.yaml", []byte(text), env)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	return c
}

// TestContract reads the centre of contract.md as it stands there.
func TestContract(t *testing.T) {
	c := parse(t, string(read(t, "testdata/contract.yaml")))
	if c.TimeZone.String() != "Asia/Shanghai" || c.Language != "zh-CN" || !slices.Equal(c.Teams, []Team{{"a", "一组"}}) {
		t.Errorf("%v %s %v", c.TimeZone, c.Language, c.Teams)
	}
	a, ok := c.Agent("8001")
	want := Agent{ID: "8001", Name: "王芳", Password: "one", Team: "a", Skills: map[string]int{"claims": 5, "english": 3}, Weight: 10, Phones: "many", Digest: "md5", Line: 6}
	if !ok || !reflect.DeepEqual(a, want) {
		t.Errorf("agent %+v", a)
	}
	if want := []Reason{{"rest", "小休", 15 * time.Minute, 1, false}, {"meal", "就餐", 45 * time.Minute, 0, false}, {"training", "培训", 0, 0, false}}; !slices.Equal(c.Reasons, want) {
		t.Errorf("reasons %+v", c.Reasons)
	}
	q, _ := c.Queue("claims")
	if q.Needs.String() != "claims >= 3" || q.Needs.Eval(map[string]int{"claims": 2}) || !q.Needs.Eval(a.Skills) {
		t.Errorf("needs %q", q.Needs)
	}
	q.Needs, q.Line = Expr{}, 0
	wantQueue := Queue{
		ID: "claims", Name: "报案", Strategy: LongestIdle, Priority: 5, Target: Target{20 * time.Second, 0.8},
		RingTimeout: 15 * time.Second, WrapUp: WrapUp{Mode: WrapTimed, After: 20 * time.Second, Codes: CodesNone},
		MaxWait: Limit{After: 10 * time.Minute, Then: Actions{{Kind: StepHangup, Line: 21}}}, MaxWaiting: Limit{Count: 100, Then: Actions{{Kind: StepBusy, Line: 22}}},
		ShortAbandon: 5 * time.Second, ServiceLevel: usualLevel(), Announce: Announce{true, true, 30 * time.Second}, SayAgentNumber: true, Music: "music",
		Record: "always", RingMost: 20, RingEvery: 10 * time.Second, Callback: usualCallback(),
	}
	if !reflect.DeepEqual(q, wantQueue) {
		t.Errorf("queue\n%+v\nwant\n%+v", q, wantQueue)
	}
	menu := c.Flows["main"].Steps[2]
	if len(c.Flows["main"].Steps) != 3 || menu.Kind != StepMenu || menu.Menu.Tries != 3 || menu.Menu.Timeout != 5*time.Second ||
		menu.Menu.Keys["1"][0].Queue != "claims" || menu.Menu.Keys["2"][0].Prompt != "address" || menu.Menu.Otherwise[0].Queue != "claims" {
		t.Errorf("flow %+v", c.Flows["main"])
	}
	if c.Numbers["95500"] != "main" {
		t.Errorf("numbers %v", c.Numbers)
	}
	if string(c.Export()) != string(read(t, "testdata/contract.yaml")) || len(c.SHA256) != 64 || strings.Contains(string(c.Export()), "one\"") {
		t.Error("the export is not the file")
	}
	var prompts []string
	for _, p := range c.Prompts() {
		prompts = append(prompts, p.Prompt)
	}
	if d := cmp.Diff([]string{"music", "welcome", "main-menu", "address"}, prompts); d != "" {
		t.Error(d)
	}
}

// TestDefaults is a file that says as little as it may.
func TestDefaults(t *testing.T) {
	c := parse(t, "queues: [{id: q}]")
	if c.TimeZone != time.UTC || c.Language != "zh-CN" || c.Flows == nil || c.Numbers == nil {
		t.Errorf("%+v", c)
	}
	want := Queue{
		ID: "q", Name: "q", Strategy: LongestIdle, Priority: 5, Target: Target{20 * time.Second, 0.8}, RingTimeout: 15 * time.Second,
		WrapUp: WrapUp{Mode: WrapNone, Codes: CodesNone}, ShortAbandon: 5 * time.Second, ServiceLevel: usualLevel(), Announce: Announce{Every: 30 * time.Second}, Music: "music",
		Record: "always", RingMost: 20, RingEvery: 10 * time.Second, Callback: usualCallback(), Line: 1,
	}
	if q := c.Queues[0]; !reflect.DeepEqual(q, want) || !q.Needs.Eval(nil) {
		t.Errorf("queue\n%+v\nwant\n%+v", c.Queues[0], want)
	}
	c = parse(t, `
teams: [{id: t}]
agents: [{id: 8001, password: 1234}, {id: "0801", password: "$x"}]
not_ready_reasons: [{id: r}]
language: en-US
queues:
  - &base {id: a, priority: 3, max_wait: {after: 1d, then: {queue: b}}, wrap_up: {mode: manual}}
  - id: b
    relax: [{after: 0s, needs: x}, {after: 0s, needs: y}, {after: 1m30s, needs: "not z"}]
    max_waiting: {count: 1, then: {message: all-busy}}
    max_wait: {after: 1s, then: busy}
    music: tone:ringback
`[1:])
	if c.Agents[0].ID != "8001" || c.Agents[0].Password != "1234" || c.Agents[1].ID != "0801" || c.Agents[1].Password != "$x" {
		t.Errorf("agents %+v", c.Agents)
	}
	a, b := c.Queues[0], c.Queues[1]
	if a.MaxWait.After != 24*time.Hour || a.MaxWait.Then[0].Queue != "b" || a.Priority != 3 || !reflect.DeepEqual(a.WrapUp, WrapUp{Mode: WrapManual, Codes: CodesNone}) {
		t.Errorf("a %+v", a)
	}
	if b.MaxWaiting.Count != 1 || b.MaxWaiting.Then[0].Prompt != "all-busy" || len(b.Relax) != 3 || b.Relax[2].After != 90*time.Second {
		t.Errorf("b %+v", b)
	}
	if c.Teams[0].Name != "t" || c.Reasons[0].Name != "r" || c.Agents[0].Name != "8001" {
		t.Error("a name that is not given is the id")
	}
}

// TestContractComments reads what the contract offers in comments beside its example.
func TestContractComments(t *testing.T) {
	for _, text := range []string{
		"relax: [{after: 30s, needs: claims >= 1}]", "strategy: least_talk", "strategy: fewest_calls", "strategy: round_robin",
		"strategy: linear", "strategy: random", "strategy: least_flexible", "wrap_up: {mode: none}", "wrap_up: {mode: manual}",
		"max_wait: {after: 10m, then: {queue: other}}", "max_wait: {after: 10m, then: {message: goodbye}}", "needs: english",
		"needs: not (a and b) or c < 9",
	} {
		parse(t, "queues:\n  - {id: other}\n  - id: claims\n    "+text+"\n")
	}
	for _, word := range []string{StepVoicemail, StepCallback, StepBusy, StepHangup} {
		c := parse(t, "queues: [{id: claims, strategy: ring_all, max_wait: {after: 10m, then: "+word+"}}]")
		if then, to := c.Queues[0].MaxWait.Then.First(); then != word || to != "" {
			t.Errorf("%s: %s %s", word, then, to)
		}
	}
	c := parse(t, `queues: [{id: claims, max_wait: {after: 10m, then: {number: "123"}}}]`)
	if then, to := c.Queues[0].MaxWait.Then.First(); then != StepNumber || to != "123" {
		t.Errorf("number: %s %s", then, to)
	}
}

func usualCallback() Callback {
	return Callback{Retries: 2, Every: 5 * time.Minute, Expires: 24 * time.Hour, Ring: 30 * time.Second}
}

// TestFaults shows, file by file, every fault as an operator reads it.
func TestFaults(t *testing.T) {
	files, _ := filepath.Glob("testdata/faults/*.yaml")
	if len(files) < 10 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, faults := Parse(filepath.Base(file), read(t, file), env)
			if c != nil || len(faults) == 0 {
				t.Fatalf("no faults")
			}
			var b strings.Builder
			for _, f := range faults {
				line := f.String()
				if strings.ContainsAny(line, "\n\a") || len(line) > 400 {
					t.Errorf("not fit to be shown: %q", line)
				}
				b.WriteString(line + "\n")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(read(t, golden)), b.String()); d != "" {
				t.Errorf("(-want +got) %s", d)
			}
		})
	}
}

// TestPasswordsAreNotShown: a fault about a secret never repeats it.
func TestPasswordsAreNotShown(t *testing.T) {
	_, faults := Parse("c", []byte("agents: [{id: a, password: \"${hunter2\"}, {id: b, password: \"hunter2\\u0007\"}, {id: c, password: [hunter2]}]"), env)
	if len(faults) != 3 {
		t.Errorf("%d faults", len(faults))
	}
	for _, f := range faults {
		if strings.Contains(f.String(), "hunter2") {
			t.Error(f)
		}
	}
}

func TestDiff(t *testing.T) {
	old := parse(t, `
agents: [{id: "1", password: x}, {id: "2", password: x}, {id: "3", password: x}]
queues: [{id: a, needs: "s >= 3 and t"}, {id: b}]
not_ready_reasons: [{id: r}]
teams: [{id: t}]
flows: {f: [{answer: {}}, {menu: {prompt: p, keys: {"1": {queue: a}}, otherwise: {hangup: {}}}}], g: [{hangup: {}}]}
numbers: {"1": f, "2": f}
`)
	same := parse(t, `
# The same, written another way.
numbers: {"2": f, "1": f}
flows:
  g: [{hangup: {}}]
  f:
    - answer: {}
    - menu: {prompt: p, keys: {"1": {queue: a}}, otherwise: {hangup: {}}}
teams: [{id: t}]
not_ready_reasons: [{id: r}]
queues: [{id: b}, {id: a, needs: "(s>=3) AND (t)"}]
agents: [{id: "1", password: x}, {id: "2", password: x}, {id: "3", password: x}]
`)
	if d := Diff(old, same); len(d) != 0 {
		t.Errorf("same: %v", d)
	}
	changed := parse(t, `
time_zone: Asia/Shanghai
agents: [{id: "3", password: x}, {id: "1", password: y}, {id: "4", password: x}]
queues: [{id: a, needs: s >= 4}, {id: c}]
flows: {f: [{answer: {}}, {menu: {prompt: p, keys: {"1": {queue: c}}, otherwise: {hangup: {}}}}], h: [{hangup: {}}]}
numbers: {"1": h}
`)
	want := []Change{
		{"agent", "1", "changed"},
		{"agent", "2", "removed"},
		{"agent", "4", "added"},
		{"flow", "f", "changed"},
		{"flow", "g", "removed"},
		{"flow", "h", "added"},
		{"number", "1", "changed"},
		{"number", "2", "removed"},
		{"queue", "a", "changed"},
		{"queue", "b", "removed"},
		{"queue", "c", "added"},
		{"reason", "r", "removed"},
		{"setting", "order of agents", "changed"},
		{"setting", "time_zone", "changed"},
		{"team", "t", "removed"},
	}
	if d := cmp.Diff(want, Diff(old, changed)); d != "" {
		t.Error(d)
	}
	if n := len(Diff(nil, old)); n != 16 {
		t.Errorf("from nothing: %d changes, %v", n, Diff(nil, old))
	}
}

// FuzzParse: whatever the bytes, Parse ends, and gives either a centre or faults that can be shown.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/faults/*.yaml")
	for _, file := range append(files, "testdata/contract.yaml", "testdata/whole.yaml") {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, faults := Parse("c", data, env)
		if (c == nil) == (len(faults) == 0) {
			t.Fatalf("centre %v with %d faults", c, len(faults))
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Key == "" || fault.Problem == "" || strings.ContainsRune(fault.String(), '\n') {
				t.Fatalf("%#v", fault)
			}
		}
		if c != nil {
			if again, faults := Parse("c", c.Export(), env); again == nil || len(Diff(c, again)) != 0 {
				t.Fatalf("the export is another centre: %v %v", Diff(c, again), faults)
			}
			c.Prompts()
		}
	})
}

func usualLevel() ServiceLevel {
	return ServiceLevel{Abandons: "all", FlowOuts: "include", Blocked: "exclude", Clock: "enqueue"}
}

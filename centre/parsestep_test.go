package centre

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotline"
)

// TestStepDefaults: what a step says as little as it may means.
func TestStepDefaults(t *testing.T) {
	c := parse(t, `
hours: [{id: o, open: ["mon-sun 00:00-24:00"]}]
queues:
  - {id: q, choice: {prompt: p, keys: {"1": {stay: {}}}}, closing: {hours: o, join: busy}, last_agent: {for: 30s}, survey: {flow: f}}
  - {id: r, max_wait: {after: 1m, then: [voicemail, {callback: {collect: {}}}]}, no_agents: {then: hangup}}
flows:
  f:
    - menu: {prompt: p, keys: {"1": hangup}, otherwise: {play: p}}
    - collect: {save: digits}
    - collect: {save: digits, min: 30, end: ""}
    - lookup: {url: "http://x", save: {a: b}}
    - number: "123"
    - number: {to: "{a}"}
    - rate: {question: q, keys: {"1": 1}}
    - queue: {id: q}
`)
	menu := &Menu{Prompt: "p", Keys: map[string][]Step{"1": {{Kind: "hangup"}}}, Tries: 3, Timeout: 5 * time.Second, Otherwise: []Step{{Kind: "play", Prompt: "p"}}}
	collect := Collect{Save: "digits", Min: 1, Max: 20, End: "#", Timeout: 5 * time.Second, Tries: 3}
	longer, callback := collect, collect
	longer.Min, longer.Max, longer.End = 30, 30, ""
	callback.Prompt, callback.Save, callback.Min, callback.Max = "callback-enter-number", "callback", 5, 15
	want := []Step{
		{Kind: "menu", Menu: menu},
		{Kind: "collect", Collect: &collect},
		{Kind: "collect", Collect: &longer},
		{Kind: "lookup", Lookup: &Lookup{URL: "http://x", Method: "GET", Headers: map[string]string{}, Timeout: 2 * time.Second, Save: map[string]string{"a": "b"}}},
		{Kind: "number", To: "123", Timeout: 30 * time.Second},
		{Kind: "number", To: "{a}", Timeout: 30 * time.Second},
		{Kind: "rate", Rate: &Rate{Question: "q", Prompt: "survey-question", Keys: map[string]int{"1": 1}, Tries: 2, Timeout: 5 * time.Second}},
		{Kind: "queue", Queue: "q"},
	}
	placed := cmpopts.IgnoreFields(Step{}, "Line")
	conds := cmp.Comparer(func(a, b Cond) bool { return a.String() == b.String() })
	if d := cmp.Diff(want, c.Flows["f"].Steps, placed, conds); d != "" {
		t.Error(d)
	}
	vm := &Voicemail{Prompt: "leave-message", Max: 2 * time.Minute, Min: 2 * time.Second, Due: 24 * time.Hour}
	r, _ := c.Queue("r")
	if d := cmp.Diff(Actions{{Kind: "voicemail", Voicemail: vm}, {Kind: "callback", Collect: &callback}}, r.MaxWait.Then, placed, conds); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(NoAgents{Count: []string{"ready", "busy", "wrap_up"}, At: "both", Then: Actions{{Kind: "hangup"}}}, r.NoAgents, placed, conds); d != "" {
		t.Error(d)
	}
	q, _ := c.Queue("q")
	if q.Choice.Tries != 1 || q.Choice.Every != 30*time.Second || q.LastAgent != (LastAgent{30 * time.Second, 7 * 24 * time.Hour}) || *q.Survey != (Survey{"f", 1}) {
		t.Errorf("%+v", q)
	}
	rest := map[hotline.OfferResult]time.Duration{"no_answer": 10 * time.Second, "rejected": 5 * time.Second, "busy": 30 * time.Second, "unreachable": time.Minute}
	if d := cmp.Diff(Misses{1, rest}, c.Misses); d != "" || c.Order != (Order{Rule: "strict"}) || c.Handover != (Handover{Grace: 30 * time.Minute}) || c.Consent != (Consent{}) {
		t.Errorf("%s %+v %+v %+v", d, c.Order, c.Handover, c.Consent)
	}
	c = parse(t, "order: {rule: aged}\nconsent: {rule: ask}\nhand_over: {rule: queue}")
	if c.Order.Ageing != time.Minute || c.Consent != (Consent{"ask", "consent", "9"}) || c.Handover != (Handover{"queue", 30 * time.Minute}) {
		t.Errorf("%+v %+v %+v", c.Order, c.Consent, c.Handover)
	}
	if c = parse(t, "order: {rule: queue_ratio, give_way: 4s}"); c.Order != (Order{"queue_ratio", 0, 4 * time.Second, 3 * time.Second}) {
		t.Errorf("%+v", c.Order)
	}
	if c = parse(t, "order: {rule: queue_ratio, ring: 0s, ageing: 1m}"); c.Order != (Order{"queue_ratio", time.Minute, 0, 0}) {
		t.Errorf("%+v", c.Order)
	}
}

// TestCyclesMissNone builds random flows of instant steps and walks through each in every way: Parse refuses exactly those files
// in which a walk can go on for ever.
func TestCyclesMissNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	refused := 0
	for range 300 {
		n := 1 + rng.IntN(5)
		next := make([][]int, n) // flow → flows it can go on in at once
		var text strings.Builder
		text.WriteString("switches: [{id: s}]\nqueues:\n")
		for i := range n {
			to, way := rng.IntN(n), rng.IntN(5)
			then := "hangup"
			if way == 0 { // a queue whose rule leads back into a flow
				then = fmt.Sprintf("{flow: f%d}", to)
			}
			fmt.Fprintf(&text, "  - {id: q%d, max_waiting: {count: 1, then: %s}}\n", i, then)
		}
		flows := make([]string, n)
		rules := strings.Split(text.String(), "\n")[2:]
		for i := range n {
			a, b := rng.IntN(n), rng.IntN(n)
			switch rng.IntN(6) {
			case 0:
				flows[i], next[i] = fmt.Sprintf("[{flow: f%d}]", a), []int{a}
			case 1:
				flows[i], next[i] = fmt.Sprintf("[{switch: {of: s, on: {flow: f%d}}}, {flow: f%d}]", a, b), []int{a, b}
			case 2:
				flows[i], next[i] = fmt.Sprintf("[{if: {when: x, then: [{play: p}, {flow: f%d}], else: {flow: f%d}}}]", a, b), []int{b}
			case 3:
				flows[i] = fmt.Sprintf("[{play: p}, {flow: f%d}]", a)
			case 4:
				flows[i], next[i] = fmt.Sprintf("[{lookup: {url: \"http://x\", save: {a: b}, otherwise: {flow: f%d}}}, hangup]", a), []int{a}
			case 5:
				flows[i] = fmt.Sprintf("[{queue: q%d}]", a)
				var to int
				if _, err := fmt.Sscanf(rules[a][strings.Index(rules[a], "then:"):], "then: {flow: f%d}", &to); err == nil {
					next[i] = []int{to}
				}
			}
		}
		text.WriteString("flows:\n")
		for i, f := range flows {
			fmt.Fprintf(&text, "  f%d: %s\n", i, f)
		}
		endless := false
		var walk func(at, steps int)
		walk = func(at, steps int) {
			endless = endless || steps > n
			for _, to := range next[at] {
				if !endless {
					walk(to, steps+1)
				}
			}
		}
		for i := range n {
			walk(i, 0)
		}
		_, faults := Parse("c", []byte(text.String()), nil)
		if endless != (len(faults) > 0) {
			t.Fatalf("endless: %v, faults: %v\n%s", endless, faults, text.String())
		}
		for _, f := range faults {
			if !strings.Contains(f.Problem, "comes back") {
				t.Fatalf("%s\n%s", f, text.String())
			}
		}
		if endless {
			refused++
		}
	}
	if refused < 50 || refused > 250 {
		t.Errorf("%d of 300 refused: the files are too much alike", refused)
	}
}

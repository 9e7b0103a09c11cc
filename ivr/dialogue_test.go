package ivr_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/ivr"
)

var update = flag.Bool("update", false, "write what the dialogues give into their files")

// dialogue is a text of a caller and the engine: a centre file, "---", and inputs with what they give below them, indented.
//
//	at 2026-03-02 09:00                      the clock, in the centre's time zone
//	switch ID                                is on from now on, for calls that begin
//	call 95500 from 13800000000 x-vip=gold   a call, with its X- headers; "name=" and "trunk=" too
//	rule QUEUE RULE up|down                  a queue's rule, with what the last session knew
//	choice QUEUE / survey QUEUE / back QUEUE the queue's choice, its survey, a customer called back
//	up, played, 5s, 12#                      the inputs of a session
//	looked {"a":"b"} / looked error          and the answers to what it asks for
//	kept, short, promised, refused, busy
type dialogue struct {
	t        *testing.T
	plan     *ivr.Plan
	zone     *time.Location
	now      time.Time
	switches map[string]bool
	session  *ivr.Session
	attrs    map[string]string
	memory   ivr.Memory
	words    map[string]map[string]string // by language: what is built in
	out      []string
}

func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runDialogue(t, file) })
	}
}

func runDialogue(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	source, script, found := strings.Cut(string(data), "\n---\n")
	if !found {
		t.Fatal("no line ---")
	}
	c, faults := centre.Parse(file, []byte(source), nil)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	d := &dialogue{t: t, plan: ivr.NewPlan(c), zone: c.TimeZone, now: start(), switches: map[string]bool{}}
	d.words = map[string]map[string]string{ivr.Chinese: spoken(t, ivr.Chinese), ivr.English: spoken(t, ivr.English)}
	for _, line := range strings.Split(script, "\n") {
		if strings.HasPrefix(line, "  ") || line == "" {
			continue
		}
		d.out = append(d.out, line)
		if !strings.HasPrefix(line, "#") {
			d.do(strings.Fields(line), line)
		}
	}
	got := source + "\n---\n" + strings.Join(d.out, "\n") + "\n"
	if got == string(data) {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := strings.Split(string(data), "\n")
	for i, g := range strings.Split(got, "\n") {
		if i >= len(want) || g != want[i] {
			t.Fatalf("line %d; run with -update and look at the difference\n got %s\nwant %s", i+1, g, want[min(i, len(want)-1)])
		}
	}
	t.Fatalf("ends before line %d", len(want))
}

func (d *dialogue) say(format string, a ...any) {
	d.out = append(d.out, "  "+fmt.Sprintf(format, a...))
}

// do carries out one line of the script.
func (d *dialogue) do(w []string, line string) {
	rest := strings.Join(w[1:], " ")
	switch w[0] {
	case "at":
		at, err := time.ParseInLocation("2006-01-02 15:04", rest, d.zone)
		if err != nil {
			d.t.Fatal(line, err)
		}
		d.now = at
	case "switch":
		d.switches[rest] = true
	case "call":
		d.call(w[1:])
	case "rule":
		q := hotline.QueueID(w[1])
		d.begin(d.plan.Resume(w[1]+"."+w[2], d.plan.Rule(q, w[2]), d.attrs, w[3] == "up"))
	case "choice":
		q := hotline.QueueID(w[1])
		menu := centre.Step{Kind: centre.StepMenu, Menu: d.plan.Queues[q].Choice}
		d.begin(d.plan.Resume(w[1]+".choice", []centre.Step{menu}, d.attrs, true))
	case "survey":
		flow := d.plan.Queues[hotline.QueueID(w[1])].Survey.Flow
		d.begin(d.plan.Resume("survey", d.plan.Flows[flow].Steps, d.attrs, true))
	case "back":
		d.begin(d.plan.CalledBack(hotline.QueueID(w[1]), d.attrs))
	default:
		d.give(w[0], rest)
	}
}

func (d *dialogue) call(w []string) {
	c := ivr.Caller{Number: w[0], From: hotline.Party{Number: w[2]}, Contact: "c1", Now: d.now, Headers: map[string]string{}}
	for _, kv := range w[3:] {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "name":
			c.From.Name = v
		case "trunk":
			c.Trunk = v
		case "withheld":
			c.Anonymous, c.Withheld = true, v
		case "diverted":
			c.Diverted = hotline.Diversion{Number: v, Reason: "no-answer", Count: 1}
		default:
			c.Headers[k] = v
		}
	}
	b := d.plan.WithSwitches(d.switches).Begin(c)
	if b.Entry.Number != "" {
		d.say("entry %s %s", b.Entry.Number, b.Entry.Name)
	}
	if b.Session == nil {
		d.say("reject: %v", b.Reject)
		return
	}
	if b.Session.Records() {
		d.say("records from the answer on")
	}
	d.memory = ivr.Memory{}
	d.begin(b.Session)
}

func (d *dialogue) begin(s *ivr.Session) {
	d.session = s.Remember(d.memory)
	d.step(ivr.Start{})
}

func (d *dialogue) give(word, rest string) {
	if wait, err := time.ParseDuration(word); err == nil {
		d.now = d.now.Add(wait)
		d.step(ivr.Tick{})
		return
	}
	switch word {
	case "up":
		d.step(ivr.Up{})
	case "played":
		d.step(ivr.Played{})
	case "looked":
		in := ivr.Looked{}
		if json.Unmarshal([]byte(rest), &in.Attrs) != nil {
			in.Err = rest
		}
		d.step(in)
	case "kept", "short":
		d.step(ivr.Messaged{Kept: word == "kept"})
	case "promised", "refused":
		d.step(ivr.Promised{OK: word == "promised"})
	case "busy":
		d.step(ivr.NotDialled{Cause: hotline.CauseBusy})
	default:
		for _, k := range []byte(word) {
			d.step(ivr.Key{Key: k})
		}
	}
}

func (d *dialogue) step(in ivr.Input) {
	for _, o := range d.session.Step(d.now, in) {
		d.say("%s", line(o))
		if p, ok := o.(ivr.Play); ok {
			words := d.words[cmp.Or(d.session.Attrs()["language"], d.plan.Language)]
			for _, name := range p.Prompts {
				if _, there := words[name]; !there && !strings.HasPrefix(name, "my-") {
					d.t.Errorf("prompt %s is not built in", name)
				}
			}
		}
	}
	if d.session.Done() {
		d.attrs, d.memory = d.session.Attrs(), d.session.Memory()
		d.say("done %s", pairs(d.attrs))
	}
}

func pairs(m map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%s=%q", k, m[k]))
	}
	return strings.Join(all, " ")
}

// line writes an output as one line: what is not set is left out.
func line(o ivr.Output) string {
	switch o := o.(type) {
	case ivr.Stepped:
		return strings.TrimSpace(fmt.Sprintf("step %s %s %s", o.Fact.Path, o.Fact.Step, o.Fact.Detail))
	case ivr.Play:
		return "play " + strings.Join(o.Prompts, " ")
	case ivr.Lookup:
		return fmt.Sprintf("look up %s %s %s within %s for %s", o.Method, o.URL, o.Body, o.Timeout, pairs(o.Save))
	}
	data, _ := json.Marshal(o)
	var fields map[string]any
	_ = json.Unmarshal(data, &fields)
	text := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", o), "ivr."))
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if v := fields[k]; v != nil && v != "" && v != 0.0 && v != false || k == "Given" {
			text += fmt.Sprintf(" %s=%v", strings.ToLower(k), v)
		}
	}
	return text
}

package call_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/call"
	"hotline/centre"
	"hotline/ivr"
)

func update() bool { return flag.Lookup("update").Value.(flag.Getter).Get().(bool) }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	flag.Parse()
	os.Exit(m.Run())
}

// testPlan is the centre of the scenarios.
func testPlan(say bool) *ivr.Plan {
	return ivr.NewPlan(waiting(&centre.Centre{
		Language: "zh-CN",
		DialOut:  centre.DialOut{Allow: []string{"0", "1"}, Deny: []string{"00"}, Trunk: "carrier"},
		Agents:   []centre.Agent{{ID: "8001", Name: "王芳", Team: "a"}, {ID: "8002", Name: "李雷", Team: "b"}},
		Reasons:  []centre.Reason{{ID: "rest"}, {ID: "meal"}},
		Queues: []centre.Queue{
			{ID: "claims", SayAgentNumber: say, Announce: centre.Announce{Position: true, Wait: true, Every: 30 * time.Second}},
			{ID: "vip", SayAgentNumber: say, Language: "en-US", Music: "vip-music"},
			{ID: "silent", Record: "never"},
		},
		Flows: map[string]centre.Flow{
			"main": {ID: "main", Steps: []centre.Step{
				{Kind: "answer"},
				{Kind: "play", Prompt: "welcome"},
				{
					Kind: "menu", Menu: &centre.Menu{
						Prompt: "main-menu", Tries: 3, Timeout: 5 * time.Second,
						Keys: map[string][]centre.Step{
							"1": {{Kind: "queue", Queue: "claims"}}, "2": {{Kind: "play", Prompt: "address"}},
							"7": {{Kind: "queue", Queue: "silent"}}, "8": {{Kind: "hangup"}}, "9": {{Kind: "queue", Queue: "nowhere"}},
						},
						Otherwise: []centre.Step{{Kind: "queue", Queue: "claims"}},
					},
				},
			}},
			"direct": {ID: "direct", Steps: []centre.Step{{Kind: "ring"}, {Kind: "queue", Queue: "claims"}}},
			"vip":    {ID: "vip", Steps: []centre.Step{{Kind: "queue", Queue: "vip"}}},
		},
		Numbers: map[string]string{"95500": "main", "95501": "direct", "95502": "vip"},
	}))
}

// TestScenarios plays the text scenarios of testdata. A line beginning with a time is an input; the lines below it that
// begin with a tab are what the machine answered. Ticks that become due between two inputs are given by themselves.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if update() {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("%s differs; run with -update and look at the difference:\n%s", f, firstDifference(got, string(text)))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// player plays one scenario.
type player struct {
	t      *testing.T
	m      *call.Machine
	out    bytes.Buffer
	now    time.Time
	wake   time.Time
	refuse map[string]error // next request of that name → the error it gets
	play   map[string]hotline.PlayID
	place  hotline.VisitID
	visit  hotline.VisitID
	from   string

	withheld string
	diverted hotline.Diversion

	started map[hotline.LegID]bool
	ended   int
	look    int // the number of the latest question to a web service
	done    bool
	denied  error // why the last command was not done
}

var errTooMuch = fmt.Errorf("%w: test", hotline.ErrOverload)

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func play(t *testing.T, text string) string {
	p := &player{
		t: t, m: call.NewMachine(testPlan(true), call.Limits{}), now: start(), refuse: map[string]error{},
		play: map[string]hotline.PlayID{}, started: map[hotline.LegID]bool{},
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "\t") {
			continue
		}
		words := strings.Fields(line)
		if len(words) > 0 && !strings.HasPrefix(line, "#") {
			at, err := time.ParseDuration(words[0])
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			p.until(start().Add(at))
			fmt.Fprintln(&p.out, line)
			p.line(words[1], words[2:])
			continue
		}
		fmt.Fprintln(&p.out, line)
	}
	if p.done && p.ended != 1 && (p.m.Denied() == nil || p.ended != 0) {
		t.Errorf("done with %d CallEnded", p.ended)
	}
	return p.out.String()
}

// until lets time pass, with the ticks that fall due.
func (p *player) until(at time.Time) {
	for n := 0; !p.wake.IsZero() && !p.wake.After(at); n++ {
		if n > 100 {
			p.t.Fatalf("the machine wakes again and again at %v", p.wake.Sub(start()))
		}
		p.now = p.wake
		fmt.Fprintf(&p.out, "\t@%v\n", p.now.Sub(start()))
		p.step(call.Tick{})
	}
	p.now = at
}

func (p *player) line(verb string, args []string) {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	leg := func() hotline.LegID { return legNamed(arg(0)) }
	switch verb {
	case "plan": // plan nosay
		p.m = call.NewMachine(testPlan(arg(0) != "nosay"), call.Limits{})
	case "incoming": // incoming NUMBER [AGENT]
		p.heard(hotline.Incoming{
			Call: "C", Leg: "C-0", At: p.now, From: hotline.Party{Number: cmp.Or(p.from, "13800000000")}, To: arg(0),
			Agent: hotline.AgentID(arg(1)), Trunk: map[bool]string{true: "carrier"}[arg(1) == ""],
			Anonymous: p.withheld != "", Withheld: p.withheld, Diverted: p.diverted,
		})
	case "recording": // recording FROM TO: a recording session
		p.heard(hotline.Incoming{
			Call: "C", Leg: "C-0", At: p.now, From: hotline.Party{Number: arg(0)}, To: arg(1), Trunk: "sbc", Recording: true,
		})
	case "withheld": // withheld NUMBER: who calls and does not want to be shown
		p.from, p.withheld = "anonymous", arg(0)
	case "diverted": // diverted NUMBER REASON: by which number
		p.diverted = hotline.Diversion{Number: arg(0), Reason: arg(1), Count: 1}
	case "from": // from NUMBER: who calls
		p.from = arg(0)
	case "visit": // visit N: what the shard says from now on is about the N-th
		p.visit = hotline.ContactID("C").Visit(number(arg(0)))
	case "ringing":
		p.heard(hotline.Ringing{Leg: leg()})
	case "up":
		p.heard(hotline.PickedUp{Leg: leg(), Codec: "PCMA"})
	case "media":
		p.heard(hotline.MediaUp{Leg: leg(), At: p.now})
	case "key": // key LEG KEYS
		for _, k := range []byte(arg(1)) {
			p.heard(hotline.Digit{Leg: leg(), Key: k})
		}
	case "played": // played LEG [PLAY] [error]
		id := p.play[arg(0)]
		if arg(1) != "" {
			id = hotline.PlayID("C." + arg(1))
		}
		p.heard(hotline.PlayEnded{Leg: leg(), Play: id, Complete: arg(2) == "", Err: arg(2)})
	case "cut": // cut LEG: what plays ends because the leg does
		p.heard(hotline.PlayEnded{Leg: leg(), Play: p.play[arg(0)]})
	case "hold":
		p.heard(hotline.HoldAsked{Leg: leg(), On: arg(1) == "on"})
	case "silent": // silent LEG FOR
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			p.t.Fatal(err)
		}
		p.heard(hotline.MediaLost{Leg: leg(), Silence: d})
	case "ended":
		p.heard(hotline.Ended{Leg: leg(), Cause: hotline.Cause(arg(1)), Stats: hotline.MediaStats{Received: 100, Codec: "PCMA"}})
	case "failed":
		p.heard(hotline.Failed{Leg: leg(), Cause: hotline.Cause(arg(1))})
	case "refuse": // refuse REQUEST refused|unknown|overload: the next one
		p.refuse[arg(0)] = map[string]error{
			"refused": hotline.ErrRefused, "unknown": hotline.ErrUnknown, "overload": errTooMuch,
		}[arg(1)]
	case "place": // place POSITION WAIT|unknown
		n, _ := strconv.Atoi(arg(0))
		wait, err := time.ParseDuration(arg(1))
		if err != nil {
			wait = -1
		}
		p.step(call.Placed{Visit: p.place, Position: n, Wait: wait})
	case "noplace":
		p.step(call.Placed{Visit: p.place, Err: hotline.ErrUnknown})
	case "abort":
		p.step(call.Abort{Cause: hotline.Cause(arg(0))})
	case "wait":
	default:
		p.fact(verb, arg)
	}
}

// fact brings a fact of the shard about the latest visit.
func (p *player) fact(verb string, arg func(int) string) {
	offer := func() hotline.OfferID { n, _ := strconv.Atoi(arg(0)); return p.visit.Offer(n) }
	ev := hotline.Event{Shard: "s1", Contact: "C", Call: "C", Queue: "claims", At: p.now}
	switch verb {
	case "queued":
		ev.Fact = hotline.Queued{Visit: p.visit, Entry: "ivr", Since: p.now, Position: 1}
	case "blocked": // blocked REASON THEN TO
		ev.Fact = hotline.Blocked{Visit: p.visit, Reason: hotline.BlockReason(arg(0)), Then: arg(1), To: arg(2)}
	case "offered": // offered N AGENT
		ev.Agent = hotline.AgentID(arg(1))
		ev.Fact = hotline.Offered{Visit: p.visit, Offer: offer(), Attempt: 1, Until: p.now.Add(15 * time.Second)}
	case "lost": // lost N RESULT
		ev.Fact = hotline.OfferLost{Visit: p.visit, Offer: offer(), Result: hotline.OfferResult(arg(1))}
	case "connected": // connected N AGENT LEG
		ev.Agent = hotline.AgentID(arg(1))
		ev.Fact = hotline.Connected{Visit: p.visit, Offer: offer(), Leg: legNamed(arg(2))}
	case "abandoned":
		ev.Fact = hotline.Abandoned{Visit: p.visit}
	case "left": // left OUTCOME THEN TO
		ev.Fact = hotline.Left{Visit: p.visit, Outcome: hotline.Outcome(arg(0)), Then: arg(1), To: arg(2)}
	case "released": // released AGENT CAUSE
		ev.Agent = hotline.AgentID(arg(0))
		ev.Fact = hotline.Released{Visit: p.visit, Cause: hotline.Cause(arg(1))}
	default:
		if p.more(verb, arg) {
			return
		}
		ev.Queue, ev.Fact = p.waitFact(verb, arg)
		if ev.Fact == nil {
			p.t.Fatalf("unknown verb %q", verb)
		}
		ev.Agent = hotline.AgentID(map[string]string{"offered-in": arg(2), "connected-in": arg(2), "desk": "8001"}[verb])
	}
	p.step(call.Told{Event: ev})
}

func (p *player) heard(s hotline.Signal) { p.step(call.Heard{Signal: s}) }

// step gives the input and the answers to the requests that follow from it.
func (p *player) step(in call.Input) {
	inputs := []call.Input{in}
	for len(inputs) > 0 {
		out := p.m.Step(p.now, inputs[0])
		inputs = inputs[1:]
		if out.Denied != nil {
			p.denied = out.Denied
		}
		p.print(out)
		for _, q := range out.Requests {
			n := shortName(q)
			if err := p.refuse[n]; err != nil {
				delete(p.refuse, n)
				fmt.Fprintf(&p.out, "\t! %s: %v\n", n, errors.Unwrap(fmt.Errorf("%w", err)))
				inputs = append(inputs, call.Refused{Request: q, Err: err})
			} else {
				inputs = append(inputs, call.Ordered{Request: q})
			}
			if e, ok := q.(hotline.Enqueue); ok {
				p.visit = e.Visit
			}
		}
	}
}

func (p *player) print(out call.Output) {
	for _, ev := range out.Events {
		if ev.Call != "C" || ev.Contact != "C" || ev.At.After(p.now) {
			p.t.Errorf("event without its call, contact or time: %+v", ev)
		}
		switch f := ev.Fact.(type) {
		case hotline.LegStarted:
			p.started[ev.Leg] = true
		case hotline.LegEnded:
			if !p.started[ev.Leg] {
				p.t.Errorf("leg %s ended twice or never started", ev.Leg)
			}
			delete(p.started, ev.Leg)
		case hotline.Answered:
			if ev.At.Equal(p.now) == f.NoMedia {
				p.t.Errorf("answered at %v, now %v: %+v", ev.At, p.now, f)
			}
		case hotline.CallEnded:
			p.ended++
			if len(p.started) > 0 {
				p.t.Errorf("CallEnded while %d legs are open (%v)", len(p.started), f)
			}
		}
		fact, err := json.Marshal(ev.Fact)
		if err != nil {
			p.t.Fatal(err)
		}
		who := strings.Join(slices.DeleteFunc([]string{legName(ev.Leg), string(ev.Agent), string(ev.Queue)},
			func(s string) bool { return s == "" }), " ")
		fmt.Fprintf(&p.out, "\trecord %s [%s] %s\n", ev.Fact.Kind(), who, fact)
	}
	for _, a := range out.Actions {
		if pl, ok := a.(hotline.Play); ok {
			p.play[legName(pl.Leg)] = pl.Play
		}
		fmt.Fprintf(&p.out, "\tdo %s\n", describe(a))
	}
	for _, q := range out.Requests {
		fmt.Fprintf(&p.out, "\task %s\n", describe(q))
	}
	if out.Place != "" {
		p.place = out.Place
		fmt.Fprintf(&p.out, "\tplace? %s\n", out.Place)
	}
	if l := out.Lookup; l.Number > 0 {
		fmt.Fprintf(&p.out, "\task %s\n", describe(l.Lookup))
		p.look = l.Number
	}
	p.posts(out)
	p.wake = out.Wake
	if out.Done && !p.done {
		p.done = true
		fmt.Fprintln(&p.out, "\tdone")
	}
}

func shortName(v any) string {
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", v), "hotline."))
}

// describe is an action or a request as one line.
func describe(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return err.Error()
	}
	words := []string{strings.TrimPrefix(fmt.Sprintf("%T", v), "hotline.")}
	names := make([]string, 0, len(fields))
	for n := range fields {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		value, err := json.Marshal(fields[n])
		if err != nil {
			return err.Error()
		}
		s := strings.Trim(string(value), `"`)
		switch s {
		case "", "0", "null", "false", "0001-01-01T00:00:00Z", `{"Name":"","Number":""}`:
			continue
		case "true":
			words = append(words, n)
			continue
		}
		if n == "Leg" {
			s = legName(hotline.LegID(s))
		}
		if n == "Call" || n == "Contact" || n == "Headers" {
			continue
		}
		words = append(words, n+"="+s)
	}
	return strings.Join(words, " ")
}

// Legs are called c (the customer's, or whoever called) and a1, a2, … in scenarios.
func legName(l hotline.LegID) string {
	switch {
	case l == "":
		return ""
	case l == "C-0":
		return "c"
	case l == "D-0":
		return "l"
	case l[0] == 'W':
		return "w" + string(l[1])
	}
	return "a" + strings.TrimPrefix(string(l), "C-")
}

func legNamed(s string) hotline.LegID {
	switch s {
	case "c":
		return "C-0"
	case "l":
		return "D-0"
	case "w1", "w2":
		return hotline.CallID("W" + s[1:]).Sub(1)
	}
	return hotline.LegID("C-" + strings.TrimPrefix(s, "a"))
}

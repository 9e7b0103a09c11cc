package ivr_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/ivr"
)

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func step(kind, arg string) centre.Step {
	s := centre.Step{Kind: kind}
	switch kind {
	case "play":
		s.Prompt = arg
	case "queue":
		s.Queue = hotline.QueueID(arg)
	case "flow":
		s.Flow = arg
	}
	return s
}

func menu(prompt string, tries int, otherwise *centre.Step, keys map[string]centre.Step) centre.Step {
	m := &centre.Menu{Prompt: prompt, Tries: tries, Timeout: 5 * time.Second, Keys: map[string][]centre.Step{}}
	for k, s := range keys {
		m.Keys[k] = []centre.Step{s}
	}
	if otherwise != nil {
		m.Otherwise = []centre.Step{*otherwise}
	}
	return centre.Step{Kind: "menu", Menu: m}
}

func plan() *ivr.Plan {
	sorry := step("play", "sorry")
	inner := menu("inner", 1, nil, map[string]centre.Step{"1": step("play", "fact"), "2": step("flow", "night")})
	flows := map[string][]centre.Step{
		"main": {
			step("answer", ""), step("play", "welcome"), step("play", "notice"),
			menu("main-menu", 2, &sorry, map[string]centre.Step{
				"1": step("queue", "claims"), "2": step("play", "address"), "3": inner, "#": step("hangup", ""),
			}),
			step("queue", "late"),
		},
		"night":  {step("play", "closed"), step("hangup", "")},
		"bare":   {step("ring", ""), step("queue", "claims")},
		"circle": {step("answer", ""), step("flow", "circle")},
		"empty":  {},
		"mute":   {step("answer", ""), menu("", 0, nil, map[string]centre.Step{"1": step("queue", "claims")})},
		"odd":    {step("answer", ""), step("dance", "")},
		"lost":   {step("answer", ""), step("flow", "nowhere")},
	}
	c := &centre.Centre{
		Flows: map[string]centre.Flow{}, Numbers: map[string]string{},
		Queues: []centre.Queue{
			{ID: "claims", Announce: centre.Announce{Position: true, Every: 30 * time.Second}},
			{ID: "late", Record: "never", Language: "en-US", Music: "jazz"},
		},
		Agents:  []centre.Agent{{ID: "8001", Name: "王芳"}},
		Reasons: []centre.Reason{{ID: "rest"}, {ID: "meal"}},
	}
	for id, steps := range flows {
		c.Flows[id] = centre.Flow{ID: id, Steps: steps}
		c.Numbers[id] = id
	}
	return ivr.NewPlan(c)
}

func session(number string) *ivr.Session {
	return plan().Begin(ivr.Caller{Number: number, Now: start()}).Session
}

// talk gives a session the inputs of a script and writes down what it does: "up", "played", a wait like "5s", keys like
// "12#".
func talk(t *testing.T, number, script string) string {
	t.Helper()
	s := session(number)
	if s == nil {
		t.Fatal("no flow", number)
	}
	now := start()
	var out []string
	give := func(in ivr.Input) {
		for _, o := range s.Step(now, in) {
			out = append(out, text(o))
		}
	}
	give(ivr.Start{})
	for _, w := range strings.Fields(script) {
		d, err := time.ParseDuration(w)
		switch {
		case w == "up":
			give(ivr.Up{})
		case w == "played":
			give(ivr.Played{})
		case err == nil:
			now = now.Add(d)
			give(ivr.Tick{})
		default:
			for _, k := range []byte(w) {
				give(ivr.Key{Key: k})
			}
		}
		out = append(out, "|")
	}
	if s.Done() {
		out = append(out, "done")
	}
	return strings.Join(out, " ")
}

func text(o ivr.Output) string {
	switch o := o.(type) {
	case ivr.Play:
		return "play:" + strings.Join(o.Prompts, "+")
	case ivr.Enqueue:
		return "enqueue:" + string(o.Queue)
	case ivr.Hangup:
		return "hangup:" + string(o.Cause)
	case ivr.Stepped:
		return "(" + o.Fact.Path + ":" + o.Fact.Step + ":" + o.Fact.Detail + ")"
	}
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", o), "ivr."))
}

func TestSession(t *testing.T) {
	for _, c := range []struct{ name, number, script, want string }{
		{
			"listens to everything", "main", "up played played played 4s 1",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | (main.3:play:notice) play:notice | " +
				"(main.4:menu:main-menu) play:main-menu | | | (main.4.choice:queue:claims) enqueue:claims | done",
		},
		{
			"types before the answer is through", "main", "1 up",
			"(main.1:answer:) answer | (main.2:play:welcome) (main.3:play:notice) (main.4:menu:main-menu) " +
				"(main.4.choice:queue:claims) enqueue:claims | done",
		},
		{
			"a key cuts every prompt before its menu", "main", "up 1",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | stop (main.3:play:notice) (main.4:menu:main-menu) " +
				"(main.4.choice:queue:claims) enqueue:claims | done",
		},
		{
			"a play asks again, also typed ahead", "main", "up 22 played played 5s #",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | stop (main.3:play:notice) (main.4:menu:main-menu) " +
				"(main.4.choice:play:address) play:address stop (main.4.choice:play:address) play:address | play:main-menu | | " +
				"(main.4:menu:timeout) play:main-menu | stop (main.4.choice:hangup:) hangup:flow | done",
		},
		{
			"a wrong key throws away what follows it", "main", "up 91 played 8",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | stop (main.3:play:notice) (main.4:menu:main-menu) " +
				"(main.4:menu:invalid) play:invalid-choice+main-menu stop (main.4.choice:queue:claims) enqueue:claims | | | done",
		},
		{
			"two tries, then otherwise, then on", "main", "up played played 9 8 played",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | (main.3:play:notice) play:notice | " +
				"(main.4:menu:main-menu) play:main-menu | stop (main.4:menu:invalid) play:invalid-choice+main-menu | stop " +
				"(main.4:menu:invalid) (main.4.otherwise:play:sorry) play:sorry | (main.5:queue:late) enqueue:late | done",
		},
		{
			"a menu below a menu", "main", "up played played 3 1 played 2 played",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | (main.3:play:notice) play:notice | " +
				"(main.4:menu:main-menu) play:main-menu | stop (main.4.choice:menu:inner) play:inner | stop " +
				"(main.4.choice.choice:play:fact) play:fact | play:inner | stop (main.4.choice.choice:flow:night) " +
				"(night.1:play:closed) play:closed | (night.2:hangup:) hangup:flow | done",
		},
		{
			"no otherwise: hung up", "main", "up played played 3 played 5s",
			"(main.1:answer:) answer (main.2:play:welcome) play:welcome | (main.3:play:notice) play:notice | " +
				"(main.4:menu:main-menu) play:main-menu | stop (main.4.choice:menu:inner) play:inner | | " +
				"(main.4.choice:menu:timeout) hangup:flow | done",
		},
		{"rings, then answers for the queue", "bare", "up", "(bare.1:ring:) ring answer (bare.2:queue:claims) enqueue:claims | done"},
		{"a flow in a circle", "circle", "up", "(circle.1:answer:) answer " + strings.Repeat("(circle.2:flow:circle) ", 32) + "hangup:error | done"},
		{"an empty flow", "empty", "up", "hangup:flow | done"},
		{"a menu without a prompt", "mute", "up 5s 1", "(mute.1:answer:) answer (mute.2:menu:) | (mute.2:menu:timeout) | (mute.2.choice:queue:claims) enqueue:claims | done"},
		{"a step that is not known", "odd", "up", "(odd.1:answer:) answer hangup:error | done"},
		{"a flow that is not there", "lost", "up", "(lost.1:answer:) answer (lost.2:flow:nowhere) hangup:error | done"},
		{"early and doubled inputs", "main", "played 5s up up played 4s", "(main.1:answer:) answer | | (main.2:play:welcome) play:welcome | | (main.3:play:notice) play:notice | |"},
	} {
		got := talk(t, c.number, c.script)
		if c.name == "a flow in a circle" {
			got = strings.Join(strings.Fields(got), " ")
			if !strings.HasSuffix(got, "hangup:error | done") || strings.Count(got, "circle.2") > 100 {
				t.Errorf("%s: %s", c.name, got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestTypedAheadIsBounded holds what a caller can make the engine keep and do.
func TestTypedAheadIsBounded(t *testing.T) {
	s := session("main")
	now := start()
	s.Step(now, ivr.Start{})
	for range 10_000 {
		if out := s.Step(now, ivr.Key{Key: '2'}); len(out) > 0 {
			t.Fatal("acts before the answer", out)
		}
	}
	plays := 0
	for _, o := range s.Step(now, ivr.Up{}) {
		if _, ok := o.(ivr.Play); ok {
			plays++
		}
	}
	if plays > 40 {
		t.Errorf("%d prompts begun at once for keys typed ahead", plays)
	}
	for i := 0; !s.Done(); i++ { // a machine that presses the same key for ever
		if i > 1000 {
			t.Fatal("the menu is asked for ever")
		}
		s.Step(now, ivr.Key{Key: '2'})
	}
}

// TestNoKeyInFacts presses secret keys at random and looks for them in what is recorded: a step's path and detail may not
// tell one key from another.
func TestNoKeyInFacts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("SIM_SEED"); v != "" {
		seed, _ = strconv.ParseUint(v, 10, 64)
	}
	t.Logf("SIM_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		s := session("main")
		now := start()
		var outs []ivr.Output
		give := func(in ivr.Input) { outs = append(outs, s.Step(now, in)...) }
		give(ivr.Start{})
		give(ivr.Up{})
		for range r.IntN(20) {
			now = now.Add(time.Duration(r.IntN(8)) * time.Second)
			switch r.IntN(3) {
			case 0:
				give(ivr.Played{})
			case 1:
				give(ivr.Tick{})
				if at, ok := s.Next(); ok && !at.After(now) {
					t.Fatal("a deadline passed unheeded")
				}
			default:
				give(ivr.Key{Key: "0123456789*#ABCD"[r.IntN(16)]})
			}
		}
		for _, o := range outs {
			f, ok := o.(ivr.Stepped)
			if !ok {
				continue
			}
			for _, part := range strings.Split(f.Fact.Path, ".")[1:] {
				if part != "choice" && part != "otherwise" && !(len(part) == 1 && part >= "1" && part <= "5") {
					t.Fatalf("path %q", f.Fact.Path)
				}
			}
			if len(f.Fact.Detail) == 1 {
				t.Fatalf("detail %q", f.Fact.Detail)
			}
		}
	}
}

func TestNewPlan(t *testing.T) {
	p := plan()
	if p.Language != "zh-CN" || len(p.Reasons) != 2 || p.Agents["8001"] != "王芳" {
		t.Errorf("plan %+v", p)
	}
	claims, late := p.Queues["claims"], p.Queues["late"]
	if claims.Language != "zh-CN" || claims.Music != "music" || !claims.Record || !claims.Announces() {
		t.Errorf("claims %+v", claims)
	}
	if late.Language != "en-US" || late.Music != "jazz" || late.Record || late.Announces() {
		t.Errorf("late %+v", late)
	}
	if session("110") != nil {
		t.Error("a number that nobody has is answered")
	}
	for flow, want := range map[string]bool{"main": true, "bare": true, "circle": true, "empty": true} {
		if got := p.Records(flow); got != want {
			t.Errorf("%s recorded: %v, want %v", flow, got, want)
		}
	}
	p.Queues["claims"] = ivr.Queue{ID: "claims"}
	if p.Records("main") || p.Records("bare") {
		t.Error("a flow whose queues are never recorded is recorded")
	}
}

package acd

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/centre"
	"hotline/centre/strict"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestScenarios runs testdata/scenarios/*.txt. A file is a list of blocks: commands, a line of four hyphens, what they must
// print, an empty line. Lines that begin with # are comments. See script for the commands.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScenario(t, string(data))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(data), got); d != "" {
				t.Errorf("differs (-want +got); run with -update if it should:\n%s", d)
			}
		})
	}
}

// runScenario returns the file with what its commands print now.
func runScenario(t *testing.T, text string) string {
	t.Helper()
	s := newScript(t)
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		commands, _, isBlock := strings.Cut(block+"\n", "----\n")
		if !isBlock {
			out.WriteString(block + "\n\n") // a comment alone
			continue
		}
		out.WriteString(commands + "----\n")
		s.out.Reset()
		lines := strings.Split(strings.TrimSuffix(commands, "\n"), "\n")
		for i := 0; i < len(lines); i++ {
			line := lines[i]
			if strings.HasPrefix(line, "#") {
				continue
			}
			var body []string // indented lines belong to the command above
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ") {
				i++
				body = append(body, lines[i])
			}
			s.command(strings.Fields(line), strings.Join(body, "\n"))
		}
		out.WriteString(s.out.String() + "\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// script is one scenario being run: a router, a shadow of it fed by Apply alone, and the log.
type script struct {
	t      *testing.T
	out    strings.Builder
	centre *centre.Centre
	router *Router
	shadow *Router
	log    []hotline.Event
	start  time.Time
	now    time.Time
	visits map[string]int // contact → visits so far
}

func newScript(t *testing.T) *script {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &script{t: t, start: start, now: start, visits: map[string]int{}}
	data, err := os.ReadFile("testdata/centre.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.centre = mustParse(t, string(data))
	s.begin()
	return s
}

func (s *script) begin() {
	s.router, s.shadow = NewRouter("main", s.centre), NewRouter("main", s.centre)
}

func mustParse(t testing.TB, text string) *centre.Centre {
	t.Helper()
	c, faults := centre.Parse("centre.yaml", []byte(text), nil)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	return c
}

// The commands:
//
//	centre, then the file indented          begin anew with this centre (first command only)
//	setcentre, then the file indented       put another file in force
//	staff ID…                               phones up and agents ready
//	phone ID up|down
//	agent ID STATE [REASON] [by=SOURCE]
//	enqueue QUEUE CONTACT… [priority=N] [since=-30s] [place=-1m] [visit=ID]
//	leave CONTACT [OUTCOME] [to=WHERE]
//	accept OFFER      decline OFFER RESULT
//	release AGENT CONTACT [CAUSE]
//	endwrap AGENT [by=SOURCE]
//	advance DURATION                        Ticks come when they are due
//	wait DURATION                           the clock moves on, no Tick comes: the engine is late
//	tick
//	place CONTACT…
//	show                                    agents and visits as they are
//	crash [DURATION]                        rebuild the router from the log, after a stop of that length
//	recover [CALL…]                         the engine is back, these calls were resumed
func (s *script) command(words []string, body string) {
	if len(words) == 0 {
		return
	}
	args, opts := split(words[1:])
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch words[0] {
	case "centre":
		s.centre = mustParse(s.t, body)
		s.begin()
	case "setcentre":
		s.centre = mustParse(s.t, body)
		s.shadow.adopt(s.centre)
		s.print(s.router.SetCentre(s.now, s.centre), nil)
	case "staff":
		for _, id := range args {
			s.step(hotline.SetDevice{Agent: hotline.AgentID(id), Up: true})
			s.step(hotline.SetAgent{Agent: hotline.AgentID(id), State: hotline.AgentReady, Source: hotline.SourceAgent})
		}
	case "phone":
		s.step(hotline.SetDevice{Agent: hotline.AgentID(arg(0)), Up: arg(1) == "up"})
	case "agent":
		source := hotline.SourceAgent
		if opts["by"] != "" {
			source = hotline.Source(opts["by"])
		}
		s.step(hotline.SetAgent{
			Agent: hotline.AgentID(arg(0)), State: hotline.AgentState(arg(1)), Reason: arg(2), Source: source,
		})
	case "enqueue":
		for _, c := range args[1:] {
			s.enqueue(arg(0), c, opts)
		}
	case "leave":
		outcome := hotline.OutcomeAbandoned
		if arg(1) != "" {
			outcome = hotline.Outcome(arg(1))
		}
		s.step(hotline.Leave{Visit: s.visit(arg(0)), Outcome: outcome, To: opts["to"]})
	case "accept":
		s.step(hotline.Accept{Offer: hotline.OfferID(arg(0)), Leg: hotline.LegID(arg(0) + "-leg")})
	case "decline":
		s.step(hotline.Decline{Offer: hotline.OfferID(arg(0)), Result: hotline.OfferResult(arg(1))})
	case "release":
		cause := hotline.CauseHangup
		if arg(2) != "" {
			cause = hotline.Cause(arg(2))
		}
		by := hotline.RoleCustomer
		if arg(3) != "" {
			by = hotline.Role(arg(3))
		}
		s.step(hotline.Release{
			Agent: hotline.AgentID(arg(0)), Call: hotline.CallID(arg(1)), Cause: cause, By: by,
		})
	case "endwrap":
		source := hotline.SourceAgent
		if opts["by"] != "" {
			source = hotline.Source(opts["by"])
		}
		s.step(hotline.EndWrap{Agent: hotline.AgentID(arg(0)), Source: source})
	default:
		if !s.agentCommand(words[0], args, opts) && !s.queueCommand(words[0], args, opts) {
			s.world(words[0], args)
		}
	}
}

// world handles the commands about time and the engine.
func (s *script) world(word string, args []string) {
	switch word {
	case "advance":
		s.advance(s.duration(args[0]))
	case "wait":
		s.now = s.now.Add(s.duration(args[0]))
	case "tick":
		s.step(hotline.Tick{})
	case "place":
		for _, c := range args {
			pos, wait, err := s.router.Place(s.now, s.visit(c))
			switch {
			case err != nil:
				fmt.Fprintf(&s.out, "%s: %v\n", c, err)
			case wait < 0:
				fmt.Fprintf(&s.out, "%s: position %d, no telling how long\n", c, pos)
			default:
				fmt.Fprintf(&s.out, "%s: position %d, about %s\n", c, pos, wait.Round(100*time.Millisecond))
			}
		}
	case "expect":
		expected := s.router.Expected(s.now)
		for _, q := range slices.Sorted(maps.Keys(expected)) {
			fmt.Fprintf(&s.out, "%s: about %s for who comes now\n", q, expected[q].Round(100*time.Millisecond))
		}
	case "explain":
		s.explain(args)
	case "show":
		s.show()
	case "crash":
		if len(args) > 0 {
			s.now = s.now.Add(s.duration(args[0]))
		}
		s.router, s.shadow = s.replay(), s.replay()
	case "recover":
		var calls []hotline.CallID
		for _, c := range args {
			calls = append(calls, hotline.CallID(c))
		}
		s.step(hotline.Recover{Resumed: calls})
	default:
		s.t.Fatalf("no command %q", word)
	}
}

func split(words []string) (args []string, opts map[string]string) {
	opts = map[string]string{}
	for _, w := range words {
		if k, v, ok := strings.Cut(w, "="); ok {
			opts[k] = v
		} else {
			args = append(args, w)
		}
	}
	return args, opts
}

func (s *script) duration(text string) time.Duration {
	d, err := strict.ParseDuration(text)
	if err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return d
}

func (s *script) visit(contact string) hotline.VisitID {
	return hotline.ContactID(contact).Visit(max(1, s.visits[contact]))
}

func (s *script) enqueue(queue, contact string, opts map[string]string) {
	s.visits[contact]++
	q := hotline.Enqueue{
		Contact: hotline.ContactID(contact), Call: hotline.CallID(contact), Visit: s.visit(contact),
		Queue: hotline.QueueID(queue), Entry: "ivr", Since: s.now, From: hotline.Party{Number: "139" + contact},
	}
	if id := opts["visit"]; id != "" {
		q.Visit = hotline.VisitID(id)
		s.visits[contact]--
	}
	if p := opts["priority"]; p != "" {
		q.Priority, _ = strconv.Atoi(p)
	}
	if ago := strings.TrimPrefix(opts["since"], "-"); ago != "" {
		q.Since = s.now.Add(-s.duration(ago))
	}
	if ago := strings.TrimPrefix(opts["place"], "-"); ago != "" {
		q.Place = s.now.Add(-s.duration(ago))
	}
	s.options(&q, opts)
	s.orderOptions(&q, opts)
	s.step(q)
}

func (s *script) advance(d time.Duration) {
	for end := s.now.Add(d); ; {
		due, ok := s.router.Next()
		if !ok || due.After(end) {
			s.now = end
			return
		}
		if due.After(s.now) {
			s.now = due
		}
		s.step(hotline.Tick{})
	}
}

func (s *script) step(q hotline.Request) {
	before := s.image(s.router)
	evs, err := s.router.Step(s.now, q)
	if err != nil && (len(evs) > 0 || s.image(s.router) != before) {
		s.t.Errorf("%T refused, but something changed: %v", q, evs)
	}
	s.print(evs, err)
}

// print shows the facts and holds the router to its invariants and to its log.
func (s *script) print(evs []hotline.Event, err error) {
	s.log = append(s.log, evs...)
	for _, ev := range evs {
		fmt.Fprintf(&s.out, "%-8s %s\n", "+"+strict.ShowDuration(ev.At.Sub(s.start)), describe(ev, s.start))
	}
	if err != nil {
		fmt.Fprintf(&s.out, "%-8s refused: %v\n", "+"+strict.ShowDuration(s.now.Sub(s.start)), err)
	}
	if err := s.router.Check(); err != nil {
		s.t.Error(err)
	}
	for _, ev := range evs {
		s.shadow.Apply(throughCodec(s.t, ev))
	}
	if got, want := s.image(s.shadow), s.image(s.router); got != want {
		s.t.Fatalf("replay differs from live:\n%s\n%s", got, want)
	}
}

// replay returns a router that has only seen the log.
func (s *script) replay() *Router {
	r := NewRouter("main", s.centre)
	for _, ev := range s.log {
		r.Apply(throughCodec(s.t, ev))
	}
	return r
}

// throughCodec is the event as a reader of the log gets it.
func throughCodec(t testing.TB, ev hotline.Event) hotline.Event {
	b, err := hotline.MarshalEvent(ev)
	if err != nil {
		t.Fatal(err)
	}
	if ev, err = hotline.UnmarshalEvent(b); err != nil {
		t.Fatal(err)
	}
	return ev
}

func (s *script) image(r *Router) string {
	b, err := r.Snapshot()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *script) show() {
	for _, a := range s.router.roster {
		fmt.Fprintf(&s.out, "agent %s %s", a.id, a.state)
		if a.reason != "" {
			fmt.Fprintf(&s.out, "(%s)", a.reason)
		}
		if !a.since.IsZero() {
			fmt.Fprintf(&s.out, " since +%s", strict.ShowDuration(a.since.Sub(s.start)))
		}
		if a.talk != nil {
			fmt.Fprintf(&s.out, " with %s", a.talk.contact)
		}
		if a.next.state != "" {
			fmt.Fprintf(&s.out, " then %s(%s)", a.next.state, a.next.reason)
		}
		if !a.device {
			s.out.WriteString(" no phone")
		}
		s.out.WriteString("\n")
	}
	for _, v := range s.router.inOrder() {
		fmt.Fprintf(&s.out, "visit %s in %s since +%s", v.id, v.queue.id, strict.ShowDuration(v.since.Sub(s.start)))
		for _, o := range v.offers {
			fmt.Fprintf(&s.out, " rings %s", o.agent.id)
		}
		s.out.WriteString("\n")
	}
}

// describe writes a fact on one line: who, what, and what else it says.
func describe(ev hotline.Event, start time.Time) string {
	at := func(t time.Time) string { return "+" + strict.ShowDuration(t.Sub(start)) }
	ms := func(n int64) string { return strict.ShowDuration(time.Duration(n) * time.Millisecond) }
	where := func(then, to string) string { return " then " + strings.TrimSpace(then+" "+to) }
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		out := fmt.Sprintf("queued %s in %s priority %d position %d since %s", f.Visit, ev.Queue, f.Priority, f.Position, at(f.Since))
		if f.Beside != "" {
			out += " beside " + string(f.Beside)
		}
		if !f.Place.IsZero() && !f.Place.Equal(f.Since) {
			out += " in the place of " + at(f.Place)
		}
		return out + describeQueued(f, at)
	case hotline.Blocked:
		return fmt.Sprintf("blocked %s from %s: %s", f.Visit, ev.Queue, f.Reason) + where(f.Then, f.To)
	case hotline.Relaxed:
		return fmt.Sprintf("relaxed %s step %d needs %s", f.Visit, f.Step, f.Needs)
	case hotline.Offered:
		agent := strings.TrimSuffix(fmt.Sprintf("%s at %s", ev.Agent, f.Phone), " at ")
		return fmt.Sprintf("offered %s to %s until %s after %s (%s)", f.Offer, agent, at(f.Until), ms(f.WaitMS), f.Why)
	case hotline.OfferLost:
		return fmt.Sprintf("offer lost %s by %s: %s, rang %s", f.Offer, ev.Agent, f.Result, ms(f.RingMS))
	case hotline.Connected:
		return fmt.Sprintf("connected %s with %s on %s, waited %s, rang %s", f.Visit, ev.Agent, f.Leg, ms(f.WaitMS), ms(f.RingMS))
	case hotline.Abandoned:
		return fmt.Sprintf("abandoned %s after %s ringing %t", f.Visit, ms(f.WaitMS), f.Ringing)
	case hotline.Left:
		out := fmt.Sprintf("left %s: %s after %s", f.Visit, f.Outcome, ms(f.WaitMS))
		if f.Then+f.To != "" {
			out += where(f.Then, f.To)
		}
		if f.Rule != "" && f.Rule != hotline.RuleMaxWait {
			out += " by rule " + f.Rule
		}
		if f.By != "" {
			out += " by " + f.By
		}
		return out
	case hotline.Released:
		out := fmt.Sprintf("released %s from %s: %s, talked %s, held %s, wrap %s", f.Visit, ev.Agent, f.Cause, ms(f.TalkMS), ms(f.HoldMS), f.Wrap)
		if !f.WrapUntil.IsZero() {
			out += " until " + at(f.WrapUntil)
		}
		if f.Missing {
			out += ", the code is missing"
		}
		return out
	}
	if out := describeQueue(ev, at); out != "" {
		return out
	}
	return describeAgent(ev, at, ms)
}

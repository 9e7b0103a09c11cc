package ivr_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hotline"
	"hotline/centre"
	"hotline/ivr"
)

// dice draws from bytes that a fuzzer may choose, and when they are used up from a generator.
type dice struct {
	data []byte
	rest *rand.Rand
}

func (d *dice) n(n int) int {
	if len(d.data) == 0 {
		return d.rest.IntN(n)
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func (d *dice) of(words ...string) string { return words[d.n(len(words))] }

// hostile is what headers and web services may hold.
func (d *dice) hostile() string {
	return d.of("gold", "", "13800000000", "..", "../../etc", "a&b=c#d?e", "{pin}", "{caller}{caller}", "\x00\r\nX-Evil: 1", "张三\u202e",
		"\xff\xfe", strings.Repeat("长", 5000), "%2e%2e%2f", "evil.example/", "@evil.example", "110", "-1", "99999999999999999999", `"}{`)
}

func (d *dice) attr() string {
	return d.of("vip", "pin", "caller", "x-a", "copy", "nothing", "language")
}

func (d *dice) template() string {
	return d.of("{pin}", "{vip}", "{x-a}{x-a}{x-a}", "{caller", "}{", "plain", "{nothing}", "{ä}", "")
}

func (d *dice) flow() string           { return d.of("f0", "f1", "f2", "gone") }
func (d *dice) queue() hotline.QueueID { return hotline.QueueID(d.of("claims", "sales", "gone")) }

func (d *dice) steps(depth int) []centre.Step {
	var all []centre.Step
	for range d.n(5) {
		all = append(all, d.step(depth))
	}
	return all
}

func (d *dice) some(depth int) []centre.Step {
	if depth <= 0 {
		return nil
	}
	return d.steps(depth - 1)
}

func (d *dice) collect(depth int) *centre.Collect {
	return &centre.Collect{
		Prompt: d.of("", "ask"), Save: d.attr(), Min: d.n(5), Max: d.n(9), End: d.of("", "#", "*"), Tries: d.n(4), Secret: d.n(2) == 0,
		Timeout: time.Duration(d.n(9)) * time.Second, Otherwise: d.some(depth),
	}
}

// step draws a step of any kind, whether it makes sense or not: the parser is not the only one to make flows.
func (d *dice) step(depth int) centre.Step {
	s := centre.Step{
		Kind: d.of(centre.StepAnswer, centre.StepRing, centre.StepPlay, centre.StepSay, centre.StepMenu, centre.StepCollect, centre.StepSet,
			centre.StepIf, centre.StepHours, centre.StepSwitch, centre.StepLookup, centre.StepLanguage, centre.StepQueue, centre.StepFlow,
			centre.StepNumber, centre.StepVoicemail, centre.StepCallback, centre.StepRate, centre.StepStay, centre.StepBusy,
			centre.StepHangup, "dance"),
		Prompt: d.of("p1", "p2"), Name: d.of("office", "emergency", "gone"), Flow: d.flow(), Queue: d.queue(),
		Also: []hotline.QueueID{d.queue()}, Needs: d.of("", "english >= 3", "$vip"), Priority: d.n(40) - 20, Unanswered: d.n(2) == 0,
		What: d.of("number", "digits", "date", "time", "money", "duration", "?"), Value: d.template(),
		Attrs: map[string]string{d.attr(): d.template(), d.attr(): d.template()}, Language: d.of("zh-CN", "en-US"),
		To: d.of("02012345678", d.template()), From: d.template(), Timeout: time.Duration(d.n(3)) * time.Second,
	}
	s.When, _ = centre.ParseCond(d.of("vip = gold", "pin = 1234", "not nothing"))
	s.Then, s.Else = d.some(depth), d.some(depth)
	switch s.Kind {
	case centre.StepMenu:
		s.Menu = &centre.Menu{
			Prompt: d.of("", "menu"), Keys: map[string][]centre.Step{"1": d.some(depth), "*": d.some(depth)}, Tries: d.n(3),
			Timeout: time.Duration(d.n(3)) * time.Second, Otherwise: d.some(depth), Silent: d.some(depth),
		}
	case centre.StepCollect:
		s.Collect = d.collect(depth)
	case centre.StepCallback:
		if d.n(2) == 0 {
			s.Collect = d.collect(depth)
		}
	case centre.StepLookup:
		s.Lookup = &centre.Lookup{
			URL:  d.of("https://crm.example/{x-a}/{vip}?q={pin}&r={x-a}", "http://crm.example", "https://{x-a}/", "ftp://crm.example/", "{vip}", "https://"),
			Save: map[string]string{d.attr(): "a.b"}, Method: d.of("", "POST"), Timeout: time.Duration(d.n(3)) * time.Second,
		}
	case centre.StepVoicemail:
		s.Voicemail = &centre.Voicemail{Owner: d.template()}
	case centre.StepRate:
		s.Rate = &centre.Rate{Question: "served", Prompt: "q", Keys: map[string]int{"1": 1, "5": 5}}
	}
	return s
}

// play lets a session run against random answers until it ends.
func (d *dice) play(t *testing.T, s *ivr.Session, details map[string]bool) {
	now := start()
	var outs []ivr.Output
	give := func(in ivr.Input) {
		outs = s.Step(now, in)
		if len(outs) > 700 {
			t.Fatalf("%d outputs at once", len(outs))
		}
		for _, o := range outs {
			checkOutput(t, o, details)
		}
	}
	give(ivr.Start{})
	for i := 0; !s.Done(); i++ {
		if i > 40_000 {
			t.Fatal("the session does not end")
		}
		if at, ok := s.Next(); ok && d.n(3) == 0 {
			now = at
			give(ivr.Tick{})
			continue
		}
		switch d.n(12) {
		case 0, 1:
			give(ivr.Key{Key: "0123456789*#ABCD\x00"[d.n(17)]})
		case 2:
			give(ivr.Up{})
		case 3:
			give(ivr.Looked{Attrs: map[string]string{d.attr(): d.hostile(), "\x00": "x", strings.Repeat("n", 5000): "x"}})
		case 4:
			give(ivr.Looked{Err: d.hostile()})
		case 5:
			give(ivr.Messaged{Kept: d.n(2) == 0})
		case 6:
			give(ivr.Promised{OK: d.n(2) == 0})
		case 7:
			give(ivr.NotDialled{Cause: hotline.CauseBusy})
		default:
			give(ivr.Played{})
		}
	}
	if out := s.Step(now, ivr.Key{Key: '1'}); len(out) > 0 {
		t.Fatal("acts after its end", out)
	}
	last := outs[len(outs)-1]
	switch last.(type) {
	case ivr.Enqueue, ivr.Stay, ivr.Busy, ivr.Hangup:
	default:
		t.Fatalf("ends with %T", last)
	}
	attrs := s.Attrs()
	if len(attrs) > 64 {
		t.Fatalf("%d attributes", len(attrs))
	}
	for k, v := range attrs {
		if len(k) > 64 || len(v) > 256 || !utf8.ValidString(v) || strings.ContainsAny(v, "\x00\r\n\u202e") {
			t.Fatalf("attribute %q = %q", k, v)
		}
	}
}

// checkOutput holds what leaves a session: nothing of the caller's in a fact, nothing unescaped in an address.
func checkOutput(t *testing.T, o ivr.Output, details map[string]bool) {
	t.Helper()
	switch o := o.(type) {
	case ivr.Stepped:
		if !details[o.Fact.Detail] {
			t.Fatalf("step %s: detail %q is not from the file", o.Fact.Path, o.Fact.Detail)
		}
	case ivr.Lookup:
		u, err := url.Parse(o.URL)
		if err != nil || u.Host != "crm.example" || len(o.URL) > 2000 || strings.Contains(u.Path, "..") || u.Fragment != "" {
			t.Fatalf("look up %q: %v", o.URL, err)
		}
		if o.Body != nil && (!json.Valid(o.Body) || len(o.Body) > 64*1000) {
			t.Fatalf("body %q", o.Body)
		}
	case ivr.Dial:
		if strings.Trim(o.To, "+0123456789") != "" && o.To != "plain" || o.To == "110" || o.To == "" || strings.Trim(o.From, "+0123456789") != "" {
			t.Fatalf("dials %q from %q", o.To, o.From)
		}
	case ivr.Callback:
		if strings.Trim(o.Number, "+0123456789") != "" || o.Number == "" || o.Number == "110" {
			t.Fatalf("promises to call %q", o.Number)
		}
	case ivr.Enqueue:
		if o.Priority < -10 || o.Priority > 10 {
			t.Fatalf("priority %d", o.Priority)
		}
	case ivr.Play:
		if len(o.Prompts) == 0 || len(o.Prompts) > 70 {
			t.Fatalf("plays %d prompts", len(o.Prompts))
		}
	}
}

// details are all the words that a step's fact may hold: those of the file, and a closed set.
func details() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields("timeout invalid then else found failed kept short promised refused collected busy not_found consent " +
		"served p1 p2 menu claims sales gone f0 f1 f2 zh-CN en-US number digits date time money duration ? 02012345678 plain goodbye") {
		all[w] = true
	}
	names := []string{"vip", "pin", "caller", "x-a", "copy", "nothing", "language"}
	for _, a := range names {
		all[a] = true
		for _, b := range names {
			two := []string{a, b}
			slices.Sort(two)
			all[strings.Join(two, " ")] = true
		}
	}
	for _, n := range []string{"office", "emergency", "gone"} {
		for _, w := range []string{"open", "closed", "on", "off"} {
			all[n+" "+w] = true
		}
	}
	d := dice{rest: rand.New(rand.NewPCG(1, 1))}
	for range 200 {
		all[d.template()] = true // of a number: as it stands in the file
	}
	return all
}

func (d *dice) run(t *testing.T, details map[string]bool) {
	c := &centre.Centre{
		Flows: map[string]centre.Flow{}, Numbers: map[string]string{"95500": "f0"}, Emergency: []string{"110"},
		Queues:  []centre.Queue{{ID: "claims"}, {ID: "sales", Record: "never"}},
		Consent: centre.Consent{Rule: d.of("", centre.ConsentAnnounce, centre.ConsentAsk)},
		Hours:   []centre.Hours{{ID: "office"}},
	}
	for i := range 3 {
		id := fmt.Sprintf("f%d", i)
		c.Flows[id] = centre.Flow{ID: id, Steps: d.steps(2)}
	}
	headers := map[string]string{"x-a": d.hostile(), "y": "not an X- header"}
	for i := range d.n(100) {
		headers["x-"+strconv.Itoa(i)] = d.hostile()
	}
	p := ivr.NewPlan(c).WithSwitches(map[string]bool{"emergency": d.n(2) == 0})
	b := p.Begin(ivr.Caller{Number: "95500", From: hotline.Party{Number: d.hostile(), Name: d.hostile()}, Headers: headers, Now: start()})
	d.play(t, b.Session, details)
	d.play(t, p.Resume(d.of("claims.max_wait", "claims.choice"), d.steps(2), b.Session.Attrs(), d.n(2) == 0), details)
}

// TestRandomSessionsEnd plays random flows with random callers.
func TestRandomSessionsEnd(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("SIM_SEED"); v != "" {
		seed, _ = strconv.ParseUint(v, 10, 64)
	}
	t.Logf("SIM_SEED=%d", seed)
	words := details()
	for i := range uint64(300) {
		d := dice{rest: rand.New(rand.NewPCG(seed, i))}
		d.run(t, words)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("a flow and its caller"))
	f.Add([]byte{4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	words := details()
	f.Fuzz(func(t *testing.T, data []byte) {
		d := dice{data: data, rest: rand.New(rand.NewPCG(uint64(len(data)), 7))}
		d.run(t, words)
	})
}

package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/call"
	"hotline/call/calltest"
	"hotline/centre"
	"hotline/ivr"
)

// small is a centre of a few agents who do what a test says: the real queues, flows and calls over a switch in memory.
type small struct {
	t     *testing.T
	log   *calltest.Log
	shard *acd.Shard
	hub   *call.Hub
	fake  *calltest.Fake

	mu    sync.Mutex
	phone map[string]func(*calltest.Line) // what a dialled agent or number does; nothing: picks up after 2 s
	lines map[string]*calltest.Line       // the latest of each
	pairs []string                        // who was joined, by leg
}

const smallCentre = `
language: zh-CN
emergency_numbers: ["110"]
agents:
  - {id: "8001", name: 王芳, password: secret-1-secret, skills: {claims: 5}}
  - {id: "8002", name: 李雷, password: secret-2-secret, skills: {claims: 5}}
queues:
  - id: claims
    needs: claims >= 1
    wrap_up: {mode: timed, after: 5s}
    ring_timeout: 15s
    choice:
      prompt: wait-choice
      every: 10s
      timeout: 5s
      keys:
        "1": [{stay: {}}]
        "2": [{voicemail: {owner: "8001"}}, {hangup: {}}]
        "3": [{callback: {}}, {hangup: {}}]
        "4": [{number: "95511"}, {hangup: {}}]
    callback: {trunk: carrier, from: "95500", retries: 1, every: 1m, ring: 30s}
    survey: {flow: survey, sample: 1}
flows:
  main: [{answer: {}}, {queue: claims}]
  survey:
    - rate: {question: help, prompt: rate, keys: {"1": 5, "2": 1}}
    - play: goodbye
numbers: {"95500": main}
`

func newSmall(t *testing.T) *small {
	c, faults := centre.Parse("centre.yaml", []byte(smallCentre), nil)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	s := &small{t: t, log: calltest.NewLog(), phone: map[string]func(*calltest.Line){}, lines: map[string]*calltest.Line{}}
	logger := slog.New(slog.NewTextHandler(failing{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.shard = acd.NewShard(acd.ShardConfig{Router: acd.NewRouter("s1", c), Log: s.log, Logger: logger})
	s.fake = calltest.NewFake(calltest.FakeConfig{
		Signal: func(c hotline.CallID, sig hotline.Signal) { s.hub.Signal(c, sig) },
		Phone:  s.rung, Trace: s.trace,
	})
	plan := ivr.NewPlan(c)
	s.hub = call.NewHub(call.Config{
		Log: s.log, Switch: s.fake, Router: s.shard, Places: s.shard, Plan: func() *ivr.Plan { return plan }, Logger: logger,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{s.shard.Run, s.hub.Run} {
		running.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		s.hub.Close()
		cancel()
		running.Wait()
		s.fake.Close()
	})
	s.ask(hotline.SetDevice{Agent: "8001", Up: true})
	s.ask(hotline.SetAgent{Agent: "8001", State: hotline.AgentReady, Source: hotline.SourceAgent})
	return s
}

func (s *small) rung(d hotline.Dial, l *calltest.Line) {
	who := string(d.Agent) + d.To
	s.mu.Lock()
	do := s.phone[who]
	s.lines[who] = l
	s.mu.Unlock()
	if do == nil {
		do = func(l *calltest.Line) { time.AfterFunc(2*time.Second, func() { l.PickUp(false) }) }
	}
	l.Ring()
	do(l)
}

func (s *small) trace(a hotline.Action) {
	if m, ok := a.(hotline.Mix); ok && len(m.Members) == 2 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pairs = append(s.pairs, fmt.Sprint(m.Members[0].Leg, " ", m.Members[1].Leg))
	}
}

// joined is who was joined last.
func (s *small) joined() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pairs) == 0 {
		return "nobody"
	}
	return s.pairs[len(s.pairs)-1]
}

func (s *small) line(who string) *calltest.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[who] == nil {
		s.t.Fatalf("%s was not called", who)
	}
	return s.lines[who]
}

func (s *small) does(who string, do func(*calltest.Line)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phone[who] = do
}

func (s *small) ask(q hotline.Request) {
	s.t.Helper()
	if err := s.shard.Submit(s.t.Context(), q); err != nil {
		s.t.Fatalf("%T: %v", q, err)
	}
}

// customer calls the centre.
func (s *small) customer(number string) *calltest.Line {
	return s.fake.Call(hotline.Incoming{To: "95500", Trunk: "t", From: hotline.Party{Number: number}}, nil, nil)
}

// facts are the kinds of the facts about a call, those named only.
func (s *small) facts(c hotline.CallID, kinds ...string) string {
	var out []string
	for _, ev := range s.log.Events() {
		if ev.Call != c || !slices.Contains(kinds, ev.Fact.Kind()) {
			continue
		}
		text := ev.Fact.Kind()
		switch f := ev.Fact.(type) {
		case hotline.AgentSet:
			text += ":" + string(f.State)
		case hotline.Left:
			text += ":" + string(f.Outcome)
		case hotline.CallbackTried:
			text += ":" + string(f.Cause)
		case hotline.CallbackEnded:
			text += ":" + f.Result
		case hotline.SurveyStepped:
			text += ":" + f.Stage
		case hotline.CallEnded:
			text += ":" + string(f.Cause)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// over checks that nothing is left: no call, no line, and the agent is ready.
func (s *small) over() {
	s.t.Helper()
	var state hotline.AgentState
	for _, ev := range s.log.Events() {
		if f, ok := ev.Fact.(hotline.AgentSet); ok && ev.Agent == "8001" {
			state = f.State
		}
		if f, ok := ev.Fact.(hotline.AlarmRaised); ok {
			s.t.Errorf("alarm %s: %s", f.Alarm, f.Detail)
		}
	}
	if s.hub.Count() != 0 || s.fake.Open() != 0 || state != hotline.AgentReady {
		s.t.Errorf("left over: %d calls, %d lines, agent %s", s.hub.Count(), s.fake.Open(), state)
	}
	if st := s.hub.Stats(); st.Gone+st.Panics+st.Overloads != 0 {
		s.t.Errorf("%+v", st)
	}
}

// busy gives the agent a customer to talk to; what is returned ends the talk from the agent's side.
func (s *small) busy() func() {
	first := s.customer("13911111111")
	time.Sleep(5 * time.Second)
	return func() {
		s.line("8001").Hangup()
		time.Sleep(time.Second)
		first.Hangup() // does not want to be asked
	}
}

const talkKinds = "queued offered offer_lost connected answered abandoned left callback_due callback_tried callback_ended call_ended"

// TestPromiseIsKept: a customer that does not want to wait is called back when the agent is free, and they talk.
func TestPromiseIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall(t)
		done := s.busy()
		waits := s.customer("13800000000")
		time.Sleep(13 * time.Second) // please wait, music, the choice
		waits.Press('3')
		time.Sleep(time.Second)
		waits.Press('1') // the number is right
		time.Sleep(20 * time.Second)
		if got := s.facts(waits.Call(), "queued", "left", "callback_asked", "call_ended"); got != "queued left:callback callback_asked call_ended:flow" {
			t.Fatal(got)
		}
		s.mu.Lock()
		early := s.lines["13800000000"]
		s.mu.Unlock()
		if early != nil {
			t.Fatal("called although no agent is free")
		}
		done()
		time.Sleep(30 * time.Second)
		c := s.line("13800000000").Call()
		if got := s.facts(c, strings.Fields(talkKinds)...); got != "callback_due queued offered connected answered" {
			t.Fatal(got)
		}
		if got := s.facts("", "callback_ended"); got != "callback_ended:connected" { // no call's
			t.Error(got)
		}
		last := s.joined()
		if last != fmt.Sprint(c.Sub(1), " ", c.Sub(2)) || !s.fake.Recording(c) {
			t.Errorf("joined: %s, recorded %v", last, s.fake.Recording(c))
		}
		s.line("13800000000").Hangup()
		time.Sleep(20 * time.Second)
		s.over()
	})
}

// TestPromiseInVain: the customer does not answer, is tried again, and then no more. The agent is given back each time.
func TestPromiseInVain(t *testing.T) {
	for name, what := range map[string]func(*calltest.Line){
		"busy":      func(l *calltest.Line) { time.AfterFunc(time.Second, func() { l.Refuse(hotline.CauseBusy) }) },
		"no_answer": func(*calltest.Line) {},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSmall(t)
			s.does("13800000000", what)
			s.ask(hotline.AskCallback{Contact: "old", Queue: "claims", Number: "13800000000"})
			time.Sleep(10 * time.Minute)
			want := "callback_due callback_tried:" + name + " call_ended:" + name
			for try := 1; try <= 2; try++ {
				c := hotline.CallID(fmt.Sprintf("old.cb1-%d", try))
				got := s.facts(c, "callback_due", "callback_tried", "call_ended", "queued")
				if got != want && got != "callback_due call_ended:"+name+" callback_tried:"+name {
					t.Errorf("%s, try %d: %s", name, try, got)
				}
			}
			if c := hotline.CallID("old.cb1-3"); s.facts(c, "callback_due") != "" {
				t.Error("tried once more than allowed")
			}
			s.over()
		})
	}
}

// TestPromisedCustomerHangsUp at every moment of the try: the agent is given back, and the customer is called again.
func TestPromisedCustomerHangsUp(t *testing.T) {
	for ms := 2000; ms <= 5000; ms += 75 {
		synctest.Test(t, func(t *testing.T) {
			s := newSmall(t)
			s.ask(hotline.AskCallback{Contact: "old", Queue: "claims", Number: "13800000000"})
			time.Sleep(time.Duration(ms) * time.Millisecond)
			s.line("13800000000").Hangup()
			time.Sleep(40 * time.Second)
			if s.facts("old.cb1-1", "call_ended") == "" {
				t.Errorf("%d ms: the call has no end", ms)
			}
			if t.Failed() {
				t.Log(s.facts("old.cb1-1", strings.Fields(talkKinds)...))
			}
			s.over()
		})
	}
}

// TestMessageInsteadOfWaiting: out of the queue with a message that the agent is to hear.
func TestMessageInsteadOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall(t)
		done := s.busy()
		waits := s.customer("13800000000")
		time.Sleep(13 * time.Second)
		waits.Press('2')
		time.Sleep(10 * time.Second)
		waits.Press('#')
		time.Sleep(10 * time.Second)
		if got := s.facts(waits.Call(), "queued", "left", "voicemail_left", "call_ended"); got != "queued left:voicemail voicemail_left call_ended:flow" {
			t.Error(got)
		}
		done()
		time.Sleep(20 * time.Second)
		s.over()
	})
}

// TestSurveyAfterTalk: the customer is asked while the agent works on, and takes the next caller.
func TestSurveyAfterTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall(t)
		customer := s.customer("13800000000")
		time.Sleep(10 * time.Second)
		s.line("8001").Hangup()
		time.Sleep(500 * time.Millisecond)
		customer.Press('1')
		time.Sleep(30 * time.Second)
		got := s.facts(customer.Call(), "connected", "released", "survey_stepped", "call_ended")
		got = strings.Replace(got, "survey_stepped:invited released", "released survey_stepped:invited", 1) // two writers
		want := "connected released survey_stepped:invited survey_stepped:accepted survey_stepped:answered survey_stepped:completed call_ended:hangup"
		if got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		s.over()
	})
}

// TestEmergencyOfATalkingAgent: a second line of an agent in a talk goes straight out, and the talk goes on.
func TestEmergencyOfATalkingAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall(t)
		customer := s.customer("13800000000")
		time.Sleep(10 * time.Second)
		urgent := s.fake.Call(hotline.Incoming{To: "110", Agent: "8001", From: hotline.Party{Number: "8001"}}, nil, nil)
		time.Sleep(5 * time.Second)
		if last := s.joined(); last != fmt.Sprint(urgent.Leg(), " ", urgent.Call().Sub(1)) {
			t.Errorf("joined: %s", last)
		}
		s.line("110").Hangup()
		time.Sleep(5 * time.Second)
		if s.hub.Count() != 1 {
			t.Errorf("%d calls: the talk does not go on", s.hub.Count())
		}
		customer.Hangup()
		time.Sleep(20 * time.Second)
		urgent = s.fake.Call(hotline.Incoming{To: "110", Agent: "8001"}, nil, nil) // ready now: shown in a call
		time.Sleep(5 * time.Second)
		if got := s.facts(urgent.Call(), "agent_set"); got != "agent_set:outbound" {
			t.Errorf("%q", got)
		}
		urgent.Hangup()
		time.Sleep(20 * time.Second)
		s.over()
	})
}

package ivr

import (
	"fmt"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// Bounds of a session.
const (
	maxKeys = 32  // keys typed ahead; later ones are passed over
	maxHops = 64  // steps in a row without waiting for the caller: more is a flow that goes in a circle
	maxAsks = 200 // menus asked in one session: more is no person
)

// state is what the session waits for.
type state int

const (
	stateIdle      state = iota // Start
	stateAnswering              // Up
	statePlaying                // Played, of a play step
	stateAsking                 // a key, or Played of the menu's prompt
	stateListening              // a key, until the deadline
	stateDone
)

// frame is a run of steps: a flow, or the one step that a menu's key or its otherwise leads to.
type frame struct {
	steps []centre.Step
	path  string
	at    int
	child string // "choice" or "otherwise" in a menu's own frame; empty: a flow, whose steps are numbered
	tries int    // of the menu at at, so far
}

// Session is one caller's way through a flow: a pure state machine. It is owned by the call's machine.
type Session struct {
	plan     *Plan
	flow     string
	stack    []frame
	state    state
	up       bool
	keys     []byte
	deadline time.Time
	hops     int
	asks     int
	out      []Output
}

// Flow is the id of the flow that the session is in.
func (s *Session) Flow() string { return s.flow }

// Done says that the session has given its last output.
func (s *Session) Done() bool { return s.state == stateDone }

// Next is when a Tick is due.
func (s *Session) Next() (time.Time, bool) {
	return s.deadline, s.state == stateListening
}

// Step takes one input at the time now and returns what is to be done. An input that does not fit the state changes
// nothing.
func (s *Session) Step(now time.Time, in Input) []Output {
	s.out = nil
	s.hops = 0
	switch in := in.(type) {
	case Start:
		if s.state == stateIdle {
			s.run(now)
		}
	case Up:
		s.up = true
		if s.state == stateAnswering {
			s.run(now)
		}
	case Key:
		s.key(now, in.Key)
	case Played:
		s.played(now)
	case Tick:
		if s.state == stateListening && !now.Before(s.deadline) {
			s.fail(now, "timeout")
		}
	}
	out := s.out
	s.out = nil
	return out
}

func (s *Session) emit(o Output) { s.out = append(s.out, o) }

func (s *Session) top() *frame { return &s.stack[len(s.stack)-1] }

func (s *Session) end(o Output) {
	s.emit(o)
	s.state = stateDone
	s.keys = nil
}

// stepped records that the session is at the top frame's step.
func (s *Session) stepped(kind, detail string) {
	f := s.top()
	path := fmt.Sprintf("%s.%d", f.path, f.at+1)
	if f.child != "" {
		path = f.path + "." + f.child
	}
	s.emit(Stepped{hotline.FlowStepped{Flow: s.flow, Path: path, Step: kind, Detail: detail}})
}

// key keeps the key and lets it cut what plays.
func (s *Session) key(now time.Time, key byte) {
	if !s.up && s.state != stateAnswering || s.state == stateDone {
		return
	}
	if len(s.keys) < maxKeys {
		s.keys = append(s.keys, key)
	}
	switch s.state {
	case statePlaying:
		s.emit(Stop{})
		s.top().at++
		s.run(now)
	case stateAsking:
		s.emit(Stop{})
		s.choose(now)
	case stateListening:
		s.choose(now)
	}
}

func (s *Session) played(now time.Time) {
	switch s.state {
	case statePlaying:
		s.top().at++
		s.run(now)
	case stateAsking:
		s.listen(now)
	}
}

func (s *Session) listen(now time.Time) {
	s.state = stateListening
	s.deadline = now.Add(s.menu().Timeout)
}

// menu is the menu that the top frame stands at, with its defaults.
func (s *Session) menu() centre.Menu {
	f := s.top()
	m := *f.steps[f.at].Menu
	if m.Tries <= 0 {
		m.Tries = 3
	}
	if m.Timeout <= 0 {
		m.Timeout = 5 * time.Second
	}
	return m
}

// run goes from step to step until one has to wait.
func (s *Session) run(now time.Time) {
	for s.state != stateDone {
		if s.hops++; s.hops > maxHops {
			s.end(Hangup{hotline.CauseError})
			return
		}
		f := s.top()
		if f.at >= len(f.steps) {
			if s.leave(now) {
				return
			}
			continue
		}
		if s.enter(now, f.steps[f.at]) {
			return
		}
	}
}

// leave takes the finished frame off. It returns true when the session waits or is over.
func (s *Session) leave(now time.Time) bool {
	child := s.top().child
	if len(s.stack) == 1 {
		s.end(Hangup{hotline.CauseFlow})
		return true
	}
	s.stack = s.stack[:len(s.stack)-1]
	if child == "choice" { // the caller has heard what it asked for: ask again
		s.ask(now)
		return true
	}
	s.top().at++
	return false
}

// enter begins a step. It returns true when the session waits or is over.
func (s *Session) enter(now time.Time, step centre.Step) bool {
	if !s.up && (step.Kind == "answer" || step.Kind == "play" || step.Kind == "menu" || step.Kind == "queue") {
		if step.Kind == "answer" {
			s.stepped("answer", "")
		}
		s.state = stateAnswering
		s.emit(Answer{}) // nothing can be heard before it
		return true
	}
	switch step.Kind {
	case "answer":
		s.top().at++
	case "ring":
		if !s.up {
			s.stepped("ring", "")
			s.emit(Ring{})
		}
		s.top().at++
	case "play":
		s.stepped("play", step.Prompt)
		if len(s.keys) > 0 { // typed ahead: the caller knows the way
			s.top().at++
			return false
		}
		s.state = statePlaying
		s.emit(Play{[]string{step.Prompt}})
		return true
	case "menu":
		s.stepped("menu", step.Menu.Prompt)
		s.ask(now)
		return true
	case "queue":
		s.stepped("queue", string(step.Queue))
		s.end(Enqueue{Queue: step.Queue})
		return true
	case "flow":
		return s.jump(step.Flow)
	case "hangup":
		s.stepped("hangup", "")
		s.end(Hangup{hotline.CauseFlow})
		return true
	default:
		s.end(Hangup{hotline.CauseError})
		return true
	}
	return false
}

// jump goes on in another flow.
func (s *Session) jump(id string) bool {
	s.stepped("flow", id)
	flow, ok := s.plan.Flows[id]
	if !ok {
		s.end(Hangup{hotline.CauseError})
		return true
	}
	s.flow = id
	s.stack = []frame{{steps: flow.Steps, path: id}}
	return false
}

// ask asks the menu's question, or takes the answer if it was typed ahead.
func (s *Session) ask(now time.Time) {
	if s.asks++; s.asks > maxAsks {
		s.end(Hangup{hotline.CauseFlow})
		return
	}
	if len(s.keys) > 0 {
		s.choose(now)
		return
	}
	s.prompt(now, s.menu().Prompt)
}

// prompt plays a menu's question and waits for a key.
func (s *Session) prompt(now time.Time, prompts ...string) {
	prompts = slices.DeleteFunc(prompts, func(p string) bool { return p == "" })
	if len(prompts) == 0 {
		s.listen(now)
		return
	}
	s.state = stateAsking
	s.emit(Play{prompts})
}

// choose takes the first key kept and goes where it leads.
func (s *Session) choose(now time.Time) {
	key := s.keys[0]
	s.keys = s.keys[1:]
	steps, ok := s.menu().Keys[string(key)]
	if !ok {
		s.keys = nil // what was typed after it was meant for another question
		s.fail(now, "invalid")
		return
	}
	f := s.top()
	f.tries = 0
	s.push(now, steps, "choice")
}

// push goes on with one step below the menu.
func (s *Session) push(now time.Time, steps []centre.Step, child string) {
	f := s.top()
	path := fmt.Sprintf("%s.%d", f.path, f.at+1)
	if f.child != "" {
		path = f.path + "." + f.child
	}
	s.stack = append(s.stack, frame{steps: steps, path: path, child: child})
	s.run(now)
}

// fail counts a wrong key or none, and asks again or gives up.
func (s *Session) fail(now time.Time, why string) {
	s.stepped("menu", why)
	m := s.menu()
	f := s.top()
	f.tries++
	switch {
	case f.tries < m.Tries && why == "invalid":
		s.prompt(now, "invalid-choice", m.Prompt)
	case f.tries < m.Tries:
		s.prompt(now, m.Prompt)
	case len(m.Otherwise) > 0:
		s.push(now, m.Otherwise, "otherwise")
	default:
		s.end(Hangup{hotline.CauseFlow})
	}
}

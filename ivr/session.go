package ivr

import (
	"fmt"
	"time"

	"hotline"
	"hotline/centre"
)

// Bounds of a session.
const (
	maxKeys  = 32   // keys typed ahead; later ones are passed over
	maxHops  = 128  // steps in a row without waiting for the caller: more is a flow that goes in a circle
	maxAsks  = 200  // questions of one session: more is no person
	maxWaits = 1000 // prompts, questions and look-ups of one session
)

// state is what the session waits for.
type state int

const (
	stateIdle      state = iota // Start
	stateRunning                // nothing: it goes from step to step
	stateAnswering              // Up
	stateNotice                 // Played, of the consent's prompt
	stateConsent                // the refusing key after it, until the deadline
	statePlaying                // Played, of anything that asks nothing
	stateAsking                 // a key, or Played of the question's prompts
	stateListening              // a key, until the deadline
	stateLooking                // Looked, until the deadline
	stateRecording              // Messaged
	statePromising              // Promised
	stateDialling               // NotDialled
	stateDone
)

// frame is a run of steps: a flow, or those that a menu's key, a branch or a last resort leads to.
type frame struct {
	steps []centre.Step
	path  string
	at    int
	child string // "choice", "otherwise", "then" …: the branch of the step at path; empty: a flow
}

// Session is one caller's way through a flow: a pure state machine. It is owned by the call's machine.
type Session struct {
	plan     *Plan
	flow     string
	stack    []frame
	state    state
	up       bool
	waiting  bool // its caller waits in a queue: where others hang up it stays
	served   bool // a message was kept, a call back promised, or the place in the queue given up: no menu is asked again
	records  bool
	consent  bool // is still to be asked for
	lang     string
	memory   Memory
	needs    []string // set by steps
	vip      int      // priority by the caller's table
	priority int      // set by a step
	prefer   hotline.AgentID

	ahead bool // a call's first dialogue: it may be queued while it is being answered

	keys     []byte
	passOver byte      // the key that some press after the last digit out of habit …
	passBy   time.Time // … until then
	question *question
	promise  *promise
	after    after // what follows the prompts that play
	tries    int   // messages of the voicemail step so far
	deadline time.Time
	hops     int
	asks     int
	waits    int
	out      []Output
}

// after is what follows prompts that ask nothing.
type after int

const (
	afterNext   after = iota // the next step
	afterRecord              // the caller's message
)

// Flow is the id of the flow that the session is in.
func (s *Session) Flow() string { return s.flow }

// Done says that the session has given its last output.
func (s *Session) Done() bool { return s.state == stateDone }

// Memory is all that the session knows, for the next session of the contact.
func (s *Session) Memory() Memory { return s.memory }

// Attrs is a copy of the contact's attributes so far, without secrets; of what the caller typed only how long it is.
func (s *Session) Attrs() map[string]string { return s.memory.attrs() }

// Records says whether the contact is to be recorded from its answer on. Where the centre asks for consent, a Consent comes
// first and says so: then it is false.
func (s *Session) Records() bool { return s.records && !s.consent }

// Next is when a Tick is due.
func (s *Session) Next() (time.Time, bool) {
	return s.deadline, s.state == stateListening || s.state == stateConsent || s.state == stateLooking
}

// Step takes one input at the time now and returns what is to be done. An input that does not fit the state changes
// nothing.
func (s *Session) Step(now time.Time, in Input) []Output {
	s.out, s.hops = nil, 0
	was := s.state
	switch in := in.(type) {
	case Start:
		if was == stateIdle {
			s.state = stateRunning
		}
	case Up:
		s.up = s.up || was != stateDone
		if was == stateAnswering {
			s.state = stateRunning
		}
	case Key:
		s.key(now, in.Key)
	case Played:
		s.played(now)
	case Tick:
		if at, ok := s.Next(); ok && !now.Before(at) {
			s.due(now)
		}
	case Looked:
		if was == stateLooking {
			s.looked(in)
		}
	case Messaged:
		if was == stateRecording {
			s.messaged(in.Kept)
		}
	case Promised:
		if was == statePromising {
			s.promised(in.OK)
		}
	case NotDialled:
		if was == stateDialling {
			s.stepped(centre.StepNumber, string(in.Cause))
			s.next()
		}
	}
	s.run(now)
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

// over is the end of a dialogue that leads nowhere else.
func (s *Session) over() {
	if s.waiting {
		s.end(Stay{})
		return
	}
	s.end(Hangup{hotline.CauseFlow})
}

// path is where the session is.
func (s *Session) path() string {
	f := s.top()
	switch {
	case f.child == "":
		return fmt.Sprintf("%s.%d", f.path, f.at+1)
	case len(f.steps) == 1:
		return f.path + "." + f.child
	}
	return fmt.Sprintf("%s.%s.%d", f.path, f.child, f.at+1)
}

// stepped records that the session is at the top frame's step. detail is from the file or from a closed set of words: never
// anything that the caller typed.
func (s *Session) stepped(kind, detail string) {
	s.emit(Stepped{hotline.FlowStepped{Flow: s.flow, Path: s.path(), Step: kind, Detail: detail}})
}

// next goes on to the step after this one.
func (s *Session) next() {
	s.top().at++
	s.state = stateRunning
}

// push goes on with the steps of a branch, or past it when it has none.
func (s *Session) push(steps []centre.Step, child string) {
	if len(steps) == 0 {
		s.next()
		return
	}
	s.stack = append(s.stack, frame{steps: steps, path: s.path(), child: child})
	s.state = stateRunning
}

// run goes from step to step until one has to wait.
func (s *Session) run(now time.Time) {
	for s.state == stateRunning {
		if s.hops++; s.hops > maxHops {
			s.end(Hangup{hotline.CauseError})
			return
		}
		f := s.top()
		switch {
		case s.up && s.consent:
			s.notice()
		case f.at >= len(f.steps):
			s.leave(now)
		default:
			s.enter(now, f.steps[f.at])
		}
	}
}

// leave takes the finished frame off.
func (s *Session) leave(now time.Time) {
	child := s.top().child
	if len(s.stack) == 1 {
		s.over()
		return
	}
	s.stack = s.stack[:len(s.stack)-1]
	switch {
	case s.served: // what the menu or the branch was for is done
		s.stack = []frame{{steps: []centre.Step{{Kind: centre.StepPlay, Prompt: "goodbye"}}, path: s.flow + ".end"}}
	case child == "choice": // the caller has heard what it asked for: ask again
		s.menu(now, true)
	default:
		s.next()
	}
}

// key keeps the key and lets it cut what plays.
func (s *Session) key(now time.Time, key byte) {
	if !isKey(key) || !s.up && s.state != stateAnswering {
		return
	}
	habit := key == s.passOver && now.Before(s.passBy)
	s.passOver = 0
	if habit {
		return
	}
	switch s.state {
	case stateDone, stateRecording, statePromising, stateDialling:
		return
	case stateNotice, stateConsent:
		if s.consentKey(key) {
			return
		}
	}
	if len(s.keys) < maxKeys {
		s.keys = append(s.keys, key)
	}
	switch s.state {
	case stateConsent:
		s.consented(true)
	case statePlaying:
		s.emit(Stop{})
		s.spoken()
	case stateAsking:
		s.emit(Stop{})
		s.answer(now)
	case stateListening:
		s.answer(now)
	}
}

func isKey(k byte) bool { return k >= '0' && k <= '9' || k == '*' || k == '#' || k >= 'A' && k <= 'D' }

func (s *Session) played(now time.Time) {
	switch s.state {
	case stateNotice:
		s.noticed(now)
	case statePlaying:
		s.spoken()
	case stateAsking:
		s.listen(now)
	}
}

// due makes happen what the time has come for.
func (s *Session) due(now time.Time) {
	switch s.state {
	case stateListening:
		s.late(now)
	case stateConsent:
		s.consented(true)
	case stateLooking:
		s.looked(Looked{Err: "timeout"})
	}
}

// tired ends a session that has gone on for longer than any person would.
func (s *Session) tired() bool {
	if s.waits++; s.waits > maxWaits || s.asks > maxAsks {
		s.end(Hangup{hotline.CauseFlow})
	}
	return s.state == stateDone
}

// speak plays prompts that ask nothing. Who has typed ahead knows the way and does not hear them.
func (s *Session) speak(then after, prompts ...string) {
	s.after = then
	switch {
	case s.tired():
	case len(prompts) == 0 || len(s.keys) > 0:
		s.spoken()
	default:
		s.state = statePlaying
		s.emit(Play{prompts})
	}
}

// spoken follows prompts that are over, to their end or not.
func (s *Session) spoken() {
	if s.after == afterRecord {
		s.record()
		return
	}
	s.next()
}

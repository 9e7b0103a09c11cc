package calltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// Behaviour is what an agent's phone does when it is called.
type Behaviour int

// The behaviours.
const (
	PicksUp Behaviour = iota // rings, and is picked up after a moment
	RingsOn                  // rings and is never picked up
	Rejects                  // refuses the call (603)
	IsBusy                   // says that it is busy (486)
	IsGone                   // no phone is registered
	Instant                  // is picked up at once, without ringing
)

// Phone is a phone at the far end of a leg. Its methods may be called when the leg is over.
type Phone interface {
	Press(key byte)
	Hold(on bool)
	Hangup() // also gives up a call that is not answered
}

// Harness is a switch with phones around it that the suite can move.
type Harness interface {
	Switch() call.Switch
	// Next waits for the next signal of any call, at most for d.
	Next(d time.Duration) (hotline.CallID, hotline.Signal, bool)
	// Call makes an outside phone call the centre. Its Incoming arrives by Next.
	Call(t *testing.T, to string) Phone
	// Agent makes the agent's phone behave so from now on. The Phone moves its latest call.
	Agent(t *testing.T, id hotline.AgentID, b Behaviour) Phone
	// Prompts names a prompt that plays for less than three seconds and one that does not exist.
	Prompts() (short, missing string)
}

// Carrier is a Harness with a trunk that calls go out by.
type Carrier interface {
	// Outside makes every phone behind the trunk behave so from now on, and names the trunk. The Phone moves the latest call.
	Outside(t *testing.T, b Behaviour) (p Phone, trunk string)
}

// Bounds of the suite's patience, for switches that work in real time.
const (
	soon  = 5 * time.Second        // for what must come
	never = 300 * time.Millisecond // for what must not
	quick = 250 * time.Millisecond // for Do
)

// Run holds a Switch in real time to the contract of RunIn.
func Run(t *testing.T, newHarness func(*testing.T) Harness) {
	RunIn(t, func(t *testing.T, part func(*testing.T)) { part(t) }, newHarness)
}

// RunIn holds a Switch to the contract: every action is accepted quickly and is idempotent, every leg that came in or was
// dialled has exactly one last signal (Ended, or Failed if it was dialled and never answered) and nothing after it, every
// Play that was begun has exactly one PlayEnded, digits arrive once and in order. newHarness is called for each part, and
// bubble runs it: synctest.Test, for a switch that works in virtual time.
func RunIn(t *testing.T, bubble func(*testing.T, func(*testing.T)), newHarness func(*testing.T) Harness) {
	parts := []struct {
		name string
		run  func(*suite)
	}{
		{"answer and hang up", (*suite).answerAndHangup},
		{"the caller hangs up", (*suite).callerHangsUp},
		{"the caller gives up before the answer", (*suite).callerGivesUp},
		{"refuse without answering", (*suite).refuse},
		{"ring, then answer", (*suite).ringThenAnswer},
		{"hold before the answer", (*suite).holdBeforeAnswer},
		{"a play runs to its end", (*suite).playRuns},
		{"a play is replaced", (*suite).playReplaced},
		{"a play is stopped", (*suite).playStopped},
		{"a loop plays until it is stopped", (*suite).playLoops},
		{"a leg ends while it plays", (*suite).playCutByEnd},
		{"a prompt is missing", (*suite).playMissing},
		{"keys", (*suite).keys},
		{"keys pressed for a phone", (*suite).press},
		{"dial and be answered", (*suite).dialAnswered},
		{"dial and be answered at once", (*suite).dialInstant},
		{"dial and be refused", (*suite).dialRefused},
		{"dial and ring out", (*suite).dialRingsOut},
		{"hang up while it rings", (*suite).cancelDial},
		{"hang up as it is picked up", (*suite).cancelRace},
		{"dial out and be answered", (*suite).outAnswered},
		{"dial out in vain", (*suite).outFailed},
		{"hang up while it rings outside", (*suite).outCancelled},
		{"mix", (*suite).mix},
		{"mix in a leg of another call", (*suite).mixOther},
		{"hold", (*suite).hold},
		{"record", (*suite).record},
		{"legs that are not there", (*suite).strangers},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := &suite{T: t, h: newHarness(t), last: map[hotline.LegID]bool{}, played: map[hotline.PlayID]bool{}}
				p.run(s)
				s.quiet()
			})
		})
	}
}

// suite is one part's state: what came that nobody asked for yet, and what must not come again.
type suite struct {
	*testing.T
	h      Harness
	kept   []hotline.Signal
	last   map[hotline.LegID]bool  // legs whose last signal came
	played map[hotline.PlayID]bool // plays that ended
	n      int
}

// do sends an action and holds Do to its time.
func (s *suite) do(a hotline.Action) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), soon)
	defer cancel()
	begun := time.Now()
	if err := s.h.Switch().Do(ctx, a); err != nil {
		s.Fatalf("Do(%T): %v", a, err)
	}
	if d := time.Since(begun); d > quick {
		s.Errorf("Do(%T) took %v: it must accept and return", a, d)
	}
}

// next takes the next signal off the switch and checks what holds for every signal.
func (s *suite) next(d time.Duration) (hotline.Signal, bool) {
	s.Helper()
	_, sig, ok := s.h.Next(d)
	if !ok {
		return nil, false
	}
	leg := hotline.LegOf(sig)
	if s.last[leg] {
		s.Errorf("%T of leg %s after its last signal", sig, leg)
	}
	switch sig := sig.(type) {
	case hotline.PlayEnded:
		if s.played[sig.Play] {
			s.Errorf("play %s ended twice", sig.Play)
		}
		s.played[sig.Play] = true
		if sig.Complete && sig.Err != "" {
			s.Errorf("play %s is complete and failed: %s", sig.Play, sig.Err)
		}
	case hotline.Ended, hotline.Failed:
		s.last[leg] = true
	}
	return sig, true
}

// await returns the first signal that fits, kept or to come; the others are kept.
func await[S hotline.Signal](s *suite, fits func(S) bool) S {
	s.Helper()
	for i, k := range s.kept {
		if sig, ok := k.(S); ok && fits(sig) {
			s.kept = append(s.kept[:i], s.kept[i+1:]...)
			return sig
		}
	}
	until := time.Now().Add(soon)
	for {
		k, ok := s.next(time.Until(until))
		if !ok {
			var want S
			s.Fatalf("no %T came; kept are %s", want, s.names())
		}
		if sig, ok := k.(S); ok && fits(sig) {
			return sig
		}
		s.kept = append(s.kept, k)
	}
}

func (s *suite) names() string {
	var out []string
	for _, k := range s.kept {
		out = append(out, fmt.Sprintf("%T", k))
	}
	return fmt.Sprint(out)
}

// none fails if a signal that fits is there or comes within a moment.
func none[S hotline.Signal](s *suite, why string, fits func(S) bool) {
	s.Helper()
	until := time.Now().Add(never)
	for {
		k, ok := s.next(time.Until(until))
		if !ok {
			break
		}
		s.kept = append(s.kept, k)
	}
	for _, k := range s.kept {
		if sig, ok := k.(S); ok && fits(sig) {
			s.Errorf("%T came: %s", sig, why)
		}
	}
}

// quiet takes what still comes, so that next checks it.
func (s *suite) quiet() {
	s.Helper()
	for {
		if _, ok := s.next(never); !ok {
			return
		}
	}
}

// came makes an outside call come in.
func (s *suite) came() (Phone, hotline.Incoming) {
	s.Helper()
	p := s.h.Call(s.T, "95500")
	in := await(s, func(hotline.Incoming) bool { return true })
	if in.Call == "" || in.Leg == "" {
		s.Fatalf("Incoming without ids: %+v", in)
	}
	return p, in
}

// up makes an outside call come in and answers it.
func (s *suite) up() (Phone, hotline.Incoming) {
	s.Helper()
	p, in := s.came()
	s.do(hotline.Answer{Leg: in.Leg})
	if got := await(s, on[hotline.PickedUp](in.Leg)); got.Codec == "" {
		s.Error("PickedUp without a codec")
	}
	return p, in
}

// dialled calls the agent's phone.
func (s *suite) dialled(id hotline.AgentID, b Behaviour, timeout time.Duration) (Phone, hotline.LegID, hotline.CallID) {
	s.Helper()
	p := s.h.Agent(s.T, id, b)
	s.n++
	c := hotline.CallID(fmt.Sprintf("suite%d-%s", s.n, id))
	s.do(hotline.Dial{Call: c, Leg: c.Sub(1), Agent: id, From: hotline.Party{Number: "13800000000"}, Timeout: timeout})
	return p, c.Sub(1), c
}

// on fits the signals of a leg.
func on[S hotline.Signal](leg hotline.LegID) func(S) bool {
	return func(sig S) bool { return hotline.LegOf(sig) == leg }
}

// ended waits for the leg's end and returns its cause.
func (s *suite) ended(leg hotline.LegID) hotline.Cause {
	s.Helper()
	return await(s, on[hotline.Ended](leg)).Cause
}

func (s *suite) failed(leg hotline.LegID) hotline.Cause {
	s.Helper()
	return await(s, on[hotline.Failed](leg)).Cause
}

package sim

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call/calltest"
)

// passes lets the agent hand its customer to a colleague, who may want it or not, blind or after a word with it. What it
// returns says whether that is under way.
func (a *agent) passes(l *calltest.Line) func() bool {
	to := hotline.AgentID(strconv.Itoa(8001 + int(a.between(0, 60))))
	blind := a.chance(50)
	under, referred := false, blind // guarded by world.mu
	over := func(yes bool) {
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		under = !yes
	}
	time.AfterFunc(a.between(3*time.Second, 9*time.Second), func() {
		if to == a.id {
			return
		}
		over(false)
		if blind {
			if !l.Refer(string(to), nil) {
				over(true)
			}
			return
		}
		l.Hold(true)
		line := a.w.fake.Call(hotline.Incoming{To: string(to), Agent: a.id, From: hotline.Party{Number: string(a.id)}},
			nil, func(line *calltest.Line) { // it came to nothing, or has been done
				l.Hold(false)
				over(true)
			})
		time.AfterFunc(a.between(8*time.Second, 20*time.Second), func() {
			if a.chance(80) {
				a.w.mu.Lock()
				referred = true
				a.w.mu.Unlock()
				if !l.Refer("", line) {
					line.Hangup()
				}
			} else {
				line.Hangup()
			}
		})
	})
	return func() bool {
		told := slices.ContainsFunc(l.Told(), func(code int) bool { return code >= 200 }) // before the lock: the fake holds its own in trace
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		if referred && (under || !blind) { // until it is told
			return !told
		}
		return under
	}
}

// ends puts the phone down at the end of the talk, unless the agent is about to hand the customer on.
func (a *agent) ends(l *calltest.Line, passing func() bool) {
	if passing() {
		time.AfterFunc(time.Second, func() { a.ends(l, passing) })
		return
	}
	if told := l.Told(); len(told) > 0 && told[len(told)-1] >= 200 { // no person is as quick as a phone
		time.AfterFunc(3*time.Second, func() { l.Hangup() })
		return
	}
	l.Hangup()
}

// calledIn is the phone ringing for a colleague: it wants somebody to take its customer.
func (a *agent) calledIn(d hotline.Dial, l *calltest.Line) {
	pickUp := func() {
		if !l.PickUp(false) {
			return
		}
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		if a.last != nil {
			a.w.t.Errorf("%s is called into %s and has %s", a.id, d.Call, a.talking)
		}
		a.last, a.talking = l, d.Call
	}
	l.Gone = func() {
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		if a.last == l {
			a.last, a.talking, a.queue, a.mute = nil, "", "", false
		}
	}
	l.Hears = func(h calltest.Hearing) {
		c := a.w.caller(d.Call) // nobody: the colleague's customer had gone as it dialled, and the two speak alone
		if c != nil {
			<-c.has
		}
		a.w.mu.Lock()
		first := c != nil && slices.Contains(h.With, c.line.Leg()) && !a.begun[l.Leg()]
		if first {
			a.begun[l.Leg()] = true
			a.given++
		}
		a.w.mu.Unlock()
		if first {
			if !c.hangs {
				time.AfterFunc(a.between(5*time.Second, time.Minute), func() { l.Hangup() })
			}
			a.after(c.talk+3*time.Minute, func() { a.dial("*3") })
		}
	}
	time.AfterFunc(a.between(50*time.Millisecond, 300*time.Millisecond), l.Ring)
	switch at := a.between(time.Second, 7*time.Second); {
	case a.chance(15):
		time.AfterFunc(at, func() { l.Refuse(hotline.CauseBusy) })
	case a.chance(5): // does not hear it
	default:
		time.AfterFunc(at, pickUp)
	}
}

// handedOn is how many transfers were done, as the people know it: who was given a customer.
func (w *world) handedOn() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.agents {
		n += a.given
	}
	return n
}

// colleague gives the small centre a second agent, on a break: it can be called in all the same.
func (s *small) colleague() {
	s.ask(hotline.SetDevice{Agent: "8002", Up: true})
	s.ask(hotline.SetAgent{Agent: "8002", State: hotline.AgentNotReady, Source: hotline.SourceAgent})
}

// TestTransferBlind: the customer is handed to a colleague on a break, who is on it again afterwards.
func TestTransferBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSmall(t)
		s.colleague()
		customer := s.customer("13800000000")
		time.Sleep(10 * time.Second)
		first := s.line("8001")
		first.Refer("8002", nil)
		time.Sleep(5 * time.Second)
		if told := first.Told(); !slices.Equal(told, []int{180, 200}) {
			t.Errorf("told %v", told)
		}
		if got, want := s.joined(), string(customer.Leg()+" "+s.line("8002").Leg()); got != want {
			t.Errorf("joined: %s, want %s", got, want)
		}
		if got := s.facts(customer.Call(), transferFields()...); got != "called_in transferred joined released" {
			t.Error(got)
		}
		customer.Hangup()
		time.Sleep(20 * time.Second)
		s.over()
	})
}

// TestTransferAttended: a second line belongs to the call, whatever end of it hangs up at whatever moment of the transfer; who
// is left at the end is free, and a customer who stays has somebody, or stands in line.
func TestTransferAttended(t *testing.T) {
	for _, who := range []string{"", "agent", "second", "colleague", "customer"} {
		for ms := 0; ms <= 9000; ms += 450 {
			synctest.Test(t, func(t *testing.T) {
				s := newSmall(t)
				s.colleague()
				customer := s.customer("13800000000")
				time.Sleep(10 * time.Second)
				agent := s.line("8001")
				agent.Hold(true)
				second := s.fake.Call(hotline.Incoming{To: "8002", Agent: "8001"}, nil, nil)
				time.AfterFunc(5*time.Second, func() { agent.Refer("", second) })
				time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
					switch who {
					case "agent":
						agent.Hangup()
					case "second":
						second.Hangup()
					case "colleague":
						s.mu.Lock()
						l := s.lines["8002"]
						s.mu.Unlock()
						if l != nil {
							l.Hangup()
						}
					case "customer":
						customer.Hangup()
					}
				})
				time.Sleep(15 * time.Second)
				if who == "" && s.joined() != string(customer.Leg()+" "+s.line("8002").Leg()) {
					t.Errorf("joined: %s", s.joined())
				}
				// The customer is there, but for a talk that the colleague has ended: who heard goodbye, or is asked how it was.
				ended := s.facts(customer.Call(), "call_ended") != ""
				if ended && who != "customer" && who != "colleague" {
					t.Errorf("%s hung up at %d ms: the customer is lost: %s", who, ms, s.facts(customer.Call(), transferFields()...))
				}
				customer.Hangup()
				second.Hangup()
				time.Sleep(time.Minute)
				if n := s.hub.Count() + s.fake.Open(); n != 0 {
					t.Errorf("%s hung up at %d ms: %d calls and lines are left", who, ms, n)
				}
				s.free("8001")
				s.free("8002")
			})
		}
	}
}

func transferFields() []string {
	return []string{"transferred", "called_in", "joined", "released", "leg_moved", "call_ended"}
}

// free checks that the agent is in no call.
func (s *small) free(agent hotline.AgentID) {
	s.t.Helper()
	var state hotline.AgentState
	for _, ev := range s.log.Events() {
		if f, ok := ev.Fact.(hotline.AgentSet); ok && ev.Agent == agent {
			state = f.State
		}
	}
	if state != hotline.AgentReady && state != hotline.AgentNotReady {
		s.t.Errorf("agent %s is %s", agent, state)
	}
}

// TestSecondLineAsTheCallEnds: an agent's second call that comes while its customer hangs up is answered by somebody: it is a consult,
// or a call to the colleague. Nothing of it is left.
func TestSecondLineAsTheCallEnds(t *testing.T) {
	for ms := range 60 {
		synctest.Test(t, func(t *testing.T) {
			s := newSmall(t)
			s.colleague()
			customer := s.customer("13800000000")
			time.Sleep(10 * time.Second)
			var gone atomic.Bool
			time.AfterFunc(30*time.Millisecond, func() { customer.Hangup() })
			time.Sleep(time.Duration(ms) * time.Millisecond)
			line := s.fake.Call(hotline.Incoming{To: "8002", Agent: "8001"}, nil, func(*calltest.Line) { gone.Store(true) })
			time.Sleep(time.Minute)
			line.Hangup() // it may be a call of its own by now
			time.Sleep(time.Minute)
			if n := s.hub.Count() + s.fake.Open(); n != 0 || !gone.Load() {
				t.Errorf("%d ms: %d calls and lines are left", ms, n)
			}
			s.free("8001")
			s.free("8002")
		})
	}
}

package calltest

import (
	"fmt"
	"time"

	"hotline"
)

func (s *suite) answerAndHangup() {
	_, in := s.up()
	s.do(hotline.Answer{Leg: in.Leg})
	none(s, "the leg was answered before", on[hotline.PickedUp](in.Leg))
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	s.ended(in.Leg)
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	none(s, "it answered a leg that was over", on[hotline.PickedUp](in.Leg))
}

func (s *suite) callerHangsUp() {
	p, in := s.up()
	p.Hangup()
	if got := s.ended(in.Leg); got != hotline.CauseHangup {
		s.Errorf("cause %q, want %q", got, hotline.CauseHangup)
	}
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
}

func (s *suite) callerGivesUp() {
	p, in := s.came()
	p.Hangup()
	if got := s.ended(in.Leg); got != hotline.CauseCancelled {
		s.Errorf("cause %q, want %q", got, hotline.CauseCancelled)
	}
	s.do(hotline.Answer{Leg: in.Leg})
	none(s, "the caller had given up", on[hotline.PickedUp](in.Leg))
}

func (s *suite) refuse() {
	for _, cause := range []hotline.Cause{hotline.CauseNotFound, hotline.CauseBusy, hotline.CauseOverload} {
		_, in := s.came()
		s.do(hotline.Hangup{Leg: in.Leg, Cause: cause})
		s.ended(in.Leg)
	}
}

func (s *suite) ringThenAnswer() {
	_, in := s.came()
	s.do(hotline.Ring{Leg: in.Leg})
	s.do(hotline.Ring{Leg: in.Leg})
	s.do(hotline.Answer{Leg: in.Leg})
	await(s, on[hotline.PickedUp](in.Leg))
	s.do(hotline.Ring{Leg: in.Leg})
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseFlow})
	s.ended(in.Leg)
}

func (s *suite) play(leg hotline.LegID, id hotline.PlayID, loop bool, prompts ...string) {
	s.Helper()
	s.do(hotline.Play{Leg: leg, Play: id, Prompts: prompts, Lang: "zh-CN", Loop: loop})
}

// playOver waits for the end of a play.
func (s *suite) playOver(id hotline.PlayID, complete bool) {
	s.Helper()
	got := await(s, func(e hotline.PlayEnded) bool { return e.Play == id })
	if got.Complete != complete || got.Err != "" {
		s.Errorf("play %s ended %+v, want complete %v", id, got, complete)
	}
}

func (s *suite) playRuns() {
	short, _ := s.h.Prompts()
	_, in := s.up()
	s.play(in.Leg, "a", false, "silence:100", short)
	s.playOver("a", true)
	s.play(in.Leg, "b", false, "tone:beep")
	s.playOver("b", true)
	s.hangup(in.Leg)
}

func (s *suite) hangup(leg hotline.LegID) {
	s.Helper()
	s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
	s.ended(leg)
}

func (s *suite) playReplaced() {
	_, in := s.up()
	s.play(in.Leg, "a", false, "silence:60000")
	s.play(in.Leg, "b", false, "silence:60000")
	s.playOver("a", false)
	s.play(in.Leg, "c", false, "silence:100")
	s.playOver("b", false)
	s.playOver("c", true)
	s.hangup(in.Leg)
}

func (s *suite) playStopped() {
	_, in := s.up()
	s.play(in.Leg, "a", false, "silence:60000")
	s.do(hotline.Stop{Leg: in.Leg, Play: "other"})
	none(s, "another play was to stop", func(e hotline.PlayEnded) bool { return e.Play == "a" })
	s.do(hotline.Stop{Leg: in.Leg, Play: "a"})
	s.do(hotline.Stop{Leg: in.Leg, Play: "a"})
	s.playOver("a", false)
	s.play(in.Leg, "b", false, "silence:60000")
	s.do(hotline.Stop{Leg: in.Leg})
	s.playOver("b", false)
	s.do(hotline.Stop{Leg: in.Leg})
	s.hangup(in.Leg)
}

func (s *suite) playLoops() {
	_, in := s.up()
	s.play(in.Leg, "a", true, "silence:20")
	none(s, "it loops", func(e hotline.PlayEnded) bool { return e.Play == "a" })
	s.do(hotline.Stop{Leg: in.Leg, Play: "a"})
	s.playOver("a", false)
	s.hangup(in.Leg)
}

func (s *suite) playCutByEnd() {
	p, in := s.up()
	s.play(in.Leg, "a", true, "silence:1000")
	p.Hangup()
	s.playOver("a", false)
	s.ended(in.Leg)
	_, in = s.up()
	s.play(in.Leg, "b", true, "silence:1000")
	s.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseFlow})
	s.playOver("b", false)
	s.ended(in.Leg)
	s.play(in.Leg, "c", false, "silence:100")
	none(s, "the leg was over", func(e hotline.PlayEnded) bool { return e.Play == "c" })
}

func (s *suite) playMissing() {
	short, missing := s.h.Prompts()
	_, in := s.up()
	s.play(in.Leg, "a", false, short, missing)
	got := await(s, func(e hotline.PlayEnded) bool { return e.Play == "a" })
	if got.Complete || got.Err == "" {
		s.Errorf("the end of a play with a missing prompt is %+v, want an error", got)
	}
	s.hangup(in.Leg)
}

func (s *suite) keys() {
	p, in := s.up()
	typed := "1120*#9"
	for _, k := range []byte(typed) {
		p.Press(k)
	}
	var got []byte
	for range typed {
		got = append(got, await(s, on[hotline.Digit](in.Leg)).Key)
	}
	if string(got) != typed {
		s.Errorf("heard %q, want %q", got, typed)
	}
	none(s, "a key came twice", on[hotline.Digit](in.Leg))
	s.hangup(in.Leg)
}

// press presses keys towards a phone: nothing of it comes back, whether it plays or not, and while a mix goes on.
func (s *suite) press() {
	_, in := s.up()
	s.do(hotline.Press{Leg: in.Leg, Keys: "12*#A", Press: 7})
	if got := await(s, on[hotline.Pressed](in.Leg)); got.Press != 7 || got.Refused {
		s.Errorf("a phone that takes keys: %+v", got)
	}
	none(s, "keys that we press are not heard", on[hotline.Digit](in.Leg))
	s.hangup(in.Leg)
	s.do(hotline.Press{Leg: in.Leg, Keys: "1"})
}

func (s *suite) dialAnswered() {
	p, leg, c := s.dialled("8001", PicksUp, 0)
	await(s, on[hotline.Ringing](leg))
	if got := await(s, on[hotline.PickedUp](leg)); got.Codec == "" {
		s.Error("PickedUp without a codec")
	}
	await(s, on[hotline.MediaUp](leg))
	s.do(hotline.Dial{Call: c, Leg: leg, Agent: "8001"})
	none(s, "the leg was dialled before", on[hotline.PickedUp](leg))
	p.Hangup()
	if got := s.ended(leg); got != hotline.CauseHangup {
		s.Errorf("cause %q, want %q", got, hotline.CauseHangup)
	}
}

func (s *suite) dialInstant() {
	_, leg, _ := s.dialled("8001", Instant, 0)
	await(s, on[hotline.PickedUp](leg))
	s.hangup(leg)
}

func (s *suite) dialRefused() {
	for b, want := range map[Behaviour]hotline.Cause{
		Rejects: hotline.CauseRejected, IsBusy: hotline.CauseBusy, IsGone: hotline.CauseUnreachable,
	} {
		_, leg, _ := s.dialled("8001", b, 0)
		if got := s.failed(leg); got != want {
			s.Errorf("behaviour %d: cause %q, want %q", b, got, want)
		}
		s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
	}
}

func (s *suite) dialRingsOut() {
	_, leg, _ := s.dialled("8001", RingsOn, time.Second)
	await(s, on[hotline.Ringing](leg))
	if got := s.failed(leg); got != hotline.CauseNoAnswer {
		s.Errorf("cause %q, want %q", got, hotline.CauseNoAnswer)
	}
}

func (s *suite) cancelDial() {
	_, leg, _ := s.dialled("8001", RingsOn, 0)
	await(s, on[hotline.Ringing](leg))
	s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
	s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
	s.failed(leg)
}

// cancelRace hangs up while the phone is picked up: whichever wins, the leg has one end that fits.
func (s *suite) cancelRace() {
	for i := range 20 {
		_, leg, _ := s.dialled(hotline.AgentID(fmt.Sprintf("81%02d", i)), Instant, 0)
		time.Sleep(time.Duration(i) * time.Millisecond)
		s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
		until := time.Now().Add(soon)
		up := false
		for !s.last[leg] {
			sig, ok := s.next(time.Until(until))
			if !ok {
				s.Fatalf("try %d: the leg has no end (picked up: %v)", i, up)
			}
			switch sig := sig.(type) {
			case hotline.PickedUp:
				up = up || sig.Leg == leg
			case hotline.Failed:
				if sig.Leg == leg && up {
					s.Errorf("try %d: Failed after PickedUp", i)
				}
			case hotline.Ended:
				if sig.Leg == leg && !up {
					s.Errorf("try %d: Ended without PickedUp", i)
				}
			}
		}
	}
}

func (s *suite) mix() {
	_, in := s.up()
	_, leg, _ := s.dialled("8001", PicksUp, 0)
	await(s, on[hotline.PickedUp](leg))
	pair := hotline.Pair(in.Call, in.Leg, leg, 0)
	s.do(pair)
	s.do(pair)
	s.do(hotline.Mix{Call: in.Call})
	s.do(hotline.Mix{Call: in.Call})
	s.do(pair)
	s.hangup(leg)
	s.do(pair) // one of them is gone
	s.do(hotline.Mix{Call: in.Call})
	s.hangup(in.Leg)
	s.do(hotline.Mix{Call: in.Call})
}

// mixOther joins a leg of one call, a supervisor's, with those of two others, one after the other.
func (s *suite) mixOther() {
	_, in := s.up()
	_, agent, there := s.dialled("8001", PicksUp, 0)
	await(s, on[hotline.PickedUp](agent))
	_, lead, _ := s.dialled("8100", PicksUp, 0)
	await(s, on[hotline.PickedUp](lead))
	listens := func(c hotline.CallID, to hotline.LegID) hotline.Mix {
		return hotline.Mix{Call: c, Members: []hotline.Member{{Leg: lead, Hears: []hotline.LegID{to}, Aside: true}}}
	}
	for range 2 {
		s.do(listens(in.Call, in.Leg))
		s.do(listens(there, agent))
		s.do(hotline.Mix{Call: in.Call})
	}
	s.hangup(lead)
	s.do(listens(there, agent)) // it is gone
	s.do(hotline.Mix{Call: there})
	s.hangup(agent)
	s.hangup(in.Leg)
}

func (s *suite) hold() {
	p, leg, _ := s.dialled("8001", PicksUp, 0)
	await(s, on[hotline.PickedUp](leg))
	for _, want := range []bool{true, false, true, false} {
		p.Hold(want)
		if got := await(s, on[hotline.HoldAsked](leg)); got.On != want {
			s.Errorf("hold %v, want %v", got.On, want)
		}
	}
	none(s, "the key was pressed once", on[hotline.HoldAsked](leg))
	s.hangup(leg)
}

func (s *suite) record() {
	_, in := s.up()
	rec := hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg}
	s.do(rec)
	s.do(rec)
	s.do(hotline.StopRecord{Call: in.Call})
	s.do(hotline.StopRecord{Call: in.Call})
	s.do(rec)
	s.hangup(in.Leg)
	s.do(hotline.StopRecord{Call: in.Call})
	s.do(hotline.StopRecord{Call: "nobody"})
}

// strangers sends every action to legs that are not there: all of it is success, and nothing is heard.
func (s *suite) strangers() {
	for _, a := range []hotline.Action{
		hotline.Ring{Leg: "x"},
		hotline.Answer{Leg: "x"},
		hotline.Play{Leg: "x", Play: "p", Prompts: []string{"silence:10"}},
		hotline.Stop{Leg: "x"},
		hotline.Stop{Leg: "x", Play: "p"},
		hotline.Pair("c", "x", "y", 0),
		hotline.Mix{Call: "c"},
		hotline.StopRecord{Call: "c"},
		hotline.Notify{Leg: "x", Code: 180},
		hotline.Press{Leg: "x", Keys: "1"},
		hotline.Hangup{Leg: "x", Cause: hotline.CauseHangup},
	} {
		s.do(a)
	}
	none(s, "nobody is there", func(hotline.Signal) bool { return true })
}

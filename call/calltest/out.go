package calltest

import (
	"fmt"
	"time"

	"hotline"
)

// out calls a number through the trunk.
func (s *suite) out(b Behaviour, timeout time.Duration) (Phone, hotline.LegID, hotline.CallID) {
	s.Helper()
	c, ok := s.h.(Carrier)
	if !ok {
		s.Skip("no trunk to call out by")
	}
	p, trunk := c.Outside(s.T, b)
	s.n++
	id := hotline.CallID(fmt.Sprintf("suite%d-out", s.n))
	s.do(hotline.Dial{
		Call: id, Leg: id.Sub(1), To: "13800000000", Trunk: trunk, From: hotline.Party{Number: "95500"}, Timeout: timeout,
	})
	return p, id.Sub(1), id
}

// outAnswered calls out and is answered: the leg is one like any other.
func (s *suite) outAnswered() {
	p, leg, c := s.out(PicksUp, 0)
	await(s, on[hotline.Ringing](leg))
	if got := await(s, on[hotline.PickedUp](leg)); got.Codec == "" {
		s.Error("PickedUp without a codec")
	}
	await(s, on[hotline.MediaUp](leg))
	s.do(hotline.Dial{Call: c, Leg: leg, To: "13800000000"})
	none(s, "the leg was dialled before", on[hotline.PickedUp](leg))
	s.do(hotline.Record{Call: c, Contact: c.Contact(), Customer: leg})
	s.play(leg, "out", false, "silence:100")
	s.playOver("out", true)
	p.Press('1')
	if got := await(s, on[hotline.Digit](leg)); got.Key != '1' {
		s.Errorf("key %q, want 1", got.Key)
	}
	p.Hangup()
	if got := s.ended(leg); got != hotline.CauseHangup {
		s.Errorf("cause %q, want %q", got, hotline.CauseHangup)
	}
}

func (s *suite) outFailed() {
	for b, want := range map[Behaviour]hotline.Cause{Rejects: hotline.CauseRejected, IsBusy: hotline.CauseBusy} {
		_, leg, _ := s.out(b, 0)
		if got := s.failed(leg); got != want {
			s.Errorf("behaviour %d: cause %q, want %q", b, got, want)
		}
	}
	_, leg, _ := s.out(RingsOn, time.Second)
	await(s, on[hotline.Ringing](leg))
	if got := s.failed(leg); got != hotline.CauseNoAnswer {
		s.Errorf("cause %q, want %q", got, hotline.CauseNoAnswer)
	}
	c := hotline.CallID("suite-nowhere")
	s.do(hotline.Dial{Call: c, Leg: c.Sub(1), To: "13800000000", Trunk: "no-such-trunk"})
	if got := s.failed(c.Sub(1)); got != hotline.CauseUnreachable {
		s.Errorf("by a trunk that there is not: cause %q, want %q", got, hotline.CauseUnreachable)
	}
}

func (s *suite) outCancelled() {
	_, leg, _ := s.out(RingsOn, 0)
	await(s, on[hotline.Ringing](leg))
	s.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
	s.failed(leg)
}

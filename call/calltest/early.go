package calltest

import "hotline"

// holdBeforeAnswer is a queue whose callers are not answered before an agent is there: they hear its music as early media
// (RFC 3960 §3.2), are answered later, or give up with a CANCEL.
func (s *suite) holdBeforeAnswer() {
	short, _ := s.h.Prompts()
	_, in := s.came()
	s.do(hotline.Ring{Leg: in.Leg, Early: true})
	s.play(in.Leg, "early", false, "silence:100", short)
	s.playOver("early", true)
	s.play(in.Leg, "music", true, "silence:20")
	s.do(hotline.Answer{Leg: in.Leg})
	await(s, on[hotline.PickedUp](in.Leg))
	s.do(hotline.Stop{Leg: in.Leg, Play: "music"})
	s.playOver("music", false)
	s.hangup(in.Leg)

	p, in := s.came()
	s.do(hotline.Ring{Leg: in.Leg, Early: true})
	s.play(in.Leg, "again", true, "silence:20")
	p.Hangup()
	s.playOver("again", false)
	if got := s.ended(in.Leg); got != hotline.CauseCancelled {
		s.Errorf("cause %q, want %q", got, hotline.CauseCancelled)
	}
}

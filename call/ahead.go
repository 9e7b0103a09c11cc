package call

import (
	"time"

	"hotline"
)

// A caller whose flow begins with its queue is queued while its call is being answered: the answer waits for the disk and for
// the caller's phone, an agent's phone need not. Phones are called, and ring no longer than the shard wants. All else that it says
// waits until the caller is up, and is then taken as if it had come then: who is joined, sent away or sent on must be able to hear
// it.

// tooEarly keeps an input for later, if the caller is not up yet and must be.
func (m *Machine) tooEarly(in Input) bool {
	if !m.ahead || m.phase != phaseQueue {
		return false
	}
	if t, ok := in.(Told); ok {
		switch f := t.Event.Fact.(type) {
		case hotline.Queued, hotline.Offered:
			if len(m.early) == 0 {
				return false
			}
		case hotline.OfferLost:
			if m.offerWith(f.Offer) != nil {
				return false // its phone must not ring on: the agent is free for others
			}
		}
	}
	m.early = append(m.early, in)
	return true
}

// caughtUp takes what came early. It is called when the caller is up, or the call ends without that.
func (m *Machine) caughtUp(now time.Time) {
	early := m.early
	m.ahead, m.early = false, nil
	for _, in := range early {
		switch in := in.(type) {
		case Told:
			m.told(now, in.Event)
		case Refused:
			m.refused(now, in.Request, in.Err)
		}
	}
}

package call

import (
	"time"

	"hotline"
	"hotline/ivr"
)

// saying is what a waiting caller was told last.
type saying struct {
	position int
	wait     time.Duration
	at       time.Time // of the wait; zero: none was told
}

// placed tells the waiting caller where it stands, unless a phone has begun to ring for it.
func (m *Machine) placed(now time.Time, p Placed) {
	if m.phase != phaseQueue || p.Visit != m.visit.id || p.Err != nil || len(m.offers) > 0 || m.session != nil {
		return
	}
	q, said := m.plan.Queues[m.visit.queue], &m.visit.said
	var prompts []string
	// Who was let pass in front is not told so: nothing is said until it stands as well as it did.
	if q.Position && p.Position > 0 && (said.position == 0 || p.Position <= said.position) {
		said.position = p.Position
		prompts = ivr.Position(m.lang, p.Position)
		m.announced(now, q.ID, "position", int64(p.Position))
	}
	if q.Wait && p.Wait >= 0 {
		wait := said.next(now, p.Wait)
		prompts = append(prompts, ivr.Wait(m.lang, wait)...)
		m.announced(now, q.ID, "wait", wait.Milliseconds())
	}
	if len(prompts) > 0 {
		m.play(now, m.first, forWaiting, m.limits.LastWords, prompts...)
	}
}

// spokenWaits are the waits that are spoken, in minutes; after the last come half hours.
func spokenWaits() []int { return []int{1, 2, 3, 5, 10, 15, 20, 30, 45, 60} }

// next is the expected wait to be said now: rounded up to a step, and never more than what was said before and the time
// since allow (kpi 1.5), so that the end of the wait does not flee from the caller. Less than a minute is said as it is.
func (s *saying) next(now time.Time, wait time.Duration) time.Duration {
	said := roundUp(wait)
	if !s.at.IsZero() && said > s.wait+now.Sub(s.at) {
		said, wait = s.wait, s.wait
	}
	s.wait, s.at = said, now
	if wait < time.Minute {
		return wait
	}
	return said
}

func roundUp(d time.Duration) time.Duration {
	for _, n := range spokenWaits() {
		if step := time.Duration(n) * time.Minute; d <= step {
			return step
		}
	}
	const half = 30 * time.Minute
	return (d + half - 1) / half * half
}

func (m *Machine) announced(now time.Time, queue hotline.QueueID, what string, value int64) {
	m.record(now, hotline.Event{Leg: m.first.id, Queue: queue, Fact: hotline.Announced{What: what, Value: value}})
}

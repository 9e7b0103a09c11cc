package acd

import (
	"math"
	"time"

	"hotline"
)

// memory is how quickly figures of the past lose weight: to 1/e in this time.
const memory = 30 * time.Minute

// decayed is a sum whose parts lose weight with age.
type decayed struct {
	Sum float64   `json:"sum"`
	At  time.Time `json:"at"`
}

func (d *decayed) add(now time.Time, x float64) {
	d.Sum = d.value(now) + x
	if now.After(d.At) {
		d.At = now
	}
}

func (d decayed) value(now time.Time) float64 {
	age := now.Sub(d.At)
	if d.Sum == 0 || age <= 0 {
		return d.Sum
	}
	return d.Sum * math.Exp(-float64(age)/float64(memory))
}

// mean is an average over about the last fifty values.
type mean struct {
	Value float64 `json:"value"`
	Count int     `json:"count"`
}

const meanOver = 50

func (m *mean) add(x float64) {
	m.Count++
	m.Value += (x - m.Value) / float64(min(m.Count, meanOver))
}

// Place returns the visit's position in its queue (1 is next) and the expected time until it is served, negative if there is
// no telling. A visit whose agent's phone rings is at position 1 with nothing left to wait. The error wraps
// hotline.ErrUnknown.
//
// The estimate is the abandon-aware queue-length estimator of kpi 1.5: with k visits before it, n agents at work, mean
// handling time 1/μ and callers giving up at rate θ it is the sum over j = 0…k of 1/(n·μ + j·θ). n counts the agents that the
// visit's needs admit, times the share of their calls that came from visits with these needs. While fewer than three calls
// were handled it is the time that the first in line has waited (HOL). Nobody at work: no estimate.
func (r *Router) Place(now time.Time, id hotline.VisitID) (position int, wait time.Duration, err error) {
	v := r.visits[id]
	if v == nil {
		return 0, 0, unknown("visit %q", id)
	}
	if !v.waiting {
		return 1, 0, nil
	}
	p := v.pool()
	position = v.queue.waiting.before(v.rank()) + 1
	return position, v.queue.estimate(now, p, p.line.ahead(now, v)), nil
}

// Expected returns, for each queue of the file, how long who comes to it now would wait, by the estimator of Place: nothing
// where somebody is ready. A queue of which there is no telling is left out.
func (r *Router) Expected(now time.Time) map[hotline.QueueID]time.Duration {
	out := make(map[hotline.QueueID]time.Duration, len(r.lines))
	for _, q := range r.lines {
		if q.retired || q.unknown {
			continue
		}
		p := q.levels[0]
		switch wait := q.estimate(now, p, p.line.len()); {
		case p.ready.len() > 0:
			out[q.id] = 0
		case wait >= 0:
			out[q.id] = wait
		}
	}
	return out
}

// estimate is how long it takes until who has k visits of the pool before it is served; negative: there is no telling.
func (q *queue) estimate(now time.Time, p *pool, k int) time.Duration {
	if p.staff == 0 {
		return -1
	}
	if q.handle.Count < 3 || q.handle.Value <= 0 {
		head := p.line.first(now)
		if head == nil {
			return -1
		}
		return max(0, now.Sub(head.since))
	}
	share := 1.0
	if all := p.all.value(now); all >= 5 {
		share = max(p.own.value(now)/all, 1/all)
	}
	mu := float64(p.staff) * share / q.handle.Value // departures per ms
	theta := 0.0
	if waited := q.waitSum.value(now); waited > 0 {
		theta = q.left.value(now) / waited
	}
	var ms float64
	for j := range k + 1 {
		ms += 1 / (mu + float64(j)*theta)
	}
	return time.Duration(min(ms, float64(24*time.Hour/time.Millisecond))) * time.Millisecond
}

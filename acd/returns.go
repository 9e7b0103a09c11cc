package acd

import (
	"time"

	"hotline"
)

// returns is who hung up while waiting, by queue and number, so that a caller who soon calls again has its old place.
type returns struct {
	left map[comer]absence
	line []leaving // in order of leaving; some have come back since
}

type leaving struct {
	comer comer
	at    time.Time
}

type returnImage struct {
	comer
	absence
}

type comer struct {
	Queue  hotline.QueueID `json:"queue"`
	Number string          `json:"number"`
}

type absence struct {
	Place time.Time `json:"place"`
	At    time.Time `json:"at"`
}

const maxReturns = 4096

// remember notes that the caller left the queue.
func (r *Router) remember(v *visit, at time.Time) {
	if v.queue.rules.Return <= 0 || !known(v.from.Number) {
		return
	}
	r.returns.note(comer{v.queue.id, v.from.Number}, absence{v.place, at})
}

// known says whether the number tells who calls.
func known(number string) bool {
	return number != "" && number != "anonymous" && len(number) <= maxNumber
}

func (m *returns) note(c comer, a absence) {
	if m.left == nil {
		m.left = make(map[comer]absence)
	}
	m.left[c] = a
	m.line = append(m.line, leaving{c, a.At})
	for len(m.left) > maxReturns || len(m.line) > 2*maxReturns {
		if first := m.line[0]; m.left[first.comer].At.Equal(first.at) {
			delete(m.left, first.comer)
		}
		m.line = m.line[1:]
	}
}

// forget notes that the caller has come back.
func (m *returns) forget(c comer) { delete(m.left, c) }

// listed returns who is remembered, in order of leaving.
func (m *returns) listed() []returnImage {
	var out []returnImage
	seen := make(map[comer]bool)
	for _, l := range m.line {
		if a, ok := m.left[l.comer]; ok && a.At.Equal(l.at) && !seen[l.comer] {
			seen[l.comer] = true
			out = append(out, returnImage{l.comer, a})
		}
	}
	return out
}

// placeOf returns the place that a caller who comes to the queue had when it left not long ago; zero: none.
func (s *step) placeOf(q *queue, number string) time.Time {
	a, ok := s.returns.left[comer{q.id, number}]
	if !ok || a.At.Add(q.rules.Return).Before(s.now) {
		return time.Time{}
	}
	return a.Place
}

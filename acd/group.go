package acd

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline"
)

// A contact that waits in several queues at once is a group of visits: the first, which the contact asked for, and those
// beside it. While a phone rings for one of them the others hold their places and are not offered. The group ends at once: one
// visit by what happened, the others as "dequeued". Limits are those of the first one's queue.

// lead returns the first visit of the group; a visit alone is its own.
func (v *visit) lead() *visit {
	if v.first != nil {
		return v.first
	}
	return v
}

// group returns the visits of the contact, the first one first.
func (v *visit) group() []*visit {
	first := v.lead()
	return append([]*visit{first}, first.beside...)
}

// ringing returns the visit of the group for which a phone rings, nil if none does.
func (v *visit) ringing() *visit {
	first := v.lead()
	if len(first.offers) > 0 {
		return first
	}
	for _, b := range first.beside {
		if len(b.offers) > 0 {
			return b
		}
	}
	return nil
}

// attach makes the visit one of the group of first, which is in its queue.
func (r *Router) attach(v, first *visit) {
	waiting := first.waiting
	r.unwait(first)
	v.first, v.due = first, time.Time{}
	first.beside = append(first.beside, v)
	if waiting {
		r.wait(first) // its next queue, if any, is another
	}
}

// detach takes a visit that ends out of its group.
func (v *visit) detach() {
	for _, b := range v.beside {
		b.first = nil // only a damaged log leaves any
	}
	if v.first != nil {
		v.first.beside = slices.DeleteFunc(v.first.beside, func(b *visit) bool { return b == v })
	}
	v.first, v.beside = nil, nil
}

// spreads returns the next queues for the visit to wait in besides, and when; none: a zero time.
func (r *Router) spreads(v *visit) (due time.Time, to []*queue) {
	if v.first != nil {
		return time.Time{}, nil
	}
	for _, o := range v.queue.rules.Overflow {
		for _, id := range o.Queues {
			if q := r.queues[id]; r.joinable(v, q) && !slices.Contains(to, q) {
				to = append(to, q)
			}
		}
		if len(to) > 0 {
			return v.since.Add(o.After), to
		}
	}
	return time.Time{}, nil
}

// joinable says whether the visit may wait in the queue besides.
func (r *Router) joinable(v *visit, q *queue) bool {
	if q == nil || q.retired || q == v.queue {
		return false
	}
	members := 0
	for _, p := range q.levels {
		members += p.members
	}
	return members > 0 && r.visits[v.besideID(q)] == nil && !slices.ContainsFunc(v.beside, func(b *visit) bool { return b.queue == q })
}

func (v *visit) besideID(q *queue) hotline.VisitID { return v.id + "+" + hotline.VisitID(q.id) }

// besides lets the visit wait in another queue as well, in the same place. Since starts the wait there.
func (s *step) besides(v *visit, q *queue, entry string, since time.Time) {
	b := &visit{
		queue: q, priority: min(max(q.rules.Priority+v.priority-v.queue.rules.Priority, 1), 20), place: v.place, seq: s.seq + 1,
	}
	ev := s.of(v, "", hotline.Queued{
		Visit: v.besideID(q), Entry: entry, Priority: b.priority, Since: since, Place: v.place,
		Position: q.waiting.before(b.rank()) + 1, From: v.from, Attrs: maps.Clone(v.attrs), Needs: v.needs, Beside: v.id,
	})
	ev.Queue = q.id
	s.emit(ev)
}

// ruleDue does what the rules of the queue ask for by now of a visit that waits: it leaves if the queue closed over it, and it
// joins further queues. It says whether the visit waits no more.
func (s *step) ruleDue(v *visit) bool {
	if s.shut(v) {
		s.leaveBy(v, hotline.OutcomeClosed, hotline.RuleClosed, v.queue.rules.Closing.Waiting)
		return true
	}
	if more := s.spread(v); len(more) > 0 {
		s.placeInTurn(more)
	}
	return !v.waiting
}

// spread lets a visit that waits join the further queues whose time has come, and returns it there. They are not yet placed.
func (s *step) spread(v *visit) (more []*visit) {
	if !v.waiting || v.first != nil || len(v.queue.rules.Overflow) == 0 || s.shut(v) {
		return nil
	}
	for {
		due, to := s.spreads(v)
		if len(to) == 0 || due.After(s.now) {
			return more
		}
		for _, q := range to {
			s.besides(v, q, hotline.EntryOverflow, s.now)
		}
		more = append(more, v.beside[len(v.beside)-len(to):]...)
	}
}

// dueOf is when something is to be done about the visit where it stands, zero for never.
func (r *Router) dueOf(v *visit) time.Time {
	due := v.nextDue()
	if v.waiting && v.first == nil && len(v.queue.rules.Overflow) > 0 {
		if at, to := r.spreads(v); len(to) > 0 && (due.IsZero() || at.Before(due)) {
			return at
		}
	}
	return due
}

// held says whether the visit is not offered because a phone rings for the contact through another queue.
func (v *visit) held() bool {
	if v.first == nil && len(v.beside) == 0 {
		return false
	}
	r := v.ringing()
	return r != nil && r != v
}

// hold takes the other visits of the contact out of line while a phone rings for this one; resume puts them back.
func (r *Router) hold(v *visit) {
	for _, m := range v.group() {
		if m != v {
			r.unwait(m)
		}
	}
}

func (r *Router) resume(v *visit) {
	for _, m := range v.group() {
		r.wait(m)
	}
}

// placeGroup places all visits of the contact.
func (s *step) placeGroup(v *visit) {
	if v.first == nil && len(v.beside) == 0 {
		s.place(v)
		return
	}
	s.placeInTurn(v.group())
}

// seat does for a visit that has just come in what follows from it.
func (s *step) seat(v *visit, q hotline.Enqueue) {
	if p := s.promises[v.callback]; p != nil && p.visit == v.id && p.agent != nil {
		s.offer(v, p.agent, "the agent reserved for the callback", hotline.Pick{Rule: "callback", Ready: 1})
		s.place(v) // more phones may ring, if the queue has it so
		return
	}
	if s.tooLong(v, q.Entry) {
		return
	}
	for _, id := range q.Also {
		if to := s.queues[id]; s.joinable(v, to) {
			s.besides(v, to, q.Entry, v.since)
		}
	}
	s.placeGroup(v)
}

// dequeue ends the visits of a group whose contact was joined with an agent through one of them.
func (s *step) dequeue(group []*visit, but *visit) {
	for _, m := range group {
		if m != but {
			s.emit(s.of(m, "", hotline.Left{Visit: m.id, Outcome: hotline.OutcomeDequeued, WaitMS: s.since(m.since)}))
		}
	}
}

// conclude ends the wait of the visit's contact. The agents whose phones rang are as ready, and as long idle, as before.
func (s *step) conclude(v *visit, left hotline.Left) { s.free(s.over(v, left)) }

// over ends all visits of the contact: the first one as said, the others as dequeued. It returns the agents whose phones rang,
// who are to be given free.
func (s *step) over(v *visit, left hotline.Left) []*agent {
	first, rings := v.lead(), v.ringing()
	group := first.group()
	var rang []*agent
	if rings != nil {
		rang = s.takeBack(rings, hotline.OfferCallerGone)
	}
	s.dequeue(group, first)
	if left.Outcome == hotline.OutcomeAbandoned {
		s.emit(s.of(first, "", hotline.Abandoned{Visit: first.id, WaitMS: s.since(first.since), Ringing: rings != nil}))
	} else {
		left.Visit, left.WaitMS = first.id, s.since(first.since)
		s.emit(s.of(first, "", left))
	}
	s.reached(first, left.Outcome, left.By)
	return rang
}

// checkGroup holds a visit and those of its contact to each other.
func (r *Router) checkGroup(v *visit) error {
	rings := 0
	for _, m := range v.group() {
		if r.visits[m.id] != m || m.lead() != v.lead() || m.contact != v.contact {
			return fmt.Errorf("acd: visit %s is of the group of %s, which does not know it", v.id, m.id)
		}
		if len(m.offers) > 0 {
			rings++
		}
	}
	if rings > 1 || v.first != nil && (v.first.first != nil || len(v.beside) > 0) {
		return fmt.Errorf("acd: %d visits of the group of %s ring", rings, v.id)
	}
	return nil
}

package sip

import (
	"slices"
	"time"

	"hotline"
)

// phoneRest is how long a call to an agent's phone waits for the one before to leave it: as long as a lost BYE or CANCEL takes to
// be sent again (RFC 3261 §17.1.1.1, T1). Longer would let a caller wait for a phone that has died.
const phoneRest = 500 * time.Millisecond

// desk is an agent's phones as its calls see them: those that are there, in the order in which they came, and the ones behind them
// that are not begun yet. An agent who is free is offered the next caller in the same instant in which the call before is ended, by
// another call's mailbox: its INVITE would overtake the BYE, and the phone would call itself busy. Switch.mu guards it.
type desk struct {
	legs  []*leg
	queue []turn
}

// turn is a leg that waits for its phone.
type turn struct {
	leg   *leg
	begin func()
	limit *time.Timer
}

// inTurn begins the leg as soon as its agent's phones are rid of every other, phoneRest later at the latest.
func (s *Switch) inTurn(l *leg, d hotline.Dial) {
	begin := func() { s.post(l, func() { l.begin(d) }) }
	if d.Agent == "" || s.soleLeg(l, begin) {
		begin()
	}
}

// soleLeg says that the agent has no other leg; else the leg is put behind those.
func (s *Switch) soleLeg(l *leg, begin func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.desks[l.agent]
	if k == nil || len(k.legs) == 1 { // forgotten already, or alone
		return true
	}
	k.queue = append(k.queue, turn{l, begin, time.AfterFunc(phoneRest, func() { s.overdue(l) })})
	return false
}

// overdue begins a leg that has waited long enough.
func (s *Switch) overdue(l *leg) {
	s.mu.Lock()
	k := s.desks[l.agent]
	var now func()
	if k != nil {
		now = k.take(l)
	}
	s.mu.Unlock()
	if now != nil {
		now()
	}
}

// take takes the leg out of the queue and returns what begins it; nil: it does not wait.
func (k *desk) take(l *leg) func() {
	i := slices.IndexFunc(k.queue, func(t turn) bool { return t.leg == l })
	if i < 0 {
		return nil
	}
	t := k.queue[i]
	t.limit.Stop()
	k.queue = slices.Delete(k.queue, i, i+1)
	return t.begin
}

// comes notes a leg of an agent's phone. s.mu is held.
func (s *Switch) comes(l *leg) {
	if l.agent == "" {
		return
	}
	k := s.desks[l.agent]
	if k == nil {
		k = &desk{}
		s.desks[l.agent] = k
	}
	k.legs = append(k.legs, l)
}

// goes forgets a leg of an agent's phone and returns what begins the one whose turn it is; nil: none. s.mu is held.
func (s *Switch) goes(l *leg) func() {
	k := s.desks[l.agent]
	if k == nil {
		return nil
	}
	k.legs = slices.DeleteFunc(k.legs, func(o *leg) bool { return o == l })
	k.take(l)
	if len(k.legs) == 0 {
		delete(s.desks, l.agent)
	}
	if len(k.queue) == 0 || len(k.legs) > len(k.queue) {
		return nil
	}
	return k.take(k.queue[0].leg)
}

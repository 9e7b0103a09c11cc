package call

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/ivr"
)

// dueWait makes happen what a waiting caller is due: an announcement, the choice.
func (m *Machine) dueWait(now time.Time) {
	if m.ahead {
		return
	}
	if passed(now, m.visit.orphan) { // nobody has it, whatever the shard believes
		m.visit.open = false
		m.then(now, "", "", hotline.CauseError)
		return
	}
	if passed(now, m.visit.announce) {
		m.visit.announce = now.Add(m.plan.Queues[m.visit.queue].Every)
		if len(m.offers) == 0 && m.session == nil {
			m.out.Place = m.visit.id
			if !m.visit.choice.IsZero() && m.visit.choice.Before(now.Add(time.Second)) {
				m.visit.choice = now.Add(time.Second) // after the announcement
			}
		}
	}
	if passed(now, m.choiceDue()) {
		m.choose(now)
	}
}

// choiceDue is when the caller may be asked what it wants; zero: not now. Ringing phones put it off once: an agent is about to
// answer, or nobody is and the caller had better know that it may leave.
func (m *Machine) choiceDue() time.Time {
	v := &m.visit
	speaks := m.first.play != "" && m.first.purpose == forWaiting
	if v.choice.IsZero() || m.session != nil || !v.open || v.leaving || speaks || m.first.state != legUp {
		return time.Time{}
	}
	switch {
	case slices.ContainsFunc(m.offers, func(o *offer) bool { return o.leg.state == legUp }):
		return time.Time{} // the shard's word is on its way
	case len(m.offers) > 0:
		return v.choice.Add(m.plan.Queues[v.queue].Choosing())
	case v.choice.Before(v.quiet):
		return v.quiet
	}
	return v.choice
}

// choose asks the waiting caller what it wants. It stays in line meanwhile, and whatever goes wrong it waits on.
func (m *Machine) choose(now time.Time) {
	m.visit.insists = len(m.offers) > 0
	m.session = m.plan.Choose(m.visit.queue, m.known()).Remember(m.memory)
	m.flow(now, m.session.Step(now, ivr.Start{}))
}

// stay lets the caller wait on, with its music.
func (m *Machine) stay(now time.Time) {
	if m.phase != phaseQueue {
		m.flowOver(now, hotline.CauseFlow) // there is no queue to stay in
		return
	}
	m.session = nil
	m.visit.choice = now.Add(m.plan.Queues[m.visit.queue].Choosing())
	m.music(m.visit.queue)
}

// known is what is known of the contact, for a dialogue that begins now.
func (m *Machine) known() map[string]string {
	attrs := maps.Clone(m.last.Attrs)
	if attrs == nil {
		attrs = map[string]string{}
	}
	attrs["language"] = m.lang
	return attrs
}

// preempt breaks off the choice for a phone that begins to ring. It is asked again when the ringing has come to nothing.
func (m *Machine) preempt() {
	if !m.visit.insists {
		m.breakOff()
	}
}

// breakOff ends the choice that is being asked. It stays due.
func (m *Machine) breakOff() {
	if m.phase == phaseQueue && m.session != nil {
		m.session = nil
		m.music(m.visit.queue)
	}
}

// depart takes the caller out of the queue by its own choice; the dialogue goes on.
func (m *Machine) depart(now time.Time, outcome hotline.Outcome, to string) {
	if m.phase != phaseQueue {
		return
	}
	m.phase = phaseFlow
	m.goFrom(outcome, to)
	m.stopRinging(now, hotline.CauseCancelled)
}

// promise asks for the caller to be called back. The place that it has in line is the promise's.
func (m *Machine) promise(o ivr.Callback) {
	ask := hotline.AskCallback{
		Contact: m.contact, Call: m.call, Queue: cmp.Or(o.Queue, m.visit.queue), Number: cmp.Or(o.Number, m.from.Number),
		From: m.from, Attrs: cmpAttrs(m.session.Attrs(), m.last.Attrs),
	}
	if m.phase == phaseQueue && m.visit.open && !m.visit.leaving {
		ask.Visit = m.visit.id
	} else if ask.Queue == m.visit.queue {
		ask.Place = m.visit.place // its wait ended by a rule: what it has waited is not lost
	}
	m.ask(ask)
}

// promised goes on once the shard has answered.
func (m *Machine) promised(now time.Time, q hotline.AskCallback, ok bool) {
	if ok && q.Visit != "" && q.Visit == m.visit.id && m.phase == phaseQueue {
		m.phase = phaseFlow
		m.visit.leaving = true
		m.stopRinging(now, hotline.CauseCancelled)
	}
	if m.session != nil {
		m.flow(now, m.session.Step(now, ivr.Promised{OK: ok}))
	}
}

package acd

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"hotline"
	"hotline/agentstate"
)

// enqueue takes a visit in, or blocks it. An agent being ready, it is offered in the same step.
func (s *step) enqueue(q hotline.Enqueue) error {
	line := s.queues[q.Queue]
	switch {
	case line == nil || line.retired && !s.keeps(line, q):
		return unknown("queue %q", q.Queue)
	case q.Visit == "" || q.Contact == "":
		return refused("a visit needs its contact and an id")
	case s.visits[q.Visit] != nil:
		return refused("visit %q is already in queue %q", q.Visit, s.visits[q.Visit].queue.id)
	}
	s.comes(line, &q)
	v := &visit{
		id: q.Visit, contact: q.Contact, call: q.Call, queue: line,
		priority: line.rules.Priority + q.Priority, since: hotline.Millis(q.Since), entered: s.now, seq: s.seq + 1,
	}
	if q.Since.IsZero() || v.since.After(s.now) {
		v.since = s.now
	}
	place := hotline.Millis(q.Place)
	if v.place = place; q.Place.IsZero() || place.After(s.now) {
		v.place, place = v.since, time.Time{}
	}
	v.from, v.attrs, v.needs = q.From, q.Attrs, askedNeeds(q)
	v.prefer, v.preferUntil = s.prefers(v, q)
	if b, away := s.turnedAway(v, q.Entry); away {
		s.emit(s.of(v, "", b))
		return nil
	}
	f := hotline.Queued{
		Visit: v.id, Entry: q.Entry, Priority: v.priority, Since: v.since, Position: line.waiting.before(v.rank()) + 1,
		From: q.From, Attrs: maps.Clone(q.Attrs), Place: place, Needs: v.needs, Callback: q.Callback,
	}
	if v.prefer != nil {
		f.Prefer, f.PreferUntil = v.prefer.id, v.preferUntil
	}
	s.emit(s.of(v, "", f))
	s.seat(s.visits[v.id], q)
	return nil
}

// place does for a visit that stands in line what its time has come for: offer it to the best ready agents, relax its needs
// until there is one, or end the longest wait. Whom the narrower needs admit goes first, even when a wider step is due already.
func (s *step) place(v *visit) {
	for v.waiting || v.more {
		if a, why, pick := s.choose(v); a != nil {
			s.offer(v, a, why, pick)
			continue
		}
		if v.prefer != nil {
			if agentstate.Working(v.prefer.state) && v.preferUntil.After(s.now) {
				break
			}
			s.unprefer(v)
			continue
		}
		if due, ok := v.relaxDue(); !ok || due.After(s.now) {
			break
		}
		next := v.queue.rules.Relax[v.level]
		s.emit(s.of(v, "", hotline.Relaxed{Visit: v.id, Step: v.level + 1, Needs: next.Needs.Text}))
	}
	if v.waiting && s.ruleDue(v) {
		return
	}
	end, ok := v.deadline()
	switch {
	case !ok || end.After(s.now):
	case v.more:
		s.unwait(v)
		v.sated = true
	case v.waiting:
		s.leaveBy(v, hotline.OutcomeTimeout, hotline.RuleMaxWait, v.queue.rules.MaxWait.Then)
	}
}

// choose returns the ready agent whom the visit is offered to next, nil if there is none, and why that one.
func (s *step) choose(v *visit) (a *agent, why string, pick hotline.Pick) {
	if v.prefer != nil {
		if !v.prefer.indexed {
			return nil, "", pick
		}
		return v.prefer, "preferred", hotline.Pick{Rule: "preferred", Ready: 1, Level: v.level}
	}
	for i, p := range v.levels[:v.level+1] { // a visit that comes back may find somebody of its narrower needs
		if p.ready.len() == 0 {
			continue
		}
		b := p.pick(s, v)
		if i == v.level || b.id != v.last && slices.Contains(b.pools, v.pool()) {
			why, pick = p.why(b, s.moment(s.now), v)
			return b, why, pick
		}
	}
	return nil, "", pick
}

// serve gives an agent that has become ready the first visit it fits, if one waits.
func (s *step) serve(a *agent) {
	v := nextFor(a, s.now)
	for v != nil && v.promise != nil {
		if s.timely(v.promise) {
			s.dial(v.promise, a)
			return
		}
		s.stand(v.promise) // its time was over before the clock said so
		v = nextFor(a, s.now)
	}
	if v == nil {
		return
	}
	pick := hotline.Pick{Rule: "free", Ready: 1, Line: max(1, v.line().len()), Level: v.level}
	why := "came free, first in line of "
	if v.prefer != nil {
		pick.Rule, why = "preferred", "preferred, came free, first in line of "
	}
	s.offer(v, a, why+strconv.Itoa(pick.Line), pick)
}

// offer puts the visit to the agent and lets the phone ring.
func (s *step) offer(v *visit, a *agent, why string, pick hotline.Pick) {
	attempt := v.attempts + 1
	s.emit(s.of(v, a.id, hotline.Offered{
		Visit: v.id, Offer: v.id.Offer(attempt), Attempt: attempt, Until: s.now.Add(v.queue.rules.RingTimeout),
		WaitMS: s.since(v.since), Why: why, Pick: pick, Phone: a.life.desk,
	}))
	s.become(a, agentstate.Step(a.state, agentstate.Offered), hotline.SourceSystem)
}

// accept joins agent and contact.
func (s *step) accept(q hotline.Accept) error {
	o := s.offers[q.Offer]
	if o == nil {
		return refused("offer %q is over", q.Offer)
	}
	v, a := o.visit, o.agent
	group := v.group()
	ev := s.of(v, a.id, hotline.Connected{
		Visit: v.id, Offer: o.id, Leg: q.Leg, WaitMS: s.since(v.since), RingMS: s.since(o.at),
	})
	ev.Leg = q.Leg
	s.emit(ev)
	s.dequeue(group, v)
	s.become(a, agentstate.Step(a.state, agentstate.Accepted), hotline.SourceAgent)
	s.reached(group[0], hotline.OutcomeAnswered, "")
	s.free(s.takeBack(v, hotline.OfferElsewhere))
	return nil
}

// decline ends an offer that failed at the agent: that agent is not ready, and the visit goes to another at once.
func (s *step) decline(q hotline.Decline) error {
	o := s.offers[q.Offer]
	if o == nil {
		return refused("offer %q is over", q.Offer)
	}
	switch q.Result {
	case hotline.OfferNoAnswer, hotline.OfferRejected, hotline.OfferUnreachable, hotline.OfferBusy:
		s.lose(o, q.Result)
		return nil
	}
	return refused("an offer cannot be declined as %q", q.Result)
}

// lose ends an offer by the agent's doing. The agent must be out of the way before the visit is placed again.
func (s *step) lose(o *offer, result hotline.OfferResult) {
	v, a := o.visit, o.agent
	s.emit(s.of(v, a.id, hotline.OfferLost{Visit: v.id, Offer: o.id, Result: result, RingMS: s.since(o.at)}))
	s.back = v
	s.miss(a, result)
	s.back = nil
	s.placeGroup(v)
}

// leave takes a visit out of its queue before it was answered.
func (s *step) leave(q hotline.Leave) error {
	v := s.visits[q.Visit]
	if v == nil {
		return unknown("visit %q", q.Visit)
	}
	switch q.Outcome {
	case hotline.OutcomeAbandoned, hotline.OutcomeOverflow, hotline.OutcomeTimeout, hotline.OutcomeKey, hotline.OutcomeCallback,
		hotline.OutcomeVoicemail, hotline.OutcomeMoved, hotline.OutcomeDequeued, hotline.OutcomeClosed,
		hotline.OutcomeNoAgents, hotline.OutcomeLost:
	default:
		return refused("a visit cannot leave as %q", q.Outcome)
	}
	s.conclude(v, hotline.Left{Outcome: q.Outcome, To: q.To})
	return nil
}

// of is an event about a visit.
func (r *Router) of(v *visit, a hotline.AgentID, f hotline.Fact) hotline.Event {
	return hotline.Event{Contact: v.contact, Call: v.call, Agent: a, Queue: v.queue.id, Fact: f}
}

package call

import (
	"slices"
	"time"

	"hotline"
	"hotline/ivr"
)

// flow does what the IVR session wants.
func (m *Machine) flow(now time.Time, outs []ivr.Output) {
	for _, o := range outs {
		switch o := o.(type) {
		case ivr.Stepped:
			m.record(now, hotline.Event{Fact: o.Fact})
		case ivr.Answer:
			m.answer(now)
		case ivr.Ring:
			m.act(hotline.Ring{Leg: m.first.id})
		case ivr.Play:
			m.play(now, m.first, forFlow, m.limits.Prompt, o.Prompts...)
		case ivr.Stop:
			m.hush(m.first)
		case ivr.Enqueue:
			m.session = nil
			m.asked = now
			m.enqueue(now, o.Queue, "ivr", now)
		case ivr.Hangup:
			m.end(now, o.Cause, "")
		}
	}
}

// enqueue asks for a place in a queue. The wait runs from since.
func (m *Machine) enqueue(now time.Time, queue hotline.QueueID, entry string, since time.Time) {
	q, ok := m.plan.Queues[queue]
	if !ok || m.visits >= maxVisits {
		m.farewell(now, hotline.CauseError, "", "all-busy", "goodbye")
		return
	}
	m.visits++
	m.phase = phaseQueue
	m.lang = q.Language
	m.visit = visit{id: m.contact.Visit(m.visits), queue: queue, since: since, open: true}
	if q.Announces() {
		m.visit.announce = now.Add(q.Every)
	}
	if q.Record {
		m.startRecording()
	} else if m.recording {
		m.recording = false
		m.act(hotline.StopRecord{Call: m.call})
	}
	ask := hotline.Enqueue{
		Contact: m.contact, Call: m.call, Visit: m.visit.id, Queue: queue, Entry: entry, Since: since, From: m.from,
	}
	if m.visits == 1 {
		m.play(now, m.first, forWaiting, m.limits.LastWords, "please-wait")
	} else {
		ask.Attrs = map[string]string{"first_request": m.asked.Format(time.RFC3339Nano)}
		m.music(queue)
	}
	m.ask(ask)
}

// leave takes the waiting caller out of its queue. A caller that is gone, or that nothing was heard from any more, has
// abandoned; anything else is our own fault.
func (m *Machine) leave(cause hotline.Cause, by hotline.Role) {
	if !m.visit.open || m.visit.leaving {
		return
	}
	m.visit.leaving = true
	outcome := hotline.OutcomeLost
	if by == hotline.RoleCustomer || cause == hotline.CauseMediaLost {
		outcome = hotline.OutcomeAbandoned
	}
	m.ask(hotline.Leave{Visit: m.visit.id, Outcome: outcome})
}

// told takes what the shard decided.
func (m *Machine) told(now time.Time, ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		if f.Visit == m.visit.id && !f.Since.IsZero() {
			m.visit.since = f.Since
		}
	case hotline.Blocked:
		if m.visitOver(now, f.Visit) {
			m.then(now, f.Then, f.To, blockCause(f.Reason))
		}
	case hotline.Left:
		if m.visitOver(now, f.Visit) {
			m.then(now, f.Then, f.To, hotline.CauseTimeout)
		}
	case hotline.Abandoned:
		if m.visitOver(now, f.Visit) { // the shard has given up on a caller that is still there
			m.then(now, "", "", hotline.CauseError)
		}
	case hotline.Offered:
		m.offered(now, ev.Agent, f)
	case hotline.OfferLost:
		m.offerLost(now, f)
	case hotline.Connected:
		m.connected(now, ev, f)
	case hotline.Released:
		m.released(now, ev.Agent, f)
	}
}

// visitOver closes the visit and says whether the caller still waits, so that something must follow.
func (m *Machine) visitOver(now time.Time, v hotline.VisitID) bool {
	if v != m.visit.id || !m.visit.open {
		return false
	}
	m.visit.open = false
	for _, o := range m.offers {
		m.hangup(now, o.leg, hotline.CauseCancelled)
	}
	m.offers = nil
	return m.phase == phaseQueue
}

func blockCause(r hotline.BlockReason) hotline.Cause {
	if r == hotline.BlockFull {
		return hotline.CauseFull
	}
	return hotline.CauseFlow
}

// then does what a queue's rule says when it does not keep the caller.
func (m *Machine) then(now time.Time, then, to string, cause hotline.Cause) {
	switch {
	case then == "hangup":
		m.end(now, cause, "")
	case then == "busy" && m.first.state == legUp:
		m.verdict(cause, "")
		m.phase = phaseClosing
		m.startPlay(m.first, forFarewell, true, []string{"tone:busy"})
		m.first.playBy = now.Add(m.limits.Busy)
	case then == "queue" && to != "":
		m.enqueue(now, hotline.QueueID(to), "overflow", now)
	case then == "message" && to != "":
		m.farewell(now, cause, "", to)
	default: // what is not built yet ends politely
		m.farewell(now, cause, "", "all-busy", "goodbye")
	}
}

// offered calls the phone of the agent that the shard chose.
func (m *Machine) offered(now time.Time, agent hotline.AgentID, f hotline.Offered) {
	if m.phase != phaseQueue || !m.visit.open || m.visit.leaving || f.Visit != m.visit.id {
		return // the caller has left; the shard will hear of it, or has
	}
	m.dialled++
	ring := max(f.Until.Sub(now), time.Second)
	l := &leg{
		id: m.call.Sub(m.dialled), role: hotline.RoleAgent, agent: agent, queue: m.visit.queue,
		deadline: now.Add(ring + m.limits.Accept),
	}
	m.legs = append(m.legs, l)
	m.offers = append(m.offers, &offer{id: f.Offer, agent: agent, leg: l})
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(agent), Offer: f.Offer}))
	m.act(hotline.Dial{
		Call: m.call, Leg: l.id, Agent: agent, From: m.from,
		Timeout: ring + 2*time.Second, // the shard's own limit comes first
		Headers: map[string]string{"X-Hotline-Contact": string(m.contact), "X-Hotline-Queue": string(m.visit.queue)},
	})
}

// accept tells the shard that an offered agent's phone was answered.
func (m *Machine) accept(now time.Time, l *leg) {
	o := m.offerOf(l)
	if o == nil {
		m.hangup(now, l, hotline.CauseElsewhere)
		return
	}
	l.deadline = now.Add(m.limits.Accept)
	m.ask(hotline.Accept{Offer: o.id, Leg: l.id})
}

func (m *Machine) offerOf(l *leg) *offer {
	for _, o := range m.offers {
		if o.leg == l {
			return o
		}
	}
	return nil
}

// take removes an offer from the list; nil if there is none.
func (m *Machine) take(id hotline.OfferID) *offer {
	i := slices.IndexFunc(m.offers, func(o *offer) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	o := m.offers[i]
	m.offers = slices.Delete(m.offers, i, i+1)
	return o
}

// offerLost hangs up the phone of an offer that came to nothing. The caller waits on, with its music.
func (m *Machine) offerLost(now time.Time, f hotline.OfferLost) {
	o := m.take(f.Offer)
	if o == nil {
		return
	}
	cause := hotline.CauseCancelled
	switch f.Result {
	case hotline.OfferNoAnswer:
		cause = hotline.CauseNoAnswer
	case hotline.OfferElsewhere:
		cause = hotline.CauseElsewhere
	}
	m.hangup(now, o.leg, cause)
}

// offerGone tells the shard that an offered phone was not answered, or was put down before the shard joined it. If a
// Connected is already on its way the shard refuses, and connected finds the leg gone.
func (m *Machine) offerGone(_ time.Time, l *leg, cause hotline.Cause) {
	o := m.offerOf(l)
	if o == nil {
		return
	}
	result := hotline.OfferUnreachable
	switch cause {
	case hotline.CauseBusy:
		// Softphones say 486 for the reject button too: who rang was free, so it is a person who does not want to.
		result = hotline.OfferBusy
		if l.rang {
			result = hotline.OfferRejected
		}
	case hotline.CauseRejected, hotline.CauseHangup:
		result = hotline.OfferRejected
	case hotline.CauseNoAnswer:
		result = hotline.OfferNoAnswer
	}
	m.ask(hotline.Decline{Offer: o.id, Result: result})
}

// offerStuck gives up a phone that rings past the shard's own limit, or that was picked up without a Connected.
func (m *Machine) offerStuck(now time.Time, l *leg) {
	cause := hotline.CauseNoAnswer
	if l.state == legUp {
		cause = hotline.CauseUnreachable
	}
	m.offerGone(now, l, cause)
	m.hangup(now, l, cause)
}

// placed tells the waiting caller where it stands, unless a phone has begun to ring for it.
func (m *Machine) placed(now time.Time, p Placed) {
	if m.phase != phaseQueue || p.Visit != m.visit.id || p.Err != nil || len(m.offers) > 0 {
		return
	}
	q := m.plan.Queues[m.visit.queue]
	var prompts []string
	if q.Position && p.Position > 0 {
		prompts = ivr.Position(m.lang, p.Position)
		m.announced(now, "position", int64(p.Position))
	}
	if q.Wait && p.Wait >= 0 {
		prompts = append(prompts, ivr.Wait(m.lang, p.Wait)...)
		m.announced(now, "wait", p.Wait.Milliseconds())
	}
	if len(prompts) > 0 {
		m.play(now, m.first, forWaiting, m.limits.LastWords, prompts...)
	}
}

func (m *Machine) announced(now time.Time, what string, value int64) {
	m.record(now, hotline.Event{Leg: m.first.id, Queue: m.visit.queue, Fact: hotline.Announced{What: what, Value: value}})
}

package call

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/ivr"
)

// maxVisits bounds how often a caller goes from queue to queue, so that rules which point at each other end.
const maxVisits = 10

// visit is one of the caller's stays in a queue.
type visit struct {
	id       hotline.VisitID
	queue    hotline.QueueID
	since    time.Time // when the wait began
	place    time.Time // it stands in line as if waiting since then
	open     bool      // asked for, and its end is not yet told
	leaving  bool      // we asked to leave
	orphan   time.Time // told to end for another visit that served the caller: until then that must be told too
	announce time.Time // when the next announcement is due; zero: none
	said     saying    // what was announced last
	choice   time.Time // when the choice is due; zero: none
	quiet    time.Time // not before: phones have just stopped ringing
	insists  bool      // the choice that is asked was put off once for ringing phones, and is not again
}

// offer is one agent's phone asked to take a visit.
type offer struct {
	id    hotline.OfferID
	agent hotline.AgentID
	leg   *leg
	visit hotline.VisitID
}

// enqueue asks for a place in a queue. The caller of enqueue says which, how the customer came to it, since when it waits
// and what is wanted of the agent.
func (m *Machine) enqueue(now time.Time, ask hotline.Enqueue) {
	q, ok := m.plan.Queues[ask.Queue]
	if !ok || m.visits >= maxVisits {
		m.farewell(now, hotline.CauseError, "", "all-busy", "goodbye")
		return
	}
	m.visits++
	m.phase = phaseQueue
	m.session, m.ruled, m.beside = nil, "", nil
	m.lang = cmp.Or(m.spoken, q.Language, m.lang)
	ask.Contact, ask.Call, ask.Visit, ask.From = m.contact, m.call, m.contact.Visit(m.visits), m.from
	ask.Also = slices.DeleteFunc(slices.Clone(ask.Also), func(also hotline.QueueID) bool { return also == ask.Queue })
	m.visit = visit{id: ask.Visit, queue: ask.Queue, since: ask.Since, place: ask.Place, open: true}
	if m.visit.place.IsZero() {
		m.visit.place = ask.Since
	}
	if q.Announces() {
		m.visit.announce = now.Add(q.Every)
	}
	if d := q.Choosing(); d > 0 {
		m.visit.choice = now.Add(d)
	}
	ask.Attrs = maps.Clone(cmpAttrs(ask.Attrs, m.last.Attrs))
	if m.visits > 1 {
		if ask.Attrs == nil {
			ask.Attrs = map[string]string{}
		}
		ask.Attrs["first_request"] = m.asked.Format(time.RFC3339Nano)
	}
	m.last = ask
	m.hear(now, q)
	m.ask(ask)
}

// cmpAttrs is the newer attributes of a contact if there are any.
func cmpAttrs(newer, older map[string]string) map[string]string {
	if newer != nil {
		return newer
	}
	return older
}

// hear begins what the waiting caller hears. One whose call is not answered hears it as early media (RFC 3960 §3.2).
func (m *Machine) hear(now time.Time, q ivr.Queue) {
	switch {
	case m.ahead:
		return // it begins when the caller is up
	case m.first.state == legNew:
		m.act(hotline.Ring{Leg: m.first.id, Early: true})
	case m.transfer == nil: // else when the queue has taken the customer: it may come back to its agent
		m.recordFor(now, q)
	}
	if m.visits == 1 {
		m.play(now, m.first, forWaiting, m.limits.LastWords, "please-wait")
	} else {
		m.music(q.ID)
	}
}

// queued takes the shard's word that the caller stands in line, in a further one perhaps.
func (m *Machine) queued(queue hotline.QueueID, f hotline.Queued) {
	place := f.Place
	if place.IsZero() {
		place = f.Since
	}
	switch {
	case f.Visit == m.visit.id && !f.Since.IsZero():
		m.visit.since, m.visit.place = f.Since, place
	case f.Beside != "" && f.Beside == m.visit.id && m.visit.open && m.waits(f.Visit) == nil:
		m.beside = append(m.beside, visit{id: f.Visit, queue: queue, since: f.Since, place: place})
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// waits is the visit of that id among those that the caller waits in; nil if it does not.
func (m *Machine) waits(v hotline.VisitID) *visit {
	if v == m.visit.id {
		return &m.visit
	}
	for i := range m.beside {
		if m.beside[i].id == v {
			return &m.beside[i]
		}
	}
	return nil
}

// left takes the end of a visit.
func (m *Machine) left(now time.Time, f hotline.Left) {
	if i := slices.IndexFunc(m.beside, func(v visit) bool { return v.id == f.Visit }); i >= 0 {
		m.beside = slices.Delete(m.beside, i, i+1)
		for _, o := range slices.Clone(m.offers) {
			if o.visit == f.Visit {
				m.take(o.id)
				m.hangup(now, o.leg, hotline.CauseCancelled)
			}
		}
		return
	}
	if f.Outcome == hotline.OutcomeDequeued && f.Visit == m.visit.id && m.phase == phaseQueue {
		if m.visit.orphan.IsZero() { // the Connected of the visit beside it is on its way
			m.visit.orphan = now.Add(m.limits.Linger)
		}
		return
	}
	choosing := m.session != nil
	if !m.visitOver(now, f.Visit) {
		return
	}
	cause := hotline.CauseTimeout
	if f.Outcome == hotline.OutcomeCallback || f.Outcome == hotline.OutcomeClosed {
		cause = hotline.CauseFlow
	}
	if f.Outcome == hotline.OutcomeCallback && choosing { // promised, although the answer to our asking was lost
		m.phase = phaseFlow
		return
	}
	rule := f.Rule
	if rule == hotline.RuleClosed {
		rule = ivr.RuleClosedWaiting
	}
	m.follow(now, rule, f.Then, f.To, cause)
}

// visitOver closes the visit and says whether the caller still waits, so that something must follow.
func (m *Machine) visitOver(now time.Time, v hotline.VisitID) bool {
	if v != m.visit.id || !m.visit.open {
		return false
	}
	m.visit.open = false
	m.beside = nil
	m.stopRinging(now, hotline.CauseCancelled)
	return m.phase == phaseQueue
}

// stopRinging hangs up every phone that is still asked.
func (m *Machine) stopRinging(now time.Time, cause hotline.Cause) {
	for _, o := range m.offers {
		m.hangup(now, o.leg, cause)
	}
	m.offers = nil
}

// follow does what a rule of the queue says when it does not keep the caller. A rule that this call's plan does not know,
// because the centre was changed since, is followed by its first action alone.
func (m *Machine) follow(now time.Time, rule, then, to string, cause hotline.Cause) {
	queue := m.visit.queue
	switch rule {
	case hotline.RuleMoved:
		m.enqueue(now, hotline.Enqueue{
			Queue: hotline.QueueID(to), Entry: hotline.EntryTransfer, Since: now, Place: m.visit.place, Priority: m.last.Priority,
		})
		return
	case hotline.RuleWithdrawn:
		m.session = nil
		m.farewell(now, hotline.CauseFlow, "", "goodbye")
		return
	}
	m.session = nil
	steps := m.plan.Rule(queue, rule)
	if len(steps) == 0 {
		m.then(now, then, to, cause)
		return
	}
	m.phase, m.ruled = phaseFlow, cause
	m.session = m.plan.Resume(string(queue)+"."+rule, steps, m.known(), m.first.state == legUp).Remember(m.memory)
	m.flow(now, m.session.Step(now, ivr.Start{}))
}

// then does the first action of a rule.
func (m *Machine) then(now time.Time, then, to string, cause hotline.Cause) {
	switch {
	case then == "hangup":
		m.end(now, cause, "")
	case then == "busy":
		m.busy(now, cause)
	case then == "queue" && to != "":
		m.overflow(now, ivr.Enqueue{Queue: hotline.QueueID(to)})
	case then == "message" && to != "":
		m.farewell(now, cause, "", to)
	default:
		m.farewell(now, cause, "", "all-busy", "goodbye")
	}
}

// busy lets the caller hear the busy tone for a while. One that was not answered gets a response that says so.
func (m *Machine) busy(now time.Time, cause hotline.Cause) {
	if m.phase >= phaseClosing {
		return
	}
	if m.first.state != legUp {
		m.end(now, hotline.CauseFull, "")
		return
	}
	m.verdict(cause, "")
	m.phase = phaseClosing
	m.startPlay(m.first, forFarewell, true, []string{"tone:busy"})
	m.first.playBy = now.Add(m.limits.Busy)
}

// sendTo takes the caller from a dialogue to a queue. Who has waited before keeps its place in line: the dialogue was a rule
// of its queue, or the choice that it was given while waiting.
func (m *Machine) sendTo(now time.Time, o ivr.Enqueue) {
	attrs := m.session.Attrs()
	m.depart(now, hotline.OutcomeKey, string(o.Queue))
	m.session = nil
	if m.visits > 0 {
		m.last.Attrs = cmpAttrs(attrs, m.last.Attrs)
		m.overflow(now, o)
		return
	}
	m.asked = now
	m.enqueue(now, hotline.Enqueue{
		Queue: o.Queue, Entry: hotline.EntryIVR, Since: now, Attrs: attrs, Needs: o.Needs, Priority: o.Priority,
		Prefer: o.Prefer, Also: o.Also,
	})
}

// overflow asks for a place in another queue, with the time that the caller has waited.
func (m *Machine) overflow(now time.Time, o ivr.Enqueue) {
	m.enqueue(now, hotline.Enqueue{
		Queue: o.Queue, Entry: m.entry(), Since: now, Place: m.visit.place, Needs: o.Needs,
		Priority: cmp.Or(o.Priority, m.last.Priority), Prefer: o.Prefer, Also: o.Also,
	})
}

// flowOver ends the call at the end of a dialogue. A choice that cannot go on leaves the caller in its queue.
func (m *Machine) flowOver(now time.Time, cause hotline.Cause) {
	if m.phase == phaseQueue && cause == hotline.CauseError {
		m.stay(now)
		return
	}
	m.depart(now, hotline.OutcomeKey, "")
	if cause == hotline.CauseFlow {
		cause = cmp.Or(m.ruled, cause)
	}
	m.end(now, cause, "")
}

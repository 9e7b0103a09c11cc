package call

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"hotline"
	"hotline/ivr"
)

// talk is the caller and an agent belonging together.
type talk struct {
	agent    hotline.AgentID
	leg      *leg
	first    hotline.LegID // by which the shard knows it
	visit    hotline.VisitID
	queue    hotline.QueueID
	since    time.Time // when the visit's wait began
	place    time.Time // since when it stood in line
	mixed    bool      // they have been joined
	joined   time.Time // when they were, first
	answered bool      // Answered is written
	noMedia  time.Time // when it is written without RTP from the agent; zero: not waited for
	held     bool
	away     bool // nothing comes from the agent's phone: the customer hears music
	heldAt   time.Time
	failed   time.Time // when a transfer came to nothing, or was refused to its phone, last
	handed   time.Time // when it was handed on to this agent by one who had asked it first; zero: it was not
	released bool      // the shard knows, or was asked, that they part
	own      bool      // it is the agent who called
}

// connected brings together whom the shard joined, or takes them apart again if one of them is gone.
func (m *Machine) connected(now time.Time, ev hotline.Event, f hotline.Connected) {
	if m.talk != nil && m.talk.visit == f.Visit {
		return
	}
	m.queueTook(now, f.Visit) // a transfer to its queue, that was told before the queue's own word
	o := m.take(f.Offer)
	v := m.waits(f.Visit)
	if f.Visit == m.visit.id || !m.visit.orphan.IsZero() {
		m.visit.open = false
	}
	if m.phase != phaseQueue || v == nil { // the caller left while the agent picked up
		m.ask(hotline.Release{Agent: ev.Agent, Call: m.call, Cause: cmp.Or(m.cause, hotline.CauseError), By: m.by})
		if o != nil {
			m.hangup(now, o.leg, hotline.CauseCancelled)
		}
		return
	}
	m.session = nil // a choice that was being asked
	m.talk = &talk{agent: ev.Agent, visit: f.Visit, queue: v.queue, since: v.since, place: earlier(m.visit.place, v.since)}
	m.phase = phaseTalk
	m.beside = nil
	m.stopRinging(now, hotline.CauseElsewhere)
	if o == nil || o.leg.state != legUp { // the agent picked up and put down at once
		m.agentGone(now, hotline.CauseHangup, hotline.RoleAgent)
		return
	}
	o.leg.deadline = time.Time{}
	m.talk.leg, m.talk.first = o.leg, o.leg.id
	if m.first.state == legNew {
		m.answer(now)
		return // they are joined when the caller's phone knows of it
	}
	m.greet(now)
}

// greet tells the customer who serves it, where the queue wants that, and joins the two.
func (m *Machine) greet(now time.Time) {
	t := m.talk
	if m.plan.Queues[t.queue].SayAgentNumber && t.leg.state == legUp {
		if number := ivr.AgentNumber(m.lang, string(t.agent)); len(number) > 0 {
			m.answered(now, false) // the customer hears of the agent from here on (kpi 1.0)
			m.announced(now, t.queue, "agent_number", 0)
			m.play(now, m.first, forNumber, m.limits.LastWords, number...)
			m.play(now, t.leg, forBeep, m.limits.LastWords, "tone:beep")
			return
		}
	}
	m.hush(m.first)
	m.join(now)
}

// join lets customer and agent hear each other.
func (m *Machine) join(now time.Time) {
	t := m.talk
	if t == nil || t.leg == nil || t.leg.state != legUp {
		return
	}
	if t.held { // the agent was quicker with the hold key
		m.play(now, m.first, forWaiting, m.limits.LastWords, "hold")
		return
	}
	if !t.mixed {
		t.mixed, t.joined = true, now
	}
	m.mixed()
	if m.first.holds {
		m.soothe(t.leg, true)
	}
	switch {
	case t.answered:
	case t.leg.heard:
		m.answered(now, false)
	default:
		t.noMedia = now.Add(m.limits.NoMedia)
	}
}

// answered records that the customer has heard the agent, once. If nothing came from the agent's phone it counts from the
// joining.
func (m *Machine) answered(now time.Time, noMedia bool) {
	t := m.talk
	t.noMedia = time.Time{}
	if t.answered {
		return
	}
	t.answered = true
	if noMedia {
		now = t.joined
	}
	m.record(now, hotline.Event{Leg: t.leg.id, Agent: t.agent, Queue: t.queue, Fact: hotline.Answered{
		Visit: t.visit, WaitMS: max(0, now.Sub(t.since)).Milliseconds(), NoMedia: noMedia,
	}})
}

// hold puts the customer on hold, by the key of the agent's phone or by command, and takes it back.
func (m *Machine) hold(now time.Time, on bool) {
	t := m.talk
	if t.held == on {
		return
	}
	other := m.transfer != nil || m.first.play != "" && m.first.purpose == forNumber // the customer hears something else
	if on {
		t.held, t.heldAt = true, now
		t.leg.silent = time.Time{}
		m.record(now, t.leg.event(hotline.Held{On: true}))
		m.mixed()
		if !other {
			m.play(now, m.first, forWaiting, m.limits.LastWords, "hold")
		}
	} else {
		m.holdEnds(now)
		if !other {
			m.hush(m.first)
			m.join(now)
		}
	}
	m.busyWith()
}

// holdEnds records that the customer is on hold no more.
func (m *Machine) holdEnds(now time.Time) {
	t := m.talk
	t.held = false
	m.record(now, t.leg.event(hotline.Held{MS: now.Sub(t.heldAt).Milliseconds()}))
}

// release tells the shard that customer and agent part.
func (m *Machine) release(now time.Time, cause hotline.Cause, by hotline.Role) {
	t := m.talk
	if t == nil || t.released {
		return
	}
	t.released = true
	t.noMedia = time.Time{}
	if t.held {
		m.holdEnds(now)
	}
	m.ask(hotline.Release{Agent: t.agent, Call: m.call, Cause: cause, By: by})
}

// agentGone goes on with a caller whose agent is gone: last words after a talk; the queue again, in its old place, if it
// never heard a word of the agent or if it was not the agent who put down.
func (m *Machine) agentGone(now time.Time, cause hotline.Cause, by hotline.Role) {
	t := m.talk
	if cause == hotline.CauseMediaLost && by == "" {
		by = hotline.RoleAgent // we hung up, but the shard must know whose phone it was
	}
	if m.phase == phaseAfter {
		m.end(now, cause, by)
		return
	}
	if m.ownAgentGone(now, cause, by) || m.agentLeft(now, cause, by) {
		return
	}
	m.release(now, cause, by)
	if m.phase != phaseTalk {
		return
	}
	m.talk = nil
	if t.mixed {
		m.act(hotline.Mix{Call: m.call})
	}
	wordless := !t.mixed || !t.leg.heard && now.Before(t.joined.Add(m.limits.NoMedia))
	if wordless || lost(cause) || by == hotline.RoleAgent && (m.byPhone(now, t) || m.unmet(now, t)) {
		m.requeue(now, t)
		return
	}
	if m.surveys(now, t, by) {
		return
	}
	m.farewell(now, cause, by, "goodbye")
}

// lost says whether a leg that ended so was lost: nobody put it down.
func lost(cause hotline.Cause) bool {
	switch cause {
	case hotline.CauseMediaLost, hotline.CauseLost, hotline.CauseUnreachable, hotline.CauseError:
		return true
	}
	return false
}

// requeue puts the caller back where it stood. If it was not answered it has waited for nothing: the wait has not ended.
func (m *Machine) requeue(now time.Time, t *talk) {
	if t.queue == "" { // of a call of an agent's own: there is no line that it stood in
		m.farewell(now, hotline.CauseLost, "", "goodbye")
		return
	}
	since := now
	if !t.answered {
		since = t.since
	}
	m.enqueue(now, hotline.Enqueue{
		Queue: t.queue, Entry: hotline.EntryRequeue, Since: since, Place: t.place, Needs: m.last.Needs,
		Priority: m.last.Priority, Also: m.last.Also,
	})
}

// released follows the shard when it takes customer and agent apart by itself.
func (m *Machine) released(now time.Time, agent hotline.AgentID, f hotline.Released) {
	t := m.talk
	if g := m.guestOf(func(g *guest) bool { return g.asked && g.given && g.agent == agent }); g != nil {
		g.asked = false
		m.guestGone(now, g, cmp.Or(f.Cause, hotline.CauseHangup), f.By)
		return
	}
	if t == nil || t.released || t.agent != agent || f.Visit != "" && f.Visit != t.visit {
		return
	}
	t.released = true
	l, cause := t.leg, cmp.Or(f.Cause, hotline.CauseHangup)
	if m.unbegun(now, cause) {
		return
	}
	m.agentGone(now, cause, f.By)
	m.hangup(now, l, cause)
}

// code reads what an agent dialled; nil is a wrong code. *1 ready, *0 sign out, *2N not ready with the N-th reason of
// the file, *3 end after-call work.
func (m *Machine) code(agent hotline.AgentID, to string) hotline.Request {
	set := hotline.SetAgent{Agent: agent, Source: hotline.SourcePhone}
	switch to {
	case "*1":
		set.State = hotline.AgentReady
		return set
	case "*0":
		set.State = hotline.AgentSignedOut
		return set
	case "*3":
		return hotline.EndWrap{Agent: agent, Source: hotline.SourcePhone}
	}
	text, ok := strings.CutPrefix(to, "*2")
	if !ok || strings.Trim(text, "0123456789") != "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(m.plan.Reasons) {
		return nil
	}
	set.State, set.Reason = hotline.AgentNotReady, m.plan.Reasons[n-1]
	return set
}

// starUp asks for what the code says once the agent can hear the answer.
func (m *Machine) starUp(now time.Time) {
	if !m.echoBy.IsZero() {
		m.echoed(now)
		return
	}
	if m.star == nil {
		m.farewell(now, hotline.CauseNotFound, "", "tone:error")
		return
	}
	m.ask(m.star)
}

// ordered takes the shard's yes.
func (m *Machine) ordered(now time.Time, q hotline.Request) {
	m.unpress(q)
	switch q := q.(type) {
	case hotline.AskCallback:
		m.promised(now, q, true)
	case hotline.BeginOutbound:
		m.ownGiven(now)
	case hotline.CallIn:
		m.takingAnswered(now, q, nil, true)
	case hotline.SetAgent, hotline.EndWrap:
		if m.phase == phaseStar {
			m.farewell(now, hotline.CauseHangup, "", "tone:beep")
		}
	}
}

// refused takes the shard's no.
func (m *Machine) refused(now time.Time, q hotline.Request, err error) {
	if _, ok := q.(hotline.Enqueue); ok && m.tooEarly(Refused{q, err}) {
		return
	}
	final := errors.Is(err, hotline.ErrRefused) || errors.Is(err, hotline.ErrUnknown)
	switch q := q.(type) {
	case hotline.SetAgent, hotline.EndWrap:
		if m.phase == phaseStar {
			m.farewell(now, hotline.CauseRejected, "", "tone:error")
		}
	case hotline.CallIn:
		if !m.takingAnswered(now, q, err, final) {
			m.notGiven(now, q, err)
		}
	case hotline.BeginOutbound:
		m.urgentBegun(!final) // else nobody knows whether it was ordered: the shard hears of the end
		m.ownRefused(now, err, final)
	case hotline.Enqueue:
		m.notQueued(now, q, final)
	case hotline.AskCallback:
		m.promised(now, q, false)
	case hotline.Accept:
		if o := m.offerWith(q.Offer); o != nil {
			if !final { // nobody knows whether it was ordered: the shard hears that it was not
				m.ask(hotline.Decline{Offer: q.Offer, Result: hotline.OfferUnreachable})
			}
			m.hangup(now, o.leg, hotline.CauseElsewhere)
		}
	case hotline.Leave, hotline.Release, hotline.CallbackFailed, hotline.Join:
		if final {
			m.unpress(q)
		} else {
			m.pressAgain(now, q)
		}
	}
}

func (m *Machine) offerWith(id hotline.OfferID) *offer {
	for _, o := range m.offers {
		if o.id == id {
			return o
		}
	}
	return nil
}

// notQueued sends away a caller whom no queue took.
func (m *Machine) notQueued(now time.Time, q hotline.Enqueue, final bool) {
	if q.Visit != m.visit.id || !m.visit.open {
		return
	}
	if final {
		m.visit.open = false
	} else {
		m.leave(hotline.CauseError, "") // it may have been ordered all the same
	}
	if m.queueRefused(now, q.Visit, hotline.CauseError) {
		return
	}
	if m.born != nil {
		m.born.open = true // nobody keeps the promise by this call
	}
	if m.phase == phaseQueue {
		m.farewell(now, hotline.CauseError, "", "all-busy", "goodbye")
	}
}

package call

import (
	"cmp"
	"time"

	"hotline"
	"hotline/ivr"
)

// transfer is the customer on its way from its agent to somebody else. Until that one is there the agent stays the customer's,
// even if its phone is gone: what comes to nothing brings the customer back to the agent, or to where it stood in its queue.
type transfer struct {
	guest
	how   string
	asker *leg // whose phone asked and is told what comes of it; nil: none

	visit visit           // before a queue was asked to take the customer
	last  hotline.Enqueue // and what that visit was asked for with
	lang  string          // that the customer heard there

	pending bool // the customer is being told first
}

// maxReferRefused is how many refused transfers of one call are written down: a phone may ask without end.
const maxReferRefused = 20

// referred takes a transfer that an agent's phone asks for.
func (m *Machine) referred(now time.Time, l *leg, f hotline.Referred) {
	code, why := f.Refused, ""
	if code == 0 {
		if code, why = m.refer(now, l, f); code == 0 {
			return
		}
		if l.state == legUp {
			m.act(hotline.Notify{Leg: l.id, Code: code, Why: why})
		}
	}
	if t := m.talk; t != nil && t.agent == l.agent {
		t.failed = now
	}
	if m.refusals++; m.refusals > maxReferRefused || l.agent == "" { // whoever is no agent has nobody to give
		return
	}
	ev := hotline.Event{Leg: l.id, Agent: l.agent}
	no := hotline.TransferRefused{To: f.To, Code: code}
	if t := m.talk; t != nil {
		ev.Queue, no.Visit = t.queue, t.visit
	}
	ev.Fact = no
	m.record(now, ev)
}

// refer does what the phone asks for; else it returns why not, as a status and where that says too little in words. A conference is
// handed on whole, as by command.
func (m *Machine) refer(now time.Time, l *leg, f hotline.Referred) (code int, why string) {
	t, c := m.talk, m.consult
	line := c != nil && l == c.line && l != t.leg
	switch {
	case m.phase != phaseTalk || t == nil || t.leg == nil || l != t.leg && !line || l.state != legUp:
		return 403, "Only the agent of the customer hands it on"
	case m.first.state != legUp || !t.mixed && !t.held:
		return 480, "" // they have not been joined yet
	case m.transfer != nil:
		return 491, "" // RFC 3261 §21.4.27
	case f.Replaces == "" && line, t.own && m.own.colleague():
		return 403, "A colleague is not handed on"
	case f.Replaces == "":
		target, code := m.aim(f.To, t.agent)
		switch {
		case code != 0:
			return code, ""
		case m.confers() && (target.kind == hotline.TargetQueue || target.kind == hotline.TargetFlow):
			return 403, "A conference does not wait in a queue"
		}
		return m.blind(now, l, target, false), ""
	case c == nil || f.Replaces != c.line.id && f.Replaces != t.leg.id || f.Replaces == l.id:
		return 481, ""
	}
	return m.complete(now, l), ""
}

// blind hands the customer on to whom nobody has spoken with, and tells it so first if announce. A consult that is under way is
// over.
func (m *Machine) blind(now time.Time, asker *leg, to target, announce bool) int {
	if to.kind == hotline.TargetQueue && m.visits >= maxVisits {
		return 486
	}
	if m.consult != nil {
		m.consultOver(now, hotline.CauseCancelled)
	}
	m.uninvite(now)
	m.transfer = &transfer{how: hotline.TransferBlind, asker: asker, guest: guest{target: to}}
	if announce {
		m.transfer.pending, m.talk.noMedia = true, time.Time{}
		m.mixed()
		m.play(now, m.first, forTransfer, m.limits.LastWords, "transferring")
		return 0
	}
	m.setOff(now)
	return 0
}

// setOff sends the customer on its way.
func (m *Machine) setOff(now time.Time) {
	m.transfer.pending = false
	switch m.transfer.kind {
	case hotline.TargetQueue:
		m.toQueue(now, m.transfer)
	case hotline.TargetFlow:
		m.toFlow(now, m.transfer)
	default:
		m.underWay()
		m.bring(now, &m.transfer.guest, m.talk.agent)
	}
}

// underWay takes customer and agent apart; the customer hears it ring. A conference goes on with its agent until somebody is there to
// take its place.
func (m *Machine) underWay() {
	m.talk.noMedia = time.Time{}
	m.mixed()
	if m.confers() {
		return
	}
	m.startPlay(m.first, forMusic, true, []string{"tone:ringback"})
}

// notify tells the phone that asked what comes of it.
func (m *Machine) notify(l *leg, code int) {
	if l != nil && l.state == legUp {
		m.act(hotline.Notify{Leg: l.id, Code: code})
	}
}

// transferred records what came of a transfer.
func (m *Machine) transferred(now time.Time, t *transfer, result string) {
	m.record(now, hotline.Event{Agent: m.talk.agent, Queue: m.talk.queue, Fact: hotline.Transferred{
		Visit: m.talk.visit, How: t.how, Target: t.kind, To: t.to, Result: result,
	}})
}

// handOver gives the customer to who has picked up. The agent who had it is done with it.
func (m *Machine) handOver(now time.Time, t *transfer) {
	was := m.talk
	m.transferred(now, t, hotline.TransferDone)
	if t.kind == hotline.TargetAgent {
		t.asked = false
		m.ask(hotline.Join{Agent: t.agent, Call: m.call, Leg: t.leg.id, Visit: was.visit, Queue: was.queue})
	}
	m.part(now, t)
	m.hush(m.first)
	t.leg.deadline = time.Time{}
	if t.kind == hotline.TargetNumber && m.colleagues() {
		m.joinsColleague(now, t.guest, was)
		return
	}
	if t.kind == hotline.TargetNumber || t.kind == hotline.TargetSupervisor {
		m.goOutside(&t.guest)
		if t.how == hotline.TransferAttended && was.queue != "" {
			m.outside.handed, m.outside.was = now, was
		}
		return
	}
	m.takes(now, &t.guest, was)
	if t.how == hotline.TransferAttended {
		m.talk.handed = now
	}
}

// unmet says whether who was handed the customer put down in that very moment: it meant who had asked it. Its customer has not been
// let go.
func (m *Machine) unmet(now time.Time, t *talk) bool {
	return !t.handed.IsZero() && now.Before(t.handed.Add(m.limits.Reflex))
}

// unmetOutside says the same of a number outside.
func (m *Machine) unmetOutside(now time.Time, o *outside) bool {
	return !o.handed.IsZero() && now.Before(o.handed.Add(m.limits.Reflex))
}

// part lets the agent go who has handed the customer on.
func (m *Machine) part(now time.Time, t *transfer) {
	was, by := m.talk, hotline.RoleAgent
	if t.how == hotline.TransferTakeOver {
		by = hotline.RoleSupervisor
	}
	m.release(now, hotline.CauseTransferred, by)
	m.transfer, m.talk = nil, nil
	m.notify(t.asker, 200)
	m.hangup(now, was.leg, hotline.CauseTransferred)
	if c := m.consult; c != nil {
		m.consult = nil
		m.hangup(now, c.line, hotline.CauseTransferred)
	}
}

// transferFailed brings the customer back.
func (m *Machine) transferFailed(now time.Time, t *transfer, cause hotline.Cause) {
	m.transferred(now, t, string(cause))
	m.transfer = nil
	m.talk.failed = now
	m.notify(t.asker, status(cause))
	m.comeBack(now)
}

// byPhone says whether the agent's phone put down by itself: some do when they are told that a transfer has come to nothing,
// and no person is as quick. Its customer has not been let go.
func (m *Machine) byPhone(now time.Time, t *talk) bool {
	return !t.failed.IsZero() && now.Before(t.failed.Add(m.limits.Reflex))
}

// comeBack brings the customer back to its agent, or to where it stood if the agent is gone.
func (m *Machine) comeBack(now time.Time) {
	t := m.talk
	switch {
	case m.confers() && (t.released || t.leg.state != legUp):
		m.succeed(now, hotline.CauseHangup, hotline.RoleAgent)
	case m.confers():
		m.mixed()
		m.busyWith()
	case t.released || t.leg.state != legUp:
		m.talk = nil
		m.requeue(now, t)
	case t.held:
		m.play(now, m.first, forWaiting, m.limits.LastWords, "hold")
	default:
		m.hush(m.first)
		m.join(now)
	}
}

// toQueue asks for a place in another queue. Its wait begins now; in line the customer stands by all the time it has waited.
// The agent stays until the queue has taken it.
func (m *Machine) toQueue(now time.Time, t *transfer) {
	t.visit, t.last, t.lang = m.visit, m.last, m.lang
	m.mixed()
	m.enqueue(now, hotline.Enqueue{
		Queue: t.queue, Entry: hotline.EntryTransfer, Since: now, Place: m.talk.place, Priority: m.last.Priority,
	})
}

// queueTook ends a transfer to a queue: the customer stands in line.
func (m *Machine) queueTook(now time.Time, v hotline.VisitID) {
	if t := m.transfer; t != nil && t.kind == hotline.TargetQueue && v == m.visit.id {
		m.transferred(now, t, hotline.TransferDone)
		m.part(now, t)
		m.recordFor(now, m.plan.Queues[m.visit.queue])
	}
}

// queueRefused brings the customer back that a queue did not take. It says whether it was a transfer.
func (m *Machine) queueRefused(now time.Time, v hotline.VisitID, cause hotline.Cause) bool {
	t := m.transfer
	if t == nil || t.kind != hotline.TargetQueue || v != m.visit.id {
		return false
	}
	m.visit, m.last, m.lang, m.phase = t.visit, t.last, t.lang, phaseTalk
	m.transferFailed(now, t, cause)
	return true
}

// toFlow takes the customer through the dialogue of one of the centre's numbers, with all that is known of it.
func (m *Machine) toFlow(now time.Time, t *transfer) {
	flow := m.plan.Flows[t.flow]
	m.transferred(now, t, hotline.TransferDone)
	m.mixed()
	m.hush(m.first)
	m.part(now, t)
	m.phase, m.handed = phaseFlow, true
	m.session = m.plan.Resume(t.flow, flow.Steps, m.known(), true).Remember(m.memory)
	m.flow(now, m.session.Step(now, ivr.Start{}))
}

// entry is how a customer comes to a queue out of a dialogue that is not its first.
func (m *Machine) entry() string {
	if m.handed {
		m.handed = false
		return hotline.EntryTransfer
	}
	return hotline.EntryOverflow
}

// agentLeft goes on when the phone of the customer's agent is gone in the middle of a transfer, a conference or a consult. A
// customer who is on its way stays so, and one who speaks with others goes on with them; one whose agent spoke with somebody else
// was not to be let go: it stands in line again.
func (m *Machine) agentLeft(now time.Time, cause hotline.Cause, by hotline.Role) bool {
	switch {
	case m.transfer != nil:
		m.release(now, cause, by)
		return true
	case m.succeed(now, cause, by):
		return true
	}
	m.uninvite(now)
	if m.consult == nil {
		return false
	}
	t := m.talk
	m.dropConsult(now, hotline.CauseCancelled)
	m.release(now, cause, by)
	m.talk = nil
	m.mixed()
	m.requeue(now, t)
	return true
}

// dropTransfers gives back who is being brought in when the call ends.
func (m *Machine) dropTransfers(now time.Time, cause hotline.Cause, by hotline.Role) {
	if t := m.transfer; t != nil {
		if m.talk != nil {
			m.transferred(now, t, string(cmp.Or(cause, hotline.CauseError)))
		}
		m.transfer = nil
		m.dismiss(now, &t.guest, cause, by)
	}
	m.dropConsult(now, cause)
	m.dropMembers(now, cause, by)
}

// dueGuests gives up a colleague whom the shard neither gives nor refuses.
func (m *Machine) dueGuests(now time.Time) {
	if g := m.guestOf(func(g *guest) bool { return passed(now, g.until) }); g != nil {
		g.until = time.Time{}
		m.guestGone(now, g, hotline.CauseUnreachable, "")
	}
}

func (m *Machine) wakeGuests(soonest func(time.Time)) {
	m.guestOf(func(g *guest) bool { soonest(g.until); return false })
}

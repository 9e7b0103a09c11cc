package call

import (
	"fmt"
	"time"

	"hotline"
	"hotline/ivr"
)

// phase is where a call stands.
type phase int

const (
	phaseNew      phase = iota // nothing came yet
	phaseFlow                  // the IVR speaks with the caller
	phaseQueue                 // the caller waits for an agent
	phaseTalk                  // the caller and an agent belong together
	phaseCalling               // the customer of a callback is being called
	phaseDialling              // an agent's own call: its phone rings, or the other side's
	phaseOutside               // the caller, or an agent, speaks with an outside number
	phaseSurvey                // the agent is gone, the caller is asked how it was
	phaseAfter                 // the customer is gone, its agent still speaks with a colleague
	phaseStar                  // an agent's own call to the engine
	phaseKept                  // others' call, which is recorded here
	phaseWatch                 // a supervisor's line
	phaseClosing               // last words; the caller is hung up after them
	phaseEnding                // every leg is hung up; their ends are awaited
	phaseOver                  // CallEnded is written
)

func (p phase) String() string {
	return [...]string{"new", "flow", "queue", "talk", "calling", "dialling", "outside", "survey", "after", "star", "kept", "watch", "closing", "ending", "over"}[p]
}

// again is a request that the shard could not take and must not be lost.
type again struct {
	request hotline.Request
	at      time.Time
	tries   int
}

// Machine decides everything about one call. It is pure: Step takes the time and one input, changes only the Machine
// and returns what should happen. It is not safe for concurrent use: the call's goroutine owns it.
type Machine struct {
	plan    *ivr.Plan
	limits  Limits
	phase   phase
	call    hotline.CallID
	contact hotline.ContactID
	from    hotline.Party
	through []hotline.Diversion // what a call that is sent on outside came by: the number dialled last
	lang    string
	started time.Time

	first     *leg   // the leg that came in
	legs      []*leg // all of them, in the order of their making
	dialled   int    // legs dialled so far
	plays     int    // plays begun so far
	recording bool
	recorded  time.Time // when the recording began

	session   *ivr.Session // in phaseFlow; in phaseQueue: the choice that is being asked
	memory    ivr.Memory   // of the sessions so far
	visits    int          // queue visits asked for so far
	visit     visit
	beside    []visit         // further queues that it waits in at the same time
	last      hotline.Enqueue // what the visit was asked for with
	asked     time.Time       // when the customer first asked for a person
	ruled     hotline.Cause   // the cause of a call that a queue's rule brings to its end; empty: the flow
	offers    []*offer
	talk      *talk
	transfer  *transfer
	consult   *consult
	members   []*guest        // who was brought into the talk besides customer and agent
	handed    bool            // a dialogue began by a transfer: its queue is transferred to
	heldSince time.Time       // since when the customer's phone holds
	star      hotline.Request // what the agent's code asks for; nil: a wrong code
	echoBy    time.Time       // when one who listens to itself has listened enough
	spoken    string          // the language that the caller chose; empty: the queue's
	consent   consent
	message   *message
	messages  int // left so far
	looks     int // web services asked so far
	outside   *outside
	survey    *survey
	born      *born
	own       *own
	trial     bool    // an agent tries out a flow: nothing of it counts
	pressing  []again // requests to be submitted once more
	ahead     bool    // queued while the caller is being answered
	early     []Input // what came meanwhile that must wait for that
	presses   int     // of keys so far
	pressed   []pressed
	doing     string   // the command that is being done, by its id
	done      []string // the commands that were done last, by their ids
	refusals  int      // transfers that phones asked for and were refused

	watch    *watch      // the call is a supervisor's line
	watchers []*watcher  // supervisors beside the call
	taking   *watcher    // who is to get the customer as soon as the shard has answered
	sent     hotline.Mix // who hears whom, as the switch was told last

	cause    hotline.Cause // why the call ends: the first reason holds
	by       hotline.Role
	lingerBy time.Time
	out      Output
}

// NewMachine makes the machine of one call. The plan is kept for the whole call.
func NewMachine(plan *ivr.Plan, limits Limits) *Machine {
	return &Machine{plan: plan, limits: limits.withDefaults(), lang: plan.Language}
}

// Step takes one input at the time now.
func (m *Machine) Step(now time.Time, in Input) Output {
	now = hotline.Millis(now)
	m.out = Output{}
	m.answering(in)
	switch in := in.(type) {
	case Heard:
		m.heard(now, in.Signal)
	case Told:
		m.told(now, in.Event)
	case Ordered:
		m.ordered(now, in.Request)
	case Refused:
		m.refused(now, in.Request, in.Err)
	case Placed:
		m.placed(now, in)
	case Looked:
		m.looked(now, in)
	case Commanded:
		m.commanded(now, in.Command)
	case Begun:
		m.begun(now, in)
	case Attend:
		m.attend(now, in)
	case Depart:
		m.departed(now, in.Line)
	case Reseat:
		m.reseated(now, in)
	case Abort:
		m.abort(now, in.Cause)
	case Tick:
	default:
		m.watching(now, in)
	}
	m.due(now)
	m.unsilence(now)
	m.stepped(now)
	m.rewatch(now)
	m.finish(now)
	m.out.Wake = m.wake()
	m.out.Done = m.phase == phaseOver && len(m.pressing) == 0
	out := m.out
	m.out = Output{}
	return out
}

// record adds a fact of the call to the output.
func (m *Machine) record(now time.Time, ev hotline.Event) {
	ev.At, ev.Call, ev.Contact = now, m.call, m.contact
	m.out.Events = append(m.out.Events, ev)
}

func (m *Machine) act(a hotline.Action) {
	if mix, ok := a.(hotline.Mix); ok {
		m.sent = mix
	}
	m.out.Actions = append(m.out.Actions, a)
}

func (m *Machine) ask(q hotline.Request) { m.out.Requests = append(m.out.Requests, q) }

// abort ends the call from outside.
func (m *Machine) abort(now time.Time, cause hotline.Cause) {
	if m.phase == phaseNew {
		m.phase = phaseOver
		return
	}
	m.end(now, cause, "")
}

// verdict keeps the first reason for which the call ends.
func (m *Machine) verdict(cause hotline.Cause, by hotline.Role) {
	if m.cause == "" {
		m.cause, m.by = cause, by
	}
}

// end hangs up every leg and gives back what the shard holds for the call.
func (m *Machine) end(now time.Time, cause hotline.Cause, by hotline.Role) {
	if m.phase >= phaseEnding || m.unbegun(now, cause) {
		return
	}
	m.verdict(cause, by)
	m.keepMessage(now, now)
	m.phase = phaseEnding
	m.session = nil
	m.caughtUp(now)
	m.leave(cause, by)
	m.dropTransfers(now, cause, by)
	m.release(now, cause, by)
	m.releaseColleague(cause, by)
	m.unreached(cause)
	m.releaseOutside(cause, by)
	m.leaveWatch(now, cause)
	for _, l := range m.legs {
		m.hangup(now, l, cause)
	}
}

// farewell plays last words to the caller and hangs up after them, at once if the caller cannot hear them.
func (m *Machine) farewell(now time.Time, cause hotline.Cause, by hotline.Role, prompts ...string) {
	if m.first.state != legUp {
		m.end(now, cause, by)
		return
	}
	m.verdict(cause, by)
	m.phase = phaseClosing
	m.play(now, m.first, forFarewell, m.limits.LastWords, prompts...)
}

// finish closes the call once every leg is over and its visit is closed.
func (m *Machine) finish(now time.Time) {
	if m.phase != phaseEnding {
		return
	}
	for _, l := range m.legs {
		if l.state != legOver {
			return
		}
	}
	if m.visit.open { // its end, or a Connected that crossed our leaving, is still on its way
		if m.lingerBy.IsZero() {
			m.lingerBy = now.Add(m.limits.Linger)
		}
		if now.Before(m.lingerBy) {
			return
		}
		m.visit.open = false
	}
	m.phase = phaseOver
	m.record(now, hotline.Event{Fact: hotline.CallEnded{Cause: m.cause, By: m.by}})
	if m.recording {
		m.recording = false
		m.act(hotline.StopRecord{Call: m.call})
	}
}

// due makes happen what the time has come for.
func (m *Machine) due(now time.Time) {
	if m.phase == phaseNew || m.phase == phaseOver {
		m.press(now)
		return
	}
	if passed(now, m.started.Add(m.limits.Call)) {
		m.end(now, hotline.CauseTimeout, "")
	}
	for _, l := range m.legs { // dialling happens in told only: the list does not grow here
		m.dueLeg(now, l)
	}
	if m.session != nil {
		if at, ok := m.session.Next(); ok && passed(now, at) {
			m.flow(now, m.session.Step(now, ivr.Tick{}))
		}
	}
	m.dueWants(now)
	if t := m.talk; t != nil && passed(now, t.noMedia) {
		m.answered(now, true)
	}
	if m.phase == phaseQueue {
		m.dueWait(now)
	}
	m.press(now)
}

// wake is the earliest time at which something is due.
func (m *Machine) wake() time.Time {
	var at time.Time
	soonest := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, p := range m.pressing {
		soonest(p.at)
	}
	if m.phase == phaseNew || m.phase == phaseOver {
		return at
	}
	if m.phase < phaseEnding {
		soonest(m.started.Add(m.limits.Call))
	}
	for _, l := range m.legs {
		soonest(l.deadline)
		soonest(l.silent)
		soonest(l.playBy)
	}
	if m.session != nil {
		if t, ok := m.session.Next(); ok {
			soonest(t)
		}
	}
	m.wakeWants(soonest)
	if m.talk != nil {
		soonest(m.talk.noMedia)
	}
	if m.phase == phaseQueue && !m.ahead {
		soonest(m.visit.announce)
		soonest(m.choiceDue())
		soonest(m.visit.orphan)
	}
	soonest(m.lingerBy)
	return at
}

// passed says whether a deadline is set and over.
func passed(now, deadline time.Time) bool {
	return !deadline.IsZero() && !now.Before(deadline)
}

// Info is what an operator may want to know of a call.
type Info struct {
	Call    hotline.CallID
	Contact hotline.ContactID
	Phase   string          // flow, queue, talk, calling, dialling, outside, survey, after, star, closing, ending
	Since   time.Time       // when the call came in
	Queue   hotline.QueueID // in phases queue, talk, calling, dialling, survey and after
	Agent   hotline.AgentID // in phases talk, dialling, survey, after, star and outside (whose own call it is)
	Line    hotline.LegID   // in phases talk and after: by which the agent speaks, the one that it was joined by being hung up
}

// Info describes the call as it stands.
func (m *Machine) Info() Info {
	i := Info{Call: m.call, Contact: m.contact, Phase: m.phase.String(), Since: m.started}
	switch m.phase {
	case phaseQueue:
		i.Queue = m.visit.queue
	case phaseTalk, phaseAfter, phaseDialling:
		i.Queue, i.Agent = m.talk.queue, m.talk.agent
		if l := m.talk.leg; l != nil && l.id != m.talk.first {
			i.Line = l.id
		}
	case phaseSurvey:
		i.Queue, i.Agent = m.survey.queue, m.survey.agent
	case phaseCalling:
		i.Queue = m.born.queue
	case phaseStar, phaseOutside:
		i.Agent = m.first.agent
	}
	return i
}

// GoString keeps what a caller typed out of panics and logs that print a Machine.
func (m *Machine) GoString() string { return fmt.Sprintf("call.Machine{%s %s}", m.call, m.phase) }

// wreck closes a call whose steps panic, with as little thought as possible.
func (m *Machine) wreck(now time.Time) Output {
	now = hotline.Millis(now)
	m.out = Output{}
	for _, l := range m.legs {
		if l.state != legOver {
			m.record(now, l.event(hotline.LegEnded{Role: l.role, Cause: hotline.CausePanic}))
			m.act(hotline.Hangup{Leg: l.id, Cause: hotline.CausePanic})
		}
	}
	if m.visit.open {
		m.ask(hotline.Leave{Visit: m.visit.id, Outcome: hotline.OutcomeLost})
	}
	if m.talk != nil {
		m.ask(hotline.Release{Agent: m.talk.agent, Call: m.call, Cause: hotline.CausePanic})
	}
	m.guestOf(func(g *guest) bool {
		if g.asked {
			m.ask(hotline.Release{Agent: g.agent, Call: m.call, Cause: hotline.CausePanic})
		}
		return false
	})
	m.releaseColleague(hotline.CausePanic, "")
	m.unreached(hotline.CausePanic)
	if m.phase != phaseOver && m.phase != phaseNew && !m.unbegun(now, hotline.CausePanic) {
		m.record(now, hotline.Event{Fact: hotline.CallEnded{Cause: hotline.CausePanic}})
		m.act(hotline.StopRecord{Call: m.call})
	}
	m.phase = phaseOver
	m.out.Done = true
	return m.out
}

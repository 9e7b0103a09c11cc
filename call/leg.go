package call

import (
	"time"

	"hotline"
	"hotline/ivr"
)

// legState is where a leg stands.
type legState int

const (
	legNew    legState = iota // came in or dialled, not answered
	legUp                     // answered
	legEnding                 // hung up by us, its end is awaited
	legOver                   // its last signal came
)

// purpose is what follows the end of a play.
type purpose int

const (
	forFlow     purpose = iota // the IVR goes on
	forMusic                   // nothing: it loops
	forWaiting                 // music follows
	forNumber                  // customer and agent are joined
	forFarewell                // the leg is hung up
	forBeep                    // nothing
	forMessage                 // the caller speaks its message
	forTransfer                // the customer, who was told, is transferred
)

// leg is one party's line in the call. The Machine owns it.
type leg struct {
	id       hotline.LegID
	role     hotline.Role
	agent    hotline.AgentID
	queue    hotline.QueueID // for which an agent's leg was dialled
	state    legState
	cause    hotline.Cause // why we hung it up
	heard    bool          // RTP came from it
	rang     bool          // its phone rang
	holds    bool          // its phone holds the other side
	soothed  string        // what it hears because nobody else is to be heard: music, silence; empty: it does not
	stepped  bool          // its agent is out of the conference for a while, by command
	outSince time.Time     // since when it is, in the facts
	muted    bool          // nobody is to hear it
	mutedAt  time.Time
	mutedBy  hotline.AgentID // another, who has the conference; empty: its own agent
	dialled  *hotline.Dial   // how it was rung; nil: it came in
	anew     bool            // hung up to be rung again, and to pick up by itself
	back     *leg            // the agent's leg whose place it is to take: its phone is back; nil: none
	deadline time.Time       // until it must be answered, connected or over
	silent   time.Time       // when its silence is too long; zero: it is heard
	play     hotline.PlayID
	purpose  purpose
	playBy   time.Time // when a play that has not ended is taken as ended
	confirm  bool      // whoever picks it up must press a key before it counts: it may be a mailbox

	watch hotline.CallID // the supervisor's line that it was before it took the customer over
}

// event is a fact about the leg, with its ids.
func (l *leg) event(f hotline.Fact) hotline.Event {
	return hotline.Event{Leg: l.id, Agent: l.agent, Queue: l.queue, Fact: f}
}

func (m *Machine) leg(id hotline.LegID) *leg {
	for _, l := range m.legs {
		if l.id == id {
			return l
		}
	}
	return nil
}

// heard takes what the switch heard.
func (m *Machine) heard(now time.Time, s hotline.Signal) {
	if in, ok := s.(hotline.Incoming); ok {
		m.incoming(now, in)
		return
	}
	l := m.leg(hotline.LegOf(s))
	if l != nil && l == m.first && m.lend(s) {
		return
	}
	if l == nil || l.state == legOver {
		return // a leg of ours is over once; what comes later is late
	}
	switch s := s.(type) {
	case hotline.Ringing:
		m.ringing(now, l)
		m.ownRings(l, s.Early)
	case hotline.PickedUp:
		m.pickedUp(now, l, s.Codec)
	case hotline.MediaUp:
		m.mediaUp(now, l)
	case hotline.Digit:
		l.silent = time.Time{}
		if l.confirm {
			m.confirmedBy(now, l, s.Key)
		} else if m.phase == phaseWatch {
			m.watchKey(now, s.Key)
		} else if l == m.first && m.message != nil {
			m.messageOver(now, now)
		} else if l == m.first && m.session != nil {
			m.flow(now, m.session.Step(now, ivr.Key{Key: s.Key}))
		}
	case hotline.Pressed:
		m.keysTaken(s)
	case hotline.PlayEnded:
		if s.Complete || s.Err != "" { // else we cut it, or the leg's end did: who hangs up in a prompt has not heard it out
			m.playEnded(now, l, s.Play)
		}
	case hotline.HoldAsked:
		m.holdAsked(now, l, s.On)
	case hotline.Referred:
		m.referred(now, l, s)
	case hotline.MediaLost:
		m.mediaLost(now, l, s.Silence)
	case hotline.Ended:
		m.legGone(now, l, s.Cause, s.Stats)
	case hotline.Failed:
		m.legGone(now, l, s.Cause, hotline.MediaStats{})
	}
}

// incoming opens the call.
func (m *Machine) incoming(now time.Time, in hotline.Incoming) {
	if m.phase != phaseNew {
		m.another(now, in)
		return
	}
	m.call, m.contact, m.from, m.started = in.Call, in.Call.Contact(), in.From, now
	m.first = &leg{id: in.Leg, role: hotline.RoleCustomer}
	m.legs = []*leg{m.first}
	m.through = through(in)
	start := hotline.CallStarted{
		Direction: hotline.Inbound, From: in.From, To: in.To, Trunk: in.Trunk, Anonymous: in.Anonymous, Diverted: in.Diverted,
	}
	if in.Recording {
		start.Direction = hotline.Recorded
		m.phase = phaseKept
		m.record(now, hotline.Event{Fact: start})
		m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleCustomer, To: in.To}))
		m.answer(now)
		return
	}
	if in.Agent != "" && (m.ownCall(now, in) || m.dials(now, in)) {
		return
	}
	if in.Agent != "" {
		m.first.role, m.first.agent = hotline.RoleAgent, in.Agent
		start.Direction = hotline.Internal
		m.phase = phaseStar
		m.record(now, hotline.Event{Agent: in.Agent, Fact: start})
		m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleAgent, To: in.To}))
		m.star = m.code(in.Agent, in.To)
		m.answer(now)
		return
	}
	m.phase = phaseFlow
	b := m.plan.Begin(ivr.Caller{
		Number: in.To, From: in.From, Trunk: in.Trunk, Headers: in.Headers, Contact: m.contact, Now: now,
		Anonymous: in.Anonymous, Withheld: in.Withheld, Diverted: in.Diverted,
	})
	if b.Session != nil {
		start.Flow = b.Session.Flow()
	}
	m.record(now, hotline.Event{Fact: start})
	m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleCustomer, To: in.To}))
	switch {
	case b.Reject:
		m.end(now, hotline.CauseRejected, "")
	case b.Session == nil:
		m.end(now, hotline.CauseNotFound, "")
	default:
		m.session = b.Session
		m.flow(now, m.session.Step(now, ivr.Start{}))
	}
}

// ringing takes the ringing of a dialled phone, once.
func (m *Machine) ringing(now time.Time, l *leg) {
	if l.state != legNew || l.rang {
		return
	}
	l.rang = true
	m.record(now, l.event(hotline.LegRang{}))
	m.watchRings()
	if o := m.offerOf(l); o != nil {
		m.ask(hotline.Rang{Offer: o.id})
	} else if g := m.guestAt(l); g != nil {
		m.guestRings(g)
	}
}

// answer answers the leg that came in.
func (m *Machine) answer(now time.Time) {
	m.first.deadline = now.Add(m.limits.Answer)
	m.act(hotline.Answer{Leg: m.first.id})
}

// pickedUp takes the answer of a leg.
func (m *Machine) pickedUp(now time.Time, l *leg, codec string) {
	switch l.state {
	case legNew:
	case legEnding: // our hanging up crossed the answer (RFC 3261 §15): hang up what is up now
		m.act(hotline.Hangup{Leg: l.id, Cause: l.cause})
		return
	default:
		return
	}
	l.state = legUp
	m.record(now, l.event(hotline.LegAnswered{Role: l.role, Codec: codec}))
	if l.confirm { // until then it must be confirmed
		m.startPlay(l, forBeep, true, []string{"callback-press-1", "silence:2000"})
		return
	}
	m.taken(now, l)
}

// taken goes on when somebody has taken the call on a leg.
func (m *Machine) taken(now time.Time, l *leg) {
	l.deadline = time.Time{}
	switch g := m.guestAt(l); {
	case l.back != nil:
		m.isBack(now, l)
	case g != nil:
		m.guestUp(now, g)
	case m.consult != nil && l == m.consult.line:
		m.consultUp(now)
	case l.role == hotline.RoleParty || m.phase == phaseOutside:
		m.outsideUp(now)
	case m.phase == phaseDialling:
		m.ownUp(now, l)
	case m.phase == phaseClosing && m.talk != nil && m.talk.own:
		m.sorry(now)
	case m.phase == phaseCalling:
		m.reached(now)
	case m.phase == phaseWatch:
		m.watchUp(now)
	case l != m.first:
		m.accept(now, l)
	case m.phase == phaseStar:
		m.starUp(now)
	case m.phase == phaseKept: // who sends it has seen to consent
		m.recordNow(now)
	case m.session != nil:
		if m.session.Records() {
			m.startRecording(now)
		}
		m.flow(now, m.session.Step(now, ivr.Up{}))
	case m.ahead && m.phase == phaseQueue:
		m.ahead = false
		m.hear(now, m.plan.Queues[m.visit.queue])
		m.caughtUp(now)
	case m.phase == phaseQueue || m.phase == phaseTalk: // it waited with ringing: now it is answered, because an agent was
		if m.plan.Queues[m.visit.queue].Record {
			m.startRecording(now)
		}
		if m.phase == phaseTalk {
			m.greet(now)
		}
	}
}

// dueLeg gives up a leg that does not answer, does not end or is not heard, and a play that does not end.
func (m *Machine) dueLeg(now time.Time, l *leg) {
	if passed(now, l.deadline) {
		l.deadline = time.Time{}
		switch g := m.guestAt(l); {
		case l.state == legEnding:
			m.legGone(now, l, hotline.CauseError, hotline.MediaStats{})
		case l.back != nil:
			m.hangup(now, l, hotline.CauseNoAnswer)
		case l == m.first && (m.phase == phaseCalling || m.phase == phaseWatch):
			m.end(now, hotline.CauseNoAnswer, "")
		case l == m.first && m.phase == phaseDialling:
			m.hangup(now, l, hotline.CauseNoAnswer)
			m.ownGone(now, hotline.CauseNoAnswer, "")
		case l == m.first:
			m.end(now, hotline.CauseError, "")
		case g != nil:
			m.guestGone(now, g, hotline.CauseNoAnswer, "")
		case m.consult != nil && l == m.consult.line:
			m.consultOver(now, hotline.CauseError)
		case l.role == hotline.RoleParty:
			m.hangup(now, l, hotline.CauseNoAnswer)
		default:
			m.offerStuck(now, l)
		}
	}
	if l.state == legUp && passed(now, l.silent) {
		l.silent = time.Time{}
		if l == m.first {
			m.end(now, hotline.CauseMediaLost, "")
		} else {
			m.hangup(now, l, hotline.CauseMediaLost)
			if m.talk != nil && m.talk.leg == l { // a dead phone's end may be long in coming: the customer goes on at once
				m.agentGone(now, hotline.CauseMediaLost, "")
			}
		}
	}
	if passed(now, l.playBy) {
		m.playEnded(now, l, l.play)
	}
}

// hangup ends a leg. The leg is over when its last signal comes, or after a while without it.
func (m *Machine) hangup(now time.Time, l *leg, cause hotline.Cause) {
	if l.state >= legEnding {
		return
	}
	if l.state == legNew && l != m.first && cause == hotline.CauseHangup {
		cause = hotline.CauseCancelled // its phone has nothing to hang up yet
	}
	l.state, l.cause = legEnding, cause
	l.deadline = now.Add(m.limits.End)
	l.silent, l.playBy, l.play = time.Time{}, time.Time{}, ""
	m.act(hotline.Hangup{Leg: l.id, Cause: cause})
}

// legGone takes the last signal of a leg.
func (m *Machine) legGone(now time.Time, l *leg, cause hotline.Cause, stats hotline.MediaStats) {
	if cause == "" {
		cause = hotline.CauseHangup
	}
	ours := l.state == legEnding
	l.state = legOver
	l.deadline, l.silent, l.playBy, l.play = time.Time{}, time.Time{}, time.Time{}, ""
	m.record(now, l.event(hotline.LegEnded{Role: l.role, Cause: cause, Stats: stats}))
	by := l.role
	if ours {
		by, cause = "", l.cause
	}
	switch g := m.guestAt(l); {
	case l.anew && m.ringAnew(now, l):
	case l.back != nil: // the agent goes on as it was
	case l == m.first:
		if !m.ownGone(now, cause, by) && !m.leftAlone(now, cause, by) {
			m.end(now, cause, by)
		}
	case g != nil:
		m.guestGone(now, g, cause, by)
	case m.consult != nil && l == m.consult.line && !m.shares(m.consult):
		m.consultOver(now, cause)
	case l.role == hotline.RoleParty || m.outside != nil && l == m.outside.leg:
		m.outsideGone(now, cause, by)
	case m.talk != nil && m.talk.leg == l:
		m.agentGone(now, cause, by)
	case !ours:
		m.offerGone(now, l, cause)
	}
}

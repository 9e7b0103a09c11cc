package call

import (
	"slices"
	"time"

	"hotline"
)

// maxWatchers is how many supervisors one call may have at a time.
const maxWatchers = 8

// watcher is a supervisor's line that stands beside the call: its leg is none of ours, and nothing of the call waits for it.
type watcher struct {
	line   hotline.CallID
	leg    hotline.LegID
	by     string
	own    hotline.AgentID // the supervisor as an agent; empty: it is none
	phone  hotline.AgentID
	mode   hotline.Mode
	team   string          // whose agents alone it may hear; empty: all
	follow hotline.AgentID // it is here for this agent's sake; empty: for the contact's
	agent  hotline.AgentID // who is supervised, as the facts have it
	since  time.Time       // of the mode
}

// Attend is a supervisor's line that wants a place in the call, or another mode in its place.
type Attend struct {
	Line   hotline.CallID
	Leg    hotline.LegID
	By     string
	Own    hotline.AgentID
	Phone  hotline.AgentID
	Mode   hotline.Mode
	Follow hotline.AgentID
	Team   string
}

// Depart is a supervisor's line that leaves.
type Depart struct{ Line hotline.CallID }

func (Attend) input() {}
func (Depart) input() {}

// served is the agent whom the customer belongs to now; empty: none.
func (m *Machine) served() hotline.AgentID {
	if t := m.talk; t != nil && (m.phase == phaseTalk || m.phase == phaseAfter) {
		return t.agent
	}
	return ""
}

// hasPlace says whether who supervises the contact, or the agent follow, may be in the call as it stands. What colleagues say to
// each other is nobody's.
func (m *Machine) hasPlace(follow hotline.AgentID) bool {
	if m.own.colleague() {
		return false
	}
	if follow != "" {
		return m.served() == follow
	}
	switch m.phase {
	case phaseTalk, phaseQueue, phaseFlow:
		return true
	case phaseOutside:
		return !m.outside.own
	}
	return false
}

// stays says whether the supervisor may be in the call as it stands: there is a place, and the customer is not with another team.
func (m *Machine) stays(w *watcher) bool { return m.hasPlace(w.follow) && m.leads(w.team) }

// leads says whether who has the customer, if somebody has, is of the team.
func (m *Machine) leads(team string) bool {
	agent := m.served()
	return team == "" || agent == "" || m.plan.Teams[agent] == team
}

// attend gives a supervisor its place, or another mode.
func (m *Machine) attend(now time.Time, in Attend) {
	w := m.watcherOf(in.Line)
	fresh := w == nil
	if err := m.mayAttend(in, fresh); err != nil {
		m.post(in.Line, Dismissed{m.call, err})
		return
	}
	if fresh {
		w = &watcher{line: in.Line, leg: in.Leg, by: in.By, own: in.Own, phone: in.Phone, mode: in.Mode, team: in.Team, follow: in.Follow, agent: m.served(), since: now}
		if in.Mode == hotline.ModeTakeOver {
			w.mode = hotline.ModeListen // until it has the customer
		}
		m.watchers = append(m.watchers, w)
		m.supervised(now, w, hotline.Supervised{On: true, Mode: w.mode})
	}
	w.follow, w.team = in.Follow, in.Team
	if in.Mode == hotline.ModeTakeOver {
		m.wantsCustomer(now, w)
		return
	}
	m.turnTo(now, w, in.Mode)
	m.mixed()
	m.post(w.line, Attended{Call: m.call, Contact: m.contact, Agent: w.agent, Mode: w.mode})
}

// mayAttend says why the line has no place here.
func (m *Machine) mayAttend(in Attend, fresh bool) error {
	agent := m.served()
	switch {
	case !m.hasPlace(in.Follow), fresh && agent == "" && m.phase != phaseOutside:
		return refuse("nobody speaks with the customer now: there is nothing to supervise")
	case !m.leads(in.Team):
		return refuse("agent %s is not in your team: ask the lead of the shift", agent)
	case in.Own != "" && in.Own == agent:
		return refuse("the customer is agent %s's own: nobody supervises itself", agent)
	case fresh && len(m.watchers) >= maxWatchers:
		return refuse("%d supervisors are in the call already", len(m.watchers))
	}
	return nil
}

func (m *Machine) watcherOf(line hotline.CallID) *watcher {
	for _, w := range m.watchers {
		if w.line == line {
			return w
		}
	}
	return nil
}

// supervised records what a supervisor does.
func (m *Machine) supervised(now time.Time, w *watcher, f hotline.Supervised) {
	f.By, f.Own, f.Follow = w.by, w.own, w.follow != ""
	ev := hotline.Event{Leg: w.line.Sub(1), Agent: w.agent, Fact: f} // the line by its first leg, whichever it speaks by
	if m.talk != nil {
		ev.Queue = m.talk.queue
	}
	m.record(now, ev)
}

// turnTo changes a supervisor's mode.
func (m *Machine) turnTo(now time.Time, w *watcher, mode hotline.Mode) {
	if w.mode == mode {
		return
	}
	f := hotline.Supervised{On: true, Mode: mode, Was: w.mode, MS: now.Sub(w.since).Milliseconds()}
	w.mode, w.since = mode, now
	m.supervised(now, w, f)
}

// forget takes a supervisor out of the call.
func (m *Machine) forget(now time.Time, w *watcher) {
	m.watchers = slices.DeleteFunc(m.watchers, func(x *watcher) bool { return x == w })
	m.supervised(now, w, hotline.Supervised{Mode: w.mode, MS: now.Sub(w.since).Milliseconds()})
}

// departed lets a supervisor go. If its leg has become the customer's agent's meanwhile, that is over.
func (m *Machine) departed(now time.Time, line hotline.CallID) {
	if w := m.watcherOf(line); w != nil {
		m.forget(now, w)
		m.mixed()
		return
	}
	for _, l := range m.legs {
		if l.watch == line && l.state != legOver {
			m.legGone(now, l, hotline.CauseHangup, hotline.MediaStats{})
			return
		}
	}
}

// rewatch follows what the step has made of the call: who has no place any more goes, who supervises the contact supervises its
// agent of now, and everybody hears who is to be heard.
func (m *Machine) rewatch(now time.Time) {
	if len(m.watchers) == 0 {
		return
	}
	for _, w := range slices.Clone(m.watchers) {
		agent := m.served()
		switch {
		case !m.stays(w):
			m.forget(now, w)
			m.post(w.line, Dismissed{Call: m.call})
		case agent != "" && agent == w.own: // it was given the customer in another way: by another phone of its own
			m.forget(now, w)
			m.post(w.line, Dismissed{Call: m.call})
		case agent != "" && agent != w.agent:
			w.agent = agent
			m.supervised(now, w, hotline.Supervised{On: true, Mode: w.mode})
			m.post(w.line, Attended{Call: m.call, Contact: m.contact, Agent: agent, Mode: w.mode})
		}
	}
	if m.phase < phaseClosing && !m.sent.Equal(m.mix()) {
		m.mixed()
	}
}

// wantsCustomer gives the supervisor the customer. One who is an agent is one to the shard first.
func (m *Machine) wantsCustomer(now time.Time, w *watcher) {
	if err := m.mayTakeOver(); err != nil {
		m.mixed()
		m.notTaken(w, err)
		return
	}
	if w.own == "" {
		m.took(now, w, target{kind: hotline.TargetSupervisor, to: w.by})
		return
	}
	m.taking = w
	m.ask(hotline.CallIn{Agent: w.own, Contact: m.contact, Call: m.call, Visit: m.talk.visit, By: m.talk.agent})
}

func (m *Machine) mayTakeOver() error {
	t := m.talk
	switch {
	case m.phase != phaseTalk || t == nil || t.released || t.leg == nil || !t.mixed && !t.held:
		return refuse("nobody speaks with the customer now: there is nothing to take over")
	case m.transfer != nil:
		return refuse("the customer is on its way to somebody else: wait for what comes of it")
	case m.taking != nil:
		return refuse("somebody else is taking the customer over")
	}
	return nil
}

func (m *Machine) notTaken(w *watcher, err error) {
	m.post(w.line, Attended{Call: m.call, Contact: m.contact, Agent: w.agent, Mode: w.mode, Err: err})
}

// takingAnswered goes on when the shard has said whether it knows the supervisor as an agent who can be called in. One whom it
// does not takes the customer as who it is. It says whether the answer was awaited.
func (m *Machine) takingAnswered(now time.Time, q hotline.CallIn, err error, final bool) bool {
	w := m.taking
	if w == nil || q.Agent != w.own {
		return false
	}
	m.taking = nil
	give := err == nil
	if err != nil && !final { // nobody knows whether it was ordered
		m.ask(hotline.Release{Agent: q.Agent, Call: m.call, Cause: hotline.CauseCancelled})
	}
	may := m.mayTakeOver()
	switch {
	case may != nil, m.watcherOf(w.line) != w:
		if give {
			m.ask(hotline.Release{Agent: q.Agent, Call: m.call, Cause: hotline.CauseCancelled})
		}
		if may != nil {
			m.notTaken(w, may)
		}
	case give:
		m.took(now, w, target{kind: hotline.TargetAgent, to: string(w.own), agent: w.own})
	case final:
		m.took(now, w, target{kind: hotline.TargetSupervisor, to: w.by})
	default:
		m.notTaken(w, err)
	}
	return true
}

// took makes the supervisor's leg one of ours and the customer's.
func (m *Machine) took(now time.Time, w *watcher, to target) {
	m.turnTo(now, w, hotline.ModeTakeOver)
	m.forget(now, w)
	l := &leg{id: w.leg, role: hotline.RoleSupervisor, queue: m.talk.queue, state: legUp, heard: true, watch: w.line}
	if to.kind == hotline.TargetAgent {
		l.role, l.agent = hotline.RoleAgent, to.agent
	}
	m.legs = append(m.legs, l)
	m.record(now, l.event(hotline.LegMoved{From: w.line}))
	m.record(now, l.event(hotline.LegStarted{Role: l.role, To: string(w.phone)}))
	m.record(now, l.event(hotline.LegAnswered{Role: l.role}))
	m.post(w.line, Lent{m.call})
	m.dropConsult(now, hotline.CauseTransferred)
	m.handOver(now, &transfer{how: hotline.TransferTakeOver, guest: guest{target: to, leg: l, asked: to.kind == hotline.TargetAgent}})
}

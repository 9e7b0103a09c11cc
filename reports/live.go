package reports

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hotline"
)

// liveSnapshot is a snapshot with what is live beside the visits.
type liveSnapshot struct {
	snapshot
	agents map[hotline.AgentID]agentLive
	calls  []CallView
	alarms []Alarm
	acks   map[string]*Acknowledged

	promised   map[hotline.QueueID]int // open promises
	taskCounts TaskCounts
	tasks      map[hotline.QueueID]int
	switches   []Switched

	supervisions []Supervising
	notices      NoticeCounts
}

// agentLive is one agent's state, copied.
type agentLive struct {
	view      AgentView
	wrapQueue hotline.QueueID
	asked     uint64 // for a break: its place in the line
}

// live copies what a view at now (Unix ms) needs.
func (f *Fold) live(now int64) *liveSnapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &liveSnapshot{snapshot: f.snap(), agents: make(map[hotline.AgentID]agentLive, len(f.agents))}
	for id, a := range f.agents {
		s.agents[id] = a.live(f.book)
	}
	s.calls = make([]CallView, 0, len(f.calls))
	for _, c := range f.calls {
		if !c.watches {
			s.calls = append(s.calls, c.view)
		}
	}
	s.supervisions = f.supervisionViews()
	s.breakLines()
	for _, a := range f.alarms {
		if !a.gone(now) {
			s.alarms = append(s.alarms, a)
		}
	}
	s.alarms = f.badAlarms(s.alarms, now)
	s.acks = maps.Clone(f.acks)
	s.sortAlarms()
	s.promised = map[hotline.QueueID]int{}
	for i := range s.promises {
		s.promised[s.promises[i].Queue] += count(!s.promises[i].Test)
	}
	s.tasks, s.taskCounts = f.taskCounts(now)
	s.switches = f.switchViews()
	s.notices = f.noticeCounts(time.UnixMilli(now))
	for _, t := range f.tasks.open {
		if l, ok := s.agents[hotline.AgentID(t.Owner)]; ok && t.Kind == TaskWrapCode {
			l.view.Uncoded++
			s.agents[l.view.ID] = l
		}
	}
	slices.SortFunc(s.calls, func(a, b CallView) int {
		return cmp.Or(cmp.Compare(a.Started, b.Started), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// switchViews is every switch of the centre, and whichever else is on. The caller holds the lock.
func (f *Fold) switchViews() []Switched {
	out := []Switched{}
	known := map[string]bool{}
	for _, def := range f.book.centre.Switches {
		s := f.switches[def.ID]
		s.ID, s.Name, known[def.ID] = def.ID, cmp.Or(def.Name, def.ID), true
		out = append(out, s)
	}
	n := len(out)
	for id, s := range f.switches {
		if s.On && !known[id] {
			s.Name = id
			out = append(out, s)
		}
	}
	slices.SortFunc(out[n:], func(a, b Switched) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (a *agent) live(book *book) agentLive {
	l := agentLive{wrapQueue: a.wrapQueue, view: AgentView{
		ID: a.id, State: a.state, Reason: a.reason, Since: Moment(a.since), Call: a.call, Contact: a.contact,
		Queue: a.queue, WrapUntil: a.wrapUntil, Next: a.next, NextReason: a.nextWhy, Device: a.device,
		Phone: a.phone, Until: a.until, Misses: a.misses, Recall: a.recall, Relief: a.relief,
		Wrap: a.wrap.view(book), Hand: a.hand, DeskSeq: a.deskSeq, Lent: a.lending,
	}}
	if b := a.line; b != nil {
		l.asked, l.view.Break = b.seq, &Break{Reason: b.reason, Since: Moment(b.at)}
	}
	return l
}

// view is the agent as the board shows it at now.
func (s *liveSnapshot) view(id hotline.AgentID, now int64) AgentView {
	l, known := s.agents[id]
	if !known {
		l.view = AgentView{ID: id, State: hotline.AgentSignedOut}
	}
	v := l.view
	def := s.book.agent(id)
	v.Name, v.Team, v.TeamName = def.Name, def.Team, s.book.teams[def.Team]
	switch v.State {
	case hotline.AgentNotReady:
		v.AllowanceMS = s.book.reasons[v.Reason].Allowance.Milliseconds()
	case hotline.AgentWrapUp:
		v.AllowanceMS = s.book.queue(l.wrapQueue).Wrap.Milliseconds()
	}
	v.Over = v.AllowanceMS > 0 && now-int64(v.Since) > v.AllowanceMS
	return v
}

// state is the agent's state and whether it is over its time.
func (s *liveSnapshot) state(id hotline.AgentID, now int64) (hotline.AgentState, bool) {
	v := s.view(id, now)
	return v.State, v.Over
}

// agentViews is every agent of the centre, and whoever else is signed in.
func (s *liveSnapshot) agentViews(now int64) (StateCounts, []AgentView) {
	var others []hotline.AgentID
	for id, a := range s.agents {
		if a.view.State != hotline.AgentSignedOut {
			others = append(others, id)
		}
	}
	var n StateCounts
	views := make([]AgentView, 0, len(s.book.centre.Agents))
	for _, id := range s.book.agentOrder(others) {
		v := s.view(id, now)
		n.add(v.State, v.Over)
		views = append(views, v)
	}
	return n, views
}

// add counts one agent.
func (c *StateCounts) add(s hotline.AgentState, over bool) {
	switch s {
	case hotline.AgentReady:
		c.Ready++
	case hotline.AgentReserved:
		c.Reserved++
	case hotline.AgentRinging:
		c.Ringing++
	case hotline.AgentTalking:
		c.Talking++
	case hotline.AgentHeld:
		c.Held++
	case hotline.AgentConsult:
		c.Consulting++
	case hotline.AgentConfer:
		c.Conference++
	case hotline.AgentOutbound:
		c.Outbound++
	case hotline.AgentWrapUp:
		c.WrapUp++
	case hotline.AgentNotReady:
		c.NotReady++
	case stateUnknown:
		c.Unknown++
	default:
		c.SignedOut++
		return
	}
	c.SignedIn++
	c.Over += count(over)
}

// each calls f with every state's count.
func (c StateCounts) each(f func(state string, n int)) {
	f(string(hotline.AgentReady), c.Ready)
	f(string(hotline.AgentReserved), c.Reserved)
	f(string(hotline.AgentRinging), c.Ringing)
	f(string(hotline.AgentTalking), c.Talking)
	f(string(hotline.AgentHeld), c.Held)
	f(string(hotline.AgentConsult), c.Consulting)
	f(string(hotline.AgentConfer), c.Conference)
	f(string(hotline.AgentOutbound), c.Outbound)
	f(string(hotline.AgentWrapUp), c.WrapUp)
	f(string(hotline.AgentNotReady), c.NotReady)
	f(string(hotline.AgentSignedOut), c.SignedOut)
}

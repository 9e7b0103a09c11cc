package queuelog

import (
	"fmt"
	"slices"

	"hotline"
)

// agent writes that an agent comes, goes, or takes no calls. What it does between two calls of the queues, wrap-up or a call of its
// own, is no pause.
func (l *Log) agent(id hotline.AgentID, f hotline.AgentSet) {
	a := l.s.Agents[id]
	switch {
	case f.State == hotline.AgentSignedOut && a == nil:
		return
	case f.State == hotline.AgentSignedOut:
		l.signedOut(id, a)
		return
	case a == nil:
		a = l.signedIn(id)
	}
	switch f.State {
	case hotline.AgentNotReady:
		if a.Paused && a.Reason == f.Reason {
			return
		}
		if a.Paused {
			l.pause(id, a, "UNPAUSE", f.Reason)
		}
		a.Paused, a.Reason = true, f.Reason
		l.pause(id, a, "PAUSE", f.Reason)
	case hotline.AgentReady, hotline.AgentReserved, hotline.AgentRinging, hotline.AgentTalking:
		if a.Paused {
			a.Paused, a.Reason = false, ""
			l.pause(id, a, "UNPAUSE", "")
		}
	}
}

// pause writes it for all queues and for each, as app_queue does.
func (l *Log) pause(id hotline.AgentID, a *Agent, verb, reason string) {
	name := l.name(id)
	l.line("NONE", "NONE", name, verb+"ALL", field(reason))
	for _, q := range a.Queues {
		l.line("NONE", string(q), name, verb, field(reason))
	}
}

func (l *Log) signedIn(id hotline.AgentID) *Agent {
	a := &Agent{Since: l.now.Unix()}
	l.s.Agents[id] = a
	if l.cfg.Queues != nil {
		a.Queues = slices.Sorted(slices.Values(l.cfg.Queues(id)))
	}
	name := l.name(id)
	if l.cfg.Logins != LoginsMembers {
		l.line(fmt.Sprintf("%d.0", a.Since), "NONE", name, "AGENTLOGIN", name)
	}
	if l.cfg.Logins != LoginsAgents {
		for _, q := range a.Queues {
			l.line("MANAGER", string(q), name, "ADDMEMBER", "")
		}
	}
	return a
}

func (l *Log) signedOut(id hotline.AgentID, a *Agent) {
	delete(l.s.Agents, id)
	name := l.name(id)
	if l.cfg.Logins != LoginsAgents {
		for _, q := range a.Queues {
			l.line("MANAGER", string(q), name, "REMOVEMEMBER", "")
		}
	}
	if l.cfg.Logins != LoginsMembers {
		l.line(fmt.Sprintf("%d.0", a.Since), "NONE", name, "AGENTLOGOFF", name, whole(l.now.Unix()-a.Since))
	}
}

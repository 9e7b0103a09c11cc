package acd

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/agentstate"
)

// lifeImage is an agent's working day as it stands in a snapshot.
type lifeImage struct {
	Desk        hotline.PhoneID    `json:"desk,omitempty"`
	Misses      int                `json:"misses,omitempty"`
	Until       time.Time          `json:"until,omitzero"`
	Back        hotline.AgentState `json:"back,omitempty"`
	BackWhy     string             `json:"back_reason,omitempty"`
	BackBy      hotline.Source     `json:"back_source,omitempty"`
	BackUntil   time.Time          `json:"back_until,omitzero"`
	Over        bool               `json:"over,omitempty"`
	Ask         string             `json:"ask,omitempty"`
	AskSeq      uint64             `json:"ask_seq,omitempty"`
	Relief      hotline.AgentID    `json:"relief,omitempty"`
	ReliefUntil time.Time          `json:"relief_until,omitzero"`
	Lent        map[string]int     `json:"lent,omitempty"`
	LentUntil   time.Time          `json:"lent_until,omitzero"`
}

type livesImage struct {
	Asks  uint64            `json:"asks,omitempty"`
	Desks []hotline.PhoneID `json:"desks,omitempty"` // registered
}

func (l agentLife) image() lifeImage {
	return lifeImage{
		Desk: l.desk, Misses: l.misses, Until: l.until, Back: l.back.state, BackWhy: l.back.reason, BackBy: l.back.source,
		BackUntil: l.backUntil, Over: l.over, Ask: l.ask, AskSeq: l.askSeq, Relief: l.relief, ReliefUntil: l.reliefUntil,
		Lent: l.lent.skills, LentUntil: l.lent.until,
	}
}

func (l *lives) image() livesImage {
	m := livesImage{Asks: l.asks}
	for _, id := range slices.Sorted(maps.Keys(l.desks)) {
		if l.desks[id].up {
			m.Desks = append(m.Desks, id)
		}
	}
	return m
}

// restoreLives comes before the agents are restored.
func (r *Router) restoreLives(m livesImage) {
	r.life.asks = m.Asks
	for _, id := range m.Desks {
		r.desk(id).up = true
	}
}

func (r *Router) restoreLife(a *agent, m lifeImage) {
	l := &a.life
	l.desk, l.misses, l.until, l.over = m.Desk, m.Misses, m.Until, m.Over
	l.back, l.backUntil = asked{m.Back, m.BackWhy, m.BackBy}, m.BackUntil
	if l.desk != "" {
		r.desk(l.desk).agent = a
	}
	if l.ask, l.askSeq = m.Ask, m.AskSeq; l.ask != "" {
		r.intoLine(a)
	}
	l.lent = lending{m.Lent, m.LentUntil}
	r.awaits(a, m.Relief, m.ReliefUntil)
	r.seePhone(a)
}

// checkLife is the part of Check about the agents' working days.
func (r *Router) checkLife() error {
	lined, held := 0, 0
	for _, a := range r.roster {
		l := &a.life
		phone := l.ownPhone
		if l.desk != "" {
			d := r.life.desks[l.desk]
			if d == nil || d.agent != a || a.state == hotline.AgentSignedOut && d.up {
				return fmt.Errorf("acd: agent %s (%s) and desk %s disagree", a.id, a.state, l.desk)
			}
			phone = d.up
		}
		out := a.state == hotline.AgentSignedOut
		switch {
		case phone != a.device:
			return fmt.Errorf("acd: agent %s at phone %q: device %t", a.id, l.desk, a.device)
		case !r.nextDue(a).Equal(a.due):
			return fmt.Errorf("acd: agent %s is due at %v, armed for %v", a.id, r.nextDue(a), a.due)
		case out && (l.ask != "" || l.relief != "" || l.misses != 0), l.over && a.state != hotline.AgentNotReady:
			return fmt.Errorf("acd: agent %s is %s with %+v", a.id, a.state, *l)
		case !l.until.IsZero() && a.state != hotline.AgentNotReady,
			l.back.state != "" && a.state != hotline.AgentOutbound && a.state != hotline.AgentWrapUp && !agentstate.Joined(a.state):
			return fmt.Errorf("acd: agent %s is %s with %+v", a.id, a.state, *l)
		case l.relief != "" && !r.life.reliefs[l.relief][a]:
			return fmt.Errorf("acd: agent %s waits for relief %s, who does not know", a.id, l.relief)
		}
		if l.ask != "" {
			lined++
		}
		if a.talk != nil {
			held++
			if !slices.Contains(r.life.on(a.talk.call).agents, a) {
				return fmt.Errorf("acd: call %s does not know agent %s", a.talk.call, a.id)
			}
		}
	}
	for id, line := range r.life.lines {
		lined -= line.len()
		if f, ok := r.reason(id); line.len() == 0 || !ok || !f.Approve && !r.full(f) {
			return fmt.Errorf("acd: %d agents stand in line for %s, which is free", line.len(), id)
		}
	}
	for call, c := range r.life.calls {
		held -= len(c.agents)
		for _, v := range c.visits {
			if v.call != call || r.visits[v.id] != v {
				return fmt.Errorf("acd: call %s holds visit %s", call, v.id)
			}
		}
		held -= len(c.visits)
	}
	if held += len(r.visits); lined != 0 || held != 0 {
		return fmt.Errorf("acd: %d agents too many or few in line, %d visits and agents in calls", lined, held)
	}
	return nil
}

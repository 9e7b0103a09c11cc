package centre

import (
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

func (p *parser) team(v strict.Value, ids seen) {
	m := v.Map("id", "name")
	id := p.id(m, kindTeam, ids)
	p.c.Teams = append(p.c.Teams, Team{ID: id, Name: name(m, id)})
}

func (p *parser) agent(v strict.Value, ids seen) {
	m := v.Map("id", "name", "password", "team", "skills", "queues", "weight", "phones", "digest", "dial")
	id := p.id(m, kindAgent, ids)
	a := Agent{
		ID: hotline.AgentID(id), Name: name(m, id), Password: p.secret(m.Get("password").Need()), Team: p.ref(m.Get("team"), kindTeam),
		Skills: map[string]int{}, Weight: m.Get("weight").Int(10, 1, 100), Phones: m.Get("phones").OneOf("many", "many", "one"),
		Digest: m.Get("digest").OneOf("md5", "md5", "sha-256"), Dial: agentDial(m.Get("dial")), Line: v.Line(),
	}
	skills := m.Get("skills").Free()
	for _, name := range skills.Keys() {
		level := skills.Get(name)
		switch {
		case !isSkillName(name):
			level.Fault(strict.Quote(name)+" cannot be a skill", "a letter, then letters, digits, _ . - and not the words and, or, not")
		case strings.HasPrefix(name, queueSkill):
			level.Fault(strict.Quote(name)+" cannot be a skill", "the level in a queue stands in queues: {ID: level}")
		default:
			a.Skills[name] = level.Int(0, 1, 9)
		}
	}
	queues := m.Get("queues").Free()
	for _, queue := range queues.Keys() {
		level := queues.Get(queue)
		p.need(level, kindQueue, queue)
		a.Skills[queueSkill+queue] = level.Int(0, 1, 9)
	}
	p.c.Agents = append(p.c.Agents, a)
}

func (p *parser) desk(v strict.Value, ids seen) {
	m := v.Map("id", "name", "password", "digest")
	id := p.id(m, kindDesk, ids)
	p.c.Desks = append(p.c.Desks, Desk{
		ID: hotline.PhoneID(id), Name: name(m, id), Password: p.secret(m.Get("password").Need()), Line: v.Line(),
		Digest: m.Get("digest").OneOf("md5", "md5", "sha-256"),
	})
	if p.knows(kindAgent, id) { // agents are read before desks
		m.Get("id").Fault("id "+strict.Quote(id)+" is an agent's", "another id: a desk registers by its own")
	}
}

func (p *parser) reason(v strict.Value, ids seen) {
	m := v.Map("id", "name", "allowance", "max_at_once", "approve")
	id := p.id(m, kindReason, ids)
	p.c.Reasons = append(p.c.Reasons, Reason{
		ID:        id,
		Name:      name(m, id),
		Allowance: m.Get("allowance").Duration(0, time.Minute, 24*time.Hour),
		MaxAtOnce: m.Get("max_at_once").Int(0, 1, 100_000),
		Approve:   m.Get("approve").Bool(false),
	})
	if isEngineReason(id) {
		m.Get("id").Fault(strict.Quote(id)+" is a reason of the engine's own", "another id")
	}
}

// isEngineReason says whether the engine itself sets that reason.
func isEngineReason(id string) bool {
	switch id {
	case hotline.ReasonSignedIn, hotline.ReasonNoAnswer, hotline.ReasonRejected, hotline.ReasonUnreachable, hotline.ReasonBusy,
		hotline.ReasonDeviceLost, hotline.ReasonRestarted, hotline.ReasonSupervising, hotline.ReasonUnspecified:
		return true
	}
	return false
}

func (p *parser) shift(v strict.Value) {
	m := v.Map("agent", "relief", "days", "from", "to")
	s := Shift{
		Agent:  hotline.AgentID(p.ref(m.Get("agent").Need(), kindAgent)),
		Relief: hotline.AgentID(p.ref(m.Get("relief"), kindAgent)),
		Days:   weekdays(m.Get("days").Need(), m.Get("days").Text("mon-sun")),
		From:   clock(m.Get("from").Need(), m.Get("from").Text("00:00")),
		To:     clock(m.Get("to").Need(), m.Get("to").Text("24:00")),
	}
	if s.Agent == s.Relief && s.Agent != "" {
		m.Get("relief").Fault("is the agent itself", "who comes after it")
	}
	if s.To <= s.From {
		s.To += dayMinutes
	}
	p.c.Shifts = append(p.c.Shifts, s)
}

// ownSkills gives a queue without "needs" the agents who list it, if anybody does.
func (p *parser) ownSkills() {
	listed := map[string]bool{}
	for _, a := range p.c.Agents {
		for skill := range a.Skills {
			listed[skill] = true
		}
	}
	for i := range p.c.Queues {
		q := &p.c.Queues[i]
		at := p.rules[q.ID]
		if own := queueSkill + string(q.ID); listed[own] && !at.Get("needs").Present() {
			q.Needs = Expr{Text: own, root: skillNode{own}}
		}
		if q.BestFirst != "" && !listed[q.BestFirst] {
			at.Get("best_first").Fault("no agent has the skill "+strict.Quote(q.BestFirst), "a skill of agents")
		}
	}
}

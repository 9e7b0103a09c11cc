package acd

import (
	"time"

	"hotline"
	"hotline/centre"
)

func (g *game) randomWrapUp() centre.WrapUp {
	return centre.WrapUp{
		Mode: pickOne(g.rng, "none", "timed", "manual"), After: time.Duration(1+g.rng.IntN(30)) * time.Second,
		Codes:  pickOne(g.rng, "", centre.CodesNone, centre.CodesOptional, centre.CodesRequired),
		Extend: time.Duration(g.rng.IntN(3)*10) * time.Second, Extends: g.rng.IntN(3),
	}
}

// playWrapUp codes, prolongs or ends after-call work. Who must code cannot end it, and nobody else is kept in it.
func (g *game) playWrapUp(id hotline.AgentID) {
	a := g.router.agents[id]
	switch g.rng.IntN(4) {
	case 0:
		if a == nil || a.talk == nil || a.talk.queue == nil {
			return
		}
		t := a.talk
		g.step(hotline.CodeWrap{
			Agent: id, Contact: t.contact, Call: t.call, Visit: t.visit, Queue: t.queue.id, Code: pickOne(g.rng, "x", "y", "group", "none"),
		})
	case 1:
		g.step(hotline.ExtendWrap{Agent: id, Source: pickOne(g.rng, hotline.SourceAgent, hotline.SourceLead)})
	default:
		wrap := a != nil && a.state == hotline.AgentWrapUp
		must := wrap && a.talk.uncoded()
		g.step(hotline.EndWrap{Agent: id, Source: hotline.SourceAgent})
		if wrap && !a.gone && must != (a.state == hotline.AgentWrapUp) {
			g.t.Errorf("agent %s must code: %t, but having ended its after-call work it is %s", id, must, a.state)
		}
	}
}

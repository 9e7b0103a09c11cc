package main

import (
	"slices"

	"hotline"
	"hotline/reports"
)

// mayForward says whether a call for one agent's phone may ring at another's, where the phone sends it: only at one who is ready. Whoever is away, speaks
// or is chosen for somebody else has not asked for a call, and the queue has chosen whom it offers one.
func (e *engine) mayForward(_, to hotline.AgentID) bool {
	return readyIn(e.fold.View(e.clock.Now()), to)
}

func readyIn(v *reports.View, id hotline.AgentID) bool {
	return slices.ContainsFunc(v.Agents, func(a reports.AgentView) bool { return a.ID == id && a.State == hotline.AgentReady })
}

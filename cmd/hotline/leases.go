package main

import (
	"context"
	"errors"
	"time"

	"hotline"
	"hotline/acd"
)

// leaseStep is how often the agents in calls are held against what is alive. Twice nothing there in a row heals an agent, so
// within two seconds, and never for what has only just ended.
const leaseStep = 700 * time.Millisecond

// watch finds agents whose calls nothing backs.
type watch struct {
	call func(hotline.CallID) bool // alive
	leg  func(hotline.LegID) bool
	line func(hotline.CallID, hotline.AgentID) hotline.LegID // another leg by which the agent speaks; empty: none
	dead map[hotline.AgentID]hotline.CallID                  // what was found dead in the last look
}

// look returns who is to be healed: whoever was found without a live call or dialog in this look and the one before.
func (w *watch) look(leases []acd.Lease) (heal []hotline.Heal) {
	dead := make(map[hotline.AgentID]hotline.CallID)
	for _, l := range leases {
		evidence := ""
		switch {
		case !w.call(l.Call):
			evidence = "no call " + string(l.Call)
		case l.Leg != "" && !w.leg(l.Leg) && !w.leg(w.line(l.Call, l.Agent)):
			evidence = "no dialog for leg " + string(l.Leg)
		default:
			continue
		}
		if w.dead[l.Agent] == l.Call {
			heal = append(heal, hotline.Heal{Agent: l.Agent, Call: l.Call, Evidence: evidence})
			continue
		}
		dead[l.Agent] = l.Call
	}
	w.dead = dead
	return heal
}

// watchLeases heals agents that the shard takes to be in a call of which nothing is left.
func (e *engine) watchLeases(ctx context.Context) error {
	w := watch{call: e.hub.Alive, leg: e.sip.Alive, line: e.hub.Line}
	tick := time.NewTicker(leaseStep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		leases, err := e.shard.Leases(ctx)
		if err != nil {
			continue // the shard says so itself
		}
		for _, h := range w.look(leases) {
			e.log.Error("an agent was in a call of which nothing is left", "agent", h.Agent, "call", h.Call, "evidence", h.Evidence)
			if err := e.shard.Submit(ctx, h); err != nil && !errors.Is(err, hotline.ErrUnknown) && ctx.Err() == nil {
				e.log.Warn("the agent is not healed", "agent", h.Agent, "error", err)
			}
		}
	}
}

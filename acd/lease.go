package acd

import (
	"context"
	"time"

	"hotline"
)

// Lease is an agent's being in a call, as the router has it. It holds as long as a live dialog backs it: whoever looks after
// dialogs asks for Leases and says Heal for those that nothing backs any more.
type Lease struct {
	Agent hotline.AgentID
	Call  hotline.CallID
	Leg   hotline.LegID // the agent's; empty in a call of its own making
}

// Leases returns one for each agent in a call. It costs O(agents).
func (r *Router) Leases() []Lease {
	var out []Lease
	for _, a := range r.roster {
		if a.talking() {
			out = append(out, Lease{a.id, a.talk.call, a.talk.leg})
		}
	}
	return out
}

// Leases returns one for each agent in a call; see Router.Leases.
func (s *Shard) Leases(ctx context.Context) ([]Lease, error) {
	return query(ctx, s, func(r *Router, _ time.Time) ([]Lease, error) { return r.Leases(), nil })
}

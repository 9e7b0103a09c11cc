package reports

import (
	"slices"
	"sort"

	"hotline"
)

// Planned is a stretch of time that somebody is to work: [From, To).
type Planned struct {
	From Moment `json:"from"`
	To   Moment `json:"to"`
}

// Plan is who is to work when, each one's stretches in order and apart from one another. It comes with a query: a plan that is
// changed later changes what was kept of it.
type Plan map[hotline.AgentID][]Planned

// productive says that the agent is there for customers: not signed out, not "not ready". Of unknown time nothing can be said.
func productive(s hotline.AgentState) bool { return s != hotline.AgentNotReady && s != stateUnknown }

// adhere counts in every bin how much of the plan is over, and in how much of that the agent was productive (kpi 1.2). Time that
// nobody could see is in neither.
func (s *agentSnapshot) adhere(rows []AgentRow, bs []bin, plan []Planned, now int64) {
	if len(plan) == 0 {
		return
	}
	for _, p := range plan {
		eachBin(bs, int64(p.From), min(int64(p.To), now), func(i int, ms int64) { rows[i].PlannedMS += ms })
	}
	add := func(sp span) {
		if !productive(sp.state) && sp.state != stateUnknown {
			return
		}
		for i := sort.Search(len(plan), func(i int) bool { return int64(plan[i].To) > sp.start }); i < len(plan) && int64(plan[i].From) < sp.end; i++ {
			eachBin(bs, max(sp.start, int64(plan[i].From)), min(sp.end, int64(plan[i].To), now), func(i int, ms int64) {
				if sp.state == stateUnknown {
					rows[i].PlannedMS -= ms
				} else {
					rows[i].AdherentMS += ms
				}
			})
		}
	}
	for sp := range s.spans.span(bs[0].start, bs[len(bs)-1].end) {
		add(sp)
	}
	if s.isOpen {
		add(s.open)
	}
}

// eachBin shares a time out among the bins that it touches.
func eachBin(bs []bin, from, to int64, do func(i int, ms int64)) {
	from, to = max(from, bs[0].start), min(to, bs[len(bs)-1].end)
	if from >= to {
		return
	}
	for i := find(bs, from); i >= 0 && i < len(bs) && bs[i].start < to; i++ {
		if ms := min(to, bs[i].end) - max(from, bs[i].start); ms > 0 {
			do(i, ms)
		}
	}
}

// cut is what of the plan lies in the time.
func (p Plan) cut(agent hotline.AgentID, in bin) []Planned {
	var out []Planned
	for _, x := range p[agent] {
		if x.From, x.To = max(x.From, Moment(in.start)), min(x.To, Moment(in.end)); x.From < x.To {
			out = append(out, x)
		}
	}
	return slices.Clip(out)
}

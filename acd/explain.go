package acd

import (
	"cmp"
	"slices"
	"time"

	"hotline"
	"hotline/agentstate"
)

// ExplainVisit says why the visit still waits, or whose phone rings for it, from the state that decides. Because holds who
// could take it and what they do, where it stands, and what will change by itself. It costs O(agents). The error wraps
// hotline.ErrUnknown.
func (r *Router) ExplainVisit(now time.Time, id hotline.VisitID) (hotline.Explanation, error) {
	v := r.visits[id]
	if v == nil {
		return hotline.Explanation{}, unknown("visit %q", id)
	}
	x := hotline.Explanation{At: hotline.Millis(now), Contact: v.contact, Visit: v.id, Queue: v.queue.id}
	waited := now.Sub(v.since).Milliseconds()
	switch p := v.pool(); {
	case len(v.offers) > 0:
		x.Verdict = hotline.Reason{Code: hotline.WhyRings, N: len(v.offers), MS: waited, Agent: v.offers[0].agent.id}
		for _, o := range v.offers {
			x.Because = append(x.Because, hotline.Reason{
				Code: hotline.WhyPhoneRings, Agent: o.agent.id, State: o.agent.state, MS: now.Sub(o.at).Milliseconds(),
			})
		}
		return x, nil
	case v.prefer != nil:
		x.Verdict = hotline.Reason{
			Code: hotline.WhyPreferred, Agent: v.prefer.id, State: v.prefer.state, MS: max(0, v.preferUntil.Sub(now).Milliseconds()),
		}
	case p.members == 0:
		x.Verdict = hotline.Reason{Code: hotline.WhyNobodyFits, Text: p.expr.String(), MS: waited}
	case p.staff == 0:
		x.Verdict = hotline.Reason{Code: hotline.WhyNobodyWorks, N: p.members, MS: waited}
	default:
		x.Verdict = hotline.Reason{Code: hotline.WhyAllBusy, N: p.staff, MS: waited}
	}
	x.Because = append(x.Because, r.candidates(v)...)
	x.Because = append(x.Because, r.prospects(now, v)...)
	return x, nil
}

// candidates counts who the visit's needs admit, by what they do, and who they do not.
func (r *Router) candidates(v *visit) []hotline.Reason {
	p := v.pool()
	out := []hotline.Reason{{Code: hotline.WhyNeeds, Text: p.expr.String(), N: p.members, Of: len(r.roster)}}
	type group struct {
		state  hotline.AgentState
		reason string
	}
	count := make(map[group]int)
	for _, a := range r.roster {
		if slices.Contains(a.pools, p) {
			count[group{a.state, a.reason}]++
		}
	}
	groups := make([]hotline.Reason, 0, len(count))
	for g, n := range count {
		groups = append(groups, hotline.Reason{Code: hotline.WhyState, State: g.state, Text: g.reason, N: n})
	}
	slices.SortFunc(groups, func(a, b hotline.Reason) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.State, b.State), cmp.Compare(a.Text, b.Text))
	})
	return append(out, groups...)
}

// prospects says where the visit stands and what will change for it.
func (r *Router) prospects(now time.Time, v *visit) []hotline.Reason {
	var out []hotline.Reason
	if n := v.line().ahead(now, v); n > 0 {
		out = append(out, hotline.Reason{Code: hotline.WhyAhead, N: n})
	}
	if _, wait, err := r.Place(now, v.id); err == nil && wait >= 0 {
		out = append(out, hotline.Reason{Code: hotline.WhyExpected, MS: wait.Milliseconds()})
	}
	if due, ok := v.relaxDue(); ok && v.prefer == nil {
		next := v.queue.rules.Relax[v.level]
		out = append(out, hotline.Reason{
			Code: hotline.WhyRelaxes, Text: next.Needs.String(), MS: max(0, due.Sub(now).Milliseconds()),
			N: v.levels[min(v.level+1, len(v.levels)-1)].members,
		})
	}
	if end, ok := v.deadline(); ok {
		then, to := v.queue.rules.MaxWait.Then.First()
		out = append(out, hotline.Reason{
			Code: hotline.WhyEnds, Text: then, Queue: hotline.QueueID(to), MS: max(0, end.Sub(now).Milliseconds()),
		})
	}
	return out
}

// ExplainAgent says why the agent gets no call, or which one it has. Because holds, for a ready agent, who waits that it does
// not fit, and its place among the ready. It costs O(queues). The error wraps hotline.ErrUnknown.
func (r *Router) ExplainAgent(now time.Time, id hotline.AgentID) (hotline.Explanation, error) {
	a := r.agents[id]
	if a == nil {
		return hotline.Explanation{}, unknown("agent %q", id)
	}
	x := hotline.Explanation{At: hotline.Millis(now), Agent: a.id}
	since := int64(0) // it has never been anything else
	if !a.since.IsZero() {
		since = now.Sub(a.since).Milliseconds()
	}
	x.Verdict = hotline.Reason{Code: hotline.WhyAgentIs, State: a.state, Text: a.reason, MS: since}
	switch {
	case a.gone:
		x.Verdict.Code = hotline.WhyGone
	case a.offer != nil:
		v := a.offer.visit
		x.Contact, x.Visit, x.Queue = v.contact, v.id, v.queue.id
	case a.talk != nil:
		x.Contact, x.Visit = a.talk.contact, a.talk.visit
		if q := a.talk.queue; q != nil { // a call of its own may be for none
			x.Queue = q.id
		}
	}
	if a.state == hotline.AgentReady {
		x.Verdict.Code = hotline.WhyNobodyWaits
	}
	if !a.device && a.state != hotline.AgentSignedOut {
		x.Because = append(x.Because, hotline.Reason{Code: hotline.WhyNoPhone})
	}
	if a.next.state != "" {
		x.Because = append(x.Because, hotline.Reason{Code: hotline.WhyNext, State: a.next.state, Text: a.next.reason})
	}
	x.Because = append(x.Because, a.prospects(now)...)
	for _, q := range r.lines {
		x.Because = append(x.Because, r.queueFor(now, a, q, &x.Verdict)...)
	}
	return x, nil
}

// prospects says what will change for the agent, or what it waits for.
func (a *agent) prospects(now time.Time) (out []hotline.Reason) {
	l := &a.life
	if !l.until.IsZero() && a.state == hotline.AgentNotReady {
		out = append(out, hotline.Reason{Code: hotline.WhyRests, N: l.misses, MS: max(0, l.until.Sub(now).Milliseconds())})
	}
	if l.ask != "" {
		out = append(out, hotline.Reason{Code: hotline.WhyAsksBreak, Text: l.ask})
	}
	if l.relief != "" {
		out = append(out, hotline.Reason{Code: hotline.WhyRelief, Agent: l.relief})
	}
	if a.promise != nil {
		out = append(out, hotline.Reason{Code: hotline.WhyPromise})
	}
	return out
}

// queueFor says what a queue has for the agent: callers it does not fit, or nobody and its place among the ready.
func (r *Router) queueFor(now time.Time, a *agent, q *queue, verdict *hotline.Reason) []hotline.Reason {
	if q.unknown || len(q.levels) == 0 {
		return nil
	}
	p := q.levels[0]
	fits := slices.Contains(a.pools, p)
	switch n := q.waiting.len(); {
	case n > 0 && !fits:
		if a.state == hotline.AgentReady {
			verdict.Code = hotline.WhyFitsNobody
			verdict.N += n
		}
		return []hotline.Reason{{Code: hotline.WhyNotFit, Queue: q.id, N: n, Text: p.expr.String()}}
	case !fits:
		return nil
	case a.indexed:
		return []hotline.Reason{{Code: hotline.WhyTurn, Queue: q.id, N: p.turn(a, r.moment(now)) + 1, Of: p.ready.len(), Text: q.rules.Strategy}}
	case n > 0 && !agentstate.Working(a.state):
		return []hotline.Reason{{Code: hotline.WhyMissed, Queue: q.id, N: n}}
	}
	return nil
}

// Open returns the contact's visits that wait or ring, the first asked for first. It costs O(visits).
func (r *Router) Open(c hotline.ContactID) []hotline.VisitID {
	var out []hotline.VisitID
	for _, v := range r.inOrder() {
		if v.contact == c {
			out = append(out, v.id)
		}
	}
	return out
}

package acd

import (
	"hash/fnv"
	"io"
	"strconv"
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// pool is everyone whom one skill expression admits, in the order one family of strategies asks them, and the visits that
// wait for them. Queues with the same expression and family share a pool. No visit waits in a pool that has a ready agent.
type pool struct {
	expr    centre.Expr
	key     string // canonical expression and family
	family  string
	ready   tree[*agent]
	line    line
	members int // agents of the file that the expression admits
	staff   int // of these, who is signed in and not on a break

	own, all decayed // calls lately answered by members: of this pool's visits, and of any
}

// family is the order of agents that a strategy needs. The strategies of the order "file" differ in where they begin.
func family(strategy string) string {
	switch strategy {
	case centre.LeastTalk, centre.FewestCalls, centre.LeastFlexible:
		return strategy
	case centre.RoundRobin, centre.Linear, centre.Random:
		return "file"
	}
	return centre.LongestIdle
}

// rank is the agent's place in the pool's order. What it is made of changes only while the agent is not indexed.
func (p *pool) rank(a *agent) rank {
	idle, n := a.idle.UnixMilli(), uint64(a.index)
	switch p.family {
	case centre.LeastTalk:
		return rank{a.talkMS, idle, n}
	case centre.FewestCalls:
		return rank{a.calls, idle, n}
	case centre.LeastFlexible:
		return rank{int64(a.serves), idle, n}
	case "file":
		return rank{int64(a.index), 0, n}
	}
	return rank{idle, 0, n}
}

// pick returns the ready agent whom the visit's queue asks first, nil if none is ready.
func (p *pool) pick(r *Router, v *visit) *agent {
	n := p.ready.len()
	if n == 0 {
		return nil
	}
	k := 0
	switch v.queue.rules.Strategy {
	case centre.RoundRobin:
		if last := r.agents[v.queue.asked]; last != nil {
			k = p.ready.before(rank{a: int64(last.index) + 1}) % n
		}
	case centre.Random:
		h := fnv.New64a()
		_, _ = io.WriteString(h, string(v.id))
		k = int(mix(h.Sum64()+uint64(v.attempts)) % uint64(n))
	}
	a := p.ready.kth(k)
	if a.id == v.last && n > 1 { // not the same agent twice running
		a = p.ready.kth((k + 1) % n)
	}
	return a
}

// why says for the record why the visit's queue asks this agent.
func (p *pool) why(a *agent, now time.Time, strategy string) string {
	b := append(make([]byte, 0, 64), strategy...)
	switch p.family {
	case centre.LeastTalk:
		b = strconv.AppendInt(append(b, ": talked "...), a.talkMS/1000, 10)
		b = append(b, " s"...)
	case centre.FewestCalls:
		b = strconv.AppendInt(append(b, ": calls "...), a.calls, 10)
	case centre.LeastFlexible:
		b = strconv.AppendInt(append(b, ": serves queues "...), int64(a.serves), 10)
	case centre.LongestIdle:
		b = strconv.AppendInt(append(b, ": idle "...), max(0, now.Sub(a.idle).Milliseconds()/1000), 10)
		b = append(b, " s"...)
	}
	b = append(b, ", ready "...)
	return string(strconv.AppendInt(b, int64(p.ready.len()), 10))
}

// index puts a ready agent where visits find it; unindex takes it out. Both may be called in any state.
func (r *Router) index(a *agent) {
	if a.indexed || a.state != hotline.AgentReady || a.offer != nil {
		return
	}
	a.indexed = true
	for _, p := range a.pools {
		p.ready.insert(p.rank(a), a)
	}
}

func (r *Router) unindex(a *agent) {
	if !a.indexed {
		return
	}
	a.indexed = false
	for _, p := range a.pools {
		p.ready.remove(p.rank(a))
	}
}

// countStaff keeps the pools' number of working agents as the agent's state changes.
func countStaff(a *agent, from, to hotline.AgentState) {
	d := 0
	if agentstate.Working(from) {
		d--
	}
	if agentstate.Working(to) {
		d++
	}
	if d != 0 {
		for _, p := range a.pools {
			p.staff += d
		}
	}
}

package acd

import (
	"cmp"
	"hash/fnv"
	"io"
	"math"
	"strconv"
	"time"

	"hotline"
	"hotline/centre"
)

// pool is everyone whom one skill expression admits, in the order one family of strategies asks them, and the visits that
// wait for them. Queues with the same expression and family share a pool. No visit waits in a pool that has a ready agent.
type pool struct {
	spec
	key     string
	ready   tree[*agent]
	least   *tournament // among the ready, of the family least_occupied
	line    line
	members int  // agents of the file that the expression admits
	staff   int  // of these, who is signed in and not on a break
	made    bool // for single callers: no queue has it
	users   int  // visits that have it among their levels
	heads   headcount
	watched []*vacancy // of queues whose callers leave when nobody is here

	own, all decayed // calls lately answered by members: of this pool's visits, and of any
}

// family is the order of agents that a strategy needs. The strategies of the order "file" differ in where they begin.
func family(strategy string) string {
	switch strategy {
	case centre.LeastTalk, centre.FewestCalls, centre.LeastFlexible, centre.LeastOccupied, centre.Weighted:
		return strategy
	case centre.RoundRobin, centre.Linear, centre.Random:
		return "file"
	}
	return centre.LongestIdle
}

// rank is the agent's place in the pool's order. What it is made of changes only while the agent is not indexed.
func (p *pool) rank(a *agent) rank {
	at := p.by(a)
	if p.best != "" { // figures take fewer than 58 bits
		at.a = min(max(at.a, 0), 1<<57-1) + p.tier(a.skills[p.best])
	}
	return at
}

// by is the agent's place by the pool's strategy alone.
func (p *pool) by(a *agent) rank {
	idle, n := a.idle.UnixMilli(), uint64(a.index)
	switch p.family {
	case centre.LeastTalk:
		return rank{a.talkMS, idle, n}
	case centre.FewestCalls:
		return rank{a.calls, idle, n}
	case centre.LeastFlexible:
		return rank{int64(a.serves), idle, n}
	case centre.Weighted:
		return rank{int64(a.work.taken.over(cmp.Or(a.weight, 10))), idle, n}
	case "file", centre.LeastOccupied: // whose order is not one of ranks
		return rank{int64(a.index), 0, n}
	}
	return rank{idle, 0, n}
}

// pick returns the ready agent whom the visit's queue asks first; the pool must have one.
func (p *pool) pick(s *step, v *visit) *agent {
	if p.least != nil {
		return p.least.first(s.moment(s.now), v.last)
	}
	n, k := p.ready.len(), 0
	_, first, _ := p.ready.first()
	top := first.skills[p.best]
	if p.best != "" {
		n = p.ready.before(rank{a: p.tier(top) + 1<<57}) // of the best level alone
	}
	switch v.queue.rules.Strategy {
	case centre.RoundRobin:
		if last := s.agents[v.queue.asked]; last != nil {
			k = p.ready.before(rank{a: p.tier(top) + int64(last.index) + 1}) % n
		}
	case centre.Random:
		h := fnv.New64a()
		_, _ = io.WriteString(h, string(v.id))
		k = int(mix(h.Sum64()+uint64(v.attempts)) % uint64(n))
	}
	a := p.ready.kth(k)
	if a.id == v.last && p.ready.len() > 1 { // not the same agent twice running
		a = p.ready.kth((k + 1) % max(n, min(2, p.ready.len())))
	}
	return a
}

// turn counts the ready agents who come before the agent.
func (p *pool) turn(a *agent, m moment) int {
	if p.least != nil {
		return p.least.before(a, m)
	}
	return p.ready.before(p.rank(a))
}

// tier is where the rank of an agent of that level begins, where a skill's higher levels are asked first.
func (p *pool) tier(level int) int64 {
	if p.best == "" {
		return 0
	}
	return int64(9-min(9, level)) << 58
}

// why says for the record why the visit's queue asks this agent, in words and as data.
func (p *pool) why(a *agent, m moment, v *visit) (string, hotline.Pick) {
	strategy := v.queue.rules.Strategy
	if strategy == "" {
		strategy = centre.LongestIdle
	}
	pick := hotline.Pick{Rule: strategy, Ready: p.ready.len(), Level: v.level}
	b := append(make([]byte, 0, 64), v.queue.rules.Strategy...)
	switch p.family {
	case centre.LeastTalk:
		pick.Figure = float64(a.talkMS / 1000)
		b = strconv.AppendInt(append(b, ": talked "...), a.talkMS/1000, 10)
		b = append(b, " s"...)
	case centre.FewestCalls:
		pick.Figure = float64(a.calls)
		b = strconv.AppendInt(append(b, ": calls "...), a.calls, 10)
	case centre.LeastFlexible:
		pick.Figure = float64(a.serves)
		b = strconv.AppendInt(append(b, ": serves queues "...), int64(a.serves), 10)
	case centre.LeastOccupied:
		pick.Figure = math.Round(a.occupancyAt(m).share()*1000) / 1000
		b = strconv.AppendFloat(append(b, ": occupied "...), pick.Figure*100, 'f', 1, 64)
		b = append(b, " %"...)
	case centre.Weighted:
		pick.Figure = math.Round(a.work.taken.over(cmp.Or(a.weight, 10)).value(time.UnixMilli(m.now))*1000) / 1000
		b = strconv.AppendFloat(append(b, ": calls by weight "...), pick.Figure, 'f', 3, 64)
	case centre.LongestIdle:
		idle := max(0, (m.now-a.idle.UnixMilli())/1000)
		pick.Figure = float64(idle)
		b = strconv.AppendInt(append(b, ": idle "...), idle, 10)
		b = append(b, " s"...)
	}
	if p.best != "" {
		b = strconv.AppendInt(append(append(append(b, ", "...), p.best...), ' '), int64(a.skills[p.best]), 10)
	}
	b = append(b, ", ready "...)
	return string(strconv.AppendInt(b, int64(p.ready.len()), 10)), pick
}

// index puts a ready agent where visits find it; unindex takes it out. Both may be called in any state.
func (r *Router) index(a *agent) {
	if a.indexed || a.state != hotline.AgentReady || a.offer != nil || a.promise != nil {
		return
	}
	a.indexed = true
	for _, p := range a.pools {
		p.enter(a)
	}
}

func (r *Router) unindex(a *agent) {
	if !a.indexed {
		return
	}
	a.indexed = false
	for _, p := range a.pools {
		p.leave(a)
	}
}

func (p *pool) enter(a *agent) {
	p.ready.insert(p.rank(a), a)
	if p.least != nil {
		p.least.enter(a)
	}
}

func (p *pool) leave(a *agent) {
	p.ready.remove(p.rank(a))
	if p.least != nil {
		p.least.leave(a)
	}
}

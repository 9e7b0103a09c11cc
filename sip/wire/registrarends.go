package wire

import (
	"math"
	"slices"
	"time"

	"hotline"
)

// ends finds the agents whose phones are over without looking at all of them: by second for those that expire, by connection
// for those that were cut off. Guarded by the registrar's mu.
type ends struct {
	epoch   time.Time
	done    int64 // the second up to which all were looked at
	began   bool
	due     map[hotline.AgentID]int64 // when the agent is looked at next: not after its first contact expires
	seconds map[int64][]hotline.AgentID
	flows   map[*flow]map[hotline.AgentID]int // how many of the agent's contacts came by the connection
}

func newEnds() ends {
	return ends{
		epoch: time.Now(), done: math.MinInt64 / 2, due: make(map[hotline.AgentID]int64), seconds: make(map[int64][]hotline.AgentID),
		flows: make(map[*flow]map[hotline.AgentID]int),
	}
}

// second is the first whole second at which what expires at t is over.
func (e *ends) second(t time.Time) int64 {
	d := t.Sub(e.epoch)
	s := int64(d / time.Second)
	if d > 0 && d%time.Second != 0 {
		s++
	}
	return s
}

// note is told that the agent has other contacts.
func (e *ends) note(agent hotline.AgentID, old, next []Contact) {
	for _, c := range old {
		if of := e.flows[c.Path.flow]; c.Path.flow != nil && of != nil {
			if of[agent]--; of[agent] <= 0 {
				delete(of, agent)
			}
			if len(of) == 0 {
				delete(e.flows, c.Path.flow)
			}
		}
	}
	for _, c := range next {
		if c.Path.flow == nil {
			continue
		}
		if e.flows[c.Path.flow] == nil {
			e.flows[c.Path.flow] = make(map[hotline.AgentID]int, 1)
		}
		e.flows[c.Path.flow][agent]++
	}
	e.schedule(agent, next)
}

// schedule sees to it that the agent is looked at when its first contact expires. A refresh leaves it as it stands: the look
// that comes too early puts it off.
func (e *ends) schedule(agent hotline.AgentID, cs []Contact) {
	if len(cs) == 0 {
		return // the look that is due finds nothing
	}
	first := e.second(cs[0].expires)
	for _, c := range cs[1:] {
		first = min(first, e.second(c.expires))
	}
	first = max(first, e.done+1)
	if at, ok := e.due[agent]; ok && at <= first {
		return
	}
	e.due[agent] = first
	e.seconds[first] = append(e.seconds[first], agent)
}

// over are the agents to be looked at now.
func (e *ends) over(now time.Time) (all []hotline.AgentID) {
	d := now.Sub(e.epoch)
	last := int64(d / time.Second)
	if d < 0 {
		last--
	}
	take := func(s int64) {
		for _, agent := range e.seconds[s] {
			if e.due[agent] == s {
				delete(e.due, agent)
				all = append(all, agent)
			}
		}
		delete(e.seconds, s)
	}
	switch {
	case !e.began || last-e.done > 3600: // the first look, or the process stood still
		for s := range e.seconds {
			if s <= last {
				take(s)
			}
		}
	default:
		for s := e.done + 1; s <= last; s++ {
			take(s)
		}
	}
	e.began, e.done = true, max(last, e.done)
	return all
}

// expire takes away what is over. It looks at nobody whose phones are not due.
func (r *registrar) expire(now time.Time) {
	r.mu.Lock()
	agents := r.ends.over(now)
	r.forgetCuts(now)
	r.mu.Unlock()
	for _, agent := range agents {
		r.take(agent, func(c *Contact) bool { return !now.Before(c.expires) })
	}
}

// drop takes away what was registered over a connection that is gone (RFC 5626 §5.3).
func (r *registrar) drop(f *flow) {
	r.order.Lock() // a REGISTER that found the connection open is through
	r.mu.Lock()
	agents := make([]hotline.AgentID, 0, len(r.ends.flows[f]))
	for agent := range r.ends.flows[f] {
		agents = append(agents, agent)
	}
	r.mu.Unlock()
	r.order.Unlock()
	for _, agent := range agents {
		r.take(agent, func(c *Contact) bool {
			if c.Path.flow != f {
				return false
			}
			r.remember(agent, *c, time.Now())
			return true
		})
	}
}

// lost takes away a contact whose connection is gone at an element between us and the phone (430, RFC 5626 §6).
func (r *registrar) lost(agent hotline.AgentID, key string) {
	r.take(agent, func(c *Contact) bool { return c.Key == key })
}

// Lost takes an agent's contact away whose connection is gone at an element between us and the phone (430, RFC 5626 §6).
func (w *Wire) Lost(agent hotline.AgentID, key string) { w.reg.lost(agent, key) }

// take takes contacts of one agent away.
func (r *registrar) take(agent hotline.AgentID, gone func(*Contact) bool) {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	cs := r.aors[agent]
	next := slices.DeleteFunc(slices.Clone(cs), func(c Contact) bool { return gone(&c) })
	if len(next) == len(cs) {
		r.ends.schedule(agent, cs)
		r.mu.Unlock()
		return
	}
	was, is := reachable(cs), reachable(next)
	r.store(agent, next)
	r.mu.Unlock()
	if was && !is {
		r.signal(hotline.DeviceDown{Agent: agent})
	}
}

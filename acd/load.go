package acd

import (
	"math"
	"time"

	"hotline"
	"hotline/agentstate"
)

// loadMemory is how quickly what an agent has done loses weight: to 1/e in this time.
const loadMemory = 3 * time.Hour

// load is a sum of work whose parts lose weight with age, all at the same rate: of two agents who do nothing the one with the
// lower sum keeps it, so that trees need not be sorted anew as time passes. It is kept as the moment, in microseconds, at
// which the sum was, or will be, 1. Zero is no work at all, and comes before all other.
type load int64

// value is the sum at the time now.
func (l load) value(now time.Time) float64 {
	if l == 0 {
		return 0
	}
	return math.Exp(float64(int64(l)-now.UnixMicro()) / float64(loadMemory.Microseconds()))
}

// loadOf is the load that has the value x at the time now.
func loadOf(now time.Time, x float64) load {
	if !(x > 0) {
		return 0
	}
	return max(1, load(now.UnixMicro())+load(math.Round(math.Log(x)*float64(loadMemory.Microseconds()))))
}

// over divides the sum by n.
func (l load) over(n int) load {
	if l == 0 {
		return 0
	}
	return max(1, l-load(math.Round(math.Log(float64(max(1, n)))*float64(loadMemory.Microseconds()))))
}

// rested is the absence after which an agent begins anew.
const rested = 2 * time.Hour

// work is the calls that an agent has answered lately, for the strategy weighted. Who comes to work for the first time, or after
// an absence of rested, is taken to have answered as many as the others at work have on average.
type work struct {
	taken load
	left  time.Time // not at work since; zero: at work, or never was
}

// crew is the sum over all agents at work.
type crew struct {
	At    time.Time `json:"at,omitzero"`
	N     int       `json:"n,omitempty"`
	Taken float64   `json:"taken,omitempty"`
}

func faded(since, now time.Time) float64 {
	return math.Exp(-float64(max(0, now.Sub(since))) / float64(loadMemory))
}

// at brings the sum up to the time now.
func (c *crew) at(now time.Time) {
	if now.After(c.At) {
		c.Taken, c.At = c.Taken*faded(c.At, now), now
	}
}

// add adds the work of an agent, or of several.
func (c *crew) add(n int, taken float64) {
	if c.N += n; c.N <= 0 {
		*c = crew{At: c.At}
		return
	}
	c.Taken += taken
}

func (c *crew) mean() float64 { return c.Taken / float64(max(1, c.N)) }

// worked keeps the agent's work as it comes to work and leaves it.
func (r *Router) worked(a *agent, to hotline.AgentState, now time.Time) {
	was, is := agentstate.Working(a.state), agentstate.Working(to)
	w := &a.work
	switch {
	case was && !is:
		r.crew.at(now)
		r.crew.add(-1, -w.taken.value(now))
		w.left = now
	case is && !was:
		r.crew.at(now)
		if w.left.IsZero() || now.Sub(w.left) > rested {
			w.taken = loadOf(now, r.crew.mean())
		}
		w.left = time.Time{}
		r.crew.add(1, w.taken.value(now))
	}
}

// took counts a call that the agent has answered.
func (r *Router) took(a *agent, now time.Time) {
	r.crew.at(now)
	a.work.taken = loadOf(now, a.work.taken.value(now)+1)
	r.crew.add(0, 1)
}

package main

import (
	"sync"
	"testing"
	"time"

	"hotline"
)

// transferStep is one way for an attended transfer to fail, at one of its steps.
type transferStep struct {
	name string
	run  func(*transferCase)
	only string // "phone" or "engine", where the other way has no such step
}

// TestTransferFailsAtEachStep: an attended transfer by the agent's own phone (hold, a call to the target, REFER with Replaces) and by the
// engine (consult, complete), with real SIP and sound on a whole engine, where the target, the agent or the customer fails at each step
// (reliability.md §4, 45). The customer is never dropped: within a second it is its agent's again, the target's, or the first in its queue.
func TestTransferFailsAtEachStep(t *testing.T) {
	var steps []transferStep
	steps = append(steps, targetSteps()...)
	steps = append(steps, completeSteps()...)
	steps = append(steps, agentSteps()...)
	steps = append(steps, customerSteps()...)
	e, at := transferEngine(t, 2*len(steps))
	t.Run("steps", func(t *testing.T) {
		var all sync.WaitGroup
		defer all.Wait()
		room := make(chan struct{}, 24)
		for i, s := range steps {
			for j, way := range []string{"phone", "engine"} {
				if s.only != "" && s.only != way {
					continue
				}
				room <- struct{}{}
				all.Go(func() { // not Parallel: they wait more than they work
					defer func() { <-room }()
					t.Run(way+"/"+s.name, func(t *testing.T) { s.run(newTransferCase(t, e, at, 2*i+j, way == "phone")) })
				})
			}
		}
	})
	left := func() bool {
		free, draining, total := e.media.Ports()
		return e.hub.Count() == 0 && e.sip.Count() == 0 && free+draining == total
	}
	for end := time.Now().Add(10 * time.Second); !left() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if s := e.hub.Stats(); !left() || s.Panics+e.wire.Panics.Load() != 0 || s.LostFacts != 0 {
		free, draining, total := e.media.Ports()
		t.Errorf("left: %d calls, %d legs, %d+%d of %d ports; %+v", e.hub.Count(), e.sip.Count(), free, draining, total, s)
	}
}

// targetSteps fail before the agent has handed the customer on.
func targetSteps() []transferStep {
	refuses := func(code, told int) func(*transferCase) {
		return func(c *transferCase) {
			c.other.set(func() { c.other.takes = code })
			c.consults(c.target)
			c.theirs = c.other.rung()
			c.failed(told)
			c.back()
		}
	}
	return []transferStep{
		{name: "nobody of that name", run: func(c *transferCase) {
			if c.phone {
				c.consults("nobody")
				c.failed(404)
			} else if c.command(hotline.VerbConsult, "nobody") == nil {
				c.t.Error("consulted")
			}
			c.back()
		}},
		{name: "not signed in", run: func(c *transferCase) {
			if err := c.e.shard.Submit(c.t.Context(), hotline.SetAgent{Agent: hotline.AgentID(c.target), State: hotline.AgentSignedOut}); err != nil {
				c.t.Fatal(err)
			}
			if c.phone {
				c.consults(c.target)
				c.failed(486)
			} else if c.command(hotline.VerbConsult, c.target) == nil {
				c.t.Error("consulted")
			}
			if c.phone {
				c.line.hold(false)
			}
			if c.call.hears(voiceAgent) > soon {
				c.t.Error("not back")
			}
			c.ready(c.target)
			c.back()
		}},
		{name: "busy", run: refuses(486, 486)},
		{name: "declines", run: refuses(603, 403)},
		{name: "unavailable after ringing", run: refuses(480, 480)},
		{name: "timed out after ringing", run: refuses(408, 480)},
		{name: "its server fails", run: refuses(500, 500)},
		{name: "nobody answers", run: func(c *transferCase) {
			c.other.takesOnly(rings)
			c.consults(c.target)
			c.rung()
			c.failed(480)
			c.back()
		}},
		{name: "vanishes while it rings", run: func(c *transferCase) {
			c.other.takesOnly(rings)
			c.consults(c.target)
			c.rung()
			c.other.vanishes()
			c.failed(480)
			c.back(func() { c.other.returns() })
		}},
		{name: "never says a word", run: func(c *transferCase) {
			c.other.takesOnly(lies)
			c.consults(c.target)
			c.other.rung()
			c.failed(480)
			c.back()
		}},
		{name: "hangs up while consulted", run: func(c *transferCase) {
			c.speaks()
			c.theirs.bye()
			if c.phone {
				c.agent.saw("BYE ", c.second.callID)
			}
			c.back()
		}},
		{name: "hangs up as it picks up", run: func(c *transferCase) {
			c.other.takesOnly(rings)
			c.consults(c.target)
			c.rung()
			c.theirs.pickUp(200)
			c.other.saw("ACK ")
			c.theirs.bye()
			c.back()
		}},
	}
}

// completeSteps fail when the agent has handed the customer on, or just then.
func completeSteps() []transferStep {
	ringing := func(then func(*transferCase)) func(*transferCase) {
		return func(c *transferCase) {
			c.other.takesOnly(rings)
			c.consults(c.target)
			c.rung()
			if err := c.completes(); err != nil {
				c.t.Fatal(err)
			}
			if c.phone {
				c.agent.saw("NOTIFY ", "SIP/2.0 100")
			}
			then(c)
		}
	}
	return []transferStep{
		{name: "handed on", run: func(c *transferCase) {
			c.speaks()
			c.mustComplete()
			c.told(200)
			c.withTarget()
			c.ends("answered", c.agentID, c.target)
		}},
		{name: "handed on as it rings", run: ringing(func(c *transferCase) {
			c.theirs.pickUp(200)
			c.told(200)
			c.withTarget()
			c.ends("answered", c.agentID, c.target)
		})},
		{name: "busy as it rings", run: ringing(func(c *transferCase) { c.theirs.pickUp(486); c.told(486); c.back() })},
		{name: "declines as it rings", run: ringing(func(c *transferCase) { c.theirs.pickUp(603); c.told(603); c.back() })},
		{name: "timed out as it rings", run: ringing(func(c *transferCase) { c.theirs.pickUp(408); c.told(480); c.back() })},
		{name: "nobody answers after handing on", run: ringing(func(c *transferCase) { c.told(480); c.back() })},
		{name: "vanishes after handing on", run: ringing(func(c *transferCase) {
			c.other.vanishes()
			c.told(480)
			c.back(func() { c.other.returns() })
		})},
		{name: "hangs up, then complete", run: func(c *transferCase) {
			c.speaks()
			c.theirs.bye()
			_ = c.completes() // there may be nobody left to hand on to
			c.crossed()
		}},
		{name: "complete, then hangs up", run: func(c *transferCase) {
			c.speaks()
			c.mustComplete()
			c.theirs.bye()
			c.crossed()
		}},
		{name: "hangs up right after", run: func(c *transferCase) {
			c.speaks()
			c.mustComplete()
			c.told(200)
			if c.call.hears(voiceTarget) > soon {
				c.t.Error("not handed on")
			}
			c.theirs.bye()
			c.inLine()
			c.ends("answered", c.agentID, c.target, c.agentID)
		}},
		{name: "its dialog is gone", only: "phone", run: func(c *transferCase) {
			c.speaks()
			c.second.bye()
			c.other.saw("BYE ")
			c.refers(c.second)
			c.told(481)
			c.back()
		}},
		{name: "a dialog that never was", only: "phone", run: func(c *transferCase) {
			c.line.hold(true)
			c.refers(&handLine{callID: "nobody", me: "<sip:x>;tag=a", them: "<sip:y>;tag=b"})
			c.told(481)
			c.back()
		}},
	}
}

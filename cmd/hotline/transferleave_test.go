package main

import (
	"hotline"
)

// agentSteps are those at which the agent who hands the customer on is gone.
func agentSteps() []transferStep {
	return []transferStep{
		{name: "agent gone as it rings", run: func(c *transferCase) {
			c.asks()
			c.line.bye()
			c.other.saw("CANCEL ")
			c.inLine()
			c.ends("answered", c.agentID, c.agentID)
		}},
		{name: "agent gone while it consults", run: func(c *transferCase) {
			c.speaks()
			c.line.bye()
			c.other.saw("BYE ")
			c.inLine()
			c.ends("answered", c.agentID, c.agentID)
		}},
		{name: "agent gone after handing on, target comes", run: func(c *transferCase) {
			c.asks()
			c.mustComplete()
			c.line.bye()
			c.theirs.pickUp(200)
			c.withTarget()
			c.ends("answered", c.agentID, c.target)
		}},
		{name: "agent gone after handing on, target does not", run: func(c *transferCase) {
			c.asks()
			c.mustComplete()
			c.line.bye()
			c.theirs.pickUp(603)
			c.inLine()
			c.ends("answered", c.agentID, c.agentID)
		}},
		{name: "agent hangs up with its REFER", run: func(c *transferCase) {
			c.speaks()
			c.mustComplete()
			c.line.bye()
			if c.phone {
				c.second.bye() // in another dialog: it may be read before the REFER
			}
			if !c.handedOn() {
				c.inLine()
				c.ends("answered", c.agentID, c.agentID)
				return
			}
			c.withTarget()
			c.ends("answered", c.agentID, c.target)
		}},
		{name: "agent gives its second line up as it rings", only: "phone", run: func(c *transferCase) {
			c.asks()
			c.second.cancel()
			c.other.saw("CANCEL ")
			c.failed(487)
			c.back()
		}},
		{name: "agent puts its second line down", only: "phone", run: func(c *transferCase) {
			c.speaks()
			c.second.bye()
			c.other.saw("BYE ")
			c.back()
		}},
		{name: "agent calls it off as it rings", only: "engine", run: func(c *transferCase) { c.asks(); c.drops(); c.other.saw("CANCEL "); c.back() }},
		{name: "agent calls it off", only: "engine", run: func(c *transferCase) { c.speaks(); c.drops(); c.other.saw("BYE "); c.back() }},
		{name: "agent calls it off after handing on", run: func(c *transferCase) {
			c.asks()
			c.mustComplete()
			if c.phone {
				c.agent.saw("NOTIFY ", "SIP/2.0 100")
				c.fill("it is under way", func() bool { return c.second.refused() })
			}
			c.drops()
			c.other.saw("CANCEL ")
			c.told(480)
			c.back()
		}},
	}
}

// customerSteps are those at which the customer has had enough: nobody stays in a call with nobody.
func customerSteps() []transferStep {
	return []transferStep{
		{name: "customer gone as it rings", run: func(c *transferCase) {
			c.asks()
			c.call.bye()
			c.other.saw("CANCEL ")
			c.ends("answered", c.agentID)
		}},
		{name: "customer gone while consulted", run: func(c *transferCase) {
			c.speaks()
			c.call.bye() // the two speak on until one has had enough
			c.theirs.bye()
			c.ends("answered", c.agentID)
		}},
		{name: "customer gone as it is handed on", run: func(c *transferCase) {
			c.speaks()
			c.call.bye()
			_ = c.completes() // there may be nobody to hand on any more
			c.theirs.bye()    // the two may speak on until one has had enough
			c.ends("answered")
		}},
		{name: "customer gone after handing on, as it rings", run: func(c *transferCase) {
			c.asks()
			c.mustComplete()
			c.call.bye()
			c.other.saw("CANCEL ")
			c.ends("answered", c.agentID)
		}},
		{name: "customer gone right after", run: func(c *transferCase) {
			c.speaks()
			c.mustComplete()
			c.told(200)
			c.call.bye()
			c.other.saw("BYE ")
			c.ends("answered", c.agentID, c.target)
		}},
	}
}

// asks rings the target.
func (c *transferCase) asks() {
	c.t.Helper()
	c.other.takesOnly(rings)
	c.consults(c.target)
	c.rung()
}

// speaks consults the target, who answers.
func (c *transferCase) speaks() {
	c.t.Helper()
	c.consults(c.target)
	c.rung()
	c.spoken()
}

func (c *transferCase) mustComplete() {
	c.t.Helper()
	if err := c.completes(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *transferCase) drops() {
	c.t.Helper()
	if err := c.command(hotline.VerbDrop, ""); err != nil {
		c.t.Fatal(err)
	}
}

// back is the end of a transfer that came to nothing: the customer is its agent's, as if nothing had been. then is done first when that is seen.
func (c *transferCase) back(then ...func()) {
	c.t.Helper()
	c.withAgent()
	for _, f := range then {
		f()
	}
	c.ends("answered", c.agentID)
}

// crossed is the end of a transfer whose target hung up in the same instant: either was first. The customer is its agent's or in line.
func (c *transferCase) crossed() {
	c.t.Helper()
	var had bool
	c.fill("the customer is somewhere", func() bool {
		had = c.line.ended() || len(c.waiting()) > 0
		return had || c.free(c.target) && c.view(c.agentID).Call != ""
	})
	if !had {
		c.told(481)
		c.back()
		return
	}
	c.told(200)
	c.inLine()
	c.ends("answered", c.agentID, c.target, c.agentID)
}

// handedOn says where the customer of an agent who is gone has come: to the target, or in line.
func (c *transferCase) handedOn() (yes bool) {
	c.t.Helper()
	c.fill("the customer is somewhere", func() bool {
		yes = c.view(c.target).State == hotline.AgentTalking
		return yes || len(c.waiting()) > 0
	})
	return yes
}

func (p *handPhone) takesOnly(how int) { p.set(func() { p.takes = how }) }

func (p *handPhone) vanishes() { p.set(func() { p.dead = true }) }

// returns lets it answer what is asked of it still.
func (p *handPhone) returns() { p.set(func() { p.dead = false }) }

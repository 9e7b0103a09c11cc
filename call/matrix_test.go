package call_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// matrixStates are how a call comes into each state that an agent can have it in. Each is what happens, in its order.
func matrixStates() map[string][]string {
	talk := []string{"pick a"}
	with := func(more ...string) []string { return append(slices.Clone(talk), more...) }
	return map[string][]string{
		"ringing":                              nil,
		"talking":                              talk,
		"held":                                 with("hold"),
		"held by the phone":                    with("press hold"),
		"muted":                                with("mute"),
		"consult rings":                        with("consult 8002"),
		"consulting":                           with("consult 8002", "pick b"),
		"consulting outside":                   with("consult 13900000000", "pick b"),
		"consulting from hold":                 with("hold", "consult 8002", "pick b"),
		"swapped":                              with("consult 8002", "pick b", "swap"),
		"invited":                              with("conference 8002"),
		"conference":                           with("consult 8002", "pick b", "conference"),
		"conference outside":                   with("conference 13900000000", "pick b"),
		"conference of four":                   with("conference 13900000000", "pick b", "conference 8002", "pick b"),
		"conference held":                      with("conference 13900000000", "pick b", "hold"),
		"conference held by the phone":         with("conference 8002", "pick b", "press hold"),
		"conference held, consulting":          with("conference 13900000000", "pick b", "hold", "consult 8002", "pick b"),
		"conference held, transferring":        with("conference 13900000000", "pick b", "hold", "transfer 8002"),
		"conference and consult":               with("conference 8002", "pick b", "consult 13900000000", "pick b"),
		"conference, transferring":             with("conference 13900000000", "pick b", "transfer 8002"),
		"conference, consulting, transferring": with("conference 13900000000", "pick b", "consult 8002", "complete"),
		"after the customer":                   with("consult 8002", "pick b", "conference", "leave customer"),
		"transferring":                         with("transfer 8002"),
		"transferring outside":                 with("transfer 13900000000"),
		"transferring, completed":              with("consult 8002", "complete"),
	}
}

func matrixCommands() []hotline.Command {
	one := func(v hotline.Verb) hotline.Command { return hotline.Command{Verb: v, Agent: "8001"} }
	to := func(v hotline.Verb, to string) hotline.Command {
		return hotline.Command{Verb: v, Agent: "8001", To: to}
	}
	return []hotline.Command{
		one(hotline.VerbAnswer), one(hotline.VerbHold), one(hotline.VerbUnhold), one(hotline.VerbMute), one(hotline.VerbUnmute),
		{Verb: hotline.VerbKeys, Agent: "8001", Keys: "1#"},
		to(hotline.VerbTransfer, "8002"), to(hotline.VerbTransfer, "8003"), to(hotline.VerbTransfer, "13900000001"), to(hotline.VerbTransfer, "vip"),
		{Verb: hotline.VerbTransfer, Agent: "8001", To: "vip", Announce: true},
		to(hotline.VerbConsult, "8002"), to(hotline.VerbConsult, "13900000001"),
		one(hotline.VerbComplete), one(hotline.VerbSwap), one(hotline.VerbConference), to(hotline.VerbConference, "13900000001"),
		one(hotline.VerbDrop), one(hotline.VerbHangup),
		{Verb: hotline.VerbHangup, Agent: "8002"},
		{Verb: hotline.VerbMute, Agent: "8002"},
		{Verb: hotline.VerbKeys, Agent: "8002", Keys: "1"},
		{Verb: hotline.VerbHold, Agent: "8002"},
		{Verb: hotline.VerbUnhold, Agent: "8002"},
		{Verb: hotline.VerbDrop, Agent: "8002"},
		{Verb: hotline.VerbTransfer, Agent: "8002", To: "13900000001"},
	}
}

// TestMatrix asks every command in every state while each side hangs up at that instant, before it or after it, and lets whoever
// rings afterwards pick up, or not. Whatever comes together: the customer is hung up only by the end of its talk and always hears
// somebody or something, nobody is left on a line alone, every agent that was taken is given back once, and what is recorded can
// be folded. A command that is asked twice is done once.
func TestMatrix(t *testing.T) {
	runs, done := 0, map[hotline.Verb]int{}
	for state, script := range matrixStates() {
		for _, cmd := range matrixCommands() {
			for _, side := range []string{"nobody", "agent", "customer", "other"} {
				for _, first := range []bool{false, true} {
					for _, picks := range []bool{false, true} {
						c := newMatrix(t)
						c.log = append(c.log, fmt.Sprintf("%s: %s %s, %s hangs up, first %v, picks %v", state, cmd.Verb, cmd.To, side, first, picks))
						for _, s := range script {
							c.play1(s)
						}
						if first {
							c.hangs(side)
						}
						if c.asks(cmd) {
							done[cmd.Verb]++
						}
						if !first {
							c.hangs(side)
						}
						c.settle(picks)
						runs++
					}
				}
			}
		}
	}
	t.Logf("%d runs, done: %v", runs, done)
	for _, c := range matrixCommands() {
		if done[c.Verb] == 0 {
			t.Errorf("%s was never done", c.Verb)
		}
	}
}

func newMatrix(t *testing.T) *carousel {
	c := &carousel{
		t: t, r: rand.New(rand.NewPCG(1, 2)), sure: true, m: call.NewMachine(testPlan(false), call.Limits{}), now: start(),
		agents: map[hotline.AgentID]bool{}, legs: map[hotline.LegID]*party{"C-0": {}}, play: "x",
	}
	c.step(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", To: "95500"}})
	c.step(call.Heard{Signal: hotline.Digit{Leg: "C-0", Key: '1'}})
	c.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: "8001", Queue: "claims", Fact: hotline.Offered{
		Visit: c.visit, Offer: c.visit.Offer(1), Until: c.now.Add(15 * time.Second),
	}}})
	return c
}

// play1 does one thing of a script.
func (c *carousel) play1(s string) {
	c.now = c.now.Add(time.Second)
	var verb, to string
	fmt.Sscan(s, &verb, &to)
	switch {
	case verb == "pick":
		c.picksUp(c.order[len(c.order)-1])
	case verb == "leave":
		c.hangs(to)
	case verb == "press":
		c.step(call.Heard{Signal: hotline.HoldAsked{Leg: c.order[0], On: true}})
	case !c.asks(hotline.Command{Verb: hotline.Verb(verb), Agent: "8001", To: to}):
		c.fail("the script's %q is not done", s)
	}
}

func (c *carousel) picksUp(id hotline.LegID) {
	if p := c.legs[id]; !p.up && !p.over {
		p.up = true
		c.step(call.Heard{Signal: hotline.PickedUp{Leg: id, Codec: "PCMA"}})
		c.step(call.Heard{Signal: hotline.MediaUp{Leg: id}})
	}
}

// asks gives a command twice, by one id, and says whether it was done.
func (c *carousel) asks(cmd hotline.Command) bool {
	cmd.ID = fmt.Sprintf("%s %d", cmd.Verb, len(c.log))
	st := c.m.State(cmd.Agent)
	if cmd.Verb == hotline.VerbHangup {
		c.let = c.let || st.State == hotline.StateTalking || st.State == hotline.StateHeld || st.State == hotline.StateAfter || c.only(st)
	}
	c.denied = nil
	c.step(call.Commanded{Command: cmd})
	ok := c.denied == nil
	if slices.Contains(st.Can, cmd.Verb) && cmd.To == "" && !ok && cmd.Verb != hotline.VerbConference && cmd.Verb != hotline.VerbDrop {
		c.fail("%s is said to be possible and refused: %v", cmd.Verb, c.denied)
	}
	if ok && !c.done {
		n := len(c.log)
		c.step(call.Commanded{Command: cmd})
		for _, l := range c.log[n:] {
			if len(l) > 4 && l[:4] == "  do" {
				c.fail("done twice: %s", l)
			}
		}
	}
	return ok
}

// only says whether the customer hears nobody but the agent whose state it is.
func (c *carousel) only(st hotline.CallState) bool {
	return slices.ContainsFunc(st.Parties, func(p hotline.PartyState) bool {
		return p.Agent == st.Agent && p.Leg == c.partner && len(c.company) == 1
	})
}

// hangs lets one side hang up. It may be the end of a talk only if the customer speaks with nobody else.
func (c *carousel) hangs(side string) {
	var id hotline.LegID
	switch side {
	case "customer":
		id = "C-0"
	case "agent":
		id = c.order[0]
	case "other":
		for _, l := range c.order[1:] {
			if !c.legs[l].over {
				id = l
			}
		}
	}
	p := c.legs[id]
	if p == nil || p.over {
		return
	}
	st := c.m.State("8001")
	c.let = c.let || len(c.company) == 1 && c.partner == id || side == "agent" && (st.State == hotline.StateHeld || st.State == hotline.StateTalking)
	c.ended = c.ended || id == "C-0"
	p.over = true
	if p.up || id == "C-0" {
		c.step(call.Heard{Signal: hotline.Ended{Leg: id, Cause: hotline.CauseHangup}})
	} else {
		c.step(call.Heard{Signal: hotline.Failed{Leg: id, Cause: hotline.CauseRejected}})
	}
}

// settle lets who rings pick up or not, and sees to it that nobody is alone; then everybody goes.
func (c *carousel) settle(picks bool) {
	for _, id := range slices.Clone(c.order) {
		p := c.legs[id]
		switch {
		case c.done || p.over || p.up:
		case picks:
			c.picksUp(id)
		default:
			p.over = true
			c.step(call.Heard{Signal: hotline.Failed{Leg: id, Cause: hotline.CauseBusy}})
		}
	}
	for range 20 {
		if c.done || c.wake.IsZero() || c.wake.After(c.now.Add(2*time.Minute)) {
			break
		}
		c.now = c.wake
		c.step(call.Tick{})
	}
	up := 0
	for id, p := range c.legs {
		if id != "C-0" && p.up && !p.over {
			up++
		}
	}
	if gone := c.legs["C-0"].over; gone && up == 1 || gone && up > 1 && len(c.mix) < 2 && !c.away() {
		c.fail("the customer is gone and %d lines are left", up)
	}
	c.finish()
	c.folds()
}

// away says whether an agent has put itself on hold in what is left of the conference: it can take that back, by its phone or not.
func (c *carousel) away() bool {
	out := map[hotline.LegID]bool{}
	for _, ev := range c.facts {
		if f, ok := ev.Fact.(hotline.Held); ok && f.Away {
			out[ev.Leg] = f.On
		}
	}
	return slices.Contains(slices.Collect(maps.Values(out)), true)
}

// folds sees whether what was recorded has a beginning for each end, each once.
func (c *carousel) folds() {
	held, away, muted, with, legs := false, map[hotline.LegID]bool{}, map[hotline.LegID]bool{}, map[hotline.LegID]bool{}, map[hotline.LegID]bool{}
	for _, ev := range c.facts {
		flips := func(what string, was, is bool) {
			if was == is {
				c.fail("%s twice: %+v", what, ev)
			}
		}
		switch f := ev.Fact.(type) {
		case hotline.LegStarted:
			flips("a leg begins", legs[ev.Leg], true)
			legs[ev.Leg] = true
		case hotline.LegEnded:
			flips("a leg ends", legs[ev.Leg], false)
			legs[ev.Leg] = false
		case hotline.Held:
			if f.Away {
				flips("away", away[ev.Leg], f.On)
				away[ev.Leg] = f.On
			} else if f.By == "" {
				flips("hold", held, f.On)
				held = f.On
			}
		case hotline.Muted:
			flips("mute", muted[ev.Leg], f.On)
			muted[ev.Leg] = f.On
		case hotline.Consulted:
			if f.On || f.MS > 0 {
				flips("consult", with[ev.Leg], f.On)
			}
			with[ev.Leg] = f.On
		case hotline.Conferred:
			if f.Parties < 3 {
				c.fail("a conference of %d", f.Parties)
			}
		}
	}
	for leg, on := range with {
		if on {
			c.fail("the consult with %s has no end", leg)
		}
	}
	for leg, on := range away {
		if on {
			c.fail("%s is out of the conference without end", leg)
		}
	}
	if held {
		c.fail("a hold has no end")
	}
}

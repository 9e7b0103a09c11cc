package call_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// calledIn is the name under which a monkey notes that an agent was called in and not given back.
func calledIn(a hotline.AgentID) hotline.AgentID { return "called in " + a }

// referred is any transfer.
func (k *monkey) referred(leg hotline.LegID) hotline.Referred {
	s := hotline.Referred{Leg: leg, To: pick(k.r, []string{"8001", "8002", "vip", "95502", "13900000000", "00", "x", ""})}
	if k.r.IntN(2) == 0 {
		s.Replaces = pick(k.r, append(k.legs, "C-0", "?"))
	}
	return s
}

// second is a further call of an agent's that comes to this one.
func (k *monkey) second() {
	in := hotline.Incoming{
		Call: hotline.CallID(fmt.Sprintf("D%d", len(k.legs))), Agent: pick(k.r, []hotline.AgentID{"8001", "8002"}),
		To: pick(k.r, []string{"8001", "8002", "vip", "95502", "13900000000", "00", "x"}),
	}
	in.Leg = in.Call.Sub(0)
	if k.r.IntN(4) == 0 {
		in.Replaces = pick(k.r, append(k.legs, "C-0"))
	}
	if !k.done && k.ended == 0 {
		k.legs = append(k.legs, in.Leg)
		k.step(call.Heard{Signal: in})
	}
}

// party is one phone of the transfers that are played at random.
type party struct {
	agent hotline.AgentID
	up    bool
	over  bool
	out   bool // dialled by us
}

// carousel plays one customer who never hangs up, and agents and numbers whose phones do anything at any moment, as real ones
// would: every request is answered, every leg ends once.
type carousel struct {
	t       *testing.T
	r       *rand.Rand
	m       *call.Machine
	now     time.Time
	wake    time.Time
	log     []string
	legs    map[hotline.LegID]*party
	order   []hotline.LegID
	mix     map[hotline.LegID]bool // who hears somebody
	partner hotline.LegID          // with whom the customer speaks
	with    hotline.LegID          // with whom it spoke last
	play    hotline.PlayID         // that the customer hears
	todo    []call.Input           // what follows by itself
	agents  map[hotline.AgentID]bool
	visit   hotline.VisitID
	queued  bool
	moved   int
	pending bool // a REFER without its last word
	lines   int
	let     bool // the customer may be let go now
	done    bool
	ended   bool // the customer was hung up
	sure    bool // nothing is left to chance
	denied  error
	company []hotline.LegID // whom the customer hears
	facts   []hotline.Event
	holding map[hotline.LegID]bool // whose phone holds
}

func (c *carousel) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("%s\n%v", fmt.Sprintf(format, args...), c.log[max(0, len(c.log)-40):])
}

func (c *carousel) step(in call.Input) {
	c.t.Helper()
	c.todo = append(c.todo, in)
	for n := 0; len(c.todo) > 0 && !c.done; n++ {
		if n > 300 {
			c.fail("without end")
		}
		in := c.todo[0]
		c.todo = c.todo[1:]
		c.log = append(c.log, fmt.Sprintf("\n%v %+v", c.now.Sub(start()), in))
		if h, ok := in.(call.Heard); ok {
			if s, ok := h.Signal.(hotline.HoldAsked); ok {
				if c.holding == nil {
					c.holding = map[hotline.LegID]bool{}
				}
				c.holding[s.Leg] = s.On
			}
		}
		out := c.m.Step(c.now, in)
		c.wake, c.done = out.Wake, out.Done
		if out.Denied != nil {
			c.denied = out.Denied
		}
		c.facts = append(c.facts, out.Events...)
		for _, ev := range out.Events {
			if f, ok := ev.Fact.(hotline.Transferred); ok {
				c.pending = false
				c.let = c.let || f.Result == hotline.TransferDone && f.Target == hotline.TargetNumber // who may end the talk
				c.moved += count(f.Result == hotline.TransferDone)
			}
		}
		for _, a := range out.Actions {
			c.act(a)
		}
		for _, q := range out.Requests {
			c.ask(q)
		}
	}
	c.hears()
}

func (c *carousel) act(a hotline.Action) {
	c.log = append(c.log, fmt.Sprintf("  do %+v", a))
	switch a := a.(type) {
	case hotline.Dial:
		c.legs[a.Leg] = &party{agent: a.Agent, out: true}
		c.order = append(c.order, a.Leg)
	case hotline.Answer:
		if p := c.legs[a.Leg]; p != nil && (a.Leg == "C-0" || c.sure || c.r.IntN(8) > 0) {
			c.todo = append(c.todo, call.Heard{Signal: hotline.PickedUp{Leg: a.Leg, Codec: "PCMA"}}, call.Heard{Signal: hotline.MediaUp{Leg: a.Leg}})
			p.up = true
		}
	case hotline.Mix:
		c.mix, c.partner, c.company = map[hotline.LegID]bool{}, "", nil
		for _, m := range a.Members {
			c.mix[m.Leg] = len(m.Hears) > 0
			if m.Leg == "C-0" && len(m.Hears) > 0 {
				c.partner, c.with, c.company = m.Hears[0], m.Hears[0], m.Hears
			}
			for _, h := range m.Hears {
				if h == "C-0" && !slices.Contains(c.company, m.Leg) { // it may be mute
					c.company, c.with, c.partner = append(slices.Clone(c.company), m.Leg), m.Leg, m.Leg
				}
				if c.holding[h] && len(m.Hears) > 1 { // in a conference: who knows what it plays
					c.fail("%s hears %s, which holds", m.Leg, h)
				}
				if p := c.legs[h]; p != nil && p.over {
					c.fail("%s hears %s, which is over", m.Leg, h)
				}
			}
		}
	case hotline.Play:
		if a.Leg == "C-0" {
			c.play = a.Play
			if !a.Loop {
				c.todo = append(c.todo, call.Heard{Signal: hotline.PlayEnded{Leg: a.Leg, Play: a.Play, Complete: true}})
			}
		}
	case hotline.Stop:
		if a.Leg == "C-0" && a.Play == c.play {
			c.play = ""
		}
	case hotline.Notify:
		c.pending = c.pending && a.Code < 200
	case hotline.Hangup:
		if a.Leg == "C-0" {
			if !c.let {
				c.fail("the customer is hung up: %s", a.Cause)
			}
			c.ended = true
		}
		if p := c.legs[a.Leg]; p != nil && !p.over {
			p.over = true
			c.todo = append(c.todo, call.Heard{Signal: hotline.Ended{Leg: a.Leg, Cause: a.Cause}})
		}
	}
}

func (c *carousel) ask(q hotline.Request) {
	c.log = append(c.log, fmt.Sprintf("  ask %T%+v", q, q))
	ev := hotline.Event{Shard: "s", Call: "C", Contact: "C", At: c.now}
	tell := func(f hotline.Fact, agent hotline.AgentID, queue hotline.QueueID) {
		ev.Fact, ev.Agent, ev.Queue = f, agent, queue
		c.todo = append(c.todo, call.Told{Event: ev})
	}
	switch q := q.(type) {
	case hotline.Enqueue:
		if q.Entry != hotline.EntryIVR && !c.sure && c.r.IntN(4) == 0 && q.Entry != hotline.EntryRequeue {
			c.todo = append(c.todo, call.Ordered{Request: q})
			tell(hotline.Blocked{Visit: q.Visit, Reason: hotline.BlockFull}, "", q.Queue)
			return
		}
		c.visit, c.queued = q.Visit, true
		c.todo = append(c.todo, call.Ordered{Request: q})
		tell(hotline.Queued{Visit: q.Visit, Since: q.Since}, "", q.Queue)
		return
	case hotline.CallIn:
		if c.agents[q.Agent] || !c.sure && c.r.IntN(4) == 0 {
			c.todo = append(c.todo, call.Refused{Request: q, Err: hotline.ErrRefused})
			return
		}
		c.agents[q.Agent] = true
		c.todo = append(c.todo, call.Ordered{Request: q})
		tell(hotline.CalledIn{Visit: q.Visit, By: q.By}, q.Agent, "")
		return
	case hotline.Accept:
		c.todo = append(c.todo, call.Ordered{Request: q})
		p := c.legs[q.Leg]
		if !c.agents[p.agent] {
			c.agents[p.agent], c.queued = true, false
			tell(hotline.Connected{Visit: c.visit, Offer: q.Offer, Leg: q.Leg}, p.agent, "claims")
		}
		return
	case hotline.Join:
		if !c.agents[q.Agent] {
			c.fail("%s is joined and was not called in", q.Agent)
		}
	case hotline.Release:
		if !c.agents[q.Agent] {
			c.fail("%s is released twice", q.Agent)
		}
		delete(c.agents, q.Agent)
	}
	c.todo = append(c.todo, call.Ordered{Request: q})
}

// hears holds that a customer who is there hears somebody or something, and that who is joined with it is there.
func (c *carousel) hears() {
	if c.ended || c.done {
		return
	}
	_, mute := c.mix["C-0"] // who speaks with it says nothing
	if c.partner == "" && c.play == "" && !mute {
		c.fail("the customer hears nothing")
	}
}

// turn lets something happen.
func (c *carousel) turn(n int) {
	agent := pick(c.r, []hotline.AgentID{"8001", "8002"})
	if len(c.order) == 0 {
		return
	}
	id := pick(c.r, c.order)
	p := c.legs[id]
	switch c.r.IntN(15) {
	case 12, 13, 14:
		c.commands(agent)
	case 0:
		if c.queued && !c.agents[agent] {
			c.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: agent, Queue: "claims", Fact: hotline.Offered{
				Visit: c.visit, Offer: c.visit.Offer(n), Until: c.now.Add(15 * time.Second),
			}}})
		}
	case 1, 2, 3:
		if p.out && !p.up && !p.over {
			p.up = true
			c.step(call.Heard{Signal: hotline.PickedUp{Leg: id, Codec: "PCMA"}})
			c.step(call.Heard{Signal: hotline.MediaUp{Leg: id}})
		}
	case 4:
		if p.out && !p.up && !p.over {
			p.over = true
			c.step(call.Heard{Signal: hotline.Failed{Leg: id, Cause: pick(c.r, []hotline.Cause{hotline.CauseBusy, hotline.CauseRejected, hotline.CauseUnreachable})}})
		}
	case 5:
		if !p.over && p.up && c.r.IntN(2) == 0 { // it hangs up; who speaks with the customer and nobody else may end the talk
			c.let = c.let || !c.pending && (c.with == id && c.lines == 0 || c.partner == id && len(c.company) == 1) || c.holds(p.agent)
			p.over = true
			c.ended = c.ended || id == "C-0"
			c.step(call.Heard{Signal: hotline.Ended{Leg: id, Cause: hotline.CauseHangup}})
		}
	case 6, 7:
		if p.up && !p.over && p.agent != "" && !c.pending {
			s := hotline.Referred{Leg: id, To: pick(c.r, []string{"8001", "8002", "vip", "13900000000"})}
			if c.r.IntN(2) == 0 {
				s.Replaces = pick(c.r, c.order)
			}
			c.pending = true
			c.step(call.Heard{Signal: s})
		}
	case 8:
		d := hotline.CallID(fmt.Sprintf("D%d", n))
		c.legs[d.Sub(0)] = &party{agent: agent}
		c.order = append(c.order, d.Sub(0))
		c.step(call.Heard{Signal: hotline.Incoming{Call: d, Leg: d.Sub(0), Agent: agent, To: pick(c.r, []string{"8001", "8002", "13900000000"})}})
	case 9, 10:
		if p.up && !p.over {
			c.step(call.Heard{Signal: hotline.HoldAsked{Leg: id, On: c.r.IntN(2) == 0}})
		}
	default:
		c.step(call.Heard{Signal: hotline.HoldAsked{Leg: "C-0", On: c.r.IntN(2) == 0}})
	}
	c.lines = 0
	for l, p := range c.legs { // any order: they are counted
		if l[0] == 'D' && !p.over {
			c.lines++
		}
	}
}

// holds says whether the customer is on hold of the agent, with whom it need not have been the last to speak: one of a conference that
// went on without the agent may have been.
func (c *carousel) holds(a hotline.AgentID) bool {
	st := c.m.State(a)
	return st.State == hotline.StateHeld && st.Parties[0].State == hotline.PartyHeld && c.lines == 0 && !c.pending
}

// commands asks anything, but not to hang up the customer.
func (c *carousel) commands(agent hotline.AgentID) {
	cmd := hotline.Command{
		Agent: agent, To: pick(c.r, []string{"8001", "8002", "vip", "13900000000", ""}), Announce: c.r.IntN(4) == 0,
		Verb: pick(c.r, []hotline.Verb{
			hotline.VerbAnswer, hotline.VerbHold, hotline.VerbUnhold, hotline.VerbTransfer, hotline.VerbConsult, hotline.VerbConsult,
			hotline.VerbComplete, hotline.VerbSwap, hotline.VerbConference, hotline.VerbConference, hotline.VerbDrop, hotline.VerbMute, hotline.VerbUnmute,
		}),
	}
	if c.r.IntN(4) == 0 {
		cmd.Party = pick(c.r, c.order)
	}
	c.step(call.Commanded{Command: cmd})
}

// TestNobodyIsLostInATransfer plays transfers, consults and holds in any order, with every phone giving up at any moment
// (peers.md: callers lost in transfers). A customer who stays is never hung up but by the end of a talk, hears somebody or
// something after every step, and every agent that was taken is given back once.
func TestNobodyIsLostInATransfer(t *testing.T) {
	seed := monkeySeed(t)
	calls := 4000
	if testing.Short() {
		calls = 400
	}
	t.Logf("SIM_SEED=%d", seed)
	transfers := 0
	for i := range calls {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		c := &carousel{
			t: t, r: r, m: call.NewMachine(testPlan(false), call.Limits{}), now: start(), agents: map[hotline.AgentID]bool{},
			legs: map[hotline.LegID]*party{"C-0": {}}, play: "x",
		}
		c.step(call.Heard{Signal: hotline.Incoming{Call: "C", Leg: "C-0", To: "95500"}})
		c.step(call.Heard{Signal: hotline.Digit{Leg: "C-0", Key: '1'}})
		c.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Agent: "8001", Queue: "claims", Fact: hotline.Offered{
			Visit: c.visit, Offer: c.visit.Offer(1), Until: c.now.Add(15 * time.Second),
		}}})
		for n := range 5 + r.IntN(60) {
			if c.done || c.ended {
				break
			}
			c.now = c.now.Add(time.Duration(r.IntN(900)) * time.Millisecond)
			if !c.wake.IsZero() && !c.now.Before(c.wake) {
				c.step(call.Tick{})
			}
			if !c.done && !c.ended {
				c.turn(n + 2)
			}
		}
		c.finish()
		transfers += c.moved
	}
	t.Logf("%d transfers", transfers)
	if transfers < calls/10 {
		t.Errorf("only %d transfers in %d calls", transfers, calls)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// finish lets the customer hang up: then everything is given back.
func (c *carousel) finish() {
	c.let = true
	if !c.done && !c.legs["C-0"].over {
		c.legs["C-0"].over, c.ended = true, true
		c.step(call.Heard{Signal: hotline.Ended{Leg: "C-0", Cause: hotline.CauseHangup}})
	}
	if c.queued && !c.done {
		c.step(call.Told{Event: hotline.Event{Shard: "s", Call: "C", Contact: "C", Fact: hotline.Abandoned{Visit: c.visit}}})
	}
	for n := 0; !c.done && n < 200; n++ {
		if c.wake.IsZero() {
			c.fail("waits for nothing")
		}
		c.now = c.wake
		c.step(call.Tick{})
	}
	if len(c.agents) > 0 || !c.done {
		c.fail("done %v, agents not given back: %v", c.done, c.agents)
	}
}

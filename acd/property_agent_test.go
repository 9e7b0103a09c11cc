package acd

import (
	"time"

	"hotline"
	"hotline/agentstate"
	"hotline/centre"
)

// randomLife gives the centre what its agents' working days need.
func (g *game) randomLife(c *centre.Centre) {
	minutes := func(n int) time.Duration { return time.Duration(1+g.rng.IntN(n)) * time.Minute }
	c.Reasons = []centre.Reason{
		{ID: "rest", MaxAtOnce: 1 + g.rng.IntN(2), Allowance: minutes(3)},
		{ID: "meal", Allowance: time.Duration(g.rng.IntN(2)) * minutes(5)},
		{ID: "course", Approve: true, MaxAtOnce: g.rng.IntN(2)},
	}
	c.Misses = centre.Misses{Limit: g.rng.IntN(4), Rest: map[hotline.OfferResult]time.Duration{
		hotline.OfferNoAnswer: 10 * time.Second, hotline.OfferRejected: time.Duration(g.rng.IntN(5)) * time.Second,
		hotline.OfferBusy: time.Minute,
	}}
	c.Handover = centre.Handover{Rule: pickOne(g.rng, "", centre.HandoverRefuse, centre.HandoverQueue, centre.HandoverQueue), Grace: minutes(5)}
	c.Desks = []centre.Desk{{ID: "d1"}, {ID: "d2"}}
	if g.rng.IntN(4) == 0 {
		c.Desks = c.Desks[:1]
	}
	for _, a := range []hotline.AgentID{"8000", "8001", "8002"} {
		from := g.rng.IntN(24 * 60)
		c.Shifts = append(c.Shifts, centre.Shift{
			Agent: a, Relief: pickOne(g.rng, hotline.AgentID("8001"), "8002", "8007", "nobody"), Days: 1<<7 - 1,
			From: from, To: (from + 60*(8+g.rng.IntN(16))) % (24 * 60),
		})
	}
}

// playAgent makes one request about an agent's working day.
func (g *game) playAgent(agent hotline.AgentID) {
	source := pickOne(g.rng, hotline.SourceAgent, hotline.SourcePhone, hotline.SourceLead, hotline.SourceSystem)
	reason := pickOne(g.rng, "rest", "rest", "meal", "course", "nonsense")
	call := func() hotline.CallID {
		if len(g.talks) > 0 && g.rng.IntN(2) == 0 {
			return pickOne(g.rng, g.talks...).Call
		}
		if len(g.open) > 0 {
			return hotline.CallID(pickOne(g.rng, g.open...))
		}
		return "none"
	}
	switch g.rng.IntN(23) {
	case 0, 1:
		g.step(hotline.AskBreak{Agent: agent, Reason: reason, Source: source})
	case 2:
		g.step(hotline.AskBreak{Agent: agent, Source: source})
	case 3, 4:
		g.step(hotline.AnswerBreak{Agent: agent, Grant: g.rng.IntN(3) > 0, By: "lead"})
	case 5:
		g.step(hotline.Recall{Agent: agent, By: "lead"})
	case 6, 7:
		if g.rng.IntN(3) == 0 {
			g.step(hotline.Supervises{Agent: pickOne(g.rng, hotline.AgentID(""), agent), Phone: pickOne(g.rng, hotline.PhoneID("d1"), "d2", "d9"), Off: g.rng.IntN(2) == 0})
		}
		g.step(hotline.UsePhone{Agent: agent, Phone: pickOne(g.rng, hotline.PhoneID(""), "d1", "d2", "d9"), Source: source})
	case 8, 9:
		g.step(hotline.SetDevice{Agent: pickOne(g.rng, hotline.AgentID("d1"), "d2"), Up: g.rng.IntN(4) > 0})
	case 10:
		g.calls++
		id := hotline.CallID("out" + string(agent) + g.now.String())
		g.step(hotline.BeginOutbound{
			Agent: agent, Contact: hotline.ContactID(id), Call: id, Queue: pickOne(g.rng, "", g.centre.Queues[0].ID, "nowhere"),
		})
	case 11:
		g.step(hotline.CallGone{Call: call()})
	case 12:
		g.step(hotline.Heal{Agent: agent, Call: call(), Evidence: "no dialog"})
	case 13, 14:
		id := hotline.CallID("in" + string(agent) + g.now.String())
		g.step(hotline.CallIn{Agent: agent, Contact: hotline.ContactID(id), Call: id, By: "8000"})
	case 15, 16:
		g.step(hotline.Join{Agent: agent, Call: call(), Leg: "leg", Visit: "v", Queue: pickOne(g.rng, "", g.centre.Queues[0].ID, "nowhere")})
	case 17, 18, 19:
		g.playLend(agent)
	default:
		g.step(hotline.SetAgent{Agent: "8000", State: hotline.AgentSignedOut, Source: source})
	}
}

// noteAgent keeps the book of calls that agents made, of alarms and of breaks asked for: each ends once.
func (g *game) noteAgent(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.AgentSet:
		if f.State == hotline.AgentOutbound {
			g.talks = append(g.talks, hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
		}
	case hotline.CalledIn:
		g.talks = append(g.talks, hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
	case hotline.AlarmRaised:
		if f.Alarm == alarmBreakOver {
			g.alarms[ev.Agent] = f.Detail
		}
	case hotline.AlarmCleared:
		if g.alarms[ev.Agent] == "" {
			g.t.Fatalf("alarm of agent %s is taken back and was not raised", ev.Agent)
		}
		delete(g.alarms, ev.Agent)
	case hotline.BreakAsked:
		if g.asks[ev.Agent] != "" {
			g.t.Fatalf("agent %s asks for %s and stands in line for %s", ev.Agent, f.Reason, g.asks[ev.Agent])
		}
		g.asks[ev.Agent] = f.Reason
	case hotline.BreakAnswered:
		if g.asks[ev.Agent] != f.Reason {
			g.t.Fatalf("agent %s is answered about %s, asked for %q", ev.Agent, f.Reason, g.asks[ev.Agent])
		}
		delete(g.asks, ev.Agent)
	}
}

// silence lets an hour pass in which nobody says anything: no agent may be stuck in what had a time, whatever was lost.
func (g *game) silence() {
	g.pass(time.Hour)
	for _, a := range g.router.roster {
		late := g.now.Sub(a.since) > 5*time.Minute
		rests := a.state == hotline.AgentNotReady && !a.life.until.IsZero()
		wraps := a.state == hotline.AgentWrapUp && !a.wrapUntil.IsZero()
		if late && (agentstate.Asked(a.state) || rests || wraps) {
			g.t.Errorf("agent %s is %s(%s) since %v, and it is %v", a.id, a.state, a.reason, a.since, g.now)
		}
	}
}

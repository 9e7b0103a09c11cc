package reports

import (
	"fmt"
	"math/rand/v2"
	"time"

	"hotline"
)

// truth is one request as the simulator knows it: what the folds are measured against, in plain loops.
type truth struct {
	contact         hotline.ContactID
	queue           hotline.QueueID
	since           int64
	wait            int64
	blocked         bool
	outcome         hotline.Outcome // empty: still waiting
	agent           hotline.AgentID
	talk, hold, acw int64
	rona            int
	first           bool  // the contact's first request
	fromFirst       int64 // answered: from the contact's first request
	firstAnswer     bool
}

// day is a simulated stretch of a centre: the events, and the truth about them.
type day struct {
	script
	rng    *rand.Rand
	truths []truth
	free   map[hotline.AgentID]int64 // when the agent can take the next call
	login  map[hotline.AgentID]int64
	end    int64 // nothing happens after it
	n      int
}

var simQueues = []hotline.QueueID{"claims", "rescue", "gone"} // gone is not in the centre

func simCentre(loc *time.Location) Centre {
	return Centre{
		Location: loc,
		Queues: []Queue{
			{ID: "claims", Name: "报案", Within: 20 * time.Second, Short: 5 * time.Second, Agents: []hotline.AgentID{"a0", "a1", "a2"}},
			{ID: "rescue", Name: "救援", Within: 10 * time.Second, Ratio: 0.9, Short: 3 * time.Second, Agents: []hotline.AgentID{"a2", "a3"}},
		},
		Agents: []Agent{{"a0", "王芳", "a"}, {"a1", "李雷", "a"}, {"a2", "韩梅", "b"}},
		Teams:  []Team{{"a", "一组"}, {"b", "二组"}},
	}
}

// simulate makes calls at random over the stretch, with every ending that the vocabulary knows.
func simulate(seed uint64, start time.Time, length time.Duration, calls, agents int) *day {
	d := &day{
		rng:  rand.New(rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})),
		free: map[hotline.AgentID]int64{}, login: map[hotline.AgentID]int64{}, end: start.Add(length).UnixMilli(),
	}
	from := start.UnixMilli()
	for i := range agents {
		id := hotline.AgentID(fmt.Sprintf("a%d", i))
		d.login[id] = from + d.rng.Int64N(60_000)
		d.free[id] = d.login[id]
		d.set(d.login[id], id, "", hotline.AgentReady, "")
	}
	at := from
	for range calls {
		at += d.rng.Int64N(2*length.Milliseconds()/int64(calls)) + 1
		d.call(at)
	}
	return d
}

func (d *day) within(ms int64) bool { return ms < d.end }

// put adds an event if it still happens.
func (d *day) put(at int64, ev hotline.Event, f hotline.Fact) {
	if d.within(at) {
		d.add(at, ev, f)
	}
}

func (d *day) set(at int64, a hotline.AgentID, call hotline.CallID, s hotline.AgentState, reason string) {
	d.put(at, hotline.Event{Agent: a, Call: call}, hotline.AgentSet{State: s, Reason: reason, Source: hotline.SourceSystem})
}

func (d *day) call(at int64) {
	d.n++
	c := hotline.ContactID(fmt.Sprintf("c%04d", d.n))
	ev := hotline.Event{Contact: c, Call: hotline.CallID(c)}
	d.put(at, ev, hotline.CallStarted{
		Direction: hotline.Inbound, From: hotline.Party{Number: fmt.Sprintf("138%08d", d.n)}, To: "95500",
	})
	at += d.rng.Int64N(20_000)
	if d.rng.IntN(10) == 0 { // served by the flow alone
		d.put(at, ev, hotline.CallEnded{Cause: hotline.CauseFlow})
		return
	}
	asked, answered := at, false
	for visit := 1; visit <= 3; visit++ {
		tr := truth{contact: c, queue: simQueues[d.rng.IntN(len(simQueues))], first: visit == 1}
		next, by := d.visit(ev, visit, at, &tr)
		if tr.outcome == hotline.OutcomeAnswered && !answered {
			answered, tr.firstAnswer, tr.fromFirst = true, true, tr.since+tr.wait-asked
		}
		d.truths = append(d.truths, tr)
		if at = next; by != "" || visit == 3 {
			d.put(at, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: by})
			return
		}
	}
}

// visit plays one request. It returns when it is over and who then hung up; nobody: the call goes on to another queue.
func (d *day) visit(ev hotline.Event, n int, at int64, tr *truth) (int64, hotline.Role) {
	id := ev.Contact.Visit(n)
	ev.Queue, tr.since = tr.queue, at
	if d.rng.IntN(12) == 0 {
		if tr.blocked = true; d.within(at) {
			d.put(at, ev, hotline.Blocked{Visit: id, Entry: "ivr", Reason: hotline.BlockFull})
		}
		return at, hotline.RoleCustomer
	}
	d.put(at, ev, hotline.Queued{Visit: id, Entry: "ivr", Since: time.UnixMilli(at).UTC()})
	patience := at + d.edge(d.rng.Int64N(90_000))
	offer := 0
	for {
		agent, ready := d.agent(at, patience)
		if agent == "" || d.rng.IntN(8) == 0 {
			return d.leave(ev, id, patience, tr)
		}
		offer++
		oev := ev
		oev.Agent = agent
		d.set(ready, agent, ev.Call, hotline.AgentRinging, "")
		d.put(ready, oev, hotline.Offered{Visit: id, Offer: id.Offer(offer), Attempt: offer, Why: "longest_idle"})
		ring := d.edge(d.rng.Int64N(12_000))
		if d.rng.IntN(5) == 0 {
			lost := ready + ring
			if d.within(lost) {
				tr.rona++
			}
			d.put(lost, oev, hotline.OfferLost{Visit: id, Offer: id.Offer(offer), Result: hotline.OfferNoAnswer, RingMS: ring})
			d.set(lost, agent, "", hotline.AgentNotReady, hotline.ReasonNoAnswer)
			d.free[agent] = lost + 30_000
			d.set(d.free[agent], agent, "", hotline.AgentReady, "")
			at, patience = lost, max(patience, lost+1)
			continue
		}
		return d.talk(oev, id, offer, ready+ring, tr)
	}
}

// edge makes waits that are exactly on, just under and just over the bounds common.
func (d *day) edge(ms int64) int64 {
	switch d.rng.IntN(12) {
	case 0:
		return 20_000
	case 1:
		return 20_001
	case 2:
		return 5_000
	case 3:
		return 4_999
	case 4:
		return 0
	}
	return ms
}

// agent picks who is free soonest, if that is before the caller's patience is over.
func (d *day) agent(at, patience int64) (hotline.AgentID, int64) {
	var best hotline.AgentID
	for id, free := range d.free {
		if best == "" || free < d.free[best] || (free == d.free[best] && id < best) {
			best = id
		}
	}
	if best == "" || d.free[best] > patience {
		return "", 0
	}
	return best, max(at, d.free[best])
}

// leave ends a wait without an answer.
func (d *day) leave(ev hotline.Event, id hotline.VisitID, at int64, tr *truth) (int64, hotline.Role) {
	tr.wait = at - tr.since
	if !d.within(at) {
		return at, hotline.RoleCustomer
	}
	outs := []hotline.Outcome{
		hotline.OutcomeAbandoned, hotline.OutcomeAbandoned, hotline.OutcomeAbandoned, hotline.OutcomeOverflow,
		hotline.OutcomeTimeout, hotline.OutcomeKey, hotline.OutcomeMoved, hotline.OutcomeClosed, hotline.OutcomeNoAgents,
		hotline.OutcomeLost, hotline.OutcomeDequeued,
	}
	tr.outcome = outs[d.rng.IntN(len(outs))]
	if tr.outcome == hotline.OutcomeAbandoned {
		d.put(at, ev, hotline.Abandoned{Visit: id, WaitMS: tr.wait})
		return at, hotline.RoleCustomer
	}
	d.put(at, ev, hotline.Left{Visit: id, Outcome: tr.outcome, WaitMS: tr.wait})
	return at, ""
}

// talk joins caller and agent; one in ten parts before the customer hears anybody.
func (d *day) talk(ev hotline.Event, id hotline.VisitID, offer int, at int64, tr *truth) (int64, hotline.Role) {
	wait := at - tr.since
	agent := ev.Agent
	d.put(at, ev, hotline.Connected{Visit: id, Offer: id.Offer(offer), WaitMS: wait, RingMS: 1000})
	d.set(at, agent, ev.Call, hotline.AgentTalking, "")
	by := []hotline.Role{hotline.RoleCustomer, hotline.RoleAgent}[d.rng.IntN(2)]
	end := at + d.rng.Int64N(400_000)
	hold := int64(0)
	if d.rng.IntN(10) == 0 {
		end = at + 300
		tr.wait = 300 + wait
		if d.within(end) {
			tr.outcome = map[hotline.Role]hotline.Outcome{hotline.RoleCustomer: hotline.OutcomeAbandoned, hotline.RoleAgent: hotline.OutcomeLost}[by]
		}
	} else {
		tr.wait = wait
		if d.within(at) {
			tr.outcome, tr.agent = hotline.OutcomeAnswered, agent
		}
		d.put(at, ev, hotline.Answered{Visit: id, WaitMS: wait})
		hold = d.rng.Int64N(end - at + 1)
	}
	acw := d.rng.Int64N(60_000)
	d.put(end, ev, hotline.Released{Visit: id, TalkMS: end - at, HoldMS: hold, By: by, Wrap: "timed"})
	d.set(end, agent, "", hotline.AgentWrapUp, "")
	d.put(end+acw, ev, hotline.WrapEnded{Visit: id, MS: acw})
	d.set(end+acw, agent, "", hotline.AgentReady, "")
	if tr.outcome == hotline.OutcomeAnswered && d.within(end+acw) {
		tr.talk, tr.hold, tr.acw = end-at-hold, hold, acw
	}
	d.free[agent] = end + acw + 1
	if by == hotline.RoleAgent && tr.outcome == hotline.OutcomeAnswered {
		return end, "" // handed over to another queue
	}
	return end, by
}

package reports

import (
	"fmt"
	"time"

	"hotline"
)

// mixed adds calls to a simulated day that wait in several queues at once, overflow, are handed to queues and colleagues, call
// again, and are cut by a restart of the engine in their middle. Their agents are of their own, so that any may be free.
func (d *day) mixed(start time.Time, length time.Duration, calls int) {
	restart := start.Add(length / 2).UnixMilli()
	d.add(restart, hotline.Event{}, hotline.EngineStarted{Version: "2"})
	for i := range calls {
		at := start.UnixMilli() + d.rng.Int64N(length.Milliseconds()*8/10)
		if i%5 == 0 {
			at = restart - 1 - d.rng.Int64N(90_000)
		}
		m := &mixedCall{day: d, restart: restart, ev: hotline.Event{
			Contact: hotline.ContactID(fmt.Sprintf("m%04d", i)), Call: hotline.CallID(fmt.Sprintf("m%04d", i)),
		}, agent: i * 10}
		m.play(at, d.rng.IntN(5), fmt.Sprintf("139%08d", d.rng.IntN(calls/2+1)))
	}
}

// mixedCall is one such call.
type mixedCall struct {
	*day
	ev      hotline.Event
	restart int64
	visits  int
	agent   int
}

func (m *mixedCall) play(at int64, kind int, number string) {
	if m.rng.IntN(20) == 0 {
		number = ""
	}
	m.put(at, m.ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: number}, Trunk: "t", Flow: "main"})
	m.put(at, m.ev, hotline.FlowStepped{Flow: "main", Path: "main.1", Step: "play"})
	at += m.rng.Int64N(30_000)
	a, b := simQueues[m.rng.IntN(3)], simQueues[m.rng.IntN(3)]
	switch kind {
	case 0:
		at = m.beside(at, a, b)
	case 1: // overflow, and on
		at = m.ends(m.queue(at, a, hotline.EntryIVR, ""), at, a, hotline.OutcomeOverflow)
		at = m.answer(m.queue(at, b, hotline.EntryOverflow, ""), at, b, false)
	case 2: // handed to another queue
		at = m.answer(m.queue(at, a, hotline.EntryIVR, ""), at, a, false)
		at = m.answer(m.queue(at, b, hotline.EntryTransfer, ""), at, b, m.rng.IntN(2) == 0)
	case 3: // handed to a colleague
		at = m.answer(m.queue(at, a, hotline.EntryIVR, ""), at, a, true)
	default:
		at = m.ends(m.queue(at, a, hotline.EntryIVR, ""), at, a, hotline.OutcomeAbandoned)
	}
	m.put(at, m.ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
}

func (m *mixedCall) in(q hotline.QueueID) hotline.Event {
	ev := m.ev
	ev.Queue = q
	return ev
}

func (m *mixedCall) queue(at int64, q hotline.QueueID, entry string, beside hotline.VisitID) hotline.VisitID {
	m.visits++
	id := m.ev.Contact.Visit(m.visits)
	m.put(at, m.in(q), hotline.Queued{Visit: id, Entry: entry, Since: time.UnixMilli(at).UTC(), Beside: beside})
	return id
}

// ends ends a wait without an answer; a restart meanwhile loses it.
func (m *mixedCall) ends(id hotline.VisitID, at int64, q hotline.QueueID, o hotline.Outcome) int64 {
	end := at + m.edge(m.rng.Int64N(70_000))
	if at < m.restart && end >= m.restart {
		end, o = m.restart+1, hotline.OutcomeLost
	}
	if o == hotline.OutcomeAbandoned {
		m.put(end, m.in(q), hotline.Abandoned{Visit: id, WaitMS: end - at})
	} else {
		m.put(end, m.in(q), hotline.Left{Visit: id, Outcome: o, WaitMS: end - at})
	}
	return end
}

// answer has the visit answered, and perhaps handed to a colleague; a restart before the answer loses it.
func (m *mixedCall) answer(id hotline.VisitID, at int64, q hotline.QueueID, colleague bool) int64 {
	m.agent++
	ev := m.in(q)
	ev.Agent = hotline.AgentID(fmt.Sprintf("x%d", m.agent))
	wait := m.edge(m.rng.Int64N(50_000))
	heard := at + wait
	if at < m.restart && heard >= m.restart {
		return m.ends(id, at, q, hotline.OutcomeLost)
	}
	ring := min(wait, m.rng.Int64N(8000))
	m.put(heard-ring, ev, hotline.Offered{Visit: id, Offer: id.Offer(m.agent), Attempt: 1})
	m.put(heard, ev, hotline.Connected{Visit: id, Offer: id.Offer(m.agent), WaitMS: wait, RingMS: ring})
	m.put(heard, ev, hotline.Answered{Visit: id, WaitMS: wait})
	end := m.part(ev, id, heard)
	if !colleague {
		return end
	}
	next := m.in(q)
	m.agent++
	next.Agent = hotline.AgentID(fmt.Sprintf("x%d", m.agent))
	m.put(end-2, next, hotline.CalledIn{Visit: id, By: ev.Agent})
	m.put(end-1, next, hotline.Joined{Visit: id})
	m.put(end-1, ev, hotline.Transferred{Visit: id, How: hotline.TransferAttended, Target: hotline.TargetAgent, To: string(next.Agent), Result: hotline.TransferDone})
	return m.part(next, id, end-1)
}

// part ends an agent's talk and its after-call work.
func (m *mixedCall) part(ev hotline.Event, id hotline.VisitID, from int64) int64 {
	talk := 5 + m.rng.Int64N(200_000)
	hold := int64(0)
	if m.rng.IntN(3) == 0 {
		hold = m.rng.Int64N(talk)
	}
	acw := m.rng.Int64N(40_000)
	m.put(from+talk, ev, hotline.Released{Visit: id, TalkMS: talk, HoldMS: hold, By: hotline.RoleAgent, Wrap: "timed"})
	m.put(from+talk+acw, ev, hotline.WrapEnded{Visit: id, MS: acw})
	return from + talk
}

// beside waits in two queues at once: answered by one of them, or given up.
func (m *mixedCall) beside(at int64, a, b hotline.QueueID) int64 {
	first := m.queue(at, a, hotline.EntryIVR, "")
	second := m.queue(at, b, hotline.EntryIVR, first)
	lost := at < m.restart && at+120_000 >= m.restart // keep clear of the restart: it would need both told
	switch {
	case lost || m.rng.IntN(3) == 0:
		end := m.ends(first, at, a, hotline.OutcomeAbandoned)
		m.put(end, m.in(b), hotline.Left{Visit: second, Outcome: hotline.OutcomeDequeued, WaitMS: end - at})
		return end
	case m.rng.IntN(2) == 0:
		first, second, a, b = second, first, b, a
	}
	end := m.answer(first, at, a, false)
	m.put(at+50_000, m.in(b), hotline.Left{Visit: second, Outcome: hotline.OutcomeDequeued, WaitMS: 50_000})
	return end
}

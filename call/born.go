package call

import (
	"cmp"
	"time"

	"hotline"
	"hotline/ivr"
)

// born is the promise that a call was made to keep.
type born struct {
	id    hotline.CallbackID
	queue hotline.QueueID
	by    time.Time // the shard keeps the agent until then
	open  bool      // the shard does not know yet what became of the try
}

// confirmMargin is how long before the shard's own limit the customer's word is no longer waited for.
const confirmMargin = time.Second

// calling opens a call that a promise has become due for, and dials the customer.
func (m *Machine) calling(now time.Time, ev hotline.Event, f hotline.CallbackDue) {
	if m.phase != phaseNew {
		return
	}
	q := m.plan.Queues[ev.Queue]
	m.call, m.contact, m.started = ev.Call, ev.Call.Contact(), now // a contact of its own: one recording, one outcome
	m.from = hotline.Party{Number: f.Number}
	m.lang = cmp.Or(q.Language, m.lang)
	m.phase = phaseCalling
	m.born = &born{id: f.Callback, queue: ev.Queue, by: f.Until.Add(-confirmMargin), open: true}
	m.dialled++
	m.first = &leg{id: m.call.Sub(m.dialled), role: hotline.RoleCustomer}
	m.legs = []*leg{m.first}
	own := hotline.Party{Number: cmp.Or(q.Callback.From, m.plan.Hotline())}
	number, ok := dialable(f.Number)
	m.record(now, hotline.Event{Queue: ev.Queue, Fact: hotline.CallStarted{
		Direction: hotline.Outbound, From: own, To: number, Trunk: q.Callback.Trunk, Callback: f.Callback,
	}})
	m.record(now, m.first.event(hotline.LegStarted{Role: hotline.RoleCustomer, To: number}))
	if !ok {
		m.first.state, m.first.cause = legEnding, hotline.CauseNotFound // nothing was dialled that could be hung up
		m.legGone(now, m.first, hotline.CauseNotFound, hotline.MediaStats{})
		return
	}
	ring := cmp.Or(q.Callback.Ring, 30*time.Second)
	m.first.deadline = now.Add(ring + 2*time.Second) // the switch's own limit comes first
	m.act(hotline.Dial{Call: m.call, Leg: m.first.id, To: number, Trunk: q.Callback.Trunk, From: own, Timeout: ring})
}

// reached goes on with a customer who has picked up: it is told that it is recorded and asked whether it still wants to
// speak, where the centre wants that.
func (m *Machine) reached(now time.Time) {
	m.session = m.plan.CalledBack(m.born.queue, map[string]string{"language": m.lang})
	m.flow(now, m.session.Step(now, ivr.Start{}))
}

// confirmed puts the customer of a callback in its queue, where an agent is kept for it. It returns false if the call is
// none that waits for its customer's word.
func (m *Machine) confirmed(now time.Time) bool {
	if m.phase != phaseCalling {
		return false
	}
	m.born.open = false
	m.session, m.asked = nil, now
	m.enqueue(now, hotline.Enqueue{Queue: m.born.queue, Entry: hotline.EntryCallback, Since: now, Callback: m.born.id})
	return true
}

// triedOut ends the call of a try that the shard has given up.
func (m *Machine) triedOut(now time.Time, f hotline.CallbackTried) {
	if m.phase == phaseCalling && m.born.id == f.Callback {
		m.born.open = false
		m.end(now, cmp.Or(f.Cause, hotline.CauseNoAnswer), "")
	}
}

// unreached tells the shard that the try has come to nothing.
func (m *Machine) unreached(cause hotline.Cause) {
	if m.born != nil && m.born.open {
		m.born.open = false
		if cause == hotline.CauseFlow {
			cause = hotline.CauseRejected // it was asked, and does not want to any more
		}
		m.ask(hotline.CallbackFailed{Callback: m.born.id, Call: m.call, Cause: cause})
	}
}

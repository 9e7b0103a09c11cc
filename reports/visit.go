package reports

import "hotline"

// visit is one stay in one queue, or one request that was blocked: the raw fact that every rate is counted from. The
// fold owns it until it is closed; then it is in the history and never changes again. Times are Unix milliseconds.
type visit struct {
	id       hotline.VisitID
	contact  hotline.ContactID
	call     hotline.CallID
	queue    hotline.QueueID
	agent    hotline.AgentID // who took it
	entry    string
	blocked  hotline.BlockReason // set: it never entered the queue
	outcome  hotline.Outcome     // empty: it waits
	priority int

	first     int64 // the contact's first request for a person
	firstIn   hotline.QueueID
	since     int64 // start of the wait, or when it was blocked
	free      int64 // when it last became possible to offer it: queued, need relaxed, offer lost
	connected int64 // the shard joined it; it may still end unanswered
	ended     int64 // end of the wait
	closed    int64 // call and wrap-up are over
	wait      int64

	ring, talk, hold, acw int64
	handled, held         int
	rings                 Rings
	ringing, joined       int // offers and segments that are not over yet

	firstRequest bool // the contact's first request
	firstAnswer  bool // the contact's first answer
	noMedia      bool
	test         bool // of a call that tries out a flow: in no figure
	redial       bool // the customer tried in vain shortly before: no demand of its own
	gaveUp       bool // abandoned, and nobody had answered the call before

	who          uint64          // the customer's number, hashed; 0: not known
	came         hotline.QueueID // where the call came from: handed on, or waiting there as well
	rule         string
	then, to, by string

	place       int64 // stands in line as if waiting since then; the wait itself runs from since
	beside      hotline.VisitID
	callback    hotline.CallbackID
	from        hotline.Party
	prefer      hotline.AgentID
	preferUntil Moment
	agents      []hotline.AgentID // whose phones ring for it; replaced, never changed in place
}

// waiting says that the visit is in the queue, or joined and not yet heard.
func (v *visit) waiting() bool { return v.outcome == "" && v.blocked == "" }

// counts says that the visit is part of requested; one that was answered through another queue is not.
func (v *visit) counts() bool { return v.outcome != hotline.OutcomeDequeued }

// waitingCall says that it stands for a call that waits: of several visits at once the first does.
func (v *visit) waitingCall() bool { return v.waiting() && v.beside == "" }

// when is the moment that decides the visit's interval; 0: not known yet, so that it is in none.
func (v *visit) when(by Attribution) int64 {
	switch by {
	case ByWaitEnd:
		return v.ended
	case ByCompletion:
		return v.closed
	}
	return v.since
}

// verdict is the one rule of how a visit ends. Board, metrics, reports and records all count what it says.
//
//   - Answered: the customer heard the agent or the agent's number (kpi 1.0). Being joined (Connected) is not enough.
//   - Abandoned, Left: as the shard says.
//   - Joined, but parted (Released) or the call over (CallEnded) before Answered: abandoned if the customer hung up
//     first, else lost, for then it was the centre that failed the customer. The wait ends at the parting.
//
// The first verdict stands: what comes later for the same visit is late and changes nothing.
func verdict(v *visit, ev hotline.Event) (outcome hotline.Outcome, wait int64, ended bool) {
	if !v.waiting() {
		return "", 0, false
	}
	switch f := ev.Fact.(type) {
	case hotline.Answered:
		return hotline.OutcomeAnswered, f.WaitMS, true
	case hotline.Abandoned:
		return hotline.OutcomeAbandoned, f.WaitMS, true
	case hotline.Left:
		return f.Outcome, f.WaitMS, true
	case hotline.Released:
		return parted(v, ev, f.By)
	case hotline.CallEnded:
		return parted(v, ev, f.By)
	}
	return "", 0, false
}

func parted(v *visit, ev hotline.Event, by hotline.Role) (hotline.Outcome, int64, bool) {
	if v.connected == 0 {
		return "", 0, false // still in the queue: the shard will say how it left
	}
	wait := ev.At.UnixMilli() - v.since
	if by == hotline.RoleCustomer {
		return hotline.OutcomeAbandoned, wait, true
	}
	return hotline.OutcomeLost, wait, true
}

// add counts one ring by its result.
func (r *Rings) add(result hotline.OfferResult, n int) {
	switch result {
	case hotline.OfferAnswered:
		r.Answered += n
	case hotline.OfferNoAnswer:
		r.NoAnswer += n
	case hotline.OfferRejected:
		r.Rejected += n
	case hotline.OfferUnreachable:
		r.Unreachable += n
	case hotline.OfferBusy:
		r.Busy += n
	case hotline.OfferCallerGone:
		r.CallerGone += n
	case hotline.OfferElsewhere:
		r.Elsewhere += n
	}
}

func (r *Rings) merge(o Rings) {
	r.Answered += o.Answered
	r.NoAnswer += o.NoAnswer
	r.Rejected += o.Rejected
	r.Unreachable += o.Unreachable
	r.Busy += o.Busy
	r.CallerGone += o.CallerGone
	r.Elsewhere += o.Elsewhere
}

// all is every ring that has ended.
func (r Rings) all() int {
	return r.Answered + r.NoAnswer + r.Rejected + r.Unreachable + r.Busy + r.CallerGone + r.Elsewhere
}

// rona is the rings that the agent did not answer or rejected, of all rings.
func (r Rings) rona() Level { return level(r.NoAnswer+r.Rejected, r.all()) }

// within says that a wait meets a bound, both in ms: inclusive, so that 20,000 ms is within 20 s.
func within(wait, bound int64) bool { return wait <= bound }

// short says that an abandoned wait does not count against the centre: strictly less, so that 0 switches it off.
func short(wait, bound int64) bool { return wait < bound }

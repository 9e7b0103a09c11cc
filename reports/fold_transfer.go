package reports

import "hotline"

// maxTransfers bounds the transfers in one record.
const maxTransfers = 50

// Transfer is one handing on of the customer by its agent, or the try, as the contact's record shows it.
type Transfer struct {
	At     Moment          `json:"at"`
	Visit  hotline.VisitID `json:"visit,omitempty"`
	Queue  hotline.QueueID `json:"queue,omitempty"`
	Agent  hotline.AgentID `json:"agent"`
	How    string          `json:"how"`    // blind, attended
	Target string          `json:"target"` // agent, queue, flow, number
	To     string          `json:"to"`
	Result string          `json:"result"` // done, or the cause why not
}

// TransferCounts is the completed transfers by how and to what, and those that came to nothing. A consult that the customer was
// not handed on after is none (kpi 1.3). Rate is the completed ones in what was handled.
type TransferCounts struct {
	Blind    int      `json:"blind"`
	Attended int      `json:"attended"`
	ToAgent  int      `json:"to_agent"`
	ToQueue  int      `json:"to_queue"` // or to a number of the centre
	ToNumber int      `json:"to_number"`
	Failed   int      `json:"failed"`
	Rate     *float64 `json:"rate"`
}

// transferStep is one transfer, counted when it was over.
type transferStep struct {
	at      int64
	queue   hotline.QueueID
	contact hotline.ContactID
	visit   hotline.VisitID
	how     string
	target  string
	done    bool
}

func (c *TransferCounts) add(s transferStep) {
	if !s.done {
		c.Failed++
		return
	}
	if s.how == hotline.TransferBlind {
		c.Blind++
	} else {
		c.Attended++
	}
	switch s.target {
	case hotline.TargetAgent:
		c.ToAgent++
	case hotline.TargetNumber:
		c.ToNumber++
	default:
		c.ToQueue++
	}
}

func (c *TransferCounts) finish(handled int) {
	c.Rate = ratio(int64(c.Blind+c.Attended), int64(handled))
}

// applyTransfer follows who is called in and handed what.
func (f *Fold) applyTransfer(ev hotline.Event, rec *record, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.CalledIn:
		f.calledIn(ev, fact)
	case hotline.Joined:
		f.joined(ev, fact, rec, at)
	case hotline.Transferred:
		f.transferred(ev, fact, rec, at)
	}
}

// calledIn keeps the visit open as long as an agent who was called in may get its customer.
func (f *Fold) calledIn(ev hotline.Event, c hotline.CalledIn) {
	a := f.agent(ev.Agent)
	f.abandonSegment(a)
	f.sentBack(a)
	if v := f.open[c.Visit]; v != nil {
		a.lent = v
		v.joined++
	}
}

// sentBack is the end of an agent's being called in.
func (f *Fold) sentBack(a *agent) {
	if v := a.lent; v != nil {
		a.lent = nil
		v.joined--
		f.closeIfDone(v)
	}
}

// joined begins the segment of an agent who was called in. The visit was answered before: another agent handles it.
func (f *Fold) joined(ev hotline.Event, j hotline.Joined, rec *record, at int64) {
	a := f.agent(ev.Agent)
	v := a.lent
	if v == nil && j.Visit == "" { // of a call that an agent made
		return
	}
	if v == nil || v.id != j.Visit {
		f.metrics.late.Inc()
		return
	}
	a.lent, a.visit = nil, v
	a.work(f, ev, ev.Queue)
	a.segment = &Segment{
		Visit: v.id, Queue: v.queue, Agent: a.id, Leg: j.Leg, Connected: Moment(at), Answered: Moment(at), RingMS: max(j.RingMS, 0),
	}
	if rec != nil {
		rec.segments = append(rec.segments, a.segment)
	}
}

// transferred counts a transfer and shows it in the contact's record.
func (f *Fold) transferred(ev hotline.Event, x hotline.Transferred, rec *record, at int64) {
	if rec == nil {
		f.metrics.late.Inc()
		return
	}
	if len(rec.c.Transfers) < maxTransfers {
		rec.c.Transfers = append(rec.c.Transfers[:len(rec.c.Transfers):len(rec.c.Transfers)], Transfer{
			At: Moment(at), Visit: x.Visit, Queue: ev.Queue, Agent: ev.Agent, How: x.How, Target: x.Target, To: x.To, Result: x.Result,
		})
	}
	if rec.c.Test || x.How == hotline.TransferTakeOver { // which the agent did not do
		return
	}
	s := transferStep{
		at: at, queue: ev.Queue, contact: rec.c.ID, visit: x.Visit, how: x.How, target: x.Target, done: x.Result == hotline.TransferDone,
	}
	f.transfers.addSince(at, f.clock, s)
	if ev.Agent != "" {
		f.agent(ev.Agent).transfers.addSince(at, f.clock, s)
	}
	if s.done {
		f.metrics.transferred(s)
	}
}

func (m *metrics) transferred(s transferStep) {
	how := s.how
	if how != hotline.TransferBlind {
		how = hotline.TransferAttended
	}
	target := s.target
	switch target {
	case hotline.TargetAgent, hotline.TargetQueue, hotline.TargetFlow, hotline.TargetNumber:
	default:
		target = "other"
	}
	m.transfers.inc(m.queue(s.queue), how, target)
}

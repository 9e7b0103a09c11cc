package reports

import (
	"slices"

	"hotline"
)

// Bounds of one record: whatever a caller or a flow does, it stays small.
const (
	maxTimeline = 500
	maxLegs     = 200
)

// record is a contact as it is kept: c holds the parts that are told by one fact each, the rest is derived when asked.
// The fold owns it.
type record struct {
	c        Contact
	visits   []*visit
	segments []*Segment
	promises []*Callback
	tasks    []*Task
	surveys  []*Survey
	parts    []part
	prev     *record // the contact with the same customer before
	up       int     // calls that are not over
	asked    int64   // first request for a person, Unix ms
	askedIn  hotline.QueueID
	answered bool
	reached  bool     // of a call out: somebody picked up
	packed   []byte   // the lists of c, once the contact is over; c has none of them then
	leaving  bool     // in line for a chapter
	gone     bool     // it is on disk alone
	known    bool     // it has its place in the row of those with its customer
	rev      uint64   // the last event that changed it
	from     standing // where its newest copy on disk stands, if copied is set
	was      uint64   // the rev of that copy; 0: it is void
	copied   bool
	due      bool // in line for packing
}

// contacts is every record, by id and in the order of the log.
type contacts struct {
	byID  map[hotline.ContactID]*record
	order []*record
	high  []int64 // high[i] is the latest start of order[:i+1]: where a search by time may stop
}

// record finds the event's contact, or opens one. An agent's own call to the engine has none.
func (f *Fold) record(ev hotline.Event, at int64) *record {
	if ev.Contact != "" {
		if r := f.contacts.byID[ev.Contact]; r != nil {
			f.reopen(r)
			return r
		}
	}
	if c := f.calls[ev.Call]; c != nil && ev.Call != "" {
		return c.rec
	}
	if r := f.fetch(ev.Contact, ev.Seq); r != nil {
		return r
	}
	id := ev.Contact
	switch fact := ev.Fact.(type) {
	case hotline.CallStarted:
		if fact.Direction == hotline.Internal && !fact.Test {
			return nil
		}
		if id == "" {
			id = ev.Call.Contact()
		}
		r := f.newRecord(id, ev.Seq, at)
		r.c.Direction, r.c.From, r.c.To, r.c.Trunk, r.c.Test = fact.Direction, fact.From, fact.To, fact.Trunk, fact.Test
		r.c.Anonymous, r.c.Diverted = fact.Anonymous, fact.Diverted
		if id := fact.Callback; id != "" {
			r.c.Keeps = &Kept{Callback: id}
			if p := f.promises.open[id]; p != nil {
				r.c.Keeps.Contact = p.Contact
			}
		}
		return r
	case hotline.Queued: // a request without a call: a callback, or a log that begins in mid-call
		if id == "" {
			return nil
		}
		r := f.newRecord(id, ev.Seq, at)
		r.c.Direction, r.c.From = hotline.Inbound, fact.From
		return r
	}
	return nil
}

// reopen unpacks a record that gets another fact.
func (f *Fold) reopen(r *record) {
	if r.packed == nil {
		return
	}
	if err := f.unpack(r.packed, &r.c); err != nil {
		f.cfg.Logger.Error("contact record cannot be unpacked", "contact", r.c.ID, "err", err)
	}
	r.packed = nil
	f.packLater(r)
}

func (f *Fold) newRecord(id hotline.ContactID, seq uint64, at int64) *record {
	r := &record{c: Contact{ID: id, Seq: seq, Started: Moment(at)}}
	cs := &f.contacts
	cs.byID[id] = r
	high := at
	if n := len(cs.high); n > 0 {
		high = max(high, cs.high[n-1])
	}
	cs.order, cs.high = append(cs.order, r), append(cs.high, high)
	f.again(r)
	return r
}

// note adds the event to the timeline.
func (r *record) note(ev hotline.Event, at int64) {
	r.rev = ev.Seq
	if len(r.c.Timeline) >= maxTimeline {
		r.c.Cut++
		return
	}
	r.c.Timeline = append(r.c.Timeline, Entry{
		Seq: ev.Seq, At: Moment(at), Kind: ev.Fact.Kind(), Leg: ev.Leg, Agent: ev.Agent, Queue: ev.Queue, Fact: ev.Fact,
	})
}

func (r *record) leg(id hotline.LegID) *Leg {
	for i := range r.c.Legs {
		if r.c.Legs[i].ID == id {
			return &r.c.Legs[i]
		}
	}
	return nil
}

// outcome is the contact's: answered if one of its visits was, else how the last one ended.
func (r *record) outcome() string {
	if len(r.visits) == 0 {
		if r.c.Ended == 0 {
			return ""
		}
		return r.unasked()
	}
	if r.answered {
		return string(hotline.OutcomeAnswered)
	}
	last := r.visits[len(r.visits)-1]
	for _, v := range r.visits {
		switch {
		case v.waiting():
			return ""
		case v.counts() || !last.counts(): // one that was answered elsewhere says nothing about the contact
			last = v
		}
	}
	if last.blocked != "" {
		return OutcomeBlocked
	}
	return string(last.outcome)
}

// unasked is the outcome of a contact that asked for nobody.
func (r *record) unasked() string {
	switch r.c.Direction {
	case hotline.Outbound:
		if r.reached {
			return OutcomeReached
		}
		return OutcomeNotReached
	case hotline.Recorded:
		return OutcomeRecorded
	}
	return OutcomeFlow
}

// summary is the record without its lists. The caller holds the fold's lock, if the record is the fold's.
func (r *record) summary(now int64) Contact {
	c := r.c
	c.Visits, c.Offers, c.Legs, c.Flow, c.Timeline, c.Transfers, c.Cut = nil, nil, nil, nil, nil, nil, 0
	c.Calls, c.Codes = slices.Clone(r.c.Calls), c.codes()
	c.LedTo = slices.Clone(r.c.LedTo)
	c.Outcome = r.outcome()
	end := now
	if c.Ended != 0 {
		end = int64(c.Ended)
	}
	c.MS = max(end-int64(c.Started), 0)
	for _, v := range r.visits {
		if !slices.Contains(c.Queues, v.queue) {
			c.Queues = append(c.Queues, v.queue)
		}
	}
	for _, s := range r.segments {
		if s.Answered == 0 {
			continue // joined, but the customer heard nobody: not handled in any figure
		}
		c.TalkMS, c.HoldMS, c.WrapMS = c.TalkMS+s.TalkMS, c.HoldMS+s.HoldMS, c.WrapMS+s.WrapMS
		if !slices.Contains(c.Agents, s.Agent) {
			c.Agents = append(c.Agents, s.Agent)
		}
	}
	c.WaitMS = r.wait(now)
	c.Recorded = c.Recording != nil && c.Recording.File != ""
	return c
}

// wait is from the first request to the first answer, else to the end of the last visit, else to now.
func (r *record) wait(now int64) int64 {
	if r.asked == 0 {
		return 0
	}
	end := r.asked
	for _, v := range r.visits {
		if v.firstAnswer {
			return v.ended - r.asked
		}
		if v.waiting() {
			end = now
		}
		end = max(end, v.ended)
	}
	return end - r.asked
}

// full is the record with all its lists, none of them shared; those that are packed are left to the caller. The caller
// holds the fold's lock.
func (f *Fold) full(r *record, now int64) (c Contact, packed []byte) {
	return r.full(f.book, now, func(t *Task) Task { return f.export(t, now) }), r.packed
}

// full is the record with the lists that it has.
func (r *record) full(b *book, now int64, export func(*Task) Task) Contact {
	c := r.summary(now)
	for _, p := range r.promises {
		c.Callbacks = append(c.Callbacks, *p)
	}
	for _, t := range r.tasks {
		c.Tasks = append(c.Tasks, export(t))
	}
	for _, s := range r.surveys {
		c.Surveys = append(c.Surveys, *s)
	}
	c.Transfers = slices.Clone(r.c.Transfers)
	c.Offers, c.Legs = slices.Clone(r.c.Offers), slices.Clone(r.c.Legs)
	c.Flow, c.Timeline, c.Cut = slices.Clone(r.c.Flow), slices.Clone(r.c.Timeline), r.c.Cut
	for _, s := range r.segments {
		c.Segments = append(c.Segments, *s)
	}
	for _, v := range r.visits {
		if v.blocked != "" {
			c.Blocked = append(c.Blocked, BlockedVisit{v.queue, v.entry, Moment(v.since), v.blocked, v.rule, v.then, v.to})
			continue
		}
		c.Visits = append(c.Visits, v.export(b, now))
	}
	return c
}

func (v *visit) export(b *book, now int64) Visit {
	q := b.queue(v.queue)
	e := Visit{
		ID: v.id, Queue: v.queue, Entry: v.entry, Priority: v.priority, Since: Moment(v.since), WaitMS: v.wait,
		Outcome: v.outcome, Ended: Moment(v.ended), NoMedia: v.noMedia, TargetMS: q.Within.Milliseconds(),
		Rule: v.rule, Then: v.then, To: v.to, By: v.by, Beside: v.beside, Callback: v.callback,
	}
	if v.place != v.since {
		e.Place = Moment(v.place)
	}
	switch {
	case v.waiting():
		e.WaitMS = max(now-v.since, 0)
	case v.outcome == hotline.OutcomeAnswered:
		met := within(v.wait, e.TargetMS)
		e.AnsweredAt, e.TargetMet = Moment(v.ended), &met
	case v.outcome == hotline.OutcomeAbandoned:
		e.Short = short(v.wait, q.Short.Milliseconds())
	}
	return e
}

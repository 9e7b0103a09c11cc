package reports

import (
	"slices"

	"hotline"
)

// maxLed bounds how many calls that a contact led to its record names.
const maxLed = 50

// OutboundCounts is what an agent called by itself: calls to outside that it made, those in which somebody picked up, and the
// talks, those that a colleague handed on included. A call counts in the interval in which it, and its after-call work, ends.
// InternalMS is talk with colleagues alone, on either side: it is in nothing else.
type OutboundCounts struct {
	Calls      int   `json:"calls"`
	Reached    int   `json:"reached"`
	TalkMS     int64 `json:"talk_ms"` // hold not included
	HoldMS     int64 `json:"hold_ms"`
	ACWMS      int64 `json:"acw_ms"`
	InternalMS int64 `json:"internal_talk_ms"`
}

// ownStep is an agent's part of a call that was an agent's own, counted when it was over.
type ownStep struct {
	at       int64
	contact  hotline.ContactID // empty: with a colleague
	made     bool              // it made the call
	reached  bool
	internal bool
	talk     int64
	hold     int64
	acw      int64
}

func (c *OutboundCounts) add(s ownStep) {
	if s.internal {
		c.InternalMS += s.talk + s.hold
		return
	}
	c.Calls += count(s.made)
	c.Reached += count(s.made && s.reached)
	c.TalkMS, c.HoldMS, c.ACWMS = c.TalkMS+s.talk, c.HoldMS+s.hold, c.ACWMS+s.acw
}

// ownTalk is an agent's part of such a call that is not over.
type ownTalk struct {
	call     hotline.CallID
	segment  *Segment // nil: with a colleague
	rec      *record  // that the segment is in
	made     bool
	from     int64 // when the talk began; 0: it has not
	hold     int64
	released int64
}

// ownCall is such a call while it is up.
type ownCall struct {
	maker  hotline.AgentID
	line   hotline.LegID // the maker's
	other  hotline.LegID
	agents []hotline.AgentID // whose part is not over, but for after-call work
}

// applyOwn follows the calls that agents make.
func (f *Fold) applyOwn(ev hotline.Event, rec *record, at int64) {
	c := f.calls[ev.Call]
	switch fact := ev.Fact.(type) {
	case hotline.CallStarted:
		if c != nil {
			f.ownStarted(ev, fact, c, rec, at)
		}
	case hotline.LegStarted:
		if c != nil && c.own != nil {
			f.ownLeg(ev, fact, c, at)
		}
	case hotline.LegAnswered:
		f.reached(ev, fact, c, rec, at)
	case hotline.Joined:
		if fact.Visit == "" {
			f.ownJoined(ev, fact, c, rec, at)
		}
	case hotline.Held:
		if o := f.agent(ev.Agent).own; o != nil && o.call == ev.Call && fact.By == "" {
			o.hold += fact.MS
		}
	case hotline.Released:
		if o := f.agent(ev.Agent).own; o != nil && o.call == ev.Call && o.released == 0 {
			f.ownReleased(ev, fact, c, at)
		}
	case hotline.WrapEnded:
		if o := f.agent(ev.Agent).own; o != nil && o.released != 0 {
			f.ownWrapped(ev.Agent, fact, at)
		}
	}
}

// ownStarted opens a call that an agent makes.
func (f *Fold) ownStarted(ev hotline.Event, s hotline.CallStarted, c *liveCall, rec *record, at int64) {
	if rec != nil && s.For != "" && rec.c.For == "" {
		rec.c.For = s.For
		if r := f.kept(s.For, ev.Seq); r != nil && r != rec && len(r.c.LedTo) < maxLed {
			r.rev = ev.Seq
			r.c.LedTo = append(slices.Clip(r.c.LedTo), rec.c.ID)
		}
	}
	internal := s.Direction == hotline.Internal && !s.Test
	if ev.Agent == "" || !internal && !c.ownMaking() || c.own != nil {
		return
	}
	c.own = &ownCall{maker: ev.Agent}
	c.view.Agent, c.view.Queue = ev.Agent, ev.Queue
	o := &ownTalk{call: ev.Call, made: true, rec: rec}
	if rec != nil {
		o.segment = &Segment{Queue: ev.Queue, Agent: ev.Agent, Connected: Moment(at)}
		rec.segments = append(rec.segments, o.segment)
	}
	f.ownBegin(ev.Agent, o, c)
}

func (f *Fold) ownBegin(agent hotline.AgentID, o *ownTalk, c *liveCall) {
	a := f.agent(agent)
	f.ownOver(a)
	a.own = o
	if !slices.Contains(c.own.agents, agent) {
		c.own.agents = append(c.own.agents, agent)
	}
}

// ownLeg notes whose the call's lines are: the first is the maker's, the next that of whom it calls.
func (f *Fold) ownLeg(ev hotline.Event, s hotline.LegStarted, c *liveCall, at int64) {
	o := c.own
	switch {
	case o.line == "":
		o.line = ev.Leg
		if p := f.agent(o.maker).own; p != nil && p.call == ev.Call && p.segment != nil {
			p.segment.Leg = ev.Leg
		}
	case o.other == "" && ev.Leg != o.line:
		o.other = ev.Leg
		c.view.Phase, c.view.Since = PhaseDialling, Moment(at)
		if s.Role == hotline.RoleAgent && ev.Agent != "" {
			f.ownBegin(ev.Agent, &ownTalk{call: ev.Call}, c)
		}
	}
}

// reached notes that the other side of a call out has picked up.
func (f *Fold) reached(ev hotline.Event, l hotline.LegAnswered, c *liveCall, rec *record, at int64) {
	if rec != nil && rec.c.Direction == hotline.Outbound && (l.Role == hotline.RoleCustomer || l.Role == hotline.RoleParty) {
		rec.reached = true
	}
	if c == nil || c.own == nil || ev.Leg != c.own.other {
		return
	}
	c.view.Phase, c.view.Since = PhaseTalking, Moment(at)
	for _, id := range c.own.agents {
		if o := f.agent(id).own; o != nil && o.call == ev.Call && o.from == 0 {
			o.from = at
			if o.segment != nil {
				o.segment.Answered, o.segment.RingMS = Moment(at), at-int64(o.segment.Connected)
			}
		}
	}
}

// ownJoined gives the customer of such a call to a colleague.
func (f *Fold) ownJoined(ev hotline.Event, j hotline.Joined, c *liveCall, rec *record, at int64) {
	if c == nil || c.own == nil {
		return
	}
	o := &ownTalk{call: ev.Call, from: at, rec: rec}
	if rec != nil {
		o.segment = &Segment{
			Queue: ev.Queue, Agent: ev.Agent, Leg: j.Leg, Connected: Moment(at), Answered: Moment(at), RingMS: max(j.RingMS, 0),
		}
		rec.segments = append(rec.segments, o.segment)
	}
	f.agent(ev.Agent).work(f, ev, ev.Queue)
	f.ownBegin(ev.Agent, o, c)
}

func (f *Fold) ownReleased(ev hotline.Event, r hotline.Released, c *liveCall, at int64) {
	a := f.agent(ev.Agent)
	o := a.own
	o.released = at
	if c != nil && c.own != nil {
		c.own.agents = slices.DeleteFunc(c.own.agents, func(id hotline.AgentID) bool { return id == ev.Agent })
	}
	if s := o.segment; s != nil {
		s.Released, s.Cause, s.By = Moment(at), r.Cause, r.By
		if o.from != 0 {
			s.HoldMS = min(o.hold, at-o.from)
			s.TalkMS = at - o.from - s.HoldMS
		}
	}
	if r.Wrap == "" || r.Wrap == "none" {
		f.ownOver(a)
		return
	}
	a.wrapUntil, a.wrapQueue = At(r.WrapUntil), ev.Queue
}

func (f *Fold) ownWrapped(agent hotline.AgentID, w hotline.WrapEnded, at int64) {
	a := f.agent(agent)
	if s := a.own.segment; s != nil {
		s.Wrapped, s.WrapMS = Moment(at), max(w.MS, 0)
	}
	a.wrapUntil, a.wrapQueue = 0, ""
	f.ownOver(a)
}

// ownOver counts the agent's part of such a call.
func (f *Fold) ownOver(a *agent) {
	o := a.own
	if o == nil {
		return
	}
	a.own = nil
	s := ownStep{at: f.clock, made: o.made, reached: o.from != 0, internal: o.segment == nil}
	if o.released != 0 {
		s.at = o.released
	}
	switch {
	case o.segment != nil:
		if o.rec != nil {
			s.contact = o.rec.c.ID
		}
		s.talk, s.hold, s.acw = o.segment.TalkMS, o.segment.HoldMS, o.segment.WrapMS
		s.at = max(s.at, int64(o.segment.Wrapped))
	case o.from != 0:
		s.talk = s.at - o.from
	}
	if o.segment == nil && o.from == 0 { // a code dialled, or a colleague who did not pick up
		return
	}
	a.owns.addSince(s.at, f.clock, s)
}

// ownEnded counts what nobody has told the end of.
func (f *Fold) ownEnded(c *liveCall) {
	if c.own == nil {
		return
	}
	for _, id := range c.own.agents {
		if a := f.agent(id); a.own != nil && a.own.call == c.view.ID && a.own.released == 0 {
			a.own.released = f.clock
			f.ownOver(a)
		}
	}
}

// ownRows counts the calls of the agent's own making in every bin.
func (s *agentSnapshot) ownRows(rows []AgentRow, bs []bin) {
	for o := range s.owns.span(bs[0].start, bs[len(bs)-1].end) {
		if i := find(bs, o.at); i >= 0 {
			rows[i].Outbound.add(o)
		}
	}
}

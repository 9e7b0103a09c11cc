package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline"
)

const (
	longestTimeline = 50 * time.Hour // two days, the longer ones too
	mostStays       = 200_000        // stays in one answer
)

// TimelineRow is what one agent did, stay by stay.
type TimelineRow struct {
	Agent      hotline.AgentID `json:"agent"`
	Name       string          `json:"name"`
	Team       string          `json:"team,omitempty"`
	SignedInMS int64           `json:"signed_in_ms"`
	States     StateTimes      `json:"states"`
	OverMS     int64           `json:"over_ms"`   // beyond what breaks and wrap-up may last
	Occupancy  *float64        `json:"occupancy"` // as in the agents' report
	Spans      []TimelineSpan  `json:"spans"`     // signed in, in order
	Planned    []Planned       `json:"planned,omitempty"`
	PlannedMS  int64           `json:"planned_ms"` // as far as it is over
	AdherentMS int64           `json:"adherent_ms"`
	Adherence  *float64        `json:"adherence"`
}

// TimelineSpan is a stay in one state, cut at the report's ends.
type TimelineSpan struct {
	Start   Moment             `json:"start"`
	End     Moment             `json:"end"`
	State   hotline.AgentState `json:"state"`
	Reason  string             `json:"reason,omitempty"`
	Open    bool               `json:"open,omitempty"`      // it goes on
	OverAt  Moment             `json:"over_since,omitzero"` // over time from here on
	Contact hotline.ContactID  `json:"contact,omitempty"`   // whose ringing, talk or wrap-up it is
	Queue   hotline.QueueID    `json:"queue,omitempty"`
}

// Timeline is the agents' stays in [From, To), at most 50 hours; an agent who was neither signed in nor planned has no row. It returns
// ErrQuery for a longer time, and for more than 200,000 stays.
func (f *Fold) Timeline(q Span) (*Report[TimelineRow], error) {
	now := f.cfg.Now()
	if q.To.Sub(q.From) > longestTimeline {
		return nil, fmt.Errorf("%w: a time line is of at most %v", ErrQuery, longestTimeline)
	}
	all, b, seq := f.agentSnapshots(now.UnixMilli())
	bs, err := bins(q.From, q.To, Whole, b.loc)
	if err != nil {
		return nil, err
	}
	busy := f.busyWith()
	seen := make([]hotline.AgentID, 0, len(all))
	for id := range all {
		seen = append(seen, id)
	}
	for id := range q.Plan {
		if _, known := all[id]; !known {
			seen = append(seen, id)
		}
	}
	r := report[TimelineRow](q, now, seq)
	stays := 0
	for _, id := range b.agentOrder(seen) {
		s := all[id]
		s.id = id
		if !q.agents(b.agent(id)) {
			continue
		}
		row := s.timeline(bs[0], b, busy[id])
		row.Planned = q.Plan.cut(id, bs[0])
		if len(row.Spans)+len(row.Planned) == 0 {
			continue
		}
		of := []AgentRow{{}}
		s.adhere(of, bs, row.Planned, now.UnixMilli())
		row.PlannedMS, row.AdherentMS, row.Adherence = of[0].PlannedMS, of[0].AdherentMS, ratio(of[0].AdherentMS, of[0].PlannedMS)
		if stays += len(row.Spans); stays > mostStays {
			return nil, fmt.Errorf("%w: more than %d stays: ask for a team or a shorter time", ErrQuery, mostStays)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// busyStay is what an agent is busy with.
type busyStay struct {
	from, to int64
	contact  hotline.ContactID
	queue    hotline.QueueID
}

func (f *Fold) busyWith() map[hotline.AgentID]busyStay {
	f.mu.Lock()
	defer f.mu.Unlock()
	busy := map[hotline.AgentID]busyStay{}
	for id, a := range f.agents {
		if a.contact != "" {
			from := a.from
			if a.segment != nil {
				from = int64(a.segment.Connected) - a.segment.RingMS
			}
			busy[id] = busyStay{from, 1 << 62, a.contact, a.queue}
		} else if a.state == hotline.AgentWrapUp {
			busy[id] = busyStay{a.from, 1 << 62, "", a.wrapQueue}
		}
	}
	return busy
}

func (s *agentSnapshot) timeline(in bin, b *book, busy busyStay) TimelineRow {
	def := b.agent(s.id)
	row := TimelineRow{Agent: s.id, Name: def.Name, Team: def.Team, Spans: []TimelineSpan{}}
	stays := s.stays(in)
	if busy.from != 0 {
		stays = append(stays, busy)
	}
	slices.SortStableFunc(stays, func(a, c busyStay) int { return cmp.Compare(a.from, c.from) })
	sums := []AgentRow{{Reasons: map[string]int64{}}}
	put := func(sp span, open bool) {
		start, end := max(sp.start, in.start), min(sp.end, in.end)
		if start >= end {
			return
		}
		clip(sums, []bin{in}, sp)
		one := TimelineSpan{Start: Moment(start), End: Moment(end), State: sp.state, Reason: sp.reason, Open: open && end == sp.end}
		var limit time.Duration
		switch sp.state {
		case hotline.AgentReady, stateUnknown:
		case hotline.AgentNotReady:
			limit = b.reasons[sp.reason].Allowance
		default:
			at := during(stays, sp)
			one.Contact, one.Queue = at.contact, at.queue
			if sp.state == hotline.AgentWrapUp && at.queue != "" {
				limit = b.queue(at.queue).Wrap
			}
		}
		if over := sp.start + limit.Milliseconds(); limit > 0 && over < end {
			one.OverAt = Moment(max(over, start))
			row.OverMS += end - int64(one.OverAt)
		}
		row.Spans = append(row.Spans, one)
	}
	for sp := range s.spans.span(in.start, in.end) {
		put(sp, false)
	}
	if s.isOpen {
		put(s.open, true)
	}
	sums[0].finish()
	row.SignedInMS, row.States, row.Occupancy = sums[0].SignedInMS, sums[0].States, sums[0].Occupancy
	return row
}

// stays are the agent's parts of contacts that touch the time, from the ringing to the end of the wrap-up.
func (s *agentSnapshot) stays(in bin) []busyStay {
	var all []busyStay
	for seg := range s.handled.span(in.start, in.end) {
		from, to := int64(seg.Connected)-seg.RingMS, int64(max(seg.Released, seg.Wrapped))
		if to <= in.start || from >= in.end {
			continue
		}
		contact := seg.Visit[:max(strings.LastIndexByte(string(seg.Visit), '.'), 0)] // a visit's id begins with its contact's
		all = append(all, busyStay{from, to, hotline.ContactID(contact), seg.Queue})
	}
	return all
}

// during is what the agent was busy with during most of a span: the parts do not overlap.
func during(stays []busyStay, sp span) busyStay {
	middle := sp.start + (sp.end-sp.start)/2
	i, _ := slices.BinarySearchFunc(stays, middle+1, func(s busyStay, at int64) int { return cmp.Compare(s.from, at) })
	if i > 0 && stays[i-1].to >= middle {
		return stays[i-1]
	}
	return busyStay{}
}

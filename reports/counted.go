package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hotline"
)

// CountedQuery asks what a figure counts. Of queues, Figure is a count of QueueRow by its name in JSON (answered,
// flow_out_by.timeout, rings.no_answer), or "in " and "out " before a level's name: what is in its numerator (in v1), and what
// is in its denominator alone (out v1). Of an agent or a team it is "agent " before a count of AgentRow: answered, handled,
// rings.no_answer. The figures of the other reports are a report's word and a count of its rows: see CountedCell. Interval,
// Within and Curve are of no account.
type CountedQuery struct {
	QueueQuery
	Figure  string
	Cell    CountedCell
	Agent   hotline.AgentID // empty: all; of a queue's figures those that it took
	Team    string          // empty: all
	Longest bool            // the longest wait first, else the newest first
	Skip    int
	Limit   int    // 0: 50; at most 500
	All     bool   // every one, in one page
	Look    int    // records of contacts read for one answer at most, where they have to be; 0: 40,000
	Before  uint64 // from CountedPage.Before: goes on where the look into the records ended; 0: from the newest
}

// Counted is one visit that a figure counts, or of an agent's figure one segment or ring.
type Counted struct {
	Contact hotline.ContactID   `json:"contact"`
	Visit   hotline.VisitID     `json:"visit"`
	Queue   hotline.QueueID     `json:"queue"`
	Agent   hotline.AgentID     `json:"agent,omitempty"` // who took it, or rang
	At      Moment              `json:"at"`              // that puts it into its interval
	WaitMS  int64               `json:"wait_ms"`
	Outcome hotline.Outcome     `json:"outcome,omitempty"` // empty: it waits, or was blocked
	Blocked hotline.BlockReason `json:"blocked,omitempty"`
	Result  hotline.OfferResult `json:"result,omitempty"` // of a ring
	Times   int                 `json:"times"`            // how often it counts in the figure
	Whole   bool                `json:"whole,omitempty"`  // wait and outcome are to be those of the whole contact
}

// CountedPage is a page of them. Count is the figure, unless Before is set: then so many were found among the contacts that
// began at Looked or later, and the others are asked for with Before.
type CountedPage struct {
	From     Moment      `json:"from"`
	To       Moment      `json:"to"`
	AsOf     Moment      `json:"as_of"`
	Seq      uint64      `json:"seq"`
	By       Attribution `json:"by"`
	Figure   string      `json:"figure"`
	Count    int         `json:"count"`
	Contacts int         `json:"contacts"` // that they are of, each once
	Items    []Counted   `json:"items"`
	Next     int         `json:"next,omitempty"` // Skip of the next page; 0: this is the last
	Before   uint64      `json:"before,omitempty"`
	Looked   Moment      `json:"looked,omitzero"`
}

// Counted lists what a figure counts: with the figure's own span, attribution and queue, exactly as many as it says. It returns
// ErrQuery for a figure that there is not, and for a time that cannot be reported on.
func (f *Fold) Counted(q CountedQuery) (*CountedPage, error) {
	if q.Limit = cmp.Or(q.Limit, defaultLimit); q.Limit < 0 || q.Limit > maxLimit || q.Skip < 0 {
		return nil, fmt.Errorf("%w: limit %d, skip %d", ErrQuery, q.Limit, q.Skip)
	}
	q.Interval, q.By = Whole, cmp.Or(q.By, ByArrival)
	p := &CountedPage{From: At(q.From), To: At(q.To), AsOf: At(f.cfg.Now()), By: q.By, Figure: q.Figure, Items: []Counted{}}
	all, err := f.counted(q, p)
	if err != nil {
		return nil, err
	}
	seen := map[hotline.ContactID]bool{}
	for _, c := range all {
		p.Count += c.Times
		seen[c.Contact] = true
	}
	p.Contacts = len(seen)
	slices.SortFunc(all, func(a, b Counted) int {
		if q.Longest && a.WaitMS != b.WaitMS {
			return cmp.Compare(b.WaitMS, a.WaitMS)
		}
		return cmp.Or(cmp.Compare(b.At, a.At), a.compare(&b))
	})
	from := min(q.Skip, len(all))
	to := min(from+q.Limit, len(all))
	if q.All {
		from, to = 0, len(all)
	}
	p.Items = append(p.Items, all[from:to]...)
	if to < len(all) {
		p.Next = to
	}
	return p, nil
}

// counted finds them all, by what the figure's first word says it is of.
func (f *Fold) counted(q CountedQuery, p *CountedPage) ([]Counted, error) {
	of, name, ok := strings.Cut(q.Figure, " ")
	if !ok || of == "in" || of == "out" {
		return f.countedOfQueues(q, p)
	}
	if of == "agent" {
		return f.countedOfAgents(q, name, p)
	}
	if by := visitCounts(of); by != nil {
		return by(f, q, name, p)
	}
	c, err := recordCounts(q, of, name)
	if err != nil {
		return nil, err
	}
	return f.countedOfRecords(q, c, p)
}

func noFigure(q CountedQuery) error { return fmt.Errorf("%w: no figure %q", ErrQuery, q.Figure) }

func (f *Fold) countedOfQueues(q CountedQuery, p *CountedPage) ([]Counted, error) {
	times, err := counter(q.Figure)
	if err != nil {
		return nil, err
	}
	slot, err := q.Cell.slot()
	if err != nil {
		return nil, err
	}
	defs := map[hotline.QueueID]Queue{}
	return f.countedVisits(q, p, func(v *visit) int64 { return v.when(q.By) }, func(v *visit, b *book) int {
		if !slot(v.since, b) {
			return 0
		}
		def, known := defs[v.queue]
		if !known {
			def = q.Override.apply(b.queue(v.queue))
			defs[v.queue] = def
		}
		var one tally
		one.add(v, def, int64(p.AsOf))
		return times(&one)
	})
}

// countedVisits is the visits of the query's queues and agents whose moment at lies in its time, as often as times says.
func (f *Fold) countedVisits(q CountedQuery, p *CountedPage, at func(*visit) int64, times func(*visit, *book) int) ([]Counted, error) {
	s := f.snapshot()
	p.Seq = s.seq
	bs, err := bins(q.From, q.To, Whole, s.book.loc)
	if err != nil {
		return nil, err
	}
	var all []Counted
	s.visits(q.From.UnixMilli(), q.To.UnixMilli(), func(v *visit) {
		if find(bs, at(v)) < 0 || !q.mine(v.queue, v.agent, s.book) {
			return
		}
		if n := times(v, s.book); n > 0 {
			all = append(all, v.counted(at(v), int64(p.AsOf), n))
		}
	})
	return all, nil
}

// counted is the visit as a list shows it.
func (v *visit) counted(at, now int64, times int) Counted {
	return Counted{
		Contact: v.contact, Visit: v.id, Queue: v.queue, Agent: v.agent, At: Moment(at), WaitMS: v.waited(now),
		Outcome: v.outcome, Blocked: v.blocked, Times: times,
	}
}

// compare orders what counts at one moment, so that it keeps its place from page to page.
func (c *Counted) compare(o *Counted) int {
	return cmp.Or(
		cmp.Compare(c.Visit, o.Visit), cmp.Compare(c.Contact, o.Contact), cmp.Compare(c.Agent, o.Agent), cmp.Compare(c.Queue, o.Queue),
		cmp.Compare(c.WaitMS, o.WaitMS), cmp.Compare(c.Result, o.Result), cmp.Compare(c.Outcome, o.Outcome), cmp.Compare(c.Times, o.Times),
	)
}

// mine says whether something of this queue and this agent is asked for.
func (q *CountedQuery) mine(queue hotline.QueueID, agent hotline.AgentID, b *book) bool {
	return q.wants(queue) && (q.Agent == "" || agent == q.Agent) && (q.Team == "" || agent != "" && b.agent(agent).Team == q.Team)
}

// waited is the wait, that of who still waits up to now.
func (v *visit) waited(now int64) int64 {
	if v.waiting() {
		return max(now-v.since, 0)
	}
	return v.wait
}

// counter is how often a visit counts in a figure: what the figure's own tally says of it alone.
func counter(figure string) (func(*tally) int, error) {
	if part, name, ok := strings.Cut(figure, " "); ok {
		pick := levelNamed(name)
		if pick == nil || part != "in" && part != "out" {
			return nil, fmt.Errorf("%w: no level %q", ErrQuery, figure)
		}
		return func(t *tally) int {
			l := pick(t)
			if part == "in" {
				return l.Count
			}
			return l.Of - l.Count
		}, nil
	}
	pick := countNamed(figure)
	if pick == nil {
		return nil, fmt.Errorf("%w: no figure %q", ErrQuery, figure)
	}
	return pick, nil
}

func levelNamed(name string) func(*tally) Level {
	pick := map[string]func(Levels) Level{
		"v1": func(l Levels) Level { return l.V1 }, "v2": func(l Levels) Level { return l.V2 },
		"v3": func(l Levels) Level { return l.V3 }, "v3_offered": func(l Levels) Level { return l.V3Offered },
		"v4": func(l Levels) Level { return l.V4 }, "v5": func(l Levels) Level { return l.V5 },
		"v6": func(l Levels) Level { return l.V6 }, "cn20": func(l Levels) Level { return l.CN20 },
		"connect": func(l Levels) Level { return l.Connect }, "abandon": func(l Levels) Level { return l.Abandon },
		"abandon_excl": func(l Levels) Level { return l.AbandonX }, "answer": func(l Levels) Level { return l.Answer },
	}[name]
	switch {
	case name == "level":
		return (*tally).level
	case pick == nil:
		return nil
	}
	return func(t *tally) Level { return pick(t.levels()) }
}

func countNamed(name string) func(*tally) int {
	if group, one, ok := strings.Cut(name, "."); ok {
		return partNamed(group, one)
	}
	return map[string]func(*tally) int{
		"requested": func(t *tally) int { return t.requested }, "blocked": func(t *tally) int { return t.blocked.all() },
		"offered": func(t *tally) int { return t.offered }, "answered": func(t *tally) int { return t.answered },
		"answered_within": func(t *tally) int { return t.answeredIn }, "answered_20s": func(t *tally) int { return t.in20 },
		"abandoned": func(t *tally) int { return t.abandoned }, "abandoned_within": func(t *tally) int { return t.abandonedIn },
		"abandoned_short": func(t *tally) int { return t.short }, "flow_out": func(t *tally) int { return t.flow.all() },
		"lost": func(t *tally) int { return t.lost }, "waiting": func(t *tally) int { return t.waiting },
		"dequeued": func(t *tally) int { return t.dequeued }, "handled": func(t *tally) int { return t.handled },
		"held": func(t *tally) int { return t.held },
	}[name]
}

func partNamed(group, one string) func(*tally) int {
	switch group {
	case "blocked_by":
		return map[string]func(*tally) int{
			"full": func(t *tally) int { return t.blocked.Full }, "closed": func(t *tally) int { return t.blocked.Closed },
			"no_staff": func(t *tally) int { return t.blocked.NoStaff }, "refused": func(t *tally) int { return t.blocked.Refused },
		}[one]
	case "flow_out_by":
		return map[string]func(*tally) int{
			"overflow": func(t *tally) int { return t.flow.Overflow }, "timeout": func(t *tally) int { return t.flow.Timeout },
			"key": func(t *tally) int { return t.flow.Key }, "callback": func(t *tally) int { return t.flow.Callback },
			"voicemail": func(t *tally) int { return t.flow.Voicemail }, "moved": func(t *tally) int { return t.flow.Moved },
			"closed": func(t *tally) int { return t.flow.Closed }, "no_agents": func(t *tally) int { return t.flow.NoAgents },
		}[one]
	case "rings":
		if pick := ringNamed(one); pick != nil {
			return func(t *tally) int { return pick(t.rings) }
		}
	}
	return nil
}

func ringNamed(name string) func(Rings) int {
	return map[string]func(Rings) int{
		"answered": func(r Rings) int { return r.Answered }, "no_answer": func(r Rings) int { return r.NoAnswer },
		"rejected": func(r Rings) int { return r.Rejected }, "unreachable": func(r Rings) int { return r.Unreachable },
		"busy": func(r Rings) int { return r.Busy }, "caller_gone": func(r Rings) int { return r.CallerGone },
		"elsewhere": func(r Rings) int { return r.Elsewhere },
	}[name]
}

// countedOfAgents lists what counts in agents' figures, each where it happened.
func (f *Fold) countedOfAgents(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	if name == "answered" {
		q.By, p.By, q.Figure, q.Among = ByWaitEnd, ByWaitEnd, name, nil
		all, err := f.countedOfQueues(q, p)
		return slices.DeleteFunc(all, func(c Counted) bool { return c.Agent == "" }), err
	}
	ring, rings := strings.CutPrefix(name, "rings.")
	pick, part := ringNamed(ring), segmentNamed(name)
	if rings && pick == nil || !rings && part == nil {
		return nil, fmt.Errorf("%w: no figure %q of agents", ErrQuery, name)
	}
	agents, b, seq := f.agentSnapshots(int64(p.AsOf))
	p.Seq = seq
	bs, err := bins(q.From, q.To, Whole, b.loc)
	if err != nil {
		return nil, err
	}
	var all []Counted
	for id, s := range agents {
		switch {
		case q.Agent != "" && q.Agent != id, q.Team != "" && b.agent(id).Team != q.Team:
		case rings:
			all = s.countedRings(all, bs, pick)
		default:
			all = s.countedHandled(all, bs, func(g *Segment) bool { return part(g, b) })
		}
	}
	return all, nil
}

// countedRings adds the rings of the agent's phone that ended in the time.
func (s *agentSnapshot) countedRings(all []Counted, bs []bin, pick func(Rings) int) []Counted {
	for a := range s.attempts.span(bs[0].start, bs[0].end) {
		var one Rings
		if one.add(a.result, 1); pick(one) > 0 && find(bs, a.at) >= 0 {
			v := a.end()
			all = append(all, Counted{Contact: v.contact, Visit: v.visit, Queue: v.queue, Agent: s.id, At: Moment(a.at), WaitMS: a.ring, Result: a.result, Times: 1})
		}
	}
	return all
}

// segmentNamed says whether an agent's part counts in a figure of those handled; nil: there is no such figure.
func segmentNamed(name string) func(*Segment, *book) bool {
	switch name {
	case "handled":
		return func(*Segment, *book) bool { return true }
	case "held":
		return func(g *Segment, _ *book) bool { return g.HoldMS > 0 }
	case "short_talk":
		return func(g *Segment, b *book) bool { return g.TalkMS < b.queue(g.Queue).Ghost.Milliseconds() }
	}
	return nil
}

// countedHandled adds the agent's segments of a kind that were over in the time.
func (s *agentSnapshot) countedHandled(all []Counted, bs []bin, kind func(*Segment) bool) []Counted {
	for seg := range s.handled.span(bs[0].start, bs[0].end) {
		if at := int64(max(seg.Released, seg.Wrapped)); kind(seg) && find(bs, at) >= 0 {
			contact := seg.Visit[:max(strings.LastIndexByte(string(seg.Visit), '.'), 0)] // a visit's id begins with its contact's
			all = append(all, Counted{Contact: hotline.ContactID(contact), Visit: seg.Visit, Queue: seg.Queue, Agent: s.id, At: Moment(at), Outcome: hotline.OutcomeAnswered, Times: 1})
		}
	}
	return all
}

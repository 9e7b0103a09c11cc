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
// rings.no_answer. Interval, Within and Curve are of no account.
type CountedQuery struct {
	QueueQuery
	Figure  string
	Agent   hotline.AgentID // empty: all; of a queue's figures those that it took
	Team    string          // empty: all
	Longest bool            // the longest wait first, else the newest first
	Skip    int
	Limit   int  // 0: 50; at most 500
	All     bool // every one, in one page
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
}

// CountedPage is a page of them. Count is the figure.
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
}

// Counted lists what a figure counts: with the figure's own span, attribution and queue, exactly as many as it says. It returns
// ErrQuery for a figure that there is not, and for a time that cannot be reported on.
func (f *Fold) Counted(q CountedQuery) (*CountedPage, error) {
	if q.Limit = cmp.Or(q.Limit, defaultLimit); q.Limit < 0 || q.Limit > maxLimit || q.Skip < 0 {
		return nil, fmt.Errorf("%w: limit %d, skip %d", ErrQuery, q.Limit, q.Skip)
	}
	q.Interval, q.By = Whole, cmp.Or(q.By, ByArrival)
	p := &CountedPage{From: At(q.From), To: At(q.To), AsOf: At(f.cfg.Now()), By: q.By, Figure: q.Figure, Items: []Counted{}}
	var all []Counted
	var err error
	if name, ok := strings.CutPrefix(q.Figure, "agent "); ok {
		all, err = f.countedOfAgents(q, name, p)
	} else {
		all, err = f.countedOfQueues(q, p)
	}
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
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.Visit, b.Visit))
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

func (f *Fold) countedOfQueues(q CountedQuery, p *CountedPage) ([]Counted, error) {
	times, err := counter(q.Figure)
	if err != nil {
		return nil, err
	}
	s := f.snapshot()
	p.Seq = s.seq
	bs, err := bins(q.From, q.To, Whole, s.book.loc)
	if err != nil {
		return nil, err
	}
	var all []Counted
	defs := map[hotline.QueueID]Queue{}
	s.visits(q.From.UnixMilli(), q.To.UnixMilli(), func(v *visit) {
		at := v.when(q.By)
		if find(bs, at) < 0 || !q.wants(v.queue) || (q.Agent != "" && v.agent != q.Agent) ||
			(q.Team != "" && s.book.agent(v.agent).Team != q.Team) {
			return
		}
		def, known := defs[v.queue]
		if !known {
			def = q.Override.apply(s.book.queue(v.queue))
			defs[v.queue] = def
		}
		var one tally
		one.add(v, def, int64(p.AsOf))
		if n := times(&one); n > 0 {
			all = append(all, Counted{
				Contact: v.contact, Visit: v.id, Queue: v.queue, Agent: v.agent, At: Moment(at), WaitMS: v.waited(int64(p.AsOf)),
				Outcome: v.outcome, Blocked: v.blocked, Times: n,
			})
		}
	})
	return all, nil
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
	pick := ringNamed(ring)
	if rings && pick == nil || !rings && name != "handled" {
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
			all = s.countedHandled(all, bs)
		}
	}
	return all, nil
}

// countedRings adds the rings of the agent's phone that ended in the time.
func (s *agentSnapshot) countedRings(all []Counted, bs []bin, pick func(Rings) int) []Counted {
	for a := range s.attempts.span(bs[0].start, bs[0].end) {
		var one Rings
		if one.add(a.result, 1); pick(one) > 0 && find(bs, a.at) >= 0 {
			v := a.visit
			all = append(all, Counted{Contact: v.contact, Visit: v.id, Queue: v.queue, Agent: s.id, At: Moment(a.at), WaitMS: a.ring, Result: a.result, Times: 1})
		}
	}
	return all
}

// countedHandled adds the agent's segments that were over in the time.
func (s *agentSnapshot) countedHandled(all []Counted, bs []bin) []Counted {
	for seg := range s.handled.span(bs[0].start, bs[0].end) {
		if at := int64(max(seg.Released, seg.Wrapped)); find(bs, at) >= 0 {
			contact := seg.Visit[:max(strings.LastIndexByte(string(seg.Visit), '.'), 0)] // a visit's id begins with its contact's
			all = append(all, Counted{Contact: hotline.ContactID(contact), Visit: seg.Visit, Queue: seg.Queue, Agent: s.id, At: Moment(at), Outcome: hotline.OutcomeAnswered, Times: 1})
		}
	}
	return all
}

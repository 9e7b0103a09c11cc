package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline"
)

// Whether a further call of the same customer is about the same.
const (
	ReasonAny   = "any"   // whatever queue it asks for: the default
	ReasonQueue = "queue" // only if it asks for the same queue
	ReasonCode  = "code"  // only if both were given the same wrap-up code; contacts without one are in no term
)

// FCRQuery asks for resolution at the first contact.
type FCRQuery struct {
	Span
	Days   int    // a repeat comes within so many times 24 hours; 1 to 90, default 7
	Reason string // ReasonAny, ReasonQueue or ReasonCode
	Group  string // GroupQueue (default), GroupAgent or GroupTeam: who answered first; GroupCode: what it was about
}

func (q *FCRQuery) check() error {
	q.Days, q.Reason, q.Group = cmp.Or(q.Days, 7), cmp.Or(q.Reason, ReasonAny), cmp.Or(q.Group, GroupQueue)
	switch {
	case q.Days < 1 || q.Days > 90:
		return fmt.Errorf("%w: %d days: want 1 to 90", ErrQuery, q.Days)
	case q.Reason != ReasonAny && q.Reason != ReasonQueue && q.Reason != ReasonCode:
		return fmt.Errorf("%w: reason %q: want any, queue or code", ErrQuery, q.Reason)
	case q.Group != GroupQueue && q.Group != GroupAgent && q.Group != GroupTeam && q.Group != GroupCode:
		return fmt.Errorf("%w: group %q: want queue, agent, team or code", ErrQuery, q.Group)
	}
	return nil
}

// window is within how long a further call is a repeat, in ms.
func (q *FCRQuery) window() int64 { return int64(q.Days) * 24 * time.Hour.Milliseconds() }

// FCRRow is one queue, agent, team or wrap-up code in one interval. Contacts belong to the interval of their first request; they count
// when a person answered and the customer's number is known.
//
// First are those before which the customer had asked for nobody for N days. FCR is those of them that the customer has not
// called again after within N days ÷ those that can be said of: begun N days ago or longer. Pending are the others. Repeats
// is the contacts that came within N days after another one ÷ all.
type FCRRow struct {
	Head
	Group   string `json:"group"`
	ID      string `json:"id"` // "": all
	Name    string `json:"name,omitempty"`
	First   int    `json:"first"`
	Pending int    `json:"pending"`
	FCR     Level  `json:"fcr"`
	Repeats Level  `json:"repeats"`
}

// about is whose call it is, and what it is about.
type about struct {
	who   uint64
	queue hotline.QueueID // empty: whatever
	code  string          // empty: whatever
}

// talked is a contact that a person answered.
type talked struct {
	about
	at    int64
	visit *visit // that was answered first
	coded string // what it was about; empty: nobody has said
}

// calledSince is what is known of the customers' calls.
type calledSince struct {
	asked  map[about][]int64 // first requests, in order
	talked []talked
}

// FCR makes the report. The row with an empty ID is all of them.
func (f *Fold) FCR(q FCRQuery) (*Report[FCRRow], error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	now := f.cfg.Now()
	s := f.snapshot()
	bs, err := bins(q.From, q.To, q.Interval, s.book.loc)
	if err != nil {
		return nil, err
	}
	n := q.window()
	known := s.calledSince(q)
	rep := report[FCRRow](q.Span, now, s.seq)
	rows := map[string][]FCRRow{"": make([]FCRRow, len(bs))}
	for _, t := range known.talked {
		i := find(bs, t.at)
		id := t.of(q.Group, s.book)
		if i < 0 || !q.wantsTalk(t, s.book) {
			continue
		}
		if rows[id] == nil {
			rows[id] = make([]FCRRow, len(bs))
		}
		again := known.asked[t.about]
		rows[id][i].count(t.at, again, n, now.UnixMilli())
		if id != "" {
			rows[""][i].count(t.at, again, n, now.UnixMilli())
		}
	}
	if err := bounded(len(bs), len(rows), true); err != nil {
		return nil, err
	}
	for i, bin := range bs {
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			r := rows[id][i]
			if bin.start > now.UnixMilli() || id != "" && r.Repeats.Of == 0 {
				continue
			}
			r.Head, r.Group, r.ID, r.Name = head(bin, now.UnixMilli(), s.book.loc), q.Group, id, s.book.nameOf(q.Group, id)
			r.Open = now.UnixMilli() < bin.end+n
			r.FCR, r.Repeats = level(r.FCR.Count, r.FCR.Of), level(r.Repeats.Count, r.Repeats.Of)
			rep.Rows = append(rep.Rows, r)
		}
	}
	return rep, nil
}

// calledSince gathers who asked for a person from N days before to N days after the time of the report.
func (s *snapshot) calledSince(q FCRQuery) calledSince {
	n, c := q.window(), calledSince{asked: map[about][]int64{}}
	from, to := q.From.UnixMilli(), q.To.UnixMilli()
	given := givenCodes{}
	if q.Reason == ReasonCode || q.Group == GroupCode {
		given = s.givenCodes(from-n, to+n)
	}
	s.visits(from-n, to+n, func(v *visit) {
		if v.who == 0 || v.callback != "" {
			return
		}
		key := about{who: v.who}
		if q.Reason == ReasonQueue {
			key.queue = v.firstIn
		}
		if v.firstRequest && v.since >= from-n && v.since < to+n {
			for _, key := range key.each(q.Reason, given.of(v.contact)) {
				c.asked[key] = append(c.asked[key], v.since)
			}
		}
		if v.firstAnswer && v.first >= from && v.first < to {
			t := talked{about: key, at: v.first, visit: v, coded: given.first(v)}
			if q.Reason == ReasonCode {
				if t.code = t.coded; t.code == "" {
					return
				}
			}
			c.talked = append(c.talked, t)
		}
	})
	for _, at := range c.asked {
		slices.Sort(at)
	}
	return c
}

// count counts one contact that began at; asked is every request of the customer about it, in order.
func (r *FCRRow) count(at int64, asked []int64, n, now int64) {
	i, _ := slices.BinarySearch(asked, at)
	r.Repeats.Of++
	if i > 0 && at-asked[i-1] <= n {
		r.Repeats.Count++
		return
	}
	r.First++
	if now < at+n {
		r.Pending++
		return
	}
	r.FCR.Of++
	for i < len(asked) && asked[i] == at {
		i++
	}
	r.FCR.Count += count(i == len(asked) || asked[i]-at > n)
}

func (q *FCRQuery) wantsTalk(t talked, b *book) bool {
	want := q.query()
	if q.Of.Team == "" && q.Agent == "" {
		return want.wants(t.visit.queue)
	}
	return want.wants(t.visit.queue) && q.agents(b.agent(t.visit.agent))
}

// of is who or what the talk belongs to in the group.
func (t talked) of(group string, b *book) string {
	switch group {
	case GroupAgent:
		return string(t.visit.agent)
	case GroupTeam:
		return b.agent(t.visit.agent).Team
	case GroupCode:
		return t.coded
	}
	return string(t.visit.queue)
}

// nameOf is the name of a row's queue, agent or team.
func (b *book) nameOf(group, id string) string {
	switch {
	case id == "":
		return ""
	case group == GroupAgent:
		return b.agent(hotline.AgentID(id)).Name
	case group == GroupTeam:
		return cmp.Or(b.teams[id], id)
	case group == GroupCode:
		return ""
	}
	return b.queue(hotline.QueueID(id)).Name
}

package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline"
)

// CountedCell is where in a report a figure stands, beside its time, queue, agent and team. The figures, by the first word:
//
//	calls, answered, answered_within, waiting, abandoned of QueueRow.Calls       "calls answered"
//	of a slot of HeatRow (Weekday, Minute, SlotMin)                              as of queues
//	visits, calls of HandOver from the queue Came to the query's                 "hand visits"
//	asked, connected, failed, expired, cancelled, open of CallbackCounts         "callback asked"
//	first, pending, kept, again; repeats and others of FCRRow (Days, Reason, Code)   "fcr again", "repeat again", "repeat not"
//	calls, waiting of PeakRow at the moment At; up of TrunkRow                   "peak waiting", "trunk up"
//	invited … completed; satisfied, unsatisfied with Low to High of SurveyRow    "survey invited"
//	done, blind, attended, to_agent, to_queue, to_number, failed                 "transfer done"
//	given (of Code), missing                                                     "code given"
//	calls, reached of OutboundCounts                                             "own calls"
//	in, out, refused, failed of TrunkRow (ID)                                    "trunk in"
//	calls, asked, voicemail, callback, abandoned, ended, and node, gone at the step Node, link from Node to To (Flow)   "ivr gone"
//	legs, rated, silent, band0 … band4 of QualityRow (Group, ID)                 "line silent"
type CountedCell struct {
	Weekday, Minute, SlotMin int // Weekday 0: all
	Came                     hotline.QueueID
	Days                     int
	Reason, Code             string
	At                       Moment
	Low, High                int
	Group, ID                string
	Flow, Node, To           string
}

// slot says of moments whether they are in the slot of the week.
func (c CountedCell) slot() (func(ms int64, b *book) bool, error) {
	if c.Weekday == 0 {
		return func(int64, *book) bool { return true }, nil
	}
	switch c.SlotMin {
	case 15, 30, 60:
	default:
		return nil, fmt.Errorf("%w: a slot of %d minutes: want 15, 30 or 60", ErrQuery, c.SlotMin)
	}
	return func(ms int64, b *book) bool {
		at := time.UnixMilli(ms).In(b.loc)
		return weekday(ms, b.loc) == c.Weekday && (at.Hour()*60+at.Minute())/c.SlotMin*c.SlotMin == c.Minute
	}, nil
}

// visitCounts finds what the figures of a word count among the visits and promises; nil: that word's are found by records.
func visitCounts(of string) func(*Fold, CountedQuery, string, *CountedPage) ([]Counted, error) {
	return map[string]func(*Fold, CountedQuery, string, *CountedPage) ([]Counted, error){
		"calls": (*Fold).countedCalls, "hand": (*Fold).countedHandOver, "callback": (*Fold).countedPromises,
		"fcr": (*Fold).countedResolved, "repeat": (*Fold).countedResolved, "peak": (*Fold).countedPeak,
		"survey": (*Fold).countedSurveys, "transfer": (*Fold).countedTransfers, "code": (*Fold).countedCodes, "own": (*Fold).countedOwn,
	}[of]
}

// countedCalls is what counts in the calls of a total, by their first request.
func (f *Fold) countedCalls(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	pick := map[string]func(CallCounts) int{
		"calls": func(c CallCounts) int { return c.Calls }, "answered": func(c CallCounts) int { return c.Answered },
		"answered_within": func(c CallCounts) int { return c.Within }, "waiting": func(c CallCounts) int { return c.Waiting },
		"abandoned": func(c CallCounts) int { return c.Abandoned },
	}[name]
	if pick == nil {
		return nil, noFigure(q)
	}
	return f.countedVisits(q, p, func(v *visit) int64 { return v.first }, func(v *visit, b *book) int {
		var one CallCounts
		one.add(v, b)
		return pick(one)
	})
}

// countedHandOver is what came from one queue to another: visits, or each call once.
func (f *Fold) countedHandOver(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	if name != "visits" && name != "calls" {
		return nil, noFigure(q)
	}
	type way struct {
		hop
		contact hotline.ContactID
	}
	seen := map[way]bool{}
	return f.countedVisits(q, p, func(v *visit) int64 { return v.when(q.By) }, func(v *visit, _ *book) int {
		w := way{hop{v.came, v.queue}, v.contact}
		if !v.handed() || q.Cell.Came != "" && q.Cell.Came != v.came || name == "calls" && seen[w] {
			return 0
		}
		seen[w] = true
		return 1
	})
}

// countedPromises is the promises that were asked for in the time, by what became of them.
func (f *Fold) countedPromises(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	pick := map[string]func(CallbackCounts) int{
		"asked": func(c CallbackCounts) int { return c.Asked }, "connected": func(c CallbackCounts) int { return c.Connected },
		"failed": func(c CallbackCounts) int { return c.Failed }, "expired": func(c CallbackCounts) int { return c.Expired },
		"cancelled": func(c CallbackCounts) int { return c.Cancelled }, "open": func(c CallbackCounts) int { return c.Open },
	}[name]
	if pick == nil {
		return nil, noFigure(q)
	}
	s := f.snapshot()
	p.Seq = s.seq
	bs, err := bins(q.From, q.To, Whole, s.book.loc)
	if err != nil {
		return nil, err
	}
	var all []Counted
	add := func(c *Callback) {
		var one CallbackCounts
		if one.add(c); pick(one) == 0 || find(bs, int64(c.Asked)) < 0 || !q.mine(c.Queue, c.Agent, s.book) {
			return
		}
		end := c.Ended
		if c.Result == "" {
			end = p.AsOf
		}
		all = append(all, Counted{
			Contact: c.Contact, Visit: c.Visit, Queue: c.Queue, Agent: c.Agent, At: c.Asked, WaitMS: int64(max(end-c.Since, 0)),
			Outcome: hotline.OutcomeCallback, Times: 1,
		})
	}
	for c := range s.kept.span(bs[0].start, bs[0].end) {
		add(c)
	}
	for i := range s.promises {
		add(&s.promises[i])
	}
	return all, nil
}

// countedResolved is the contacts of the report on resolution at the first contact.
func (f *Fold) countedResolved(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	of, _, _ := strings.Cut(q.Figure, " ")
	pick := map[string]func(*FCRRow) int{
		"fcr first": func(r *FCRRow) int { return r.First }, "fcr pending": func(r *FCRRow) int { return r.Pending },
		"fcr kept": func(r *FCRRow) int { return r.FCR.Count }, "fcr again": func(r *FCRRow) int { return r.FCR.Of - r.FCR.Count },
		"repeat again": func(r *FCRRow) int { return r.Repeats.Count },
		"repeat not":   func(r *FCRRow) int { return r.Repeats.Of - r.Repeats.Count },
	}[of+" "+name]
	if pick == nil {
		return nil, noFigure(q)
	}
	ask := FCRQuery{
		Span: Span{From: q.From, To: q.To, Queue: q.Queue, Agent: q.Agent, Of: Scope{Team: q.Team, Queues: q.Among}},
		Days: q.Cell.Days, Reason: q.Cell.Reason, Group: GroupCode, // so that codes are known
	}
	if err := ask.check(); err != nil {
		return nil, err
	}
	s := f.snapshot()
	p.Seq = s.seq
	if _, err := bins(q.From, q.To, Whole, s.book.loc); err != nil {
		return nil, err
	}
	known := s.calledSince(ask)
	var all []Counted
	for _, t := range known.talked {
		var one FCRRow
		if one.count(t.at, known.asked[t.about], ask.window(), int64(p.AsOf)); pick(&one) > 0 && ask.wantsTalk(t, s.book) && (q.Cell.Code == "" || q.Cell.Code == t.coded) {
			all = append(all, t.visit.counted(t.at, int64(p.AsOf), 1))
		}
	}
	return all, nil
}

// countedPeak is who waited, or which calls were up, at one moment.
func (f *Fold) countedPeak(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	at := int64(q.Cell.At)
	switch name {
	case "calls":
		q.Cell.ID = every
		return f.countedOfRecords(q, upAt(q), p)
	case "waiting":
	default:
		return nil, noFigure(q)
	}
	s := f.snapshot()
	p.Seq = s.seq
	if _, err := bins(q.From, q.To, Whole, s.book.loc); err != nil {
		return nil, err
	}
	var all []Counted
	s.visits(at, at+1, func(v *visit) {
		end := v.ended
		if v.waiting() {
			end = int64(p.AsOf)
		}
		if v.blocked == "" && v.since <= at && end > at && q.mine(v.queue, v.agent, s.book) && (q.Queue != "" || v.beside == "") {
			all = append(all, v.counted(v.since, int64(p.AsOf), 1))
		}
	})
	return slices.Clip(all), nil
}

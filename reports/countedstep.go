package reports

import (
	"fmt"

	"hotline"
)

// steps tells how figures count the entries of one kind of history.
type steps[T any] struct {
	whole func(*snapshot) history[T]      // the centre's
	own   func(*agentSnapshot) history[T] // an agent's
	entry func(*T) (at int64, queue hotline.QueueID, contact hotline.ContactID, visit hotline.VisitID)
	times func(*T) int // may take away what an earlier entry gave
}

// countedSteps is the parts of contacts that the entries are of. What an agent or a team is asked for is in their own histories.
func countedSteps[T any](f *Fold, q CountedQuery, p *CountedPage, k steps[T]) ([]Counted, error) {
	type key struct {
		Contact hotline.ContactID
		Visit   hotline.VisitID
		Agent   hotline.AgentID
		At      int64
	}
	found := map[key]*Counted{}
	var bs []bin
	add := func(h history[T], agent hotline.AgentID) {
		for x := range h.span(bs[0].start, bs[0].end) {
			at, queue, contact, visit := k.entry(&x)
			n := k.times(&x)
			if n == 0 || find(bs, at) < 0 || !q.wants(queue) {
				continue
			}
			id := key{contact, visit, agent, at}
			if found[id] == nil {
				found[id] = &Counted{Contact: contact, Visit: visit, Queue: queue, Agent: agent, At: Moment(at), Whole: true}
			}
			found[id].Times += n
		}
	}
	var err error
	if q.Agent == "" && q.Team == "" && k.whole != nil {
		s := f.snapshot()
		p.Seq = s.seq
		if bs, err = bins(q.From, q.To, Whole, s.book.loc); err != nil {
			return nil, err
		}
		add(k.whole(&s), "")
	} else {
		agents, b, seq := f.agentSnapshots(int64(p.AsOf))
		p.Seq = seq
		if bs, err = bins(q.From, q.To, Whole, b.loc); err != nil {
			return nil, err
		}
		for id, s := range agents {
			if (q.Agent == "" || q.Agent == id) && (q.Team == "" || b.agent(id).Team == q.Team) {
				add(k.own(&s), id)
			}
		}
	}
	var all []Counted
	for _, c := range found {
		if c.Times > 0 {
			all = append(all, *c)
		}
	}
	return all, nil
}

// countedSurveys is the surveys by how far they came, and by what was said first.
func (f *Fold) countedSurveys(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	low, high := 4, 5
	if q.Cell.High != 0 {
		low, high = q.Cell.Low, q.Cell.High
	}
	if low < 0 || high > 10 || low > high {
		return nil, fmt.Errorf("%w: satisfied with %d to %d: want scores of 0 to 10", ErrQuery, low, high)
	}
	pick := map[string]func(SurveyCounts) int{
		SurveyInvited: func(n SurveyCounts) int { return n.Invited }, SurveyAccepted: func(n SurveyCounts) int { return n.Accepted },
		SurveyAnswered: func(n SurveyCounts) int { return n.Answered }, SurveyCompleted: func(n SurveyCounts) int { return n.Completed },
		"ratings": func(n SurveyCounts) int { return n.Ratings }, "satisfied": func(n SurveyCounts) int { return n.satisfied(low, high) },
		"unsatisfied": func(n SurveyCounts) int { return n.Answered - n.satisfied(low, high) },
	}[name]
	if pick == nil {
		return nil, noFigure(q)
	}
	return countedSteps(f, q, p, steps[surveyStep]{
		whole: func(s *snapshot) history[surveyStep] { return s.surveys }, own: func(s *agentSnapshot) history[surveyStep] { return s.surveys },
		entry: func(s *surveyStep) (int64, hotline.QueueID, hotline.ContactID, hotline.VisitID) {
			return s.at, s.queue, s.contact, s.visit
		},
		times: func(s *surveyStep) int {
			var one SurveyCounts
			one.add(*s)
			return pick(one)
		},
	})
}

// countedTransfers is the transfers by how, to what and whether they came about.
func (f *Fold) countedTransfers(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	pick := map[string]func(TransferCounts) int{
		"done": func(c TransferCounts) int { return c.Blind + c.Attended }, "blind": func(c TransferCounts) int { return c.Blind },
		"attended": func(c TransferCounts) int { return c.Attended }, "to_agent": func(c TransferCounts) int { return c.ToAgent },
		"to_queue": func(c TransferCounts) int { return c.ToQueue }, "to_number": func(c TransferCounts) int { return c.ToNumber },
		"failed": func(c TransferCounts) int { return c.Failed },
	}[name]
	if pick == nil {
		return nil, noFigure(q)
	}
	return countedSteps(f, q, p, steps[transferStep]{
		whole: func(s *snapshot) history[transferStep] { return s.transfers }, own: func(s *agentSnapshot) history[transferStep] { return s.transfers },
		entry: func(s *transferStep) (int64, hotline.QueueID, hotline.ContactID, hotline.VisitID) {
			return s.at, s.queue, s.contact, s.visit
		},
		times: func(s *transferStep) int {
			var one TransferCounts
			one.add(*s)
			return pick(one)
		},
	})
}

// countedCodes is the talks of a wrap-up code, and those whose code is missing.
func (f *Fold) countedCodes(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	if name != "missing" && (name != "given" || q.Cell.Code == "") {
		return nil, noFigure(q)
	}
	code := q.Cell.Code
	if name == "missing" {
		code = ""
	}
	return countedSteps(f, q, p, steps[codeStep]{
		whole: func(s *snapshot) history[codeStep] { return s.codes }, own: func(s *agentSnapshot) history[codeStep] { return s.codes },
		entry: func(s *codeStep) (int64, hotline.QueueID, hotline.ContactID, hotline.VisitID) {
			return s.at, s.queue, s.contact, s.visit
		},
		times: func(s *codeStep) int { return s.n * count(s.code == code) },
	})
}

// countedOwn is the calls that agents made.
func (f *Fold) countedOwn(q CountedQuery, name string, p *CountedPage) ([]Counted, error) {
	pick := map[string]func(OutboundCounts) int{
		"calls": func(c OutboundCounts) int { return c.Calls }, "reached": func(c OutboundCounts) int { return c.Reached },
	}[name]
	if pick == nil {
		return nil, noFigure(q)
	}
	q.Queue, q.Among = "", nil
	return countedSteps(f, q, p, steps[ownStep]{
		own: func(s *agentSnapshot) history[ownStep] { return s.owns },
		entry: func(s *ownStep) (int64, hotline.QueueID, hotline.ContactID, hotline.VisitID) {
			return s.at, "", s.contact, ""
		},
		times: func(s *ownStep) int {
			var one OutboundCounts
			one.add(*s)
			return pick(one)
		},
	})
}

// satisfied is how many first questions were answered with a score that says so.
func (n *SurveyCounts) satisfied(low, high int) (sum int) {
	for score, times := range n.First {
		sum += times * count(score >= low && score <= high)
	}
	return sum
}

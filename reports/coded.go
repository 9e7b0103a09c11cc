package reports

import (
	"slices"

	"hotline"
)

// TaskWrapCode is the kind of task that a required wrap-up code is which was not given in time: the agent still has to.
const TaskWrapCode = "wrap_up_code"

// maxCoded bounds the coded parts in one record.
const maxCoded = 100

// Coded is what one agent's part of a contact was about.
type Coded struct {
	Visit   hotline.VisitID `json:"visit,omitempty"` // empty: a call of the agent's own making
	Queue   hotline.QueueID `json:"queue,omitempty"`
	Agent   hotline.AgentID `json:"agent"`
	Code    string          `json:"code,omitempty"`
	Note    string          `json:"note,omitempty"`
	Missing bool            `json:"missing,omitempty"` // a code is required and was not given in time
	At      Moment          `json:"at"`                // of the first word about it: decides the interval it is counted in
	Changed Moment          `json:"changed"`
	By      string          `json:"by,omitempty"` // who wrote last, where it was not the agent

	counted string // the code it is counted under
}

// CodeCounts is how often which code was given, and for how many a required one is still missing.
type CodeCounts struct {
	ByCode  map[string]int `json:"by_code,omitempty"`
	Missing int            `json:"missing"`
}

// codeStep adds one to a code's count in the interval of at, or takes one away when another code was given later. Code "":
// missing.
type codeStep struct {
	at      int64
	queue   hotline.QueueID
	contact hotline.ContactID
	visit   hotline.VisitID
	code    string
	n       int
	noted   int64 // when it became known
}

func (c *CodeCounts) add(s codeStep) {
	if s.code == "" {
		c.Missing += s.n
		return
	}
	if c.ByCode == nil {
		c.ByCode = map[string]int{}
	}
	if c.ByCode[s.code] += s.n; c.ByCode[s.code] == 0 {
		delete(c.ByCode, s.code)
	}
}

// coded finds the agent's part in the record, or begins it; nil when the record is full.
func (r *record) coded(ev hotline.Event, visit hotline.VisitID, at int64) *Coded {
	i := slices.IndexFunc(r.c.Coded, func(c Coded) bool { return c.Visit == visit && c.Agent == ev.Agent })
	r.c.Coded = slices.Clone(r.c.Coded) // who was given the record keeps it as it was
	if i < 0 {
		if len(r.c.Coded) >= maxCoded {
			return nil
		}
		i = len(r.c.Coded)
		r.c.Coded = append(r.c.Coded, Coded{Visit: visit, Queue: ev.Queue, Agent: ev.Agent, At: Moment(at)})
	}
	c := &r.c.Coded[i]
	c.Changed = Moment(at)
	return c
}

// codes is the record's codes, each once.
func (c *Contact) codes() (all []string) {
	for _, x := range c.Coded {
		if x.Code != "" && !slices.Contains(all, x.Code) {
			all = append(all, x.Code)
		}
	}
	return all
}

func (f *Fold) wrapCoded(ev hotline.Event, fact hotline.WrapCoded, rec *record, at int64) {
	a := f.agent(ev.Agent)
	if w := a.wrap; w.is(ev.Contact, fact.Visit) {
		w.code = fact.Code
	}
	f.closeTask(wrapTask(ev, fact.Visit), string(ev.Agent), fact.Code, ev.Seq, at)
	if rec == nil {
		f.metrics.late.Inc()
		return
	}
	if c := rec.coded(ev, fact.Visit, at); c != nil {
		c.Code, c.By, c.Missing = fact.Code, fact.By, false
		f.count(rec, c, fact.Code)
	}
}

func (f *Fold) noted(ev hotline.Event, fact hotline.Noted, rec *record, at int64) {
	a := f.agent(ev.Agent)
	if w := a.wrap; w.is(ev.Contact, fact.Visit) {
		w.noted = fact.Text != ""
	}
	if rec == nil {
		f.metrics.late.Inc()
		return
	}
	if c := rec.coded(ev, fact.Visit, at); c != nil {
		c.Note, c.By = fact.Text, fact.By
	}
}

// codeMissing puts a code that was not given on the agent's list.
func (f *Fold) codeMissing(ev hotline.Event, visit hotline.VisitID, rec *record, at int64) {
	if rec == nil {
		f.metrics.late.Inc()
		return
	}
	c := rec.coded(ev, visit, at)
	if c == nil {
		return
	}
	c.Missing = true
	f.count(rec, c, "")
	f.openTask(&Task{
		ID: wrapTask(ev, visit), Seq: ev.Seq, Kind: TaskWrapCode, Contact: rec.c.ID, Visit: visit, Queue: ev.Queue, From: rec.c.Customer(),
		Owner: string(ev.Agent), Left: Moment(at), Test: rec.c.Test,
	}, rec)
}

// wrapTask is the id of the task that a missing code is.
func wrapTask(ev hotline.Event, visit hotline.VisitID) hotline.TaskID {
	part := string(visit)
	if visit == "" {
		part = string(ev.Contact)
	}
	return hotline.TaskID("code." + part + "." + string(ev.Agent))
}

// count counts the part under the code, and no longer under the one before.
func (f *Fold) count(rec *record, c *Coded, code string) {
	const uncounted, missing = "", "?"
	under := code
	if code == "" {
		under = missing
	}
	if rec.c.Test || c.counted == under || rec.satIn(c.Visit, c.Agent) {
		return
	}
	add := func(key string, n int) {
		if key == uncounted {
			return
		}
		if key == missing {
			key = ""
		}
		s := codeStep{at: int64(c.At), queue: c.Queue, contact: rec.c.ID, visit: c.Visit, code: key, n: n, noted: f.clock}
		f.codes.addSince(s.at, f.clock, s)
		f.agent(c.Agent).codes.addSince(s.at, f.clock, s)
	}
	add(c.counted, -1)
	add(under, +1)
	c.counted = under
}

// Customer is who the contact is with.
func (c *Contact) Customer() hotline.Party {
	if c.Direction == hotline.Outbound {
		return hotline.Party{Number: c.To}
	}
	return c.From
}

package reports

import (
	"slices"

	"hotline"
)

// wrapping is the agent's part of a contact that can be coded now: during the call and in the after-call work. The fold owns it.
type wrapping struct {
	contact hotline.ContactID
	visit   hotline.VisitID
	queue   hotline.QueueID
	code    string
	noted   bool
	extends int
	beside  bool // it only takes part in another's conference: nothing is required of it
}

func (w *wrapping) is(contact hotline.ContactID, visit hotline.VisitID) bool {
	return w != nil && w.contact == contact && w.visit == visit
}

// WrapView is what an agent may write about the contact it has, or whose after-call work it does.
type WrapView struct {
	Contact     hotline.ContactID `json:"contact"`
	Visit       hotline.VisitID   `json:"visit,omitempty"`
	Queue       hotline.QueueID   `json:"queue,omitempty"`
	Rule        string            `json:"rule"` // none, optional, required
	Code        string            `json:"code,omitempty"`
	Noted       bool              `json:"noted"`
	Missing     bool              `json:"missing"` // required and not given yet
	ExtendMS    int64             `json:"extend_ms"`
	ExtendsLeft int               `json:"extends_left"`
}

// Hand is an agent's wish that the lead comes.
type Hand struct {
	Since   Moment            `json:"since"`
	Note    string            `json:"note,omitempty"`
	Contact hotline.ContactID `json:"contact,omitempty"` // that it had then
}

// applyDesk follows what is done at a desk beside the call. It comes after the facts about visits, calls and agents.
func (f *Fold) applyDesk(ev hotline.Event, rec *record, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.CallStarted:
		if ev.Agent == "" || fact.Direction != hotline.Outbound || fact.Callback != "" || rec == nil {
			return
		}
		f.wraps(ev, rec, "") // asked for by a page, it begins after its agent is outbound
	case hotline.Connected:
		f.wraps(ev, rec, fact.Visit)
	case hotline.Joined:
		f.wraps(ev, rec, fact.Visit)
	case hotline.Conferred:
		if fact.Target == hotline.TargetAgent {
			ev.Agent = hotline.AgentID(fact.To)
			f.sitsIn(ev, rec, fact.Visit)
		}
	case hotline.AgentSet:
		f.deskState(ev, rec, fact)
	case hotline.Released:
		f.deskReleased(ev, rec, fact, at)
	case hotline.WrapEnded:
		if fact.Missing {
			f.codeMissing(ev, fact.Visit, rec, at)
		}
	case hotline.WrapExtended:
		a := f.agent(ev.Agent)
		a.wrapUntil = At(fact.Until)
		if a.wrap != nil {
			a.wrap.extends = fact.Times
		}
	case hotline.WrapCoded:
		f.wrapCoded(ev, fact, rec, at)
	case hotline.Noted:
		f.noted(ev, fact, rec, at)
	case hotline.HandRaised:
		a := f.agent(ev.Agent)
		a.hand = nil
		if fact.On {
			a.hand = &Hand{Since: Moment(at), Note: fact.Note, Contact: ev.Contact}
		}
	case hotline.TaskOpened:
		f.taskOpened(ev, fact, rec, at)
	case hotline.TaskChanged:
		f.taskChanged(ev, fact)
	case hotline.NoticePosted, hotline.NoticeRead, hotline.NoticeRemoved:
		f.applyNotice(ev, at)
		return
	case hotline.Offered, hotline.OfferLost:
	default:
		return
	}
	if ev.Agent != "" {
		f.agent(ev.Agent).deskSeq = ev.Seq
	}
}

// wraps begins the agent's part of a contact.
func (f *Fold) wraps(ev hotline.Event, rec *record, visit hotline.VisitID) {
	f.writes(ev, rec, part{visit, ev.Agent, ev.Queue, ev.Call, false})
	if rec == nil {
		return
	}
	for i := range rec.c.Coded { // it may have been coded in a conference, which counts nowhere
		if c := &rec.c.Coded[i]; c.Visit == visit && c.Agent == ev.Agent && c.Code != "" {
			f.count(rec, c, c.Code)
		}
	}
}

// sitsIn lets who was brought into the talk of another agent write about it: its part is counted nowhere, the talk is the other's.
func (f *Fold) sitsIn(ev hotline.Event, rec *record, visit hotline.VisitID) {
	if rec != nil && rec.has(visit, ev.Agent) {
		return
	}
	f.writes(ev, rec, part{visit, ev.Agent, ev.Queue, ev.Call, true})
}

// writes lets the agent write about its part of the contact.
func (f *Fold) writes(ev hotline.Event, rec *record, p part) {
	w := &wrapping{contact: ev.Contact, visit: p.visit, queue: ev.Queue, beside: p.beside}
	if rec != nil {
		w.contact = rec.c.ID
		if !slices.Contains(rec.parts, p) && len(rec.parts) < maxCoded {
			rec.parts = append(rec.parts, p)
		}
		for _, c := range rec.c.Coded {
			if c.Visit == p.visit && c.Agent == ev.Agent {
				w.code, w.noted = c.Code, c.Note != ""
			}
		}
	}
	f.agent(ev.Agent).wrap = w
}

func (f *Fold) deskState(ev hotline.Event, rec *record, s hotline.AgentSet) {
	a := f.agent(ev.Agent)
	switch s.State {
	case hotline.AgentOutbound:
		if ev.Contact != "" {
			f.wraps(ev, rec, "")
		}
	case hotline.AgentReady, hotline.AgentNotReady, hotline.AgentSignedOut:
		a.wrap = nil
		if a.segment == nil {
			a.wrapUntil, a.wrapQueue = 0, ""
		}
		if s.State == hotline.AgentSignedOut {
			a.hand = nil
		}
	}
}

func (f *Fold) deskReleased(ev hotline.Event, rec *record, r hotline.Released, at int64) {
	a := f.agent(ev.Agent)
	if r.Missing {
		f.codeMissing(ev, r.Visit, rec, at)
	}
	if a.segment == nil && r.Wrap != "" && r.Wrap != "none" { // after a call of its own making
		a.wrapUntil, a.wrapQueue = At(r.WrapUntil), ev.Queue
	}
}

// wrapView is what the agent may write now; nil: nothing.
func (w *wrapping) view(b *book) *WrapView {
	if w == nil {
		return nil
	}
	q := b.queue(w.queue)
	v := &WrapView{
		Contact: w.contact, Visit: w.visit, Queue: w.queue, Rule: q.Codes, Code: w.code, Noted: w.noted,
		ExtendMS: q.Extend.Milliseconds(), ExtendsLeft: max(0, q.Extends-w.extends),
	}
	switch {
	case v.Rule == "":
		v.Rule = CodesNone
	case w.beside && v.Rule == CodesRequired:
		v.Rule = CodesOptional
	}
	v.Missing = v.Rule == CodesRequired && w.code == ""
	return v
}

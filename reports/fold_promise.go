package reports

import (
	"cmp"
	"slices"

	"hotline"
)

// Results of a promise to call back.
const (
	CallbackConnected = "connected"
	CallbackFailed    = "failed"
	CallbackExpired   = "expired"
	CallbackCancelled = "cancelled"
)

// Callback is a promise to call a customer back.
type Callback struct {
	ID       hotline.CallbackID `json:"id"`
	Contact  hotline.ContactID  `json:"contact,omitempty"`
	Queue    hotline.QueueID    `json:"queue"`
	Visit    hotline.VisitID    `json:"visit,omitempty"` // that it waited in
	Number   string             `json:"number"`          // to be dialled
	From     hotline.Party      `json:"from"`
	Asked    Moment             `json:"asked"`
	Since    Moment             `json:"since"` // start of the first wait
	Place    Moment             `json:"place"` // stands in line as if waiting since then
	Expires  Moment             `json:"expires,omitzero"`
	Priority int                `json:"priority"`
	Tries    int                `json:"tries"`            // made, the present one included
	Agent    hotline.AgentID    `json:"agent,omitempty"`  // reserved for the present try, or who talked with the customer
	Call     hotline.CallID     `json:"call,omitempty"`   // that dials the customer now, or dialled it last
	Next     Moment             `json:"next,omitzero"`    // no try before this
	Cause    hotline.Cause      `json:"cause,omitempty"`  // why the last try came to nothing
	Result   string             `json:"result,omitempty"` // empty: it is open
	Ended    Moment             `json:"ended,omitzero"`
	By       string             `json:"by,omitempty"` // who took it back
	Test     bool               `json:"test,omitempty"`
}

// promises are those that are open, and those that are over, which never change again.
type promises struct {
	open map[hotline.CallbackID]*Callback
	over history[*Callback]
}

// applyPromise follows a promise from the asking to its end.
func (f *Fold) applyPromise(ev hotline.Event, rec *record, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.CallbackAsked:
		f.callbackAsked(ev, fact, rec, at)
	case hotline.CallbackDue:
		if c := f.promise(fact.Callback); c != nil {
			c.Tries, c.Agent, c.Call, c.Next = max(fact.Try, c.Tries), ev.Agent, ev.Call, 0
			f.agent(ev.Agent).work(f, ev, c.Queue)
		}
	case hotline.CallbackTried:
		if c := f.promise(fact.Callback); c != nil {
			c.Tries, c.Agent, c.Cause, c.Next = max(fact.Try, c.Tries), "", fact.Cause, At(fact.Next)
		}
	case hotline.CallbackEnded:
		if c := f.promise(fact.Callback); c != nil {
			f.callbackEnded(c, fact, at)
		}
	}
}

func (f *Fold) callbackAsked(ev hotline.Event, fact hotline.CallbackAsked, rec *record, at int64) {
	if fact.Callback == "" || f.promises.open[fact.Callback] != nil {
		f.metrics.late.Inc()
		return
	}
	c := &Callback{
		ID: fact.Callback, Contact: ev.Contact, Queue: ev.Queue, Visit: fact.Visit, Number: fact.Number, From: fact.From,
		Asked: Moment(at), Since: At(fact.Since), Place: At(fact.Place), Expires: At(fact.Expires), Priority: fact.Priority,
	}
	c.Since = cmp.Or(c.Since, c.Asked)
	c.Place = cmp.Or(c.Place, c.Since)
	if call := f.calls[ev.Call]; call != nil {
		c.Test = call.view.Test
	}
	f.promises.open[c.ID] = c
	if rec != nil && len(rec.promises) < maxLegs {
		rec.promises = append(rec.promises, c)
	}
}

// promise is one that is open; nil, and counted, if there is none.
func (f *Fold) promise(id hotline.CallbackID) *Callback {
	c := f.promises.open[id]
	if c == nil {
		f.metrics.late.Inc()
	}
	return c
}

func (f *Fold) callbackEnded(c *Callback, fact hotline.CallbackEnded, at int64) {
	c.Result, c.Ended, c.By, c.Next = fact.Result, Moment(at), fact.By, 0
	delete(f.promises.open, c.ID)
	if c.Test {
		return
	}
	f.promises.over.addSince(int64(c.Asked), f.clock, c)
	f.metrics.callbacks.inc(f.metrics.queue(c.Queue), callbackLabel(c.Result))
}

func callbackLabel(result string) string {
	switch result {
	case CallbackConnected, CallbackFailed, CallbackExpired, CallbackCancelled:
		return result
	}
	return "other"
}

// openPromises is a copy of the open ones in the order of their places. The caller holds the lock.
func (f *Fold) openPromises() []Callback {
	out := make([]Callback, 0, len(f.promises.open))
	for _, c := range f.promises.open {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Callback) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Callbacks lists promises: those that are open in the order of their places, or those that are over, the newest first,
// at most limit of them. Queue may be empty.
func (f *Fold) Callbacks(queue hotline.QueueID, open bool, limit int) []Callback {
	f.mu.Lock()
	now, over := f.openPromises(), f.promises.over
	f.mu.Unlock()
	out := []Callback{}
	if open {
		for _, c := range now {
			if (queue == "" || c.Queue == queue) && len(out) < limit {
				out = append(out, c)
			}
		}
		return out
	}
	for c := range over.backward() {
		if len(out) >= limit {
			break
		}
		if queue == "" || c.Queue == queue {
			out = append(out, *c)
		}
	}
	return out
}

// Callback is one promise, open or over; false if there is none of that id.
func (f *Fold) Callback(id hotline.CallbackID) (Callback, bool) {
	f.mu.Lock()
	over := f.promises.over
	if c := f.promises.open[id]; c != nil {
		defer f.mu.Unlock()
		return *c, true
	}
	f.mu.Unlock()
	for c := range over.backward() {
		if c.ID == id {
			return *c, true
		}
	}
	return Callback{}, false
}

// CallbackCounts is the promises asked for in an interval by what became of them: asked = connected + failed + expired +
// cancelled + open.
type CallbackCounts struct {
	Asked     int      `json:"asked"`
	Connected int      `json:"connected"`
	Failed    int      `json:"failed"`
	Expired   int      `json:"expired"`
	Cancelled int      `json:"cancelled"`
	Open      int      `json:"open"`
	WaitMS    *float64 `json:"avg_wait_ms"` // mean time from the first wait's start to being connected

	wait int64
}

func (n *CallbackCounts) add(c *Callback) {
	if c.Test {
		return
	}
	n.Asked++
	switch c.Result {
	case "":
		n.Open++
	case CallbackConnected:
		n.Connected++
		n.wait += int64(max(c.Ended-c.Since, 0))
	case CallbackExpired:
		n.Expired++
	case CallbackCancelled:
		n.Cancelled++
	default:
		n.Failed++
	}
	n.WaitMS = ratio(n.wait, int64(n.Connected))
}

package reports

import (
	"slices"

	"hotline"
)

// What has become of a customer who hung up waiting.
const (
	GaveUpOpen    = "open"         // nothing yet
	GaveUpPromise = "promised"     // a call is promised, or is a task of somebody's
	GaveUpAgain   = "called_again" // the customer called again, and nobody answered
	GaveUpCalled  = "called_back"  // it was called, or the task was closed, and nobody is known to have spoken with it
	GaveUpReached = "reached"      // somebody has spoken with it since
)

// GaveUp is a contact that was abandoned: nobody spoke with the customer in it.
type GaveUp struct {
	Contact hotline.ContactID `json:"contact"`
	Visit   hotline.VisitID   `json:"visit"` // the abandoned one
	At      Moment            `json:"at"`    // when it hung up
	Queue   hotline.QueueID   `json:"queue"`
	Name    string            `json:"name"` // of the queue
	From    hotline.Party     `json:"from"`
	WaitMS  int64             `json:"wait_ms"`
	Short   bool              `json:"short"`
	Rings   int               `json:"rings"` // phones of agents that had rung for it

	State   string       `json:"state"`
	Promise *Callback    `json:"promise,omitempty"` // the last one
	Task    *Task        `json:"task,omitempty"`    // to call back, the last one
	Again   *GaveUpAfter `json:"again,omitempty"`   // the customer's next call
	Back    *GaveUpAfter `json:"back,omitempty"`    // the first call to it that was picked up, else the last one
}

// GaveUpAfter is a later contact with the same customer.
type GaveUpAfter struct {
	Contact hotline.ContactID `json:"contact"`
	At      Moment            `json:"at"`
	Agent   hotline.AgentID   `json:"agent,omitempty"`
	Reached bool              `json:"reached"` // an agent spoke with the customer
}

// GaveUpQuery asks for abandoned contacts, the newest first.
type GaveUpQuery struct {
	Search
	Among []hotline.QueueID // only of these; nil: of all
	State string            // empty: every
	Short bool              // the short ones too
}

// GaveUps is one page. Seen says how many abandoned contacts were looked at for it.
type GaveUps struct {
	AsOf  Moment   `json:"as_of"`
	Items []GaveUp `json:"items"`
	Next  string   `json:"next"`
	Seen  int      `json:"seen"`
}

const (
	gaveUpLook  = 5000 // contacts looked at for one page at most
	gaveUpAfter = 100  // later contacts of one customer looked at
)

// GaveUps lists contacts that were abandoned and what became of them since. It returns ErrQuery as Contacts does.
func (f *Fold) GaveUps(q GaveUpQuery) (GaveUps, error) {
	q.Outcome = string(hotline.OutcomeAbandoned)
	limit := min(max(q.Limit, 1), maxLimit)
	if q.Limit == 0 {
		limit = defaultLimit
	}
	out := GaveUps{AsOf: At(f.cfg.Now()), Items: []GaveUp{}}
	for out.Seen < gaveUpLook {
		q.Limit = limit - len(out.Items)
		page, err := f.Contacts(q.Search)
		if err != nil {
			return out, err
		}
		for _, c := range page.Items {
			out.Seen++
			if g, ok := f.gaveUp(c.ID); ok && (q.Queue == "" || g.Queue == q.Queue) && (q.State == "" || g.State == q.State) &&
				(q.Short || !g.Short) && (q.Among == nil || slices.Contains(q.Among, g.Queue)) {
				out.Items = append(out.Items, g)
			}
		}
		out.Next, q.Cursor = page.Next, page.Next
		if page.Next == "" || len(out.Items) == limit {
			break
		}
	}
	return out, nil
}

// gaveUp is the contact, if it was abandoned for good.
func (f *Fold) gaveUp(id hotline.ContactID) (GaveUp, bool) {
	c, ok := f.Contact(id)
	if !ok || c.Outcome != string(hotline.OutcomeAbandoned) || c.Test {
		return GaveUp{}, false
	}
	i := len(c.Visits) - 1
	for ; i >= 0 && c.Visits[i].Outcome != hotline.OutcomeAbandoned; i-- {
	}
	if i < 0 {
		return GaveUp{}, false
	}
	v := c.Visits[i]
	f.mu.Lock()
	name := f.book.queue(v.Queue).Name
	f.mu.Unlock()
	g := GaveUp{
		Contact: c.ID, Visit: v.ID, At: v.Ended, Queue: v.Queue, Name: name, From: c.Customer(), WaitMS: v.WaitMS, Short: v.Short,
		State: GaveUpOpen,
	}
	for _, o := range c.Offers {
		g.Rings += count(o.Visit == v.ID)
	}
	if n := len(c.Callbacks); n > 0 {
		g.Promise = &c.Callbacks[n-1]
	}
	for i := range c.Tasks {
		if c.Tasks[i].Kind == hotline.TaskCallback {
			g.Task = &c.Tasks[i]
		}
	}
	f.since(&g, c)
	g.State = g.state()
	return g, true
}

// since notes what came after: the customer's own next call, and calls to it.
func (f *Fold) since(g *GaveUp, c Contact) {
	if c.Anonymous || g.From.Number == "" {
		return
	}
	for _, later := range f.History(g.From.Number, gaveUpAfter, c.ID) { // the newest first
		if later.Started < g.At {
			return
		}
		after := &GaveUpAfter{Contact: later.ID, At: later.Started}
		if n := len(later.Agents); n > 0 {
			after.Agent = later.Agents[n-1]
		}
		if later.Direction != hotline.Outbound {
			if after.Reached = later.Outcome == string(hotline.OutcomeAnswered); after.Reached || g.Again == nil || !g.Again.Reached {
				g.Again = after
			}
			continue
		}
		after.Reached = len(later.Agents) > 0
		if after.Reached || g.Back == nil || !g.Back.Reached {
			g.Back = after
		}
	}
}

func (g *GaveUp) state() string {
	kept := g.Promise != nil && g.Promise.Result == CallbackConnected
	switch {
	case kept, g.Again != nil && g.Again.Reached, g.Back != nil && g.Back.Reached:
		return GaveUpReached
	case g.Back != nil, g.Task != nil && g.Task.Closed != 0:
		return GaveUpCalled
	case g.Promise != nil && g.Promise.Result == "", g.Task != nil:
		return GaveUpPromise
	case g.Again != nil:
		return GaveUpAgain
	}
	return GaveUpOpen
}

// Redact hides the customer's number and name.
func (g GaveUp) Redact(mask func(hotline.Party) hotline.Party) GaveUp {
	g.From = mask(g.From)
	if g.Promise != nil {
		p := g.Promise.Redact(mask)
		g.Promise = &p
	}
	if g.Task != nil {
		t := g.Task.Redact(mask)
		g.Task = &t
	}
	return g
}

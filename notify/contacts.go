package notify

import (
	"container/list"
	"time"

	"hotline"
)

// Bounds of what is known of contacts.
const (
	maxContacts = 20_000
	keepEnded   = 10 * time.Minute // a code may come after the end
	maxOpen     = 24 * time.Hour
)

// contacts is what the log has told so far of the contacts that are not long over. It depends on the log alone, so a message is
// the same however often it is made.
type contacts struct {
	all   map[hotline.ContactID]*contact
	order *list.List // by begin
	ended *list.List // those that are over, by their end
	calls map[hotline.CallID]hotline.ContactID
}

type contact struct {
	id        hotline.ContactID
	begin     uint64 // number of its first event
	at        time.Time
	place     *list.Element
	over      *list.Element // in ended; nil: it goes on
	ended     time.Time
	live      int // calls
	calls     []hotline.CallID
	direction hotline.Direction
	customer  hotline.Party
	test      bool
	queue     hotline.QueueID
	visits    map[hotline.VisitID]hotline.QueueID
	attrs     map[string]string
	codes     map[hotline.AgentID]coded
}

type coded struct{ code, note string }

func newContacts() *contacts {
	return &contacts{all: map[hotline.ContactID]*contact{}, order: list.New(), ended: list.New(), calls: map[hotline.CallID]hotline.ContactID{}}
}

// low is the number of the event before the first of the contacts that are known.
func (cs *contacts) low(read uint64) uint64 {
	if e := cs.order.Front(); e != nil {
		return e.Value.(*contact).begin - 1
	}
	return read
}

// apply takes an event in and returns its contact, nil if it has none.
func (cs *contacts) apply(ev hotline.Event) *contact {
	cs.forget(ev.At)
	id := ev.Contact
	if id == "" {
		id = cs.calls[ev.Call]
	}
	if id == "" {
		return nil
	}
	c := cs.all[id]
	if c == nil {
		c = &contact{id: id, begin: ev.Seq, at: ev.At, visits: map[hotline.VisitID]hotline.QueueID{}, codes: map[hotline.AgentID]coded{}}
		c.place = cs.order.PushBack(c)
		cs.all[id] = c
	}
	switch f := ev.Fact.(type) {
	case hotline.CallStarted:
		cs.calls[ev.Call] = id
		c.started(ev, f)
		cs.goesOn(c)
	case hotline.Queued:
		c.queue, c.visits[f.Visit], c.attrs = ev.Queue, ev.Queue, f.Attrs
	case hotline.Offered:
		c.queue, c.visits[f.Visit] = ev.Queue, ev.Queue
	case hotline.WrapCoded:
		c.codes[ev.Agent] = coded{f.Code, c.codes[ev.Agent].note}
	case hotline.Noted:
		c.codes[ev.Agent] = coded{c.codes[ev.Agent].code, f.Text}
	case hotline.CallEnded:
		if c.live--; c.live <= 0 {
			cs.goesOn(c)
			c.ended, c.over = ev.At, cs.ended.PushBack(c)
		}
	}
	return c
}

// started takes in a call of the contact's; who the customer is its first one says: a later one may be an agent's second line.
func (c *contact) started(ev hotline.Event, f hotline.CallStarted) {
	c.live++
	if c.calls = append(c.calls, ev.Call); len(c.calls) > 1 {
		return
	}
	c.direction, c.customer, c.test = f.Direction, f.From, f.Test
	if f.Direction == hotline.Outbound {
		c.customer = hotline.Party{Number: f.To}
	}
}

func (cs *contacts) goesOn(c *contact) {
	if c.over != nil {
		cs.ended.Remove(c.over)
		c.over = nil
	}
}

// forget drops contacts that are long over or have begun long ago; when there are too many, the oldest of those that are over, and
// only then one that goes on.
func (cs *contacts) forget(now time.Time) {
	for e := cs.ended.Front(); e != nil; e = cs.ended.Front() {
		c := e.Value.(*contact)
		if now.Sub(c.ended) < keepEnded && len(cs.all) <= maxContacts {
			break
		}
		cs.drop(c)
	}
	for e := cs.order.Front(); e != nil; e = cs.order.Front() {
		c := e.Value.(*contact)
		if now.Sub(c.at) < maxOpen && len(cs.all) <= maxContacts {
			return
		}
		cs.drop(c)
	}
}

func (cs *contacts) drop(c *contact) {
	cs.goesOn(c)
	cs.order.Remove(c.place)
	delete(cs.all, c.id)
	for _, call := range c.calls {
		delete(cs.calls, call)
	}
}

// queueOf is the queue that an event is about.
func (c *contact) queueOf(ev hotline.Event, visit hotline.VisitID) hotline.QueueID {
	switch q := c.visits[visit]; {
	case ev.Queue != "":
		return ev.Queue
	case q != "":
		return q
	}
	return c.queue
}

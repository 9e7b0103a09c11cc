package reports

import (
	"maps"
	"slices"

	"hotline"
)

// erased is a customer whose number and name are to be gone from what is kept. It stands in the fold until the chapters are rewritten.
type erased struct {
	as       string
	contacts []hotline.ContactID
	tasks    []hotline.TaskID
}

// Customer is what is kept of one customer.
type Customer struct {
	Contacts []hotline.ContactID
	Tasks    []hotline.TaskID // that none of these contacts has
	Open     string           // the id of a contact, task or promise that is not over; empty: all are
}

// OfCustomer finds what is kept of the customer of that number, on disk too.
func (f *Fold) OfCustomer(number string) Customer {
	key := NumberKey(number)
	c := Customer{}
	if key == "" {
		return c
	}
	seen := map[hotline.ContactID]bool{}
	disk := f.inMemoryOf(key, &c, seen)
	for _, r := range disk.with(key) {
		if !seen[r.c.ID] {
			seen[r.c.ID] = true
			c.Contacts = append(c.Contacts, r.c.ID)
		}
	}
	for t := range disk.tasks(^uint64(0)) {
		if NumberKey(t.From.Number) == key && !seen[t.Contact] {
			c.Tasks = append(c.Tasks, t.ID)
		}
	}
	return c
}

func (f *Fold) inMemoryOf(key string, c *Customer, seen map[hotline.ContactID]bool) stacks {
	f.mu.Lock()
	defer f.mu.Unlock()
	busy := f.busy()
	for r := f.numbers[key]; r != nil; r = r.prev {
		seen[r.c.ID] = true
		c.Contacts = append(c.Contacts, r.c.ID)
		if busy[r] || !r.over() {
			c.Open = string(r.c.ID)
		}
	}
	for _, t := range f.tasks.order {
		if NumberKey(t.From.Number) != key {
			continue
		}
		if t.Closed == 0 && t.Kind != TaskWrapCode { // a code may be missing for ever
			c.Open = string(t.ID)
		}
		if !seen[t.Contact] {
			c.Tasks = append(c.Tasks, t.ID)
		}
	}
	for _, p := range f.promises.open {
		if NumberKey(p.Number) == key || NumberKey(p.From.Number) == key {
			c.Open = string(p.ID)
		}
	}
	return f.stacks.share()
}

// over says that the contact is over, but for a code and tasks.
func (r *record) over() bool {
	return r.up == 0 && r.c.Ended != 0 &&
		!slices.ContainsFunc(r.visits, func(v *visit) bool { return v.closed == 0 }) &&
		!slices.ContainsFunc(r.promises, func(c *Callback) bool { return c.Result == "" })
}

// customerErased puts the pseudonym in the place of number and name in all that is in memory; what is on disk follows (Erase).
func (f *Fold) customerErased(fact hotline.CustomerErased) {
	if !hotline.IsPseudonym(fact.Pseudonym) {
		f.metrics.late.Inc()
		return
	}
	one := &erased{fact.Pseudonym, fact.Contacts, fact.Tasks}
	newEraser([]*erased{one}).memory(f)
	if f.shelf != nil {
		f.erasing = append(f.erasing, one)
	}
}

// eraser puts pseudonyms in the places of numbers and names.
type eraser struct {
	contacts map[hotline.ContactID]string
	tasks    map[hotline.TaskID]string
	visits   map[*visit]*visit // those that are over are never changed: others read them
	promises map[*Callback]*Callback
	times    [][2]int64 // when the contacts were, with some room
}

func newEraser(all []*erased) *eraser {
	e := &eraser{
		contacts: map[hotline.ContactID]string{}, tasks: map[hotline.TaskID]string{}, visits: map[*visit]*visit{}, promises: map[*Callback]*Callback{},
	}
	for _, one := range all {
		for _, id := range one.contacts {
			e.contacts[id] = one.as
		}
		for _, id := range one.tasks {
			e.tasks[id] = one.as
		}
	}
	return e
}

// memory erases what the fold has in memory. The caller holds the fold's lock.
func (e *eraser) memory(f *Fold) {
	for _, id := range slices.Sorted(maps.Keys(e.contacts)) {
		if r := f.contacts.byID[id]; r != nil {
			e.record(f, r)
		}
	}
	for id, as := range e.tasks {
		if t := f.tasks.byID[id]; t != nil {
			e.task(t, as)
			if r := f.contacts.byID[t.Contact]; r != nil {
				f.reopen(r)
				r.c.Timeline = e.timeline(r.c.Timeline, nil)
			}
		}
	}
	f.closed.replace(e.visit)
	f.promises.over.replace(e.promise)
	for _, a := range f.agents {
		a.attempts.replace(e.attempt)
	}
}

// record erases a contact in memory. Its number of the last event stays: what it counts is as it was.
func (e *eraser) record(f *Fold, r *record) {
	as := e.contacts[r.c.ID]
	f.reopen(r)
	f.strange(r)
	c := r.c
	for _, t := range r.tasks {
		c.Tasks = append(c.Tasks, *t)
	}
	c = e.contact(c, as)
	for i, t := range r.tasks {
		*t = c.Tasks[i]
	}
	c.Tasks = nil
	r.c = c
	r.visits, r.promises = slices.Clone(r.visits), slices.Clone(r.promises)
	for i, v := range r.visits {
		r.visits[i], _ = e.visit(v)
	}
	for i, p := range r.promises {
		r.promises[i], _ = e.promise(p)
	}
	if len(r.c.Calls) > 0 {
		f.know(r)
	}
}

// strange takes a record out of the row of those with its customer.
func (f *Fold) strange(r *record) {
	key := NumberKey(r.c.Customer().Number)
	if !r.known || key == "" {
		return
	}
	next := f.numbers[key]
	switch {
	case next == r && r.prev == nil:
		delete(f.numbers, key)
	case next == r:
		f.numbers[key] = r.prev
	default:
		for next != nil && next.prev != r {
			next = next.prev
		}
		if next != nil {
			next.prev = r.prev
		}
	}
	r.prev, r.known = nil, false
}

// contact is the contact without what says who the customer is. Numbers of others stay, but for the one by which the call came.
func (e *eraser) contact(c Contact, as string) Contact {
	m := maskOf(c.Customer().Number, as)
	if c.Direction != hotline.Outbound && c.From != (hotline.Party{}) {
		c.From = hotline.Party{Number: as}
	}
	timeline := c.Timeline
	c.Timeline = nil
	c = c.Redact(m)
	c.Diverted.Number = ""
	for i := range c.Legs {
		if c.Legs[i].Role == hotline.RoleCustomer && c.Legs[i].To != "" {
			c.Legs[i].To = as
		}
	}
	for i := range c.Coded {
		c.Coded[i].Note = ""
	}
	for i := range c.Callbacks {
		c.Callbacks[i].Number, c.Callbacks[i].From = as, hotline.Party{Number: as}
	}
	for i := range c.Tasks {
		e.task(&c.Tasks[i], as)
	}
	c.Flow = slices.Clone(c.Flow)
	for i := range c.Flow {
		c.Flow[i].Detail = m.text(c.Flow[i].Detail)
	}
	c.Timeline = e.timeline(timeline, m)
	return c
}

// maskOf puts the pseudonym in the place of one customer's number, however it is written, and leaves all others.
func maskOf(number, as string) masker {
	key := NumberKey(number)
	return func(p hotline.Party) hotline.Party {
		if p.Number == number && number != "" || key != "" && NumberKey(p.Number) == key {
			return hotline.Party{Number: as}
		}
		return p
	}
}

// timeline is the facts without what says who the customer is; m nil: of a contact of somebody else, which has a task of the customer's.
func (e *eraser) timeline(all []Entry, m masker) []Entry {
	all = slices.Clone(all)
	for i, entry := range all {
		if m != nil {
			entry.Fact = e.fact(m.fact(entry.Fact), m)
		}
		all[i].Fact = e.ofTask(entry.Fact)
	}
	return all
}

// fact takes away what a person or a flow wrote of the customer.
func (e *eraser) fact(f hotline.Fact, m masker) hotline.Fact {
	switch f := f.(type) {
	case hotline.CallStarted:
		f.Diverted.Number = ""
		if f.Direction != hotline.Outbound && f.From != (hotline.Party{}) {
			f.From = m(hotline.Party{Number: f.From.Number})
		}
		return f
	case hotline.Queued:
		f.Attrs = nil
		return f
	case hotline.CallbackAsked:
		f.Attrs = nil
		return f
	case hotline.FlowStepped:
		f.Detail = m.text(f.Detail)
		return f
	case hotline.Noted:
		f.Text = ""
		return f
	case hotline.TaskOpened:
		f.From, f.Note = m(f.From), ""
		return f
	case hotline.TaskChanged:
		f.Note = ""
		return f
	case hotline.TaskClosed:
		f.Note = ""
		return f
	case hotline.HandRaised:
		f.Note = ""
		return f
	}
	return f
}

// ofTask erases what is told of a task that is the customer's.
func (e *eraser) ofTask(f hotline.Fact) hotline.Fact {
	switch f := f.(type) {
	case hotline.TaskOpened:
		if as := e.tasks[f.Task]; as != "" {
			f.From, f.Note = hotline.Party{Number: as}, ""
		}
		return f
	case hotline.TaskChanged:
		if e.tasks[f.Task] != "" {
			f.Note = ""
		}
		return f
	case hotline.TaskClosed:
		if e.tasks[f.Task] != "" {
			f.Note = ""
		}
		return f
	}
	return f
}

func (e *eraser) task(t *Task, as string) {
	t.From, t.Note, t.Result = hotline.Party{Number: as}, "", ""
}

// visit is the visit without its caller; false: it is nobody's that is erased. One that is open is changed in its place.
func (e *eraser) visit(v *visit) (*visit, bool) {
	as := e.contacts[v.contact]
	if as == "" {
		return v, false
	}
	if done := e.visits[v]; done != nil {
		return done, true
	}
	n := v
	if v.closed != 0 {
		c := *v
		n = &c
	}
	e.visits[v], e.visits[n] = n, n
	if n.from != (hotline.Party{}) {
		n.from = hotline.Party{Number: as}
	}
	if n.who != 0 {
		n.who = whoIs(as)
	}
	return n, true
}

func (e *eraser) promise(p *Callback) (*Callback, bool) {
	as := e.contacts[p.Contact]
	if as == "" {
		return p, false
	}
	if done := e.promises[p]; done != nil {
		return done, true
	}
	n := p
	if p.Result != "" {
		c := *p
		n = &c
	}
	e.promises[p], e.promises[n] = n, n
	n.Number, n.From = as, hotline.Party{Number: as}
	return n, true
}

func (e *eraser) attempt(x attempt) (attempt, bool) {
	switch {
	case x.visit != nil:
		v, ok := e.visit(x.visit)
		x.visit = v
		return x, ok
	case x.was != nil && x.missed() && e.contacts[x.was.contact] != "":
		was := *x.was
		was.from = hotline.Party{Number: e.contacts[was.contact]}
		x.was = &was
		return x, true
	}
	return x, false
}

// replace puts others in the place of entries in memory. Snapshots keep what they have.
func (h *history[T]) replace(other func(T) (T, bool)) {
	swap := func(c *chunk[T]) bool {
		var items []T
		for i, v := range c.items {
			n, ok := other(v)
			if ok && items == nil {
				items = append(make([]T, 0, max(cap(c.items), len(c.items))), c.items...)
			}
			if ok {
				items[i] = n
			}
		}
		if items != nil {
			c.items = items
		}
		return items != nil
	}
	full, changed := slices.Clone(h.full), false
	for i := range full {
		changed = swap(&full[i]) || changed
	}
	if changed {
		h.full = full
	}
	swap(&h.tail)
}

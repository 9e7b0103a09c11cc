package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hotline"
)

// part is what one agent has, or had, to do with a contact.
type part struct {
	visit hotline.VisitID // empty: a call of the agent's own making
	agent hotline.AgentID
	queue hotline.QueueID
	call  hotline.CallID

	beside bool // it only took part in another's conference
}

// has says whether the agent has a part of its own in the visit, satIn whether it only took part in another's conference.
func (r *record) has(visit hotline.VisitID, agent hotline.AgentID) bool {
	return slices.ContainsFunc(r.parts, func(p part) bool { return p.visit == visit && p.agent == agent && !p.beside })
}

func (r *record) satIn(visit hotline.VisitID, agent hotline.AgentID) bool {
	return !r.has(visit, agent) && slices.ContainsFunc(r.parts, func(p part) bool { return p.visit == visit && p.agent == agent })
}

// Part is one agent's part of a contact.
type Part struct {
	Visit hotline.VisitID
	Queue hotline.QueueID
	Call  hotline.CallID
	Coded Coded // zero: nothing was written yet

	Beside bool // it only took part in another's conference: nothing is required of it
}

// Part is the agent's part of the contact: that of the visit named, else its last one. false: it has none.
func (f *Fold) Part(contact hotline.ContactID, agent hotline.AgentID, visit hotline.VisitID) (Part, bool) {
	f.mu.Lock()
	if r := f.contacts.byID[contact]; r != nil {
		defer f.mu.Unlock()
		return r.part(agent, visit)
	}
	disk := f.stacks.share()
	f.mu.Unlock()
	_, r, ok := disk.contact(contact, 0)
	if !ok {
		return Part{}, false
	}
	return r.part(agent, visit)
}

func (r *record) part(agent hotline.AgentID, visit hotline.VisitID) (Part, bool) {
	for _, p := range slices.Backward(r.parts) {
		if p.agent != agent || visit != "" && p.visit != visit {
			continue
		}
		out := Part{Visit: p.visit, Queue: p.queue, Call: p.call, Beside: p.beside}
		for _, c := range r.c.Coded {
			if c.Agent == agent && c.Visit == p.visit {
				out.Coded = c
			}
		}
		return out, true
	}
	return Part{}, false
}

// AtHand is the contact that an agent is asked to take, has, or has just had and writes about.
type AtHand struct {
	Agent   AgentView
	Contact Contact // zero: there is none, or it is a call to nobody outside
	Visit   hotline.VisitID
	Offer   *Offer // it rings
	Until   Moment // of the ringing, as far as it is known
}

// AtHand is what the agent is at; false if nobody knows the agent.
func (f *Fold) AtHand(id hotline.AgentID, now time.Time) (AtHand, bool) {
	v, ok := f.AgentNow(id, now)
	if !ok {
		return AtHand{}, false
	}
	h := AtHand{Agent: v}
	contact := v.Contact
	if v.Wrap != nil {
		contact = v.Wrap.Contact
	}
	if contact == "" || v.State == hotline.AgentReady || v.State == hotline.AgentNotReady || v.State == hotline.AgentSignedOut {
		return h, true
	}
	if h.Contact, ok = f.Contact(contact); !ok {
		return h, true
	}
	if v.Wrap != nil {
		h.Visit = v.Wrap.Visit
		return h, true
	}
	for _, o := range slices.Backward(h.Contact.Offers) {
		if o.Agent == id && o.Result == "" {
			h.Offer, h.Visit = &o, o.Visit
			break
		}
	}
	for _, e := range slices.Backward(h.Contact.Timeline) {
		if x, ok := e.Fact.(hotline.Offered); ok && h.Offer != nil && x.Offer == h.Offer.ID {
			h.Until = At(x.Until)
			break
		}
	}
	return h, true
}

// AgentNow is one agent now, without its figures; false if nobody knows it.
func (f *Fold) AgentNow(id hotline.AgentID, now time.Time) (AgentView, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := liveSnapshot{snapshot: snapshot{book: f.book}, agents: map[hotline.AgentID]agentLive{}}
	a := f.agents[id]
	if _, known := f.book.agents[id]; !known && a == nil {
		return AgentView{}, false
	}
	if a != nil {
		s.agents[id] = a.live(f.book)
	}
	return s.view(id, now.UnixMilli()), true
}

// NumberKey is a customer's number as all its ways of writing have in common: digits alone, without the prefix of China before a
// mobile number. Empty: nothing tells one customer from another. A pseudonym is its own key.
func NumberKey(number string) string {
	if hotline.IsPseudonym(number) {
		return number // all contacts of a customer that was erased are still those of one
	}
	key := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if strings.ContainsFunc(number, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) || len(key) > 24 {
		return "" // a name, as anonymous is
	}
	key = strings.TrimPrefix(key, "00")
	if len(key) == 13 && strings.HasPrefix(key, "861") {
		return key[2:]
	}
	return key
}

// know notes the record as the last one with its customer.
func (f *Fold) know(r *record) {
	key := NumberKey(r.c.Customer().Number)
	if key == "" || r.known {
		return
	}
	r.known = true
	later := f.numbers[key]
	if later == nil || later.c.Seq <= r.c.Seq {
		r.prev, f.numbers[key] = later, r
		return
	}
	for later.prev != nil && later.prev.c.Seq > r.c.Seq { // it was on disk, or waited for its first call
		later = later.prev
	}
	r.prev, later.prev = later.prev, r
}

// History is the contacts with the customer of that number, the newest first, at most limit of them; without is left out.
func (f *Fold) History(number string, limit int, without hotline.ContactID) []Contact {
	now, key := f.cfg.Now().UnixMilli(), NumberKey(number)
	found := []Contact{}
	f.mu.Lock()
	for r := f.numbers[key]; r != nil && len(found) < limit; r = r.prev {
		if r.c.ID != without {
			found = append(found, r.summary(now))
		}
	}
	disk := f.stacks.share()
	f.mu.Unlock()
	if len(disk.chapters) == 0 || len(found) == limit && (limit == 0 || found[limit-1].Seq > disk.maxSeq) {
		return found
	}
	out := make([]Contact, 0, len(found))
	for _, r := range disk.with(key) {
		for len(found) > 0 && found[0].Seq > r.c.Seq {
			out, found = append(out, found[0]), found[1:]
		}
		if len(out) >= limit {
			break
		}
		if r.c.ID != without {
			out = append(out, r.summary(now))
		}
	}
	out = append(out, found...)
	return out[:min(len(out), limit)]
}

// maxHad is how many contacts with one number are looked at: a machine may call without end.
const maxHad = 1000

// Had says whether the agent has had a contact with the customer of that number since then, or is asked to take one now.
func (f *Fold) Had(agent hotline.AgentID, number string, since time.Time) bool {
	key := NumberKey(number)
	if key == "" {
		return false
	}
	had, looked, disk := f.hadOfLate(agent, key, since)
	if looked {
		return had
	}
	n := 0
	for _, r := range disk.with(key) {
		if n++; n > maxHad || int64(r.c.Ended) < since.UnixMilli() {
			return false
		}
		if r.partOf(agent) {
			return true
		}
	}
	return false
}

func (r *record) partOf(agent hotline.AgentID) bool {
	return slices.ContainsFunc(r.parts, func(p part) bool { return p.agent == agent })
}

// hadOfLate looks at the contacts in memory; looked: those on disk say no more.
func (f *Fold) hadOfLate(agent hotline.AgentID, key string, since time.Time) (had, looked bool, disk stacks) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.agents[agent]; a != nil && a.contact != "" {
		if r := f.contacts.byID[a.contact]; r != nil && NumberKey(r.c.Customer().Number) == key {
			return true, true, disk
		}
	}
	for r, n := f.numbers[key], 0; r != nil && n < maxHad; r, n = r.prev, n+1 {
		if over := int64(r.c.Ended); over != 0 && over < since.UnixMilli() {
			break // a later one may be on disk
		}
		if r.partOf(agent) {
			return true, true, disk
		}
	}
	return false, false, f.stacks.share()
}

// TasksWith is the open tasks with the customer of that number, in the order of their due times.
func (f *Fold) TasksWith(number string) []Task {
	now, key := f.cfg.Now().UnixMilli(), NumberKey(number)
	out := []Task{}
	if key == "" {
		return out
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.tasks.open {
		if NumberKey(t.From.Number) == key {
			out = append(out, f.export(t, now))
		}
	}
	slices.SortFunc(out, func(a, b Task) int { return cmp.Or(cmp.Compare(due(a), due(b)), cmp.Compare(a.Seq, b.Seq)) })
	return out
}

// Missed is one call that an agent let go.
type Missed struct {
	At      Moment              `json:"at"`
	Contact hotline.ContactID   `json:"contact"`
	Visit   hotline.VisitID     `json:"visit"`
	Queue   hotline.QueueID     `json:"queue"`
	From    hotline.Party       `json:"from,omitzero"`
	Result  hotline.OfferResult `json:"result"` // no_answer, rejected, unreachable, busy
	RingMS  int64               `json:"ring_ms"`
	Outcome hotline.Outcome     `json:"outcome,omitempty"` // of the visit; empty: it waits
	Then    hotline.AgentID     `json:"then,omitempty"`    // who took it
}

// maxMissed is how many missed calls are listed.
const maxMissed = 200

// Missed is what the agent let go since then, the newest first, at most 200.
func (f *Fold) Missed(id hotline.AgentID, since time.Time) []Missed {
	out := []Missed{}
	for _, x := range f.letGo(id, since.UnixMilli()) {
		v := x.end()
		out = append(out, Missed{
			At: Moment(x.at), Contact: v.contact, Visit: v.visit, Queue: v.queue, From: v.from, Result: x.result, RingMS: x.ring,
			Outcome: v.outcome, Then: v.agent,
		})
	}
	return out
}

// letGo is the last offers that the agent let go, the newest first. Those whose visits may still change are told as of now.
func (f *Fold) letGo(id hotline.AgentID, since int64) (out []attempt) {
	look := func(x attempt) bool {
		if x.at < since || len(out) == maxMissed {
			return false
		}
		if x.missed() {
			was := x.end()
			x.visit, x.was = nil, &was
			out = append(out, x)
		}
		return true
	}
	f.mu.Lock()
	a := f.agents[id]
	if a == nil {
		f.mu.Unlock()
		return nil
	}
	old, more := a.attempts, true
	recent := old
	recent.past = nil
	for x := range recent.backward() {
		if more = look(x); !more {
			break
		}
	}
	f.mu.Unlock()
	if more {
		old.archived()(look)
	}
	return out
}

// Redact returns a copy with the customer's number and name passed through mask.
func (m Missed) Redact(mask func(hotline.Party) hotline.Party) Missed {
	m.From = mask(m.From)
	return m
}

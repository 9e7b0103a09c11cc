package reports

import (
	"fmt"
	"slices"
	"sort"
	"strconv"

	"hotline"
)

const (
	defaultLimit = 50
	maxLimit     = 500
	searchBatch  = 1000 // records looked at per holding of the lock
)

// Contacts finds contacts, newest first. The order is that of their first events, so that pages neither repeat nor miss
// one while new ones come in. It returns ErrQuery for a cursor or limit that it never gave out or cannot serve.
func (f *Fold) Contacts(s Search) (Page, error) {
	before, limit, err := cursor(s.Cursor, s.Limit)
	if err != nil {
		return Page{}, err
	}
	s.Limit = limit
	f.mu.Lock()
	order, high := f.contacts.order, f.contacts.high // append-only: the elements below their lengths stay
	disk, book := f.stacks.share(), f.book
	f.mu.Unlock()
	s.whose = book.whose(s.Of)
	i := sort.Search(len(order), func(i int) bool { return order[i].c.Seq >= before })
	now := f.cfg.Now().UnixMilli()
	p := Page{Items: []Contact{}}
	for i > 0 {
		n := min(i, searchBatch)
		more, done := f.batch(&s, order[i-n:i], high[i-n:i], now, s.Limit+1-len(p.Items))
		p.Items = append(p.Items, more...)
		if done || len(p.Items) > s.Limit {
			break
		}
		i -= n
	}
	p.Items = disk.join(&s, p.Items, before, book, now)
	if len(p.Items) > s.Limit {
		p.Items = p.Items[:s.Limit]
		p.Next = strconv.FormatUint(p.Items[s.Limit-1].Seq, 10)
	}
	return p, nil
}

// join puts what is found on disk between what was found in memory, both newest first, as far as a page and one more go.
func (s *stacks) join(q *Search, found []Contact, before uint64, b *book, now int64) []Contact {
	if len(s.chapters) == 0 || len(found) > q.Limit && found[q.Limit].Seq > s.maxSeq {
		return found
	}
	out := make([]Contact, 0, len(found))
	for _, r := range s.search(q, before) {
		if !r.matches(q, b) {
			continue
		}
		for len(found) > 0 && found[0].Seq > r.c.Seq {
			out, found = append(out, found[0]), found[1:]
		}
		if len(out) > q.Limit {
			return out
		}
		out = append(out, r.summary(now))
	}
	return append(out, found...)
}

// cursor reads where a page begins, and how long it is.
func cursor(text string, limit int) (before uint64, n int, err error) {
	before = ^uint64(0)
	if text != "" {
		if before, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, fmt.Errorf("%w: cursor %q", ErrQuery, text)
		}
	}
	if limit == 0 {
		limit = defaultLimit
	}
	if limit < 0 || limit > maxLimit {
		return 0, 0, fmt.Errorf("%w: limit %d: want 1 to %d", ErrQuery, limit, maxLimit)
	}
	return before, limit, nil
}

// batch looks at some records, newest first, under the lock. done: all that are older began before From.
func (f *Fold) batch(s *Search, order []*record, high []int64, now int64, limit int) (found []Contact, done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(order) - 1; i >= 0 && len(found) < limit; i-- {
		if s.From != 0 && high[i] < int64(s.From) {
			return found, true
		}
		if order[i].matches(s, f.book) {
			found = append(found, order[i].summary(now))
		}
	}
	return found, false
}

// matches says whether the contact is asked for. The caller holds the fold's lock.
func (r *record) matches(s *Search, b *book) bool {
	if (s.From != 0 && r.c.Started < s.From) || (s.To != 0 && r.c.Started >= s.To) {
		return false
	}
	to := ""
	if r.c.Direction == hotline.Outbound {
		to = r.c.To
	}
	if s.Number != "" && !s.fits(r.c.From.Number, to) || !r.seenBy(s.Of, b) {
		return false
	}
	if len(s.Codes) > 0 && !slices.ContainsFunc(r.c.Coded, func(c Coded) bool {
		return slices.Contains(s.Codes, c.Code) && (s.Agent == "" || c.Agent == s.Agent) && (s.Queue == "" || c.Queue == s.Queue)
	}) {
		return false
	}
	switch s.Outcome {
	case OutcomeFlow, OutcomeReached, OutcomeNotReached, OutcomeRecorded:
		return r.c.Ended != 0 && len(r.visits) == 0 && r.unasked() == s.Outcome && r.ownMatches(s)
	case OutcomeOpen:
		if r.c.Ended != 0 {
			return false
		}
	}
	if s.Queue == "" && s.Agent == "" && (s.Outcome == "" || s.Outcome == OutcomeOpen) {
		return true
	}
	if len(r.visits) == 0 && (s.Outcome == "" || s.Outcome == OutcomeOpen) && r.ownMatches(s) {
		return true
	}
	return slices.ContainsFunc(r.visits, func(v *visit) bool { return r.visitMatches(s, v, b) })
}

// ownMatches says whether a contact without a visit was called by the agent and for the queue that are asked for.
func (r *record) ownMatches(s *Search) bool {
	return s.Queue == "" && s.Agent == "" || slices.ContainsFunc(r.segments, func(g *Segment) bool {
		return g.Visit == "" && (s.Agent == "" || g.Agent == s.Agent) && (s.Queue == "" || g.Queue == s.Queue)
	})
}

func (r *record) visitMatches(s *Search, v *visit, b *book) bool {
	if s.Queue != "" && v.queue != s.Queue {
		return false
	}
	if s.Agent != "" && !slices.ContainsFunc(r.segments, func(g *Segment) bool { return g.Visit == v.id && g.Agent == s.Agent }) {
		return false
	}
	switch s.Outcome {
	case "", OutcomeOpen:
		return true
	case OutcomeBlocked:
		return v.blocked != ""
	case OutcomeShort:
		return v.outcome == hotline.OutcomeAbandoned && short(v.wait, b.queue(v.queue).Short.Milliseconds())
	}
	return string(v.outcome) == s.Outcome
}

// WaitsIn is the queue that the visit waits in; false when it waits no more.
func (f *Fold) WaitsIn(id hotline.VisitID) (hotline.QueueID, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.open[id]
	if v == nil || !v.waiting() {
		return "", false
	}
	return v.queue, true
}

// Contact is one contact's whole record.
func (f *Fold) Contact(id hotline.ContactID) (Contact, bool) {
	c, packed, ok := f.contact(id)
	if ok && packed != nil {
		if err := f.unpack(packed, &c); err != nil { // packed here, by the same program: a broken invariant
			f.cfg.Logger.Error("contact record cannot be unpacked", "contact", id, "err", err)
		}
	}
	return c.whole(), ok
}

// whole makes what there is none of an empty list: a record says so, a summary leaves it out.
func (c Contact) whole() Contact {
	c.Visits, c.Offers, c.Segments = list(c.Visits), list(c.Offers), list(c.Segments)
	c.Legs, c.Timeline = list(c.Legs), list(c.Timeline)
	return c
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func (f *Fold) contact(id hotline.ContactID) (Contact, []byte, bool) {
	now := f.cfg.Now().UnixMilli()
	f.mu.Lock()
	if r := f.contacts.byID[id]; r != nil {
		defer f.mu.Unlock()
		c, packed := f.full(r, now)
		return c, packed, true
	}
	disk, book := f.stacks.share(), f.book
	f.mu.Unlock()
	at, r, ok := disk.contact(id, 0)
	if !ok {
		return Contact{}, nil, false
	}
	disk.shelf.lists(disk.chapters[at.chapter].chapter, at, &r.c)
	return r.full(book, now, r.closedTask), nil, true
}

package reports

import (
	"cmp"
	"math"
	"sort"
	"strings"
	"time"

	"hotline"
)

// cohortLook is how many contacts' records are read for one answer at most: some seconds' work.
const cohortLook = 40_000

// longestContactMS is how long before a time contacts are looked for that something happened to in it.
const longestContactMS = 26 * 3_600_000

// cohort is a figure's contacts that can be told by their records alone: what is counted of lines and flows names no contact.
type cohort struct {
	from, to int64 // contacts up in this time may count
	until    int64 // facts after this moment do not; 0: all do
	times    func(a *lone) int
}

// lone is a fold of one contact alone: what it adds to the figures of lines, flows and sound.
type lone struct {
	*Fold
	now int64
}

// up says whether the contact may count. The caller holds the fold's lock, if the record is the fold's.
func (c *cohort) up(r *record) bool {
	return int64(r.c.Started) < c.to && (r.c.Ended == 0 || int64(r.c.Ended) >= c.from)
}

// countedOfRecords reads the records of the contacts that were up, the newest first.
func (f *Fold) countedOfRecords(q CountedQuery, c *cohort, p *CountedPage) ([]Counted, error) {
	before := q.Before
	if before == 0 {
		before = ^uint64(0)
	}
	f.mu.Lock()
	order, disk, b := f.contacts.order, f.stacks.share(), f.book
	p.Seq = f.seq
	f.mu.Unlock()
	if _, err := bins(q.From, q.To, Whole, b.loc); err != nil {
		return nil, err
	}
	l := look{fold: f, book: b, cohort: c, now: int64(p.AsOf), texts: map[place][]byte{}, most: cmp.Or(q.Look, cohortLook)}
	if q.All {
		l.most = math.MaxInt
	}
	l.memory(order, before)
	l.disk(&disk, before)
	var all []Counted
	for _, x := range l.found {
		if x.seq >= l.end {
			all = append(all, x.Counted)
		}
	}
	if l.end > 0 {
		p.Before, p.Looked = l.end, l.ended
	}
	return all, nil
}

// look is one going through records.
type look struct {
	fold   *Fold
	book   *book
	cohort *cohort
	now    int64
	most   int // records to be read
	texts  map[place][]byte
	found  []seqCounted
	end    uint64 // contacts before this one were not looked at; 0: all were
	ended  Moment // when that one began
}

type seqCounted struct {
	Counted
	seq uint64
}

// enough says that no more are looked at after n, of which the record was the last.
func (l *look) enough(n int, r *record) bool {
	if n < l.most {
		return false
	}
	if r.c.Seq > l.end {
		l.end, l.ended = r.c.Seq, r.c.Started
	}
	return true
}

// memory looks at the records that are in memory, one at a time, so that facts wait for none of the work.
func (l *look) memory(order []*record, before uint64) {
	i := sort.Search(len(order), func(i int) bool { return order[i].c.Seq >= before })
	n := 0
	for i--; i >= 0; i-- {
		l.fold.mu.Lock()
		r := order[i]
		if !l.cohort.up(r) {
			over := r.c.Ended != 0 && int64(r.c.Started) < l.cohort.from-longestContactMS
			l.fold.mu.Unlock()
			if over {
				return
			}
			continue
		}
		c, packed := l.fold.full(r, l.now)
		l.fold.mu.Unlock()
		if packed != nil {
			if err := l.fold.unpack(packed, &c); err != nil {
				l.fold.cfg.Logger.Error("contact record cannot be unpacked", "contact", c.ID, "err", err)
			}
		}
		l.see(&c)
		if n++; l.enough(n, &record{c: Contact{Seq: c.Seq, Started: c.Started}}) {
			return
		}
	}
}

// disk looks at the records on disk.
func (l *look) disk(s *stacks, before uint64) {
	n := 0
	q := Search{From: Moment(max(l.cohort.from-longestContactMS, 1)), To: Moment(l.cohort.to)}
	for at, r := range s.search(&q, before) {
		if !l.cohort.up(r) {
			continue
		}
		l.lists(s, at, r)
		c := r.full(l.book, l.now, r.closedTask)
		l.see(&c)
		if n++; l.enough(n, r) {
			return
		}
	}
}

// lists fills the record's lists. A block is unpacked once for all of its records.
func (l *look) lists(s *stacks, at standing, r *record) {
	p := place{at.chapter, int32(blockHeads + s.chapters[at.chapter].headBlocks() + int(at.ordinal)/perBlock)}
	text, ok := l.texts[p]
	if !ok {
		b, err := s.shelf.past.Block(int(p.chapter), int(p.block))
		if err == nil {
			text, err = s.shelf.squeeze.unpack(b)
		}
		if err != nil {
			s.shelf.damaged(p, err)
		}
		if len(l.texts) >= 16 {
			clear(l.texts)
		}
		l.texts[p] = text
	}
	if text == nil {
		return
	}
	one, err := textOf(text, int(at.ordinal)%perBlock)
	if err == nil {
		err = readParts(one, &r.c)
	}
	if err != nil {
		s.shelf.damaged(p, err)
	}
}

// see counts the contact.
func (l *look) see(c *Contact) {
	n := l.cohort.times(&lone{replayed(c, l.book, l.cohort.until), l.now})
	if n <= 0 {
		return
	}
	x := Counted{Contact: c.ID, At: c.Started, WaitMS: c.WaitMS, Outcome: hotline.Outcome(c.Outcome), Times: n}
	if len(c.Queues) > 0 {
		x.Queue = c.Queues[0]
	}
	if len(c.Agents) > 0 {
		x.Agent = c.Agents[0]
	}
	l.found = append(l.found, seqCounted{x, c.Seq})
}

// replayed is the facts of one contact folded again, by the rules by which they were folded with all others.
func replayed(c *Contact, b *book, until int64) *Fold {
	f := &Fold{
		book: b, calls: map[hotline.CallID]*liveCall{}, lines: lines{now: map[string]*line{}}, paths: paths{now: map[ivrKey]*ivrCell{}},
		heard: heard{now: map[heardKey]*heardCell{}},
	}
	f.replay(c, until)
	return f
}

// replay folds the contact's facts up to a moment, that one's too.
func (f *Fold) replay(c *Contact, until int64) {
	rec := &record{c: *c}
	var call hotline.CallID
	started := 0
	for _, e := range c.Timeline {
		at := int64(e.At)
		if until != 0 && at > until {
			return
		}
		f.clock = max(f.clock, at)
		ev := hotline.Event{Seq: e.Seq, At: e.At.Time(), Contact: c.ID, Leg: e.Leg, Agent: e.Agent, Queue: e.Queue, Fact: e.Fact}
		if s, ok := e.Fact.(hotline.CallStarted); ok && started < len(c.Calls) {
			call = c.Calls[started]
			started++
			f.calls[call] = &liveCall{rec: rec, view: CallView{ID: call, Contact: c.ID, Direction: s.Direction, Trunk: s.Trunk, Test: s.Test}}
		}
		ev.Call = call
		for _, other := range c.Calls[:started] {
			if e.Leg == hotline.LegID(other) || strings.HasPrefix(string(e.Leg), string(other)+"-") {
				ev.Call = other
			}
		}
		if fact, ok := e.Fact.(hotline.CallEnded); ok {
			if live := f.calls[ev.Call]; live != nil {
				delete(f.calls, ev.Call)
				f.lineEnded(live, fact, at)
				f.pathEnded(live, fact, at)
				for _, up := range c.Calls[:started] { // the last that is still up
					if f.calls[up] != nil {
						call = up
					}
				}
			}
		}
		f.applyLines(ev, at)
		f.applyPaths(ev, at)
		f.applyHeard(ev, rec, at)
	}
}

// quarters is the time with the whole quarters of an hour that touch it.
func quarters(from, to time.Time) (int64, int64) {
	a, b := from.UnixMilli(), to.UnixMilli()
	return a - a%quarterMS, b + quarterMS
}

package reports

import (
	"context"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"hotline"
)

// openArchive reads what there is on disk.
func (f *Fold) openArchive() {
	if f.cfg.Past == nil {
		return
	}
	s := newShelf(f.cfg.Past, f.cfg.Logger, &f.squeeze)
	s.behind = f.cfg.Behind
	f.stacks.shelf = s
	for n := range f.cfg.Past.Chapters() {
		c := s.open(n)
		f.stacks.add(c)
		for _, r := range c.chunks {
			s.file(r)
		}
		c.chunks = nil
	}
	f.attach(s)
	if s.behind { // the log that is left may not name them again
		for drawer := range s.drawers {
			if _, id, ok := strings.Cut(drawer, " "); ok && id != "" {
				f.agent(hotline.AgentID(id))
			}
		}
	}
}

// file puts a chunk where it belongs in its history. Where chapters are lost there are holes.
func (s *shelf) file(r namedRef) {
	refs := s.drawers[r.drawer]
	if r.index < len(refs) || r.index > len(refs)+maxColumnRows {
		s.logger.Error("archive: a chunk that cannot be", "chapter", r.chapter, "history", r.drawer, "chunk", r.index)
		return
	}
	for len(refs) < r.index {
		refs = append(refs, ref{chapter: -1, low: math.MaxInt64, first: r.first, last: r.first})
	}
	s.drawers[r.drawer] = append(refs, r.ref)
}

// open reads what is known of a chapter without a look into it. Of one whose contents are lost nothing is.
func (s *shelf) open(n int) *chapter {
	var c *chapter
	var err error
	for _, block := range []int{blockContents, -1} { // they stand there twice
		var b []byte
		if b, err = s.past.Block(n, block); err != nil {
			continue
		}
		if c, err = decodeChapter(n, b); err == nil {
			break
		}
	}
	if err != nil {
		s.damaged(place{int32(n), blockContents}, err)
		return &chapter{no: int32(n)}
	}
	b, err := s.past.Block(n, blockFilters)
	if err == nil {
		err = c.filters.decode(b)
	}
	if err != nil {
		s.damaged(place{int32(n), blockFilters}, err) // nothing is left out by them
	}
	return c
}

// fetch takes a contact into memory again, for a fact that comes late. nil: it is not on disk, or the log is being folded again and
// the contact's copies on disk know the fact already: then it is made anew.
func (f *Fold) fetch(id hotline.ContactID, seq uint64) *record {
	if f.shelf == nil || id == "" {
		return nil
	}
	at, newest, ok := f.stacks.contact(id, 0)
	if !ok {
		return nil
	}
	base, r := at, newest
	if newest.rev >= seq {
		if base, r, ok = f.stacks.contact(id, seq); !ok {
			return nil
		}
	}
	f.shelf.lists(f.stacks.chapters[base.chapter].chapter, base, &r.c)
	r.from, r.was, r.copied = at, newest.rev, true
	f.stacks.mark(at, true)
	f.contacts.insert(r)
	for _, t := range r.tasks {
		f.tasks.byID[t.ID] = t
		i := sort.Search(len(f.tasks.order), func(i int) bool { return f.tasks.order[i].Seq > t.Seq })
		f.tasks.order = slices.Insert(slices.Clone(f.tasks.order), i, t)
	}
	if len(r.c.Calls) > 0 {
		f.know(r)
	}
	f.packLater(r)
	return r
}

// kept is a contact of before, wherever it is; nil: there is none of that id.
func (f *Fold) kept(id hotline.ContactID, seq uint64) *record {
	if r := f.contacts.byID[id]; r != nil {
		return r
	}
	return f.fetch(id, seq)
}

// closedTask is a task of a contact on disk as it is shown.
func (r *record) closedTask(t *Task) Task {
	e := *t
	e.Recorded = r.c.Recording != nil && r.c.Recording.File != ""
	return e
}

// again notes where a contact that is folded again stands on disk.
func (f *Fold) again(r *record) {
	if f.shelf == nil {
		return
	}
	if at, newest, ok := f.stacks.contact(r.c.ID, 0); ok {
		r.from, r.was, r.copied = at, newest.rev, true
		f.stacks.mark(at, true)
	}
}

// dropSame lets go of contacts that were folded again and are now as they are on disk.
func (f *Fold) dropSame() {
	for _, r := range f.same {
		if r.rev == r.was && f.contacts.byID[r.c.ID] == r {
			f.forget(r)
			f.stacks.mark(r.from, false)
		}
	}
	f.same = nil
	f.dropForgotten()
}

// insert puts a record where it belongs. Older copies of the lists stay as they are.
func (cs *contacts) insert(r *record) {
	cs.byID[r.c.ID] = r
	i := sort.Search(len(cs.order), func(i int) bool { return cs.order[i].c.Seq > r.c.Seq })
	cs.order = slices.Insert(slices.Clone(cs.order), i, r)
	cs.high = append(slices.Clone(cs.high), 0)
	latest := int64(0)
	if i > 0 {
		latest = cs.high[i-1]
	}
	for ; i < len(cs.order); i++ {
		latest = max(latest, int64(cs.order[i].c.Started))
		cs.high[i] = latest
	}
}

// Tidy packs the records of contacts that are over and makes chapters of those that are settled. Run does it all the time; who folds
// a long log without Run calls it now and then, lest all of it is in memory at once.
func (f *Fold) Tidy(ctx context.Context) {
	f.tidying.Lock()
	defer f.tidying.Unlock()
	f.packer.drain(ctx)
	f.mu.Lock()
	f.dropSame()
	f.mu.Unlock()
	f.binder.drain(ctx)
	if time.Now().Before(f.binder.rewrite) {
		return
	}
	if err := f.erase(ctx); err != nil && ctx.Err() == nil {
		f.binder.rewrite = time.Now().Add(bindRetry)
		f.cfg.Logger.Error("archive: an erased customer still stands in a chapter", "err", err)
	}
}

// Unarchived is the number of the first event of the first contact that is not on disk, or of the next event when all are.
func (f *Fold) Unarchived() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.contacts.order) > 0 {
		return f.contacts.order[0].c.Seq
	}
	return f.seq + 1
}

// ArchiveCounts is what is on disk, for those who look after the engine.
type ArchiveCounts struct {
	Chapters int    `json:"chapters"`
	Contacts int    `json:"contacts"` // copies that are out of date included
	Waiting  int    `json:"waiting"`  // contacts in line for a chapter
	Damaged  int    `json:"damaged"`  // blocks that could not be read since the start
	Strange  int    `json:"strange"`  // chunks of histories that do not agree with the log
	Upto     uint64 `json:"upto"`     // the fold had folded this far when the last chapter was made
}

// Archive counts what is on disk.
func (f *Fold) Archive() ArchiveCounts {
	f.mu.Lock()
	n := ArchiveCounts{Chapters: len(f.stacks.chapters), Waiting: len(f.leaving)}
	for _, k := range f.stacks.chapters {
		n.Contacts += k.n
		n.Upto = max(n.Upto, k.upto)
	}
	s := f.shelf
	f.mu.Unlock()
	if s != nil {
		s.mu.Lock()
		n.Damaged, n.Strange = len(s.lost), s.strange
		s.mu.Unlock()
	}
	return n
}

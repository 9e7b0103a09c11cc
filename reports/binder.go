package reports

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"hotline"
)

// Defaults of Config.
const (
	archiveAfter   = time.Hour
	archiveChapter = 4096
	bindRetry      = 30 * time.Second // after a chapter that could not be written
	bindBatch      = 32               // records copied per holding of the lock
	maxChapter     = 1 << 15
)

// binder makes chapters of what is settled, beside the fold: it holds the fold's lock to copy a few records at a time and to say that
// a chapter is safe, never to encode or to write.
type binder struct {
	fold *Fold
	cols columnWriter
	next time.Time // no try before this

	rewrite time.Time // no try to rewrite a chapter before this
}

// leaveLater puts a packed record in line for a chapter. The caller holds the lock.
func (f *Fold) leaveLater(r *record) {
	if f.shelf != nil && !r.leaving {
		r.leaving = true
		f.leaving = append(f.leaving, r)
	}
}

// drain makes chapters as long as there are contacts enough for one.
func (b *binder) drain(ctx context.Context) {
	if b.fold.shelf == nil || time.Now().Before(b.next) {
		return
	}
	for ctx.Err() == nil {
		records, chunks := b.fold.dueForChapter()
		if len(records) == 0 {
			return
		}
		if err := b.bind(records, chunks); err != nil {
			b.fold.cfg.Logger.Error("archive: chapter cannot be made; its contacts stay in memory", "contacts", len(records), "err", err)
			b.fold.stay(records)
			b.next = time.Now().Add(bindRetry)
			return
		}
	}
}

// dueForChapter takes the contacts of a further chapter out of the line, and says which chunks may go with them; none when there are
// too few.
func (f *Fold) dueForChapter() (records []*record, chunks []outgoing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.clock - f.cfg.ArchiveAfter.Milliseconds()
	if len(f.leaving) < f.cfg.Chapter {
		return nil, nil
	}
	busy := f.busy()
	var stay []*record
	i := 0
	for ; i < len(f.leaving) && len(records) < f.cfg.Chapter; i++ {
		r := f.leaving[i]
		if int64(r.c.Ended) > before && r.packed != nil {
			break // so are those behind it, but for some that waited before
		}
		switch {
		case r.packed == nil: // another fact has come: it is put in line again when it is packed again
			r.leaving = false
		case busy[r] || !r.may():
			stay = append(stay, r)
		default:
			records = append(records, r)
		}
	}
	defer f.dropForgotten()
	rest := f.leaving[i:]
	if len(records) < f.cfg.Chapter {
		f.leaving = slices.Concat(records, rest, stay)
		return nil, nil
	}
	f.leaving = slices.Concat(rest, stay)
	f.eachDrawer(func(drawer string, h ripener) {
		h.ripe(drawer, before, func(o outgoing) { chunks = append(chunks, o) })
	})
	return records, chunks
}

// may says that nothing more is to come of the contact, as far as anybody knows.
func (r *record) may() bool {
	return r.up == 0 && r.c.Ended != 0 && r.rev >= r.was &&
		!slices.ContainsFunc(r.visits, func(v *visit) bool { return v.closed == 0 }) &&
		!slices.ContainsFunc(r.promises, func(c *Callback) bool { return c.Result == "" }) &&
		!slices.ContainsFunc(r.tasks, func(t *Task) bool { return t.Closed == 0 })
}

// busy is the contacts that agents are at, or write about. The caller holds the lock.
func (f *Fold) busy() map[*record]bool {
	out := map[*record]bool{}
	note := func(id hotline.ContactID) {
		if r := f.contacts.byID[id]; r != nil {
			out[r] = true
		}
	}
	for _, a := range f.agents {
		note(a.contact)
		if a.wrap != nil {
			note(a.wrap.contact)
		}
		if a.visit != nil {
			note(a.visit.contact)
		}
		if a.own != nil && a.own.rec != nil {
			out[a.own.rec] = true
		}
	}
	for _, c := range f.calls {
		if c.rec != nil {
			out[c.rec] = true
		}
	}
	return out
}

// stay puts records in line again.
func (f *Fold) stay(records []*record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leaving = append(records, f.leaving...)
}

// bind makes one chapter.
func (b *binder) bind(records []*record, chunks []outgoing) error {
	slices.SortFunc(records, func(a, c *record) int { return cmp.Compare(a.c.Seq, c.c.Seq) })
	stored := b.fold.copyRecords(records)
	c := &chapter{upto: b.fold.Seq()}
	blocks, err := b.blocks(c, stored)
	if err != nil {
		return err
	}
	for _, o := range chunks {
		o.encode(&b.cols)
		c.chunks = append(c.chunks, namedRef{o.drawer, o.index, ref{0, int32(len(blocks)), o.low, o.first, o.last}})
		blocks = append(blocks, bytes.Clone(b.cols.buf))
	}
	for _, r := range stored {
		if r.copied {
			c.replaces = append(c.replaces, r.from)
		}
	}
	s := b.fold.shelf
	c.no = int32(s.past.Chapters())
	for i := range c.chunks {
		c.chunks[i].chapter = c.no
	}
	blocks[blockContents] = c.encode()
	blocks = append(blocks, blocks[blockContents])
	if err := s.past.Add(blocks); err != nil {
		return err
	}
	b.fold.archived(c, records, stored, chunks)
	return nil
}

// copyRecords copies what is to be written, some records at a time.
func (f *Fold) copyRecords(records []*record) []storedRecord {
	out := make([]storedRecord, 0, len(records))
	for some := range slices.Chunk(records, bindBatch) {
		f.mu.Lock()
		for _, r := range some {
			s := r.store()
			if r.packed == nil {
				s.head.Rev = 0 // a fact came just now: it stays in memory, and its place in the chapter is void
			}
			out = append(out, s)
		}
		f.mu.Unlock()
	}
	return out
}

// blocks encodes the contacts of a chapter. The contents are filled in later.
func (b *binder) blocks(c *chapter, records []storedRecord) ([][]byte, error) {
	s := b.fold.shelf
	c.n, c.filters = len(records), filters{ids: newBloom(len(records)), numbers: newBloom(len(records)), grams: newGrams()}
	values := make([][]string, len(records))
	seen := map[string]bool{}
	var tasks []storedTask
	for i := range records {
		h := &records[i].head
		c.know(i, h)
		values[i] = h.record(records[i].visits).values()
		for _, v := range values[i] {
			seen[v] = true
		}
		for _, t := range h.C.Tasks {
			t.Recorded = h.C.Recording != nil && h.C.Recording.File != ""
			tasks = append(tasks, storedTask{i, t})
		}
	}
	for v := range seen {
		c.values = append(c.values, uint32(hashOf(v)))
	}
	slices.Sort(c.values)
	list, err := json.Marshal(tasks)
	if err != nil {
		return nil, err
	}
	blocks := [][]byte{nil, c.filters.encode(), encodeIDs(records), encodeSearch(&b.cols, records, values), append([]byte{columnsVersion}, list...)}
	for some := range slices.Chunk(records, perBlock) {
		block, err := encodeHeads(&b.cols, s.squeeze, some)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
	}
	for some := range slices.Chunk(records, perBlock) {
		block, err := encodeTexts(s.squeeze, some)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// know notes what a chapter is found by.
func (c *chapter) know(i int, h *storedHead) {
	k := &h.C
	start, end := int64(k.Started), int64(k.Ended)
	if i == 0 {
		c.minSeq, c.minStart, c.minID = k.Seq, start, string(k.ID)
	}
	c.minSeq, c.maxSeq = min(c.minSeq, k.Seq), max(c.maxSeq, k.Seq)
	c.minStart, c.maxStart, c.maxEnd = min(c.minStart, start), max(c.maxStart, start), max(c.maxEnd, end)
	c.minID, c.maxID = min(c.minID, string(k.ID)), max(c.maxID, string(k.ID))
	c.ids.add(string(k.ID))
	for _, t := range k.Tasks {
		c.ids.add(string(t.ID))
		c.tasks, c.maxTask = c.tasks+1, max(c.maxTask, t.Seq)
	}
	c.grams.add(k.From.Number)
	if k.Direction == hotline.Outbound {
		c.grams.add(k.To)
	}
	if key := NumberKey(k.Customer().Number); key != "" && len(k.Calls) > 0 {
		c.numbers.add(key)
	}
}

// archived says that the chapter is safe: what is in it leaves memory, but for contacts that got another fact meanwhile.
func (f *Fold) archived(c *chapter, records []*record, stored []storedRecord, chunks []outgoing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stacks.add(c)
	for i, o := range chunks {
		o.commit(c.chunks[i].ref)
	}
	for i, r := range records {
		at := standing{c.no, int32(i)}
		if r.packed != nil && r.rev == stored[i].head.Rev && r.may() {
			f.forget(r)
			continue
		}
		r.from, r.was, r.copied, r.leaving = at, stored[i].head.Rev, true, false
		f.stacks.mark(at, true)
		if r.packed != nil {
			f.leaveLater(r)
		}
	}
	f.dropForgotten()
}

// forget lets go of a record that is on disk. dropForgotten takes it out of the lists.
func (f *Fold) forget(r *record) {
	r.gone = true
	f.forgotten = append(f.forgotten, r)
	delete(f.contacts.byID, r.c.ID)
	for _, t := range r.tasks {
		delete(f.tasks.byID, t.ID)
	}
}

// dropForgotten takes the records that are on disk out of the lists; who reads older copies of these finds them there.
func (f *Fold) dropForgotten() {
	if len(f.forgotten) == 0 {
		return
	}
	cs := &f.contacts
	order := make([]*record, 0, len(cs.order)-len(f.forgotten))
	high := make([]int64, 0, cap(order))
	tasks := map[*Task]bool{}
	latest := int64(0)
	for _, r := range cs.order {
		if r.gone {
			for _, t := range r.tasks {
				tasks[t] = true
			}
			continue
		}
		latest = max(latest, int64(r.c.Started))
		order, high = append(order, r), append(high, latest)
	}
	cs.order, cs.high = order, high
	if len(tasks) > 0 {
		f.tasks.order = slices.DeleteFunc(slices.Clone(f.tasks.order), func(t *Task) bool { return tasks[t] })
	}
	keys := map[string]bool{}
	for _, r := range f.forgotten {
		keys[NumberKey(r.c.Customer().Number)] = true
	}
	for key := range keys {
		f.unknow(key)
	}
	f.forgotten = nil
}

// unknow takes the records that are on disk out of the row of those with one customer.
func (f *Fold) unknow(key string) {
	var first, last *record
	for r := f.numbers[key]; r != nil; r = r.prev {
		if r.gone {
			continue
		}
		if last == nil {
			first = r
		} else {
			last.prev = r
		}
		last = r
	}
	if last == nil {
		delete(f.numbers, key)
		return
	}
	last.prev, f.numbers[key] = nil, first
}

package reports

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"hotline"
)

// Erase rewrites the chapters that hold customers who were erased (hotline.CustomerErased). Tidy does it too, after an end in between.
// It returns an error if it could not; it is tried again then.
func (f *Fold) Erase(ctx context.Context) error {
	f.tidying.Lock()
	defer f.tidying.Unlock()
	return f.erase(ctx)
}

// erase is Erase for who holds tidying: no chapter is made meanwhile.
func (f *Fold) erase(ctx context.Context) error {
	f.mu.Lock()
	all := slices.Clone(f.erasing)
	if len(all) == 0 {
		f.mu.Unlock()
		return nil
	}
	e, disk := newEraser(all), f.stacks.share()
	for id := range e.contacts {
		if r := f.contacts.byID[id]; r != nil {
			e.saw(&r.c)
		}
	}
	pages := f.chunksOnDisk()
	f.mu.Unlock()
	hits := e.standings(&disk)
	for no := range int32(len(disk.chapters)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.rewrite(e, disk.chapters[no].chapter, hits[no], e.within(pages[no])); err != nil {
			return fmt.Errorf("reports: chapter %d cannot be rewritten: %w", no, err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	newEraser(all).memory(f) // a contact may have been fetched from an old chapter meanwhile
	f.erasing = slices.Clone(f.erasing[len(all):])
	return nil
}

// standings are the copies on disk of all that is to be erased, by chapter: the hidden ones, too.
func (e *eraser) standings(s *stacks) map[int32]map[int32]bool {
	out := map[int32]map[int32]bool{}
	note := func(id string, is func(*record) bool) {
		for at, r := range s.copies(id) {
			if !is(r) {
				continue
			}
			e.saw(&r.c)
			if out[at.chapter] == nil {
				out[at.chapter] = map[int32]bool{}
			}
			out[at.chapter][at.ordinal] = true
		}
	}
	for id := range e.contacts {
		note(string(id), func(r *record) bool { return r.c.ID == id })
	}
	for id := range e.tasks {
		note(string(id), func(r *record) bool {
			return slices.ContainsFunc(r.tasks, func(t *Task) bool { return t.ID == id })
		})
	}
	return out
}

// page is one chunk of a history on disk, which may have to be written anew.
type page struct {
	ref
	again func(e *eraser, s *shelf, w *columnWriter, r ref) ([]byte, error) // nil bytes: nothing of it changes
}

// chunksOnDisk is the chunks that may tell of customers, by chapter: of visits, promises and what agents let go. The caller holds the lock.
func (f *Fold) chunksOnDisk() map[int32][]page {
	out := map[int32][]page{}
	add := func(refs []ref, again func(*eraser, *shelf, *columnWriter, ref) ([]byte, error)) {
		for _, r := range refs {
			if r.chapter >= 0 {
				out[r.chapter] = append(out[r.chapter], page{r, again})
			}
		}
	}
	c := f.shelf.codecs
	add(f.closed.past, again(c.visits, (*eraser).visit))
	add(f.promises.over.past, again(c.kept, (*eraser).promise))
	for _, a := range f.agents {
		add(a.attempts.past, again(c.attempts, (*eraser).attempt))
	}
	return out
}

// saw notes when there was a contact that is to be erased.
func (e *eraser) saw(c *Contact) {
	const aDay = 24 * 3_600_000 // a promise may be asked for, or end, beside the calls
	end := int64(math.MaxInt64)
	if c.Ended != 0 {
		end = int64(c.Ended) + aDay
	}
	e.times = append(e.times, [2]int64{int64(c.Started) - aDay, end})
}

// within is the pages that may tell of the contacts that were seen.
func (e *eraser) within(pages []page) (out []page) {
	for _, p := range pages {
		if slices.ContainsFunc(e.times, func(t [2]int64) bool { return p.low <= t[1] && p.last >= t[0] }) {
			out = append(out, p)
		}
	}
	return out
}

func again[T any](c *codec[T], other func(*eraser, T) (T, bool)) func(*eraser, *shelf, *columnWriter, ref) ([]byte, error) {
	return func(e *eraser, s *shelf, w *columnWriter, r ref) ([]byte, error) {
		b, err := s.past.Block(int(r.chapter), int(r.block))
		if err != nil {
			return nil, nil // lost already, and told of where it is read
		}
		var d columnReader
		items, err := c.decode(&d, b)
		if err != nil {
			return nil, nil
		}
		changed := false
		for i, v := range items {
			n, ok := other(e, v)
			items[i], changed = n, changed || ok
		}
		if !changed {
			return nil, nil
		}
		c.encode(w, items)
		return bytes.Clone(w.buf), nil
	}
}

// rewrite writes a chapter anew, without what is to be erased of it. One that holds none of it stays.
func (f *Fold) rewrite(e *eraser, c *chapter, hits map[int32]bool, pages []page) error {
	s := f.shelf
	var cols columnWriter
	anew := map[int][]byte{}
	for _, p := range pages {
		b, err := p.again(e, s, &cols, p.ref)
		if err != nil {
			return err
		}
		if b != nil {
			anew[int(p.block)] = b
		}
	}
	if len(hits) == 0 && len(anew) == 0 {
		return nil
	}
	next := *c
	if len(hits) > 0 {
		stored, err := s.readChapter(c)
		if err != nil {
			return err
		}
		for i := range hits {
			if err := e.stored(s.squeeze, &stored[i]); err != nil {
				return err
			}
		}
		next.tasks, next.maxTask = 0, 0
		blocks, err := f.binder.blocks(&next, stored)
		if err != nil {
			return err
		}
		for i, b := range blocks[1:] { // the contents say what they said
			anew[i+1] = b
		}
	}
	if err := s.past.Replace(int(c.no), anew); err != nil {
		return err
	}
	s.forget(c.no)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stacks.rewritten(&next)
	return nil
}

// rewritten puts what is known of a chapter in the place of what was.
func (s *stacks) rewritten(c *chapter) {
	if s.shared {
		s.chapters, s.shared = slices.Clone(s.chapters), false
	}
	s.chapters[c.no].chapter = c
}

// readChapter is all contacts of a chapter as they were stored.
func (s *shelf) readChapter(c *chapter) ([]storedRecord, error) {
	out := make([]storedRecord, 0, c.n)
	for i := range c.headBlocks() {
		b, err := s.past.Block(int(c.no), blockHeads+i)
		if err != nil {
			return nil, err
		}
		h, err := decodeHeads(s.squeeze, b)
		if err != nil {
			return nil, err
		}
		texts, err := s.past.Block(int(c.no), blockHeads+c.headBlocks()+i)
		if err != nil {
			return nil, err
		}
		for j := range h.json {
			r := storedRecord{visits: h.visits[j]}
			if err := json.Unmarshal(h.json[j], &r.head); err != nil {
				return nil, err
			}
			text, err := decodeText(s.squeeze, texts, j)
			if err == nil && len(text) > 0 {
				r.text, err = s.squeeze.pack(text)
				r.text = bytes.Clone(r.text)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	if len(out) != c.n {
		return nil, fmt.Errorf("%w: %d contacts, not %d", errColumns, len(out), c.n)
	}
	return out, nil
}

// stored erases a contact as it stands in a chapter.
func (e *eraser) stored(sq *squeezer, r *storedRecord) error {
	c := &r.head.C
	whole := *c
	if r.text != nil {
		text, err := sq.unpack(r.text)
		if err == nil {
			err = readParts(text, &whole)
		}
		if err != nil {
			return err
		}
	}
	as := e.contacts[c.ID]
	if as != "" {
		whole = e.contact(whole, as)
	} else {
		whole.Timeline, whole.Tasks = e.timeline(whole.Timeline, nil), slices.Clone(whole.Tasks)
		for i := range whole.Tasks {
			if as := e.tasks[whole.Tasks[i].ID]; as != "" {
				e.task(&whole.Tasks[i], as)
			}
		}
	}
	if r.text != nil {
		text, err := writeParts(&whole)
		if err != nil {
			return err
		}
		packed, err := sq.pack(text)
		if err != nil {
			return err
		}
		r.text = bytes.Clone(packed)
	}
	whole.Offers, whole.Legs, whole.Flow, whole.Timeline = nil, nil, nil, nil
	*c = whole
	r.visits = slices.Clone(r.visits)
	for i, v := range r.visits {
		v.contact = cmp.Or(v.contact, c.ID)
		r.visits[i], _ = e.visit(v)
	}
	return nil
}

// writeParts is the text of a contact that readParts reads.
func writeParts(c *Contact) ([]byte, error) {
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(parts{c.Offers, c.Legs, c.Flow}); err != nil {
		return nil, fmt.Errorf("reports: pack: %w", err)
	}
	for _, e := range c.Timeline {
		line, err := hotline.MarshalEvent(hotline.Event{
			Seq: e.Seq, At: e.At.Time(), Leg: e.Leg, Agent: e.Agent, Queue: e.Queue, Fact: e.Fact,
		})
		if err != nil {
			return nil, fmt.Errorf("reports: pack: %w", err)
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

package reports

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"

	"hotline"
)

// kept is a chapter with what is out of date in it: contacts that have a newer copy, in a later chapter or in memory.
type kept struct {
	*chapter
	gone []uint64 // bits; replaced, never changed
}

func (k *kept) hides(ordinal int) bool {
	return ordinal/64 < len(k.gone) && k.gone[ordinal/64]&(1<<(ordinal%64)) != 0
}

// stacks is every chapter as of one moment. A copy of the value is a snapshot.
type stacks struct {
	shelf    *shelf
	chapters []kept
	maxID    string
	maxSeq   uint64
	shared   bool // a snapshot may have this list of chapters
}

// share is a snapshot.
func (s *stacks) share() stacks {
	s.shared = true
	return *s
}

// mark says whether a contact on disk is out of date.
func (s *stacks) mark(at standing, gone bool) {
	if int(at.chapter) >= len(s.chapters) || int(at.ordinal) >= s.chapters[at.chapter].n {
		return
	}
	if s.shared {
		s.chapters, s.shared = slices.Clone(s.chapters), false
	}
	k := &s.chapters[at.chapter]
	bits := make([]uint64, (k.n+63)/64)
	copy(bits, k.gone)
	if gone {
		bits[at.ordinal/64] |= 1 << (at.ordinal % 64)
	} else {
		bits[at.ordinal/64] &^= 1 << (at.ordinal % 64)
	}
	k.gone = bits
}

// add puts a further chapter on the stacks.
func (s *stacks) add(c *chapter) {
	s.chapters = append(s.chapters, kept{chapter: c})
	s.maxID, s.maxSeq = max(s.maxID, c.maxID), max(s.maxSeq, c.maxSeq)
	for _, at := range c.replaces {
		s.mark(at, true)
	}
}

// raw is a block as it stands.
func (s *shelf) raw(p place) ([]byte, bool) {
	if b, ok := s.get(p).([]byte); ok {
		return b, true
	}
	b, age, err := s.block(p)
	if err != nil {
		s.damaged(p, err)
		return nil, false
	}
	s.put(p, b, len(b), age)
	return b, true
}

// record reads the record at a place, without its lists.
func (s *shelf) record(at standing) (*record, bool) {
	p := place{at.chapter, int32(blockHeads + int(at.ordinal)/perBlock)}
	h, ok := s.get(p).(*heads)
	if !ok {
		b, age, err := s.block(p)
		if err == nil {
			h, err = decodeHeads(s.squeeze, b)
		}
		if err != nil {
			s.damaged(p, err)
			return nil, false
		}
		s.put(p, h, h.bytes, age)
	}
	r, err := h.record(int(at.ordinal) % perBlock)
	if err != nil {
		s.damaged(p, err)
		return nil, false
	}
	return r, true
}

// lists fills the lists of a record that was read.
func (s *shelf) lists(k *chapter, at standing, c *Contact) {
	p := place{at.chapter, int32(blockHeads + k.headBlocks() + int(at.ordinal)/perBlock)}
	b, err := s.past.Block(int(p.chapter), int(p.block))
	if err == nil {
		var text []byte
		if text, err = decodeText(s.squeeze, b, int(at.ordinal)%perBlock); err == nil {
			err = readParts(text, c)
		}
	}
	if err != nil {
		s.damaged(p, err)
	}
}

// copies yields every copy of the contact, or of that with the task, the newest first.
func (s *stacks) copies(id string) iter.Seq2[standing, *record] {
	return func(yield func(standing, *record) bool) {
		if s.shelf == nil {
			return
		}
		for i := len(s.chapters) - 1; i >= 0; i-- {
			k := s.chapters[i]
			if k.n == 0 || !k.ids.may(id) {
				continue
			}
			b, ok := s.shelf.raw(place{k.no, blockIDs})
			if !ok {
				continue
			}
			for _, ordinal := range idTable(b).find(id) {
				at := standing{k.no, int32(ordinal)}
				if r, ok := s.shelf.record(at); ok && !yield(at, r) {
					return
				}
			}
		}
	}
}

// contact finds the newest copy of a contact; one that is older than before, if that is not 0. false: there is none.
func (s *stacks) contact(id hotline.ContactID, before uint64) (at standing, r *record, ok bool) {
	if string(id) > s.maxID {
		return standing{}, nil, false
	}
	for at, r := range s.copies(string(id)) {
		if r.c.ID == id && r.rev != 0 && (before == 0 || r.rev < before) {
			return at, r, true
		}
	}
	return standing{}, nil, false
}

// hit is a contact on disk that may be looked for.
type hit struct {
	standing
	seq uint64
}

// newest yields what look finds in the chapters that may hold some of it, the last first, below the number given. It looks into a
// chapter only when its turn comes. look returns hits in falling order.
func (s *stacks) newest(below uint64, top func(*chapter) uint64, may func(*chapter) bool, look func(*kept) []hit) iter.Seq[hit] {
	return func(yield func(hit) bool) {
		var order []int
		for i := range s.chapters {
			if c := s.chapters[i].chapter; c.n > 0 && may(c) {
				order = append(order, i)
			}
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(top(s.chapters[b].chapter), top(s.chapters[a].chapter)) })
		var open [][]hit
		for {
			best := -1
			for i, l := range open {
				if best < 0 || l[0].seq > open[best][0].seq {
					best = i
				}
			}
			if len(order) > 0 && (best < 0 || top(s.chapters[order[0]].chapter) >= open[best][0].seq) {
				k := &s.chapters[order[0]]
				order = order[1:]
				l := look(k)
				l = slices.DeleteFunc(l, func(h hit) bool { return h.seq >= below || k.hides(int(h.ordinal)) })
				if len(l) > 0 {
					open = append(open, l)
				}
				continue
			}
			if best < 0 {
				return
			}
			h := open[best][0]
			if open[best] = open[best][1:]; len(open[best]) == 0 {
				open = slices.Delete(open, best, best+1)
			}
			if !yield(h) {
				return
			}
		}
	}
}

func topSeq(c *chapter) uint64 { return c.maxSeq }

// search yields the records on disk that the search may ask for, the newest first.
func (s *stacks) search(q *Search, below uint64) iter.Seq2[standing, *record] {
	all, codes, possible := q.wanted()
	return func(yield func(standing, *record) bool) {
		if !possible || s.shelf == nil {
			return
		}
		may := func(c *chapter) bool {
			if q.From != 0 && c.maxStart < int64(q.From) || q.To != 0 && c.minStart >= int64(q.To) || c.minSeq >= below {
				return false
			}
			for _, v := range all {
				if !c.has(v) {
					return false
				}
			}
			if q.whose != nil && !q.whose.may(c) {
				return false
			}
			return (q.Number == "" || c.grams.may(q.Number)) && (len(codes) == 0 || slices.ContainsFunc(codes, c.has))
		}
		for h := range s.newest(below, topSeq, may, func(k *kept) []hit { return s.look(k.chapter, q, all, codes) }) {
			if r, ok := s.shelf.record(h.standing); ok && !yield(h.standing, r) {
				return
			}
		}
	}
}

// columns reads the search block of a chapter; false, and noted, when it is damaged.
func (s *shelf) columns(c *chapter) (r *columnReader, postings []byte, ok bool) {
	p := place{c.no, blockSearch}
	b, ok := s.raw(p)
	if !ok {
		return nil, nil, false
	}
	columns, postings, err := searchColumns(b)
	r = &columnReader{}
	if err == nil {
		err = r.begin(columns)
	}
	if err != nil || r.rows != c.n {
		s.damaged(p, cmp.Or(err, errColumns))
		return nil, nil, false
	}
	return r, postings, true
}

// look is the contacts of a chapter that the search may ask for, the last first.
func (s *stacks) look(c *chapter, q *Search, all, codes []string) []hit {
	r, postings, ok := s.shelf.columns(c)
	if !ok {
		return nil
	}
	fits := make([]byte, c.n) // how many conditions hold
	need := byte(len(all))
	if len(all) > 0 {
		lists, ok := posted(postings, c.n, all)
		if !ok {
			return nil
		}
		for _, l := range lists {
			for _, i := range l {
				fits[i]++
			}
		}
	}
	if len(codes) > 0 {
		need++
		lists, _ := posted(postings, c.n, codes)
		one := make([]byte, c.n)
		for _, i := range slices.Concat(lists...) {
			one[i] = 1
		}
		for i := range one {
			fits[i] += one[i]
		}
	}
	if q.Number != "" {
		need++
		for i, fit := range r.numbers(q) {
			fits[i] += byte(count(fit))
		}
	}
	if q.whose != nil {
		need++
		for i, fit := range q.whose.rows(postings, c.n) {
			fits[i] += byte(count(fit))
		}
	}
	if q.From != 0 || q.To != 0 {
		need++
		for i, at := range r.int(2) {
			fits[i] += byte(count((q.From == 0 || at >= int64(q.From)) && (q.To == 0 || at < int64(q.To))))
		}
	}
	var out []hit
	seqs := r.int(1)
	for i := len(seqs) - 1; i >= 0; i-- {
		if fits[i] == need {
			out = append(out, hit{standing{c.no, int32(i)}, uint64(seqs[i])})
		}
	}
	return out
}

// numbers says which rows of a search block have the part in a number.
func (r *columnReader) numbers(q *Search) []bool {
	out := make([]bool, r.rows)
	for i, from := range r.text(3) {
		out[i] = q.fits(from, "")
	}
	for i, to := range r.text(4) {
		out[i] = out[i] || q.fits("", to)
	}
	return out
}

// with yields the records on disk with the customer of that number key, the newest first.
func (s *stacks) with(key string) iter.Seq2[standing, *record] {
	return func(yield func(standing, *record) bool) {
		if key == "" || s.shelf == nil {
			return
		}
		look := func(k *kept) (out []hit) {
			r, _, ok := s.shelf.columns(k.chapter)
			if !ok {
				return nil
			}
			var ordinals []int
			for i, known := range r.text(5) {
				if known == key {
					ordinals = append(ordinals, i)
				}
			}
			if len(ordinals) == 0 {
				return nil
			}
			seqs := r.int(1)
			for _, i := range slices.Backward(ordinals) {
				out = append(out, hit{standing{k.no, int32(i)}, uint64(seqs[i])})
			}
			return out
		}
		for h := range s.newest(^uint64(0), topSeq, func(c *chapter) bool { return c.numbers.may(key) }, look) {
			if r, ok := s.shelf.record(h.standing); ok && !yield(h.standing, r) {
				return
			}
		}
	}
}

// storedTask is a closed task on disk.
type storedTask struct {
	Ordinal int  `json:"o"`
	Task    Task `json:"t"` // as it is shown
}

// tasks yields the closed tasks on disk, the newest first.
func (s *stacks) tasks(below uint64) iter.Seq[Task] {
	return func(yield func(Task) bool) {
		if s.shelf == nil {
			return
		}
		read := map[int32][]storedTask{}
		look := func(k *kept) (out []hit) {
			b, ok := s.shelf.raw(place{k.no, blockTasks})
			if !ok {
				return nil
			}
			var all []storedTask
			if err := json.Unmarshal(b[1:], &all); err != nil {
				s.shelf.damaged(place{k.no, blockTasks}, err)
				return nil
			}
			all = slices.DeleteFunc(all, func(t storedTask) bool { return k.hides(t.Ordinal) || t.Task.Seq >= below })
			slices.SortFunc(all, func(a, b storedTask) int { return cmp.Compare(b.Task.Seq, a.Task.Seq) })
			read[k.no] = all
			for _, t := range all {
				out = append(out, hit{standing{k.no, int32(t.Ordinal)}, t.Task.Seq})
			}
			return out
		}
		for h := range s.newest(below, func(c *chapter) uint64 { return c.maxTask }, func(c *chapter) bool { return c.tasks > 0 }, look) {
			all := read[h.chapter]
			read[h.chapter] = all[1:]
			if !yield(all[0].Task) {
				return
			}
		}
	}
}
